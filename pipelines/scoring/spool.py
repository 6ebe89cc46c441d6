"""Rows put aside on disk while the connection is busy reading."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from pipelines.warehouse.duckdb_file import folder_of


@contextmanager
def spooled(connection: Any) -> Iterator[Spool]:
    """Open a place on disk, beside the database, in a file without a name: a kill leaves nothing of it."""
    with tempfile.TemporaryFile(dir=folder_of(connection)) as file:
        yield Spool(connection, file)


class Spool:
    """Arrow tables of one schema, in the order in which they are added.

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
        self._is_closed = False

    def add(self, table: Any) -> None:
        """Put a table aside."""
        import pyarrow as pa

        if self._writer is None:
            self._writer = pa.ipc.new_stream(self._file, table.schema)
        self._writer.write_table(table)

    def column(self, name: str) -> Any:
        """Give a column of all that was put aside as one Arrow array."""
        import pyarrow as pa

        chunks = [batch.column(name) for batch in self._batches()]
        return pa.chunked_array(chunks).combine_chunks()

    def bring(self, name: str, columns: Mapping[str, str], last: Any) -> None:
        """Make a temporary table of the connection from all that was put aside, an empty one from nothing.

        Parameters
        ----------
        name
            Name of the table.
        columns
            Its columns, as those of the tables and one more, with their types in DuckDB.
        last
            Values of that last column for all rows.
        """
        import pyarrow as pa

        typed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({typed})")
        if self._writer is None:
            return
        own = list(columns)[-1]
        schema = self._opened().schema.append(pa.field(own, pa.array(last[:0]).type))
        self._connection.register("_spooled", pa.RecordBatchReader.from_batches(schema, self._with(own, last)))
        try:
            self._connection.execute(f"INSERT INTO {name} FROM _spooled")
        finally:
            self._connection.unregister("_spooled")

    def _with(self, name: str, values: Any) -> Iterator[Any]:
        start = 0
        for batch in self._batches():
            yield batch.append_column(name, values[start : start + batch.num_rows])
            start += batch.num_rows

    def _batches(self) -> Iterator[Any]:
        yield from self._opened()

    def _opened(self) -> Any:
        """Read what was put aside from the beginning; nothing can be added any more."""
        import pyarrow as pa

        if not self._is_closed:  # Closing again would write once more, wherever the file stands.
            self._writer.close()
            self._is_closed = True
        self._file.seek(0)
        return pa.ipc.open_stream(self._file)
