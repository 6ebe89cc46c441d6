"""A flat table with a ready label: kinds of columns, labels, splits, repeats and mistakes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.errors import ConfigError, DataError, NothingToLearn
from pipelines.ingest import FlatSource, Ledger, ingest_flat

CONTENT = """\
id,plan,months,spent,zip,senior,left
001,basic,3,"1,5",00501,0,Yes
002,pro,0, ,12345,1,No
003,basic,7,"12,5",99999,0,No
"""


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    return connection


@pytest.fixture
def warehouse(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    database.execute("DROP SCHEMA IF EXISTS loaded CASCADE")
    return database


def load(folder: Path, warehouse: duckdb.DuckDBPyConnection, content: str = CONTENT, **settings: Any) -> Ledger:
    (folder / "flat.csv").write_text(content, encoding="utf-8")
    source = {"path": "flat.csv", "key": "id", "label": "left", "positive": ["Yes"], "decimal": ","} | settings
    return ingest_flat(FlatSource.model_validate(source), folder, warehouse, "loaded")


def flat(warehouse: duckdb.DuckDBPyConnection, columns: str) -> list[tuple[Any, ...]]:
    return warehouse.table("loaded.flat").project(columns).order("ALL").fetchall()


def test_kinds_of_columns(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    ledger = load(tmp_path, warehouse, categorical=["senior"])
    relation = warehouse.table("loaded.flat")
    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == {
        "customer_id": "VARCHAR",
        "churned": "BIGINT",
        "plan": "VARCHAR",
        "months": "DOUBLE",
        "spent": "DOUBLE",
        "zip": "VARCHAR",  # 00501 is a code, not a number
        "senior": "VARCHAR",
    }
    assert flat(warehouse, "customer_id, churned, plan, months, spent, zip") == [
        ("001", 1, "basic", 3.0, 1.5, "00501"),
        ("002", 0, "pro", 0.0, None, "12345"),
        ("003", 0, "basic", 7.0, 12.5, "99999"),
    ]
    assert ledger.notes == ("numbers: months, spent", "categories: plan, zip, senior")
    assert (ledger.read, ledger.written, ledger.balances) == (3, 3, True)


def test_dropped_columns_are_gone(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    assert load(tmp_path, warehouse, drop=["zip", "spent"]).columns == ("plan", "months", "senior")


def test_a_number_column_with_a_text_is_a_category_unless_declared(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    content = CONTENT.replace('"12,5"', "a lot")
    load(tmp_path, warehouse, content)
    assert flat(warehouse, "spent") == [("1,5",), ("a lot",), (None,)]
    ledger = load(tmp_path, warehouse, content, numeric_text=["spent"])
    assert flat(warehouse, "spent") == [(1.5,), (None,), (None,)]
    assert (ledger.rejected, ledger.emptied) == (0, 1)
    with pytest.raises(DataError, match="row 3 spent 'a lot' is not a number"):
        load(tmp_path, warehouse, content, numeric=["spent"])
    ledger = load(tmp_path, warehouse, content, numeric=["spent"], reject_limit=0.5)
    assert (ledger.written, ledger.rejected) == (2, 1)


@pytest.mark.parametrize(
    ("values", "settings"),
    [
        (("Yes", "No"), {"positive": ["Yes"]}),
        (("Yes", "No"), {"positive": "Yes", "negative": "No"}),
        (("是", "否"), {"positive": ["是"]}),
        (("是", "否"), {"positive": [True]}),
        (("Y", "N"), {"positive": True, "negative": False}),
        (("1", "0"), {"positive": [1]}),
        (("1.0", "0.0"), {"positive": [1.0]}),
        (("Churned", "Stayed"), {"positive": ["Churned", "Lost"]}),
    ],
)
def test_labels(
    values: tuple[str, str], settings: dict[str, Any], tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    left, stayed = values
    content = CONTENT.replace(",Yes\n", f",{left}\n").replace(",No\n", f",{stayed}\n")
    load(tmp_path, warehouse, content, **settings)
    assert flat(warehouse, "customer_id, churned") == [("001", 1), ("002", 0), ("003", 0)]


@pytest.mark.parametrize(
    ("label", "positive"),
    [
        ("TRUE", [True]),
        ("TRUE", [1]),
        ("TRUE", ["Yes"]),
        ("1::TINYINT", [1]),
        ("1::TINYINT", [True]),
        ("1::DOUBLE", [1]),
    ],
)
def test_typed_labels(label: str, positive: list[Any], tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    other = "FALSE" if label == "TRUE" else label.replace("1", "0")
    query = f"SELECT 'a' AS id, 1 AS x, {label} AS \"left\" UNION ALL SELECT 'b', 2, {other}"
    duckdb.execute(f"COPY ({query}) TO '{tmp_path / 'flat.parquet'}'")
    load(tmp_path, warehouse, path="flat.parquet", positive=positive)
    assert flat(warehouse, "customer_id, churned") == [("a", 1), ("b", 0)]


def test_a_missing_label_is_not_known_and_a_strange_one_is_rejected(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    content = CONTENT + "004,pro,1,1,1,0,\n005,pro,1,1,1,0,Perhaps\n"
    ledger = load(tmp_path, warehouse, content, negative=["No"], reject_limit=0.5)
    assert flat(warehouse, "customer_id, churned")[3:] == [("004", None)]
    assert (ledger.written, ledger.rejected) == (4, 1)
    reason = warehouse.table("loaded.rejected").project('row_number, "column", value_shown, reason').fetchall()
    assert reason == [(5, "left", "Perhaps", "neither a positive nor a negative value")]


def test_a_ready_split(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    load(tmp_path, warehouse, split_column="senior", test_values=[1])
    assert flat(warehouse, "customer_id, split") == [("001", "train"), ("002", "test"), ("003", "train")]
    assert "senior" not in warehouse.table("loaded.flat").columns


def test_without_a_key_the_row_number_is_the_customer(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    load(tmp_path, warehouse, key=None, drop=["id"])
    assert flat(warehouse, "customer_id") == [("1",), ("2",), ("3",)]


def test_a_customer_with_two_rows(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    ledger = load(tmp_path, warehouse, CONTENT + "001,pro,9,9,9,0,No\n", reject_limit=0.5)
    assert flat(warehouse, "customer_id, plan")[0] == ("001", "basic")
    assert (ledger.written, ledger.rejected, ledger.balances) == (3, 1, True)
    assert warehouse.table("loaded.rejected").project("row_number, reason").fetchall() == [
        (4, "a customer that has a row already")
    ]


def test_rows_alike_but_for_the_key(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    content = CONTENT + '004,basic,3,"1,5",00501,0,Yes\n'
    assert load(tmp_path, warehouse, content).written == 4
    ledger = load(tmp_path, warehouse, content, drop_duplicates_without_key=True)
    assert (ledger.written, ledger.duplicates, ledger.balances) == (3, 1, True)
    assert flat(warehouse, "customer_id") == [("001",), ("002",), ("003",)]


def test_times_become_days(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    content = "id,since,left\na,02.01.1970,Yes\nb,03.03.2026,No\n"
    load(tmp_path, warehouse, content, types={"since": "time"}, date_format="%d.%m.%Y")
    days = float((date(2026, 3, 3) - date(1970, 1, 1)).days)
    assert flat(warehouse, "customer_id, since") == [("a", 1.0), ("b", days)]


@pytest.mark.parametrize(
    ("settings", "kind", "message"),
    [
        ({"label": "lft"}, ConfigError, "label of the flat table: the source has no column 'lft'. Allowed: 'left'"),
        ({"drop": ["planx"]}, ConfigError, "'plan'"),
        ({"positive": ["Gone"]}, ConfigError, "positive is ['Gone']. Allowed: values of 'left' are 'No', 'Yes'"),
        ({"positive": ["Yes", "No"]}, NothingToLearn, "All 3 labels in 'left' are positive"),
        ({"drop": ["plan", "months", "spent", "zip", "senior"]}, ConfigError, "no column left as a feature"),
        ({"where": "plan = 'none'"}, DataError, "No row of flat.csv is left"),
    ],
)
def test_mistakes(
    settings: dict[str, Any],
    kind: type[Exception],
    message: str,
    tmp_path: Path,
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(kind) as caught:
        load(tmp_path, warehouse, **settings)
    assert message in str(caught.value)


def test_a_feature_may_not_take_a_name_of_the_table_itself(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(ConfigError, match="'Churned' has a name that the flat table uses itself"):
        load(tmp_path, warehouse, CONTENT.replace("plan", "Churned"))


def test_a_failed_load_leaves_the_earlier_one(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    load(tmp_path, warehouse)
    with pytest.raises(ConfigError):
        load(tmp_path, warehouse, positive=["Gone"])
    assert len(flat(warehouse, "customer_id")) == 3


def test_a_number_too_large_for_a_model_is_unreadable(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    content = "id,fee,left\n1,5,Yes\n2,1e300,No\n3,-7,No\n"
    ledger = load(tmp_path, warehouse, content, reject_limit=0.5)
    assert (ledger.written, ledger.rejected) == (2, 1)
    assert flat(warehouse, "fee") == [(-7.0,), (5.0,)]
