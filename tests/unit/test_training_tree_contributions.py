"""Trees are explained exactly: as XGBoost does, as the definition says, and as a stump shows by hand."""

import itertools
import math

import numba
import numpy as np
import pytest
import xgboost

from training import tree_contributions
from training.compiled import compiled
from training.cover_trees import CoverTree, average, booster_trees
from training.scoring import expit
from training.tree_contributions import BLOCK_ROWS, TreeExplainer

EXACT = 1e-5
KINDS = ["q"] * 6 + ["c"] * 2
SETTINGS = {"objective": "binary:logistic", "tree_method": "hist", "nthread": 1, "min_child_weight": 0.5}


def random_booster(depth: int, seed: int, trees: int = 25):
    """A booster on random columns with missing values, categories, weights, a base score and early stopping."""
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(1_500, len(KINDS))).astype(np.float32).round(1)
    matrix[:, 6] = random.integers(0, 3, len(matrix))
    matrix[:, 7] = random.integers(0, 40, len(matrix))
    matrix[random.random(matrix.shape) < 0.15] = np.nan
    known = np.nan_to_num(matrix)
    risk = known[:, 0] * known[:, 1] + np.sin(3 * known[:, 2]) + (known[:, 7] % 5 == 2) * 2 + np.isnan(matrix[:, 3])
    label = random.random(len(matrix)) < expit(2 * risk - 1)
    data = xgboost.DMatrix(
        matrix, label, weight=random.uniform(0.1, 3, len(matrix)), feature_types=KINDS, enable_categorical=True
    )
    settings = {
        **SETTINGS,
        "max_depth": depth,
        "learning_rate": random.uniform(0.05, 0.5),
        "base_score": random.uniform(0.05, 0.9),
        "max_cat_to_onehot": int(random.integers(2, 6)),
        "subsample": random.uniform(0.6, 1),
        "seed": seed,
    }
    stopped = {"evals": [(data, "train")], "early_stopping_rounds": 5, "verbose_eval": False}
    return xgboost.train(settings, data, trees, **stopped), matrix, data


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 6, 7, 8])
def test_trees_equal_xgboost(depth):
    booster, matrix, data = random_booster(depth, seed=depth)

    values = TreeExplainer.of(booster_trees(booster)).values(matrix)

    expected = booster.predict(data, pred_contribs=True)
    np.testing.assert_allclose(values, expected[:, :-1], atol=EXACT)
    np.testing.assert_allclose(
        values.sum(axis=1) + expected[:, -1], booster.predict(data, output_margin=True), atol=1e-4
    )
    assert abs(values).max() > 0.1


def test_the_booster_up_to_its_best_round_equals_xgboost():
    booster, matrix, data = random_booster(3, seed=11)
    shorter = booster[:7]

    values = TreeExplainer.of(booster_trees(shorter)).values(matrix)

    np.testing.assert_allclose(values, shorter.predict(data, pred_contribs=True)[:, :-1], atol=EXACT)
    assert abs(values - booster.predict(data, pred_contribs=True)[:, :-1]).max() > 0.01


def test_deep_narrow_trees_equal_xgboost():
    random = np.random.default_rng(0)
    matrix = random.normal(size=(1_000, 30)).astype(np.float32)
    data = xgboost.DMatrix(matrix, matrix.sum(axis=1) > random.normal(size=len(matrix)))
    settings = {**SETTINGS, "max_depth": 0, "grow_policy": "lossguide", "max_leaves": 60, "min_child_weight": 0}
    booster = xgboost.train(settings, data, 6)

    values = TreeExplainer.of(booster_trees(booster)).values(matrix)

    np.testing.assert_allclose(values, booster.predict(data, pred_contribs=True)[:, :-1], atol=EXACT)


def small_tree(random: np.random.Generator, depth: int, columns: int) -> CoverTree:
    """A full tree that asks few columns, so that paths ask the same one again."""
    inner, nodes = 2**depth - 1, 2 ** (depth + 1) - 1
    cover = np.zeros(nodes)
    cover[0] = 1000.0
    for node in range(inner):
        cover[2 * node + 1] = cover[node] * random.uniform(0.05, 0.95)
        cover[2 * node + 2] = cover[node] - cover[2 * node + 1]
    left = [2 * node + 1 if node < inner else -1 for node in range(nodes)]
    right = [2 * node + 2 if node < inner else -1 for node in range(nodes)]
    feature = random.integers(0, columns, nodes).tolist()
    missing_left = (random.random(nodes) < 0.5).tolist()
    values = random.normal(size=nodes).tolist()
    return CoverTree(left, right, feature, random.normal(size=nodes).tolist(), missing_left, cover.tolist(), values)


