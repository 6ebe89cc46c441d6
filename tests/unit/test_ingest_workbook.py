"""Excel workbooks: types of cells, sheets, odd columns and files that are no workbooks."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from pipelines.errors import ConfigError, DataError
from pipelines.ingest import Ledger, Mapping, ingest

COLUMNS = {"order_id": "id", "customer_id": "customer", "ordered_at": "at", "amount": "amount"}
HEADER = ["id", "customer", "at", "amount"]


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def write(path: Path, sheets: dict[str, list[list[Any]]], formats: dict[str, str] | None = None) -> None:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cell, number_format in (formats or {}).items():
            sheet[cell].number_format = number_format
    workbook.save(path)


def load(folder: Path, warehouse: duckdb.DuckDBPyConnection, **settings: Any) -> Ledger:
    source = {"path": "orders.xlsx", "columns": COLUMNS} | settings
    return ingest(Mapping.model_validate({"tables": {"orders": source}}), folder, warehouse, "loaded")[0]


def orders(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return warehouse.table("loaded.orders").project("order_id, customer_id, ordered_at, amount").order("ALL").fetchall()


def test_typed_cells(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = [HEADER, [1, "c1", datetime(2026, 1, 2, 3, 4, 5), 1234.5], [2, "c2", date(2026, 1, 3), None]]
    write(tmp_path / "orders.xlsx", {"Orders": rows})
    # A workbook's numbers and times are typed: the marks that texts are written with do not touch them.
    load(tmp_path, warehouse, decimal=",", thousands=".", date_format="%d/%m/%Y")
    assert orders(warehouse) == [
        ("1", "c1", datetime(2026, 1, 2, 3, 4, 5), 1234.5),
        ("2", "c2", datetime(2026, 1, 3), None),
    ]


def test_columns_of_mixed_types(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = [
        HEADER,
        [1, 12345, datetime(2026, 1, 2, 12), 1234.5],
        ["A2", "00123", "03/01/2026", "1.234,5"],
        [3.0, 12345.0, "2026-01-04T12:00:00", 7],
    ]
    write(tmp_path / "orders.xlsx", {"Orders": rows})
    load(tmp_path, warehouse, decimal=",", thousands=".", date_format="%d/%m/%Y")
    assert orders(warehouse) == [
        ("1", "12345", datetime(2026, 1, 2, 12), 1234.5),
        ("3", "12345", datetime(2026, 1, 4, 12), 7.0),
        ("A2", "00123", datetime(2026, 1, 3), 1234.5),
    ]


def test_zeros_that_are_only_shown(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    write(tmp_path / "orders.xlsx", {"Orders": [HEADER, [1, 123, date(2026, 1, 2), 5]]}, {"B2": "00000"})
    load(tmp_path, warehouse)
    assert orders(warehouse)[0][1] == "00123"


def test_serial_numbers_of_days(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    write(tmp_path / "orders.xlsx", {"Orders": [HEADER, [1, "c1", 46024.5, 5]]})
    load(tmp_path, warehouse, date_format="excel")
    assert orders(warehouse)[0][2] == datetime(2026, 1, 2, 12)


def test_errors_and_empty_rows(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = [HEADER, [1, "c1", date(2026, 1, 2), "#N/A"], [None] * 4, [2, "c1", date(2026, 1, 2), "#DIV/0!"], [None] * 4]
    write(tmp_path / "orders.xlsx", {"Orders": rows})
    ledger = load(tmp_path, warehouse)
    assert [amount for *_, amount in orders(warehouse)] == [None, None]
    assert ledger.read == 2


def test_titles_above_and_columns_without_names(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = [["Orders of 2026"], [], [*HEADER, None, " "], [1, "c1", date(2026, 1, 2), 5, None, None]]
    write(tmp_path / "orders.xlsx", {"Orders": rows})
    load(tmp_path, warehouse, skip_rows=2)
    assert len(orders(warehouse)) == 1


@pytest.mark.parametrize("sheet", ["Second", 1])
def test_a_sheet_is_chosen(sheet: str | int, tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    row = [1, "c1", date(2026, 1, 2), 5]
    write(tmp_path / "orders.xlsx", {"First": [["nothing"]], "Second": [HEADER, row]})
    assert load(tmp_path, warehouse, sheet=sheet).written == 1


@pytest.mark.parametrize(
    ("sheet", "message"), [(None, "2 sheets and none is chosen"), ("Secnd", "'Second'"), (2, "no sheet 2")]
)
def test_a_sheet_that_is_not_there(
    sheet: str | int | None, message: str, tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    write(tmp_path / "orders.xlsx", {"First": [HEADER], "Second": [HEADER]})
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, warehouse, sheet=sheet)


@pytest.mark.parametrize(("rows", "message"), [([], "is empty"), ([HEADER], "has no rows")])
def test_a_sheet_without_rows(
    rows: list[list[Any]], message: str, tmp_path: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    write(tmp_path / "orders.xlsx", {"Orders": rows})
    with pytest.raises(DataError, match=message):
        load(tmp_path, warehouse)


def test_a_workbook_cut_off(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    write(tmp_path / "whole.xlsx", {"Orders": [HEADER, [1, "c1", date(2026, 1, 2), 5]]})
    whole = (tmp_path / "whole.xlsx").read_bytes()
    (tmp_path / "orders.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="cannot be read as an Excel workbook"):
        load(tmp_path, warehouse)


def test_workbooks_of_a_folder_are_stacked(tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    write(tmp_path / "orders_1.xlsx", {"Orders": [HEADER, [1, "c1", date(2026, 1, 2), 5]]})
    write(tmp_path / "orders_2.xlsx", {"Orders": [HEADER[::-1], ["7,5", "2026-01-03", "c2", "x2"]]})
    load(tmp_path, warehouse, path="orders_*.xlsx", decimal=",")
    assert orders(warehouse) == [("1", "c1", datetime(2026, 1, 2), 5.0), ("x2", "c2", datetime(2026, 1, 3), 7.5)]
