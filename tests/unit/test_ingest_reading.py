"""Reading one cell: what each text becomes, checked by hand-written values and against Python's own parsers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.reading import Convention, Family, Kind, cleaned, family_of, mapped, settled, value
from pipelines.ingest.sql import text_literal

MISSING, UNREADABLE = "missing", "unreadable"
NOON = datetime(2026, 3, 4, 12)
EURO = {"decimal": ",", "thousands": "."}


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'America/New_York'")  # the reading must not depend on the machine's zone
    return connection


def read(database: duckdb.DuckDBPyConnection, cell: str, kind: Kind, family: Family = "text", **convention: Any) -> Any:
    """Read SQL of a cell: its value, MISSING or UNREADABLE."""
    how = Convention(**{"null_values": ("", "N/A")} | convention)
    clean = cleaned(cell, family, kind, how)
    relation = database.sql(f"SELECT {clean} AS cell").project(f"cell, {value('cell', family, kind, how)} AS read")
    relation = relation.project(f"cell, {settled('read', kind)} AS read")
    was_there, result = relation.project("cell IS NOT NULL, read").fetchone() or (False, None)
    if result is None:
        return UNREADABLE if was_there else MISSING
    return result


NUMBERS = [
    ("12", 12, {}),
    ("  12\t", 12, {}),
    ("-10", -10, {}),
    ("+10", 10, {}),
    (".5", 0.5, {}),
    ("5.", 5, {}),
    ("1.5e3", 1500, {}),
    ("1234,5", 1234.5, {"decimal": ","}),
    ("1.234,5", 1234.5, EURO),
    ("1.234", 1234, EURO),
    ("-1.234.567,8", -1234567.8, EURO),
    ("1,234.50", 1234.5, {"thousands": ","}),
    ("12,34,567.5", 1234567.5, {"thousands": ","}),
    ("1 234,5", 1234.5, {"decimal": ",", "thousands": " "}),
    ("1\u00a0234,5", 1234.5, {"decimal": ",", "thousands": " "}),
    ("1\u202f234,5", 1234.5, {"decimal": ",", "thousands": " "}),
    ("1’234.5", 1234.5, {"thousands": "'"}),
    ("１２．５", 12.5, {}),
    ("(10.5)", -10.5, {}),
    ("10.5-", -10.5, {}),
    ("−10", -10, {}),
    ("12.5%", 0.125, {}),
    ("-5 %", -0.05, {}),
    ("(５０％)", -0.5, {}),
    ("(5)%", UNREADABLE, {}),
    ("12,5 %", 0.125, {"decimal": ","}),
    ("1e3%", UNREADABLE, {}),
    ("%", UNREADABLE, {}),
    ("5%%", UNREADABLE, {}),
    ("￥12.5", 12.5, {"currency": "CNY"}),
    ("12.5元", 12.5, {"currency": "CNY"}),
    ("12 EUR", 12, {"currency": "EUR"}),
    ("-€5", -5, {"currency": "EUR"}),
    ("(€5)", -5, {"currency": "EUR"}),
    ("NaN", MISSING, {}),
    ("#N/A", MISSING, {}),
    ("NULL", MISSING, {}),
    ("none", MISSING, {}),
    ("-", MISSING, {}),
    ("无", MISSING, {}),
    ("  ", MISSING, {}),
    ("N/A", MISSING, {}),
    ("99", MISSING, {"null_values": ("99",)}),
    ("$12", UNREADABLE, {}),
    ("$12", UNREADABLE, {"currency": "EUR"}),
    ("1,234", UNREADABLE, {}),
    ("12.5", UNREADABLE, EURO),
    ("1.23", UNREADABLE, EURO),
    ("1.2.3", UNREADABLE, {}),
    ("inf", UNREADABLE, {}),
    ("1e999", UNREADABLE, {}),
    ("1_000", UNREADABLE, {}),
    ("0x1F", UNREADABLE, {}),
    ("ten", UNREADABLE, {}),
    ("1 2", UNREADABLE, {}),
    ("--5", UNREADABLE, {}),
    ("2026-01-01", UNREADABLE, {}),
]

TIMES = [
    ("2026-03-04", datetime(2026, 3, 4), {}),
    ("2026-03-04 12:00", NOON, {}),
    ("2026-03-04 12:00:00", NOON, {}),
    ("2026-03-04T12:00", NOON, {}),
    ("2026-03-04T12:00:00.123456789", NOON.replace(microsecond=123456), {}),
    ("2026-03-04T12:00:00Z", NOON, {}),
    ("2026-03-04 12:00:00 UTC", NOON, {}),
    ("2026-03-04T12:00Z", NOON, {}),
    ("2026-03-04 12:00 Z", NOON, {}),
    ("2026-03-04 07:00 -05:00", NOON, {}),
    ("2026-03-04T17:30+0530", NOON, {}),
    ("2026-03-04T20:00:00+08:00", NOON, {}),
    ("2026-03-04 20:00:00+08", NOON, {}),
    ("2026-03-04 07:00:00-0500", NOON, {}),
    ("2026-03-04 20:00:00", NOON, {"timezone": "Asia/Shanghai"}),
    ("2026-03-04 12:00:00Z", NOON, {"timezone": "Asia/Shanghai"}),
    ("2026-07-01 13:00:00", datetime(2026, 7, 1, 12), {"timezone": "Europe/London"}),
    ("03/04/2026", datetime(2026, 3, 4), {"date_formats": ("%m/%d/%Y",)}),
    ("04/03/2026", datetime(2026, 3, 4), {"date_formats": ("%d/%m/%Y",)}),
    ("4/3/26", datetime(2026, 3, 4), {"date_formats": ("%d/%m/%y",)}),
    ("04.03.2026 12:00", NOON, {"date_formats": ("%d.%m.%Y", "%d.%m.%Y %H:%M")}),
    ("2026年3月4日", datetime(2026, 3, 4), {"date_formats": ("%Y年%m月%d日",)}),
    ("4 Mar 2026 12:00 PM", NOON, {"date_formats": ("%d %b %Y %I:%M %p",)}),
    ("20260304", datetime(2026, 3, 4), {"date_formats": ("%Y%m%d",)}),
    ("04/03/2026 20:00 +0800", NOON, {"date_formats": ("%d/%m/%Y %H:%M %z",)}),
    ("2026-03-04T12:00:00", NOON, {"date_formats": ("%d/%m/%Y",)}),
    ("46085.5", NOON, {"date_formats": ("excel",)}),
    ("44623.5", NOON, {"date_formats": ("excel_1904",)}),
    ("46085.5", NOON - timedelta(hours=8), {"date_formats": ("excel",), "timezone": "Asia/Shanghai"}),
    ("1772625600", NOON, {"date_formats": ("epoch_seconds",)}),
    ("1772625600", NOON, {"date_formats": ("epoch_seconds",), "timezone": "Asia/Shanghai"}),
    ("1772625600000", NOON, {"date_formats": ("epoch_milliseconds",)}),
    ("1772625600000000", NOON, {"date_formats": ("epoch_microseconds",)}),
    ("1970-01-01", datetime(1970, 1, 1), {}),
    ("2999-12-31", datetime(2999, 12, 31), {}),
    ("9999-12-31", MISSING, {"null_values": ("9999-12-31",)}),
    ("NaT", MISSING, {}),
    ("04/03/2026", UNREADABLE, {}),
    ("1/2/26", UNREADABLE, {}),
    ("26-01-02", UNREADABLE, {}),
    ("0026-01-02", UNREADABLE, {}),
    ("46085", UNREADABLE, {}),
    ("20260304", UNREADABLE, {}),
    ("2026-02-30", UNREADABLE, {}),
    ("2026-03-04 25:00", UNREADABLE, {}),
    ("2026-03-04 12:00 PM", UNREADABLE, {}),
    ("infinity", UNREADABLE, {}),
    ("epoch", UNREADABLE, {}),
    ("13/13/2026", UNREADABLE, {"date_formats": ("%d/%m/%Y",)}),
    ("2026-03-04", UNREADABLE, {"date_formats": ("%d/%m/%Y",)}),
    ("1e30", UNREADABLE, {"date_formats": ("epoch_seconds",)}),
    ("1e9", UNREADABLE, {"date_formats": ("excel",)}),
]

IDENTIFIERS = [
    ("00123", "00123", {}),
    ("12345.0", "12345", {}),
    ("  c1\u3000", "c1", {}),
    ("\ufeff\u00a0c1\u200b", "c1", {}),
    ("12e4", "12e4", {}),
    ("1.5", "1.5", {}),
    ("NA", "NA", {}),
    ("N/A", MISSING, {}),
    ("1.2346E+10", UNREADABLE, {}),
    (" c1", " c1", {"trim": False}),
]

BOOLEANS = [(word, True, {}) for word in ("1", "Y", "yes", "TRUE", "t", "on", "是", "1.0")] + [
    *((word, False, {}) for word in ("0", "N", "No", "false", "F", "off", "否", "0.0")),
    ("", MISSING, {}),
    ("-", MISSING, {}),
    ("2", UNREADABLE, {}),
    ("maybe", UNREADABLE, {}),
]

TEXT_CELLS: list[tuple[str, Kind, Any, dict[str, Any]]] = [
    (cell, kind, expected, convention)
    for kind, cases in (("number", NUMBERS), ("time", TIMES), ("id", IDENTIFIERS), ("boolean", BOOLEANS))
    for cell, expected, convention in cases
]


@pytest.mark.parametrize(("cell", "kind", "expected", "convention"), TEXT_CELLS)
def test_text(
    database: duckdb.DuckDBPyConnection, cell: str, kind: Kind, expected: Any, convention: dict[str, Any]
) -> None:
    assert read(database, text_literal(cell), kind, **convention) == expected


@pytest.mark.parametrize(
    ("cell", "kind", "expected", "convention"),
    [
        ("12345.0::DOUBLE", "id", "12345", {}),
        ("1.5::DOUBLE", "id", "1.5", {}),
        ("1e17::DOUBLE", "id", UNREADABLE, {}),
        ("'nan'::DOUBLE", "id", MISSING, {}),
        ("12345.00::DECIMAL(10,2)", "id", "12345", {}),
        ("7::UINTEGER", "id", "7", {}),
        ("'5eb63bbb-e01e-eed0-93cb-22bb8f5acdc3'::UUID", "id", "5eb63bbb-e01e-eed0-93cb-22bb8f5acdc3", {}),
        ("'inf'::DOUBLE", "number", UNREADABLE, {}),
        ("'nan'::DOUBLE", "number", MISSING, {}),
        ("1.25::DECIMAL(10,2)", "number", 1.25, {}),
        ("TRUE", "number", 1, {}),
        ("DATE '2026-01-01'", "number", UNREADABLE, {}),
        ("3.0::DOUBLE", "integer", 3, {}),
        ("3.5::DOUBLE", "integer", UNREADABLE, {}),
        ("'3.7'", "integer", UNREADABLE, {}),
        ("'1e30'", "integer", UNREADABLE, {}),
        ("1::TINYINT", "boolean", True, {}),
        ("2::TINYINT", "boolean", UNREADABLE, {}),
        ("0.0::DOUBLE", "boolean", False, {}),
        ("FALSE", "boolean", False, {}),
        ("DATE '2026-01-01'", "boolean", UNREADABLE, {}),
        ("DATE '2026-03-04'", "time", datetime(2026, 3, 3, 16), {"timezone": "Asia/Shanghai"}),
        ("TIMESTAMP '2026-03-04 12:00:00'", "time", NOON, {}),
        ("TIMESTAMP_NS '2026-03-04 12:00:00'", "time", NOON, {}),
        ("TIMESTAMPTZ '2026-03-04 20:00:00+08'", "time", NOON, {"timezone": "Europe/London"}),
        ("TIMESTAMP 'infinity'", "time", UNREADABLE, {}),
        ("20260304", "time", datetime(2026, 3, 4), {"date_formats": ("%Y%m%d",)}),
        ("20260304.0::DOUBLE", "time", datetime(2026, 3, 4), {"date_formats": ("%Y%m%d",)}),
        ("20260304", "time", UNREADABLE, {}),
        ("1772625600", "time", NOON, {"date_formats": ("epoch_seconds",)}),
        ("46085.5::DOUBLE", "time", NOON, {"date_formats": ("excel",)}),
        ("TRUE", "time", UNREADABLE, {}),
        ("TRUE", "text", "true", {}),
        ("[1, 2]", "text", "[1, 2]", {}),
    ],
)
def test_typed(
    database: duckdb.DuckDBPyConnection, cell: str, kind: Kind, expected: Any, convention: dict[str, Any]
) -> None:
    family = family_of(str(database.sql(f"SELECT {cell}").types[0]))
    assert read(database, cell, kind, family, **convention) == expected


@given(
    number=st.decimals(min_value=-(10**9), max_value=10**9, places=2), marks=st.sampled_from([".,", ",.", ". ", ",'"])
)
def test_a_written_number_reads_back(database: duckdb.DuckDBPyConnection, number: Any, marks: str) -> None:
    decimal, thousands = marks
    written = f"{number:,}".replace(",", "T").replace(".", decimal).replace("T", thousands)
    assert read(database, text_literal(written), "number", decimal=decimal, thousands=thousands) == float(number)


@given(
    moment=st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2900, 1, 1)),
    minutes=st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_an_offset_is_taken_off_as_python_does(
    database: duckdb.DuckDBPyConnection, moment: datetime, minutes: int
) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    expected = zoned.astimezone(UTC).replace(tzinfo=None)
    assert read(database, text_literal(zoned.isoformat()), "time") == expected


@given(
    moment=st.datetimes(min_value=datetime(1972, 1, 1), max_value=datetime(2037, 1, 1)),
    zone=st.sampled_from(["Asia/Shanghai", "Europe/London", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"]),
)
def test_a_local_time_becomes_utc_as_python_says(
    database: duckdb.DuckDBPyConnection, moment: datetime, zone: str
) -> None:
    local = [moment.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1)]
    # In the hour that the clock repeats or leaves out both readings are allowed.
    allowed = {each.astimezone(UTC).replace(tzinfo=None) for each in local}
    assert read(database, text_literal(moment.isoformat(" ")), "time", timezone=zone) in allowed


@settings(max_examples=50)
@given(text=st.text(max_size=12) | st.text("0123456789.,eE+-:T/ ()Z", max_size=20))
def test_no_text_stops_the_reading(database: duckdb.DuckDBPyConnection, text: str) -> None:
    cell = text_literal(text.replace("\x00", "").encode("utf-8", "ignore").decode())
    how = Convention(date_formats=("%d/%m/%Y", "excel", "epoch_seconds"), currency="CNY", thousands=" ")
    kinds: tuple[Kind, ...] = ("text", "id", "number", "integer", "boolean", "time")
    cells = database.sql("SELECT " + ", ".join(f"{cleaned(cell, 'text', kind, how)} AS {kind}_" for kind in kinds))
    read = cells.project(", ".join(f"{value(f'{kind}_', 'text', kind, how)} AS {kind}_" for kind in kinds))
    assert len(read.project(", ".join(settled(f"{kind}_", kind) for kind in kinds)).fetchall()) == 1


def test_value_map(database: duckdb.DuckDBPyConnection) -> None:
    def result(cell: str, family: Family, value_map: dict[str, str | None]) -> Any:
        sql, _ = mapped(cell, family, value_map)
        return (database.sql(f"SELECT {sql}").fetchone() or (None,))[0]

    assert result("'A'", "text", {"A": "login", "*": "feature"}) == "login"
    assert result("'B'", "text", {"A": "login", "*": "feature"}) == "feature"
    assert result("'B'", "text", {"A": "login"}) == "B"
    assert result("'A'", "text", {"A": None}) is None
    assert result("3.0::DOUBLE", "float", {"3": "high"}) == "high"
    assert result("NULL", "text", {"*": "feature"}) is None
