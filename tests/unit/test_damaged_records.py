"""What commands keep on disk can be damaged by a power cut or an editor: each says so, and none reads it as empty."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import ibis
import pytest

from pipelines.artifacts import Store
from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.erasure.suppression import forgotten
from pipelines.errors import ConnectionFailed, NotReady
from pipelines.panel import canonical_tables
from pipelines.runner import Runner
from pipelines.schedule.plan import installed
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


@pytest.mark.parametrize("content", [*DAMAGE, b'{"ingest": 3}'])
def test_stages_run_again_where_the_record_of_them_is_damaged(project: Project, content: bytes) -> None:
    damaged(project.home / "state.json", content)
    assert Runner(project, Console(quiet=True)).state() == {}


def test_what_the_record_still_tells_of_other_stages_holds(project: Project) -> None:
    damaged(project.home / "state.json", b'{"ingest": 3, "train": {"seconds": 1.0}}')
    assert Runner(project, Console(quiet=True)).state() == {"train": {"seconds": 1.0}}


@pytest.mark.parametrize("name", ["ingest", "validate"])
def test_tables_that_went_with_the_warehouse_are_read_again(project: Project, name: str) -> None:
    stage = all_stages()[name]
    made = {"schema": "accepted", "tables": ["customers"]}
    assert stage.holds is not None
    with warehouse(project.home) as connection:
        connection.execute("CREATE SCHEMA loaded; CREATE TABLE loaded.customers (i INT)")
        connection.execute("CREATE SCHEMA accepted; CREATE VIEW accepted.customers AS SELECT 1 AS i")
    assert stage.holds(project, SimpleNamespace(), made)
    (project.home / "warehouse.duckdb").unlink()
    assert not stage.holds(project, SimpleNamespace(), made)


def test_a_runner_asks_whether_what_a_stage_made_is_still_there(project: Project) -> None:
    runner, stage = Runner(project, Console(quiet=True)), all_stages()["validate"]
    runner.store.save("accepted", {"schema": "accepted", "tables": ["customers"]})
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
