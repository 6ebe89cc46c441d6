"""What a failing row is, as DuckDB's SQL: one definition for counting rows and for setting them aside.

A missing value fails no check but those about missing values, as in Great Expectations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pipelines.warehouse.sql import identifier, literal

Arguments = Mapping[str, Any]


def _not_null(given: Arguments) -> str:
    return f"{identifier(given['column'])} IS NULL"


def _null(given: Arguments) -> str:
    return f"{identifier(given['column'])} IS NOT NULL"


def _between(given: Arguments) -> str:
    return _outside(identifier(given["column"]), given)


def _lengths_between(given: Arguments) -> str:
    return _outside(f"length({identifier(given['column'])})", given)


def _length_equals(given: Arguments) -> str:
    return f"length({identifier(given['column'])}) <> {literal(given['value'])}"


def _outside(measured: str, given: Arguments) -> str:
    low, high = given.get("min_value"), given.get("max_value")
    parts = []
    if low is not None:
        parts.append(f"{measured} {'<=' if given.get('strict_min') else '<'} {literal(low)}")
    if high is not None:
        parts.append(f"{measured} {'>=' if given.get('strict_max') else '>'} {literal(high)}")
    return f"({' OR '.join(parts)})" if parts else "FALSE"


def _in_set(given: Arguments) -> str:
    return f"{identifier(given['column'])} NOT IN ({_listed(given['value_set'])})" if given["value_set"] else "FALSE"


def _not_in_set(given: Arguments) -> str:
    return f"{identifier(given['column'])} IN ({_listed(given['value_set'])})" if given["value_set"] else "FALSE"


def _listed(values: Any) -> str:
    return ", ".join(literal(each) for each in values)


def _matches(given: Arguments) -> str:
    return f"NOT {_found(given)}"


def _does_not_match(given: Arguments) -> str:
    return _found(given)


def _found(given: Arguments) -> str:
    return f"regexp_matches({identifier(given['column'])}, {literal(given['regex'])})"


def _greater(given: Arguments) -> str:
    sign = "<" if given.get("or_equal") else "<="
    return f"{identifier(given['column_A'])} {sign} {identifier(given['column_B'])}"


def _equal(given: Arguments) -> str:
    return f"{identifier(given['column_A'])} <> {identifier(given['column_B'])}"


CONDITIONS: dict[str, Callable[[Arguments], str]] = {
    "expect_column_values_to_not_be_null": _not_null,
    "expect_column_values_to_be_null": _null,
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": _not_in_set,
    "expect_column_values_to_match_regex": _matches,
    "expect_column_values_to_not_match_regex": _does_not_match,
    "expect_column_value_lengths_to_be_between": _lengths_between,
    "expect_column_value_lengths_to_equal": _length_equals,
    "expect_column_pair_values_a_to_be_greater_than_b": _greater,
    "expect_column_pair_values_to_be_equal": _equal,
}


def failing_row(expectation: str, arguments: Arguments) -> str | None:
    """Write SQL that is true for a row that fails; nothing for expectations that are not about single rows."""
    condition = CONDITIONS.get(expectation)
    return None if condition is None else f"coalesce({condition(arguments)}, FALSE)"


def kept_row(given: Arguments) -> str:
    """Write SQL that is true for a row that an expectation on several columns looks at, by its ``ignore_row_if``."""
    columns = given.get("column_list") or [given["column_A"], given["column_B"]]
    rule = given.get("ignore_row_if") or ""
    if rule.startswith(("either", "any")):
        return " AND ".join(f"{identifier(column)} IS NOT NULL" for column in columns)
    if rule.startswith(("both", "all")):
        return " OR ".join(f"{identifier(column)} IS NOT NULL" for column in columns)
    return "TRUE"


def key_of(expectation: str, arguments: Arguments) -> tuple[str, ...]:
    """Columns that an expectation wants to be unique; empty for any other."""
    if expectation == "expect_column_values_to_be_unique":
        return (arguments["column"],)
    if expectation == "expect_compound_columns_to_be_unique":
        return tuple(arguments["column_list"])
    return ()
