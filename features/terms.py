"""The small algebra in which a signal is written: aggregates over rows, and arithmetic on them.

A definition sees a `Facts` object. Its columns are ordinary Ibis columns; its methods return a `Term`, which is a list
of aggregates that can be computed band by band (sum, minimum, maximum, latest, distinct) and a formula over them. The
engine decides which rows reach the aggregates; a definition has no way to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import ibis
from ibis.expr import types as ir

from features.errors import DefinitionError
from features.tables import KNOWN_AT, Table

MICROSECONDS_PER_DAY = 86_400_000_000
TYPES = {"string": "string", "int64": "int64", "float64": "float64", "boolean": "boolean", "timestamp": "int64"}

Operation = Literal["count", "sum", "min", "max", "latest", "distinct"]
Number = int | float


@dataclass(frozen=True)
class Moment:
    """Where a formula is evaluated: the cutoff, the length of the window and the instant that decay is counted from.

    Parameters
    ----------
    cutoff
        Cutoff in microseconds since 1970.
    days
        Length of the window; ``None`` for the whole history.
    origin
        Instant from which decayed sums were weighted, in microseconds since 1970.
    """

    cutoff: int
    days: int | None
    origin: int


@dataclass(frozen=True, eq=False)
class Aggregate:
    """One aggregate over the rows of a customer that can be added up over bands of time.

    Parameters
    ----------
    operation
        How rows, and later bands, are combined. ``latest`` keeps the value of the newest row (the largest of equal
        times); ``distinct`` counts different values.
    value
        Row-level expression.
    where
        Which rows count; ``None`` for all.
    """

    operation: Operation
    value: ir.Value
    where: ir.BooleanValue | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for two aggregates that compute the same thing."""
        return self.operation, self.value.op(), None if self.where is None else self.where.op()


Finish = Callable[[Sequence[ir.Value], Moment], ir.Value]


@dataclass(frozen=True, eq=False)
class Term:
    """A value of one customer in one window: aggregates and the formula over them."""

    aggregates: tuple[Aggregate, ...]
    finish: Finish

    def _with(self, other: Term | Number, formula: Callable[[Any, Any], Any]) -> Term:
        if not isinstance(other, Term):
            return Term(self.aggregates, lambda values, moment: formula(self.finish(values, moment), other))
        border = len(self.aggregates)
        return Term(
            self.aggregates + other.aggregates,
            lambda values, moment: formula(self.finish(values[:border], moment), other.finish(values[border:], moment)),
        )

    def map(self, formula: Callable[[Any], Any]) -> Term:
        """Apply an Ibis formula to the finished value, such as ``lambda value: value.sqrt()``."""
        return Term(self.aggregates, lambda values, moment: formula(self.finish(values, moment)))

    def at_cutoff(self, formula: Callable[[Any, int], Any]) -> Term:
        """Apply a formula that needs the cutoff (microseconds since 1970)."""
        return Term(self.aggregates, lambda values, moment: formula(self.finish(values, moment), moment.cutoff))

    def __add__(self, other: Term | Number) -> Term:
        return self._with(other, lambda left, right: left + right)

    def __radd__(self, other: Number) -> Term:
        return self.map(lambda value: value + other)

    def __sub__(self, other: Term | Number) -> Term:
        return self._with(other, lambda left, right: left - right)

    def __rsub__(self, other: Number) -> Term:
        return self.map(lambda value: other - value)

    def __mul__(self, other: Term | Number) -> Term:
        return self._with(other, lambda left, right: left * right)

    def __rmul__(self, other: Number) -> Term:
        return self.map(lambda value: other * value)

    def __truediv__(self, other: Term | Number) -> Term:
        """Divide; a zero below the line gives null, hence the signal's `empty`."""
        if isinstance(other, Term):
            return self._with(other, lambda left, right: left.cast("float64") / right.cast("float64").nullif(0.0))
        return self.map(lambda value: value.cast("float64") / other)

    def at_least(self, limit: Number) -> Term:
        """Raise smaller values to the limit."""
        return self.map(lambda value: ibis.greatest(value, limit))

    def or_else(self, other: Number) -> Term:
        """Replace null."""
        return self.map(lambda value: value.fill_null(other))


