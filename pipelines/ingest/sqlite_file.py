"""Tables and queries of a SQLite file into the staging file; the source is opened for reading only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from pipelines.errors import ConfigError, DataError
from pipelines.ingest.cells import INTEGER, NUMBER, TEXT, Tagged, stage_all, stage_cells
from pipelines.ingest.headers import column_names
from pipelines.ingest.mapping import Reading
from pipelines.ingest.nearest import chosen_table
from pipelines.ingest.sql import identifier, select
from pipelines.ingest.staging import Staged, Staging

_BATCH_ROWS = 20_000


def stage_sqlite(source: Reading, files: list[Path], staging: Staging) -> Staged:
    """Unpack a table or the result of a query from each file.

    Raises
    ------
    DataError
        If a file is not a SQLite database.
    ConfigError
        If the table does not exist or the query is wrong.
    """
    tables = []
    for path in files:
        try:
            with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
                tables.append(_stage(database, source, path, staging))
        except sqlite3.DatabaseError as error:
            raise DataError(f"'{path}' cannot be read as SQLite: {error}", do="check the file and the query") from None
    return stage_all(tables, staging)


def _stage(database: sqlite3.Connection, source: Reading, path: Path, staging: Staging) -> str:
    origin = f"({source.query})" if source.query else identifier(_table(database, source.table, path))
    try:
        described = database.execute(select("*", f"{origin} LIMIT 0")).description
    except sqlite3.OperationalError as error:
        raise ConfigError(f"The query on '{path}' failed: {error}", allowed="one SELECT in SQLite's SQL") from None
    names = column_names([each[0] for each in described], path)
    # Cells are tagged by SQLite itself: a column may hold several types there.
    tagged = ", ".join(_tagged(identifier(each[0])) for each in described)
    return stage_cells(names, _rows(database, select(tagged, origin)), source, staging)


def _table(database: sqlite3.Connection, wanted: str | None, path: Path) -> str:
    listed = database.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'"
    )
    return chosen_table(wanted, [name for (name,) in listed], str(path))


def _tagged(column: str) -> str:
    return (
        f"CASE typeof({column}) WHEN 'integer' THEN '{INTEGER}' || {column} "
        f"WHEN 'real' THEN '{NUMBER}' || printf('%!.17g', {column}) "
        f"WHEN 'null' THEN NULL ELSE '{TEXT}' || CAST({column} AS TEXT) END"
    )


def _rows(database: sqlite3.Connection, query: str) -> Iterator[Tagged]:
    cursor = database.execute(query)
    while batch := cursor.fetchmany(_BATCH_ROWS):
        yield from batch
