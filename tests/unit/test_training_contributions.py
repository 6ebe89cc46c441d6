"""What columns add sums to the answer of every family, and the ways to compute it agree."""

import functools
import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xgboost

from training import boosting
from training.baselines import OneColumnRule, fit_rule
from training.blend import blend_of
from training.boosting import fit_boosting
from training.calibrate import Calibrator
from training.contributions import Contributions, weighted_sum
from training.cover_trees import booster_trees
from training.encoding import Column, learn_encoding
from training.errors import TrainingError
from training.examples import Examples
from training.logistic import LogisticCore, fit_logistic
from training.model import FittedModel, load_model
from training.neural_net import fit_neural_net
from training.preparation import Plan, Purchases, make_plan
from training.purchase_process import PurchaseColumns
from training.scoring import expit, logit
from training.tree_contributions import TreeExplainer
from training.trees import DecisionTreeCore, HistBoostingCore, fit_decision_tree, fit_hist_boosting

EXACT = 1e-5


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


def plan_of(examples: Examples) -> Plan:
    return make_plan(examples.features, purchases=Purchases(PurchaseColumns("orders", "age", "silence"), 60.0))


def fitted(family: str, examples: Examples) -> FittedModel:
    """A model of the columns as they are, a share for each town and the rhythm of orders."""
    preparation, prepared = plan_of(examples).learn(examples)
    core = prepared_core(family, prepared, plan_of(examples).encoding(prepared.features))
    return FittedModel(core, Calibrator("platt", ((0.8, -0.2),)), preparation.only(core.features))


@functools.cache
def usual(family: str) -> FittedModel:
    """The model that several tests read; none changes it."""
    return fitted(family, customers())


families = pytest.mark.parametrize(
    "family", ["recency_rule", "logistic", "decision_tree", "hist_boosting", "xgboost", "blend"]
)


@families
def test_parts_sum_to_the_log_odds_over_the_projects_own_columns(family, tmp_path):
    model, scored = usual(family), customers(400, seed=1).features
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
    prepared = plan_of(examples).learn(examples)[1].features

    parts = model.core.contributions(prepared)

    assert np.average(parts.log_odds) == pytest.approx(parts.base, abs=0.05 if family == "xgboost" else 0.02)


@families
def test_no_rows_and_one_row(family):
    model, scored = usual(family), customers(9, seed=1).features

    whole = model.contributions(scored)

    assert model.contributions(scored.iloc[:0]).values.shape == (0, len(model.features))
    np.testing.assert_allclose(model.contributions(scored.iloc[[7]]).values[0], whole.values[7], atol=1e-6)


def long_frame(examples: Examples, rows: int) -> pd.DataFrame:
    return pd.concat([examples.features] * (rows // len(examples) + 1), ignore_index=True).iloc[:rows]


def test_many_rows_take_the_compiled_way_and_agree_with_the_other(monkeypatch):
    core, scored = usual("xgboost"), long_frame(customers(700, seed=1), boosting.COMPILED_ROWS)
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
    assert booster_trees(xgboost.train({"objective": "binary:logistic"}, data, 0)) is None

    examples = Examples(pd.DataFrame(matrix, columns=list("abc")), (matrix[:, 0] > 0).astype(np.int8), np.arange(300))
    core = fit_boosting(examples, learn_encoding(examples.features), {"booster": "dart", "rounds": 4}, seed=0)
    monkeypatch.setattr(boosting, "COMPILED_ROWS", 1)
    parts = core.contributions(examples.features)
    np.testing.assert_allclose(parts.log_odds, logit(core.probability(examples.features)), atol=1e-4)


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
