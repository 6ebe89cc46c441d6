"""What the mart is built from, seen through views that have every column: one that an older file lacks is empty."""

from __future__ import annotations

from typing import Any

from features.tables import TABLES
from pipelines.business.book import COHORTS, FLOWS, MOVEMENTS, NODES, RATES, REASONS, SEGMENTS, SURVIVAL, YARDSTICKS
from pipelines.business.tables import SCHEMA as BUSINESS
from pipelines.warehouse.actions import SCHEMA as ACTIONS
from pipelines.warehouse.actions import TABLES as ACTION_TABLES
from pipelines.warehouse.experiments import TABLES as EXPERIMENT_TABLES
from pipelines.warehouse.outbox import COLUMNS as OUTBOX
from pipelines.warehouse.scores import SCHEMA as SCORES
from pipelines.warehouse.scores import TABLES as SCORE_TABLES
from pipelines.warehouse.sql import identifier, statement

TYPES = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
}


PERIODS = {
    "period": "VARCHAR",
    "starts_at": "TIMESTAMP",
    "ends_at": "TIMESTAMP",
    "segmentation": "VARCHAR",
    "segment": "VARCHAR",
}
MEASURED = {
    **PERIODS,
    "measure": "VARCHAR",
    "value": "DOUBLE",
    "low": "DOUBLE",
    "high": "DOUBLE",
    "count": "BIGINT",
    "verdict": "VARCHAR",
}
BESIDE = {
    **MEASURED,
    "yardstick_low": "DOUBLE",
    "yardstick_high": "DOUBLE",
    "standing": "VARCHAR",
    "yardstick": "VARCHAR",
}
FLOWING = {
    **PERIODS,
    **{f"customers_{name}": "DOUBLE" for name in ("opening", "new", "returned", "lost", "closing")},
    **{
        f"revenue_{name}": "DOUBLE"
        for name in ("opening", "new", "returned", "expansion", "contraction", "lost", "closing")
    },
}
_SHARE = {"share": "DOUBLE", "low": "DOUBLE", "high": "DOUBLE"}
COHORT = {
    "cohort": "VARCHAR",
    "age": "INTEGER",
    "period": "VARCHAR",
    "customers": "BIGINT",
    "retained": "BIGINT",
    **_SHARE,
    "verdict": "VARCHAR",
}
STAYING = {
    "segmentation": "VARCHAR",
    "segment": "VARCHAR",
    "month": "INTEGER",
    "survival": "DOUBLE",
    "low": "DOUBLE",
    "high": "DOUBLE",
    "customers": "BIGINT",
}
NODE = {
    "node": "VARCHAR",
    "from_day": "INTEGER",
    "to_day": "INTEGER",
    **dict.fromkeys(("left", "rate", "rate_else", "ratio", "low", "high"), "DOUBLE"),
}
LEAVING = {"period": "VARCHAR", "reason": "VARCHAR", "source": "VARCHAR", "customers": "BIGINT", **_SHARE}
SEGMENT = dict.fromkeys(("customer_id", "rfm_class", "lifecycle_stage", "tier"), "VARCHAR")
MOVEMENT = {
    **dict.fromkeys(("period", "segmentation", "segment_from", "segment_to"), "VARCHAR"),
    "customers": "BIGINT",
    "share": "DOUBLE",
}
BUSINESS_TABLES = {
    SEGMENTS: SEGMENT,
    MOVEMENTS: MOVEMENT,
    RATES: MEASURED,
    YARDSTICKS: BESIDE,
    FLOWS: FLOWING,
    COHORTS: COHORT,
    SURVIVAL: STAYING,
    NODES: NODE,
    REASONS: LEAVING,
}


def seen(connection: Any, accepted: dict[str, Any]) -> None:
    """Make a temporary view `from_NAME` of each table that the mart reads.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse.
    accepted
        The artifact of that name.
    """
    for table in SCORE_TABLES:
        _view(connection, SCORES, table.name, table.columns)
    for name, columns in BUSINESS_TABLES.items():
        _view(connection, BUSINESS, name, columns)
    for name, kinds in ACTION_TABLES.items():
        _view(connection, ACTIONS, name, dict(kinds))
    _view(connection, ACTIONS, "outbox", dict(OUTBOX))
    for ledger in EXPERIMENT_TABLES:
        _view(connection, ACTIONS, ledger.name, ledger.columns)
    for canonical in TABLES.values():
        columns = {column.name: TYPES[column.type] for column in canonical.all_columns}
        there = canonical.name in accepted.get("tables", {})
        _view(connection, accepted["schema"] if there else "", canonical.name, columns)


def _view(connection: Any, schema: str, table: str, columns: dict[str, str]) -> None:
    there = _columns(connection, schema, table)
    chosen = ", ".join(
        f"CAST({identifier(name) if name in there else 'NULL'} AS {kind}) AS {identifier(name)}"
        for name, kind in columns.items()
    )
    source = statement("FROM", identifier(schema, table)) if there else "WHERE false"
    view = identifier(f"from_{table}")
    connection.execute(statement("CREATE OR REPLACE TEMP VIEW", view, "AS SELECT", chosen, source))


def _columns(connection: Any, schema: str, table: str) -> set[str]:
    found = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = ? "
        "AND table_name = ?",
        [schema, table],
    )
    return {name for (name,) in found.fetchall()}
