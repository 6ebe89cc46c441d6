"""The score tables: doing it twice changes nothing."""

from datetime import datetime

import duckdb
import pandas as pd
import pytest

from pipelines.warehouse.scores import CHURN_SCORES, SCHEMA, SCORE_RUNS, create, upsert


@pytest.fixture
def connection():
    connection = duckdb.connect()
    create(connection)
    return connection


def scores(probabilities, as_of="2024-01-01", valid_until="2999-01-01"):
    return pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(len(probabilities))],
            "as_of": pd.Timestamp(as_of),
            "horizon_days": 60,
            "model_version": "1",
            "probability": probabilities,
            "band": "low",
            "rank": range(1, len(probabilities) + 1),
            "valid_until": pd.Timestamp(valid_until),
            "run_id": "r",
        }
    )


def rows(connection, table="churn_scores"):
    return connection.execute(f"SELECT * FROM {SCHEMA}.{table} ORDER BY ALL").fetchall()


def test_the_same_rows_again_touch_nothing(connection):
    assert upsert(connection, CHURN_SCORES, scores([0.1, 0.2])) == 2
    before = rows(connection)
    assert upsert(connection, CHURN_SCORES, scores([0.1, 0.2])) == 0
    assert rows(connection) == before


def test_only_rows_that_changed_are_touched(connection):
    upsert(connection, CHURN_SCORES, scores([0.1, 0.2]))
    assert upsert(connection, CHURN_SCORES, scores([0.1, 0.3])) == 1
    assert [row[4] for row in rows(connection)] == [0.1, 0.3]


def test_a_missing_value_is_a_value(connection):
    upsert(connection, CHURN_SCORES, scores([0.1]).assign(band=None))
    assert upsert(connection, CHURN_SCORES, scores([0.1]).assign(band=None)) == 0
    assert upsert(connection, CHURN_SCORES, scores([0.1])) == 1


def test_another_day_is_another_row(connection):
    upsert(connection, CHURN_SCORES, scores([0.1]))
    upsert(connection, CHURN_SCORES, scores([0.1], as_of="2024-01-02"))
    assert len(rows(connection)) == 2
    current = connection.execute(f"SELECT as_of FROM {SCHEMA}.churn_scores_current").fetchall()
    assert current == [(datetime(2024, 1, 2),)]


def test_an_expired_score_is_not_current(connection):
    upsert(connection, CHURN_SCORES, scores([0.1], valid_until="2024-01-08"))
    assert connection.execute(f"SELECT * FROM {SCHEMA}.churn_scores_current").fetchall() == []


def test_a_repeated_run_keeps_its_first_times(connection):
    run = {"run_id": "r", "as_of": pd.Timestamp("2024-01-01"), "model_name": "m", "model_version": "1"}
    counts = {"eligible": 2, "scored": 1, "excluded": 1, "failed": 0, "status": "finished"}
    first = pd.DataFrame([{**run, **counts, "started_at": pd.Timestamp("2024-01-01"), "finished_at": pd.NaT}])
    upsert(connection, SCORE_RUNS, first)
    before = rows(connection, "score_runs")
    upsert(connection, SCORE_RUNS, first.assign(started_at=pd.Timestamp("2025-01-01")))
    assert rows(connection, "score_runs") == before


def test_hostile_ids_are_only_text(connection):
    hostile = "'; DROP TABLE scores.churn_scores; --"
    upsert(connection, CHURN_SCORES, scores([0.1]).assign(customer_id=hostile))
    assert rows(connection)[0][0] == hostile
