"""The small algebra in which a signal is written: aggregates over rows, and arithmetic on them.

A `Term` is a list of aggregates that can be computed band by band of time and a formula over them. The engine decides
which rows reach the aggregates; a definition has no way to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import ibis
from ibis.expr import types as ir

MICROSECONDS_PER_DAY = 86_400_000_000
DECIMAL = "decimal(38, 12)"
HUGE = 1e25
ROUNDING = 1e-12
"""What a difference of squares may be off by, as a share of them: a spread below a millionth of the size is none."""

Operation = Literal["count", "sum", "decayed", "min", "max", "earliest", "latest", "days", "distinct"]
Number = int | float


@dataclass(frozen=True)
class Moment:
    """Where a formula is evaluated.

    Parameters
    ----------
    cutoff
        Cutoff in microseconds since 1970, an Ibis integer.
    days
        Length of the window; ``None`` for the whole history.
    """

    cutoff: Any
    days: int | None


@dataclass(frozen=True, eq=False)
class Aggregate:
    """One aggregate over the rows of a customer that can be put together from bands of time.

    Parameters
    ----------
    operation
        How rows, and later bands, are combined. ``decayed`` is a sum in which a row counts half as much for each
        half-life that it is old; ``latest`` keeps the value of the newest row (the largest of equal
        times), ``earliest`` that of the oldest (the smallest of equal times), ``days`` counts different days before
        the cutoff, ``distinct`` counts different values.
    value
        Row-level expression.
    where
        Which rows count; ``None`` for all.
    half_life_days
        For ``decayed``.
    """

    operation: Operation
    value: ir.Value
    where: ir.BooleanValue | None = None
    half_life_days: float | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for two aggregates that compute the same thing."""
        where = None if self.where is None else self.where.op()
        return self.operation, self.value.op(), where, self.half_life_days


Finish = Callable[[Sequence[ir.Value], Moment], ir.Value]


@dataclass(frozen=True, eq=False)
class Term:
    """A value of one customer in one window: aggregates and the formula over them."""

    aggregates: tuple[Aggregate, ...]
    finish: Finish

    def _with(self, other: Term | Number, formula: Callable[[Any, Any], Any]) -> Term:
        if not isinstance(other, Term):
            return Term(self.aggregates, lambda values, moment: formula(self.finish(values, moment), other))
        return combine((self, other), formula)

    def map(self, formula: Callable[[Any], Any]) -> Term:
        """Apply an Ibis formula to the finished value, such as ``lambda value: value.sqrt()``."""
        return Term(self.aggregates, lambda values, moment: formula(self.finish(values, moment)))

    def at_cutoff(self, formula: Callable[[Any, Any], Any]) -> Term:
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
        return self._with(other, ratio)

    def at_least(self, limit: Number) -> Term:
        """Raise smaller values to the limit."""
        return self.map(lambda value: ibis.ifelse(value < limit, limit, value))

    def at_most(self, limit: Number) -> Term:
        """Lower larger values to the limit."""
        return self.map(lambda value: ibis.ifelse(value > limit, limit, value))

    def or_else(self, other: Number) -> Term:
        """Replace null."""
        return self.map(lambda value: value.fill_null(other))


def combine(terms: Sequence[Term], formula: Callable[..., Any]) -> Term:
    """Apply a formula to several finished terms."""
    borders = [0]
    for term in terms:
        borders.append(borders[-1] + len(term.aggregates))

    def finish(values: Sequence[ir.Value], moment: Moment) -> ir.Value:
        parts = zip(terms, borders, borders[1:], strict=False)
        return formula(*(term.finish(values[start:end], moment) for term, start, end in parts))

    return Term(tuple(aggregate for term in terms for aggregate in term.aggregates), finish)


def ratio(above: Any, below: Any) -> Any:
    """Divide two Ibis numbers; null where the lower one is zero."""
    below = below if isinstance(below, ir.Value) else ibis.literal(below)
    return above.cast("float64") / below.cast("float64").nullif(0.0)


def spread(mean_of_squares: Any, mean: Any) -> Any:
    """Give the population's standard deviation from two means; 0 where their difference is no more than rounding."""
    variance = mean_of_squares - mean * mean
    return ibis.ifelse(variance < mean_of_squares * ROUNDING, 0.0, variance).sqrt()


def exact(value: Any) -> Any:
    """Give a number as a decimal of 12 places, whose sums are the same in any order; null where it is none or huge."""
    number = value.cast("float64")
    return ibis.ifelse(number.abs() < HUGE, number, ibis.null("float64")).cast(DECIMAL)


def days_between(start: Any, end: Any) -> Any:
    """Days from one instant to another, both in microseconds."""
    return (end - start).cast("float64") / MICROSECONDS_PER_DAY
