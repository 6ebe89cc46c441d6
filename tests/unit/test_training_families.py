"""Each family learns what is there, reads categories as in training, and comes back from its files unchanged."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from training.baselines import best_column, choose_rule_column, fit_rule
from training.blend import blend_of
from training.boosting import fit_boosting
from training.calibrate import Calibrator
from training.encoding import learn_encoding
from training.errors import TrainingError
from training.examples import Examples
from training.logistic import design_matrix, fit_logistic, learn_term
from training.model import Core, FittedModel, load_model
from training.neural_net import fit_neural_net
from training.scoring import expit, log_loss, logit, roc_auc
from training.trees import fit_decision_tree, fit_hist_boosting

TREES = {"learning_rate": 0.1, "max_depth": 3, "subsample": 0.8, "rounds": 40}


def customers(rows: int = 1_500, seed: int = 0) -> Examples:
    """Customers whose risk rises with silence, bends with tenure and depends on the plan."""
    random = np.random.default_rng(seed)
    days_silent = random.exponential(30, rows)
    tenure = random.uniform(0, 60, rows)
    plan = random.choice(["annual", "month", "trial"], rows, p=[0.4, 0.5, 0.1])
    effect = pd.Series(plan).map({"annual": -1.5, "month": 0.0, "trial": 1.5}).to_numpy()
    truth = expit(0.03 * days_silent + 0.002 * (tenure - 30) ** 2 + effect - 1.8)
    features = pd.DataFrame({"days_silent": days_silent, "tenure": tenure, "plan": plan, "noise": random.random(rows)})
    features.loc[random.random(rows) < 0.1, "tenure"] = np.nan
    label = (random.random(rows) < truth).astype(np.int8)
    return Examples(features, label, np.array([f"c{number}" for number in range(rows)], dtype=object))


def fit(family: str, examples: Examples) -> Core:
    encoding = learn_encoding(examples.features)
    if family == "recency_rule":
        return fit_rule(examples, encoding, "days_silent")
    if family == "logistic":
        return fit_logistic(examples, encoding, {"strength": 1.0})
    if family == "xgboost":
        return fit_boosting(examples, encoding, TREES, seed=0)
    if family == "decision_tree":
        return fit_decision_tree(examples, encoding, {"max_leaf_nodes": 16, "min_leaf_share": 0.01}, seed=0)
    if family == "hist_boosting":
        return fit_hist_boosting(examples, encoding, {"max_iter": 30, "max_leaf_nodes": 8}, seed=0)
    if family == "neural_net":
        return fit_neural_net(examples, encoding, {"hidden": 8, "alpha": 1.0}, seed=0)
    cores = {name: fit(name, examples) for name in ("logistic", "xgboost")}
    return blend_of(cores, {"logistic": 0.25, "xgboost": 0.75})


every_family = pytest.mark.parametrize(
    "family", ["recency_rule", "logistic", "decision_tree", "hist_boosting", "neural_net", "xgboost", "blend"]
)


@every_family
def test_a_saved_model_gives_exactly_the_same_probabilities(family, tmp_path):
    model = FittedModel(fit(family, customers()), Calibrator("platt", ((0.9, 0.1),)))
    scored = customers(300, seed=1).features

    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")

    np.testing.assert_array_equal(again.predict(scored), model.predict(scored))
    assert (again.family, again.features, again.calibrator) == (model.family, model.features, model.calibrator)
    assert again.importance() == model.importance()


@every_family
def test_the_same_rows_and_seed_give_the_same_bytes(family, tmp_path):
    for name in ("first", "second"):
        FittedModel(fit(family, customers()), Calibrator()).save(tmp_path / name)

    first = {path.name: path.read_bytes() for path in (tmp_path / "first").rglob("*") if path.is_file()}
    second = {path.name: path.read_bytes() for path in (tmp_path / "second").rglob("*") if path.is_file()}

    assert first == second


@every_family
def test_a_category_unseen_in_training_is_scored_as_missing(family):
    core = fit(family, customers())
    scored = customers(200, seed=1).features

    unseen = core.probability(scored.assign(plan="enterprise"))
    missing = core.probability(scored.assign(plan=None))

    np.testing.assert_array_equal(unseen, missing)


@every_family
def test_probabilities_rank_new_customers_and_survive_strange_values(family):
    core = fit(family, customers())
    new = customers(2_000, seed=2)
    strange = new.features.assign(days_silent=[np.inf, -1e300, np.nan, 1e300] * 500)

    assert roc_auc(new.label, core.probability(new.features)) > 0.6
    odd = core.probability(strange)
    assert ((odd >= 0) & (odd <= 1)).all()


@every_family
def test_no_file_of_a_model_is_a_pickle(family, tmp_path):
    FittedModel(fit(family, customers(300)), Calibrator()).save(tmp_path / "model")

    files = [path for path in (tmp_path / "model").rglob("*") if path.is_file()]

    assert {path.suffix for path in files} <= {".json", ".ubj", ".npz"}
    for arrays in (np.load(path, allow_pickle=False) for path in files if path.suffix == ".npz"):
        assert all(arrays[name].dtype != object for name in arrays.files)


@pytest.mark.parametrize("family", ["decision_tree", "hist_boosting"])
def test_arrays_of_trees_predict_as_scikit_learn_does(family):
    examples = customers()
    core = fit(family, examples)
    matrix = core.columns.matrix(examples.features)
    found = core.probability(examples.features)

    if family == "hist_boosting":
        boosting = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=8, early_stopping=False, random_state=0)
        expected = boosting.fit(matrix, examples.label).predict_proba(matrix)[:, 1]
    else:
        tree = DecisionTreeClassifier(max_leaf_nodes=16, min_samples_leaf=0.01, random_state=0)
        leaf = tree.fit(matrix, examples.label).apply(matrix)
        left, size = np.bincount(leaf, examples.label), np.bincount(leaf)
        expected = ((left + 5 * examples.label.mean()) / (size + 5))[leaf]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_saving_replaces_a_model_and_leaves_nothing_half_written(tmp_path):
    folder = tmp_path / "deep" / "model"
    FittedModel(fit("xgboost", customers(300)), Calibrator()).save(folder)

    FittedModel(fit("recency_rule", customers(300)), Calibrator()).save(folder)

    assert load_model(folder).family == "recency_rule"
    assert {path.name for path in folder.iterdir()} == {"model.json", "rule.json"}
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no readable model"),
        ("{", "no readable model"),
        ("[]", "no readable model"),
        ('{"format": 2, "family": "recency_rule"}', "no readable model"),
        (json.dumps({"format": 99, "family": "logistic"}), "format 99"),
        (json.dumps({"format": 2, "family": "oracle"}), "family 'oracle'"),
    ],
)
def test_a_folder_without_a_known_model_is_refused(content, message, tmp_path):
    if content is not None:
        (tmp_path / "model.json").write_text(content)

    with pytest.raises(TrainingError, match=message):
        load_model(tmp_path)


def test_columns_that_a_model_needs_are_named_when_absent():
    model = FittedModel(fit("xgboost", customers(300)), Calibrator())

    with pytest.raises(TrainingError, match=r"without 2 of the model's 4 columns \(tenure, plan\)"):
        model.predict(customers(10).features.drop(columns=["tenure", "plan"]))


def test_an_empty_frame_gives_no_probability():
    model = FittedModel(fit("logistic", customers(300)), Calibrator())

    assert model.predict(customers(300).features.iloc[:0]).shape == (0,)


def test_the_rule_rises_with_silence_and_keeps_the_order_of_customers():
    examples = customers()
    rule = fit("recency_rule", examples)
    grid = pd.DataFrame({"days_silent": np.linspace(0.5, 150, 300)})

    risk = rule.probability(grid)

    assert (np.diff(risk) >= 0).all()
    assert roc_auc(examples.label, rule.probability(examples.features)) == pytest.approx(
        roc_auc(examples.label, examples.features["days_silent"]), abs=0.005
    )


def test_the_rule_on_a_category_is_its_share_drawn_towards_the_mean():
    features = pd.DataFrame({"plan": ["a"] * 30 + ["b"] * 70})
    label = np.array([1] * 20 + [0] * 10 + [1] * 30 + [0] * 40, dtype=np.int8)
    examples = Examples(features, label, np.arange(100))

    rule = fit_rule(examples, learn_encoding(features), "plan")

    assert rule.risk == pytest.approx(((20 + 5) / 40, (30 + 5) / 80))
    assert rule.probability(pd.DataFrame({"plan": [None]}))[0] == pytest.approx(0.5)


def test_the_best_single_column_is_found_and_a_named_one_is_taken():
    examples = customers()
    encoding = learn_encoding(examples.features)

    assert best_column(examples, encoding) in ("plan", "days_silent")
    assert choose_rule_column(examples, encoding, "tenure") == "tenure"
    with pytest.raises(TrainingError, match="recency column 'recency'"):
        choose_rule_column(examples, encoding, "recency")


def test_the_logistic_design_by_hand():
    values = pd.DataFrame({"spend": [0.0, 1.0, 2.0, 3.0, np.nan], "plan": ["a", "b", "b", None, "a"]})
    encoding = learn_encoding(values)
    terms = tuple(learn_term(column, column.values(values)) for column in encoding.columns)

    design = design_matrix(terms, values)

    low, high = terms[0].knots[0], terms[0].knots[-1]
    assert (low, high) == pytest.approx((0.015, 2.985))
    rank = design[:, 1]
    np.testing.assert_allclose(rank[[0, 3]], [-1.0, 1.0])
    np.testing.assert_allclose(design[:, 0], (np.clip([0, 1, 2, 3, 1.5], low, high) - 1.5) / terms[0].spread)
    np.testing.assert_allclose(design[:, 2], rank**2 - 1 / 3)
    np.testing.assert_allclose(design[:, 3], rank**3 - 0.6 * rank)
    np.testing.assert_array_equal(design[:, 4], [0, 0, 0, 0, 1])
    np.testing.assert_array_equal(design[:, 5:7], [[1, 0], [0, 1], [0, 1], [0, 0], [1, 0]])
    np.testing.assert_array_equal(design[:, 7], [0, 0, 0, 1, 0])


def test_the_logistic_family_predicts_as_scikit_learn_on_the_same_design():
    examples = customers(400)
    core = fit("logistic", examples)
    design = design_matrix(core.terms, examples.features)

    reference = LogisticRegression(C=1.0, tol=1e-8, max_iter=5_000).fit(design, examples.label)

    np.testing.assert_allclose(core.probability(examples.features), reference.predict_proba(design)[:, 1], atol=1e-4)


def test_the_logistic_family_follows_a_bend():
    examples = customers(4_000)
    straight = LogisticRegression().fit(examples.features[["tenure"]].fillna(30), examples.label)
    tenure_only = Examples(examples.features[["tenure"]], examples.label, examples.customer)

    bent = fit_logistic(tenure_only, learn_encoding(tenure_only.features), {"strength": 1.0})

    plain = straight.predict_proba(examples.features[["tenure"]].fillna(30))[:, 1]
    assert roc_auc(examples.label, bent.probability(examples.features)) > roc_auc(examples.label, plain) + 0.05


def test_weights_count_as_repeated_rows_for_the_logistic_family():
    examples = customers(400)
    weight = np.tile([1.0, 2.0], 200)
    weighted = Examples(examples.features, examples.label, examples.customer, weight=weight)
    encoding = learn_encoding(examples.features)
    repeats = np.repeat(np.arange(400), weight.astype(int))
    core = fit_logistic(weighted, encoding, {"strength": 0.5})
    design = design_matrix(core.terms, examples.features)

    # Weights are brought to mean 1, so that the penalty counts for 600 / 400 times as much as on the repeated rows.
    reference = LogisticRegression(C=0.5 / 1.5, tol=1e-8, max_iter=5_000).fit(design[repeats], examples.label[repeats])

    np.testing.assert_allclose(core.probability(examples.features), reference.predict_proba(design)[:, 1], atol=1e-4)


def test_a_blend_is_the_weighted_mean_of_log_odds():
    examples = customers(300)
    blend = fit("blend", examples)
    parts = {core.family: core.probability(examples.features) for _, core in blend.members}

    expected = expit(0.25 * logit(parts["logistic"]) + 0.75 * logit(parts["xgboost"]))

    np.testing.assert_allclose(blend.probability(examples.features), expected)
    assert sum(blend.importance().values()) == pytest.approx(1.0)


def test_a_family_may_stand_in_a_blend_more_than_once(tmp_path):
    examples = customers(300)
    encoding = learn_encoding(examples.features)
    cores = {f"logistic-{strength}": fit_logistic(examples, encoding, {"strength": strength}) for strength in (0.01, 1)}
    blend = blend_of(cores, dict.fromkeys(cores, 0.5))
    before = blend.probability(examples.features)

    blend.save(tmp_path)

    np.testing.assert_array_equal(type(blend).load(tmp_path).probability(examples.features), before)
    assert len({core.coefficients for _, core in type(blend).load(tmp_path).members}) == 2


def test_importance_ranks_what_matters_above_noise():
    for family in ("logistic", "xgboost"):
        importance = FittedModel(fit(family, customers(4_000)), Calibrator()).importance()

        assert list(importance)[-1] == "noise"


def test_the_booster_reads_a_missing_value_as_its_own_case():
    random = np.random.default_rng(0)
    absent = random.random(2_000) < 0.5
    features = pd.DataFrame({"nps": np.where(absent, np.nan, random.random(2_000))})
    label = (random.random(2_000) < np.where(absent, 0.8, 0.2)).astype(np.int8)
    examples = Examples(features, label, np.arange(2_000))

    core = fit_boosting(examples, learn_encoding(features), TREES, seed=0)

    assert log_loss(label, core.probability(features)) == pytest.approx(
        log_loss(label, np.where(absent, 0.8, 0.2)), abs=0.02
    )


@every_family
def test_a_column_without_any_value_in_training_changes_nothing(family):
    examples, scored = customers(600), customers(50, seed=1).features
    wide = Examples(examples.features.assign(empty=np.nan), examples.label, examples.customer)

    probability = fit(family, wide).probability(scored.assign(empty=1.0))

    np.testing.assert_array_equal(probability, fit(family, wide).probability(scored.assign(empty=np.nan)))
    assert roc_auc(scored["days_silent"] > scored["days_silent"].median(), probability) > 0.6
