"""Canonical tables from a folder of files or a warehouse, and the signals of who is a customer, in batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd

from features.tables import KNOWN_AT, TABLES, Column, Table
from pipelines.errors import DataError
from pipelines.exported.signal_files import BATCH_ROWS
from pipelines.exported.spool import opened
from pipelines.warehouse.sql import identifier, statement, text_literal

if TYPE_CHECKING:
    from features.declared import SignalColumn

SCHEMA = "accepted"
SQL_TYPES = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
}


def table_batches(
    place: Path, manifest: Mapping[str, Any], known: Mapping[str, SignalColumn], as_of: datetime, scratch: Path
) -> Iterator[pd.DataFrame]:
    """Compute the signals of everyone who is a customer at an instant, by the code that training uses.

    Parameters
    ----------
    place
        Folder with a Parquet or CSV file a canonical table, or a DuckDB file with the schema ``accepted``.
    manifest
        Of the export.
    known
        Declared signal columns by name.
    as_of
        The instant; nothing known at or after it is used.
    scratch
        Folder for what does not fit into memory.

    Yields
    ------
    pandas.DataFrame
        ``customer_id``, ``as_of`` and the model's signals.

    Raises
    ------
    DataError
        If a table or column is missing, unknown or unreadable, or a signal is defined otherwise than in training.
    """
    import ibis

    from pipelines.standing import Standing

    try:
        with closing(_opened(place, scratch)) as connection:
            _bring(connection, place, manifest)
            engine = ibis.duckdb.from_connection(connection)
            tables = {name: engine.table(name, database=("temp", "main")) for name in manifest["tables"]}
            standing = Standing.over(engine, tables, manifest, known)
            signals = standing.signals(standing.customers(as_of), [as_of])[as_of]
            for batch in engine.to_pyarrow_batches(signals, chunk_size=BATCH_ROWS):
                frame = batch.to_pandas()
                if len(frame):
                    yield frame.assign(customer_id=frame["customer_id"].astype(str), as_of=as_of)
    except duckdb.Error as error:
        raise _unreadable(place, error) from error


def _opened(place: Path, scratch: Path) -> duckdb.DuckDBPyConnection:
    """Open a warehouse for reading, or a database of one's own for files."""
    connection = opened(place, read_only=True) if place.is_file() else opened(scratch / "tables.duckdb")
    connection.execute(statement("SET temp_directory =", text_literal(str(scratch / "spilled"))))
    return connection


def _bring(connection: duckdb.DuckDBPyConnection, place: Path, manifest: Mapping[str, Any]) -> None:
    """Make a view of each table that the model needs."""
    found = _in_warehouse(connection) if place.is_file() else _in_folder(connection, place)
    absent = [name for name in manifest["tables"] if name not in found]
    if absent:
        raise DataError(
            f"{place} lacks the tables {', '.join(absent)}",
            allowed=f"{', '.join(manifest['tables'])}, which the model learnt from",
            do="bring them as NAME.parquet or NAME.csv, empty ones too",
        )
    for name in manifest["tables"]:
        _view(connection, place, TABLES[name], found[name])


def _in_warehouse(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    rows = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", [SCHEMA]
    ).fetchall()
    return {name: identifier(SCHEMA, name) for (name,) in rows}


def _in_folder(connection: duckdb.DuckDBPyConnection, place: Path) -> dict[str, str]:
    if not place.is_dir():
        raise DataError(f"{place} is not there", allowed="a folder of tables, or a DuckDB file", do="correct --tables")
    found = {}
    for name in TABLES:
        files = [place / f"{name}.{ending}" for ending in ("parquet", "csv") if (place / f"{name}.{ending}").is_file()]
        if len(files) > 1:
            raise DataError(f"{place} holds {name} twice, as Parquet and as CSV", do="leave one of them out")
        if files:
            found[name] = _read(connection, files[0], name)
    return found


def _read(connection: duckdb.DuckDBPyConnection, file: Path, name: str) -> str:
    """Name the rows of a file; texts of a CSV are turned into the table's types by the view over them."""
    try:
        rows = (
            connection.read_parquet(str(file))
            if file.suffix == ".parquet"
            else connection.read_csv(str(file), all_varchar=True, header=True)
        )
        rows.create_view(f"brought_{name}")
    except duckdb.Error as error:
        raise _unreadable(file, error) from error
    return f"brought_{name}"


def _view(connection: duckdb.DuckDBPyConnection, place: Path, table: Table, origin: str) -> None:
    """Name the canonical columns of a table in their types; those that are not required may be missing."""
    there = {row[0] for row in connection.execute(statement("DESCRIBE", origin)).fetchall()}
    _check_columns(place, table, there)
    columns = ", ".join(_column(table, column, there) for column in table.all_columns)
    connection.execute(statement("CREATE TEMP VIEW", identifier(table.name), "AS SELECT", columns, "FROM", origin))


def _column(table: Table, column: Column, there: set[str]) -> str:
    """Read a column; what has no time of knowledge was known when it happened, what is missing is null."""
    origin = table.happened_at if column.name == KNOWN_AT and KNOWN_AT not in there else column.name
    value = identifier(origin) if origin in there else "NULL"
    return f"CAST({value} AS {SQL_TYPES[column.type]}) AS {identifier(column.name)}"


def _check_columns(place: Path, table: Table, there: set[str]) -> None:
    absent = [name for name in (*table.required, table.happened_at) if name not in there]
    unknown = sorted(name for name in there if name not in table)
    if absent or unknown:
        said = f"lacks {', '.join(absent)}" if absent else f"has the unknown columns {', '.join(unknown[:5])}"
        raise DataError(
            f"{place}: the table {table.name} {said}",
            allowed=", ".join(column.name for column in table.all_columns),
            do="bring the canonical tables, as churnlab validate leaves them in warehouse.duckdb",
        )


def _unreadable(place: Path, error: duckdb.Error) -> DataError:
    return DataError(
        f"{place} cannot be read: {str(error).strip().splitlines()[0]}",
        allowed="canonical tables as Parquet, CSV (UTF-8, with a header) or the schema accepted of a DuckDB file",
        do="correct it, and run again",
    )
