"""What commands keep on disk can be damaged by a power cut or an editor: each says so, and none reads it as empty."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import ibis
import pytest
from written_records import SCORED, record

from pipelines.actions.proven import read_lifts
from pipelines.artifacts import Store
from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.erasure.suppression import forgotten
from pipelines.errors import ConnectionFailed, NotReady
from pipelines.lock import holder, workspace_lock
from pipelines.operating.forget import Receipt
from pipelines.operating.log import log_file
from pipelines.operating.status import last_job, status_of
from pipelines.panel import canonical_tables
from pipelines.records import read_record
from pipelines.runner import Runner
from pipelines.schedule.plan import Installed, Plan, installed
from pipelines.stage import all_stages
from pipelines.validation import history
from pipelines.warehouse.duckdb_file import has_tables, warehouse

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")
DAMAGE = [b"", b"{", b"3", b"\xff\xfe\x00"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load_project(CONF, [f"workspace={tmp_path}"])


def damaged(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("content", DAMAGE)
@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("artifacts/accepted.json", lambda home: Store(home / "artifacts").load("accepted")),
        ("erasure/forgotten.json", forgotten),
        ("validation/loads.json", lambda home: history.read(home / "validation")),
        ("schedule.json", installed),
    ],
)
def test_a_damaged_record_is_named_with_what_to_do(tmp_path: Path, name: str, read: Any, content: bytes) -> None:
    path = damaged(tmp_path / name, content)
    with pytest.raises(NotReady, match="is damaged") as refused:
        read(tmp_path)
    assert str(path) in refused.value.given
    assert refused.value.do


LOAD = {"content": "c", "at": "2026-01-01", "tables": {}, "figures": {}}
AT = "2026-01-01 06:00:00"
PLAN = {"kind": "cron", "plan": {"hour": 6, "minute": 0}, "files": [], "is_active": True, "installed_at": AT}
RECEIPT = {"number": "1", "subject": [], "asked_at": "2026-01-01"}


@pytest.mark.parametrize(
    ("name", "kept", "key", "read"),
    [
        ("artifacts/scored.json", {**SCORED, "excluded": None}, "excluded", lambda home: _stored(home, "scored")),
        (
            "artifacts/scored.json",
            {**SCORED, "bands": {"high": "3"}},
            "bands.high",
            lambda home: _stored(home, "scored"),
        ),
        (
            "artifacts/champion.json",
            {"name": "c", "version": 3, "decision": {"reason": "r"}},
            "version",
            lambda home: _stored(home, "champion"),
        ),
        (
            "artifacts/champion.json",
            {"name": "c", "version": "1", "decision": {}},
            "decision.reason",
            lambda home: _stored(home, "champion"),
        ),
        (
            "artifacts/loaded.json",
            {"tables": [], "ledger": [{}], "content": ""},
            "ledger.0.table",
            lambda home: _stored(home, "loaded"),
        ),
        (
            "artifacts/delivered.json",
            {"scored": SCORED, "destinations": {"crm": {"t": {}}}},
            "destinations.crm.t.new",
            lambda home: _stored(home, "delivered"),
        ),
        ("erasure/forgotten.json", [3], "0", forgotten),
        (
            "validation/loads.json",
            [{**LOAD, "tables": {"orders": {"rows": 1}}}],
            "0.tables.orders.last",
            lambda home: history.read(home / "validation"),
        ),
        ("rules_proven.json", {"quiet": {"asked": []}}, "quiet.lift", lambda home: read_lifts(home, {})),
        ("schedule.json", {**PLAN, "plan": {"hour": 6}}, "plan.minute", installed),
        ("schedule.json", {**PLAN, "installed_at": "yesterday"}, "installed_at", installed),
        (
            "erasure/pending-1.json",
            {**RECEIPT, "places": {"scores": "3"}},
            "places.scores",
            lambda home: read_record(home / "erasure/pending-1.json", Receipt, "forget again"),
        ),
    ],
)
def test_a_key_that_is_missing_or_wrong_is_named(tmp_path: Path, name: str, kept: Any, key: str, read: Any) -> None:
    path = damaged(tmp_path / name, json.dumps(kept).encode())
    with pytest.raises(
        NotReady, match=f"is damaged, or of another version: its key {re.escape(key)} is (missing|not right)"
    ) as refused:
        read(tmp_path)
    assert str(path) in refused.value.given
    assert refused.value.do


def _stored(home: Path, name: str) -> Any:
    return Store(home / "artifacts").load(name)


def test_what_a_later_version_adds_to_a_record_does_no_harm(tmp_path: Path) -> None:
    damaged(tmp_path / "artifacts" / "scored.json", json.dumps({**SCORED, "more": [1]}).encode())
    damaged(tmp_path / "schedule.json", json.dumps({**PLAN, "more": 1}).encode())
    assert _stored(tmp_path, "scored")["more"] == [1]
    assert installed(tmp_path) == Installed("cron", Plan(6, 0), (), True, datetime(2026, 1, 1, 6))


def test_a_frame_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    path = damaged(tmp_path / "artifacts" / "labels.parquet", b"PAR1 and then nothing")
    with pytest.raises(NotReady, match="is damaged") as refused:
        _stored(tmp_path, "labels")
    assert str(path) in refused.value.given


@pytest.mark.parametrize(
    "name",
    [
        "artifacts/judged.json",
        "artifacts/accepted.json",
        "validation/loads.json",
        "erasure/forgotten.json",
        "rules_proven.json",
    ],
)
def test_scores_are_not_fresh_beside_a_record_that_the_next_command_cannot_read(project: Project, name: str) -> None:
    path = damaged(project.home / name, b'{"best": 3}')
    unreadable = [each for each in status_of(project, datetime(2026, 1, 1)).findings if each.code == "unreadable"]
    assert [str(path) in each.facts["what"] for each in unreadable] == [True]
    assert all(each.is_problem for each in unreadable)


@pytest.mark.parametrize("line", [{"event": "ended"}, {"event": "stage"}, {"event": 3}])
def test_a_line_of_the_log_that_lacks_what_it_must_say_is_passed_over(tmp_path: Path, line: dict[str, Any]) -> None:
    whole = {"at": "2026-01-01T06:00:00Z", "job_id": "1", "event": "ended", "outcome": "finished"}
    lines = [whole, {"at": "2026-01-02T06:00:00Z", "job_id": "2", **line}]
    damaged(log_file(tmp_path), "\n".join(map(json.dumps, lines)).encode())
    job = last_job(tmp_path, None)
    assert job is not None
    assert job.outcome == "finished"


def test_who_signed_the_lock_otherwise_is_nobody_by_name(tmp_path: Path) -> None:
    with workspace_lock(tmp_path, "job"):
        (tmp_path / ".lock").write_text('{"command": "job", "pid": "x", "host": "h", "started_at": 3}')
        found = holder(tmp_path)
    assert found is not None
    assert "by another name" in found.said


@pytest.mark.parametrize("content", [*DAMAGE, b'{"ingest": 3}', b'{"ingest": {"made": [], "seconds": "long"}}'])
def test_stages_run_again_where_the_record_of_them_is_damaged(project: Project, content: bytes) -> None:
    damaged(project.home / "state.json", content)
    assert Runner(project, Console(quiet=True)).state() == {}


def test_what_the_record_still_tells_of_other_stages_holds(project: Project) -> None:
    damaged(project.home / "state.json", b'{"ingest": 3, "train": {"seconds": 1.0}}')
    assert Runner(project, Console(quiet=True)).state() == {"train": {"seconds": 1.0}}


@pytest.mark.parametrize("name", ["ingest", "validate"])
def test_tables_that_went_with_the_warehouse_are_read_again(project: Project, name: str) -> None:
    stage = all_stages()[name]
    made = record("accepted", tables=["customers"])
    assert stage.holds is not None
    with warehouse(project.home) as connection:
        connection.execute("CREATE SCHEMA loaded; CREATE TABLE loaded.customers (i INT)")
        connection.execute("CREATE SCHEMA accepted; CREATE VIEW accepted.customers AS SELECT 1 AS i")
    assert stage.holds(project, SimpleNamespace(), made)
    (project.home / "warehouse.duckdb").unlink()
    assert not stage.holds(project, SimpleNamespace(), made)


def test_a_runner_asks_whether_what_a_stage_made_is_still_there(project: Project) -> None:
    runner, stage = Runner(project, Console(quiet=True)), all_stages()["validate"]
    runner.store.save("accepted", record("accepted", tables=["customers"]))
    made = {"fingerprint": runner.fingerprint(stage), "made": {"accepted": runner.store.digest("accepted")}}
    damaged(project.home / "state.json", json.dumps({"validate": made}).encode())
    assert not runner.is_unchanged(stage)
    with warehouse(project.home) as connection:
        connection.execute("CREATE SCHEMA accepted; CREATE VIEW accepted.customers AS SELECT 1 AS i")
    assert runner.is_unchanged(stage)


def test_a_missing_table_is_an_error_that_teaches() -> None:
    with pytest.raises(NotReady, match="has no table customers in main") as refused:
        canonical_tables(ibis.duckdb.from_connection(duckdb.connect()), "main", ["customers"])
    assert "churnlab run" in refused.value.do


def test_a_broken_file_in_a_folder_of_blocks_is_not_called_in_use(tmp_path: Path) -> None:
    home = tmp_path / "blocks"
    damaged(home / "warehouse.duckdb", b"no database " * 1000)
    with pytest.raises(ConnectionFailed, match="cannot be opened as a DuckDB file"):
        has_tables(home, "accepted", [])
