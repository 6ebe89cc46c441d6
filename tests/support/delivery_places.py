"""One place of each kind to bring scores to, and what is there then, in the warehouse's own values."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from pipelines.destinations.contract import Table, tables

SCHEMA = f"churn scores {os.environ.get('PYTEST_XDIST_WORKER', '')}".strip()
"""Workers may share a server."""
CURRENT = "churn_scores_current"
Rows = list[tuple[Any, ...]]


class Place(ABC):
    """A destination and how a test looks into it.

    Parameters
    ----------
    kind
        Kind of destination.
    where
        Its ``path`` or ``url``, and its ``schema`` if it has one.
    """

    def __init__(self, kind: str, **where: str) -> None:
        self.settings = {"kind": kind, **where}

    def rows(self, table: str) -> Rows:
        """All rows of a table; the view of current scores has the columns of ``churn_scores``."""
        declared = {each.name: each for each in tables()}["churn_scores" if table == CURRENT else table]
        names = ", ".join(f'"{name}"' for name in declared.columns)
        return sorted((self.converted(row, declared) for row in self.query(names, table)), key=repr)

    def looked_into(self) -> AbstractContextManager[None]:
        """Read several tables in less time than each by itself."""
        return nullcontext()

    def current(self) -> set[str]:
        """Ids of the customers whose scores are current."""
        return {row[0] for row in self.rows(CURRENT)}

    def converted(self, row: tuple[Any, ...], table: Table) -> tuple[Any, ...]:
        """Give a row in the warehouse's values."""
        return row

    @abstractmethod
    def query(self, columns: str, table: str) -> Rows:
        """Read columns of a table."""

    @abstractmethod
    def set_version(self, version: int) -> None:
        """Pretend that a program of another version wrote there."""


class SqlitePlace(Place):
    def __init__(self, folder: Path) -> None:
        self._file = folder / "scores.sqlite"
        super().__init__("sqlite", path=str(self._file))

    def query(self, columns: str, table: str) -> Rows:
        with closing(sqlite3.connect(self._file)) as connection:
            return connection.execute(f"SELECT {columns} FROM {table}").fetchall()

    def converted(self, row: tuple[Any, ...], table: Table) -> tuple[Any, ...]:
        return tuple(
            datetime.fromisoformat(value) if kind == "TIMESTAMP" and value else value
            for value, kind in zip(row, table.columns.values(), strict=True)
        )

    def set_version(self, version: int) -> None:
        with closing(sqlite3.connect(self._file)) as connection, connection:
            connection.execute("UPDATE churn_schema_migrations SET version = ?", [version])


class DuckDBPlace(Place):
    def __init__(self, folder: Path) -> None:
        self._file = folder / "scores.duckdb"
        self._connection: duckdb.DuckDBPyConnection | None = None
        super().__init__("duckdb", path=str(self._file), schema=SCHEMA)

    def query(self, columns: str, table: str) -> Rows:
        if self._connection is None:
            with self.looked_into():
                return self.query(columns, table)
        return self._connection.execute(f'SELECT {columns} FROM "{SCHEMA}".{table}').fetchall()

    @contextmanager
    def looked_into(self) -> Iterator[None]:
        with duckdb.connect(str(self._file), read_only=True) as self._connection:
            self._connection.execute("SET TimeZone = 'Asia/Shanghai'")
            yield
        self._connection = None

    def set_version(self, version: int) -> None:
        with duckdb.connect(str(self._file)) as connection:
            connection.execute(f'UPDATE "{SCHEMA}".churn_schema_migrations SET version = ?', [version])


class FolderPlace(Place):
    def __init__(self, kind: str, folder: Path) -> None:
        self._folder = folder / kind
        super().__init__(kind, path=str(self._folder))

    def files(self, table: str) -> list[Path]:
        suffix = self.settings["kind"]
        alone = self._folder / f"{table}.{suffix}"
        return [alone] if alone.exists() else sorted((self._folder / table).glob(f"*.{suffix}"))

    def set_version(self, version: int) -> None:
        file = self._folder / "schema.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "version": version}))


