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
precision numbers, which the compiler turns into vector instructions; sums are kept in double precision. Threads share
the blocks. ``benchmarks/contributions.py`` tells how fast that is, and what else was tried.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from training.compiled import compiled
from training.cover_trees import CoverTree

Singles = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Step = tuple[float, ...]

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
    """All trees as one list of steps; all arrays have shape ``(steps,)`` but ``goes_left``.

    Parameters
    ----------
    kind, level, feature
        What is done, the distance from the root, and the column asked.
    earlier
        Level at which the path asked the column last, below 0 for never; for a set, where it starts in ``goes_left``.
    first, second
        Threshold and whether missing goes left; share and side of an edge; values of two leaves; shares of two edges.
    before
        Share of rows that met the earlier conditions; for a pair of leaves, that of the first; for a set, its size.
    goes_left
        For each set of categories, 1 for each that goes left.
    """

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
    types = (np.int64, np.uint64, np.uint64, np.int64, np.float32, np.float32, np.float32)
    parts = [part.astype(kind) for part, kind in zip(np.array(steps, dtype=np.float64).T, types, strict=True)]
    return Program._make([*parts, np.array(goes_left, dtype=np.float32)]), asked


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
    start = len(goes_left)
    goes_left.extend(tree.left_flags(node))
    return (SPLIT_BY_SET, level, tree.feature[node], start, 0.0, missing, len(goes_left) - start)


# Below, all arrays of a block lie in one flat memory, and a name such as `product` is the place where an array of one
# number a row begins. Places are unsigned, because signed ones are checked for being counted from the end.


@compiled
def _explain_rows(
    columns: Singles, start: int, stop: int, program: Program, at: Singles, weight: Singles, values: Floats
) -> None:
    """Fill the values of the rows from start to stop, a block at a time."""
    width, levels = np.uint64(len(columns)), int(program.level.max()) + 2
    memory = np.empty(levels * (FLAGS + 2 * len(at)) * BLOCK_ROWS, np.float32)
    part, whole = np.zeros(len(columns) * BLOCK_ROWS, np.float32), np.empty(len(columns) * BLOCK_ROWS, np.float64)
    for first in range(start, stop, BLOCK_ROWS):
        rows = np.uint64(min(BLOCK_ROWS, stop - first))
        for point in range(len(at)):
            memory[int(rows) * (FLAGS + point) : int(rows) * (FLAGS + point + 1)] = weight[point]
        whole[:] = 0
        _run(columns.ravel(), first, columns.shape[1], rows, program, at, memory, part, whole)
        for row in range(rows):
            for column in range(width):
                values[np.uint64(first) + row, column] = whole[column * rows + row]


