"""The warehouse holds a bounded part of its data in memory and leaves the rest beside its file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.warehouse import duckdb_file
from pipelines.warehouse.duckdb_file import bounded_memory, warehouse

LIMIT = "SELECT parse_formatted_bytes(current_setting('memory_limit'))"


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_memory_is_bounded_below_half_of_what_there_is(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        four_fifths = _number(connection, LIMIT)
    with warehouse(tmp_path) as connection:
        assert 0 < _number(connection, LIMIT) <= min(duckdb_file.MEMORY_BYTES, four_fifths * 5 / 8)


def test_what_does_not_fit_goes_beside_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb_file, "MEMORY_BYTES", 30_000_000)
    with warehouse(tmp_path) as connection:
        connection.execute("CREATE TEMP TABLE much AS SELECT hash(n) AS value FROM range(8_000_000) AS numbers(n)")
        beside = sum(path.stat().st_size for path in tmp_path.glob(f"{duckdb_file.FILE}.tmp/*"))
        assert _number(connection, "SELECT count(DISTINCT value) FROM much WHERE value % 8 = 0") > 900_000
    assert beside > 10_000_000


@pytest.mark.parametrize("limit", ["2000000000B", "1GB", "512MiB", "1500000001B", "999KiB", "3TB"])
def test_a_lower_bound_for_a_while_takes_nothing_from_what_there_is_afterwards(tmp_path: Path, limit: str) -> None:
    with warehouse(tmp_path) as connection:
        connection.execute(f"SET memory_limit = '{limit}'")
        before = _number(connection, LIMIT)
        for _ in range(12):
            with bounded_memory(connection, 300_000_000):
                assert _number(connection, LIMIT) <= min(300_000_000, before)
        assert _number(connection, LIMIT) == before
