"""DuckDB: a file of its own, apart from the project's warehouse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pipelines.destinations.database import Database
from pipelines.destinations.destination import Lost, Part
from pipelines.destinations.statements import Dialect
from pipelines.errors import ConnectionFailed
from pipelines.warehouse.sql import statement

_TYPES = ("VARCHAR", "TIMESTAMP", "INTEGER", "BIGINT", "DOUBLE", "BOOLEAN", "DATE")
_MEMORY = "600MB"


class DuckDB(Database):
    """Tables of scores in a DuckDB file.

    They have no primary key: its index would hold every key in memory. Rows of a key are told apart by what is written,
    and one process alone can write the file.
    """

    place = "path"
    has_schema = True
    dialect = Dialect(
        types={kind: kind for kind in _TYPES},
        key_text="VARCHAR",
        same="IS NOT DISTINCT FROM",
        # Independent of the reader's time zone, which now()::TIMESTAMP is not.
        now="make_timestamp(epoch_us(now()))",
        on_conflict=None,
        comments="apart",
    )
    _connection: Any = None

    def open(self, *, read_only: bool) -> None:
        """Open the file; what is only compared is not created."""
        import duckdb

        path = self.settings.path
        assert path is not None
        with self.errors():
            if read_only and not path.exists():
                self._connection = duckdb.connect()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._connection = duckdb.connect(str(path), read_only=read_only, config={"memory_limit": _MEMORY})
            self._withdrawn.clear()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    def run(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement."""
        found: list[tuple[Any, ...]] = self._connection.execute(query, list(values)).fetchall()
        return found

    def load(self, part: Part) -> None:
        """Show the rows to DuckDB where they are."""
        self._connection.register(f"incoming_{part.table.name}", part.rows)

    def merge(self, part: Part) -> None:
        """Change the rows that differ, and insert those that are new."""
        self.run(self.sql.merge(part), self.sql.bounds(part))

    def columns_of(self, table: str) -> set[str]:
        """Ask the catalogue."""
        found = self.run(
            "SELECT column_name FROM duckdb_columns() "
            "WHERE database_name = current_database() AND schema_name = ? AND table_name = ?",
            (self.schema, table),
        )
        return {name for (name,) in found}

    def make_schema(self) -> None:
        """Create the schema."""
        self.run(statement("CREATE SCHEMA IF NOT EXISTS", self.sql.name(self.schema)))

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Tell a file that another process has open from one that cannot be used."""
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            line = str(error).strip().split("\n")[0]
            if isinstance(error, duckdb.IOException) and "Could not set lock on file" in line:
                raise Lost(f"{self.settings.path} is in use by another program") from None
            raise ConnectionFailed(
                f"DuckDB file {self.settings.path} cannot be used: {line}",
                do="check the file, the rights and the space left there",
            ) from None
