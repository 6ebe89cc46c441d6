"""Temporary tables of one computation: made in the backend, found by fixed names, gone when it ends."""

from __future__ import annotations

from itertools import count
from types import TracebackType
from typing import Any, Protocol

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
        if connection.name not in _MAKERS:
            raise UnsupportedOperationError(
                f"Signals cannot be computed on {connection.name}. Use one of {', '.join(_MAKERS)}."
            )
        self.backend = connection
        self._maker: _Maker = _MAKERS[connection.name](connection)
        self._tables: dict[str, None] = {}
        self._views: dict[str, None] = {}

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name in (*self._views, *self._tables):
            self.drop(name)

    def name(self, purpose: str) -> str:
        """Give a name that no other table has."""
        return f"churnlab_{next(_numbers)}_{purpose}"

    def keep(self, expression: ir.Table) -> ir.Table:
        """Materialise an expression over the user's tables."""
        self.backend._run_pre_execute_hooks(expression)  # Brings tables that live in memory.
        name = self.name("kept")
        self.put(name, self.compile(expression))
        return self.table(name)

    def compile(self, expression: ir.Table) -> str:
        """Give the SQL of an expression."""
        return str(self.backend.compile(expression))

    def put(self, name: str, query: str) -> None:
        """Materialise a query under a name, in place of what was there."""
        if name in self._tables:
            self.drop(name)
        self._maker.put(name, query)
        self._tables[name] = None

    def view(self, name: str, query: str) -> None:
        """Name a query, in place of what was there."""
        self._maker.view(name, query)
        self._views[name] = None

    def table(self, name: str) -> ir.Table:
        """Give the table or view of a name, to be read."""
        table: ir.Table = self.backend.table(name)
        return table

    def count(self, name: str) -> int:
        """Count the rows of a table."""
        return self.rows(self.table(name))

    def rows(self, table: ir.Table) -> int:
        """Count the rows of an expression."""
        return int(table.count().to_pyarrow().as_py())

    def drop(self, name: str) -> None:
        """Drop a table or view that was made here."""
        if name in self._views:
            del self._views[name]
            self._maker.drop_view(name)
        else:
            del self._tables[name]
            self._maker.drop_table(name)


class _Maker(Protocol):
    """Makes and drops the temporary tables and views of one kind of backend."""

    def put(self, name: str, query: str) -> None: ...

    def view(self, name: str, query: str) -> None: ...

    def drop_table(self, name: str) -> None: ...

    def drop_view(self, name: str) -> None: ...


class _DuckDBMaker:
    def __init__(self, backend: Any) -> None:
        self._run = backend.raw_sql
        self._texts: dict[str, str] = {}

    def put(self, name: str, query: str) -> None:
        self._run(f"CREATE TEMP TABLE {name} AS {query}")

    def view(self, name: str, query: str) -> None:
        # A view reads tables by their names, so that one whose text is the same need not be bound again.
        if self._texts.get(name) != query:
            self._run(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")
            self._texts[name] = query

    def drop_table(self, name: str) -> None:
        self._run(f"DROP TABLE IF EXISTS temp.{name}")

    def drop_view(self, name: str) -> None:
        self._texts.pop(name, None)
        self._run(f"DROP VIEW IF EXISTS temp.{name}")


class _SparkMaker:
    def __init__(self, backend: Any) -> None:
        self._run = backend.raw_sql

    def put(self, name: str, query: str) -> None:
        # A cached query would be read anew once a view beneath it is replaced; a checkpoint stays as it was.
        self._run(query).localCheckpoint(eager=True).createOrReplaceTempView(name)

    def view(self, name: str, query: str) -> None:
        self._run(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {query}")

    def drop_table(self, name: str) -> None:
        self.drop_view(name)

    def drop_view(self, name: str) -> None:
        self._run(f"DROP VIEW IF EXISTS {name}")


_MAKERS: dict[str, Any] = {"duckdb": _DuckDBMaker, "pyspark": _SparkMaker}
