"""A finished line in a folder of its own, and the tables of scores that it left."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from pipelines.stage import all_stages

# Where MLflow's store keeps the places of artifacts.
ADDRESSES = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
}
TABLES = ("churn_scores", "churn_reasons", "churn_moves", "churn_levers", "score_coverage", "score_runs")


def tables(warehouse: Path) -> dict[str, list[Any]]:
    """Give all rows of the tables of scores."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return {name: connection.execute(f"SELECT * FROM scores.{name} ORDER BY ALL").fetchall() for name in TABLES}


def copy_line(line: Path, folder: Path) -> None:
    """Copy a finished line with its runs, which then lie in the copy."""
    shutil.copytree(line, folder)
    own_runs(line, folder)


def own_runs(line: Path, folder: Path) -> None:
    """Let the runs of a copied line lie in the copy; MLflow, which remembers places by run, forgets them."""
    from mlflow.tracking._tracking_service import utils

    utils._artifact_repos_cache.clear()
    with closing(sqlite3.connect(folder / "mlflow.db")) as store, store:
        for table, columns in ADDRESSES.items():
            for column in columns:
                change = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"
                store.execute(change, [str(line), str(folder)])


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

    settle(runner())
    return runner


def settle(runner: Any) -> None:
    """Take what the stages of a copied line made for made there, though MLflow's store now has another address."""
    runner.accept_as_made([name for name in runner.state() if not runner.is_unchanged(all_stages()[name])])
