"""Who is scored at an instant, their signals, and who is not and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.panel import project_signals
from pipelines.scoring.before import TABLE as BEFORE
from pipelines.scoring.before import Before
from pipelines.scoring.source import CUSTOMER, Source
from pipelines.scoring.told import CHOSEN, Then
from pipelines.scoring.value import Value, keep_lifetime_values
from pipelines.standing import Standing
from pipelines.warehouse.scores import GONE, LEFT, UNKNOWN
from pipelines.warehouse.sql import identifier, literal

if TYPE_CHECKING:
    import pandas as pd

FLAT = "_flat"


@dataclass(frozen=True)
class Subjects:
    """Everyone who is scored.

    Parameters
    ----------
    source
        Their signals.
    excluded
        Reason to number of customers who are not scored.
    value
        How their value is found.
    standing
        Where signals come from; a flat table has none.
    instant
        When.
    then
        Table of the signals of the time before, as they were known then; none where nothing is compared.
    """

    source: Source
    excluded: dict[str, int]
    value: Value
    standing: Standing | None
    instant: datetime
    then: str | None = None

    def waited(self, before: Before, progress: Callable[[str, float], None]) -> Then | None:
        """Compute the signals of those who moved, as if nothing had been learned since the time before."""
        if self.standing is None or self.then is None:
            return None
        # Signals over peers need all of them; others can be computed for the few who are looked at.
        whom = f"SELECT customer_id FROM {CHOSEN} WHERE is_moved"
        if self.standing.is_relative:
            whom = (
                f"SELECT customer_id FROM {BEFORE} SEMI JOIN {identifier(self.source.name)} signals "
                f"ON signals.{CUSTOMER}::VARCHAR = {BEFORE}.customer_id"
            )
        people = self.standing.people(whom, self.instant)
        found = self.standing.signals(people, [self.instant], progress, known_before=before.instant)
        return Then(before, self.then, found[self.instant].op().name)


def subjects_of(
    connection: Any,
    project: Project,
    manifest: dict[str, Any],
    accepted: dict[str, Any],
    instant: datetime,
    before: Before | None,
    progress: Callable[[str, float], None],
    lifetime: pd.DataFrame | None = None,
) -> Subjects:
    """Find who is scored at an instant, and the signals that the champion reads.

    Parameters
    ----------
    connection
        The warehouse.
    project
        The project.
    manifest
        What was exported.
    accepted
        The accepted tables.
    instant
        When.
    before
        Scores to compare with; the signals of that time are then computed in the same pass.
    progress
        Told how far it is.
    lifetime
        ``customer_id`` and ``value`` of those whose lifetime value is known.

    Raises
    ------
    DataError
        If the champion reads a signal that nobody declares any more.
    """
    if accepted["flat"]:
        return _flat(connection, project, accepted["schema"], instant)
    known = known_signals(project, flat=False)
    available = [name for name, each in known.items() if each.signal.table.name in accepted["tables"]]
    worth = lifetime is not None and keep_lifetime_values(connection, lifetime)
    value = Value.of(project.evaluate, available, lifetime=worth)
    standing = Standing.of(connection, project, manifest, accepted, [value.column] if value.column else [])
    people, instants = standing.customers(instant), [instant]
    if before is not None and project.score.most_moves:
        instants.append(before.instant)
        people = people.union(standing.people(f"SELECT customer_id FROM {BEFORE}", before.instant))
    found = standing.signals(people, instants, progress)
    then = found[instants[1]].op().name if len(instants) > 1 else None
    source = Source.of(connection, found[instant].op().name)
    customers = identifier(accepted["schema"], "customers")
    return Subjects(source, _excluded(source, customers, instant), value, standing, instant, then)


def known_signals(project: Project, flat: bool) -> dict[str, Any]:
    """Declared signals by column name; a flat table has none."""
    return {} if flat else dict(project_signals(project))


def _flat(connection: Any, project: Project, schema: str, instant: datetime) -> Subjects:
    """Everyone of a flat table who has not left."""
    everyone = identifier(schema, "flat")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {FLAT} AS SELECT * FROM {everyone} WHERE churned IS DISTINCT FROM 1"
    )
    source = Source.of(connection, FLAT)
    left = connection.execute(f"SELECT count(*) FROM {everyone} WHERE churned = 1").fetchone()[0]
    return Subjects(source, {LEFT: int(left)}, Value.of(project.evaluate, source.kinds), None, instant)


def _excluded(source: Source, customers: str, instant: datetime) -> dict[str, int]:
    """Count the customers who are not scored, by reason."""
    known = f"coalesce(greatest(signed_up_at, known_at) < {literal(instant)}, true)"
    counts = f"SELECT count(*), count(*) FILTER ({known}) FROM {customers}"
    everyone, known_by_then = source.connection.execute(counts).fetchone()
    return {UNKNOWN: int(everyone - known_by_then), GONE: int(known_by_then) - source.rows}
