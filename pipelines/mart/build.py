"""Build the mart beside its place and put it there whole: who reads the old one goes on reading it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.customer_value import months_covered, value_column
from pipelines.errors import NotReady
from pipelines.mart.columns import MartTable
from pipelines.mart.indicators import Indicator, indicators
from pipelines.mart.named import name_values
from pipelines.mart.sources import seen
from pipelines.mart.statements import PREPARED, SELECTS
from pipelines.mart.tables import SCHEMA, TABLES
from pipelines.warehouse.sql import identifier, statement, text_literal

if TYPE_CHECKING:
    from features.signal import SignalColumn

FILE = "mart.duckdb"
_OUT = "mart_being_built"


def build(connection: Any, project: Project, accepted: dict[str, Any]) -> dict[str, int]:
    """Write the project's mart anew from the warehouse.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse, open for writing.
    project
        The project; its section `mart` says how far back.
    accepted
        The artifact of that name.

    Returns
    -------
    dict
        Rows by table.

    Raises
    ------
    NotReady
        If no scoring run has finished.
    """
    seen(connection, accepted)
    _set_variables(connection, project)
    name_values(connection, project)
    connection.execute(PREPARED)
    _list_experiments(connection, project)
    _compute_signals(connection, project, accepted)
    _describe(connection)
    beside = project.home / f".{FILE}.{os.getpid()}"
    for left in project.home.glob(f".{FILE}.*"):
        left.unlink(missing_ok=True)  # of a build that was killed
    try:
        connection.execute(statement("ATTACH", text_literal(str(beside)), "AS", _OUT))
        try:
            connection.execute(statement("CREATE SCHEMA", identifier(_OUT, SCHEMA)))
            rows = {table.name: _write(connection, table) for table in TABLES}
        finally:
            connection.execute(statement("DETACH", _OUT))
        os.replace(beside, project.home / FILE)
    finally:
        for left in (beside, Path(f"{beside}.wal")):
            left.unlink(missing_ok=True)
    return rows


def _set_variables(connection: Any, project: Project) -> None:
    found = connection.execute(
        "SELECT as_of, max(horizon_days) FROM from_churn_scores SEMI JOIN from_score_runs USING (as_of, model_version) "
        "WHERE as_of = (SELECT max(as_of) FROM from_score_runs WHERE status = 'finished') GROUP BY as_of"
    ).fetchone()
    if found is None:
        raise NotReady("No scoring run has finished yet", do=f"run: churnlab score -p {project.name}")
    newest, horizon = found
    variables = {
        "newest": newest,
        "horizon": horizon,
        "history_days": project.mart.history_days,
        "event_days": project.mart.event_days,
    }
    for name, value in variables.items():
        connection.execute(statement("SET VARIABLE", name, "= ?"), [value])


def _list_experiments(connection: Any, project: Project) -> None:
    """Write down the plans of experiments, whether anybody was assigned or not."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE experiment_plans (experiment VARCHAR, title_en VARCHAR, title_zh VARCHAR, "
        "playbook VARCHAR, starts_on DATE, ends_on DATE, wanted_customers INTEGER, window_days INTEGER)"
    )
    for name, plan in project.experiments.plans.items():
        titles = [plan.title.get(language, name) for language in ("en", "zh")]
        row = [name, *titles, plan.playbook, plan.starts_on, plan.ends_on, plan.size, plan.window_days]
        connection.execute("INSERT INTO experiment_plans VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def _compute_signals(connection: Any, project: Project, accepted: dict[str, Any]) -> None:
    """Put core indicators and monthly values of the customers scored last into temporary tables."""
    from pipelines.panel import project_signals

    known = {} if accepted["flat"] else project_signals(project)
    shown = indicators(known, accepted.get("tables", {}))
    available = [name for name, each in known.items() if each.signal.tables <= set(accepted.get("tables", {}))]
    named = value_column(project.evaluate, available)
    worth = known[named] if named in available else None
    columns = [each.column for each in shown] + ([worth] if worth is not None else [])
    wide = _computed(connection, accepted, {column.name: column for column in columns})
    _keep_indicators(connection, wide, shown)
    monthly = "NULL::DOUBLE" if worth is None else f"{identifier(worth.name)} / {months_covered(worth.name)!r}"
    connection.execute(
        statement("CREATE OR REPLACE TEMP TABLE worth AS SELECT customer_id,", monthly, "AS monthly_value FROM", wide)
    )


def _computed(connection: Any, accepted: dict[str, Any], columns: dict[str, SignalColumn]) -> str:
    """Compute signals as of the newest run by the code that scoring uses; give the name of their table."""
    if not columns:
        connection.execute("CREATE OR REPLACE TEMP TABLE wide AS SELECT customer_id FROM latest")
        return "wide"
    from pipelines.panel import canonical_tables
    from pipelines.standing import Standing
    from pipelines.warehouse.duckdb_file import backend

    engine = backend(connection)
    tables = canonical_tables(engine, accepted["schema"], accepted["tables"])
    instant = connection.execute("SELECT getvariable('newest')").fetchone()[0]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE scored_people AS SELECT customer_id, as_of::TIMESTAMP AS cutoff FROM latest"
    )
    standing = Standing(engine, tables, list(columns.values()), [])
    return str(standing.signals(engine.table("scored_people"), [instant])[instant].get_name())


