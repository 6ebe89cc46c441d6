"""A single decision tree and scikit-learn's histogram boosting, for comparison; saved as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.contributions import Contributions
from training.cover_trees import CoverTree, average
from training.encoding import Column, Encoding
from training.errors import TrainingError
from training.examples import Examples
from training.model import read_json, write_json
from training.scoring import expit, logit
from training.target_shares import TargetShares, learn_shares

Floats = npt.NDArray[np.float64]

TREES_FILE = "trees.npz"
COLUMNS_FILE = "columns.json"
BATCH_ROWS = 100_000
# Customers with the average risk that are added to each leaf of the single tree.
PRIOR_CUSTOMERS = 5.0


@dataclass(frozen=True)
class Tree:
    """One tree as arrays over its nodes; a node without a left child is a leaf.

    Parameters
    ----------
    feature, threshold, missing_left, left, right
        Split of each node: the row goes left where its value is at most the threshold.
    value
        Log odds of each leaf.
    cover
        Weight of the training rows that passed each node.
    """

    feature: npt.NDArray[np.int64]
    threshold: Floats
    missing_left: npt.NDArray[np.bool_]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    value: Floats
    cover: Floats

    def apply(self, matrix: Floats) -> Floats:
        """Value of the leaf of each row, shape ``(rows,)``."""
        node = np.zeros(len(matrix), dtype=np.int64)
        active = np.flatnonzero(self.left[node] > 0)
        while len(active):
            at = node[active]
            values = matrix[active, self.feature[at]]
            go_left = np.where(np.isnan(values), self.missing_left[at], values <= self.threshold[at])
            node[active] = np.where(go_left, self.left[at], self.right[at])
            active = active[self.left[node[active]] > 0]
        return self.value[node]


@dataclass(frozen=True)
class NumberColumns:
    """Columns as numbers: a category becomes the share of its customers who left.

    Parameters
    ----------
    columns
        A column of numbers, or the shares of a category.
    """

    columns: tuple[Column | TargetShares, ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name if isinstance(column, Column) else column.column.name for column in self.columns]

    def matrix(self, frame: pd.DataFrame) -> Floats:
        """Shape ``(rows, columns)``, missing as not-a-number."""
        matrix = np.empty((len(frame), len(self.columns)))
        for position, column in enumerate(self.columns):
            matrix[:, position] = column.values(frame) if isinstance(column, Column) else column.apply(frame)
        return matrix

    def to_json(self) -> list[dict[str, Any]]:
        """Plain values for a JSON file."""
        return [
            {"number": column.name} if isinstance(column, Column) else {"shares": column.to_json()}
            for column in self.columns
        ]

    @classmethod
    def from_json(cls, values: Sequence[Mapping[str, Any]]) -> NumberColumns:
        """Read back what :meth:`to_json` wrote."""
        return cls(
            tuple(
                Column(value["number"]) if "number" in value else TargetShares.from_json(value["shares"])
                for value in values
            )
        )


@dataclass(frozen=True)
class _TreesCore:
    """Trees whose values are added up.

    Parameters
    ----------
    columns
        Columns read.
    trees
        The trees.
    base
        Log odds before any tree.
    """

    columns: NumberColumns
    trees: tuple[Tree, ...]
    base: float = 0.0

    family: ClassVar[str]

    @property
    def features(self) -> list[str]:
        """Columns read, in order."""
        return self.columns.names

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Probability of each row, shape ``(rows,)``."""
        matrix = self.columns.matrix(frame)
        log_odds = np.full(len(frame), self.base)
        for tree in self.trees:
            log_odds += tree.apply(matrix)
        return expit(log_odds)

    def importance(self) -> dict[str, float]:
        """Number of splits on each column."""
        counts = np.zeros(len(self.features))
        for tree in self.trees:
            np.add.at(counts, tree.feature[tree.left > 0], 1)
        return dict(zip(self.features, map(float, counts), strict=True))

    def contributions(self, frame: pd.DataFrame) -> Contributions:
        """What each column adds: path-dependent TreeSHAP, see :mod:`training.tree_contributions`.

        Raises
        ------
        TrainingError
            If the trees were saved without the number of their training rows.
        """
        from training.tree_contributions import TreeExplainer

        steps = self._steps()
        trees = [_cover_tree(tree, steps) for tree in self.trees]
        if not all(tree.covered for tree in trees):
            raise TrainingError(
                "trees saved without the number of training rows of each node",
                "trees of this version",
                "train the model again",
            )
        explainer, values = TreeExplainer.of(trees), np.empty((len(frame), len(self.features)))
        for start in range(0, len(frame), BATCH_ROWS):
            matrix = self.columns.matrix(frame.iloc[start : start + BATCH_ROWS])
            values[start : start + BATCH_ROWS] = explainer.values(_positions(matrix, steps))
        return Contributions(tuple(self.features), values, self.base + average(trees))

    def _steps(self) -> list[Floats]:
        """Find all thresholds of each column, in order."""
        feature = np.concatenate([tree.feature[tree.left > 0] for tree in self.trees])
        threshold = np.concatenate([tree.threshold[tree.left > 0] for tree in self.trees])
        return [np.unique(threshold[feature == position]) for position in range(len(self.features))]

    def save(self, folder: Path) -> None:
        """Write arrays without pickles, and the columns as JSON."""
        arrays = {
            f"{number}_{name}": values for number, tree in enumerate(self.trees) for name, values in vars(tree).items()
        }
        np.savez(folder / TREES_FILE, allow_pickle=False, **arrays)
        described = {"columns": self.columns.to_json(), "base": self.base, "trees": len(self.trees)}
        write_json(folder / COLUMNS_FILE, described)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what :meth:`save` wrote."""
        described = read_json(folder / COLUMNS_FILE)
        with np.load(folder / TREES_FILE, allow_pickle=False) as arrays:
            trees = tuple(_read_tree(arrays, number) for number in range(described["trees"]))
        return cls(NumberColumns.from_json(described["columns"]), trees, described["base"])


@dataclass(frozen=True)
class DecisionTreeCore(_TreesCore):
    """A single tree, easy to draw."""

    family: ClassVar[str] = "decision_tree"


@dataclass(frozen=True)
class HistBoostingCore(_TreesCore):
    """Boosted trees of scikit-learn."""

    family: ClassVar[str] = "hist_boosting"


def fit_decision_tree(
    examples: Examples, encoding: Encoding, parameters: Mapping[str, Any], *, seed: int
) -> DecisionTreeCore:
    """Fit one tree.

    Parameters
    ----------
    examples
        Rows to learn from.
    encoding
        Kinds and categories of the columns.
    parameters
        ``max_leaf_nodes`` and ``min_leaf_share``: least share of the rows in a leaf.
    seed
        Decides between equal splits.

    Returns
    -------
    DecisionTreeCore
        Leaves hold shares of leavers drawn towards the average.
    """
    from sklearn.tree import DecisionTreeClassifier

    columns, matrix = _learn_columns(examples, encoding, seed)
    fitted = DecisionTreeClassifier(
        max_leaf_nodes=parameters["max_leaf_nodes"], min_samples_leaf=parameters["min_leaf_share"], random_state=seed
    ).fit(matrix, examples.label, sample_weight=examples.relative_weight())
    nodes = fitted.tree_
    left = nodes.weighted_n_node_samples * nodes.value[:, 0, 1]
    average = float(np.average(examples.label, weights=examples.weight))
    shares = (left + PRIOR_CUSTOMERS * average) / (nodes.weighted_n_node_samples + PRIOR_CUSTOMERS)
    tree = Tree(
        np.asarray(nodes.feature, dtype=np.int64),
        np.asarray(nodes.threshold, dtype=np.float64),
        np.asarray(nodes.missing_go_to_left, dtype=bool),
        np.asarray(nodes.children_left, dtype=np.int64),
        np.asarray(nodes.children_right, dtype=np.int64),
        logit(shares),
        np.asarray(nodes.weighted_n_node_samples, dtype=np.float64),
    )
    return DecisionTreeCore(columns, (tree,))


def fit_hist_boosting(
    examples: Examples, encoding: Encoding, parameters: Mapping[str, Any], *, seed: int
) -> HistBoostingCore:
    """Fit scikit-learn's histogram boosting.

    Parameters
    ----------
    examples
        Rows to learn from.
    encoding
        Kinds and categories of the columns.
    parameters
        Names of ``HistGradientBoostingClassifier``.
    seed
        The same seed gives the same trees.

    Returns
    -------
    HistBoostingCore
        The fitted trees.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    columns, matrix = _learn_columns(examples, encoding, seed)
    # A column without a value in these rows has no bins, which scikit-learn refuses; a constant is never split on.
    matrix[:, np.isnan(matrix).all(axis=0)] = 0.0
    fitted = HistGradientBoostingClassifier(**parameters, early_stopping=False, random_state=seed)
    fitted.fit(matrix, examples.label, sample_weight=examples.relative_weight())
    trees = tuple(_tree_of(stage[0].nodes) for stage in fitted._predictors)
    return HistBoostingCore(columns, trees, float(np.ravel(fitted._baseline_prediction)[0]))


