"""The mart as a viewer may see it: opened for reading only, cut by owner in SQL.

The file that is there is opened once for all pages, and each page asks through a connection of its own; the job puts a
new file in its place, so that neither ever waits for the other. What is asked of all customers together is kept until
the file changes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from pipelines.dashboard.access import Viewer
from pipelines.errors import NotReady
from pipelines.mart.build import FILE
from pipelines.mart.columns import MartTable
from pipelines.mart.tables import SCHEMA, TABLES
from pipelines.warehouse.sql import identifier, statement, text_literal

MEMORY = "1GB"
MOST_KEPT = 500
"""Answers that are kept for a mart; the longest unused go first."""
_FILE = "mart_file"
_OWN = "WHERE owner = getvariable('owner')"
_OF_OWN = "SEMI JOIN (SELECT customer_id FROM mart_file.churn_mart.dim_customer WHERE owner = getvariable('owner'))"
Rows = list[dict[str, Any]]


@dataclass
class Opened:
    """A mart that is open: for managers or for owners, as of a version of the file, with the answers that are kept."""

    connection: duckdb.DuckDBPyConnection
    version: tuple[int, int]
    lock: Lock = field(default_factory=Lock)
    kept: OrderedDict[tuple[str | None, str, str], Rows] = field(default_factory=OrderedDict)

    def keep(self, key: tuple[str | None, str, str], rows: Rows) -> None:
        """Keep an answer, and let the longest unused go where there are too many."""
        with self.lock:
            self.kept[key] = rows
            while len(self.kept) > MOST_KEPT:
                self.kept.popitem(last=False)

    def known(self, key: tuple[str | None, str, str]) -> Rows | None:
        """Give an answer that is kept."""
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
            return self.kept.get(key)


class Mart:
    """A mart as one viewer sees it; its tables are views that show what the viewer may see.

    Parameters
    ----------
    opened
        The open file.
    owner
        Account owner whose customers are shown; ``None``: everyone's.
    """

    def __init__(self, opened: Opened, owner: str | None) -> None:
        self.connection = opened.connection.cursor()
        self.connection.execute("SET VARIABLE owner = ?", [owner])
        self._opened, self._owner = opened, owner

    def rows(self, query: str, parameters: Any = ()) -> Rows:
        """Give what a query finds, each row by the names of its columns."""
        found = self.connection.execute(query, parameters)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def row(self, query: str, parameters: Any = ()) -> dict[str, Any]:
        """Give the first row that a query finds; empty where there is none."""
        return next(iter(self.rows(query, parameters)), {})

    def summary(self, query: str, parameters: Any = ()) -> Rows:
        """Give a few rows about many customers; asked again, the answer is that of before until the mart is another."""
        key = (self._owner, query, repr(parameters))
        rows = self._opened.known(key)
        if rows is None:
            rows = self.rows(query, parameters)
            self._opened.keep(key, rows)
        return [dict(row) for row in rows]

    def has(self, table: str) -> bool:
        """Whether the mart holds a table."""
        query = "SELECT count(*) AS there FROM duckdb_views() WHERE schema_name = 'main' AND view_name = ?"
        return bool(self.row(query, [table])["there"])


_OPEN: dict[tuple[Path, bool], Opened] = {}
_OPENING = Lock()


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
    mart = Mart(_newest(home, viewer.owner is not None), viewer.owner)
    try:
        yield mart
    finally:
        mart.connection.close()


def _newest(home: Path, own_only: bool) -> Opened:
    """Give the file that is there, opened for all pages; one that it has replaced is let go when its last page ends."""
    path = home / FILE
    if not path.is_file():
        raise NotReady(f"There is no mart {path} yet", do=f"run: churnlab run -p {home.name}")
    with _OPENING:
        version, found = version_of(home), _OPEN.get((home, own_only))
        if found is None or found.version != version:
            # The one before is not closed here: pages that are being drawn go on asking it.
            found = _OPEN[home, own_only] = Opened(_connected(path, own_only), version)
        return found


def _connected(path: Path, own_only: bool) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"memory_limit": MEMORY})
    try:
        _attach(connection, path)
        for table in _tables_in_file(connection, path):
            _show(connection, table, own_only)
        connection.execute("SET enable_external_access = false")
    except BaseException:
        connection.close()
        raise
    return connection


def version_of(home: Path) -> tuple[int, int]:
    """Give what tells one mart from the next: the file and when it was written; zeros where there is none."""
    try:
        found = (home / FILE).stat()
    except OSError:
        return (0, 0)
    return (found.st_ino, found.st_mtime_ns)


def _attach(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    try:
        connection.execute(statement("ATTACH", text_literal(str(path)), "AS", _FILE, "(READ_ONLY)"))
    except duckdb.Error as error:
        raise NotReady(f"{path} is no mart that can be read", do=f"run: churnlab mart -p {path.parent.name}") from error


def _tables_in_file(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[MartTable, ...]:
    query = "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = ?"
    there = set(connection.execute(query, [_FILE, SCHEMA]).fetchall())
    if not there.issuperset((table.name, column.name) for table in TABLES for column in table.columns):
        raise NotReady(f"{path} was written by an older ChurnLab", do=f"run: churnlab mart -p {path.parent.name}")
    return TABLES


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
