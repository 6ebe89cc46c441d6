"""What a mapping may not say: each mistake is one error that names what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import ValidationError

from pipelines.errors import ConfigError, DataError
from pipelines.ingest import Mapping, ingest
from pipelines.ingest.mapping import ColumnSpec, FlatSource, Source

ORDER = {"order_id": "id", "customer_id": "customer", "ordered_at": "at"}
TICKET = {"ticket_id": "id", "customer_id": "customer", "opened_at": "at"}
CONTENT = "id,customer,at,amount,units\n1,c1,2026-01-01,10,2\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({}, "exactly one of path"),
        ({"path": "a.csv", "url": "postgresql://x"}, "exactly one of path"),
        ({"path": "a.csv", "format": "postgres"}, "needs url"),
        ({"url": "postgresql://x", "format": "csv"}, "read as postgres"),
        ({"path": "a.duckdb", "table": "a", "query": "b"}, "table or query"),
        ({"path": "a.csv", "delimiter": ";;"}, "one character or 'whitespace'"),
        ({"path": "a.csv", "quote": "''"}, "longer than one character"),
        ({"path": "a.csv", "decimal": ",", "thousands": ","}, "are both ','"),
        ({"path": "a.csv", "decimal": ";"}, "decimal"),
        ({"path": "a.csv", "header": False}, "needs names"),
        ({"path": "a.csv", "timezone": "Europe/Lndon"}, "'Europe/London'"),
        ({"path": "a.csv", "encoding": "utf-9"}, "unknown encoding 'utf-9'"),
        ({"path": "a.csv", "encoding": "hex"}, "unknown encoding 'hex'"),
        ({"path": "a.csv", "rates": {"EUR": 1.0}}, "rates need currency"),
        ({"path": "a.csv", "rates": {"EUR": -1.0}, "currency": "EUR"}, "greater than 0"),
        ({"path": "a.csv", "rates": {"EUR": 1.0}, "currency": "USD"}, "no rate for currency 'USD'"),
        ({"path": "a.csv", "currency": "EUR", "currency_column": "code"}, "not both"),
        ({"path": "a.csv", "reject_limit": 5}, "less than or equal to 1"),
        ({"path": "a.csv", "separator": ";"}, "separator"),
        ({"path": "a.csv", "aggregate": {"amount": "sum(x)"}}, "needs group_by"),
        ({"path": "a.csv", "group_by": ["amount"]}, "not in columns"),
        ({"path": "a.csv", "group_by": ["order_id"]}, "neither in group_by nor in aggregate"),
        ({"path": "a.csv", "group_by": ["order_id"], "columns": "same"}, "columns: same"),
        ({"path": "a.csv", "columns": {"order_id": {"column": "a", "constant": "b"}}}, "exactly one of column"),
        ({"path": "a.csv", "columns": {"order_id": {}}}, "exactly one of column"),
    ],
)
def test_refused_by_the_model(source: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Source.model_validate({"columns": ORDER} | source)
    assert message in str(caught.value)


def test_one_source_is_a_list_of_one_and_a_name_is_a_column() -> None:
    source = Mapping.model_validate({"tables": {"orders": {"path": "a.csv", "columns": ORDER}}}).tables["orders"][0]
    assert isinstance(source.columns, dict)
    assert source.columns["order_id"] == ColumnSpec(column="id")


def test_flat_roles_do_not_overlap() -> None:
    flat = {"path": "a.csv", "label": "y", "positive": 1}
    with pytest.raises(ValidationError, match="more than one of drop"):
        FlatSource.model_validate(flat | {"drop": ["a"], "numeric": ["a"]})
    with pytest.raises(ValidationError, match="go together"):
        FlatSource.model_validate(flat | {"split_column": "a"})


def refused(folder: Path, table: str = "orders", **settings: Any) -> str:
    (folder / "orders.csv").write_text(CONTENT)
    source = {"path": "orders.csv", "columns": ORDER} | settings
    with pytest.raises((ConfigError, DataError)) as caught:
        ingest(Mapping.model_validate({"tables": {table: source}}), folder, duckdb.connect(), "loaded")
    return str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"table": "order"}, "Unknown table 'order' in the mapping. Allowed: 'orders'"),
        ({"columns": ORDER | {"amout": "amount"}}, "Table orders has no column 'amout'. Allowed: 'amount'"),
        ({"columns": {"order_id": "id", "customer_id": "customer"}}, "lacks the required column 'ordered_at'"),
        (
            {"table": "tickets", "columns": TICKET | {"satisfaction": "units"}},
            "tickets.satisfaction is learned later than its row, and the time of that, ",
        ),
        (
            {"columns": ORDER | {"amount": "ammount"}},
            "orders.amount: the source has no column 'ammount'. Allowed: 'amount'",
        ),
        ({"columns": ORDER | {"amount": {"expression": "amount * 2"}}}, "types: {Quantity: number"),
        ({"columns": ORDER | {"amount": {"expression": "nothing + 1"}}}, 'Referenced column "nothing" not found'),
        ({"columns": ORDER | {"amount": {"expression": "amount +"}}}, "is not SQL"),
        ({"columns": ORDER | {"amount": {"expression": "1); DROP TABLE x; SELECT (1"}}}, "holds several statements"),
        ({"where": "units > 1"}, "where of orders: 'units > 1' does not fit"),
        ({"where": "units ="}, "where of orders: 'units =' is not SQL"),
        ({"where": "CAST(customer AS INTEGER) > 1"}, "fails on a value"),
        ({"columns": ORDER | {"amount": {"expression": "CAST(customer AS DOUBLE)"}}}, "fails on a value"),
        ({"types": {"unit": "number"}}, "types of orders: the source has no column 'unit'. Allowed: 'units'"),
        ({"path": "ordrs.csv"}, "ordrs.csv' does not exist"),
        ({"path": "*.parquet"}, "No file matches '*.parquet'"),
        ({"path": "."}, "holds"),
        ({"path": ""}, "path of a source is empty"),
    ],
)
def test_refused_against_tables_and_source(settings: dict[str, Any], message: str, tmp_path: Path) -> None:
    if settings.get("path") == ".":
        (tmp_path / "empty").mkdir()
        settings, message = {"path": "empty"}, "is a folder without data files"
    assert message in refused(tmp_path, **settings)


def test_a_column_named_as_the_row_number_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("source_row,customer,at\n1,c1,2026-01-01\n")
    columns = ORDER | {"order_id": "source_row"}
    assert "has a column 'source_row'" in refused(tmp_path, path="other.csv", columns=columns)


def test_a_folder_with_files_of_several_formats(tmp_path: Path) -> None:
    (tmp_path / "both").mkdir()
    for name in ("a.csv", "b.parquet"):
        (tmp_path / "both" / name).write_text(CONTENT)
    assert "several formats: 'csv', 'parquet'" in refused(tmp_path, path="both")
