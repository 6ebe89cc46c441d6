"""What a person does to have scores elsewhere: look what would come, bring them, score and find them there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from finished_lines import copied
from typer.testing import CliRunner

from pipelines.cli import app

pytestmark = pytest.mark.journey


@pytest.fixture
def typed(demo_workspace: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Types a command in a copy of the finished line, with a SQLite file as destination."""
    copied(demo_workspace, tmp_path / "own")
    monkeypatch.chdir(tmp_path / "own")
    places = [{"name": "phone", "kind": "sqlite", "path": str(tmp_path / "scores.sqlite")}]
    for key, value in _environment(demo_workspace, tmp_path):
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("CHURNLAB__DELIVER__DESTINATIONS", json.dumps(places))

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, [*words, "-p", str(demo_workspace.conf)])

    return run


def _environment(demo_workspace: Any, tmp_path: Path) -> list[tuple[str, str]]:
    """The settings of the copy, as the environment has them."""
    settings = [text.split("=", 1) for text in demo_workspace.overrides]
    return [
        (
            "CHURNLAB__" + key.upper().replace(".", "__"),
            value if key == "data.root" else value.replace(str(demo_workspace.folder), str(tmp_path / "own")),
        )
        for key, value in settings
    ]


def held(tmp_path: Path) -> int:
    with closing(sqlite3.connect(tmp_path / "scores.sqlite")) as connection:
        return int(connection.execute("SELECT count(*) FROM churn_scores").fetchone()[0])


def test_scores_are_looked_at_brought_and_brought_again(
    typed: Callable[..., Any], demo_workspace: Any, tmp_path: Path
) -> None:
    horizons = 1 + len(demo_workspace.project.train.horizons_days)
    rows = horizons * demo_workspace.runner.store.load("scored")["scored"]
    foreseen = typed("deliver", "--dry-run")
    assert foreseen.exit_code == 0, foreseen.output
    assert "nothing was written" in foreseen.output
    assert not (tmp_path / "scores.sqlite").exists()
    assert typed("deliver").exit_code == 0
    assert held(tmp_path) == rows
    again = typed("deliver", "--all")
    assert "0 rows changed in phone" in again.output
    assert typed("deliver", "--run", "nope").exit_code == 2


def test_scoring_brings_the_scores(typed: Callable[..., Any], tmp_path: Path) -> None:
    scored = typed("score")
    assert scored.exit_code == 0, scored.output
    delivered = json.loads((tmp_path / "own" / "workspace" / "demo" / "artifacts" / "delivered.json").read_text())
    assert delivered["destinations"]["phone"]["churn_scores"]["new"] == held(tmp_path) > 0


def test_without_destinations_one_is_told_where_to_name_them(
    typed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURNLAB__DELIVER__DESTINATIONS", "[]")
    refused = typed("deliver")
    assert refused.exit_code == 2
    assert "docs/guides/delivery.md" in refused.output
