"""One source of any format into the staging file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines.errors import DataError
from pipelines.ingest.delimited import stage_delimited
from pipelines.ingest.duckdb_file import stage_duckdb
from pipelines.ingest.files import find, format_of, label
from pipelines.ingest.mapping import Format, Reading
from pipelines.ingest.parquet import stage_parquet
from pipelines.ingest.postgres import stage_postgres
from pipelines.ingest.sqlite_file import stage_sqlite
from pipelines.ingest.staging import Staged, Staging
from pipelines.ingest.workbook import stage_workbook

_READERS: dict[Format, Callable[[Reading, list[Path], Staging], Staged]] = {
    "csv": stage_delimited,
    "parquet": stage_parquet,
    "excel": stage_workbook,
    "duckdb": stage_duckdb,
    "sqlite": stage_sqlite,
}


def stage(source: Reading, root: Path, staging: Staging) -> Staged:
    """Unpack a source.

    Parameters
    ----------
    source
        From the mapping.
    root
        Folder to which its path is relative.
    staging
        Where to.

    Raises
    ------
    DataError
        If it cannot be read or holds no row.
    """
    try:
        staged = _unpacked(source, root, staging)
    except OSError as error:
        raise DataError(
            f"{label(source)} cannot be read: {error}", do="check the file, its rights and the disk"
        ) from None
    if staged.rows + len(staged.unsplit) == 0:
        raise DataError(
            f"{label(source)} has no rows", allowed="at least one row below the header", do="export it again"
        )
    return staged


def _unpacked(source: Reading, root: Path, staging: Staging) -> Staged:
    if source.url is not None:
        return stage_postgres(source, staging)
    files = find(source, root)
    return _READERS[format_of(source, files)](source, files, staging)
