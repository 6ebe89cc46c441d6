"""The mart: what it holds, that it tells nothing that was not known, and that readers never meet half of one."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import marts
import pytest

from features.signal import discover
from pipelines.dashboard.access import Viewer
from pipelines.dashboard.store import opened
from pipelines.errors import NotReady
from pipelines.mart import build as building
from pipelines.mart.indicators import LABELS
from pipelines.mart.tables import TABLES
from pipelines.warehouse.duckdb_file import warehouse

PLAIN = {"VARCHAR", "DOUBLE", "INTEGER", "SMALLINT", "DATE", "TIMESTAMP"}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return marts.built(tmp_path_factory.mktemp("mart"))


@pytest.fixture(scope="module")
def mart(project):
    with opened(project.home, Viewer()) as found:
        yield found


def expected() -> dict[str, dict[str, Any]]:
    newest = [row for row in marts.scores(marts.NEWEST) if row["horizon_days"] == 60]
    return {row["customer_id"]: row for row in newest}


def test_latest_is_the_newest_run_once_a_customer(mart) -> None:
    rows = mart.rows("FROM churn_latest")
    assert {row["customer_id"]: row["probability"] for row in rows} == {
        key: row["probability"] for key, row in expected().items()
    }
    assert [row["risk_rank"] for row in rows] == sorted(row["risk_rank"] for row in rows)


def test_latest_tells_what_was_before(mart) -> None:
    for row in mart.rows("FROM churn_latest"):
        before = marts.probability(int(row["customer_id"][1:]), marts.BEFORE)
        now = expected()[row["customer_id"]]["band"]
        assert row["previous_probability"] == before
        assert row["is_newly_high"] == int(now == "high" and marts.band(before) != "high")


def test_latest_names_owner_value_and_reasons(mart) -> None:
    row = mart.row("FROM churn_latest WHERE risk_rank = 1")
    known = marts.customer(int(row["customer_id"][1:]))
    assert (row["customer_name"], row["owner"], row["industry"]) == (known["name"], known["owner"], known["industry"])
    assert row["monthly_value"] == 100.0 + int(row["customer_id"][1:])
    assert row["reason_1_zh"] == "原因如此。"
    assert row["reason_topics"] == ",contracts,usage,"


def test_core_indicators_are_the_signals_of_the_instant(mart) -> None:
    rows = mart.rows("FROM fact_core_indicator WHERE indicator = 'contracts__days_to_end__ever'")
    assert {row["indicator_value"] for row in rows} == {265.0}
    middle = mart.row(
        "FROM fact_indicator_summary WHERE indicator = $1 AND owner IS NULL AND risk_band IS NULL",
        ["tickets__open_tickets__90d"],
    )
    assert (middle["customers"], middle["median_value"]) == (marts.CUSTOMERS, 1.0)


def test_every_core_signal_has_a_name_for_people() -> None:
    core = {signal.name for signal in discover().values() if signal.core}
    assert set(LABELS) == core
    assert len(core) == 12


def test_events_that_were_entered_later_are_not_told(mart) -> None:
    told = {row["customer_id"] for row in mart.rows("FROM fact_customer_event WHERE event_kind = 'tickets'")}
    assert told == {f"C{number:04d}" for number in range(marts.CUSTOMERS) if number != 5}


def test_a_ticket_solved_later_is_still_open(mart) -> None:
    states = mart.rows("SELECT DISTINCT event_state FROM fact_customer_event WHERE event_kind = 'tickets'")
    assert states == [{"event_state": "open"}]


def test_a_run_that_is_not_finished_is_not_shown(tmp_path: Path) -> None:
    project = marts.project_in(tmp_path)
    with warehouse(project.home) as connection:
        marts.fill(connection)
        later = marts.NEWEST + timedelta(days=7)
        marts.insert(connection, "scores.churn_scores", marts.scores(later)[:10])
        run = {"run_id": "half", "as_of": later, "model_version": "1", "status": "incomplete", "finished_at": later}
        marts.insert(connection, "scores.score_runs", [run])
        building.build(connection, project, marts.FLAT)
    with opened(project.home, Viewer()) as mart:
        assert mart.row("SELECT max(score_date) AS day, count(*) AS rows FROM churn_latest") == {
            "day": marts.NEWEST.date(),
            "rows": marts.CUSTOMERS,
        }


def test_an_older_file_without_later_columns_is_read(tmp_path: Path) -> None:
    project = marts.project_in(tmp_path)
    with warehouse(project.home) as connection:
        marts.fill(connection)
        connection.execute("DROP VIEW scores.churn_scores_current")
        connection.execute("ALTER TABLE scores.churn_scores DROP COLUMN value_at_risk")
        connection.execute("DROP TABLE scores.score_coverage")
        rows = building.build(connection, project, marts.FLAT)
    assert rows["churn_latest"] == marts.CUSTOMERS
    with opened(project.home, Viewer()) as mart:
        assert mart.row("SELECT count(value_at_risk) AS known FROM churn_latest") == {"known": 0}


def test_a_flat_table_has_scores_and_nothing_else(tmp_path: Path) -> None:
    project = marts.project_in(tmp_path)
    with warehouse(project.home) as connection:
        marts.fill(connection)
        rows = building.build(connection, project, marts.FLAT)
    assert rows["churn_latest"] == marts.CUSTOMERS
    assert rows["dim_customer"] == rows["fact_customer_event"] == rows["fact_core_indicator"] == 0


def test_without_a_finished_run_it_says_what_to_do(tmp_path: Path) -> None:
    project = marts.project_in(tmp_path)
    with warehouse(project.home) as connection, pytest.raises(NotReady, match="churnlab score"):
        building.build(connection, project, marts.FLAT)


def test_a_failed_build_leaves_the_earlier_mart_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = marts.built(tmp_path, marts.FLAT)
    before = (project.home / building.FILE).read_bytes()
    monkeypatch.setitem(building.SELECTS, "dim_model", "SELECT no_such_column FROM latest")
    with warehouse(project.home) as connection:
        with pytest.raises(duckdb.Error):
            building.build(connection, project, marts.FLAT)
        assert (project.home / building.FILE).read_bytes() == before
        assert [file.name for file in project.home.iterdir() if building.FILE in file.name] == [building.FILE]


def test_readers_and_the_job_do_not_wait_for_each_other(tmp_path: Path) -> None:
    project = marts.built(tmp_path, marts.FLAT)
    with opened(project.home, Viewer()) as reading:
        with warehouse(project.home) as connection:
            connection.execute("DELETE FROM scores.churn_scores WHERE customer_id < 'C0050'")
            building.build(connection, project, marts.FLAT)
        assert reading.row("SELECT count(*) AS rows FROM churn_latest") == {"rows": marts.CUSTOMERS}
        with opened(project.home, Viewer()) as newer:
            assert newer.row("SELECT count(*) AS rows FROM churn_latest") == {"rows": marts.CUSTOMERS - 50}


def test_every_column_is_documented_in_file_and_dictionary(project) -> None:
    with duckdb.connect(str(project.home / building.FILE), read_only=True) as connection:
        found = connection.execute(
            "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() WHERE schema_name = 'churn_mart'"
        ).fetchall()
        told = connection.execute("SELECT table_name, column_name FROM churn_mart.data_dictionary").fetchall()
    assert {(table, column) for table, column, _, _ in found} == set(told)
    assert len(told) == sum(len(table.columns) for table in TABLES)
    assert {kind for _, _, kind, _ in found} <= PLAIN
    assert [
        column for _, column, _, comment in found if not comment or not re.search(r"[\u4e00-\u9fff]", comment)
    ] == []


def test_names_are_what_bi_tools_take() -> None:
    names = [name for table in TABLES for name in (table.name, *(column.name for column in table.columns))]
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]{1,50}", name)] == []
    assert {"date", "time", "timestamp", "double", "boolean", "bit", "text", "value"} & set(names) == set()