class Facts:
    """What a definition sees of a table: its columns but the times, and aggregates over them.

    Parameters
    ----------
    table
        The canonical table.
    rows
        Ibis table with the canonical columns, times as microseconds since 1970, already cut and masked.
    origin
        Instant from which decayed sums are weighted, in microseconds since 1970.
    """

    def __init__(self, table: Table, rows: ir.Table, origin: int = 0) -> None:
        self._table, self._rows, self._origin = table, rows, origin
        self.columns_read: set[str] = set()

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

    def _column(self, name: str) -> Any:
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
        return (self._time(end) - self._time(start)).cast("float64") / MICROSECONDS_PER_DAY

    def hour(self) -> ir.Value:
        """Hour of the day (UTC) at which the row happened, 0-23."""
        return (self._time() // 3_600_000_000) % 24

    def weekday(self) -> ir.Value:
        """Day of the week (UTC) on which the row happened, Monday 0 to Sunday 6."""
        return ((self._time() // MICROSECONDS_PER_DAY) + 3) % 7

    def count(self, where: ir.BooleanValue | None = None) -> Term:
        """Count rows; 0 where there are none."""
        return Term((Aggregate("count", self._time(), where),), lambda values, _: values[0].fill_null(0))

    def sum(self, value: ir.Value, where: ir.BooleanValue | None = None) -> Term:
        """Add values up; null where there are none."""
        return Term((Aggregate("sum", _number(value), where),), lambda values, _: values[0])

    def mean(self, value: ir.Value, where: ir.BooleanValue | None = None) -> Term:
        """Mean of the values that are known."""
        return self.sum(value, where) / self.count(_and(where, value.notnull()))

    def std(self, value: ir.Value, where: ir.BooleanValue | None = None) -> Term:
        """Measure the spread, the population's standard deviation, of the values that are known."""
        value = _number(value)
        mean_of_squares = self.mean(value * value, where)
        mean = self.mean(value, where)
        return (mean_of_squares - mean * mean).at_least(0.0).map(lambda variance: variance.sqrt())

    def min(self, value: ir.Value, where: ir.BooleanValue | None = None) -> Term:
        """Smallest value."""
        return Term((Aggregate("min", _number(value), where),), lambda values, _: values[0])

    def max(self, value: ir.Value, where: ir.BooleanValue | None = None) -> Term:
        """Largest value."""
        return Term((Aggregate("max", _number(value), where),), lambda values, _: values[0])

    def share(self, where: ir.BooleanValue, of: ir.BooleanValue | None = None) -> Term:
        """Share of rows, 0 to 1, for which a condition holds; null without rows."""
        return self.count(_and(of, where)) / self.count(of)

    def latest(self, value: ir.Value, where: ir.BooleanValue | None = None) -> Term:
        """Known value of the newest row."""
        pair = ibis.struct({"at": self._time(), "value": value})
        return Term((Aggregate("latest", pair, _and(where, value.notnull())),), lambda values, _: values[0]["value"])

    def distinct(self, value: ir.Value, where: ir.BooleanValue | None = None) -> Term:
        """Count different values; 0 where there are none."""
        return Term(
            (Aggregate("distinct", value, _and(where, value.notnull())),), lambda values, _: values[0].fill_null(0)
        )

    def active_days(self, where: ir.BooleanValue | None = None) -> Term:
        """Count different days (UTC) with a row."""
        return self.distinct(self._time() // MICROSECONDS_PER_DAY, where)

    def days_since_last(self, where: ir.BooleanValue | None = None, at: str = "") -> Term:
        """Days from the newest row, or its time named by `at`, to the cutoff."""
        return Term((Aggregate("max", self._time(at), where),), lambda values, moment: _days(moment.cutoff, values[0]))

    def days_since_first(self, where: ir.BooleanValue | None = None, at: str = "") -> Term:
        """Days from the oldest row, or its time named by `at`, to the cutoff."""
        return Term((Aggregate("min", self._time(at), where),), lambda values, moment: _days(moment.cutoff, values[0]))

    def days_until(self, time: str, where: ir.BooleanValue | None = None) -> Term:
        """Days from the cutoff to a time of the newest row, negative once it has passed."""
        return self.latest(self._time(time), where).at_cutoff(lambda value, cutoff: -_days(cutoff, value))

    def decayed(self, value: ir.Value | Number, half_life_days: float, where: ir.BooleanValue | None = None) -> Term:
        """Sum in which a row counts half as much for each half-life that it is old."""
        per_microsecond = 1.0 / (half_life_days * MICROSECONDS_PER_DAY)
        weight = ibis.literal(2.0) ** ((self._time() - self._origin).cast("float64") * per_microsecond)
        return Term(
            (Aggregate("sum", weight * value, where),),
            lambda values, moment: values[0] * 2.0 ** ((moment.origin - moment.cutoff) * per_microsecond),
        )


def facts_schema(table: Table) -> ibis.Schema:
    """Give the Ibis schema of the rows that a definition sees: times are microseconds since 1970."""
    return ibis.schema({column.name: TYPES[column.type] for column in (*table.columns, table[KNOWN_AT])})


def _number(value: ir.Value) -> ir.Value:
    return value.cast("float64") if value.type().is_boolean() or value.type().is_numeric() else value


def _and(first: ir.BooleanValue | None, second: ir.BooleanValue) -> ir.BooleanValue:
    return second if first is None else first & second


def _days(cutoff: int, value: ir.Value) -> Any:
    return (ibis.literal(cutoff, type="int64") - value).cast("float64") / MICROSECONDS_PER_DAY