def expectation(tree: CoverTree, row: np.ndarray, known: frozenset[int], node: int = 0) -> float:
    """Mean of the leaves that a row can reach when only some of its columns are known."""
    if tree.left[node] < 0:
        return tree.value[node]
    left, right, value = tree.left[node], tree.right[node], row[tree.feature[node]]
    if tree.feature[node] in known:
        goes_left = tree.missing_left[node] if np.isnan(value) else value < tree.threshold[node]
        return expectation(tree, row, known, left if goes_left else right)
    return sum(tree.cover[child] / tree.cover[node] * expectation(tree, row, known, child) for child in (left, right))


def shapley(tree: CoverTree, row: np.ndarray) -> list[float]:
    """The definition, over all coalitions (Shapley 1953)."""
    columns = range(len(row))
    values = []
    for own in columns:
        others = [column for column in columns if column != own]
        total = 0.0
        for size in range(len(row)):
            weight = math.factorial(size) * math.factorial(len(row) - size - 1) / math.factorial(len(row))
            for coalition in itertools.combinations(others, size):
                without = frozenset(coalition)
                total += weight * (expectation(tree, row, without | {own}) - expectation(tree, row, without))
        values.append(total)
    return values


@pytest.mark.parametrize(("depth", "columns"), [(1, 1), (2, 2), (4, 2), (4, 5), (5, 4)])
def test_trees_equal_the_definition(depth, columns):
    random = np.random.default_rng(100 * depth + columns)
    tree = small_tree(random, depth, columns)
    rows = random.normal(size=(12, columns)).astype(np.float32)
    rows[random.random(rows.shape) < 0.2] = np.nan

    values = TreeExplainer.of([tree]).values(rows)

    np.testing.assert_allclose(values, [shapley(tree, row) for row in rows], atol=1e-6)
    assert average([tree]) == pytest.approx(expectation(tree, rows[0], frozenset()))


def test_a_stump_by_hand():
    stump = CoverTree([1, -1, -1], [2, -1, -1], [1, 0, 0], [10.0, 0, 0], [True, False, False], [4, 3, 1], [0, -1, 3])

    values = TreeExplainer.of([stump]).values(np.array([[0, 9.0], [0, 10.0], [0, np.nan]]))

    # Three of four rows are left with -1 and one is right with 3: the average is 0.
    np.testing.assert_allclose(values, [[0, -1], [0, 3], [0, -1]], atol=1e-6)


def test_a_tree_that_is_one_leaf_adds_nothing():
    leaf = CoverTree([-1], [-1], [0], [0.0], [False], [5.0], [0.7])
    stump = CoverTree([1, -1, -1], [2, -1, -1], [1, 0, 0], [10.0, 0, 0], [True, False, False], [4, 3, 1], [0, -1, 3])

    values = TreeExplainer.of([leaf, stump, leaf]).values(np.array([[0, 9.0]]))

    np.testing.assert_allclose(values, [[0, -1]], atol=1e-6)
    np.testing.assert_array_equal(TreeExplainer.of([leaf]).values(np.array([[0, 9.0]])), [[0, 0]])


def test_blocks_and_threads_do_not_matter():
    booster, matrix, _ = random_booster(4, seed=3)
    explainer = TreeExplainer.of(booster_trees(booster))
    many = np.vstack([matrix] * 4)[: 9 * BLOCK_ROWS + 1]

    values = explainer.values(many)

    assert len(many) > tree_contributions.TASK_ROWS
    np.testing.assert_allclose(values[: len(matrix)], explainer.values(matrix), atol=1e-7)
    np.testing.assert_allclose(values[-1:], explainer.values(many[-1:]), atol=1e-7)


def test_splits_that_no_training_row_passed_are_not_covered():
    stump = CoverTree([1, -1, -1], [2, -1, -1], [0, 0, 0], [1.0, 0, 0], [True] * 3, [0.0, 0.0, 0.0], [0, -1, 3])

    assert not stump.covered


def test_an_installation_that_cannot_be_written_to_still_compiles(monkeypatch):
    own, asked = numba.njit, []

    def read_only(cache: bool = False, **options):
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return own(**options)

    monkeypatch.setattr(numba, "njit", read_only)
    doubled = compiled(lambda number: 2 * number)

    assert asked == [True, False]
    assert doubled(21) == 42
