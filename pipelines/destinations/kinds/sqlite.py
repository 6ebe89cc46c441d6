"""SQLite: a file that needs no server; times are texts, as SQLite's own functions read them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from pipelines.destinations.database import Database
from pipelines.destinations.destination import Lost, Part
from pipelines.destinations.statements import CURRENT_VIEW, Dialect
from pipelines.errors import ConnectionFailed
from pipelines.warehouse.sql import statement

_SECONDS_TO_WAIT = 5
_PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Sqlite(Database):
    """Tables of scores in a SQLite file."""

    place = "path"
    dialect = Dialect(
        types={
            "VARCHAR": "TEXT", "TIMESTAMP": "TEXT", "INTEGER": "INTEGER", "BIGINT": "INTEGER", "DOUBLE": "REAL",
            "BOOLEAN": "INTEGER", "DATE": "TEXT",
        },
        key_text="TEXT NOT NULL",
        same="IS",
        now="strftime('%Y-%m-%d %H:%M:%f', 'now')",
        new_view="CREATE VIEW",
        incoming="temp",
        table_end="WITHOUT ROWID",
    )  # fmt: skip
    _connection: sqlite3.Connection | None = None

    def open(self, *, read_only: bool) -> None:
        """Open the file; what is only compared is not created."""
        path = self.settings.path
        assert path is not None
        with self.errors():
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
            place = f"file:{quote(str(path.absolute()))}?mode={'ro' if read_only else 'rwc'}"
            if read_only and not path.exists():
                place = "file::memory:"
            self._connection = sqlite3.connect(place, uri=True, timeout=_SECONDS_TO_WAIT, isolation_level=None)
            self._withdrawn.clear()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    def run(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement."""
        assert self._connection is not None
        return self._connection.execute(query, [_value(value) for value in values]).fetchall()

    def undo(self) -> None:
        """Roll back; after some errors SQLite has."""
        with suppress(sqlite3.Error):
            self.run("ROLLBACK")

    def load(self, part: Part) -> None:
        """Insert the rows into a temporary table."""
        assert self._connection is not None
        table, into = part.table, self.sql.incoming(part.table)
        columns = f"({self.sql.columns(table)}, {self.sql.key(table)})"
        self.run(statement("CREATE TABLE IF NOT EXISTS", into, columns, "WITHOUT ROWID"))
        self.run(statement("DELETE FROM", into))
        marks = ", ".join("?" for _ in table.columns)
        rows = zip(*(map(_value, column.to_pylist()) for column in part.rows.columns), strict=True)
        self._connection.executemany(statement("INSERT INTO", into, f"VALUES ({marks})"), rows)

    def columns_of(self, table: str) -> set[str]:
        """Ask the schema of the file."""
        return {name for (name,) in self.run("SELECT name FROM pragma_table_info(?, 'main')", (table,))}

    def make_schema(self) -> None:
        """There is none; the view is made anew with the tables."""
        self.run(statement("DROP VIEW IF EXISTS", self.sql.placed(CURRENT_VIEW)))

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Tell a file that another program is writing from one that cannot be used."""
        try:
            yield
        except sqlite3.Error as error:
            path = self.settings.path
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING:
                raise Lost(f"{path} is in use by another program") from None
            raise ConnectionFailed(
                f"SQLite file {path} cannot be used: {error}", do="check the file, the rights and the space left there"
            ) from None


def _value(value: Any) -> Any:
    """Times as texts of one length, so that their order is that of the times."""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value
