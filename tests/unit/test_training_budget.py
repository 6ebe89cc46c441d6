"""Training within a budget, on a clock that moves by the work that is done and by nothing else."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xgboost

from training import logistic, logistic_search
from training.budget import Budget
from training.candidate import time_share
from training.examples import Examples
from training.scoring import expit
from training.splits import Split, rolling_origin
from training.train import Trained, TrainSettings, train

SECONDS_A_CELL = 1e-6
SETTINGS = TrainSettings(
    families=("recency_rule", "logistic", "xgboost", "blend"), trials=1_000, minimum_positives=10, half_life_days=None
)


class WorkClock:
    """Seconds of work done so far."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> WorkClock:
    """Every tree and every regression takes time by its rows; the work itself is done as always."""
    passing = WorkClock()
    grow, regress = xgboost.Booster.update, logistic.regress

    def slow_grow(booster, dtrain, *told, **named):
        passing.now += dtrain.num_row() * 20 * SECONDS_A_CELL
        return grow(booster, dtrain, *told, **named)

    def slow_regress(design, *told):
        passing.now += len(design.columns) * 800 * SECONDS_A_CELL
        return regress(design, *told)

    monkeypatch.setattr(xgboost.Booster, "update", slow_grow)
    for module in (logistic, logistic_search):
        monkeypatch.setattr(module, "regress", slow_regress)
    return passing


@pytest.fixture(scope="module")
def rows() -> tuple[Examples, Split]:
    """A panel of 300 customers at 8 cutoffs, validated on two of them."""
    random = np.random.default_rng(0)
    size, cutoffs = 300, 8
    signal = random.normal(size=size * cutoffs)
    examples = Examples(
        pd.DataFrame({"signal": signal, "noise": random.normal(size=size * cutoffs)}),
        (random.random(size * cutoffs) < expit(signal - 1)).astype(np.int8),
        np.tile([f"c{number}" for number in range(size)], cutoffs).astype(object),
        np.repeat(np.datetime64("2026-01-01", "us") + np.arange(cutoffs) * np.timedelta64(30, "D"), size),
    )
    split = rolling_origin(examples.cutoff, test_cutoff="2026-07-30", gap_days=0, horizon_days=30, validations=2)
    return examples, split


def run(rows: tuple[Examples, Split], clock: WorkClock, budget_s: float | None = None, **changes) -> Trained:
    return train(*rows, replace(SETTINGS, **changes), budget=Budget(budget_s, clock))


@pytest.mark.parametrize("budget_s", [30.0, 60.0, 120.0])
def test_everything_ends_within_the_budget_and_uses_most_of_it(rows, clock, budget_s):
    trained = run(rows, clock, budget_s=budget_s)

    assert 0.6 * budget_s <= clock.now <= 1.05 * budget_s
    assert len(trained.trials) < 1_000
    assert set(trained.models) == set(SETTINGS.families)


def test_a_longer_curve_leaves_less_time_for_further_trials(rows, clock):
    """The final fit is foreseen from the curve itself: with hardly any time for it, few trees are grown."""
    short = run(rows, clock, budget_s=15.0).parameters["xgboost"]["rounds"]
    spent, clock.now = clock.now, 0.0
    long = run(rows, clock, budget_s=90.0).parameters["xgboost"]["rounds"]

    assert short < long
    assert spent <= 1.05 * 15.0


def test_time_for_what_is_learnt_afterwards_is_left(rows, clock):
    trained = run(rows, clock, budget_s=60.0, rows_afterwards=6_000)

    afterwards_s = trained.parameters["xgboost"]["rounds"] * 6_000 * 20 * SECONDS_A_CELL
    assert afterwards_s > 1.0
    assert clock.now + afterwards_s <= 1.05 * 60.0


def test_what_every_model_needs_is_done_however_little_time_there_is(rows, clock):
    trained = run(rows, clock, budget_s=0.001)

    assert set(trained.models) == set(SETTINGS.families)
    assert len(trained.trials) == 1
    assert trained.parameters["xgboost"]["rounds"] == 10


def test_no_budget_changes_nothing_that_time_could_change(rows, clock):
    slow = run(rows, clock, trials=2)
    assert clock.now > 0
    fast = train(*rows, replace(SETTINGS, trials=2))

    test = rows[0].take(rows[1].test).features
    for family, model in slow.models.items():
        np.testing.assert_array_equal(model.predict(test), fast.models[family].predict(test))


def test_shares_follow_the_work_that_is_still_to_come():
    assert time_share("logistic", ["xgboost", "blend"]) == pytest.approx(1 / 5)
    assert time_share("xgboost", ["blend"]) == pytest.approx(3 / 4)
    assert time_share("xgboost", []) == 1.0
    assert time_share("recency_rule", []) == 0.0


def test_a_budget_less_what_is_withheld_is_a_budget_of_its_own():
    clock = WorkClock()
    whole = Budget(10.0, clock)
    clock.now = 2.0

    assert whole.less(3.0).left() == 5.0
    assert whole.less(30.0).left() == 0.0
    assert Budget(None, clock).less(3.0).left() == float("inf")
    assert whole.allows(7.0)
    assert not whole.allows(7.5)
