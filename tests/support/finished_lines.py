"""A finished line in a folder of its own, and the tables of scores that it left."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

TABLES = ("churn_scores", "churn_reasons", "churn_moves", "churn_levers", "score_coverage", "score_runs")


def tables(warehouse: Path) -> dict[str, list[Any]]:
    """Give all rows of the tables of scores."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {name: connection.execute(f"SELECT * FROM scores.{name} ORDER BY ALL").fetchall() for name in TABLES}


def copied(demo_workspace: Any, folder: Path) -> Callable[..., Any]:
    """The finished line in another folder, as what makes runners of it."""
    from pipelines.config import load_project
    from pipelines.console import Console
    from pipelines.runner import Runner

    shutil.copytree(demo_workspace.folder, folder)
    # The sources stay where they are, so that only what a test changes runs again.
    overrides = [
        text if text.startswith("data.root") else text.replace(str(demo_workspace.folder), str(folder))
        for text in demo_workspace.overrides
    ]

    def runner(*more: str) -> Runner:
        return Runner(load_project(str(demo_workspace.conf), [*overrides, *more]), Console(quiet=True))

    return runner
