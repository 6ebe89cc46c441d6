"""A transaction that fails leaves what was there, and its own error is heard."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.errors import refusal
from pipelines.warehouse.duckdb_file import transaction


class FullDisk:
    """A connection whose commit finds no room: DuckDB ends the transaction by itself then."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.begin, self.rollback, self._connection = connection.begin, connection.rollback, connection

    def commit(self) -> None:
        self._connection.rollback()
        raise duckdb.TransactionException('Failed to commit: Could not write file "warehouse.duckdb.wal"')


def rows(connection: duckdb.DuckDBPyConnection) -> list[tuple[int]]:
    return connection.execute("FROM numbers").fetchall()


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    made = duckdb.connect(str(tmp_path / "warehouse.duckdb"))
    made.execute("CREATE TABLE numbers AS SELECT 1 AS number")
    return made


def test_all_of_it_or_none(connection: duckdb.DuckDBPyConnection) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO numbers VALUES (2)")
    with pytest.raises(duckdb.ConversionException), transaction(connection):
        connection.execute("DELETE FROM numbers; INSERT INTO numbers VALUES ('no number')")
    assert rows(connection) == [(1,), (2,)]


def test_a_commit_that_finds_no_room_is_told_as_such_and_not_as_a_missing_transaction(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(duckdb.TransactionException) as failed, transaction(FullDisk(connection)):
        connection.execute("DELETE FROM numbers")
    said = refusal(failed.value)
    assert said is not None
    assert "Could not write file" in said.given
    assert rows(connection) == [(1,)]
