r"""Exact Shapley values of trees for every customer, compiled: path-dependent TreeSHAP by quadrature.

A leaf with value ``v`` whose path asks ``d`` different columns is, for one row, a game between these columns. Column
``j`` holds ``o_j = 1`` where the row meets all conditions of the path on it, else 0; a column left out of a coalition
holds ``z_j``, the share of the training rows (the cover) that met them. By the multilinear extension (Owen 1972,
Management Science 18(5)) the Shapley value of column ``i`` is

.. math:: \phi_i = v\,(o_i - z_i) \int_0^1 \prod_{j \ne i} \bigl(z_j (1 - t) + o_j t\bigr)\,dt .

The integrand is a polynomial of degree ``d - 1``, so Gauss-Legendre quadrature with ``ceil(d / 2)`` points is exact.
At each point the product is carried down the tree once and the sums over leaves are carried up once, so that each
split costs a few multiplications; no table of conditions is needed and no depth is too deep. That is the same game as
TreeSHAP's (Lundberg et al. 2020, Nature Machine Intelligence 2) and gives the same values. Where a column is asked
again further down, its factor is divided out and the sharper one put in, and the terms of the sum telescope.

Rows go through in blocks with one array for each quantity, so that every step is a loop over neighbouring single
precision numbers that the compiler turns into vector instructions; sums are kept in double precision. Blocks are shared
out among threads, and the compiled loops hold no lock. ``benchmarks/contributions.py`` tells how fast that is, and
what else was tried.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np
import numpy.typing as npt

from training.cover_trees import CoverTree

Singles = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Step = tuple[float, ...]
Function = TypeVar("Function", bound=Callable[..., Any])

# Rows that pass through all trees together: larger blocks leave the cache, smaller ones pay more for each step.
BLOCK_ROWS = 512
# Rows of one piece of work for a thread.
TASK_ROWS = 8 * BLOCK_ROWS
# Steps for each column after which single precision sums are added to double precision ones.
STEPS_A_COLUMN = 30

SPLIT, SPLIT_BY_SET, DESCEND, LEAF, LEAF_PAIR, JOIN = range(6)
# Arrays of each level before the products: which rows go left, and which meet the edge's conditions.
FLAGS = 2


class Program(NamedTuple):
    """All trees as one list of steps, each array of shape ``(steps,)``; ``goes_left`` holds the sets of categories."""

    kind: npt.NDArray[np.int64]
    level: npt.NDArray[np.uint64]
    feature: npt.NDArray[np.uint64]
    earlier: npt.NDArray[np.int64]
    first: Singles
    second: Singles
    before: Singles
    goes_left: Singles


@dataclass(frozen=True)
class TreeExplainer:
    """Trees made ready to be explained.

    Parameters
    ----------
    program
        Their steps.
    at, weight
        Points of the quadrature between 0 and 1, and their weights, which sum to 1.
    """

    program: Program
    at: Singles
    weight: Singles

    @classmethod
    def of(cls, trees: Sequence[CoverTree]) -> TreeExplainer:
        """Make ready one or more trees, each of whose splits was passed by training rows."""
        program, asked = _program(trees)
        points, weights = np.polynomial.legendre.leggauss(max((asked + 1) // 2, 1))
        return cls(program, ((points + 1) / 2).astype(np.float32), (weights / 2).astype(np.float32))

    def values(self, matrix: npt.NDArray[Any]) -> Floats:
        """Shapley values of the sum of the trees.

        Parameters
        ----------
        matrix
            Shape ``(rows, columns)``, converted to single precision; categories as positions, missing as not-a-number.

        Returns
        -------
        numpy.ndarray
            Shape ``(rows, columns)``: what each column adds to the trees' average.
        """
        columns, rows = np.ascontiguousarray(matrix.T, dtype=np.float32), len(matrix)
        values = np.empty(matrix.shape)

        def explain(start: int) -> None:
            stop = min(start + TASK_ROWS, rows)
            _explain_rows(columns, start, stop, self.program, self.at, self.weight, values)

        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            list(threads.map(explain, range(0, rows, TASK_ROWS)))
        return values


def _program(trees: Sequence[CoverTree]) -> tuple[Program, int]:
    """Write the steps of all trees, and count the most columns that any path asks."""
    steps: list[Step] = []
    goes_left: list[float] = []
    asked = max(_add_steps(tree, 0, {}, 0, steps, goes_left) for tree in trees)
    kind, level, feature, earlier, first, second, before = np.array(steps, dtype=np.float64).T
    program = Program(
        kind.astype(np.int64),
        level.astype(np.uint64),
        feature.astype(np.uint64),
        earlier.astype(np.int64),
        first.astype(np.float32),
        second.astype(np.float32),
        before.astype(np.float32),
        np.array(goes_left, dtype=np.float32),
    )
    return program, asked


def _add_steps(
    tree: CoverTree,
    node: int,
    path: Mapping[int, tuple[int, float]],
    level: int,
    steps: list[Step],
    goes_left: list[float],
) -> int:
    """Append the steps of a node and all below it.

    The path holds, for each column asked so far, the level that asked last and the share of rows that met all its
    conditions. Returns the most columns that any path below asks.
    """
    if tree.left[node] < 0:
        steps.append((LEAF, level, 0, -1, tree.value[node], 0.0, 0.0))
        return len(path)
    feature, children = tree.feature[node], (tree.left[node], tree.right[node])
    earlier, before = path.get(feature, (-1, 1.0))
    shares = [before * tree.cover[child] / tree.cover[node] for child in children]
    steps.append(_split(tree, node, level, goes_left))
    if earlier < 0 and all(tree.left[child] < 0 for child in children):
        values = [tree.value[child] for child in children]
        steps.append((LEAF_PAIR, level, feature, -1, values[0], values[1], shares[0]))
        return len(path) + 1
    asked = 0
    for side, (child, share) in enumerate(zip(children, shares, strict=True)):
        if tree.left[child] >= 0:
            steps.append((DESCEND, level, feature, earlier, share, side, before))
        below = {**path, feature: (level, share)}
        asked = max(asked, _add_steps(tree, child, below, level + 1, steps, goes_left))
    steps.append((JOIN, level, feature, earlier, shares[0], shares[1], before))
    return asked


def _split(tree: CoverTree, node: int, level: int, goes_left: list[float]) -> Step:
    missing = float(tree.missing_left[node])
    if node not in tree.right_categories:
        return (SPLIT, level, tree.feature[node], -1, tree.threshold[node], missing, 0.0)
    right, start = set(tree.right_categories[node]), len(goes_left)
    goes_left.extend(float(category not in right) for category in range(max(right, default=-1) + 1))
    return (SPLIT_BY_SET, level, tree.feature[node], -1, start, missing, len(goes_left) - start)


def _compiled(function: Function) -> Function:
    """Compile on first use; keep the result beside the code where that can be written, as Python does with its own."""
    options = {"nogil": True, "fastmath": {"contract"}, "error_model": "numpy"}
    try:
        made: Function = numba.njit(cache=True, **options)(function)
    except RuntimeError:
        # A read-only installation without a home folder: each process compiles anew.
        made = numba.njit(**options)(function)
    return made


# Below, all arrays of a block lie in one flat memory, and a name such as `product` is the place where an array of one
# number a row begins. Places are unsigned, because signed ones are checked for being counted from the end.


class Block(NamedTuple):
    """What one block of rows needs on its way through the steps.

    Parameters
    ----------
    rows
        Rows of the block.
    at, weight
        The quadrature.
    memory
        For each level the flags, the products and a place of the stack.
    part, whole
        Sums of each column, in single and in double precision.
    """

    rows: np.uint64
    at: Singles
    weight: Singles
    memory: Singles
    part: Singles
    whole: Floats


@_compiled
def _explain_rows(
    columns: Singles, start: int, stop: int, program: Program, at: Singles, weight: Singles, values: Floats
) -> None:
    """Fill the values of the rows from start to stop, a block at a time."""
    width, levels = np.uint64(len(columns)), int(program.level.max()) + 2
    memory = np.empty(levels * (FLAGS + 2 * len(at)) * BLOCK_ROWS, np.float32)
    part, whole = np.empty(len(columns) * BLOCK_ROWS, np.float32), np.empty(len(columns) * BLOCK_ROWS, np.float64)
    part[:] = 0
    for first in range(start, stop, BLOCK_ROWS):
        rows = np.uint64(min(BLOCK_ROWS, stop - first))
        whole[:] = 0
        block = Block(rows, at, weight, memory, part, whole)
        _run(columns.ravel(), np.uint64(first), np.uint64(columns.shape[1]), program, block)
        for row in range(rows):
            for column in range(width):
                values[np.uint64(first) + row, column] = whole[column * rows + row]


@_compiled
def _run(columns: Singles, offset: np.uint64, stride: np.uint64, program: Program, block: Block) -> None:
    """Take one block through the steps of all trees."""
    rows, points = block.rows, np.uint64(len(block.at))
    flags = np.uint64(FLAGS) * rows
    span = flags + np.uint64(2) * points * rows
    for point in range(points):
        block.memory[flags + point * rows : flags + (point + np.uint64(1)) * rows] = block.weight[point]
    held, added, often = np.uint64(0), 0, STEPS_A_COLUMN * (len(block.whole) // BLOCK_ROWS)
    for step in range(len(program.kind)):
        kind, level, feature = program.kind[step], program.level[step] * span, program.feature[step]
        stack = held * span + flags + points * rows
        if kind <= SPLIT_BY_SET:
            if level == 0 and step - added > often:
                _add_part(block.part, block.whole)
                added = step
            _ask(columns, offset + feature * stride, program, step, block, level)
        elif kind == DESCEND:
            _descend(program, step, block, level, span)
        elif kind == LEAF:
            block.memory[stack : stack + points * rows] = program.first[step]
        elif kind == LEAF_PAIR:
            _join_leaves(program, step, block, level, stack)
        else:
            held -= np.uint64(1)
            _join(program, step, block, level, span, stack - span)
        if level == 0 and kind >= LEAF:
            held = np.uint64(0)
        elif kind != JOIN and kind >= LEAF:
            held += np.uint64(1)
    _add_part(block.part, block.whole)


@_compiled
def _add_part(part: Singles, whole: Floats) -> None:
    for place in range(len(part)):
        whole[place] += part[place]
        part[place] = 0


@_compiled
def _ask(columns: Singles, column: np.uint64, program: Program, step: int, block: Block, left: np.uint64) -> None:
    """Write 1 for each row that goes left, else 0."""
    rows, memory, first = block.rows, block.memory, program.first[step]
    yes, no, missing = np.float32(1), np.float32(0), program.second[step]
    if program.kind[step] == SPLIT_BY_SET:
        start, size = np.uint64(first), program.before[step]
        for row in range(rows):
            value = columns[column + row]
            listed = value >= 0 and value < size
            known = program.goes_left[start + np.uint64(value)] if listed else yes
            memory[left + row] = missing if np.isnan(value) else known
    elif missing:
        for row in range(rows):
            memory[left + row] = no if columns[column + row] >= first else yes
    else:
        for row in range(rows):
            memory[left + row] = yes if columns[column + row] < first else no


@_compiled
def _descend(program: Program, step: int, block: Block, level: np.uint64, span: np.uint64) -> None:
    """Multiply the products by the factor of the edge to one child."""
    rows, at, memory = block.rows, block.at, block.memory
    share, earlier = program.first[step], program.earlier[step]
    meets, met = level + rows, np.uint64(max(earlier, 0)) * span + rows
    side, turn = program.second[step], np.float32(1) - np.float32(2) * program.second[step]
    for row in range(rows):
        memory[meets + row] = side + turn * memory[level + row]
    if earlier >= 0:
        for row in range(rows):
            memory[meets + row] *= memory[met + row]
    for point in range(np.uint64(len(at))):
        product = level + (np.uint64(FLAGS) + point) * rows
        below, t = product + span, at[point]
        if earlier < 0:
            fixed = share * (np.float32(1) - t)
            for row in range(rows):
                memory[below + row] = memory[product + row] * (fixed + t * memory[meets + row])
        else:
            f0, f1, f2, _, _ = _factors(share, program.before[step], t)
            for row in range(rows):
                factor = f0 + f1 * memory[met + row] + f2 * memory[meets + row]
                memory[below + row] = memory[product + row] * factor


@_compiled
def _join_leaves(program: Program, step: int, block: Block, level: np.uint64, stack: np.uint64) -> None:
    """Do the work of a join for a split with two leaves, whose values are the same for all rows."""
    rows, at, memory, part = block.rows, block.at, block.memory, block.part
    share, right, sums = program.before[step], program.second[step], program.feature[step] * rows
    gap = program.first[step] - right
    for point in range(np.uint64(len(at))):
        product, value = level + (np.uint64(FLAGS) + point) * rows, stack + point * rows
        fixed, slope = right + gap * share * (np.float32(1) - at[point]), gap * at[point]
        for row in range(rows):
            part[sums + row] += memory[product + row] * (memory[level + row] - share) * gap
            memory[value + row] = fixed + slope * memory[level + row]


@_compiled
def _join(program: Program, step: int, block: Block, level: np.uint64, span: np.uint64, right: np.uint64) -> None:
    """Add what a split's column is worth to its sum, and put the sum over its leaves in place of the left child's."""
    rows, at, memory, part = block.rows, block.at, block.memory, block.part
    share, earlier, sums = program.first[step], program.earlier[step], program.feature[step] * rows
    met = np.uint64(max(earlier, 0)) * span + rows
    for point in range(np.uint64(len(at))):
        t, product, second = at[point], level + (np.uint64(FLAGS) + point) * rows, right + point * rows
        first, rest = second - span, np.float32(1) - t
        if earlier < 0:
            fixed_first, fixed_second = share * rest, program.second[step] * rest + t
            for row in range(rows):
                left, one_side, other = memory[level + row], memory[first + row], memory[second + row]
                gap = one_side - other
                part[sums + row] += memory[product + row] * (left - share) * gap
                memory[first + row] = one_side * fixed_first + other * fixed_second + t * left * gap
        else:
            f0, f1, f2, g1, g2 = _factors(share, program.before[step], t)
            s0, s1, s2, h1, h2 = _factors(program.second[step], program.before[step], t)
            for row in range(rows):
                both, one_side, other = memory[met + row], memory[first + row], memory[second + row]
                left = both * memory[level + row]
                worth = (g1 * both + g2 * left) * one_side + (h1 * both + h2 * (both - left)) * other
                part[sums + row] += memory[product + row] * worth
                one_side = (f0 + f1 * both + f2 * left) * one_side
                memory[first + row] = one_side + (s0 + s1 * both + s2 * (both - left)) * other


@_compiled
def _factors(share: np.float32, before: np.float32, t: np.float32) -> tuple[np.float32, ...]:
    """Coefficients of an edge whose column was asked before.

    With ``m`` for having met the earlier conditions and ``o`` for meeting the new ones too, the first three give the
    factor ``f0 + f1 m + f2 o`` that turns the product with the earlier share into that with the new one; the last two
    give ``g1 m + g2 o``, the factor times the growth of ``(o - z) / (z (1 - t) + o t)``.
    """
    one = np.float32(1)
    rest = one - t
    earlier = before * rest + t
    unmet, met = share * rest / earlier, (share * rest + t) / earlier
    worth = (one - before) / earlier
    growth = unmet * (-one / rest - worth)
    growth_met = met * ((one - share) / (share * rest + t) - worth)
    return share / before, unmet - share / before, met - unmet, growth, growth_met - growth
