"""Temporary tables of one computation: made in the backend, found by fixed names, gone when it ends."""

from __future__ import annotations

from itertools import count
from types import TracebackType
from typing import Any

from ibis.expr import types as ir

from features.errors import UnsupportedOperationError

_numbers = count()


class Store:
    """Temporary tables and views of a backend.

    Statements that are the same for every cutoff are compiled once and run by name, which is why tables here are
    replaced in place.

    Parameters
    ----------
    connection
        Ibis backend, DuckDB or PySpark.

    Attributes
    ----------
    backend
        The connection.

    Raises
    ------
    UnsupportedOperationError
        If the backend is another one.
    """

    def __init__(self, connection: Any) -> None:
        if connection.name not in _STATEMENTS:
            raise UnsupportedOperationError(
                f"Signals cannot be computed on {connection.name}. Backends: {', '.join(_STATEMENTS)}."
            )
        self.backend = connection
        self._statements = _STATEMENTS[connection.name]
        self._tables: dict[str, None] = {}
        self._views: dict[str, None] = {}
        self._kept: dict[str, Any] = {}

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in (*self._views, *self._tables, *self._kept):
            self.drop(name)

    def name(self, purpose: str) -> str:
        """Give a name that no other table has."""
        return f"churnlab_{next(_numbers)}_{purpose}"

    def keep(self, expression: ir.Table) -> ir.Table:
        """Materialise an expression over the user's tables."""
        kept = expression.cache()
        self._kept[kept.op().name] = kept
        return kept

    def compile(self, expression: ir.Table) -> str:
        """Give the SQL of an expression."""
        return str(self.backend.compile(expression))

    def put(self, name: str, query: str) -> None:
        """Materialise a query under a name, in place of what was there."""
        if name in self._tables:
            self.drop(name)
        self._run("table", name, query)
        self._tables[name] = None

    def view(self, name: str, query: str) -> None:
        """Name a query, in place of what was there."""
        self._run("view", name, query)
        self._views[name] = None

    def table(self, name: str) -> ir.Table:
        """Give the table or view of a name, to be read."""
        table: ir.Table = self.backend.table(name)
        return table

    def count(self, name: str) -> int:
        """Count the rows of a table."""
        return int(self.table(name).count().to_pyarrow().as_py())

    def drop(self, name: str) -> None:
        """Drop a table or view that was made here."""
        if name in self._kept:
            self._kept.pop(name).release()
            return
        made = self._views if name in self._views else self._tables
        del made[name]
        self._run("drop view" if made is self._views else "drop table", name, "")

    def _run(self, statement: str, name: str, query: str) -> None:
        for text in self._statements[statement]:
            self.backend.raw_sql(text.format(name=name, query=query))


_STATEMENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "duckdb": {
        "table": ("CREATE TEMP TABLE {name} AS {query}",),
        "view": ("CREATE OR REPLACE TEMP VIEW {name} AS {query}",),
        "drop table": ("DROP TABLE IF EXISTS temp.{name}",),
        "drop view": ("DROP VIEW IF EXISTS temp.{name}",),
    },
    "pyspark": {
        "table": ("CACHE TABLE {name} AS {query}",),
        "view": ("CREATE OR REPLACE TEMPORARY VIEW {name} AS {query}",),
        "drop table": ("UNCACHE TABLE IF EXISTS {name}", "DROP VIEW IF EXISTS {name}"),
        "drop view": ("DROP VIEW IF EXISTS {name}",),
    },
}
