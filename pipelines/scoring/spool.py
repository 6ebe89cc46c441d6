"""Rows put aside on disk while the connection is busy reading."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def spooled(connection: Any) -> Iterator[Spool]:
    """Open a place on disk, beside the database, in a file without a name: a kill leaves nothing of it."""
    with tempfile.TemporaryFile(dir=_folder(connection)) as file:
        yield Spool(connection, file)


class Spool:
    """Arrow tables of one schema.

    Parameters
    ----------
    connection
        DuckDB connection to which they are brought in the end.
    file
        Where they wait.
    """

    def __init__(self, connection: Any, file: IO[bytes]) -> None:
        self._connection, self._file = connection, file
        self._writer: Any = None

    def add(self, table: Any) -> None:
        """Put a table aside."""
        import pyarrow as pa

        if self._writer is None:
            self._writer = pa.ipc.new_stream(self._file, table.schema)
        self._writer.write_table(table)

    def bring(self, name: str, columns: Mapping[str, str]) -> None:
        """Make a temporary table of the connection from all that was put aside, an empty one from nothing.

        Parameters
        ----------
        name
            Name of the table.
        columns
            Its columns, as those of the tables, with their types in DuckDB.
        """
        import pyarrow as pa

        typed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({typed})")
        if self._writer is None:
            return
        self._writer.close()
        self._file.seek(0)
        self._connection.register("_spooled", pa.ipc.open_stream(self._file))
        try:
            self._connection.execute(f"INSERT INTO {name} FROM _spooled")
        finally:
            self._connection.unregister("_spooled")


def _folder(connection: Any) -> Path | None:
    """Give the folder of the database; none for one in memory."""
    row = connection.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchone()
    return None if row is None or row[0] is None else Path(row[0]).parent
