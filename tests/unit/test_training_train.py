import functools
import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from training.budget import Budget
from training.errors import TrainingError
from training.examples import Examples
from training.scoring import expit, log_loss, roc_auc
from training.splits import Split, given, rolling_origin, stratified
from training.train import Trained, TrainSettings, train

QUICK = TrainSettings(families=("recency_rule", "logistic", "xgboost", "blend"), trials=3)
EVERY_FAMILY = {"recency_rule", "logistic", "xgboost", "blend"}


def flat(rows: int = 1_200, seed: int = 0) -> Examples:
    random = np.random.default_rng(seed)
    silent, tenure = random.exponential(30, rows), random.uniform(0, 60, rows)
    plan = random.choice(["annual", "month"], rows)
    label = (random.random(rows) < expit(0.04 * silent - 0.03 * tenure + 0.8 * (plan == "month") - 1)).astype(np.int8)
    features = pd.DataFrame({"silent": silent, "tenure": tenure, "plan": plan})
    return Examples(features, label, np.array([f"c{number}" for number in range(rows)], dtype=object))


def panel(customers: int = 250, months: int = 8, seed: int = 0) -> Examples:
    """Each customer at each month; the first months follow another rule than the later ones."""
    random = np.random.default_rng(seed)
    rows = customers * months
    month = np.repeat(np.arange(months), customers)
    signal = random.normal(size=rows)
    slope = np.where(month < 3, -1.5, 1.5)
    features = pd.DataFrame({"signal": signal, "noise": random.normal(size=rows)})
    return Examples(
        features,
        (random.random(rows) < expit(slope * signal)).astype(np.int8),
        np.tile([f"c{number}" for number in range(customers)], months).astype(object),
        (np.datetime64("2026-01-01", "us") + month * np.timedelta64(30, "D")).astype("datetime64[us]"),
    )


def quick_split(examples: Examples) -> Split:
    return stratified(examples.label, folds=2, key=examples.customer)


@functools.cache
def usual(rows: int = 1_200) -> Trained:
    """What several tests read; none changes it."""
    examples = flat(rows)
    return train(examples, quick_split(examples), QUICK)


def test_all_families_are_trained_and_the_best_is_chosen_by_validation():
    examples = flat()
    split = quick_split(examples)

    trained = usual()

    assert set(trained.models) == set(trained.validation) == set(trained.parameters) == EVERY_FAMILY
    losses = {family: figures["level_free_log_loss"] for family, figures in trained.validation.items()}
    assert losses[trained.best] <= min(losses.values()) + 0.01
    alone = train(examples, split, replace(QUICK, families=("recency_rule", "logistic")))
    assert alone.best == "logistic"
    assert set(trained.importance) == {"silent", "tenure", "plan"}
    assert len(trained.trials) == 3
    test = examples.take(split.test)
    scores = {family: roc_auc(test.label, model.predict(test.features)) for family, model in trained.models.items()}
    assert scores[trained.best] > scores["recency_rule"] + 0.02
    assert sum(trained.parameters["blend"].values()) == pytest.approx(1.0)


def test_validation_figures_belong_to_the_rows_that_are_named():
    examples = flat()
    split = quick_split(examples)

    trained = usual()

    np.testing.assert_array_equal(np.sort(trained.validation_rows), split.train)
    label = examples.label[trained.validation_rows]
    for family, probability in trained.out_of_fold.items():
        assert trained.validation[family]["log_loss"] == pytest.approx(log_loss(label, probability))
        assert trained.validation[family]["roc_auc"] == pytest.approx(roc_auc(label, probability))


def test_the_test_slice_is_never_read():
    examples = flat()
    split = quick_split(examples)
    spoilt = examples.features.copy()
    spoilt.loc[split.test, ["silent", "tenure"]] = 1e9
    spoilt.loc[split.test, "plan"] = "spoilt"
    label = examples.label.copy()
    label[split.test] = 1 - label[split.test]
    scored = flat(100, seed=5).features

    clean = usual()
    other = train(Examples(spoilt, label, examples.customer), split, QUICK)

    for family, model in clean.models.items():
        np.testing.assert_array_equal(model.predict(scored), other.models[family].predict(scored))
    assert clean.validation == other.validation


def test_the_order_of_rows_does_not_matter():
    examples = flat(600)
    order = np.random.default_rng(2).permutation(600)
    moved = examples.take(order)
    scored = flat(100, seed=5).features

    first = usual(600)
    second = train(moved, quick_split(moved), QUICK)

    for family, model in first.models.items():
        np.testing.assert_allclose(model.predict(scored), second.models[family].predict(scored), atol=1e-6)
    np.testing.assert_array_equal(np.sort(order[second.validation_rows]), np.sort(first.validation_rows))


