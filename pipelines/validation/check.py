"""One check: an expectation by Great Expectations' own name, and what happens when it is not met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

Severity = Literal["stop", "quarantine", "warn"]

QUERY = "unexpected_rows_expectation"


@dataclass(frozen=True)
class Check:
    """One expectation on one table.

    Parameters
    ----------
    name
        Stable name by which the configuration and the report call it, such as ``orders.amount.range``.
    table
        The table.
    expectation
        Great Expectations' name, such as ``expect_column_values_to_be_between``.
    arguments
        Its arguments, such as ``column`` and ``min_value``.
    severity
        ``stop`` ends the run, ``quarantine`` sets failing rows aside, ``warn`` only says so.
    reason
        What is wrong with a failing row, in plain words.
    condition
        SQL that is true for a failing row of the table ``loaded``, for checks that Great Expectations has no name
        for; the expectation is then a query.
    """

    name: str
    table: str
    expectation: str
    arguments: Mapping[str, Any]
    severity: Severity
    reason: str
    condition: str = ""


def rows_where(name: str, table: str, condition: str, severity: Severity, reason: str) -> Check:
    """Make a check of a condition that no row may meet."""
    escaped = condition.replace("{", "{{").replace("}", "}}")
    query = " ".join(("SELECT * FROM {batch} AS loaded WHERE", escaped))
    return Check(name, table, QUERY, {"unexpected_rows_query": query}, severity, reason, condition)


def configured(checks: Iterable[Check], severities: Mapping[str, str]) -> list[Check]:
    """Give checks the severities that the configuration says; ``off`` leaves a check out.

    Parameters
    ----------
    checks
        Generated checks.
    severities
        Pattern of a check's name, such as ``orders.*.range``, to severity; the last that fits counts.

    Examples
    --------
    >>> check = Check("orders.amount.range", "orders", "x", {}, "quarantine", "is wrong")
    >>> [each.severity for each in configured([check], {"orders.*": "warn"})]
    ['warn']
    >>> configured([check], {"orders.*": "warn", "*.range": "off"})
    []
    """
    found = []
    for check in checks:
        said = [severity for pattern, severity in severities.items() if fnmatchcase(check.name, pattern)]
        if not said:
            found.append(check)
        elif said[-1] != "off":
            found.append(replace(check, severity=said[-1]))  # type: ignore[arg-type]
    return found
