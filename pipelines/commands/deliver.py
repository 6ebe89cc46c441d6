"""Bringing scores to destinations by hand: what would change, earlier runs, rights."""

from __future__ import annotations

from contextlib import nullcontext

from pipelines.artifacts import Store
from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.destinations.deliver import Delivered
from pipelines.destinations.known import kind_named
from pipelines.errors import ConfigError
from pipelines.lock import workspace_lock
from pipelines.stages.deliver import brought, record

ALL = "all"


def deliver_scores(
    project_name: str, overrides: list[str], run: str | None, dry_run: bool, quiet: bool, wait_s: float = 0.0
) -> None:
    """Bring one run, the run that scored last, or all runs to every destination, and say what changed.

    Parameters
    ----------
    project_name, overrides
        The project.
    run
        A run_id, ``all``, or ``None`` for the run that scored last.
    dry_run
        Only say what would change.
    quiet
        Print errors only.
    wait_s
        How long to wait for another writer of the workspace, seconds.
    """
    project, console = _project(project_name, overrides), Console(quiet)
    store = Store(project.home / "artifacts")
    scored = store.load("scored")
    chosen = scored["run_id"] if run is None else run
    lock = nullcontext() if dry_run else workspace_lock(project.home, "deliver", wait_s)
    with lock, console.stage("deliver") as progress:
        delivered = brought(project, project.deliver, progress, run=None if chosen == ALL else chosen, dry_run=dry_run)
    if any(delivered.changes.values()):
        _table(console, delivered, dry_run)
    if not dry_run and not delivered.failures and chosen in (ALL, scored["run_id"]):
        store.save("delivered", record(delivered, scored))
    delivered.raise_failures()


def print_grants(project_name: str, overrides: list[str]) -> None:
    """Print the SQL that makes a role for each database that has roles, which can write there and nothing else."""
    project = load_project(project_name, overrides)
    several = [*project.deliver.destinations, *project.mart.destinations]
    if not several:
        raise _nowhere(project)
    for each in several:
        if sql := kind_named(each.kind).grants(each):
            print(f"-- {each.name} ({each.kind})\n{sql}")


def _project(name: str, overrides: list[str]) -> Project:
    project = load_project(name, overrides)
    if not project.deliver.destinations:
        raise _nowhere(project)
    return project


def _nowhere(project: Project) -> ConfigError:
    return ConfigError(
        f"Project {project.name} has no destinations",
        do="name them in deliver.destinations (docs/guides/delivery.md)",
    )


def _table(console: Console, delivered: Delivered, dry_run: bool) -> None:
    rows = [
        (name, table, *(f"{number:,}" for number in (change.new, change.changed, change.removed, change.same)))
        for name, tables in delivered.changes.items()
        for table, change in tables.items()
    ]
    title = "What a delivery would change; nothing was written" if dry_run else "Rows delivered"
    columns = ("destination", "table", "new", "changed", "removed", "same")
    console.table(title, columns, rows, texts=("table",))
