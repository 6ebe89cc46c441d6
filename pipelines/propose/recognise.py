"""Which canonical table a source is, and which of its columns is which: by names, checked against the values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from features.tables import TABLES, Column, Table
from pipelines.ingest.sql import identifier
from pipelines.propose.evidence import Evidence, Looked
from pipelines.propose.glossary import (
    GENERIC_ID,
    GENERIC_TIME,
    LABEL,
    LEAKS,
    TABLE_WORDS,
    is_chinese,
    names_of,
    normal,
    words,
)

MOST_LABEL_VALUES = 4
_ENOUGH_POINTS = 3
_NAMED_TIME, _GENERIC_TIME, _NAMED_KEY, _TITLE = 4, 2, 2, 4


@dataclass(frozen=True)
class Match:
    """A source read as one canonical table.

    Parameters
    ----------
    table
        The table.
    looked
        The source.
    columns
        Canonical column to source column.
    doubts
        Canonical column to why it may be wrong.
    points
        How much speaks for it.
    untimed
        Source column to the missing canonical time from which it would be known: it cannot be used without.
    """

    table: Table
    looked: Looked
    columns: dict[str, Evidence]
    doubts: dict[str, str]
    points: int
    untimed: dict[str, str] = field(default_factory=dict)


def recognise(looked: Looked) -> Match | None:
    """Find the canonical table that a source is, ``None`` where nothing speaks for any clearly enough."""
    found = [match for table in TABLES.values() if (match := _match(looked, table)) is not None]
    best = max(found, key=lambda match: match.points, default=None)
    if best is not None and best.points >= _ENOUGH_POINTS:
        return best
    return None if looked.place.reading.header else _by_values(looked)


def why_not(looked: Looked, matches: Iterable[Match] = ()) -> str:
    """Say what a source lacks to be a table, and which table knows the customers of its rows."""
    if customer_column(looked) is None:
        through = next((said for match in matches if (said := _customers_through(looked, match))), "")
        return f"no column names the customer{through}"
    if not any(column.dates for column in looked.columns.values()):
        return f"no column reads as a time, and {_no_label(looked)}"
    return "its columns fit no table"


def _no_label(looked: Looked) -> str:
    named = next((each for name, each in looked.columns.items() if normal(name) in words(LABEL) and each.filled), None)
    if named is None:
        return "there is no label"
    if len(named.values) == 1:
        return f"{named.name} is {named.values[0]!r} for everyone"
    if not 1 < len(named.values) <= MOST_LABEL_VALUES:
        return f"{named.name} holds about {named.distinct} different values instead of who left and who stayed"
    customer = customer_column(looked)
    if customer is not None and not looked.is_unique(customer.name):
        return f"{customer.name} repeats, so that {named.name} cannot be one label a customer"
    return f"the values of {named.name} ({', '.join(named.values)}) do not say who left"


def _customers_through(looked: Looked, match: Match) -> str:
    """Say that the rows name something, such as a contract, of which another source names the customer."""
    keys = [match.columns[name] for name in match.table.key if name in match.columns and name != "customer_id"]
    named = {normal(name): name for name in looked.columns}
    found = next((named[normal(key.name)] for key in keys if normal(key.name) in named), None)
    if found is None:
        return ""
    return f", but {found} does through {match.looked.place.label}: docs/guides/identity.md#rows-that-name-a-contract"


def customer_column(looked: Looked) -> Evidence | None:
    """Find the column that names the customer."""
    return _named(looked, TABLES["customers"]["customer_id"], "customers", set())


def _match(looked: Looked, table: Table) -> Match | None:
    columns = _by_name(looked, table)
    doubts: dict[str, str] = {}
    points = _points(looked, table, columns)
    points += _add_generic(looked, table, columns, doubts)
    if "customer_id" not in columns or table.happened_at not in columns:
        return None
    if table.name == "customers" and not looked.is_unique(columns["customer_id"].name):
        return None
    untimed = _take_untimed(table, columns)
    return Match(table, looked, columns, doubts, points, untimed)


def _take_untimed(table: Table, columns: dict[str, Evidence]) -> dict[str, str]:
    """Take out what is learned later than its row where no column says when; give it with the time that is missing."""
    late = {name: time for name, time in table.late_columns.items() if name in columns and time not in columns}
    return {columns.pop(name).name: time for name, time in late.items()}


def _by_values(looked: Looked) -> Match | None:
    """Read a source without names as orders: its only time, an identifier that repeats, and fractions as amounts."""
    columns = list(looked.columns.values())
    times = [each for each in columns if each.dates]
    amounts = [each for each in columns if each.is_number and _has_fractions(looked, each)]
    others = [each for each in columns if each not in times and each not in amounts]
    customers = [each for each in others if each.filled == looked.rows and not looked.is_unique(each.name)]
    if len(times) != 1 or not customers:
        return None
    found = {"customer_id": customers[0], "ordered_at": times[0]}
    if amounts:
        found["amount"] = amounts[0]
    return Match(TABLES["orders"], looked, found, dict.fromkeys(found, "guessed from the values alone"), 0)


def _has_fractions(looked: Looked, column: Evidence) -> bool:
    marks = f"[{looked.marks.decimal}][0-9]"
    return looked.one(f"count_if(regexp_matches(CAST({identifier(column.name)} AS VARCHAR), '{marks}'))") > 0


def _by_name(looked: Looked, table: Table) -> dict[str, Evidence]:
    columns: dict[str, Evidence] = {}
    required_first = sorted(table.columns, key=lambda column: not column.required)
    for column in required_first:
        found = _named(looked, column, table.name, {each.name for each in columns.values()})
        if found is not None:
            columns[column.name] = found
    return columns


def _named(looked: Looked, column: Column, table: str, taken: set[str]) -> Evidence | None:
    by_name = {normal(name): each for name, each in reversed(looked.columns.items()) if name not in taken}
    candidates = (by_name[name] for name in names_of(table, column.name) if name in by_name)
    return next((each for each in candidates if _fits(each, column)), None)


def _fits(column: Evidence, wanted: Column) -> bool:
    if not column.filled:
        return False
    if wanted.type == "timestamp":
        return column.dates is not None
    if wanted.type in ("float64", "int64"):
        return column.is_number
    if wanted.type == "boolean":
        return column.is_flag
    return not wanted.allowed or bool(column.values)


def _points(looked: Looked, table: Table, columns: dict[str, Evidence]) -> int:
    keys = set(table.key) - {"customer_id", table.happened_at}
    others = set(columns) - keys - {"customer_id", table.happened_at}
    return (
        _NAMED_TIME * (table.happened_at in columns)
        + _NAMED_KEY * bool(keys & set(columns))
        + _TITLE * _title_says(looked, table)
        + len(others)
    )


def _title_says(looked: Looked, table: Table) -> bool:
    title = looked.place.title.casefold()
    parts = {part.removesuffix("s") for part in re.split(r"[\W_\d]+", title)}
    return any(word in parts or (is_chinese([word]) and word in title) for word in TABLE_WORDS[table.name].split())


def _add_generic(looked: Looked, table: Table, columns: dict[str, Evidence], doubts: dict[str, str]) -> int:
    """Fill required columns from names that say little, such as id and date; give the points for it."""
    for key in table.key:
        if key not in columns and key != table.happened_at and (found := _generic_key(looked, columns)):
            columns[key] = found
    if table.happened_at in columns or not (found := _only_time(looked, columns)):
        return 0
    columns[table.happened_at] = found
    doubts[table.happened_at] = "the name says little; taken because it holds times"
    return _GENERIC_TIME if normal(found.name) in words(GENERIC_TIME) else 0


def _generic_key(looked: Looked, columns: dict[str, Evidence]) -> Evidence | None:
    taken = {each.name for each in columns.values()}
    named = (each for name, each in looked.columns.items() if name not in taken and normal(name) in words(GENERIC_ID))
    return next((each for each in named if looked.is_unique(each.name)), None)


def _only_time(looked: Looked, columns: dict[str, Evidence]) -> Evidence | None:
    taken = {each.name for each in columns.values()}
    times = [
        each
        for name, each in looked.columns.items()
        if name not in taken and each.dates and _is_time_like(each) and not _is_leak(name)
    ]
    generic = [each for each in times if normal(each.name) in words(GENERIC_TIME)]
    return generic[0] if generic else times[0] if len(times) == 1 else None


def _is_time_like(column: Evidence) -> bool:
    """Numbers are times only where their name says so."""
    return column.family not in ("integer", "decimal", "float") or normal(column.name) in words(GENERIC_TIME)


def _is_leak(name: str) -> bool:
    return any(word in normal(name) for word in words(LEAKS))
