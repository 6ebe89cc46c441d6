"""Bands with hysteresis and the scores that they are compared with."""

from datetime import datetime

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.bands import band_names, steady_bands
from pipelines.config_score import ScoreSettings
from pipelines.scoring.before import TABLE, Before, bands_beside
from pipelines.scoring.source import Source
from pipelines.warehouse.scores import CHURN_SCORES
from pipelines.warehouse.writing import create, upsert

SETTINGS = {
    "bands": {"high": 0.6, "medium": 0.3},
    "band_hysteresis_share": 0.2,
    "valid_days": 7,
    "reason_bands": ["high"],
    "most_reasons": 3,
    "most_moves": 3,
    "most_levers": 3,
    "least_share": 0.5,
}


def settings(**more):
    return ScoreSettings(**(SETTINGS | more))


def bands(probability, previous=None, **more):
    given = None if previous is None else pd.Series(previous)
    return list(steady_bands(np.array(probability), settings(**more), given))


def test_bands_are_named_from_the_lowest_up_whatever_their_order_in_the_settings():
    assert band_names({"b": 0.5, "c": 0.9, "a": 0.1}) == ["low", "a", "b", "c"]


def test_without_an_earlier_score_a_band_begins_at_its_floor():
    assert bands([0.29, 0.3, 0.6, 0.59]) == ["low", "medium", "high", "medium"]
    assert bands([0.31], [None]) == bands([0.31], ["a band of old"]) == ["medium"]


def test_a_customer_leaves_its_band_only_by_a_margin():
    assert bands([0.29, 0.25, 0.33, 0.35], ["medium", "medium", "low", "low"]) == ["medium", "low", "low", "medium"]
    assert bands([0.29, 0.33], ["medium", "low"], band_hysteresis_share=0) == ["low", "medium"]


def test_the_same_scores_flip_nobody_and_noise_flips_fewer_with_hysteresis():
    random = np.random.default_rng(0)
    level = random.uniform(0.2, 0.7, 2000)
    noisy = np.clip(level + random.normal(0, 0.01, 2000), 0, 1)
    first = bands(level)
    assert bands(level, first) == first
    plain = np.mean(np.array(bands(noisy)) != np.array(first))
    steady = np.mean(np.array(bands(noisy, first)) != np.array(first))
    assert steady < plain / 4


def test_without_bands_everyone_is_low_and_nobody_has_none():
    assert bands([0.9], bands={}, reason_bands=[]) == ["low"]
    assert bands([]) == []


@pytest.mark.parametrize("wrong", [{"a": 0.3, "b": 0.3}, {"a": 0.0}, {"a": 1.0}])
def test_bands_that_cannot_be_told_apart_or_hold_all_or_none_are_refused(wrong):
    with pytest.raises(ValueError, match=r"band|greater|less"):
        settings(bands=wrong, reason_bands=[])


def scored(as_of, probability, version="1", horizon_days=60):
    return pd.DataFrame(
        {
            "customer_id": [f"c{number}" for number in range(len(probability))],
            "as_of": pd.Timestamp(as_of),
            "horizon_days": horizon_days,
            "model_version": version,
            "probability": probability,
            "probability_low": None,
            "probability_high": None,
            "band": "low",
            "rank": 1,
            "valid_until": pd.Timestamp("2999-01-01"),
            "run_id": "r",
            "value": None,
            "value_at_risk": None,
        }
    )


def before(connection, as_of):
    """Probabilities of the time before by customer, and by which model."""
    found = Before.of(connection, as_of, 60)
    if found is None:
        return None
    rows = connection.execute(f"SELECT customer_id, probability FROM {TABLE} ORDER BY customer_id").fetchall()
    return found.instant, found.model_version, dict(rows)


def test_compared_is_with_the_newest_instant_before_by_its_newest_model():
    connection = duckdb.connect()
    assert before(connection, datetime(2026, 1, 1)) is None
    create(connection)
    upsert(connection, CHURN_SCORES, scored("2026-01-01", [0.1, 0.2, 0.3]))
    upsert(connection, CHURN_SCORES, scored("2026-02-01", [0.4, 0.5], version="9"))
    upsert(connection, CHURN_SCORES, scored("2026-02-01", [0.6], version="10"))
    upsert(connection, CHURN_SCORES, scored("2026-02-02", [0.7], horizon_days=30))
    upsert(connection, CHURN_SCORES, scored("2026-03-01", [0.8]))
    assert before(connection, datetime(2026, 3, 1)) == (datetime(2026, 2, 1), "10", {"c0": 0.6})
    assert before(connection, datetime(2026, 2, 1))[2] == {"c0": 0.1, "c1": 0.2, "c2": 0.3}
    assert before(connection, datetime(2026, 1, 1)) is None


def test_bands_of_the_time_before_stand_beside_the_customers_in_their_order():
    connection = duckdb.connect()
    create(connection)
    upsert(connection, CHURN_SCORES, scored("2026-01-01", [0.1, 0.2]).assign(band=["low", "high"]))
    Before.of(connection, datetime(2026, 2, 1), 60)
    connection.execute("CREATE TABLE signals AS FROM (VALUES ('c1'), ('new'), ('c0')) AS _(customer_id)")
    beside = bands_beside(Source.of(connection, "signals"))
    assert connection.execute(f"FROM {beside}").fetchall() == [("high",), (None,), ("low",)]
