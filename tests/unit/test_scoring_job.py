"""A run of scoring on a few customers: batches, ranks, values, the ledger, and what a failure leaves."""

from datetime import datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest
from scoring_runs import INSTANT, Halves, customers, run, small_project

from pipelines.errors import DataError
from pipelines.scoring import source as source_module
from pipelines.scoring.ledger import Ledger
from pipelines.scoring.source import Batch, Source
from pipelines.scoring.value import Value, keep_lifetime_values


@pytest.fixture
def project():
    return small_project()


@pytest.fixture
def connection():
    return duckdb.connect()


def scores(connection, columns="customer_id, probability, band, rank"):
    return connection.execute(f"SELECT {columns} FROM scores.churn_scores ORDER BY ALL").fetchall()


def dumped(connection):
    names = ("churn_scores", "score_coverage", "score_runs")
    return [connection.execute(f"SELECT * FROM scores.{name} ORDER BY ALL").fetchall() for name in names]


def test_ranks_begin_at_the_largest_and_equal_ones_stand_in_the_order_of_ids(connection, project):
    run(connection, project, customers([0.2, 0.9, 0.2, 0.5]))
    assert scores(connection) == [
        ("c0", 0.1, "low", 3),
        ("c1", 0.45, "high", 1),
        ("c2", 0.1, "low", 4),
        ("c3", 0.25, "medium", 2),
    ]


def test_batches_of_any_size_leave_the_same_rows(connection, project, monkeypatch):
    frame = customers(np.random.default_rng(0).random(5000))
    monkeypatch.setattr(source_module, "BATCH_CELLS", 1)
    many = run(connection, project, frame)
    other = duckdb.connect()
    monkeypatch.setattr(source_module, "BATCH_CELLS", 10**9)
    one = run(other, project, frame)
    assert (many.ledger, many.bands) == (one.ledger, one.bands)
    assert scores(connection) == scores(other)


def test_batches_hold_every_row_once_in_the_order_of_the_table(connection, monkeypatch):
    monkeypatch.setattr(source_module, "BATCH_CELLS", 4096)
    for rows in (1, 2047, 2048, 2049, 130_000):
        connection.execute(
            f"CREATE OR REPLACE TABLE t AS SELECT 'c' || hash(i) AS customer_id, i AS s FROM range({rows}) _(i)"
        )
        connection.execute(f"CREATE OR REPLACE TABLE b AS SELECT -i AS band_before FROM range({rows}) _(i)")
        found = list(Source.of(connection, "t").stream(["s"], "b"))
        assert [batch.start for batch, _ in found] == list(np.cumsum([0, *(batch.rows for batch, _ in found)]))[:-1]
        assert all(batch.rows == read.num_rows <= 4096 for batch, read in found)
        values = np.concatenate([read.column("s").to_numpy() for _, read in found])
        beside = np.concatenate([read.column("band_before").to_numpy() for _, read in found])
        assert (values == np.arange(rows)).all()
        assert (beside == -values).all()


def test_the_same_work_twice_touches_nothing(connection, project):
    frame = customers([0.2, 0.9])
    assert run(connection, project, frame).touched == 2
    before = dumped(connection)
    assert run(connection, project, frame).touched == 0
    assert dumped(connection) == before


def test_a_customer_who_is_no_longer_scored_at_the_instant_is_gone(connection, project):
    run(connection, project, customers([0.2, 0.9, 0.4]))
    assert run(connection, project, customers([0.2, 0.9])).touched == 2  # the one who is gone, and the rank of another
    assert [row[0] for row in scores(connection)] == ["c0", "c1"]


def test_a_failed_batch_is_named_and_the_others_are_scored(connection, project, monkeypatch):
    monkeypatch.setattr(source_module, "BATCH_CELLS", 1)
    shares = np.round(np.linspace(0, 0.5, 5000), 6)
    done = run(connection, project, customers(shares), model=Halves(refused=[shares[2500]]), excluded={"gone": 7})
    assert done.ledger.status == "incomplete"
    assert len(scores(connection)) == 5000 - 2048
    run_row = connection.execute("SELECT eligible, scored, excluded, failed, status FROM scores.score_runs").fetchone()
    assert run_row == (5007, 2952, 7, 2048, "incomplete")
    told = connection.execute("SELECT outcome, reason, customers FROM scores.score_coverage ORDER BY ALL").fetchall()
    assert [(outcome, number) for outcome, _, number in told] == [("excluded", 7), ("failed", 2048), ("scored", 2952)]
    assert told[1][1].startswith("batch 2 (customers 2,049 to 4,096): a share that is refused")
    assert connection.execute("SELECT count(*) FROM scores.churn_scores_current").fetchone() == (0,)


def test_after_a_mended_batch_the_run_is_finished_and_complete(connection, project, monkeypatch):
    monkeypatch.setattr(source_module, "BATCH_CELLS", 1)
    frame = customers(np.round(np.linspace(0, 0.5, 5000), 6))
    run(connection, project, frame, model=Halves(refused=[frame["share"][10]]))
    assert run(connection, project, frame).ledger == Ledger(5000, {}, {})
    told = connection.execute("SELECT outcome, customers FROM scores.score_coverage").fetchall()
    assert told == [("scored", 5000)]
    assert connection.execute("SELECT status FROM scores.score_runs").fetchall() == [("finished",)]


