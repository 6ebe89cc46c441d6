"""What columns add is exact: it sums to the model's answer, and equals XGBoost's and a brute-force Shapley value."""

import importlib.util
import itertools
import json
import math
from dataclasses import replace
from pathlib import Path

import numba
import numpy as np
import pandas as pd
import pytest
import xgboost

from training import boosting, tree_contributions
from training.baselines import OneColumnRule, fit_rule
from training.blend import blend_of
from training.boosting import fit_boosting
from training.calibrate import Calibrator
from training.compiled import compiled
from training.contributions import Contributions, weighted_sum
from training.cover_trees import CoverTree, average, booster_trees
from training.encoding import Column, learn_encoding
from training.errors import TrainingError
from training.examples import Examples
from training.logistic import LogisticCore, fit_logistic
from training.model import FittedModel, load_model
from training.neural_net import fit_neural_net
from training.preparation import Rhythm, make_plan
from training.purchase_process import PurchaseColumns, PurchaseProcess
from training.scoring import expit, logit
from training.tree_contributions import BLOCK_ROWS, TreeExplainer
from training.trees import DecisionTreeCore, HistBoostingCore, fit_decision_tree, fit_hist_boosting

EXACT = 1e-5
KINDS = ["q"] * 6 + ["c"] * 2
SETTINGS = {"objective": "binary:logistic", "tree_method": "hist", "nthread": 1, "min_child_weight": 0.5}


def customers(rows: int = 1_200, seed: int = 0) -> Examples:
    """Customers with numbers, a missing one, a short and a long category, and an order rhythm."""
    random = np.random.default_rng(seed)
    silence, age = random.exponential(30, rows), random.uniform(200, 900, rows)
    plan, town = random.choice(["annual", "month", "trial"], rows), random.integers(0, 60, rows)
    risk = 0.03 * silence + (plan == "trial") + 1.2 * (town % 3 == 0) - 2
    features = pd.DataFrame(
        {
            "silence": silence,
            "age": age + silence,
            "orders": random.integers(1, 12, rows).astype(float),
            "rating": np.where(random.random(rows) < 0.3, np.nan, random.normal(size=rows)),
            "plan": plan,
            "town": [f"town {number:02}" for number in town],
        }
    )
    label = (random.random(rows) < expit(risk)).astype(np.int8)
    return Examples(features, label, np.arange(rows), weight=random.uniform(0.5, 2, rows))


def prepared_core(family: str, examples: Examples, encoding):
    if family == "recency_rule":
        return fit_rule(examples, encoding, "silence")
    if family == "logistic":
        return fit_logistic(examples, encoding, {"strength": 1.0})
    if family == "xgboost":
        return fit_boosting(examples, encoding, {"max_depth": 4, "rounds": 15, "learning_rate": 0.3}, seed=0)
    if family == "decision_tree":
        return fit_decision_tree(examples, encoding, {"max_leaf_nodes": 16, "min_leaf_share": 0.01}, seed=0)
    if family == "hist_boosting":
        return fit_hist_boosting(examples, encoding, {"max_iter": 15, "max_leaf_nodes": 8}, seed=0)
    members = {name: prepared_core(name, examples, encoding) for name in ("recency_rule", "logistic", "hist_boosting")}
    return blend_of(members, {"recency_rule": 0.2, "logistic": 0.5, "hist_boosting": 0.3})


def fitted(family: str, examples: Examples) -> FittedModel:
    """A model of the columns as they are, a share for each town and the rhythm of orders."""
    rhythm = Rhythm(PurchaseProcess(0.5, 40.0, 0.6, 2.0), PurchaseColumns("orders", "age", "silence"), 60.0)
    plan = make_plan(examples.features, rhythm=rhythm)
    preparation, prepared = plan.learn(examples)
    core = prepared_core(family, prepared, plan.encoding(prepared.features))
    return FittedModel(core, Calibrator("platt", ((0.8, -0.2),)), preparation.only(core.features))


families = pytest.mark.parametrize(
    "family", ["recency_rule", "logistic", "decision_tree", "hist_boosting", "xgboost", "blend"]
)


