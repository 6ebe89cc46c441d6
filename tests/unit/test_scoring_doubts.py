"""Tables that lost customers or columns over night: scores of many do not give way to those of few, and one is told."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from written_records import record

from features.tables import TABLES
from pipelines.config import Project, load_project
from pipelines.errors import DataError
from pipelines.exporting.learnt import learnt
from pipelines.operating.status import status_of
from pipelines.operating.words import advice, sentence
from pipelines.panel import project_signals
from pipelines.scoring.doubts import lacking_columns, newly_lacking, refuse_missing_customers
from pipelines.validation import history
from pipelines.warehouse.writing import create

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")
DAY = datetime(2026, 10, 7)


def scored_before(*runs: tuple[datetime, int, str]) -> Any:
    connection = duckdb.connect()
    create(connection)
    for number, (as_of, scored, status) in enumerate(runs):
        connection.execute(
            "INSERT INTO scores.score_runs BY NAME SELECT ? AS run_id, ? AS as_of, ? AS scored, ? AS status, ? AS "
            "finished_at",
            [str(number), as_of, scored, status, as_of + timedelta(hours=6, minutes=number)],
        )
    return connection


@pytest.mark.parametrize(("customers", "least"), [(50, 0.5), (101, 1.0), (0, 0.0)])
def test_as_many_as_asked_for_are_scored(customers: int, least: float) -> None:
    refuse_missing_customers(scored_before((DAY, 100, "finished")), customers, DAY + timedelta(days=1), least)


def test_few_do_not_take_the_place_of_many() -> None:
    with pytest.raises(DataError, match="49 customers would be scored as of 2026-10-08, of 100 as of 2026-10-07") as no:
        refuse_missing_customers(scored_before((DAY, 100, "finished")), 49, DAY + timedelta(days=1), 0.5)
    assert "score.least_share" in no.value.allowed
    assert "score.least_share=0" in no.value.do


def test_only_the_newest_finished_run_until_then_counts() -> None:
    later, earlier = DAY + timedelta(days=9), DAY - timedelta(days=9)
    runs = scored_before((earlier, 1000, "finished"), (DAY, 60, "finished"), (DAY, 900, "incomplete"))
    refuse_missing_customers(runs, 30, DAY, 0.5)
    with pytest.raises(DataError, match="of 60 as of"):
        refuse_missing_customers(runs, 29, later, 0.5)
    refuse_missing_customers(scored_before((later, 1000, "finished")), 1, DAY, 0.5)
    refuse_missing_customers(duckdb.connect(), 1, DAY, 0.5)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load_project(CONF, [f"workspace={tmp_path}"])


def checked(project: Project, **empty: str) -> None:
    """Keep a load in which one column of some tables has no value."""
    profiles = {
        name: {
            "rows": 10,
            "last": None,
            "columns": {
                column.name: {"type": "VARCHAR", "missing": float(column.name == empty.get(name)), "partition": None}
                for column in table.columns
            },
        }
        for name, table in TABLES.items()
    }
    history.remember(project.home / "validation", json.dumps(empty), profiles, {})


def test_columns_that_went_empty_since_the_model_learnt_are_named(project: Project) -> None:
    known = project_signals(project)
    read = {name: each for name, each in known.items() if each.signal.table.name in ("orders", "feedback")}
    assert lacking_columns(project.home, read) == []
    checked(project, feedback="score")
    manifest = learnt(project, False, list(TABLES), dict.fromkeys(read, "number"))
    assert manifest["lacking"] == ["feedback.score"]
    assert newly_lacking(project.home, manifest, read) == []
    checked(project, feedback="score", orders="amount")
    assert newly_lacking(project.home, manifest, read) == ["orders.amount"]
    assert newly_lacking(project.home, {}, read) == []


def test_scores_that_lack_what_the_model_learnt_from_are_not_fresh(project: Project) -> None:
    artifacts = project.home / "artifacts"
    artifacts.mkdir(parents=True)
    lacking = [f"orders.column_{number}" for number in range(7)]
    (artifacts / "scored.json").write_text(json.dumps(record("scored", lacking=lacking)))
    (found,) = [each for each in status_of(project, DAY).findings if each.code == "lacking"]
    assert found.is_problem
    assert "orders.column_4 (+2)" in sentence(found, "en")
    assert "orders.column_0" in sentence(found, "zh")
    assert "churnlab job" in advice(found, "shop")
    (artifacts / "scored.json").write_text(json.dumps(record("scored", lacking=[])))
    assert "lacking" not in {each.code for each in status_of(project, DAY).findings}