@compiled
def _run(
    columns: Singles,
    offset: int,
    stride: int,
    rows: np.uint64,
    program: Program,
    at: Singles,
    memory: Singles,
    part: Singles,
    whole: Floats,
) -> None:
    """Take one block, whose root products are the weights of the quadrature, through the steps of all trees."""
    stored = np.uint64(FLAGS + len(at)) * rows
    span = stored + np.uint64(len(at)) * rows
    held, added, often = np.uint64(0), 0, STEPS_A_COLUMN * (len(whole) // BLOCK_ROWS)
    for step in range(len(program.kind)):
        kind, level, feature = program.kind[step], program.level[step] * span, program.feature[step]
        first, second, before = program.first[step], program.second[step], program.before[step]
        sums, stack, earlier = feature * rows, held * span + stored, program.earlier[step]
        if kind <= SPLIT_BY_SET:
            if level == 0 and step - added > often:
                _add_part(part, whole)
                added = step
            column = np.uint64(offset) + feature * np.uint64(stride)
            if kind == SPLIT:
                _ask(columns, column, rows, memory, level, first, second)
            else:
                _ask_for_set(
                    columns, column, rows, memory, level, program.goes_left, np.uint64(earlier), before, second
                )
        elif kind == DESCEND:
            _descend(memory, rows, at, level, span, first, second, before, earlier)
        elif kind == LEAF:
            for place in range(stack, stack + span - stored):
                memory[place] = first
        elif kind == LEAF_PAIR:
            _join_leaves(memory, rows, at, level, stack, part, sums, first, second, before)
        else:
            held -= np.uint64(2)
            _join(memory, rows, at, level, span, stack - span, part, sums, first, second, before, earlier)
        if kind in (LEAF, LEAF_PAIR, JOIN):
            held = np.uint64(0) if level == 0 else held + np.uint64(1)
    _add_part(part, whole)


@compiled
def _add_part(part: Singles, whole: Floats) -> None:
    for place in range(len(part)):
        whole[place] += part[place]
        part[place] = 0


@compiled
def _ask(
    columns: Singles, column: np.uint64, rows: np.uint64, memory: Singles, left: np.uint64, threshold: Any, missing: Any
) -> None:
    """Write 1 for each row that goes left, else 0."""
    yes, no = np.float32(1), np.float32(0)
    if missing:
        for row in range(rows):
            memory[left + row] = no if columns[column + row] >= threshold else yes
    else:
        for row in range(rows):
            memory[left + row] = yes if columns[column + row] < threshold else no


@compiled
def _ask_for_set(
    columns: Singles,
    column: np.uint64,
    rows: np.uint64,
    memory: Singles,
    left: np.uint64,
    goes_left: Singles,
    start: np.uint64,
    size: np.float32,
    missing: np.float32,
) -> None:
    """Write 1 for each row whose category goes left, else 0; a category beyond the set goes left."""
    for row in range(rows):
        value = columns[column + row]
        listed = value >= 0 and value < size
        known = goes_left[start + np.uint64(value)] if listed else np.float32(1)
        memory[left + row] = missing if np.isnan(value) else known


@compiled
def _descend(
    memory: Singles,
    rows: np.uint64,
    at: Singles,
    level: np.uint64,
    span: np.uint64,
    share: np.float32,
    side: np.float32,
    before: np.float32,
    earlier: int,
) -> None:
    """Multiply the products by the factor of the edge to one child."""
    meets, met = level + rows, np.uint64(max(earlier, 0)) * span + rows
    turn = np.float32(1) - side - side
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
            f0, f1, f2, _, _ = _factors(share, before, t)
            for row in range(rows):
                factor = f0 + f1 * memory[met + row] + f2 * memory[meets + row]
                memory[below + row] = memory[product + row] * factor


@compiled
def _join_leaves(
    memory: Singles,
    rows: np.uint64,
    at: Singles,
    level: np.uint64,
    stack: np.uint64,
    part: Singles,
    sums: np.uint64,
    one_side: np.float32,
    other: np.float32,
    share: np.float32,
) -> None:
    """Do the work of a join for a split with two leaves, whose values are the same for all rows."""
    gap = one_side - other
    for point in range(np.uint64(len(at))):
        product, value = level + (np.uint64(FLAGS) + point) * rows, stack + point * rows
        fixed, slope = other + gap * share * (np.float32(1) - at[point]), gap * at[point]
        for row in range(rows):
            part[sums + row] += memory[product + row] * (memory[level + row] - share) * gap
            memory[value + row] = fixed + slope * memory[level + row]


@compiled
def _join(
    memory: Singles,
    rows: np.uint64,
    at: Singles,
    level: np.uint64,
    span: np.uint64,
    right: np.uint64,
    part: Singles,
    sums: np.uint64,
    share: np.float32,
    other_share: np.float32,
    before: np.float32,
    earlier: int,
) -> None:
    """Add what a split's column is worth to its sum, and put the sum over its leaves in place of the left child's."""
    met = np.uint64(max(earlier, 0)) * span + rows
    for point in range(np.uint64(len(at))):
        t, product, second = at[point], level + (np.uint64(FLAGS) + point) * rows, right + point * rows
        first, rest = second - span, np.float32(1) - t
        if earlier < 0:
            fixed_first, fixed_second = share * rest, other_share * rest + t
            for row in range(rows):
                left, one_side, other = memory[level + row], memory[first + row], memory[second + row]
                gap = one_side - other
                part[sums + row] += memory[product + row] * (left - share) * gap
                memory[first + row] = one_side * fixed_first + other * fixed_second + t * left * gap
        else:
            f0, f1, f2, g1, g2 = _factors(share, before, t)
            s0, s1, s2, h1, h2 = _factors(other_share, before, t)
            for row in range(rows):
                both, one_side, other = memory[met + row], memory[first + row], memory[second + row]
                left = both * memory[level + row]
                worth = (g1 * both + g2 * left) * one_side + (h1 * both + h2 * (both - left)) * other
                part[sums + row] += memory[product + row] * worth
                one_side = (f0 + f1 * both + f2 * left) * one_side
                memory[first + row] = one_side + (s0 + s1 * both + s2 * (both - left)) * other


@compiled
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
