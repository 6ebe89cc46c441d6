"""The mart as a viewer may see it: opened for reading only, for the time of a page, cut by owner in SQL.

A page opens the file that is there; the job puts a new one in its place, so that neither ever waits for the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.dashboard.access import Viewer
from pipelines.errors import NotReady
from pipelines.mart.build import FILE
from pipelines.mart.columns import MartTable
from pipelines.mart.tables import SCHEMA, TABLES
from pipelines.warehouse.sql import identifier, statement, text_literal

MEMORY = "1GB"
_FILE = "mart_file"
_OWN = "WHERE owner = getvariable('owner')"
_OF_OWN = "SEMI JOIN (SELECT customer_id FROM mart_file.churn_mart.dim_customer WHERE owner = getvariable('owner'))"


class Mart:
    """An open mart; its tables are views that show what the viewer may see.

    Parameters
    ----------
    connection
        DuckDB connection of its own.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def rows(self, query: str, parameters: Any = ()) -> list[dict[str, Any]]:
        """Give what a query finds, each row by the names of its columns."""
        found = self.connection.execute(query, parameters)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def row(self, query: str, parameters: Any = ()) -> dict[str, Any]:
        """Give the first row that a query finds; empty where there is none."""
        return next(iter(self.rows(query, parameters)), {})

    def has(self, table: str) -> bool:
        """Whether the mart holds a table."""
        query = "SELECT count(*) AS there FROM duckdb_views() WHERE schema_name = 'main' AND view_name = ?"
        return bool(self.row(query, [table])["there"])


@contextmanager
def opened(home: Path, viewer: Viewer) -> Iterator[Mart]:
    """Open a project's mart for a viewer.

    Parameters
    ----------
    home
        The project's folder.
    viewer
        Who looks: with an owner, every table that tells of customers shows that owner's alone.

    Raises
    ------
    NotReady
        If there is no mart yet, or it is of an older version.
    """
    path = home / FILE
    if not path.is_file():
        raise NotReady(f"There is no mart {path} yet", do=f"run: churnlab run -p {home.name}")
    connection = duckdb.connect(config={"memory_limit": MEMORY})
    try:
        _attach(connection, path)
        connection.execute("SET VARIABLE owner = ?", [viewer.owner])
        for table in _tables_in_file(connection):
            _show(connection, table, viewer.owner is not None)
        connection.execute("SET enable_external_access = false")
        yield Mart(connection)
    finally:
        connection.close()


def version_of(home: Path) -> tuple[int, int]:
    """Give what tells one mart from the next: the file and when it was written; zeros where there is none."""
    try:
        found = (home / FILE).stat()
    except OSError:
        return (0, 0)
    return (found.st_ino, found.st_mtime_ns)


def written_at(home: Path) -> datetime:
    """Give when the mart was written, in local time."""
    return datetime.fromtimestamp((home / FILE).stat().st_mtime)


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    try:
        connection.execute(statement("ATTACH", text_literal(str(path)), "AS", _FILE, "(READ_ONLY)"))
    except duckdb.Error as error:
        raise NotReady(f"{path} is no mart that can be read", do=f"run: churnlab mart -p {path.parent.name}") from error


def _tables_in_file(connection: duckdb.DuckDBPyConnection) -> list[MartTable]:
    query = "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = ?"
    there = {name for (name,) in connection.execute(query, [_FILE, SCHEMA]).fetchall()}
    return [table for table in TABLES if table.name in there]


def _show(connection: duckdb.DuckDBPyConnection, table: MartTable, own_only: bool) -> None:
    """Make the view of a table; nothing that tells of another owner's customers gets into it."""
    names = {column.name for column in table.columns}
    cut = ""
    if own_only and "owner" in names:
        cut = _OWN
    elif own_only and "customer_id" in names:
        cut = statement(_OF_OWN, "USING (customer_id)")
    source = identifier(_FILE, SCHEMA, table.name)
    connection.execute(statement("CREATE VIEW", identifier(table.name), "AS FROM", source, cut))
