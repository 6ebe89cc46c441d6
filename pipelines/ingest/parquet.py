"""Parquet into the staging file, with its own types."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.errors import DataError
from pipelines.ingest.mapping import Reading
from pipelines.ingest.sql import first_line
from pipelines.ingest.staging import Staged, Staging


def stage_parquet(source: Reading, files: list[Path], staging: Staging) -> Staged:
    """Unpack Parquet files, joined by the names of their columns.

    Raises
    ------
    DataError
        If a file is empty, truncated or not Parquet.
    """
    for path in files:
        _check(path, staging)
    table = staging.new_name()
    try:
        staging.connection.read_parquet([str(path) for path in files], union_by_name=True).create(table)
    except duckdb.Error as error:
        raise _unreadable(source.path or "", error) from None
    return staging.staged(table)


def _check(path: Path, staging: Staging) -> None:
    """Read a file's footer, so that the damaged one of many is named."""
    try:
        staging.connection.read_parquet(str(path))
    except duckdb.Error as error:
        raise _unreadable(str(path), error) from None


def _unreadable(path: str, error: duckdb.Error) -> DataError:
    return DataError(
        f"'{path}' cannot be read as Parquet: {first_line(error)}",
        do="it is damaged or cut off, or not Parquet: copy or export it again",
    )
