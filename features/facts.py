"""What the definition of a signal sees of a table: its columns but the times, and aggregates over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import ibis
from ibis.expr import types as ir

from features.errors import DefinitionError
from features.tables import KNOWN_AT, Column, Table
from features.terms import MICROSECONDS_PER_DAY, Aggregate, Term, combine, days_between, ratio, spread
from features.thresholds import Thresholds

TYPES = {"string": "string", "int64": "int64", "float64": "float64", "boolean": "boolean", "timestamp": "int64"}
GAP = "_gap"
Condition: TypeAlias = "ir.BooleanValue | None"


class Facts:
    """A canonical table as a definition sees it.

    Parameters
    ----------
    table
        The canonical table.
    rows
        Ibis table with the canonical columns, times as microseconds since 1970, already cut and masked, and a column
        of gaps for each `days_since_previous` that is asked for.
    thresholds
        Limits that a business sets.

    Attributes
    ----------
    columns_read
        Names of the columns that were asked for so far.
    gaps_read
        What `days_since_previous` was asked for so far.
    """

    def __init__(self, table: Table, rows: ir.Table, thresholds: Thresholds | None = None) -> None:
        self._table, self._rows = table, rows
        self.thresholds = thresholds or Thresholds()
        self.columns_read: set[str] = set()
        self.gaps_read: set[str] = set()

    def __getattr__(self, name: str) -> ir.Value:
        if name.startswith("_"):
            raise AttributeError(name)
        column = self._column(name)
        if column.type == "timestamp":
            raise DefinitionError(
                f"{self._table.name}.{name} is a time and cannot be read raw. Use days_since_last, days_since_first, "
                "days_between, days_until or is_known, which know the cutoff."
            )
        if self._table.name == "customers" and not column.static:
            raise DefinitionError(
                f"customers.{name} can change and its history is unknown. Use a column declared static, "
                "or bring the changes as a table with times."
            )
        return self._read(name)

    def _column(self, name: str) -> Column:
        if name not in self._table:
            known = ", ".join(column.name for column in self._table)
            raise DefinitionError(f"{self._table.name} has no column {name}. It has: {known}.")
        return self._table[name]

    def _read(self, name: str) -> Any:
        self.columns_read.add(name)
        known_from = self._table[name].known_from
        if known_from:
            self.columns_read.add(known_from)
        return self._rows[name]

    def _time(self, name: str = "") -> Any:
        name = name or self._table.happened_at
        if self._column(name).type != "timestamp":
            raise DefinitionError(f"{self._table.name}.{name} is not a time.")
        return self._read(name)

    def is_known(self, time: str) -> ir.BooleanValue:
        """Whether the time has come and was known at the cutoff, such as ``is_known("resolved_at")``."""
        return self._time(time).notnull()

    def days_between(self, start: str, end: str) -> ir.Value:
        """Days from one time of the row to another; null while either is unknown."""
        return days_between(self._time(start), self._time(end))

    def days_since_previous(self, within: str = "") -> ir.Value:
        """Days since the customer's row before this one; null for the first.

        Parameters
        ----------
        within
            A column whose value the row before must share, such as ``deal_id``.
        """
        if within:
            self._column(within)
        self.gaps_read.add(within)
        return self._rows[gap_column(within)]

    def hour(self) -> ir.Value:
        """Hour of the day (UTC) at which the row happened, 0-23."""
        return (self._time() // 3_600_000_000) % 24

    def weekday(self) -> ir.Value:
        """Day of the week (UTC) on which the row happened, Monday 0 to Sunday 6."""
        return ((self._time() // MICROSECONDS_PER_DAY) + 3) % 7

    def day_number(self) -> ir.Value:
        """Whole days (UTC) from 1970 to the row."""
        return self._time() // MICROSECONDS_PER_DAY

    def count(self, where: Condition = None) -> Term:
        """Count rows; 0 where there are none."""
        return Term((Aggregate("count", self._time(), where),), lambda values, _: values[0].fill_null(0))

    def sum(self, value: ir.Value, where: Condition = None) -> Term:
        """Add values up; null where there are none."""
        return Term((Aggregate("sum", _number(value), where),), lambda values, _: values[0])

    def mean(self, value: ir.Value, where: Condition = None) -> Term:
        """Mean of the values that are known."""
        return self.sum(value, where) / self.count(_and(where, value.notnull()))

    def std(self, value: ir.Value, where: Condition = None) -> Term:
        """Spread, the population's standard deviation, of the values that are known."""
        value = _number(value)
        return combine((self.mean(value * value, where), self.mean(value, where)), spread)

    def min(self, value: ir.Value, where: Condition = None) -> Term:
        """Smallest value."""
        return Term((Aggregate("min", _number(value), where),), lambda values, _: values[0])

    def max(self, value: ir.Value, where: Condition = None) -> Term:
        """Largest value."""
        return Term((Aggregate("max", _number(value), where),), lambda values, _: values[0])

    def share(self, where: ir.BooleanValue, of: Condition = None) -> Term:
        """Share of rows, 0 to 1, for which a condition holds; null without rows."""
        return self.count(_and(of, where)) / self.count(of)

    def latest(self, value: ir.Value, where: Condition = None) -> Term:
        """Known value of the newest row."""
        pair = ibis.struct({"at": self._time(), "value": value})
        return Term((Aggregate("latest", pair, _and(where, value.notnull())),), lambda values, _: values[0]["value"])

    def earliest(self, value: ir.Value, where: Condition = None) -> Term:
        """Known value of the oldest row."""
        pair = ibis.struct({"at": self._time(), "value": value})
        aggregate = Aggregate("earliest", pair, _and(where, value.notnull()))
        return Term((aggregate,), lambda values, _: values[0]["value"])

    def distinct(self, value: ir.Value, where: Condition = None) -> Term:
        """Count different values; 0 where there are none."""
        aggregate = Aggregate("distinct", value, _and(where, value.notnull()))
        return Term((aggregate,), lambda values, _: values[0].fill_null(0))

    def active_days(self, where: Condition = None) -> Term:
        """Count different days with a row, days being 24 hours counted back from the cutoff; needs a window."""
        return Term((Aggregate("days", self._time(), where),), lambda values, _: values[0].fill_null(0))

    def days_since_last(self, where: Condition = None, at: str = "") -> Term:
        """Days from the newest row, or its time named by `at`, to the cutoff."""
        time = self._time(at)
        return Term((Aggregate("max", time, where),), lambda values, moment: days_between(values[0], moment.cutoff))

    def days_since_first(self, where: Condition = None, at: str = "") -> Term:
        """Days from the oldest row, or its time named by `at`, to the cutoff."""
        time = self._time(at)
        return Term((Aggregate("min", time, where),), lambda values, moment: days_between(values[0], moment.cutoff))

    def days_until(self, time: str, where: Condition = None) -> Term:
        """Days from the cutoff to a time of the newest row, negative once it has passed."""
        return self.latest(self._time(time), where).at_cutoff(lambda value, cutoff: days_between(cutoff, value))

    def decayed(self, value: ir.Value | float, half_life_days: float, where: Condition = None) -> Term:
        """Sum in which a row counts half as much for each half-life that it is old."""
        self._time()
        weighed = value if isinstance(value, ir.Value) else ibis.literal(float(value))
        return Term((Aggregate("decayed", weighed, where, half_life_days),), lambda values, _: values[0])

    def entropy(self, value: ir.Value, among: Sequence[int | str]) -> Term:
        """Evenness of the spread over some values: Shannon entropy over its maximum, 0 (one value) to 1 (all alike)."""
        counts = [self.count(value == one) for one in among]
        return combine(counts, _evenness)


