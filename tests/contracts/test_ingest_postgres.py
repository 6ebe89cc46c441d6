"""PostgreSQL as a source, on a server of its own that these tests start on the loopback and stop again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
from servers import postgres_server

from pipelines.errors import ConfigError, ConnectionFailed
from pipelines.ingest import Ledger, Mapping, ingest

pytestmark = pytest.mark.postgres

COLUMNS = {"order_id": "id", "customer_id": "customer", "ordered_at": "at", "amount": "amount"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server of these tests' own: they leave tables behind."""
    with postgres_server() as server:
        yield server.url


@pytest.fixture(scope="module")
def filled(url: str) -> str:
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE orders "
            "(id numeric(30, 0), customer text, at timestamptz, amount numeric(12, 2), paid boolean)"
        )
        connection.execute(
            "INSERT INTO orders VALUES (12345678901234567890, '007', '2026-01-02 03:04:05.123456+08', 1.25, true), "
            "(2, E'a \"quoted\"\\nname, 客户', '2026-01-03 00:00:00+00', 'NaN', false), (3, NULL, NULL, NULL, NULL)"
        )
        connection.execute("CREATE SCHEMA crm")
        connection.execute("CREATE VIEW crm.recent AS SELECT * FROM orders WHERE id = 2")
    return url


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def load(folder: Path, warehouse: duckdb.DuckDBPyConnection, url: str, **settings: Any) -> Ledger:
    source = {"url": url, "columns": COLUMNS, "reject_limit": 0.5} | settings
    return ingest(Mapping.model_validate({"tables": {"orders": source}}), folder, warehouse, "loaded")[0]


def test_types_texts_and_nulls(filled: str, tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    # Typed numbers are not touched by the marks that texts are written with.
    ledger = load(tmp_path, warehouse, filled, table="orders", decimal=",", thousands=".", timezone="Asia/Shanghai")
    rows = warehouse.table("loaded.orders").project("order_id, customer_id, ordered_at, amount").order("ALL").fetchall()
    assert rows == [
        ("12345678901234567890", "007", datetime(2026, 1, 1, 19, 4, 5, 123456), 1.25),
        ("2", 'a "quoted"\nname, 客户', datetime(2026, 1, 3), None),
    ]
    assert (ledger.read, ledger.rejected) == (3, 1)


def test_a_view_in_a_schema_and_a_query(filled: str, tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    assert load(tmp_path, warehouse, filled, table="crm.recent").written == 1
    query = "SELECT id, customer, at, amount * 2 AS amount FROM orders WHERE paid;"
    assert load(tmp_path, warehouse, filled, query=query).written == 1
    found = warehouse.table("loaded.orders").project("amount").fetchone()
    assert found is not None
    assert math.isclose(found[0], 2.5)


def test_mistakes(filled: str, tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ConfigError, match=r"has no table 'order'\. Allowed: 'orders'"):
        load(tmp_path, warehouse, filled, table="order")
    with pytest.raises(ConfigError, match='column "nothing" does not exist'):
        load(tmp_path, warehouse, filled, query="SELECT nothing FROM orders")
    with pytest.raises(ConnectionFailed, match='database "nowhere" does not exist'):
        load(tmp_path, warehouse, filled.rpartition("/")[0] + "/nowhere", table="orders")


def test_nothing_is_written_to_the_source(filled: str, tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ConfigError, match=r"read-only|syntax error"):
        load(tmp_path, warehouse, filled, query="DELETE FROM orders RETURNING *")
    with psycopg.connect(filled) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (3,)
