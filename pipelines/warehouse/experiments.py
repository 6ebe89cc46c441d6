"""The tables of experiments: who was assigned, what happened, what it shows and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.warehouse.actions import SCHEMA, has
from pipelines.warehouse.duckdb_file import transaction

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class ExperimentTable:
    """A table of experiments.

    Parameters
    ----------
    name
        Table name.
    columns
        Column name to SQL type.
    key
        Columns of the primary key.
    """

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]


ASSIGNMENTS = ExperimentTable(
    "experiment_assignments",
    {
        "experiment": "VARCHAR",
        "customer_id": "VARCHAR",
        "arm": "VARCHAR",
        "stratum": "VARCHAR",
        "assigned_at": "TIMESTAMP",
        "score_before": "DOUBLE",
        "value_before": "DOUBLE",
    },
    ("experiment", "customer_id"),
)

OUTCOMES = ExperimentTable(
    "experiment_outcomes",
    {
        "experiment": "VARCHAR",
        "customer_id": "VARCHAR",
        "measured_until": "TIMESTAMP",
        "reached": "BOOLEAN",
        "retained": "BOOLEAN",
        "repurchased": "BOOLEAN",
        "revenue": "DOUBLE",
        "cost": "DOUBLE",
    },
    ("experiment", "customer_id"),
)

EFFECTS = ExperimentTable(
    "experiment_effects",
    {
        "experiment": "VARCHAR",
        "measure": "VARCHAR",
        "segment": "VARCHAR",
        "treated": "INTEGER",
        "control": "INTEGER",
        "treated_mean": "DOUBLE",
        "control_mean": "DOUBLE",
        "estimate": "DOUBLE",
        "low": "DOUBLE",
        "high": "DOUBLE",
        "low_at_any_look": "DOUBLE",
        "high_at_any_look": "DOUBLE",
        "p_value": "DOUBLE",
        "verdict": "VARCHAR",
    },
    ("experiment", "measure", "segment"),
)

BALANCE = ExperimentTable(
    "experiment_balance",
    {
        "experiment": "VARCHAR",
        "name": "VARCHAR",
        "value": "VARCHAR",
        "treated": "DOUBLE",
        "control": "DOUBLE",
        "difference": "DOUBLE",
        "is_large": "BOOLEAN",
    },
    ("experiment", "name", "value"),
)

DECISIONS = ExperimentTable(
    "experiment_decisions",
    {
        "experiment": "VARCHAR",
        "playbook": "VARCHAR",
        "month": "VARCHAR",
        "assigned": "INTEGER",
        "measured": "INTEGER",
        "ratio_p_value": "DOUBLE",
        "margin_kept": "DOUBLE",
        "acquisition_avoided": "DOUBLE",
        "referrals": "DOUBLE",
        "variable_cost": "DOUBLE",
        "fixed_cost": "DOUBLE",
        "roi": "DOUBLE",
        "roi_low": "DOUBLE",
        "roi_high": "DOUBLE",
        "decision": "VARCHAR",
        "reason_en": "VARCHAR",
        "reason_zh": "VARCHAR",
    },
    ("experiment",),
)

TABLES = (ASSIGNMENTS, OUTCOMES, EFFECTS, BALANCE, DECISIONS)


def create(connection: Any) -> None:
    """Create the tables where they are missing."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for table in TABLES:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns.items())
        key = ", ".join(f'"{name}"' for name in table.key)
        connection.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{table.name} ({columns}, PRIMARY KEY ({key}))")


def add(connection: Any, table: ExperimentTable, rows: pd.DataFrame) -> int:
    """Add rows whose key is new, leaving all others as they are; give their number."""
    names = ", ".join(f'"{name}"' for name in table.columns)
    connection.register("_incoming", rows)
    try:
        done = connection.execute(
            f"INSERT INTO {SCHEMA}.{table.name} ({names}) SELECT {names} FROM _incoming ON CONFLICT DO NOTHING"
        )
        return int(done.fetchone()[0])
    finally:
        connection.unregister("_incoming")


def replace(connection: Any, experiment: str, tables: dict[ExperimentTable, pd.DataFrame]) -> None:
    """Write the rows of an experiment in place of those there, all tables at once or none."""
    with transaction(connection):
        for table, rows in tables.items():
            connection.execute(f"DELETE FROM {SCHEMA}.{table.name} WHERE experiment = ?", [experiment])
            add(connection, table, rows)


def rows_of(connection: Any, table: ExperimentTable, experiment: str | None = None) -> pd.DataFrame:
    """Read the rows of one experiment, or of all; empty where nothing was ever written."""
    import pandas as pd

    if not has(connection, table.name):
        return pd.DataFrame(columns=list(table.columns))
    names = ", ".join(f'"{name}"' for name in table.columns)
    everything = f"SELECT {names} FROM {SCHEMA}.{table.name}"
    if experiment is None:
        return connection.execute(f"{everything} ORDER BY ALL").df()
    return connection.execute(f"{everything} WHERE experiment = ? ORDER BY ALL", [experiment]).df()
