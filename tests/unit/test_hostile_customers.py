"""Ids and values of customers that mean something to SQL, spreadsheets, terminals and file systems, all the way."""

from __future__ import annotations

import csv
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from deliveries import HOSTILE, bring, settings
from outboxes import Company, planned
from scoring_runs import customers, run, small_project

from pipelines.commands.risks import list_risks, tell_risk
from pipelines.config import Project
from pipelines.errors import NotReady
from pipelines.warehouse.duckdb_file import warehouse

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")
IDS = [*HOSTILE, "[red]c[/red]", "\x1b[2J\x1b]0;owned\x07", "-1+1", "@SUM(A1)", "+1", "\t=1"]
FORMULA = re.compile(r"^[=+\-@\t\r]")
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose customers, all at high risk, bear these ids and have them as plan too."""
    monkeypatch.setenv("CHURNLAB__WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("COLUMNS", "1200")
    project = small_project("score.reason_bands=[high]")
    frame = customers([0.9 + number / 1000 for number in range(len(IDS))]).assign(customer_id=IDS, plan=IDS)
    with warehouse(project.home) as connection:
        run(connection, project, frame)
    return project


def test_what_is_written_holds_the_ids_and_no_formula(project: Project, tmp_path: Path) -> None:
    places = [{"name": "file", "kind": "sqlite", "path": str(tmp_path / "scores.sqlite")}]
    places += [{"name": kind, "kind": kind, "path": str(tmp_path / kind)} for kind in ("csv", "parquet")]
    with warehouse(project.home) as connection:
        bring(connection, settings(*places))
        kept = {name for (name,) in connection.execute("SELECT customer_id FROM scores.churn_scores").fetchall()}
    assert kept == set(IDS)
    with closing(sqlite3.connect(tmp_path / "scores.sqlite")) as connection:
        assert {name for (name,) in connection.execute("SELECT customer_id FROM churn_scores_current")} == kept
        assert connection.execute("SELECT count(*) FROM churn_reasons").fetchone() >= (len(IDS),)
    tables = list((tmp_path / "csv").rglob("*.csv"))
    for table in tables:
        with table.open(encoding="utf-8", newline="") as lines:
            cells = [cell for row in csv.reader(lines) for cell in row]
        assert not [cell for cell in cells if FORMULA.match(cell) and not _is_number(cell)], table.name
    assert {table.parent.name for table in tables} >= {"churn_scores", "churn_reasons"}
    assert {path.name for path in tmp_path.iterdir()} == {"workspace", "scores.sqlite", "csv", "parquet"}


def test_what_is_printed_holds_every_id_and_steers_no_terminal(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    list_risks(CONF, len(IDS), "en")
    listed = capsys.readouterr().out
    for name in IDS:
        tell_risk(CONF, name, "zh")
        listed += capsys.readouterr().out
    assert not STEERING.search(listed)
    for shown in (
        "'; DROP TABLE churn_scores; --",
        "<script>alert(1)</script>",
        "[red]c[/red]",
        r"\x1b[2J",
        r"\u202eevil",
    ):
        assert listed.count(shown) >= 2, shown


def test_an_id_that_nobody_bears_finds_nobody(project: Project) -> None:
    for name in ("' OR '1'='1", "%", "x'; DELETE FROM scores.churn_scores; --"):
        with pytest.raises(NotReady, match="no valid score of customer"):
            tell_risk(CONF, name, "en")
    with warehouse(project.home, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM scores.churn_scores").fetchone() == (len(IDS),)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_messages_in_files_hold_every_id_and_no_formula(tmp_path: Path) -> None:
    ids = [*IDS, "x" * 10_000, "a\x00b"]
    told = [
        planned(number, customer_id=each, owner=each[:40], message_zh=each, message_en=each)
        for number, each in enumerate(ids)
    ]
    company = Company(tmp_path).decide(told)
    assert company.send().states == {"sent": len(ids)}
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {file.parent.parent for file in files} == {company.home / "outbox"}
    rows = []
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows += list(csv.DictReader(lines))
    assert sorted(row["customer_id"].removeprefix("'") for row in rows) == sorted(ids)
    assert not [cell for row in rows for cell in row.values() if FORMULA.match(cell) and not _is_number(cell)]
