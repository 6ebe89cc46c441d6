"""SQLite, DuckDB and Parquet sources, and databases that do not answer."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from servers import reserved_port

from pipelines.errors import ChurnLabError, ConfigError, ConnectionFailed, DataError
from pipelines.ingest import Ledger, Mapping, ingest

COLUMNS = {"order_id": "id", "customer_id": "customer", "ordered_at": "at", "amount": "amount"}


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def load(folder: Path, warehouse: duckdb.DuckDBPyConnection, **settings: Any) -> Ledger:
    source = {"columns": COLUMNS} | settings
    return ingest(Mapping.model_validate({"tables": {"orders": source}}), folder, warehouse, "loaded")[0]


def orders(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return warehouse.table("loaded.orders").project("order_id, customer_id, ordered_at, amount").order("ALL").fetchall()


def sqlite(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def duck(path: Path, *statements: str) -> None:
    with duckdb.connect(str(path)) as database:
        for statement in statements:
            database.execute(statement)


ONE_SQLITE = (
    "CREATE TABLE orders (id INTEGER, customer TEXT, at TEXT, amount REAL)",
    "INSERT INTO orders VALUES (1, '007', '2026-01-02 03:04:05', 0.1)",
)
ONE_DUCKDB = (
    """CREATE TABLE orders AS
    SELECT 1 AS id, '007' AS customer, TIMESTAMP '2026-01-02 03:04:05' AS "at", 0.1 AS amount""",
)
EXPECTED = [("1", "007", datetime(2026, 1, 2, 3, 4, 5), 0.1)]


@pytest.mark.parametrize("chosen", [{}, {"table": "orders"}, {"query": "SELECT * FROM orders WHERE id = 1"}])
@pytest.mark.parametrize("name", ["shop.sqlite", "shop.db", "shop.duckdb"])
def test_a_table_or_a_query(
    name: str, chosen: dict[str, str], tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    if name == "shop.duckdb":
        duck(tmp_path / name, *ONE_DUCKDB)
    else:
        sqlite(tmp_path / name, *ONE_SQLITE)
    before = (tmp_path / name).read_bytes()
    # Typed numbers are not touched by the marks that texts are written with.
    ledger = load(tmp_path, warehouse, path=name, decimal=",", thousands=".", **chosen)
    assert orders(warehouse) == EXPECTED
    assert ledger.balances
    assert (tmp_path / name).read_bytes() == before


def test_a_duckdb_file_under_the_suffix_db(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    duck(tmp_path / "shop.db", *ONE_DUCKDB)
    load(tmp_path, warehouse, path="shop.db")
    assert orders(warehouse) == EXPECTED


def test_sqlite_columns_of_mixed_types(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    sqlite(
        tmp_path / "shop.sqlite",
        "CREATE TABLE orders (id, customer, at, amount)",
        "INSERT INTO orders VALUES (1, 12345, 1767323045, 1234.5), ('A2', '00123', '1767323045', '7')",
        "INSERT INTO orders VALUES (3, 5.0, NULL, NULL)",
    )
    load(tmp_path, warehouse, path="shop.sqlite", date_format="epoch_seconds", reject_limit=0.5)
    assert orders(warehouse) == [
        ("1", "12345", datetime(2026, 1, 2, 3, 4, 5), 1234.5),
        ("A2", "00123", datetime(2026, 1, 2, 3, 4, 5), 7.0),
    ]


def test_sqlite_floats_keep_every_digit(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    value = 0.1 + 0.2
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as database:
        database.execute("CREATE TABLE orders (id INTEGER, customer TEXT, at TEXT, amount REAL)")
        database.execute("INSERT INTO orders VALUES (1, 'c1', '2026-01-02', ?)", [value])
        database.commit()
    load(tmp_path, warehouse, path="shop.sqlite")
    assert orders(warehouse)[0][3] == value


def test_duckdb_types(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    duck(
        tmp_path / "shop.duckdb",
        "CREATE SCHEMA shop",
        "CREATE TABLE shop.shop.orders AS "
        "SELECT 12345678901234567890::HUGEINT AS id, 'c'::ENUM ('c', 'd') AS customer, "
        "TIMESTAMPTZ '2026-01-02 03:04:05+08' AS \"at\", 1.25::DECIMAL(18, 4) AS amount",
    )
    load(tmp_path, warehouse, path="shop.duckdb", table="shop.orders", timezone="Asia/Shanghai")
    assert orders(warehouse) == [("12345678901234567890", "c", datetime(2026, 1, 1, 19, 4, 5), 1.25)]


def test_parquet_types(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    duckdb.execute(
        "COPY (SELECT 12345.0::DOUBLE AS id, 7 AS customer, DATE '2026-01-02' AS \"at\", 'NaN'::DOUBLE AS amount) "
        f"TO '{tmp_path / 'orders.parquet'}'"
    )
    load(tmp_path, warehouse, path="orders.parquet")
    assert orders(warehouse) == [("12345", "7", datetime(2026, 1, 2), None)]


def test_a_truncated_parquet_file_among_whole_ones_is_named(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    for name in ("a", "b"):
        duckdb.execute(f"COPY (FROM range(1000)) TO '{tmp_path / name}.parquet'")
    whole = (tmp_path / "b.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[:-10])
    with pytest.raises(DataError, match=r"b\.parquet' cannot be read as Parquet"):
        load(tmp_path, warehouse, path="*.parquet")


@pytest.mark.parametrize(
    ("name", "content", "settings", "kind", "message"),
    [
        ("shop.sqlite", b"no database", {}, DataError, "cannot be read as SQLite"),
        ("shop.duckdb", b"no database", {}, DataError, "cannot be opened as a DuckDB database"),
        ("shop.sqlite", ONE_SQLITE, {"table": "order"}, ConfigError, "has no table 'order'. Allowed: 'orders'"),
        ("shop.duckdb", ONE_DUCKDB, {"table": "order"}, ConfigError, "has no table 'order'. Allowed: 'orders'"),
        (
            "shop.sqlite",
            ONE_SQLITE,
            {"query": "SELECT unknown_one FROM orders"},
            ConfigError,
            "no such column: unknown_one",
        ),
        (
            "shop.duckdb",
            ONE_DUCKDB,
            {"query": "SELECT unknown_one FROM orders"},
            ConfigError,
            '"unknown_one" not found',
        ),
        ("shop.duckdb", ONE_DUCKDB, {"query": "DROP TABLE orders"}, ConfigError, "read-only"),
        ("shop.sqlite", ONE_SQLITE, {"query": "DROP TABLE orders"}, ConfigError, "syntax error"),
        ("shop.sqlite", (*ONE_SQLITE, "CREATE TABLE other (x)"), {}, ConfigError, "2 tables and none is chosen"),
        ("shop.sqlite", ("CREATE TABLE orders (id, customer, at, amount)",), {}, DataError, "has no rows"),
    ],
)
def test_one_clear_error(
    name: str,
    content: bytes | tuple[str, ...],
    settings: dict[str, str],
    kind: type[ChurnLabError],
    message: str,
    tmp_path: Path,
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    else:
        (duck if name.endswith(".duckdb") else sqlite)(tmp_path / name, *content)
    with pytest.raises(kind) as caught:
        load(tmp_path, warehouse, path=name, **settings)
    assert message in str(caught.value)


def test_the_warehouse_itself_is_no_source(tmp_path: Path) -> None:
    duck(tmp_path / "shop.duckdb", *ONE_DUCKDB)
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as warehouse, pytest.raises(DataError, match="own warehouse"):
        load(tmp_path, warehouse, path="shop.duckdb")


def test_a_database_that_does_not_answer(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "s3cret")
    with reserved_port() as port, pytest.raises(ConnectionFailed) as caught:
        load(tmp_path, warehouse, url=f"postgresql://reader:${{SHOP_PASSWORD}}@127.0.0.1:{port}/shop", table="orders")
    assert f"PostgreSQL at 127.0.0.1:{port}/shop cannot be reached" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://reader:${NO_SUCH_VARIABLE}@127.0.0.1/shop", "environment variable NO_SUCH_VARIABLE"),
        ("this is no address", "not a PostgreSQL address"),
    ],
)
def test_a_wrong_address(url: str, message: str, tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, warehouse, url=url, table="orders")