def _keep_indicators(connection: Any, wide: str, shown: Sequence[Indicator]) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE named_indicators (indicator VARCHAR, indicator_position INTEGER, "
        "label_en VARCHAR, label_zh VARCHAR, unit VARCHAR, risk_direction VARCHAR)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE indicators (customer_id VARCHAR, indicator VARCHAR, indicator_value DOUBLE)"
    )
    for position, each in enumerate(shown, start=1):
        name, signal = each.column.name, each.column.signal
        connection.execute(
            "INSERT INTO named_indicators VALUES (?, ?, ?, ?, ?, ?)",
            [name, position, each.label.en, each.label.zh, signal.unit, signal.risk],
        )
        value = identifier(name)
        connection.execute(
            statement(
                "INSERT INTO indicators SELECT customer_id, ?,", value, "FROM", wide, "WHERE", value, "IS NOT NULL"
            ),
            [name],
        )


def _describe(connection: Any) -> None:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE described (table_name VARCHAR, column_name VARCHAR, label_en VARCHAR, "
        "label_zh VARCHAR, description VARCHAR, unit VARCHAR)"
    )
    rows = [
        (table.name, column.name, column.label.en, column.label.zh, column.meaning, column.unit)
        for table in TABLES
        for column in table.columns
    ]
    connection.executemany("INSERT INTO described VALUES (?, ?, ?, ?, ?, ?)", rows)


def _write(connection: Any, table: MartTable) -> int:
    """Make a table with its comments and fill the columns that its SELECT gives."""
    place = identifier(_OUT, SCHEMA, table.name)
    columns = ", ".join(f"{identifier(column.name)} {column.type}" for column in table.columns)
    connection.execute(statement("CREATE TABLE", place, f"({columns})"))
    select = SELECTS[table.name]
    if any(column.name == "updated_at" for column in table.columns):
        select = statement("SELECT *, now()::TIMESTAMP AS updated_at FROM (", select, ")")
    (rows,) = connection.execute(statement("INSERT INTO", place, "BY NAME", select)).fetchone()
    connection.execute(statement("COMMENT ON TABLE", place, "IS", text_literal(table.comment)))
    for column in table.columns:
        connection.execute(
            statement(
                "COMMENT ON COLUMN",
                identifier(_OUT, SCHEMA, table.name, column.name),
                "IS",
                text_literal(column.comment),
            )
        )
    return int(rows)
