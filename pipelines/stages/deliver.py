"""Bring the newest scores to where people work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.config_deliver import DeliverSettings
from pipelines.console import Progress
from pipelines.errors import ConfigError
from pipelines.stage import stage

if TYPE_CHECKING:
    from pipelines.destinations.deliver import Delivered


# A destination that is out of reach fails the line, and by then the dashboard has the scores.
@stage(
    writes=["delivered"],
    skippable=False,
    applies=lambda project: bool(project.deliver.destinations),
    after=("act", "mart", "outbox"),
)
def deliver(project: Project, settings: DeliverSettings, progress: Progress, scored: dict[str, Any]) -> dict[str, Any]:
    """Bring the run that scored last from the warehouse to every destination."""
    delivered = brought(project, settings, progress, run=scored["run_id"])
    delivered.raise_failures()
    return record(delivered, scored)


def brought(
    project: Project, settings: DeliverSettings, progress: Progress, *, run: str | None = None, dry_run: bool = False
) -> Delivered:
    """Bring the instant of a run, or with none every finished instant, to every destination.

    Raises
    ------
    ConfigError
        If a destination is the project's own warehouse, or there is no such run.
    NotReady
        If nothing was scored yet.
    """
    from pipelines.destinations.deliver import deliver
    from pipelines.destinations.source import Source
    from pipelines.warehouse.duckdb_file import FILE, bounded_memory, warehouse

    for each in settings.destinations:
        if each.path is not None and each.path.resolve() == (project.home / FILE).resolve():
            raise ConfigError(f"Destination {each.name} is the project's own warehouse", allowed="a file of its own")
    with warehouse(project.home, read_only=True) as connection, bounded_memory(connection):
        source = Source(connection, settings.batch_rows)
        delivered = deliver(source, source.instants(run), settings, progress, dry_run=dry_run)
    touched = sum(change.touched for tables in delivered.changes.values() for change in tables.values())
    verb = "would change" if dry_run else "changed"
    progress.note(f"{touched:,} rows {verb} in {', '.join(delivered.served) or 'no destination'}")
    if delivered.failures:
        progress.warn(f"Not served to the end: {', '.join(delivered.failures)}")
    return delivered


def record(delivered: Delivered, scored: dict[str, Any]) -> dict[str, Any]:
    """Give what came of a delivery as plain values: what was brought, and destination, table, rows by what became."""
    from dataclasses import asdict

    destinations = {
        name: {table: asdict(change) for table, change in tables.items()} for name, tables in delivered.changes.items()
    }
    return {"scored": scored, "destinations": destinations}