def facts_schema(table: Table) -> ibis.Schema:
    """Give the Ibis schema of the rows that a definition sees: times are microseconds since 1970."""
    return ibis.schema({column.name: TYPES[column.type] for column in (*table.columns, table[KNOWN_AT])})


def gap_column(within: str) -> str:
    """Name of the column that holds the days since the row before.

    >>> gap_column(""), gap_column("deal_id")
    ('_gap', '_gap_deal_id')
    """
    return f"{GAP}_{within}" if within else GAP


def _evenness(*counts: Any) -> Any:
    total = sum(counts[1:], start=counts[0])
    shares = [ratio(count, total) for count in counts]
    entropies = [ibis.ifelse(share > 0, -share * share.nullif(0.0).ln(), 0.0) for share in shares]
    entropy = sum(entropies[1:], start=entropies[0])
    return ibis.ifelse(total > 0, entropy, ibis.null("float64")) / ibis.literal(float(len(counts))).ln()


def _number(value: ir.Value) -> ir.Value:
    if value.type().is_boolean() or value.type().is_numeric():
        return value.cast("float64")
    raise DefinitionError(f"sums, means and limits are of numbers, not of a value of type {value.type()}.")


def _and(first: Condition, second: ir.BooleanValue) -> ir.BooleanValue:
    return second if first is None else first & second
