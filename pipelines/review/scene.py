"""What a review reads from: the warehouse, opened for reading, with the scores that were known at the month's ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pipelines.business.material import Material, accepted_of, of_tables
from pipelines.config import Project
from pipelines.review.month import Month

NOW, BEFORE = "review_now", "review_before"
LEFT = "review_left"
_RUN = """
    SELECT as_of, model_version, run_id, finished_at,
           (SELECT max(horizon_days) FROM from_churn_scores scores
            WHERE scores.as_of = runs.as_of AND scores.model_version = runs.model_version AND band IS NOT NULL)
             AS horizon_days,
           eligible, scored, excluded, failed
    FROM from_score_runs runs WHERE status = 'finished' AND as_of > ? AND as_of <= ?
    ORDER BY as_of DESC, finished_at DESC, run_id LIMIT 1
"""
_SCORED = """
    CREATE OR REPLACE TEMP TABLE {name} AS
    SELECT customer_id, probability, band, value, value_at_risk FROM from_churn_scores
    WHERE as_of = ? AND model_version = ? AND horizon_days = ?
"""


@dataclass(frozen=True)
class Run:
    """A scoring run that finished.

    Parameters
    ----------
    as_of
        The instant whose knowledge it used.
    model_version
        Of the champion that scored.
    run_id
        Of the run.
    finished_at
        When it was done.
    horizon_days
        Length of the longest horizon, whose scores have bands; None where nobody was scored.
    eligible, scored, excluded, failed
        Customers.
    """

    as_of: datetime
    model_version: str
    run_id: str
    finished_at: datetime
    horizon_days: int | None
    eligible: int
    scored: int
    excluded: int
    failed: int

    def was_made_after(self, instant: datetime) -> bool:
        """Whether it was made when what came after its instant could be known."""
        return self.finished_at > instant


@dataclass(frozen=True, eq=False)
class Scene:
    """A month of a project, open for reading.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse; views `from_TABLE` show every table, empty where it is not there.
    project
        The project.
    material
        Its accepted tables, and who was a customer when.
    month
        The month.
    now, before
        The newest finished scoring run of the month and of the month before; its scores are in the temporary tables
        `NOW` and `BEFORE`, which are empty where there is no such run.
    """

    connection: Any
    project: Project
    material: Material
    month: Month
    now: Run | None
    before: Run | None

    def rows(self, query: str, parameters: Any = ()) -> list[dict[str, Any]]:
        """Give what a query finds, each row by the names of its columns."""
        found = self.connection.execute(query, parameters)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def row(self, query: str, parameters: Any = ()) -> dict[str, Any]:
        """Give the first row that a query finds; empty where there is none."""
        return next(iter(self.rows(query, parameters)), {})

    def has(self, schema: str, table: str) -> bool:
        """Whether the warehouse holds a table."""
        query = "SELECT 1 AS there FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?"
        return bool(self.row(query, [schema, table]))

    @property
    def has_scores(self) -> bool:
        """Whether anything was ever scored."""
        return bool(self.row("SELECT 1 AS there FROM from_churn_scores LIMIT 1"))

    @property
    def reach(self) -> timedelta:
        """Time from a score to the end of what it foretells."""
        return self.material.window.reach

    @property
    def inside(self) -> list[datetime]:
        """After the beginning and until the end of the month: what is known at its end belongs to it."""
        return [self.month.starts_at, self.month.ends_at]


@contextmanager
def opened(project: Project, month: Month) -> Iterator[Scene]:
    """Open a month of a project.

    Raises
    ------
    NotReady
        If no tables have been accepted.
    ConfigError
        If the project is one flat table, which has no time.
    """
    from pipelines.mart.sources import seen
    from pipelines.warehouse.duckdb_file import backend, warehouse

    accepted = accepted_of(project)
    with warehouse(project.home, read_only=True) as connection:
        seen(connection, accepted)
        material = of_tables(project, backend(connection), accepted)
        now, before = (_scored(connection, each, name) for each, name in ((month, NOW), (month.back(1), BEFORE)))
        scene = Scene(connection, project, material, month, now, before)
        _find_leavers(scene)
        yield scene


def run_between(connection: Any, after: datetime, until: datetime) -> Run | None:
    """Give the newest finished run whose instant lies after one instant and not after another."""
    found = connection.execute(_RUN, [after, until]).fetchone()
    if found is None:
        return None
    return Run(*found)


def _scored(connection: Any, month: Month, name: str) -> Run | None:
    run = run_between(connection, month.starts_at, month.ends_at)
    key = (None, None, None) if run is None else (run.as_of, run.model_version, run.horizon_days)
    connection.execute(_SCORED.format(name=name), list(key))
    return run


def _find_leavers(scene: Scene) -> None:
    """Put who was a customer at the beginning and left in the month into `LEFT`, as the measures count them."""
    start, end = scene.inside
    edges = scene.rows("""
        SELECT starts_at AS edge FROM from_customer_flows UNION SELECT ends_at FROM from_customer_flows ORDER BY edge
    """)
    spells = scene.material.spells_table([row["edge"] for row in edges])
    gone = spells.filter(spells.began < start, spells.ended >= start, spells.ended < end)
    left = gone.group_by("customer_id").aggregate(ended=gone.ended.min())
    scene.material.engine.create_table(LEFT, left, temp=True, overwrite=True)
