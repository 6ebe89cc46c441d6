"""The score tables: doing it twice changes nothing."""

import duckdb
import pandas as pd
import pytest

from pipelines.warehouse.scores import CHURN_REASONS, CHURN_SCORES, SCHEMA, SCORE_RUNS
from pipelines.warehouse.writing import create, prune, upsert


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
            "probability_low": None,
            "probability_high": None,
            "band": "low",
            "rank": range(1, len(probabilities) + 1),
            "valid_until": pd.Timestamp(valid_until),
            "run_id": "r",
            "value": None,
            "value_at_risk": None,
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


def run(connection, as_of="2024-01-01", version="1", status="finished", finished_at="2024-01-01"):
    values = {"run_id": f"{as_of} {version}", "as_of": pd.Timestamp(as_of), "model_version": version, "status": status}
    row = dict.fromkeys(SCORE_RUNS.columns) | values | {"finished_at": pd.Timestamp(finished_at)}
    upsert(connection, SCORE_RUNS, pd.DataFrame([row]))


def current(connection):
    found = connection.execute(f"SELECT customer_id, probability FROM {SCHEMA}.churn_scores_current ORDER BY ALL")
    return found.fetchall()


def test_another_day_is_another_row_and_readers_see_the_newest(connection):
    upsert(connection, CHURN_SCORES, scores([0.1]))
    upsert(connection, CHURN_SCORES, scores([0.2], as_of="2024-02-01"))
    assert len(rows(connection)) == 2
    run(connection)
    run(connection, as_of="2024-02-01")
    assert current(connection) == [("c0", 0.2)]


def test_readers_see_nothing_of_an_instant_that_is_not_finished(connection):
    upsert(connection, CHURN_SCORES, scores([0.1]))
    assert current(connection) == []
    run(connection)
    upsert(connection, CHURN_SCORES, scores([0.2], as_of="2024-02-01"))
    run(connection, as_of="2024-02-01", status="incomplete")
    assert current(connection) == [("c0", 0.1)]


def test_readers_never_see_an_expired_score(connection):
    upsert(connection, CHURN_SCORES, scores([0.1], valid_until="2024-01-08"))
    run(connection)
    assert current(connection) == []


def test_of_two_models_at_one_instant_readers_see_the_one_that_finished_last(connection):
    for version, probability, finished_at in (("10", 0.1, "2024-01-02"), ("9", 0.2, "2024-01-03")):
        upsert(connection, CHURN_SCORES, scores([probability]).assign(model_version=version))
        run(connection, version=version, finished_at=finished_at)
    assert current(connection) == [("c0", 0.2)]


def test_a_repeated_run_keeps_its_first_times(connection):
    run = {
        "run_id": "r",
        "as_of": pd.Timestamp("2024-01-01"),
        "model_name": "m",
        "model_version": "1",
    }
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


def reasons(positions, customer="c0", as_of="2024-01-01"):
    rows = [
        {
            "customer_id": customer,
            "as_of": pd.Timestamp(as_of),
            "horizon_days": 60,
            "model_version": "1",
            "position": at,
        }
        for at in positions
    ]
    told = {"signal": "s", "value": "1", "usual": "2", "contribution": 0.5, "sentence_en": "en", "sentence_zh": "zh"}
    return pd.DataFrame(rows, columns=[*CHURN_REASONS.key]).assign(**told)


def test_reasons_that_a_run_no_longer_has_are_gone_and_no_others(connection):
    for told in (reasons([1, 2, 3]), reasons([1, 2], as_of="2024-02-01"), reasons([1], customer="c1")):
        upsert(connection, CHURN_REASONS, told)
    same = {"as_of": pd.Timestamp("2024-01-01"), "horizon_days": 60, "model_version": "1"}
    assert prune(connection, CHURN_REASONS, reasons([1]), same) == 3
    left = connection.execute(
        f"SELECT customer_id, as_of, position FROM {SCHEMA}.churn_reasons ORDER BY ALL"
    ).fetchall()
    assert [(customer, as_of.month, position) for customer, as_of, position in left] == [
        ("c0", 1, 1),
        ("c0", 2, 1),
        ("c0", 2, 2),
    ]
    assert prune(connection, CHURN_REASONS, reasons([]), same) == 1


def test_an_older_table_gets_the_columns_that_it_lacks():
    connection = duckdb.connect()
    create(connection)
    upsert(connection, CHURN_SCORES, scores([0.1]))
    connection.execute(f"DROP VIEW {SCHEMA}.churn_scores_current")
    connection.execute(f"ALTER TABLE {SCHEMA}.churn_scores DROP COLUMN probability_low")
    create(connection)
    kept = connection.execute(f"SELECT probability, probability_low FROM {SCHEMA}.churn_scores").fetchall()
    assert kept == [(0.1, None)]
