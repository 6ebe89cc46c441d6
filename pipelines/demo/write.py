"""Parquet files that appear whole or not at all, written chunk by chunk."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq


class TableFiles:
    """Parquet files of one folder, one a table, each chunk a row group.

    The files are written under temporary names and renamed on a clean exit; after an error earlier files stay as they
    were.

    Parameters
    ----------
    folder
        Where the files go; created when missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, pq.ParquetWriter] = {}
        self.rows: dict[str, int] = {}

    def __enter__(self) -> TableFiles:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self

    def append(self, table: str, rows: pa.Table) -> None:
        """Add rows to a table's file."""
        if table not in self._writers:
            self._writers[table] = self._open(table, rows.schema)
        self._writers[table].write_table(rows, row_group_size=max(1, rows.num_rows))
        self.rows[table] = self.rows.get(table, 0) + rows.num_rows

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._writers.values():
            writer.close()
        for table in self._writers:
            if kind is None:
                os.replace(self._temporary(table), self._folder / f"{table}.parquet")
            else:
                self._temporary(table).unlink(missing_ok=True)

    def _open(self, table: str, schema: pa.Schema) -> pq.ParquetWriter:
        """Open a file; without the Arrow schema inside, dictionaries are read back as plain text."""
        words = [field.name for field in schema if pa.types.is_dictionary(field.type) or pa.types.is_string(field.type)]
        return pq.ParquetWriter(
            self._temporary(table),
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=words,
            store_schema=False,
        )

    def _temporary(self, table: str) -> Path:
        return self._folder / f".{table}.parquet.{os.getpid()}"