class ParquetPlace(FolderPlace):
    def __init__(self, folder: Path) -> None:
        super().__init__("parquet", folder)

    def query(self, columns: str, table: str) -> Rows:
        found: Rows = []
        for file in self.files(table):
            found += duckdb.read_parquet(str(file)).project(columns).fetchall()
        return found


class CsvPlace(FolderPlace):
    def __init__(self, folder: Path) -> None:
        super().__init__("csv", folder)

    def query(self, columns: str, table: str) -> Rows:
        found: Rows = []
        for file in self.files(table):
            with file.open(encoding="utf-8", newline="") as lines:
                found += map(tuple, list(csv.reader(lines))[1:])
        return found

    def converted(self, row: tuple[Any, ...], table: Table) -> tuple[Any, ...]:
        return tuple(map(self._cell, row, table.columns.values(), table.columns))

    @staticmethod
    def _cell(text: str, kind: str, name: str) -> Any:
        # Python's reader does not tell an empty text from an empty cell; only ids and what is made of them are texts.
        if text == "" and not (kind == "VARCHAR" and name in ("customer_id", "value", "sentence_en", "reason")):
            return None
        if kind == "VARCHAR":
            return text[1:] if text[:1] == "'" else text
        read = {"TIMESTAMP": datetime.fromisoformat, "INTEGER": int, "DOUBLE": float}[kind]
        return read(text)  # type: ignore[operator]


class PostgresPlace(Place):
    def __init__(self, url: str) -> None:
        os.environ["CHURNLAB_TEST_PLACE"] = url
        self._url = url
        self.execute(f'DROP SCHEMA IF EXISTS "{SCHEMA}" CASCADE')
        super().__init__("postgres", url="${CHURNLAB_TEST_PLACE}", schema=SCHEMA)

    def query(self, columns: str, table: str) -> Rows:
        import psycopg

        with psycopg.connect(self._url) as connection:
            return connection.execute(f'SELECT {columns} FROM "{SCHEMA}".{table}'.encode()).fetchall()

    def set_version(self, version: int) -> None:
        self.execute(f'UPDATE "{SCHEMA}".churn_schema_migrations SET version = {version}')

    def execute(self, query: str) -> None:
        import psycopg

        with psycopg.connect(self._url) as connection:
            connection.execute(query.encode())


class MySQLPlace(Place):
    def __init__(self, url: str) -> None:
        os.environ["CHURNLAB_TEST_PLACE"] = url
        self._url = url
        self.execute(f"DROP DATABASE IF EXISTS `{SCHEMA}`")
        super().__init__("mysql", url="${CHURNLAB_TEST_PLACE}", schema=SCHEMA)

    def query(self, columns: str, table: str) -> Rows:
        names = columns.replace('"', "`")
        return self.execute(f"SELECT {names} FROM `{SCHEMA}`.{table}")

    def set_version(self, version: int) -> None:
        self.execute(f"UPDATE `{SCHEMA}`.churn_schema_migrations SET version = {version}")

    def execute(self, query: str) -> Rows:
        import pymysql

        parts = urlsplit(self._url)
        how = {"host": parts.hostname, "port": parts.port, "user": parts.username, "password": parts.password or ""}
        with pymysql.connect(**how, charset="utf8mb4", autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())


FILES: dict[str, Callable[[Path], Place]] = {
    "sqlite": SqlitePlace,
    "duckdb": DuckDBPlace,
    "parquet": ParquetPlace,
    "csv": CsvPlace,
}
SERVERS: dict[str, Callable[[str], Place]] = {"postgres": PostgresPlace, "mysql": MySQLPlace}


def place_of(kind: str, folder: Path, fixture: Callable[[str], str]) -> Place:
    """Make a place of a kind: in a folder, or on the server whose address a fixture gives."""
    return FILES[kind](folder) if kind in FILES else SERVERS[kind](fixture(f"{kind}_url"))


def held(place: Place) -> dict[str, Rows]:
    """Give all rows of all tables of a place."""
    return {table.name: place.rows(table.name) for table in tables()}
