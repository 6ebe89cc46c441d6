"""The result tables of measures in the warehouse: replaced whole, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipelines.errors import NotReady
from pipelines.warehouse.duckdb_file import transaction
from pipelines.warehouse.sql import identifier, statement

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "business"


def replace_tables(connection: Any, frames: Mapping[str, pd.DataFrame]) -> None:
    """Write frames as tables of the schema ``business``; all of them or, where one fails, none.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse, open for writing.
    frames
        Table name to frame.
    """
    with transaction(connection):
        connection.execute(statement("CREATE SCHEMA IF NOT EXISTS", identifier(SCHEMA)))
        for name, frame in frames.items():
            connection.register("_incoming", frame)
            connection.execute(statement("CREATE OR REPLACE TABLE", identifier(SCHEMA, name), "AS FROM _incoming"))
            connection.unregister("_incoming")


def has_table(connection: Any, name: str) -> bool:
    """Whether a table of measures has been written."""
    found = connection.execute("SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?", [SCHEMA, name])
    return found.fetchone() is not None


def read_table(connection: Any, name: str, where: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Read rows of a table of measures.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse.
    name
        The table.
    where
        Column to the value that it must have.

    Raises
    ------
    NotReady
        If it has not been written yet.
    """
    if not has_table(connection, name):
        raise NotReady(f"There is no table {SCHEMA}.{name} yet", do="run: churnlab measures")
    conditions = [f"{identifier(column)} = ?" for column in where or {}]
    clause = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    text = statement("SELECT * FROM", identifier(SCHEMA, name), clause)
    return connection.execute(text, list((where or {}).values())).df()