def _tree_of(nodes: npt.NDArray[Any]) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        nodes["feature_idx"].astype(np.int64),
        nodes["num_threshold"].astype(np.float64),
        nodes["missing_go_to_left"].astype(bool),
        np.where(leaf, 0, nodes["left"]).astype(np.int64),
        np.where(leaf, 0, nodes["right"]).astype(np.int64),
        nodes["value"].astype(np.float64),
        nodes["count"].astype(np.float64),
    )


def _read_tree(arrays: Mapping[str, npt.NDArray[Any]], number: int) -> Tree:
    names = [name for name in Tree.__dataclass_fields__ if name != "cover"]
    own = {name: arrays[f"{number}_{name}"] for name in names}
    # A tree of an earlier version does not tell its cover: it predicts, but is not explained.
    name = f"{number}_cover"
    return Tree(**own, cover=arrays[name] if name in arrays else np.zeros(len(own["value"])))


def _cover_tree(tree: Tree, steps: Sequence[Floats]) -> CoverTree:
    """Put places among a column's thresholds in place of them, which single precision holds exactly."""
    inner = tree.left > 0
    threshold = np.zeros(len(inner))
    for node in np.flatnonzero(inner):
        threshold[node] = np.searchsorted(steps[tree.feature[node]], tree.threshold[node]) + 1
    children = [np.where(inner, child, -1).tolist() for child in (tree.left, tree.right)]
    parts = (tree.feature, threshold, tree.missing_left, tree.cover, tree.value)
    return CoverTree(*children, *(part.tolist() for part in parts))


def _positions(matrix: Floats, steps: Sequence[Floats]) -> Floats:
    """Count the thresholds below each value: at most ``k`` where the value is at most the threshold at place ``k``."""
    places = [np.searchsorted(own, values).astype(np.float64) for own, values in zip(steps, matrix.T, strict=True)]
    return np.where(np.isnan(matrix), np.nan, np.column_stack(places))


def _learn_columns(examples: Examples, encoding: Encoding, seed: int) -> tuple[NumberColumns, Floats]:
    columns = NumberColumns(
        tuple(
            column if column.categories is None else learn_shares(column, examples, seed=seed)[0]
            for column in encoding.columns
        )
    )
    return columns, columns.matrix(examples.features)