@families
def test_parts_sum_to_the_log_odds_over_the_projects_own_columns(family, tmp_path):
    model, scored = fitted(family, customers()), customers(400, seed=1).features
    scored.loc[:5, "plan"] = "unheard of"

    parts = model.contributions(scored)

    raw = model.core.probability(model.preparation.apply(scored))
    np.testing.assert_allclose(parts.log_odds, logit(raw), atol=EXACT)
    assert parts.columns == tuple(model.features)
    assert set(parts.columns) <= set(scored.columns)
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model").contributions(scored)
    np.testing.assert_array_equal(again.values, parts.values)
    assert again.base == parts.base


@families
def test_parts_are_counted_from_the_average_training_row(family):
    examples = replace(customers(), weight=None)
    model = fitted(family, examples)
    plan = make_plan(examples.features, rhythm=model.preparation.rhythm)
    prepared = plan.learn(examples)[1].features

    parts = model.core.contributions(prepared)

    assert np.average(parts.log_odds) == pytest.approx(parts.base, abs=0.05 if family == "xgboost" else 0.02)


@families
def test_no_rows_and_one_row(family):
    model, scored = fitted(family, customers(600)), customers(9, seed=1).features

    whole = model.contributions(scored)

    assert model.contributions(scored.iloc[:0]).values.shape == (0, len(model.features))
    np.testing.assert_allclose(model.contributions(scored.iloc[[7]]).values[0], whole.values[7], atol=1e-6)


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


