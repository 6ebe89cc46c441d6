"""The sum of a booster's trees for many customers, compiled: bit for bit what XGBoost gives, several times as fast.

Walking down a tree asks few questions of a row, but each answer decides where to read next. Here a tree is worked out
from its leaves up: each split chooses, for a block of rows together, between what its two sides gave. That asks every
question of every row, but in loops over neighbouring numbers, which the compiler turns into vector instructions. Values
of leaves are added in single precision in the order of the trees, as XGBoost does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from training.compiled import compiled
from training.cover_trees import CoverTree, booster_trees

Singles = npt.NDArray[np.float32]
Step = tuple[float, ...]

# Splits of a tree, on average, beyond which asking all of them takes longer than walking down.
MOST_SPLITS = 64
# Rows that pass through all trees together: their columns stay in the cache.
BLOCK_ROWS = 256
# Rows of one piece of work for a thread.
TASK_ROWS = 32 * BLOCK_ROWS
TRIAL_ROWS = 200

LEAF, LEAVES, SPLIT, SPLIT_BY_SET, ADD = range(5)


class Program(NamedTuple):
    """All trees as one list of steps; all arrays have shape ``(steps,)`` but the last two.

    Parameters
    ----------
    kind, level, feature
        What is done, where its result is put, and the column asked.
    threshold
        Rows below go left; for a set, where it starts in ``goes_left``.
    missing_left
        1 where a row without a value goes left.
    first, second
        Values of two leaves; of a leaf its value; for a set its size.
    goes_left
        For each set of categories, 1 for each that goes left.
    asked
        Columns that trees ask, each once.
    """

    kind: npt.NDArray[np.int64]
    level: npt.NDArray[np.uint64]
    feature: npt.NDArray[np.uint64]
    threshold: Singles
    missing_left: Singles
    first: Singles
    second: Singles
    goes_left: Singles
    asked: npt.NDArray[np.uint64]


@dataclass(frozen=True)
class TreeSum:
    """Trees made ready to be added up.

    Parameters
    ----------
    program
        Their steps.
    base
        What they are added to.
    """

    program: Program
    base: np.float32

    @classmethod
    def of(cls, booster: Any) -> Self | None:
        """Make the trees of a fitted ``xgboost.Booster`` ready.

        Returns
        -------
        TreeSum or None
            None for boosters of another kind, for trees so large that walking down is quicker, and where XGBoost itself
            gives other bits on rows that hold the trees' own thresholds.
        """
        trees = booster_trees(booster)
        if trees is None or _splits(trees) > MOST_SPLITS * len(trees):
            return None
        made = cls(_program(trees), _base(booster))
        rows = _trial_rows(trees, booster.num_features())
        same = np.array_equal(made.margin(rows), booster.inplace_predict(rows, predict_type="margin"))
        return made if same else None

    def margin(self, matrix: npt.NDArray[Any]) -> Singles:
        """Log odds of each row.

        Parameters
        ----------
        matrix
            Shape ``(rows, columns)``, converted to single precision; categories as positions, missing as not-a-number.
            One that is stored column by column is not copied.

        Returns
        -------
        numpy.ndarray
            Shape ``(rows,)``.
        """
        columns, rows = np.ascontiguousarray(matrix.T, dtype=np.float32), len(matrix)
        margin = np.empty(rows, dtype=np.float32)

        def add(start: int) -> None:
            stop = min(start + TASK_ROWS, rows)
            _add_up(columns.ravel(), columns.shape[1], start, stop, self.program, self.base, margin)

        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            list(threads.map(add, range(0, rows, TASK_ROWS)))
        return margin


def _splits(trees: Sequence[CoverTree]) -> int:
    return sum(child >= 0 for tree in trees for child in tree.left)


def _base(booster: Any) -> np.float32:
    """Log odds that XGBoost starts from: what it gives with the same settings and no tree."""
    import xgboost

    written = json.loads(booster.save_config())["learner"]["learner_model_param"]["base_score"]
    settings = {"objective": "binary:logistic", "base_score": float(written.strip("[]"))}
    nothing = np.zeros((1, 1), dtype=np.float32)
    empty = xgboost.train(settings, xgboost.DMatrix(nothing, label=[0]), num_boost_round=0)
    return np.float32(empty.inplace_predict(nothing, predict_type="margin")[0])


def _trial_rows(trees: Sequence[CoverTree], columns: int) -> Singles:
    """Rows in which columns hold thresholds of their own, positions of categories, or nothing."""
    held: list[list[float]] = [[np.nan] for _ in range(columns)]
    for tree in trees:
        for node in (node for node, child in enumerate(tree.left) if child >= 0):
            held[tree.feature[node]].extend(tree.right_categories.get(node, [tree.threshold[node]]))
    rng = np.random.default_rng(0)
    return np.column_stack([rng.choice(np.array(each, dtype=np.float32), TRIAL_ROWS) for each in held])


def _program(trees: Sequence[CoverTree]) -> Program:
    goes_left: list[float] = []
    steps = [step for tree in trees for step in (*_steps(tree, 0, 0, goes_left), (ADD, 0, 0, 0, 0, 0, 0))]
    types = (np.int64, np.uint64, np.uint64, *[np.float32] * 4)
    parts = [part.astype(kind) for part, kind in zip(np.array(steps, dtype=np.float64).T, types, strict=True)]
    asked, place = np.unique(parts[2], return_inverse=True)
    parts[2] = place.astype(np.uint64)
    return Program._make([*parts, np.array(goes_left, dtype=np.float32), asked])


def _steps(tree: CoverTree, node: int, level: int, goes_left: list[float]) -> Iterator[Step]:
    """Give the steps of a node, those below it first; what the right side gives lies one level further."""
    if tree.left[node] < 0:
        yield (LEAF, level, 0, 0, 0, tree.value[node], 0)
        return
    children = (tree.left[node], tree.right[node])
    asked = (tree.feature[node], tree.threshold[node], float(tree.missing_left[node]))
    in_set = node in tree.right_categories
    if not in_set and all(tree.left[child] < 0 for child in children):
        yield (LEAVES, level, *asked, *(tree.value[child] for child in children))
        return
    for side, child in enumerate(children):
        yield from _steps(tree, child, level + side, goes_left)
    if not in_set:
        yield (SPLIT, level, *asked, 0, 0)
        return
    start = len(goes_left)
    goes_left.extend(tree.left_flags(node))
    yield (SPLIT_BY_SET, level, asked[0], start, asked[2], len(goes_left) - start, 0)


# Below, the columns of a block and the results of all levels lie in one flat memory of BLOCK_ROWS numbers each, and a
# name such as `left` is the place where one begins. Places are unsigned, because signed ones are checked for being
# counted from the end.


@compiled
def _add_up(columns: Singles, stride: int, start: int, stop: int, program: Program, base: Any, margin: Singles) -> None:
    """Fill the margins of the rows from start to stop, a block at a time."""
    block, results = np.uint64(BLOCK_ROWS), len(program.asked) * BLOCK_ROWS
    memory = np.empty(results + (int(program.level.max()) + 2) * BLOCK_ROWS, np.float32)
    for first in range(start, stop, BLOCK_ROWS):
        rows = np.uint64(min(BLOCK_ROWS, stop - first))
        # Columns as far apart as a power of two would push each other out of the cache.
        for place in range(np.uint64(len(program.asked))):
            column = np.uint64(first) + program.asked[place] * np.uint64(stride)
            for row in range(rows):
                memory[place * block + row] = columns[column + row]
        for row in range(rows):
            margin[np.uint64(first) + row] = base
        for step in range(len(program.kind)):
            kind, column = program.kind[step], program.feature[step] * block
            left = np.uint64(results) + program.level[step] * block
            threshold, missing_left = program.threshold[step], program.missing_left[step]
            one_side, other = program.first[step], program.second[step]
            if kind == LEAVES:
                _choose_leaf(memory, column, rows, left, threshold, missing_left, one_side, other)
            elif kind == SPLIT:
                _choose(memory, column, rows, left, threshold, missing_left)
            elif kind == ADD:
                for row in range(rows):
                    margin[np.uint64(first) + row] += memory[left + row]
            elif kind == LEAF:
                for row in range(rows):
                    memory[left + row] = one_side
            else:
                _choose_by_set(
                    memory, column, rows, left, program.goes_left, np.uint64(threshold), one_side, missing_left
                )


@compiled
def _choose_leaf(
    memory: Singles,
    column: np.uint64,
    rows: np.uint64,
    left: np.uint64,
    threshold: np.float32,
    missing_left: np.float32,
    one_side: np.float32,
    other: np.float32,
) -> None:
    """Write the value of the leaf to which each row goes."""
    if missing_left:
        for row in range(rows):
            memory[left + row] = other if memory[column + row] >= threshold else one_side
    else:
        for row in range(rows):
            memory[left + row] = one_side if memory[column + row] < threshold else other


@compiled
def _choose(
    memory: Singles,
    column: np.uint64,
    rows: np.uint64,
    left: np.uint64,
    threshold: np.float32,
    missing_left: np.float32,
) -> None:
    """Put what the right side gave in place of the left side's, for rows that go right."""
    right = left + np.uint64(BLOCK_ROWS)
    # Both sides are read whatever the answer: a read that depends on it would keep the loop from being a vector one.
    if missing_left:
        for row in range(rows):
            one_side, other = memory[left + row], memory[right + row]
            memory[left + row] = other if memory[column + row] >= threshold else one_side
    else:
        for row in range(rows):
            one_side, other = memory[left + row], memory[right + row]
            memory[left + row] = one_side if memory[column + row] < threshold else other


@compiled
def _choose_by_set(
    memory: Singles,
    column: np.uint64,
    rows: np.uint64,
    left: np.uint64,
    goes_left: Singles,
    start: np.uint64,
    size: np.float32,
    missing_left: np.float32,
) -> None:
    """Do the work of :func:`_choose` for categories; one beyond the set goes left."""
    for row in range(rows):
        value = memory[column + row]
        listed = value >= 0 and value < size
        known = goes_left[start + np.uint64(value)] if listed else np.float32(1)
        if not (missing_left if np.isnan(value) else known):
            memory[left + row] = memory[left + np.uint64(BLOCK_ROWS) + row]
