"""Tables and queries of another DuckDB file into the staging file; the source is opened for reading only."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb

from pipelines.errors import ConfigError, DataError
from pipelines.ingest.mapping import Reading
from pipelines.ingest.nearest import chosen_table
from pipelines.ingest.sql import first_line, identifier
from pipelines.ingest.staging import Staged, Staging

_BATCH_ROWS = 100_000


def stage_duckdb(source: Reading, files: list[Path], staging: Staging) -> Staged:
    """Unpack a table or the result of a query.

    Raises
    ------
    DataError
        If the file is not a DuckDB database or is in use.
    ConfigError
        If several files are named, the table does not exist or the query is wrong.
    """
    if len(files) > 1:
        raise ConfigError(f"'{source.path}' names {len(files)} DuckDB files", allowed="one database a source")
    with closing(_opened(files[0])) as database:
        relation = _relation(database, source, files[0])
        table = staging.new_name()
        try:
            staging.connection.from_arrow(relation.to_arrow_reader(_BATCH_ROWS)).create(table)
        except duckdb.Error as error:
            raise DataError(f"Reading '{files[0]}' failed: {first_line(error)}") from None
    return staging.staged(table)


def _opened(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise DataError(
            f"'{path}' cannot be opened as a DuckDB database: {first_line(error)}",
            allowed="a whole DuckDB file that no other program is writing, and not the project's own warehouse",
            do="close the other program or copy the file",
        ) from None


def _relation(database: duckdb.DuckDBPyConnection, source: Reading, path: Path) -> duckdb.DuckDBPyRelation:
    try:
        if source.query:
            return database.sql(source.query)
        listed = database.execute("SELECT table_catalog, table_schema, table_name FROM information_schema.tables")
        places = {(row[2] if row[1] == "main" else f"{row[1]}.{row[2]}"): row for row in listed.fetchall()}
        place = places[chosen_table(source.table, list(places), str(path))]
        return database.table(".".join(identifier(part) for part in place))
    except duckdb.Error as error:
        raise ConfigError(
            f"The query on '{path}' failed: {first_line(error)}", allowed="one SELECT in DuckDB SQL"
        ) from None
