"""A table of bad files: each is read right, rejected with its reason, or ends in one clear error; no row is lost.

Bad rows on their way to the accepted tables are in `test_bad_rows.py`, labels in `test_ingest_flat.py`.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.errors import ChurnLabError, ConfigError, DataError
from pipelines.ingest import Mapping, ingest

COLUMNS = {"order_id": "id", "customer_id": "customer", "ordered_at": "at", "amount": "amount"}
HEADER = "id,customer,at,amount\n"
GOOD = "1,c1,2026-01-01,10\n"
NOON = datetime(2026, 3, 4, 12)


@dataclass(frozen=True)
class Case:
    """One bad file, how the mapping reads it, and how it must end."""

    content: str | bytes
    settings: dict[str, Any] = field(default_factory=dict)
    rows: list[tuple[Any, ...]] | None = None
    columns: str = "order_id, customer_id, ordered_at, amount"
    rejected: list[tuple[int, str | None, str]] = field(default_factory=list)
    error: type[ChurnLabError] | None = None
    message: str = ""
    name: str = "orders.csv"


def row(
    amount: float | None, at: datetime = datetime(2026, 1, 1), customer: str = "c1", order: str = "1"
) -> tuple[Any, ...]:
    return (order, customer, at, amount)


def one(cell: str, column: str = "amount") -> str:
    """A file of one row with one odd cell."""
    cells = {"id": "1", "customer": "c1", "at": "2026-01-01", "amount": "10"} | {column: cell}
    return HEADER + ",".join(cells.values()) + "\n"


def reads(content: str | bytes, *rows: tuple[Any, ...], **settings: Any) -> Case:
    return Case(content, settings, rows=list(rows))


def amount(cell: str, value: float | None, **settings: Any) -> Case:
    return reads(one(f'"{cell}"'), row(value), **settings)


def time(cell: str, value: datetime, **settings: Any) -> Case:
    return reads(one(f'"{cell}"', "at"), row(10, at=value), **settings)


def customer(cell: str, value: str, **settings: Any) -> Case:
    return reads(one(f'"{cell}"', "customer"), row(10, customer=value), **settings)


def rejects(cell: str, column: str, canonical: str, reason: str, **settings: Any) -> Case:
    """A good row and one with a cell that cannot be read."""
    content = HEADER + GOOD + one(f'"{cell}"', column).split("\n")[1].replace("1,", "2,", 1) + "\n"
    return Case(content, {"reject_limit": 0.5} | settings, rows=[row(10)], rejected=[(2, canonical, reason)])


def stops(
    content: str | bytes,
    message: str,
    error: type[ChurnLabError] = DataError,
    name: str = "orders.csv",
    **settings: Any,
) -> Case:
    return Case(content, settings, error=error, message=message, name=name)


CHINESE = "编号,客户,时间,金额\n1,张三,2026-01-01,10\n"
CHINESE_COLUMNS = {"order_id": "编号", "customer_id": "客户", "ordered_at": "时间", "amount": "金额"}
LONG_CHINESE = CHINESE + "2,欧阳修与司马光,2026-01-02,5\n"
NUMBER, MOMENT = "not a number", "not a time in the format ISO 8601"

CASES: dict[str, Case] = {
    # Bytes and encodings.
    "zero bytes": stops(b"", "is empty (0 bytes)"),
    "only line ends": stops(b"\n\n\n", "holds no header"),
    "header only": stops(HEADER, "has no rows"),
    "utf-8 with byte order mark": reads(b"\xef\xbb\xbf" + one("10").encode(), row(10)),
    "gb18030": reads(CHINESE.encode("gb18030"), row(10, customer="张三"), encoding="gb18030", columns=CHINESE_COLUMNS),
    "big5": reads(
        "id,customer,at,amount\n1,張三,2026-01-01,10\n".encode("big5"), row(10, customer="張三"), encoding="big5"
    ),
    "cp1252": reads(
        "id,customer,at,amount\n1,Müller,2026-01-01,10\n".encode("cp1252"),
        row(10, customer="Müller"),
        encoding="cp1252",
    ),
    "utf-16": reads(CHINESE.encode("utf-16"), row(10, customer="张三"), encoding="utf-16", columns=CHINESE_COLUMNS),
    "gb18030 read as utf-8": stops(CHINESE.encode("gb18030"), "not utf-8: byte 0xB1 in line 1"),
    "utf-8 read as gb18030": stops(
        LONG_CHINESE.encode(), "is utf-8, the mapping reads it as gb18030", encoding="gb18030"
    ),
    "utf-8 read as cp1252": stops(LONG_CHINESE.encode(), "is utf-8", encoding="cp1252"),
    "utf-16 read as utf-8": stops(CHINESE.encode("utf-16"), "byte order mark of utf-16"),
    "utf-16 without a mark": stops(one("10").encode("utf-16-le"), "zero byte in line 1"),
    "broken byte late in a utf-8 file": stops(
        HEADER.encode() + GOOD.encode() * 3 + b"9,\xff,2026-01-01,1\n", "byte 0xFF in line 5"
    ),
    "broken byte that the mapping lets pass": reads(
        HEADER.encode() + b"1,a\xffb,2026-01-01,10\n", row(10, customer="a\ufffdb"), encoding_errors="replace"
    ),
    "cut within a character": stops(CHINESE.encode("gb18030") + b"2,\xd5", "is not gb18030", encoding="gb18030"),
    "byte that the code page does not have": stops(
        b"id,customer,at,amount\n1,a\x81b,2026-01-01,1\n", "is not cp1252: byte 0x81 in line 2", encoding="cp1252"
    ),
    "unknown encoding": stops(one("10"), "unknown encoding 'utf-9'", ConfigError, encoding="utf-9"),
    "zero byte inside": stops(HEADER.encode() + GOOD.encode() + b"2,c\x002,2026-01-01,1\n", "zero byte in line 3"),
    "gzip": Case(gzip.compress(one("10").encode()), rows=[row(10)], name="orders.csv.gz"),
    "gzip cut off": stops(
        gzip.compress((HEADER + GOOD * 500).encode())[:60], "not a whole gzip file", name="orders.csv.gz"
    ),
    "gzip that is none": stops(one("10"), "not a whole gzip file", name="orders.csv.gz"),
    "parquet cut off": stops(b"PAR1 not all of it", "cannot be read as Parquet", name="orders.parquet"),
    "parquet that is text": stops(one("10"), "cannot be read as Parquet", name="orders.parquet"),
    "workbook that is text": stops(one("10"), "cannot be read as an Excel workbook", name="orders.xlsx"),
    "old workbook": stops(b"\xd0\xcf\x11\xe0", "must be saved as .xlsx", ConfigError, name="orders.xls"),
    "unknown kind of file": stops(one("10"), "format of 'orders.dat' is not clear", ConfigError, name="orders.dat"),
    # Lines, separators, quotes.
    "windows line ends": reads(one("10").replace("\n", "\r\n"), row(10)),
    "old mac line ends": reads(one("10").replace("\n", "\r"), row(10)),
    "mixed line ends": reads(
        HEADER.replace("\n", "\r\n") + GOOD + "2,c1,2026-01-01,20\r\n", row(10), row(20, order="2")
    ),
    "no line end at the end": reads(one("10").rstrip("\n"), row(10)),
    "blank lines": reads(HEADER + "\n" + GOOD + "\n   \n", row(10)),
    "semicolons": reads(one("10").replace(",", ";"), row(10), delimiter=";"),
    "tabs": reads(one("10").replace(",", "\t"), row(10), delimiter="\t"),
    "blanks between columns": reads(
        " id  customer at amount\n 1   c1  2026-01-01   10\n", row(10), delimiter="whitespace"
    ),
    "tabs by the name of the file": Case(one("10").replace(",", "\t"), rows=[row(10)], name="orders.tsv"),
    "a comment at the end of the filter": reads(one("10"), row(10), where="id = '1' -- the only one"),
    "wrong separator": stops(one("10").replace(",", ";"), "set delimiter", ConfigError),
    "quoted separator": reads(one('"1,0"', "customer"), row(10, customer="1,0")),
    "quoted line end": reads(one('"a\nb"', "customer"), row(10, customer="a\nb")),
    "doubled quote": reads(one('"a""b"', "customer"), row(10, customer='a"b')),
    "quote inside a plain field": reads(one('5" pipe', "customer"), row(10, customer='5" pipe')),
    "quote escaped by a backslash": reads(one('"a\\"b"', "customer"), row(10, customer='a"b'), escape="\\"),
    "quotes that mean nothing": reads(one('"a', "customer"), row(10, customer='"a'), quote=""),
    "quote that never closes": stops(HEADER + GOOD + '2,"c1,2026-01-01,1\n' + GOOD * 3, "quote that opens in line 3"),
    "text after a quote": Case(
        HEADER + GOOD + '2,"c"1,2026-01-01,1\n',
        {"reject_limit": 0.5},
        [row(10)],
        rejected=[(3, None, "line: Value with unterminated quote found")],
    ),
    "too few columns": Case(
        HEADER + GOOD + "2,c1\n",
        {"reject_limit": 0.5},
        [row(10)],
        rejected=[(3, None, "line: Expected Number of Columns: 4 Found: 2")],
    ),
    "too many columns": Case(
        HEADER + GOOD + "2,c1,2026-01-01,1,000\n",
        {"reject_limit": 0.5},
        [row(10)],
        rejected=[(3, None, "line: Expected Number of Columns: 4 Found: 5")],
    ),
    "every line too short": stops(HEADER + "1,c1\n2,c2\n", "2 of 2 rows"),
    "titles above the header": reads("Orders 2026\n\n" + one("10"), row(10), skip_rows=2),
    "no header": reads("1,c1,2026-01-01,10\n", row(10), header=False, names=["id", "customer", "at", "amount"]),
    "blanks around names": reads(" id , customer,at ,amount\n1,c1,2026-01-01,10\n", row(10)),
    "a name twice": reads("id,customer,at,amount,amount\n1,c1,2026-01-01,10,99\n", row(10)),
    "a name in other case": stops(one("10").replace("customer", "Customer"), "'Customer'", ConfigError),
    "an empty name": reads("id,customer,at,amount,\n1,c1,2026-01-01,10,x\n", row(10)),
    "a million columns": stops(",".join(f"c{i}" for i in range(10**6)) + "\n", "has 1,000,000 columns"),
    "very long text": reads(one("x" * 2_000_000, "customer"), row(10, customer="x" * 2_000_000)),
    # Numbers.
    "decimal comma and points": amount("1.234,50", 1234.5, decimal=",", thousands="."),
    "currency sign": amount("￥1,234.5", 1234.5, currency="CNY", thousands=","),
    "infinity": rejects("inf", "amount", "amount", NUMBER),
    "formula": rejects("=1+1", "amount", "amount", NUMBER),
    "N/A": amount("N/A", None),
    "own spelling for missing": amount("k.A.", None, null_values=["k.A."]),
    # Times.
    "serial days of Excel": time("46085.5", NOON, date_format="excel"),
    "serial days of Excel for the Mac": time("44623.5", NOON, date_format="excel_1904"),
    "seconds since 1970": time("1772625600", NOON, date_format="epoch_seconds"),
    "milliseconds since 1970": time("1772625600000", NOON, date_format="epoch_milliseconds"),
    "two formats in one column": reads(
        HEADER + "1,c1,04/03/2026 12:00,10\n2,c1,2026-03-04,20\n",
        row(10, NOON),
        row(20, datetime(2026, 3, 4), order="2"),
        date_format=["%d/%m/%Y %H:%M", "%Y-%m-%d"],
    ),
    "an hour that the clocks skip": time("2026-03-29 02:30:00", datetime(2026, 3, 29, 1, 30), timezone="Europe/Berlin"),
    "zone offset beside a local zone": time("2026-03-04 12:00:00Z", NOON, timezone="Asia/Shanghai"),
    "day first": time("04/03/2026", datetime(2026, 3, 4), date_format="%d/%m/%Y"),
    "2999 as a spelling of missing": rejects("2999-12-31", "at", "ordered_at", "missing", null_values=["2999-12-31"]),
    "day first that nobody declared": rejects("04/03/2026", "at", "ordered_at", MOMENT),
    "no time": rejects("", "at", "ordered_at", "missing"),
    "month 13 under month first": Case(
        HEADER + "1,c1,01/13/2026,10\n2,c1,13/01/2026,10\n",
        {"reject_limit": 0.5, "date_format": "%m/%d/%Y"},
        [row(10, datetime(2026, 1, 13))],
        rejected=[(2, "ordered_at", "not a time in the format %m/%d/%Y")],
    ),
    "unknown zone": stops(one("10"), "unknown time zone 'Asia/Shanghia'", ConfigError, timezone="Asia/Shanghia"),
    # Identifiers and texts.
    "leading zeros": customer("00123", "00123"),
    "identifier as a float": customer("12345.0", "12345"),
    "no customer": rejects("", "customer", "customer_id", "missing"),
    "formula in a name": customer("=HYPERLINK(1)", "=HYPERLINK(1)"),
    "HTML in a name": customer("<script>alert(1)</script>", "<script>alert(1)</script>"),
    "SQL in a name": customer("'; DROP TABLE orders; --", "'; DROP TABLE orders; --"),
    "emoji": customer("客户😀", "客户😀"),
    # Repeats.
    "a row delivered twice": reads(HEADER + GOOD + GOOD, row(10), distinct=True),
    "order in the file does not matter": reads(
        HEADER + "2,c1,2026-01-02,20\n" + GOOD, row(10), row(20, datetime(2026, 1, 2), order="2")
    ),
}


READ = {name: case for name, case in CASES.items() if case.error is None}
STOPPED = {name: case for name, case in CASES.items() if case.error is not None}


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    return connection


@pytest.fixture
def warehouse(database: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    database.execute("DROP SCHEMA IF EXISTS loaded CASCADE")
    return database


def load(case: Case, folder: Path, warehouse: duckdb.DuckDBPyConnection) -> Any:
    content = case.content if isinstance(case.content, bytes) else case.content.encode()
    (folder / case.name).write_bytes(content)
    source = {"path": case.name, "columns": COLUMNS} | case.settings
    try:
        mapping = Mapping.model_validate({"tables": {"orders": source}})
    except ValueError as error:
        raise ConfigError(str(error)) from None
    return ingest(mapping, folder, warehouse, "loaded")[0]


@pytest.mark.parametrize("case", READ.values(), ids=READ)
def test_read_or_rejected_with_the_reason(case: Case, tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    ledger = load(case, tmp_path, warehouse)
    orders = warehouse.table("loaded.orders")
    assert orders.order("order_id").project(case.columns).fetchall() == case.rows
    listed = warehouse.table("loaded.rejected").order("row_number").project('row_number, "column", reason').fetchall()
    assert listed == case.rejected
    assert ledger.balances
    assert (ledger.written, ledger.rejected) == (len(case.rows or []), len({number for number, _, _ in case.rejected}))


@pytest.mark.parametrize("case", STOPPED.values(), ids=STOPPED)
def test_one_clear_error_and_nothing_written(case: Case, tmp_path: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    assert case.error is not None
    with pytest.raises(case.error) as caught:
        load(case, tmp_path, warehouse)
    assert case.message in str(caught.value)
    assert warehouse.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)
