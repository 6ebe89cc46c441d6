"""Trees that tell how many training rows passed each node, read from a booster."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class CoverTree:
    """A binary tree and how many training rows passed each node.

    Parameters
    ----------
    left, right
        Children of each node; below 0 for a leaf. The root is node 0.
    feature
        Column asked at each node.
    threshold
        A row goes left where its value is below.
    missing_left
        Whether a row without a value goes left.
    cover
        Weight of the training rows of each node; above 0 for all but leaves.
    value
        What each leaf adds.
    right_categories
        For nodes that ask for a category, those that go right; all others go left.
    """

    left: Sequence[int]
    right: Sequence[int]
    feature: Sequence[int]
    threshold: Sequence[float]
    missing_left: Sequence[bool]
    cover: Sequence[float]
    value: Sequence[float]
    right_categories: Mapping[int, Sequence[int]] = field(default_factory=dict)

    @property
    def covered(self) -> bool:
        """Whether training rows passed each split, without which shares are not defined."""
        return all(cover > 0 for cover, left in zip(self.cover, self.left, strict=True) if left >= 0)

    def left_flags(self, node: int) -> list[float]:
        """Give, for a node that asks for a category, 1 for each listed one that goes left; what is beyond goes left."""
        right = set(self.right_categories[node])
        return [float(category not in right) for category in range(max(right, default=-1) + 1)]


def booster_trees(booster: Any) -> list[CoverTree] | None:
    """Read the trees of an XGBoost booster.

    Parameters
    ----------
    booster
        A fitted ``xgboost.Booster``.

    Returns
    -------
    list or None
        None for what this method does not cover: boosters that are not plain trees with one answer, boosters without
        trees, and splits that no training row passed.
    """
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    parameters = learner["learner_model_param"]
    several = int(parameters["num_class"]) > 1 or int(parameters.get("num_target", 1)) > 1
    if learner["gradient_booster"]["name"] != "gbtree" or several:
        return None
    trees = [_tree_of(tree) for tree in learner["gradient_booster"]["model"]["trees"]]
    return trees if trees and all(tree.covered for tree in trees) else None


def average(trees: Sequence[CoverTree]) -> float:
    """Mean of the sum of trees over their training rows."""
    return sum(
        value * cover / tree.cover[0]
        for tree in trees
        for value, cover, left in zip(tree.value, tree.cover, tree.left, strict=True)
        if left < 0
    )


def _tree_of(tree: Mapping[str, Any]) -> CoverTree:
    parts = zip(tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True)
    # XGBoost keeps splits and leaf values in one list.
    return CoverTree(
        tree["left_children"],
        tree["right_children"],
        tree["split_indices"],
        tree["split_conditions"],
        tree["default_left"],
        tree["sum_hessian"],
        tree["split_conditions"],
        {node: tree["categories"][start : start + size] for node, start, size in parts},
    )
