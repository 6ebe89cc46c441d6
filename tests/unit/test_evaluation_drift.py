"""Drift of one signal and of many: hand-worked tables, point masses, categories and pure chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import JudgementError
from evaluation.model.drift import population_stability_index, psi_by_chance, signal_drift


def test_a_table_worked_out_by_hand():
    then = ["a"] * 50 + ["b"] * 30 + ["c"] * 20
    now = ["a"] * 20 + ["b"] * 30 + ["c"] * 50
    expected = (0.2 - 0.5) * np.log(0.2 / 0.5) + (0.5 - 0.2) * np.log(0.5 / 0.2)
    assert population_stability_index(then, now) == pytest.approx(expected)


def test_numbers_are_cut_at_the_quantiles_of_the_earlier_side():
    then, now = np.arange(100.0), np.arange(100.0) + 25
    # quartile bins: 25 each then; now 0, 25, 25 and 50 less one edge value, all that are above 74.25
    shares = np.array(
        [np.mean(now <= 24.75), np.mean((now > 24.75) & (now <= 49.5)), np.mean((now > 49.5) & (now <= 74.25))]
    )
    shares = np.maximum(np.r_[shares, 1 - shares.sum()], 1e-4)
    expected = ((shares - 0.25) * np.log(shares / 0.25)).sum()
    assert population_stability_index(then, now, bins=4) == pytest.approx(expected)


@pytest.mark.parametrize(
    "values",
    [
        np.random.default_rng(0).normal(size=500),
        np.zeros(50),
        pd.Series([1.0, None, 3.0] * 20),
        pd.Series(["x", None, "y"]),
        pd.Series([True, False]),
        pd.array([1, 2, None], dtype="Int64"),
        pd.Categorical(["a", "b"]),
        np.array([-np.inf, 0.0, np.inf, np.nan]),
    ],
)
def test_what_did_not_move_has_no_drift(values):
    assert population_stability_index(values, values) == pytest.approx(0)


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (np.zeros(100), np.ones(100)),
        (np.zeros(100), -np.ones(100)),
        (np.repeat([0.0, 5.0], [90, 10]), np.repeat([0.0, 5.0], [10, 90])),
        (np.repeat([0.0, 5.0], [90, 10]), np.repeat([-1.0, 5.0], [90, 10])),
        (pd.Series([1.0] * 100), pd.Series([np.nan] * 100)),
        (pd.Series([np.nan] * 100), pd.Series([1.0] * 100)),
        (pd.Series(["a"] * 100), pd.Series(["new"] * 100)),
        (pd.Series(["a"] * 100), pd.Series([None] * 100)),
    ],
)
def test_a_moved_point_mass_a_new_category_and_a_lost_column_are_seen(then, now):
    assert population_stability_index(then, now) > 1


def test_chance_exceeds_its_bound_in_about_one_sample_of_a_hundred():
    random = np.random.default_rng(5)
    exceeded = []
    for _ in range(500):
        then, now = random.normal(size=400), random.normal(size=300)
        exceeded.append(population_stability_index(then, now) > psi_by_chance(then, now))
    assert np.mean(exceeded) <= 0.03


def test_signals_of_both_sides_stand_furthest_moved_first():
    random = np.random.default_rng(6)
    train = pd.DataFrame({"still": random.normal(size=300), "moved": random.normal(size=300), "gone": 1.0})
    test = pd.DataFrame({"moved": random.normal(2, size=200), "still": random.normal(size=200), "new": 1.0})
    found = signal_drift(train, test)
    assert found.index.tolist() == ["moved", "still"]
    assert found.index.name == "signal"
    assert found.loc["moved", "psi"] == population_stability_index(train["moved"], test["moved"])
    assert found.loc["moved", "psi"] > 1 > found.loc["still", "psi"]
    assert found.loc["still", "psi"] < found.loc["still", "psi_by_chance"]


def test_no_signal_in_common_gives_an_empty_table():
    found = signal_drift(pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}))
    assert found.empty
    assert list(found.columns) == ["psi", "psi_by_chance"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: population_stability_index([], [1.0]), "values on both sides; given 0 then and 1 now"),
        (lambda: population_stability_index([1.0], [1.0], bins=1), "bins must be at least 2"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, message):
    with pytest.raises(JudgementError, match=message):
        call()


def test_codes_with_hundreds_of_values_do_not_drift_by_being_divided_at_random():
    drawn = np.random.default_rng(3)
    zips = drawn.integers(0, 1_600, 7_000).astype(str)
    table = signal_drift(pd.DataFrame({"zip": zips[:4_900]}), pd.DataFrame({"zip": zips[4_900:]}))
    assert table.loc["zip", "psi"] <= table.loc["zip", "psi_by_chance"]


def test_a_new_code_among_hundreds_is_found():
    drawn = np.random.default_rng(3)
    zips = drawn.integers(0, 1_600, 7_000).astype(str)
    after = np.where(drawn.random(2_100) < 0.3, "new", zips[4_900:])
    table = signal_drift(pd.DataFrame({"zip": zips[:4_900]}), pd.DataFrame({"zip": after}))
    assert table.loc["zip", "psi"] > max(0.25, table.loc["zip", "psi_by_chance"])