def long_frame(examples: Examples, rows: int) -> pd.DataFrame:
    return pd.concat([examples.features] * (rows // len(examples) + 1), ignore_index=True).iloc[:rows]


def test_many_rows_take_the_compiled_way_and_agree_with_the_other(monkeypatch):
    examples = customers()
    core, scored = fitted("xgboost", examples), long_frame(customers(700, seed=1), boosting.COMPILED_ROWS)
    scored.loc[:9, "plan"] = "unheard of"
    explained, own = [], TreeExplainer.values

    def counted(explainer: TreeExplainer, matrix: np.ndarray) -> np.ndarray:
        explained.append(len(matrix))
        return own(explainer, matrix)

    monkeypatch.setattr(TreeExplainer, "values", counted)

    compiled = core.contributions(scored)
    few = core.contributions(scored.iloc[:-1])
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    without_numba = core.contributions(scored)

    assert explained == [boosting.COMPILED_ROWS]
    np.testing.assert_allclose(compiled.values, without_numba.values, atol=EXACT)
    np.testing.assert_allclose(few.values, compiled.values[:-1], atol=EXACT)
    assert compiled.base == without_numba.base


def test_what_is_not_covered_is_left_to_xgboost(monkeypatch):
    random = np.random.default_rng(0)
    matrix = random.normal(size=(300, 3)).astype(np.float32)
    data = xgboost.DMatrix(matrix, matrix[:, 0] > 0)
    for settings in ({"booster": "dart", "rate_drop": 0.5}, {"booster": "gblinear"}):
        assert booster_trees(xgboost.train({"objective": "binary:logistic", **settings}, data, 5)) is None
    several = xgboost.DMatrix(matrix, random.integers(0, 3, 300))
    assert booster_trees(xgboost.train({"objective": "multi:softprob", "num_class": 3}, several, 2)) is None
    assert booster_trees(xgboost.train(SETTINGS, data, 0)) is None

    examples = Examples(pd.DataFrame(matrix, columns=list("abc")), (matrix[:, 0] > 0).astype(np.int8), np.arange(300))
    core = fit_boosting(examples, learn_encoding(examples.features), {"booster": "dart", "rounds": 4}, seed=0)
    monkeypatch.setattr(boosting, "COMPILED_ROWS", 1)
    parts = core.contributions(examples.features)
    np.testing.assert_allclose(parts.log_odds, logit(core.probability(examples.features)), atol=1e-4)


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


def test_logistic_parts_by_hand():
    features = pd.DataFrame({"plan": ["a", "b", "a", "b", "a", "a"], "flat": [1.0] * 6})
    examples = Examples(features, np.array([0, 1, 0, 1, 1, 0], dtype=np.int8), np.arange(6))
    core = fit_logistic(examples, learn_encoding(features), {"strength": 1.0})

    parts = core.contributions(features)

    first, second = core.coefficients[:2]
    # Two thirds of the rows have plan a; a column that never changes adds nothing.
    np.testing.assert_allclose(parts.values[0], [first / 3 - second / 3, 0.0], atol=1e-12)
    np.testing.assert_allclose(parts.values[1], [-2 / 3 * first + 2 / 3 * second, 0.0], atol=1e-12)


def test_models_saved_without_means_still_tell_parts(tmp_path):
    examples = customers(300)
    encoding = learn_encoding(examples.features)
    for core, name, field in (
        (fit_logistic(examples, encoding, {"strength": 1.0}), "logistic.json", "means"),
        (fit_rule(examples, encoding, "silence"), "rule.json", "mean_log_odds"),
    ):
        core.save(tmp_path)
        saved = json.loads((tmp_path / name).read_text(encoding="utf-8"))
        del saved[field]
        (tmp_path / name).write_text(json.dumps(saved), encoding="utf-8")
        again = type(core).load(tmp_path)
        assert isinstance(again, LogisticCore | OneColumnRule)
        parts = again.contributions(examples.features)
        np.testing.assert_allclose(parts.log_odds, logit(core.probability(examples.features)), atol=1e-9)


@pytest.mark.parametrize("family", ["decision_tree", "hist_boosting"])
def test_trees_saved_without_cover_predict_and_say_why_they_explain_nothing(family, tmp_path):
    examples = customers(300)
    core = prepared_core(family, examples, learn_encoding(examples.features))
    core.save(tmp_path)
    _leave_out_cover(tmp_path / "trees.npz")

    again = (DecisionTreeCore if family == "decision_tree" else HistBoostingCore).load(tmp_path)

    np.testing.assert_array_equal(again.probability(examples.features), core.probability(examples.features))
    with pytest.raises(TrainingError, match="train the model again"):
        again.contributions(examples.features)


def _leave_out_cover(path: Path) -> None:
    with np.load(path) as arrays:
        kept = {name: values for name, values in arrays.items() if not name.endswith("_cover")}
    np.savez(path, **kept)


def test_a_family_without_exact_parts_says_so():
    examples = customers(300)
    core = fit_neural_net(examples, learn_encoding(examples.features), {"hidden": 4, "alpha": 1.0}, seed=0)

    with pytest.raises(TrainingError, match="contributions of a neural net"):
        FittedModel(core, Calibrator()).contributions(examples.features)


def test_a_missing_column_is_named():
    with pytest.raises(TrainingError, match="without 1 of the model's"):
        fitted("logistic", customers(300)).contributions(customers(5).features.drop(columns="silence"))


def test_parts_of_made_columns_go_to_what_they_were_made_from():
    own = Contributions(("late", "alive", "plan"), np.array([[0.5, 1.2, 0.1]]), -2.0)

    shared = own.attributed(["plan", "orders", "first", "late"], {"alive": ("orders", "first", "late")})

    assert shared.columns == ("plan", "orders", "first", "late")
    np.testing.assert_allclose(shared.values, [[0.1, 0.4, 0.4, 0.9]])
    np.testing.assert_allclose(shared.log_odds, own.log_odds)


def test_a_weighted_sum_lines_up_columns():
    first = Contributions(("a", "b"), np.array([[1.0, 2.0]]), 0.5)
    second = Contributions(("c", "a"), np.array([[4.0, 8.0]]), -1.0)

    summed = weighted_sum([(0.25, first), (0.75, second)], ["a", "b", "c"])

    np.testing.assert_allclose(summed.values, [[6.25, 0.5, 3.0]])
    assert summed.base == pytest.approx(-0.625)


def test_a_rule_gives_all_to_its_column():
    rule = OneColumnRule(Column("days"), (0.0, 10.0), (0.2, 0.6), 0.3, mean_log_odds=-0.5)

    parts = rule.contributions(pd.DataFrame({"days": [10.0, np.nan]}))

    np.testing.assert_allclose(parts.values[:, 0], [np.log(1.5) + 0.5, np.log(0.3 / 0.7) + 0.5])
