"""The checks that follow from the canonical tables."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from features.tables import CONTRACTS, CUSTOMERS, KNOWN_AT, Column, Table
from pipelines.validation.check import Check, Severity, rows_where
from pipelines.warehouse.sql import identifier, literal

LARGEST = sys.float_info.max
AGREED_YEARS = 30

NOT_NULL = "expect_column_values_to_not_be_null"
BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"
UNIQUE = "expect_column_values_to_be_unique"
UNIQUE_TOGETHER = "expect_compound_columns_to_be_unique"
ORDERED = "expect_column_pair_values_a_to_be_greater_than_b"


def checks_of(table: Table, columns: Iterable[str], earliest: datetime, latest: datetime) -> list[Check]:
    """Generate the checks of a canonical table.

    Parameters
    ----------
    table
        Its declaration.
    columns
        Names of the columns that are there.
    earliest, latest
        Times outside are taken for mistakes, such as 1970-01-01 and 2999-12-31.

    Examples
    --------
    >>> from features.tables import STOCK
    >>> [check.name for check in checks_of(STOCK, ["customer_id", "category"], datetime(1980, 1, 1), datetime.now())]
    ['stock.customer_id.missing']
    """
    there = set(columns)
    checks = [check for column in table.all_columns if column.name in there for check in _column(table, column)]
    checks += [_plausible(table, column, earliest, latest) for column in _times(table) if column.name in there]
    checks += [
        _ordered(table, column)
        for column in table.columns
        if column.not_before and {column.name, column.not_before} <= there
    ]
    return [*checks, *([_unique(table)] if there.issuperset(table.key) else [])]


def _column(table: Table, column: Column) -> Iterator[Check]:
    if column.required or column.name == KNOWN_AT:
        yield _check(table, column.name, "missing", NOT_NULL, {"column": column.name}, "quarantine", "is missing")
    if column.type in ("int64", "float64"):
        yield from _limits(table, column)
    if column.allowed:
        allowed = {"column": column.name, "value_set": list(column.allowed)}
        said = f"is none of {', '.join(column.allowed)}"
        yield _check(table, column.name, "set", IN_SET, allowed, _severity(table), said)


def _limits(table: Table, column: Column) -> Iterator[Check]:
    low = -LARGEST if column.minimum is None else column.minimum
    high = LARGEST if column.maximum is None else column.maximum
    limits = {"column": column.name, "min_value": low, "max_value": high}
    yield _check(table, column.name, "range", BETWEEN, limits, _severity(table), f"is not {_said(column)}")
    if _severity(table) == "warn":
        finite = {"column": column.name, "min_value": -LARGEST, "max_value": LARGEST}
        yield _check(table, column.name, "finite", BETWEEN, finite, "quarantine", "is not a number")


def _severity(table: Table) -> Severity:
    """Keep customers and terms whose attributes are doubted: with them all facts, or a renewal, would be lost."""
    return "warn" if table in (CUSTOMERS, CONTRACTS) else "quarantine"


def _said(column: Column) -> str:
    if column.minimum is not None and column.maximum is not None:
        return f"between {column.minimum:g} and {column.maximum:g}"
    if column.minimum is not None:
        return f"a number of {column.minimum:g} or more"
    return "a number" if column.maximum is None else f"a number of {column.maximum:g} or less"


def _times(table: Table) -> list[Column]:
    return [column for column in table.all_columns if column.type == "timestamp"]


def _plausible(table: Table, column: Column, earliest: datetime, latest: datetime) -> Check:
    """Expect the past of what has happened; an agreed end or a term signed today may lie ahead."""
    agreed = table in (CONTRACTS, CUSTOMERS) or not (column.known_from or column.name == table.happened_at)
    ahead = agreed and column.name != KNOWN_AT
    until = latest.replace(year=latest.year + AGREED_YEARS, month=1, day=1) if ahead else latest
    said = f"is not between {earliest:%Y-%m-%d} and {until:%Y-%m-%d}"
    if column.name == KNOWN_AT:
        outside = f"(known_at < {literal(earliest)} OR known_at > {literal(until)})"
        odd = f"known_at IS DISTINCT FROM {identifier(table.happened_at)} AND {outside}"
        return rows_where(f"{table.name}.known_at.plausible", table.name, odd, "warn", f"known_at {said}")
    limits: dict[str, Any] = {"column": column.name, "min_value": earliest, "max_value": until}
    severity: Severity = "quarantine" if column.name == table.happened_at else "warn"
    return _check(table, column.name, "plausible", BETWEEN, limits, severity, said)


def _ordered(table: Table, column: Column) -> Check:
    pair = {
        "column_A": column.name,
        "column_B": column.not_before,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }
    return _check(table, column.name, "order", ORDERED, pair, "quarantine", f"is before {column.not_before}")


def _unique(table: Table) -> Check:
    key, said = "+".join(table.key), "repeats another row"
    if len(table.key) == 1:
        return _check(table, key, "unique", UNIQUE, {"column": key}, "quarantine", said)
    together = {"column_list": list(table.key), "ignore_row_if": "any_value_is_missing"}
    return _check(table, key, "unique", UNIQUE_TOGETHER, together, "quarantine", said)


def _check(
    table: Table, column: str, what: str, expectation: str, arguments: dict[str, Any], severity: Severity, said: str
) -> Check:
    words = f"{column.replace('+', ', ')} {said}"
    return Check(f"{table.name}.{column}.{what}", table.name, expectation, arguments, severity, words)
