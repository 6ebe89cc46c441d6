"""One check: an expectation by Great Expectations' own name, and what happens when it is not met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
