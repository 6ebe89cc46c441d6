"""How files are written is found out: encodings, delimiters, headers, dates, marks; and what cannot be is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import yaml

from features.tables import TABLES
from pipelines.errors import DataError
from pipelines.propose import numbers
from pipelines.propose.dates import Dates, detect_dates
from pipelines.propose.glossary import NAMES, TABLE_WORDS, VALUES, names_of
from pipelines.propose.numbers import detect_marks
from pipelines.propose.proposal import Line, Proposal
from pipelines.propose.render import render
from pipelines.propose.text import detect_encoding, detect_layout

CHINESE = "客户编号,姓名\n1,张三\n2,李四\n"
GERMAN = "Kunde,Straße\n1,Grüner Weg\n2,Überseeallee\n"


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def column(engine: duckdb.DuckDBPyConnection, values: list[str]) -> duckdb.DuckDBPyRelation:
    return engine.from_arrow(pa.table({"cell": values}))


@pytest.mark.parametrize(
    ("text", "written", "found"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "utf-8-sig", "utf-8-sig"),
        (CHINESE, "gbk", "gb18030"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "utf-16", "utf-16"),
        (GERMAN, "cp1252", "cp1252"),
        (GERMAN, "utf-8", "utf-8"),
        (GERMAN, "utf-16-le", "utf-16-le"),
        ("a,b\n1,2\n", "ascii", "utf-8"),
    ],
)
def test_encodings(tmp_path: Path, text: str, written: str, found: str) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(text.encode(written))
    assert detect_encoding(path).name == found


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(bytes([0x81, 0x8D, 0x20, 0xFF, 0x0A]) * 3)
    with pytest.raises(DataError, match=r"encoding of 'file\.csv' is not clear"):
        detect_encoding(path)


@pytest.mark.parametrize(
    ("text", "delimiter", "header", "width"),
    [
        ("a,b,c\n1,2,3\n", ",", True, 3),
        ("a;b\n1,5;2,5\n3,5;4,5\n", ";", True, 2),
        ("a\tb\nx, y\t2\n", "\t", True, 2),
        ("a|b|c\n1|2|3\n", "|", True, 3),
        ('a,b\n"x;y;z",2\n"p;q;r",3\n', ",", True, 2),
        (" customer  day  amount\n 01 19970101  1.5\n 02 19970102  2.5\n", "whitespace", True, 3),
        ("7,2024-01-02,5.00\n8,2024-01-03,6.00\n", ",", False, 3),
        ("only\n1\n2\n", ",", True, 1),
    ],
)
def test_layouts(tmp_path: Path, text: str, delimiter: str, header: bool, width: int) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    layout = detect_layout(path, "utf-8")
    assert (layout.delimiter, layout.header, layout.width) == (delimiter, header, width)


@pytest.mark.parametrize(
    ("values", "formats", "is_open"),
    [
        (["2024-01-02", "2024-12-31 10:00:00"], (), False),
        (["31/12/2024", "01/02/2024"], ("%d/%m/%Y",), False),
        (["12/31/2024", "01/02/2024"], ("%m/%d/%Y",), False),
        (["01/02/2024", "03/04/2024"], ("%d/%m/%Y",), True),
        (["2024年1月2日", "2024年11月30日"], ("%Y年%m月%d日",), False),
        (["20240102", "20241130"], ("%Y%m%d",), False),
        (["2024/1/2 3:04", "2024/11/30 13:14"], ("%Y/%m/%d %H:%M",), False),
        (["02.01.2024 03:04:05"], ("%d.%m.%Y %H:%M:%S",), False),
    ],
)
def test_dates(engine: duckdb.DuckDBPyConnection, values: list[str], formats: tuple[str, ...], is_open: bool) -> None:
    dates = detect_dates(column(engine, values), "cell", "text")
    assert dates is not None
    assert (dates.formats, bool(dates.rival)) == (formats, is_open)


@pytest.mark.parametrize("values", [["A-1", "A-2"], ["1.5", "2.5"], ["12345678", "99999999"], ["", " "]])
def test_what_is_no_date(engine: duckdb.DuckDBPyConnection, values: list[str]) -> None:
    assert detect_dates(column(engine, values), "cell", "text") is None


@pytest.mark.parametrize(
    ("number", "formats"),
    [(1_700_000_000, ("epoch_seconds",)), (1_700_000_000_000, ("epoch_milliseconds",)), (45_000, ("excel",))],
)
def test_times_as_numbers(engine: duckdb.DuckDBPyConnection, number: int, formats: tuple[str, ...]) -> None:
    relation = engine.from_arrow(pa.table({"cell": [number]}))
    assert detect_dates(relation, "cell", "integer") == Dates(formats, 1.0)


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["44927.5", "45000"], ("excel",)),
        (["1700000000", "1700086400"], ("epoch_seconds",)),
        (["1700000000000", "1700086400000"], ("epoch_milliseconds",)),
    ],
)
def test_numbers_written_as_text_are_times_where_the_name_says_so(
    engine: duckdb.DuckDBPyConnection, values: list[str], formats: tuple[str, ...]
) -> None:
    relation = engine.from_arrow(pa.table({"order_date": values, "amount": values}))
    assert detect_dates(relation, "order_date", "text") == Dates(formats, 1.0)
    assert detect_dates(relation, "amount", "text") is None


@pytest.mark.parametrize(
    ("values", "decimal", "thousands", "currency", "is_open"),
    [
        (["1.5", "20"], ".", None, None, False),
        (["1,5", "20"], ",", None, None, False),
        (["1.250,00", "3,5"], ",", ".", None, False),
        (["1,250.00", "3.5"], ".", ",", None, False),
        (["1,250", "3,500"], ".", ",", None, True),
        (["¥1,250.00", "¥3.50"], ".", ",", "CNY", False),
        (["3,50 €", "7,00 €"], ",", None, "EUR", False),
    ],
)
def test_marks(
    engine: duckdb.DuckDBPyConnection,
    values: list[str],
    decimal: str,
    thousands: str | None,
    currency: str | None,
    is_open: bool,
) -> None:
    marks = detect_marks(column(engine, values), ["cell"])
    assert (marks.decimal, marks.thousands, marks.currency) == (decimal, thousands, currency)
    assert marks.is_ambiguous == is_open


def test_glossary_names_only_what_there_is() -> None:
    assert set(NAMES) == set(TABLE_WORDS) == set(TABLES)
    for table, columns in NAMES.items():
        assert [name for name in columns if name not in TABLES[table]] == []
    for name, meanings in VALUES.items():
        allowed = {
            each for table in TABLES.values() for column in table if column.name == name for each in column.allowed
        }
        assert set(meanings) <= allowed


def test_no_name_means_two_columns_of_a_table() -> None:
    for table in TABLES.values():
        others = [column.name for column in table if column.name != "customer_id"]
        names = [name for column in others for name in set(names_of(table.name, column))]
        assert sorted({name for name in names if names.count(name) > 1}) == [], table.name


def test_a_comment_stays_a_comment() -> None:
    evil = "x\nname: evil\u2028# y " + "long " * 40
    lines = (Line("name", "good", "short\nname: evil"), Line("data", (Line("root", ".", evil, unsure=True),)))
    read = yaml.safe_load(render(Proposal("good", lines, (), (("a\nname: evil", "b"),))))
    assert read == {"name": "good", "data": {"root": "."}}


def test_columns_of_digits_and_points_read_as_under_each_mark(engine: duckdb.DuckDBPyConnection) -> None:
    columns = {
        "whole": ["12", "-7", "+1234", " 5 ", ""],
        "thousandths": ["1.234", "0.5", "-12.500", "1234.567", "n/a"],
        "long": ["0.12345678", "17", "3.1", "99.999", "1"],
    }
    table = engine.from_arrow(pa.table(columns))
    plain = numbers._plain(table, list(columns))
    assert set(plain) == set(columns)
    for marks in numbers._MARKS:
        slowly = numbers._read(table, list(columns), marks, None)
        for name, own in plain.items():
            assert own.read(*marks) == pytest.approx(slowly[name])


def test_other_columns_are_not_taken_for_digits_and_points(engine: duckdb.DuckDBPyConnection) -> None:
    table = engine.from_arrow(
        pa.table({"a": ["1,5", "2"], "b": ["1e5", "2"], "c": ["1.234.567", "2"], "d": ["¥3", "2"]})
    )
    assert numbers._plain(table, ["a", "b", "c", "d"]) == {}


def test_times_with_a_zone_behind_a_blank(engine: duckdb.DuckDBPyConnection) -> None:
    cells = [f"2025-01-{day:02d} 08:00:00 +08:00" for day in range(1, 29)]
    assert detect_dates(column(engine, cells), "cell", "text") == Dates((), 1.0)
    assert detect_dates(column(engine, [*cells, "later in 2025"]), "cell", "text") == Dates((), pytest.approx(28 / 29))
