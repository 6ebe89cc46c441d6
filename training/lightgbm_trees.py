"""LightGBM's trees, read from its text, with how many training rows passed each node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from training.cover_trees import CoverTree

# Bits of ``decision_type``.
BY_CATEGORY, MISSING_LEFT, MISSING_KIND, NOT_A_NUMBER = 1, 2, 12, 8
# Bits of one word of a set of categories.
WORD = 32


def read_trees(text: str, categories: Sequence[int]) -> list[CoverTree]:
    """Read trees as :mod:`training.tree_contributions` takes them.

    Parameters
    ----------
    text
        LightGBM's own text of a model with one answer a row.
    categories
        Number of categories of each column, 0 for numbers.

    Returns
    -------
    list
        Trees that give the same answers for single precision values.
    """
    return [_tree(_fields(block), categories) for block in text.split("\nTree=")[1:]]


def _fields(block: str) -> dict[str, list[str]]:
    lines = (line.partition("=") for line in block.splitlines() if "=" in line)
    return {name: values.split() for name, _, values in lines}


def _tree(fields: Mapping[str, Sequence[str]], categories: Sequence[int]) -> CoverTree:
    """Put splits first and leaves behind them: LightGBM counts leaves from -1 downwards."""
    splits, leaves = int(fields["num_leaves"][0]) - 1, int(fields["num_leaves"][0])
    if not splits:
        return CoverTree([-1], [-1], [0], [0.0], [False], [1.0], _floats(fields, "leaf_value"))
    left, right = (
        [child if child >= 0 else splits - child - 1 for child in _whole(fields, side)] + [-1] * leaves
        for side in ("left_child", "right_child")
    )
    columns, kinds = _whole(fields, "split_feature"), _whole(fields, "decision_type")
    thresholds = _floats(fields, "threshold")
    return CoverTree(
        left,
        right,
        [*columns, *[0] * leaves],
        [*map(_first_right, thresholds), *[0.0] * leaves],
        [*map(_goes_left, kinds, thresholds), *[False] * leaves],
        [*_floats(fields, "internal_count"), *_floats(fields, "leaf_count")],
        [*[0.0] * splits, *_floats(fields, "leaf_value")],
        {
            node: _right(fields, int(thresholds[node]), categories[columns[node]])
            for node, kind in enumerate(kinds)
            if kind & BY_CATEGORY
        },
    )


def _goes_left(kind: int, threshold: float) -> bool:
    """Where a missing value goes: to the right among categories; as 0 where training saw none missing."""
    if kind & BY_CATEGORY:
        return False
    return bool(kind & MISSING_LEFT) if kind & MISSING_KIND == NOT_A_NUMBER else threshold >= 0.0


def _first_right(threshold: float) -> float:
    """Smallest single precision number above a threshold, since LightGBM sends what is equal to the left."""
    near = np.float32(threshold)
    return float(near if near > threshold else np.nextafter(near, np.float32(np.inf)))


def _right(fields: Mapping[str, Sequence[str]], place: int, categories: int) -> list[int]:
    """Categories that are not in the set at a place, which go right."""
    bounds, words = _whole(fields, "cat_boundaries"), _whole(fields, "cat_threshold")
    own = words[bounds[place] : bounds[place + 1]]
    left = {WORD * at + bit for at, word in enumerate(own) for bit in range(WORD) if word >> bit & 1}
    return [category for category in range(categories) if category not in left]


def _whole(fields: Mapping[str, Sequence[str]], name: str) -> list[int]:
    return [int(value) for value in fields[name]]


def _floats(fields: Mapping[str, Sequence[str]], name: str) -> list[float]:
    return [float(value) for value in fields[name]]
