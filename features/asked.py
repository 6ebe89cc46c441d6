"""What some signals ask of the rows of a table: the different aggregates, their windows, and formulas over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ibis.expr import types as ir

from features.declared import RowSignal, SignalColumn, placeholder
from features.facts import Facts
from features.tables import Table
from features.terms import Aggregate, Moment, Term
from features.thresholds import Thresholds


@dataclass(frozen=True)
class Part:
    """Signal columns of one table that are computed together.

    Parameters
    ----------
    number
        Tells the part's aggregates from those of other parts.
    table
        The table.
    columns
        Columns of signals over its rows.
    thresholds
        Limits that a business sets.
    """

    number: int
    table: Table
    columns: Sequence[SignalColumn]
    thresholds: Thresholds

    @cached_property
    def signals(self) -> tuple[RowSignal, ...]:
        """The different signals."""
        signals = dict.fromkeys(column.signal for column in self.columns)
        return tuple(signal for signal in signals if isinstance(signal, RowSignal))

    @cached_property
    def columns_read(self) -> frozenset[str]:
        """Table columns that they read."""
        return frozenset[str]().union(*(signal.columns_read for signal in self.signals))

    @cached_property
    def gaps_read(self) -> frozenset[str]:
        """Gaps between rows that they read."""
        return frozenset[str]().union(*(signal.gaps_read for signal in self.signals))

    @cached_property
    def counts_days(self) -> bool:
        """Whether any counts active days."""
        return any(signal.counts_days for signal in self.signals)

    @cached_property
    def windows(self) -> tuple[int, ...]:
        """The different windows in days, ascending, without the whole history."""
        return tuple(sorted({column.days for column in self.columns if column.days is not None}))

    @cached_property
    def has_history(self) -> bool:
        """Whether any looks at the whole history."""
        return any(column.days is None for column in self.columns)

    def ask(self, rows: ir.Table) -> Asked:
        """Call each definition on the rows."""
        facts = Facts(self.table, rows, self.thresholds)
        terms = {signal: signal.definition(facts) for signal in self.signals}
        different = {a.identity: a for term in terms.values() for a in term.aggregates}
        return Asked(self, terms, list(different.values()), {key: place for place, key in enumerate(different)})


@dataclass(frozen=True)
class Asked:
    """Aggregates over certain rows that the columns of a part need.

    Parameters
    ----------
    part
        The part.
    terms
        What each signal asks for.
    aggregates
        The different aggregates; each has its place in this list.
    places
        Place by identity.
    """

    part: Part
    terms: dict[RowSignal, Term]
    aggregates: list[Aggregate]
    places: dict[tuple[object, ...], int]

    @cached_property
    def wanted(self) -> list[tuple[int, int | None]]:
        """Which aggregate, by place, is wanted in which window."""
        pairs = {
            (self.places[aggregate.identity], column.days): None
            for column in self.part.columns
            if isinstance(column.signal, RowSignal)
            for aggregate in self.terms[column.signal].aggregates
        }
        return list(pairs)

    def wanted_in_windows(self, place: int) -> list[int]:
        """Windows in days in which an aggregate is wanted, without the whole history."""
        return sorted(days for where, days in self.wanted if where == place and days is not None)

    @cached_property
    def added(self) -> list[int]:
        """Places of the aggregates that are put together from bands."""
        return [place for place, aggregate in enumerate(self.aggregates) if aggregate.operation != "distinct"]

    @cached_property
    def decayed(self) -> dict[int, float]:
        """Half-lives in days of the decayed sums, by place."""
        half_lives = {place: aggregate.half_life_days for place, aggregate in enumerate(self.aggregates)}
        return {place: half_life for place, half_life in half_lives.items() if half_life is not None}

    @cached_property
    def distinct(self) -> list[int]:
        """Places of the aggregates that count different values."""
        return [place for place, aggregate in enumerate(self.aggregates) if aggregate.operation == "distinct"]

    @cached_property
    def added_ever(self) -> list[int]:
        """Places of the aggregates that are put together over the whole history."""
        return [place for place in self.added if (place, None) in self.wanted]

    def finish(self, column: SignalColumn, row: Any, cutoff: Any) -> ir.Value:
        """Apply the formula of a signal column; a row that lacks an aggregate has null there."""
        assert isinstance(column.signal, RowSignal)
        term = self.terms[column.signal]
        values = [self._value(aggregate, column.days, row) for aggregate in term.aggregates]
        value = term.finish(values, Moment(cutoff, column.days))
        return filled(value, column.signal.empty)

    def _value(self, aggregate: Aggregate, days: int | None, row: Any) -> ir.Value:
        name = self.value_name(self.places[aggregate.identity], days)
        if name not in row.columns:
            return placeholder(aggregate.operation, aggregate.value)
        return row[name].cast("float64") if aggregate.operation in ("sum", "decayed") else row[name]

    def value_name(self, place: int, days: int | None) -> str:
        """Name of an aggregate in a window."""
        return f"p{self.part.number}_a{place}_{'ever' if days is None else days}"


def filled(value: Any, empty: float | str | None) -> ir.Value:
    """Give a value its final type, and say what absence means."""
    value = value if value.type().is_string() else value.cast("float64")
    return value if empty is None else value.fill_null(empty)
