"""What no training may do, on panels of customers who come back at every cutoff.

A label without meaning is not ranked, the future in a column is found, and neither chance nor the order of the rows
shows in a model.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from evaluation.gates import Evidence, run_gates
from evaluation.model.bootstrap import interval
from evaluation.model.signals import single_signal_auc
from training.examples import Examples
from training.scoring import expit
from training.splits import Split, rolling_origin
from training.train import Trained, TrainSettings, train

FAMILIES = ("recency_rule", "logistic", "decision_tree", "xgboost", "blend")
QUICK = TrainSettings(families=FAMILIES, trials=2, half_life_days=None)
CUSTOMERS, CUTOFFS = 250, 6


def panel(seed: int) -> Examples:
    """Customers with a risk of their own, seen at six cutoffs through noisy numbers and a category with holes."""
    random = np.random.default_rng(seed)
    rows = CUSTOMERS * CUTOFFS
    cutoff = np.datetime64("2026-01-01", "us") + np.repeat(np.arange(CUTOFFS), CUSTOMERS) * np.timedelta64(30, "D")
    risk = np.tile(random.normal(size=CUSTOMERS), CUTOFFS) + random.normal(size=rows) / 2
    logins = np.where(random.random(rows) < 0.1, np.nan, np.round(20 - 5 * risk + random.normal(0, 5, rows)))
    features = pd.DataFrame(
        {
            "logins": logins,
            "age": random.uniform(18, 80, rows),
            "plan": pd.Categorical(np.where(risk + random.normal(size=rows) > 0, "month", "year")),
        }
    )
    label = (random.random(rows) < expit(risk - 1)).astype(np.int8)
    customer = np.tile([f"c{number}" for number in range(CUSTOMERS)], CUTOFFS).astype(object)
    return Examples(features, label, customer, cutoff.astype("datetime64[us]"))


def by_time(examples: Examples) -> Split:
    return rolling_origin(examples.cutoff, test_cutoff="2026-05-31", gap_days=0, horizon_days=30, validations=2)


def trained_on(examples: Examples, settings: TrainSettings = QUICK) -> Trained:
    return train(examples, by_time(examples), settings)


@cache
def usual() -> Trained:
    """What several tests read; none changes it."""
    return trained_on(panel(3))


@cache
def clean() -> Examples:
    """Rows without the future in them, in which the gate finds none."""
    assert leak_gate(panel(1)).status == "passed"
    return panel(1)


@pytest.mark.parametrize("seed", range(3))
def test_a_shuffled_label_has_an_auc_of_a_half_within_its_interval(seed):
    examples = panel(seed)
    shuffled = replace(examples, label=np.random.default_rng(seed).permutation(examples.label))

    trained = trained_on(shuffled)

    test = shuffled.take(by_time(shuffled).test)
    for family, model in trained.models.items():
        found = interval(test.label, model.predict(test.features), test.customer, level=0.999, replicates=200)
        assert found.low <= 0.5 <= found.high, family


def test_the_label_itself_is_ranked():
    examples, trained = panel(3), usual()

    test = examples.take(by_time(examples).test)
    for family, model in trained.models.items():
        assert interval(test.label, model.predict(test.features), test.customer, level=0.999).low > 0.5, family


def days_until_notice(label, random):
    return np.where(label == 1, random.integers(1, 30, label.size), np.nan)


def logins_in_the_window(label, random):
    return np.where(label == 1, random.poisson(0.1, label.size), 4 + random.poisson(10, label.size))


def state_in_the_newest_export(label, random):
    words = np.where(label == 1, "closed", random.choice(["open", "trial", "waiting"], label.size))
    return pd.Categorical(words)


@pytest.mark.parametrize("future", [days_until_notice, logins_in_the_window, state_in_the_newest_export])
def test_a_planted_future_column_is_found_by_the_leak_gate(future):
    examples = clean()
    planted = future(examples.label, np.random.default_rng(2))
    leaky = replace(examples, features=examples.features.assign(**{future.__name__: planted}))

    found = leak_gate(leaky)

    assert found.status == "failed"
    assert future.__name__ in found.found
    assert "logins (" not in found.found


def leak_gate(examples: Examples):
    """What the gate says of a booster trained on the rows, with the evidence that the line gives it."""
    split = by_time(examples)
    model = trained_on(examples, replace(QUICK, families=("xgboost",), trials=1)).models["xgboost"]
    learnt, test = examples.take(split.train), examples.take(split.test)
    evidence = Evidence(
        label=test.label,
        probability=model.predict(test.features),
        customer=test.customer,
        cutoff=test.cutoff,
        single_signal_auc=single_signal_auc(learnt.features, learnt.label),
        feature_names=model.features,
        split="time",
    )
    return next(finding for finding in run_gates(evidence) if finding.code == "CHN001")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    examples = panel(3)
    again, other = trained_on(examples), trained_on(examples, replace(QUICK, seed=1))
    for name, trained in (("first", usual()), ("second", again), ("other", other)):
        for family, model in trained.models.items():
            model.save(tmp_path / name / family)

    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    assert contents(tmp_path / "first")["xgboost/booster.ubj"] != contents(tmp_path / "other")["xgboost/booster.ubj"]


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_order_of_the_rows_does_not_matter():
    examples, scored = panel(3), panel(5).features
    moved = examples.take(np.random.default_rng(6).permutation(len(examples)))

    first, second = usual(), trained_on(moved)

    assert first.best == second.best
    for family, model in first.models.items():
        np.testing.assert_allclose(model.predict(scored), second.models[family].predict(scored), rtol=0, atol=1e-6)
