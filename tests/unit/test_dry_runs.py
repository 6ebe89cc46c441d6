"""Who only looks leaves nothing behind: each command that reads, and each dry run, in a folder with a YAML alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.config import load_project
from pipelines.erasure.runs import erase_from_runs, folders_of_runs
from pipelines.erasure.subject import Subject
from pipelines.tracking import ADDRESS, Tracking

CONF = Path(__file__).parents[2] / "conf"
BY_HAND = "--because better"
LOOKS = [
    "status",
    "risks",
    "risks C1",
    "alerts",
    "rules list",
    "schedule show",
    "experiments list",
    "quarantine list",
    "identity list",
    "outbox",
    "outbox list",
    "outbox send --dry-run",
    "act --dry-run",
    "deliver --dry-run",
    "forget C1 --dry-run",
    "promote --dry-run",
    f"promote --to 1 {BY_HAND} --dry-run",
    f"promote --to 1 {BY_HAND}",
    f"rollback {BY_HAND} --dry-run",
    f"rollback {BY_HAND}",
    "report",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(CONF, tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(ADDRESS, raising=False)
    monkeypatch.setenv("CHURNLAB__DELIVER__DESTINATIONS", '[{"name": "crm", "kind": "sqlite", "path": "crm.db"}]')
    return tmp_path


@pytest.mark.parametrize("command", LOOKS)
def test_a_look_leaves_nothing_behind(folder: Path, command: str) -> None:
    before = sorted(folder.rglob("*"))
    told = CliRunner().invoke(app, command.split())
    assert "Traceback" not in told.output
    assert isinstance(told.exception, SystemExit | None)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("command", [each for each in LOOKS if each.startswith(("promote", "rollback"))])
def test_where_there_is_no_store_of_versions_one_is_told_so(folder: Path, command: str) -> None:
    told = CliRunner().invoke(app, command.split())
    assert told.exit_code == 5
    assert "sqlite:///mlflow.db is not there" in told.output


def test_a_store_is_there_once_its_file_is_or_where_it_is_a_server(folder: Path) -> None:
    def is_there(uri: str) -> bool:
        return Tracking(load_project("demo", [f"tracking.uri={uri}"])).is_there

    (folder / "own store.db").touch()
    assert is_there("sqlite:///own store.db")
    assert is_there(f"sqlite:///{folder}/own store.db")
    assert not is_there("sqlite:///other.db")
    assert is_there("http://mlflow.example")


def test_an_erasure_makes_no_store_of_runs(folder: Path) -> None:
    tracking = Tracking(load_project("demo"))
    assert erase_from_runs(tracking, "demo", Subject(["C1"]), counts_only=False).files == 0
    assert folders_of_runs(tracking, "demo") == []
    assert not (folder / "mlflow.db").exists()