def test_where_nothing_can_be_scored_nothing_is_written(connection, project):
    with pytest.raises(DataError, match="a share that is refused"):
        run(connection, project, customers([0.2]), model=Halves(refused=[0.2]))
    assert connection.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'scores'").fetchone() == (0,)


def test_words_of_other_libraries_stay_out_of_the_ledger(connection, project):
    class Telling(Halves):
        def predict(self, frame):
            raise ValueError("could not convert Alice")

    with pytest.raises(DataError) as raised:
        run(connection, project, customers([0.2]), model=Telling())
    assert "Alice" not in str(raised.value)


def test_what_is_at_risk_is_value_times_probability_and_the_median_where_nothing_is_known(connection, project):
    value = Value("pays", factor=10)
    run(connection, project, customers([0.2, 0.4, 0.6, 0.8], pays=[5.0, 1.0, np.nan, -3.0]), value=value)
    assert scores(connection, "customer_id, value, round(value_at_risk, 9)") == [
        ("c0", 50.0, 5.0),
        ("c1", 10.0, 2.0),
        ("c2", 10.0, 3.0),
        ("c3", 0.0, 0.0),
    ]


def test_one_amount_for_all_and_none(connection, project):
    run(connection, project, customers([0.2]), value=Value(None, same=100.0))
    assert scores(connection, "value, value_at_risk") == [(100.0, 10.0)]
    run(connection, project, customers([0.2]))
    assert scores(connection, "value, value_at_risk") == [(None, None)]


def test_lifetime_values_come_before_a_usual_column_and_after_what_is_set(connection, project):
    known = pd.DataFrame({"customer_id": ["c0", "c2"], "value": [100.0, 300.0]})
    assert keep_lifetime_values(connection, known)
    run(connection, project, customers([0.2, 0.4, 0.6]), value=Value.of(project.evaluate, ["pays"], lifetime=True))
    assert scores(connection, "customer_id, value, value_at_risk") == [
        ("c0", 100.0, 10.0),
        ("c1", 200.0, 40.0),
        ("c2", 300.0, 90.0),
    ]
    column = project.evaluate.model_copy(update={"value_column": "pays"})
    assert Value.of(column, ["pays"], lifetime=True).column == "pays"
    amount = project.evaluate.model_copy(update={"value": 5.0})
    assert Value.of(amount, ["pays"], lifetime=True).same == 5.0 * 0.6, "the margin of what it pays"


def test_bands_hold_against_the_instant_before(connection, project):
    run(connection, project, customers([0.41, 0.41]), instant=datetime(2026, 9, 1))
    run(connection, project, customers([0.39, 0.39, 0.39]))
    now_ = [row for row in scores(connection, "as_of, customer_id, band") if row[0] == INSTANT]
    assert [band for _, _, band in now_] == ["medium", "medium", "low"]


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE scores.churn_scores; --", "=cmd()", "<script>", "../../x", "名前\u202e"]
)
def test_hostile_ids_are_only_text(name, connection, project):
    run(connection, project, customers([0.9]).assign(customer_id=name))
    assert scores(connection, "customer_id") == [(name,)]


def test_after_another_model_the_first_one_can_become_current_again(connection, project):
    for version in ("1", "2", "1"):
        run(connection, project, customers([0.2]), version=version)
    current = connection.execute("SELECT DISTINCT model_version FROM scores.churn_scores_current").fetchall()
    assert current == [("1",)]


def times(connection):
    return connection.execute("SELECT model_version, started_at, finished_at FROM scores.score_runs").fetchall()


def test_where_the_clock_was_set_back_what_was_scored_last_is_current(connection, project, monkeypatch):
    clock = iter(datetime(2026, 10, 1, hour) for hour in (9, 12, 8, 7, 6, 5))
    monkeypatch.setattr("pipelines.scoring.job.now", lambda: next(clock))
    monkeypatch.setattr("scoring_runs.now", lambda: next(clock))
    for version in ("1", "2", "1"):
        run(connection, project, customers([0.2]), version=version)
        current = connection.execute("SELECT model_version, valid_until FROM scores.churn_scores_current").fetchall()
        assert current == [(version, INSTANT + timedelta(days=project.score.valid_days))]
    assert all(started <= finished for _, started, finished in times(connection))
    assert {version: finished > datetime(2026, 10, 1, 12) for version, _, finished in times(connection)} == {
        "1": True,
        "2": True,
    }


def test_a_clock_that_is_set_back_during_a_run_does_not_let_it_end_before_it_began(connection, project, monkeypatch):
    clock = iter([datetime(2026, 10, 1, 9), datetime(2026, 10, 1, 8)])
    monkeypatch.setattr("pipelines.scoring.job.now", lambda: next(clock))
    monkeypatch.setattr("scoring_runs.now", lambda: next(clock))
    run(connection, project, customers([0.2]))
    assert times(connection) == [("1", datetime(2026, 10, 1, 9), datetime(2026, 10, 1, 9))]


def test_a_batch_is_named_by_its_place():
    assert str(Batch(2, 50_000, 50_000)) == "batch 2 (customers 50,001 to 100,000)"
