"""The project's own warehouse: one DuckDB file, opened with bounded memory and clear errors."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import ConnectionFailed, NotReady
from pipelines.warehouse.sql import statement, text_literal

FILE = "warehouse.duckdb"
MEMORY_BYTES = 2_000_000_000
"""What DuckDB may hold in memory, so that a stage of many customers stays below 3 GB with Python, the libraries and
what DuckDB does not count; the rest goes to a folder that DuckDB makes beside the file."""
BATCH_BYTES = 300_000_000
"""What DuckDB may hold while batches of customers are scored, so that it takes below 1.5 GB; telling why takes more."""
_SHARE_OF_DEFAULT = 0.6
"""DuckDB would take four fifths of the machine's memory, or of the container's; this leaves it less than half."""

PATIENCE_S = 5.0
"""How long a writer waits for readers to close the file: DuckDB lets nobody write while somebody reads."""
_POLL_S = 0.1
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema ="


class InUse(ConnectionFailed):
    """Another process has the file: nothing is wrong with it."""


@contextmanager
def warehouse(home: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse of a project.

    Parameters
    ----------
    home
        The project's folder.
    read_only
        Open for reading only, so that several readers may be there at once.

    Raises
    ------
    InUse
        If another process has the file.
    ConnectionFailed
        If it is read-only or no DuckDB file.
    NotReady
        If it is to be read and does not exist.
    """
    path = home / FILE
    if read_only and not path.exists():
        raise NotReady(f"There is no warehouse {path} yet", do="run: churnlab run")
    with database(path, read_only=read_only) as connection:
        yield connection


@contextmanager
def database(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file, such as the mart, with the bounds of the warehouse; see `warehouse`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _check_rights(path, read_only)
    connection = _connected(path, read_only)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def bounded_memory(connection: duckdb.DuckDBPyConnection, limit: int = BATCH_BYTES) -> Iterator[None]:
    """Let DuckDB hold less while Python holds batches of rows too; the rest waits on disk."""
    before = _limit(connection)
    connection.execute(f"SET memory_limit = '{min(limit, before):d}B'")
    try:
        yield
    finally:
        connection.execute(f"SET memory_limit = '{before:d}B'")


@contextmanager
def transaction(connection: Any) -> Iterator[None]:
    """Do all of some work or none, and let its error be heard.

    Parameters
    ----------
    connection
        DuckDB connection, in no transaction.
    """
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException:
        # A commit that failed, as on a full disk, has ended the transaction already.
        with suppress(duckdb.TransactionException):
            connection.rollback()
        raise


def folder_of(connection: duckdb.DuckDBPyConnection) -> Path | None:
    """Give the folder of a connection's file, ``None`` where it is in memory."""
    row = connection.execute("SELECT path FROM duckdb_databases() WHERE database_name = current_database()").fetchone()
    return None if row is None or row[0] is None else Path(row[0]).parent


def has_tables(home: Path, schema: str, names: Iterable[str]) -> bool:
    """Whether the warehouse of a project has tables or views of these names; of a file in use that is taken so.

    Raises
    ------
    ConnectionFailed
        If the file is no DuckDB file.
    """
    if not (home / FILE).exists():
        return False
    try:
        with warehouse(home, read_only=True) as connection:
            found = connection.execute(statement(_TABLES, text_literal(schema)))
            return {name for (name,) in found.fetchall()} >= set(names)
    except InUse:
        return True


def backend(connection: duckdb.DuckDBPyConnection) -> Any:
    """Give the Ibis backend on a connection."""
    import ibis

    return ibis.duckdb.from_connection(connection)


def _check_rights(path: Path, read_only: bool) -> None:
    if not read_only and not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ConnectionFailed(
            f"{path} cannot be written", do="give this user the right to write there, or set workspace"
        )


def _connected(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    until = time.monotonic() + (0.0 if read_only else PATIENCE_S)
    while True:
        try:
            connection = duckdb.connect(str(path), read_only=read_only)
            break
        except duckdb.IOException as error:
            if not _is_locked(error):
                given, do = f"{path} cannot be opened as a DuckDB file", "move the file away; the stages make it anew"
                raise ConnectionFailed(given, do=do) from error
            if time.monotonic() >= until:
                given = f"{path} is in use by another process{_process(error)}"
                raise InUse(given, do="wait for the other job to end, or close what reads it") from error
            time.sleep(_POLL_S)
    connection.execute("SET TimeZone = 'UTC'")
    _bound_memory(connection)
    # DuckDB's own bar would write over ours. In Jupyter it refuses the setting, and shows none without widgets.
    if "ipykernel" not in sys.modules:
        connection.execute("SET enable_progress_bar = false")
    return connection


def _is_locked(error: duckdb.IOException) -> bool:
    return "Could not set lock on file" in str(error)


def _process(error: duckdb.IOException) -> str:
    """Give the number of the process that DuckDB names as holder of the file."""
    found = re.search(r"\(PID (\d+)\)", str(error))
    return f" (process {found[1]})" if found else ""


def _bound_memory(connection: duckdb.DuckDBPyConnection) -> None:
    limit = min(MEMORY_BYTES, int(_limit(connection) * _SHARE_OF_DEFAULT))
    # As text: to bind a parameter DuckDB imports pandas, which takes longer than many a command.
    connection.execute(f"SET memory_limit = '{limit:d}B'")


def _limit(connection: duckdb.DuckDBPyConnection) -> int:
    """Give the least limit of which DuckDB tells what it tells now, which is cut to a tenth of a unit.

    What it tells, set again, would lose another tenth each time.
    """
    row = connection.execute("SELECT parse_formatted_bytes(current_setting('memory_limit'))").fetchone()
    assert row is not None
    told = int(row[0])
    part = 1024 ** max((told.bit_length() - 1) // 10 - 1, 0)
    return -(-told // part) * part
