"""A customer forgotten after a whole line has run: no trace, nothing else changed, nothing to run again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from finished_lines import copied, own_runs, tables

from pipelines.erasure.files import TEXTS
from pipelines.operating.forget import Erasure
from pipelines.operating.job import Job
from pipelines.outbox.run import send_due
from pipelines.review.measured import measured_months
from pipelines.review.month import month_of_review
from pipelines.review.page import read, write
from pipelines.stage import all_stages

pytestmark = pytest.mark.journey
LOOKED_INTO = {*TEXTS, ".csv", ".duckdb", ".json", ".jsonl", ".parquet"}
WITHOUT_CUSTOMERS = {"", ".db", ".lock", ".png", ".py", ".sha256", ".ubj"}
"""Kinds of files in which the line writes nothing of a customer: models, their papers, MLflow's store, pictures."""


@pytest.fixture
def line(demo_workspace: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A finished line of its own: the copy's runs lie in the copy."""
    runner_of = copied(demo_workspace, tmp_path / "line")
    own_runs(demo_workspace.folder, tmp_path / "line")
    monkeypatch.chdir(tmp_path / "line")
    return runner_of


def test_a_customer_is_forgotten(line: Any) -> None:
    runner = line()
    home = runner.project.home
    unchanged = unchanged_stages(runner)
    assert {"ingest", "label", "features"} <= set(unchanged)
    gone = contacted(home)
    used(runner, home, line)
    named = name_of(home, gone)
    before = tables(home / "warehouse.duckdb")
    predictions = pd.read_parquet(home / "artifacts" / "trained" / "test_predictions.parquet")

    receipt = Erasure(line(), gone).run()

    assert receipt.places["scores.churn_scores"] >= 1
    assert receipt.places["files of MLflow runs"] >= 1
    assert gone not in (home / "erasure" / f"receipt-{receipt.number}.json").read_text()
    places = {place.split("/")[0] for place in receipt.places}
    assert {"actions.planned_actions", "actions.outbox", "mart.duckdb: churn_mart.churn_latest"} <= places
    assert {"outbox", "artifacts", "brought"} <= places
    assert receipt.not_looked_into == []
    folder = home.parents[1]
    kinds = {file.suffix for file in folder.rglob("*") if file.is_file()}
    assert kinds <= LOOKED_INTO | WITHOUT_CUSTOMERS
    assert [str(file) for file in folder.rglob("*") if file.is_file() and gone.encode() in file.read_bytes()] == []
    assert [str(file) for file in folder.rglob("*") if file.is_file() and named.encode() in file.read_bytes()] == []
    after = tables(home / "warehouse.duckdb")
    assert after == {name: [row for row in rows if gone not in row] for name, rows in before.items()}
    for file in folder.rglob("*.parquet"):
        frame = pd.read_parquet(file)
        assert gone not in set(frame.get("customer_id", ()))
    left = pd.read_parquet(home / "artifacts" / "trained" / "test_predictions.parquet")
    others = predictions[predictions["customer_id"] != gone].reset_index(drop=True)
    pd.testing.assert_frame_equal(left.reset_index(drop=True), others)

    # Nothing has to run again for it: the model was taught, the panel computed.
    assert unchanged_stages(line()) == unchanged

    # The source, which lies elsewhere, still has the customer: the next load leaves the rows out.
    again = line()
    again.force = True
    again.alone("ingest")
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM loaded.customers WHERE customer_id = ?", [gone]).fetchone() == (
            0,
        )
        assert connection.execute("SELECT count(*) FROM loaded.customers").fetchone() == (399,)


def unchanged_stages(runner: Any) -> list[str]:
    stages = [stage for stage in all_stages().values() if stage.applies(runner.project) and stage.skippable]
    return [stage.name for stage in stages if runner.is_unchanged(stage)]


def contacted(home: Path) -> str:
    """Give the riskiest customer for whom an action is planned."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "SELECT customer_id FROM actions.planned_actions JOIN scores.churn_scores USING (customer_id) "
            "WHERE state = 'planned' AND band IS NOT NULL ORDER BY rank LIMIT 1"
        ).fetchone()
    assert found is not None
    return str(found[0])


def name_of(home: Path, customer: str) -> str:
    """Give the name of a customer, which nobody else has."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "SELECT name FROM loaded.customers WHERE customer_id = ? AND name NOT IN "
            "(SELECT name FROM loaded.customers WHERE customer_id <> ?)",
            [customer, customer],
        ).fetchone()
    assert found is not None
    return str(found[0])


def used(runner: Any, home: Path, line: Any) -> None:
    """Let all be there that names customers: a job's log, messages in files, a month's review, scores in a folder."""
    places = [{"name": kind, "kind": kind, "path": str(home / "brought" / kind)} for kind in ("csv", "parquet")]
    project = line(f"deliver.destinations={json.dumps(places)}").project
    Job(project, runner.console).run()
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        days = connection.execute("SELECT DISTINCT planned_for FROM actions.planned_actions ORDER BY 1").fetchall()
    for (day,) in days:
        send_due(project, day=day)
    month = month_of_review("last", measured_months(project), project.measures.zone)
    write(read(project, month))