def test_a_world_that_changed_is_learnt_from_its_recent_part():
    examples = panel()
    split = rolling_origin(examples.cutoff, test_cutoff="2026-07-30", gap_days=0, horizon_days=30, validations=2)
    test = examples.take(split.test)
    settings = TrainSettings(families=("logistic",))

    auto = train(examples, split, settings)
    all_alike = train(examples, split, replace(settings, half_life_days=None))

    assert auto.half_life_days == 90.0
    assert all_alike.half_life_days is None
    assert log_loss(test.label, auto.models["logistic"].predict(test.features)) < log_loss(
        test.label, all_alike.models["logistic"].predict(test.features)
    )


def test_time_limits_the_search_and_not_the_result():
    ticks = itertools.count()
    examples = flat(300)

    trained = train(
        examples,
        quick_split(examples),
        TrainSettings(families=("logistic", "xgboost"), trials=1_000, minimum_positives=10),
        budget=Budget(100.0, lambda: float(next(ticks))),
    )

    assert 1 <= len(trained.trials) < 100
    assert set(trained.models) == {"logistic", "xgboost"}
    assert next(ticks) < 150


def test_steps_and_trials_are_told():
    examples = flat(400)
    lines, trials = [], []

    train(examples, quick_split(examples), QUICK, on_trial=lambda *told: trials.append(told[0]), progress=lines.append)

    assert trials == [0, 1, 2]
    assert lines == ["training recency_rule", "training logistic", "training xgboost", "blending"]


def test_useless_columns_are_dropped_with_their_reason():
    examples = flat(400)
    features = examples.features.assign(
        constant=1.0, empty=np.nan, twin=examples.features["tenure"], name=[f"customer {n}" for n in range(400)]
    )

    trained = train(replace(examples, features=features), quick_split(examples), replace(QUICK, families=("logistic",)))

    assert trained.models["logistic"].features == ["silent", "tenure", "plan"]
    assert trained.dropped == {
        "constant": "the same value in all rows",
        "empty": "no value",
        "twin": "equal to tenure",
        "name": "280 different texts in 280 rows: it names rows",
    }


@pytest.mark.parametrize(
    ("changes", "settings", "message"),
    [
        ({"label": np.zeros(400, dtype=np.int8)}, {}, "0 of them left: one class only"),
        ({"label": (np.arange(400) % 20 == 0).astype(np.int8)}, {}, "14 customers who left .* allowed: 50 or more"),
        ({"features": pd.DataFrame(index=range(400))}, {}, "a table without signals"),
        ({"features": pd.DataFrame({"a": [1.0] * 400, "b": ["x"] * 400})}, {}, "2 columns, none of them usable"),
        ({}, {"families": ("oracle",)}, "families oracle; allowed: recency_rule"),
        ({}, {"families": ("blend",)}, "a blend needs another family"),
        ({}, {"families": ()}, "families none"),
        ({}, {"recency_column": "recency"}, "recency column 'recency'"),
        ({}, {"device": "tpu"}, "device 'tpu'"),
        ({}, {"half_life_days": -5.0}, "half_life_days -5.0"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_a_way_out(changes, settings, message):
    examples = flat(400)
    split = quick_split(examples) if "label" not in changes else given(np.arange(400) < 120, examples.label, folds=2)
    changed = replace(examples, **changes)
    if settings.get("half_life_days"):
        changed = replace(changed, cutoff=np.full(400, np.datetime64("2026-01-01", "us")))

    with pytest.raises(TrainingError, match=message) as raised:
        train(changed, split, replace(QUICK, **settings))

    assert "To address this" in str(raised.value)


def test_a_fold_with_one_class_is_named():
    examples = panel()
    label = np.where(examples.cutoff == np.datetime64("2026-05-31"), 0, examples.label).astype(np.int8)
    split = rolling_origin(examples.cutoff, test_cutoff="2026-07-30", gap_days=0, horizon_days=30, validations=3)

    with pytest.raises(TrainingError, match="validate 2026-05-31', 0 of them left"):
        train(replace(examples, label=label), split, QUICK)


def test_importing_training_is_light():
    import subprocess
    import sys

    code = (
        "import training.splits, training.train, training.model, sys;"
        "print([name for name in ('xgboost', 'sklearn', 'optuna') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
