"""One messy delivery, each row a kind of bad input: read right, set aside with its reason, or listed as unreadable.

`test_ingest_bad_input.py` has the kinds of bad files. Here the rows go all the way from files to accepted tables.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.ingest import Ledger, Mapping, ingest
from pipelines.validation.accept import accept, record
from pipelines.validation.compare import Shift
from pipelines.validation.inspection import inspect
from pipelines.validation.rules import Rules

RULES = Rules(
    now=datetime(2026, 11, 21, 12),
    earliest=datetime(1971, 1, 1),
    orphans="quarantine",
    quarantine_limit=0.9,
    shift=Shift(volume_share=0.5, missing_rise=0.1, divergence=0.1),
)
COLUMNS = {
    "order_id": "order",
    "customer_id": "customer",
    "ordered_at": "at",
    "amount": "amount",
    "quantity": "units",
    "lines": "lines",
    "category": "category",
    "is_add_on": "extra",
    "returned_at": "back",
    "refund_amount": "refund",
}
GOOD = {"customer": "007", "at": "2026-03-04 12:00:00", "amount": "10"}
NOON = datetime(2026, 3, 4, 12)


@dataclass(frozen=True)
class Kind:
    """What is odd about a row, and how it must end: with these values, these reasons, or unreadable for that reason."""

    cells: dict[str, str]
    accepted: dict[str, Any] = field(default_factory=dict)
    aside: tuple[str, ...] = ()
    unreadable: str = ""


def reads(cells: dict[str, str], **values: Any) -> Kind:
    return Kind(cells, accepted=values)


def aside(cells: dict[str, str], *reasons: str) -> Kind:
    return Kind(cells, aside=reasons)


def unreadable(cells: dict[str, str], reason: str) -> Kind:
    return Kind(cells, unreadable=reason)


NUMBER, WHOLE, FLAG = "not a number", "not a whole number", "not yes or no"
MOMENT = "not a time in the format ISO 8601"
TIME = "ordered_at is not between 1971-01-01 and 2026-11-23"
KINDS: dict[str, Kind] = {
    # Customers.
    "leading zeros in an id": reads({}, customer_id="007"),
    "an id as a float": reads({"customer": "12345.0"}, customer_id="12345"),
    "blanks around an id": reads({"customer": "  007 "}, customer_id="007"),
    "an id that lost its zeros is nobody's": aside({"customer": "7"}, "customer_id is not in customers"),
    "an orphan": aside({"customer": "nobody"}, "customer_id is not in customers"),
    "no customer": unreadable({"customer": ""}, "missing"),
    "N/A as a customer": unreadable({"customer": "N/A"}, "missing"),
    "HTML in an id": aside({"customer": "<img src=x onerror=alert(1)>"}, "customer_id is not in customers"),
    "SQL in an id": aside({"customer": "'; DROP TABLE loaded.orders; --"}, "customer_id is not in customers"),
    # Times.
    "the first of January 1970": aside({"at": "1970-01-01"}, TIME),
    "the year 1900": aside({"at": "1900-01-01"}, TIME),
    "the year 2999": aside({"at": "2999-12-31"}, TIME),
    "a day after tomorrow": aside({"at": "2026-11-24"}, TIME),
    "a time with its zone": reads({"at": "2026-03-04T20:00:00+08:00"}, ordered_at=NOON),
    "a time in UTC": reads({"at": "2026-03-04T12:00:00Z"}, ordered_at=NOON),
    "a day without a time": reads({"at": "2026-03-04"}, ordered_at=datetime(2026, 3, 4)),
    "a time to the microsecond": reads({"at": "2026-03-04 12:00:00.000001"}, ordered_at=NOON.replace(microsecond=1)),
    "the last of February of no leap year": unreadable({"at": "2026-02-29"}, MOMENT),
    "day first": unreadable({"at": "04.03.2026"}, MOMENT),
    "a serial day of Excel": unreadable({"at": "46085"}, MOMENT),
    "no time": unreadable({"at": ""}, "missing"),
    "zeros for a time": unreadable({"at": "0000-00-00 00:00:00"}, MOMENT),
    # Amounts.
    "a return": reads({"amount": "-10"}, amount=-10.0),
    "nothing paid": reads({"amount": "0"}, amount=0.0),
    "no amount": reads({"amount": ""}, amount=None),
    "NaN": reads({"amount": "NaN"}, amount=None),
    "N/A": reads({"amount": "#N/A"}, amount=None),
    "NULL": reads({"amount": "NULL"}, amount=None),
    "infinity": unreadable({"amount": "Infinity"}, NUMBER),
    "a number too large for any": unreadable({"amount": "1e999"}, NUMBER),
    "an amount with a point for thousands": unreadable({"amount": "1.234.567"}, NUMBER),
    "a decimal comma": unreadable({"amount": "12,50"}, NUMBER),
    "a formula as an amount": unreadable({"amount": "=1+1"}, NUMBER),
    "a word as an amount": unreadable({"amount": "ten"}, NUMBER),
    "an amount in brackets, as accountants write a loss": reads({"amount": "(10)"}, amount=-10.0),
    "scientific notation": reads({"amount": "1.5e3"}, amount=1500.0),
    "a refund below zero": aside({"back": "2026-03-05", "refund": "-1"}, "refund_amount is not a number of 0 or more"),
    "goods back before the order": aside({"back": "2026-03-03"}, "returned_at is before ordered_at"),
    "lines below zero": aside({"lines": "-1"}, "lines is not a number of 0 or more"),
    "half a line": unreadable({"lines": "2.5"}, WHOLE),
    "lines as a float": reads({"lines": "2.0"}, lines=2),
    # Yes and no.
    **{f"yes as {said}": reads({"extra": said}, is_add_on=True) for said in ("1", "Y", "TRUE", "yes", "是", "t")},
    **{f"no as {said}": reads({"extra": said}, is_add_on=False) for said in ("0", "N", "False", "no", "否", "f")},
    "perhaps": unreadable({"extra": "perhaps"}, FLAG),
    "two as yes": unreadable({"extra": "2"}, FLAG),
    # Texts.
    "a formula in a text": reads({"category": "=cmd|' /C calc'!A0"}, category="=cmd|' /C calc'!A0"),
    "HTML in a text": reads({"category": "<script>alert(1)</script>"}, category="<script>alert(1)</script>"),
    "a very long text": reads({"category": "长" * 100_000}, category="长" * 100_000),
    "line ends in a text": reads({"category": "a\nb"}, category="a\nb"),
    "quotes in a text": reads({"category": 'a "b", c'}, category='a "b", c'),
    "emoji in a text": reads({"category": "👩‍💻"}, category="👩‍💻"),
    # Repeats: every kind has its own order, these two come again.
    "a row that comes twice": Kind({"order": "twice"}, accepted={"amount": 10.0}),
    "the same row again": aside({"order": "twice"}, "order_id repeats another row"),
    "an order that comes again with another amount": aside(
        {"order": "twice", "amount": "99"}, "order_id repeats another row"
    ),
    "several faults in one row": aside(
        {"customer": "nobody", "at": "2999-12-31"}, "customer_id is not in customers", TIME
    ),
}


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[duckdb.DuckDBPyConnection, Ledger, dict[str, Any]]:
    """Load and check the delivery; the rows are those of `KINDS` in their order."""
    folder = tmp_path_factory.mktemp("delivery")
    write(folder / "orders.csv", [row(number, kind) for number, kind in enumerate(KINDS.values())])
    write(folder / "customers.csv", [{"customer": each, "at": "2024-01-01"} for each in ("007", "12345")])
    connection = duckdb.connect()
    ledgers = ingest(mapping("orders.csv"), folder, connection, "loaded")
    return connection, ledgers[-1], checked(connection)


def row(number: int, kind: Kind) -> dict[str, str]:
    return {"order": f"o{number}", **dict.fromkeys(("units", "lines", "category", "extra", "back", "refund"), "")} | (
        GOOD | kind.cells
    )


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def mapping(orders: str) -> Mapping:
    customers = {"path": "customers.csv", "columns": {"customer_id": "customer", "signed_up_at": "at"}}
    source = {"path": orders, "columns": COLUMNS, "reject_limit": 0.9}
    return Mapping.model_validate({"tables": {"customers": customers, "orders": source}})


def checked(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    found = inspect(connection, "loaded", ["customers", "orders"], RULES, {}, lambda text: None)
    accept(connection, "loaded", found, RULES)
    return record(connection, found)


@pytest.mark.parametrize(("number", "kind"), list(enumerate(KINDS.values())), ids=KINDS)
def test_each_kind_ends_as_it_should(delivered: Any, number: int, kind: Kind) -> None:
    connection, *_ = delivered
    order = kind.cells.get("order", f"o{number}")
    taken = connection.execute("FROM accepted.orders WHERE order_id = ?", [order]).to_arrow_table().to_pylist()
    kept_aside = connection.execute(
        "SELECT reasons FROM quarantine.quarantine_orders WHERE order_id = ?", [order]
    ).fetchall()
    listed = connection.execute("SELECT reason FROM loaded.rejected WHERE row_number = ?", [number + 1]).fetchall()
    if kind.unreadable:
        assert (taken, kept_aside, listed) == ([], [], [(kind.unreadable,)])
    elif kind.aside:
        assert (sorted(kind.aside),) in [(sorted(reasons),) for (reasons,) in kept_aside]
        assert listed == []
    else:
        assert [{name: each[name] for name in kind.accepted} for each in taken] == [kind.accepted]
        assert listed == []


def test_no_row_is_lost(delivered: Any) -> None:
    _, ledger, made = delivered
    assert ledger.read == len(KINDS) == ledger.rejected + made["rows"]["orders"] + made["quarantined"]["orders"]
    assert ledger.rejected == sum(bool(kind.unreadable) for kind in KINDS.values())
    assert made["quarantined"]["orders"] == sum(bool(kind.aside) for kind in KINDS.values())


def test_there_are_sixty_kinds() -> None:
    assert len(KINDS) >= 60


@pytest.mark.parametrize(
    "files",
    [
        {"a.csv": [1, 2, 3], "b.csv": [3, 4]},
        {"a.csv": [1, 2, 3, 4], "b.csv": [1, 2, 3, 4]},
        {"a.csv": [3, 4], "b.csv": [1, 2]},
        {"a.csv": [4, 1], "b.csv": [3, 2, 1]},
    ],
    ids=["overlapping loads", "a load delivered twice", "loads out of order", "rows out of order and overlapping"],
)
def test_loads_that_overlap_or_come_out_of_order_give_each_order_once(
    files: dict[str, list[int]], tmp_path: Path
) -> None:
    write(tmp_path / "customers.csv", [{"customer": "007", "at": "2024-01-01"}])
    for name, days in files.items():
        rows = [row(day, Kind({"at": f"2026-03-0{day}"})) for day in days]
        (tmp_path / "orders").mkdir(exist_ok=True)
        write(tmp_path / "orders" / name, rows)
    connection = duckdb.connect()
    ledger = ingest(mapping("orders/*.csv"), tmp_path, connection, "loaded")[-1]
    made = checked(connection)
    found = connection.execute("SELECT order_id, day(ordered_at) FROM accepted.orders ORDER BY 2").fetchall()
    assert found == [(f"o{day}", day) for day in (1, 2, 3, 4)]
    assert ledger.read == made["rows"]["orders"] + made["quarantined"]["orders"]
    assert set(made["reasons"].get("orders", {})) <= {"order_id repeats another row"}
