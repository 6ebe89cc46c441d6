"""A declared signal: what a person wrote down about it, and which rows and other signals it needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import ibis
from ibis.expr import types as ir

from features.facts import Facts, facts_schema, gap_column
from features.tables import Table
from features.terms import Aggregate, Moment, Term
from features.values import Values, record

Risk = Literal["rises", "falls", "none"]
EVER = "ever"


@dataclass(frozen=True, eq=False)
class Signal(ABC):
    """A declared signal, one column for each of its windows.

    Parameters
    ----------
    table
        The canonical table that it is about.
    measure
        Name of the measure, the function's name.
    days
        Lengths of the windows in days; empty for the whole history.
    unit
        Unit of the value.
    empty
        What a customer without a value has; ``None`` for missing.
    risk
        Whether risk grows as the value rises or falls; ``none`` where it does neither.
    say
        Sentence for reasons in ``en`` and ``zh`` with ``{value}`` and ``{days}``; with ``en_below`` and ``zh_below``
        for values below zero, which are said without their sign.
    example
        ASCII table of rows and the expected values.
    meaning
        First line of the docstring.
    definition
        The function that was declared.
    core
        Whether it is one of the indicators on the front page.
    where
        File and line of the declaration.
    """

    table: Table
    measure: str
    days: tuple[int, ...]
    unit: str
    empty: float | str | None
    risk: Risk
    say: Mapping[str, str]
    example: str
    meaning: str
    definition: Callable[[Any], Any] = field(repr=False)
    core: bool
    where: str

    @property
    def name(self) -> str:
        """Name without window."""
        return f"{prefix(self.table)}__{self.measure}"

    @property
    def windows(self) -> tuple[int | None, ...]:
        """The windows in days, ``None`` for the whole history."""
        return self.days or (None,)

    def column(self, days: int | None) -> str:
        """Name of the column of one window."""
        return f"{self.name}__{EVER if days is None else f'{days}d'}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all its columns."""
        return tuple(self.column(days) for days in self.windows)

    @abstractmethod
    def expressions(self, days: int | None) -> tuple[ir.Value, ...]:
        """What it computes in one window, over tables that are not there, the value last; calls the definition."""

    def value_type(self, days: int | None) -> str:
        """Type of the column of one window, ``float64`` or ``string``."""
        return "string" if self.expressions(days)[-1].type().is_string() else "float64"

    @abstractmethod
    def inputs(self, days: int | None) -> tuple[SignalColumn, ...]:
        """Signals that it is built from in one window; none for one that reads rows."""

    @property
    @abstractmethod
    def is_relative(self) -> bool:
        """Whether its value depends on other customers."""

    @property
    @abstractmethod
    def columns_read(self) -> frozenset[str]:
        """Columns of its own table that it reads, itself or through other signals."""

    @property
    def is_shipped(self) -> bool:
        """Whether it belongs to the catalogue that comes with the project."""
        return self.definition.__module__.startswith("features.catalog.")

    @property
    def is_category(self) -> bool:
        """Whether the value is a word."""
        return self.value_type(self.windows[0]) == "string"

    @cached_property
    def tables(self) -> frozenset[str]:
        """Names of the tables that it reads, itself or through other signals."""
        inputs = {column.signal for days in self.windows for column in self.inputs(days)}
        return frozenset({self.table.name}).union(*(signal.tables for signal in inputs))


@dataclass(frozen=True)
class SignalColumn:
    """One column of the panel: a signal in one window."""

    signal: Signal
    days: int | None

    @property
    def name(self) -> str:
        """Column name."""
        return self.signal.column(self.days)


class RowSignal(Signal):
    """A signal that is an aggregate over the rows of its table."""

    @property
    def is_relative(self) -> bool:
        """No: it sees the customer's rows alone."""
        return False

    def inputs(self, days: int | None) -> tuple[SignalColumn, ...]:
        """Give none."""
        return ()

    def expressions(self, days: int | None) -> tuple[ir.Value, ...]:
        """Values and conditions of the rows that it aggregates, then the finished term."""
        term, _ = self._unbound
        values = [placeholder(aggregate.operation, aggregate.value) for aggregate in term.aggregates]
        of_rows = [part for each in term.aggregates for part in (each.value, each.where) if part is not None]
        return (*of_rows, term.finish(values, Moment(ibis.literal(0, type="int64"), days)))

    @property
    def late_columns_read(self) -> frozenset[str]:
        """Columns it reads that are learned later than their row."""
        return frozenset(self._unbound[1].columns_read & self.table.late_columns.keys())

    @property
    def columns_read(self) -> frozenset[str]:
        """Columns it reads."""
        return frozenset(self._unbound[1].columns_read)

    @property
    def gaps_read(self) -> frozenset[str]:
        """Gaps between rows that it reads, by what the rows must share."""
        return frozenset(self._unbound[1].gaps_read)

    @property
    def aggregates(self) -> tuple[Aggregate, ...]:
        """Aggregates over rows that it is made of."""
        return self._unbound[0].aggregates

    @property
    def counts_days(self) -> bool:
        """Whether it counts active days."""
        return any(aggregate.operation == "days" for aggregate in self.aggregates)

    @property
    def counts_values(self) -> bool:
        """Whether it counts different values."""
        return any(aggregate.operation == "distinct" for aggregate in self.aggregates)

    @cached_property
    def _unbound(self) -> tuple[Term, Facts]:
        facts = unbound_facts(self.table)
        return self.definition(facts), facts


class DerivedSignal(Signal):
    """A signal that is computed from other signals of the same customer, or of its peers."""

    def value(self, values: Values) -> ir.Value:
        """Compute it from the values of its inputs."""
        return self.definition(values)

    def inputs(self, days: int | None) -> tuple[SignalColumn, ...]:
        """Signals that it asks for."""
        return tuple(SignalColumn(signal, window) for signal, window in self._record(days)[0].asked)

    def expressions(self, days: int | None) -> tuple[ir.Value, ...]:
        """The value, over other signals."""
        return (self._record(days)[1],)

    @property
    def columns_read(self) -> frozenset[str]:
        """Columns that its inputs read of the same table."""
        inputs = {column.signal for days in self.windows for column in self.inputs(days)}
        return frozenset[str]().union(*(signal.columns_read for signal in inputs if signal.table is self.table))

    @property
    def is_relative(self) -> bool:
        """Whether it looks at peers, or one of its inputs does."""
        return any(self._record(days)[0].asked_peers for days in self.windows) or any(
            column.signal.is_relative for days in self.windows for column in self.inputs(days)
        )

    def _record(self, days: int | None) -> tuple[Values, ir.Value]:
        if days not in self._records:
            self._records[days] = record(self.definition, days)
        return self._records[days]

    @cached_property
    def _records(self) -> dict[int | None, tuple[Values, ir.Value]]:
        return {}


def prefix(table: Table) -> str:
    """First word of the table's name, with which its columns begin.

    >>> from features.tables import USAGE_EVENTS
    >>> prefix(USAGE_EVENTS)
    'usage'
    """
    return table.name.split("_")[0]


def unbound_rows(table: Table) -> ir.Table:
    """Rows of a table that are not there, with every column that a definition may read."""
    gaps = {gap_column(within): "float64" for within in ("", *(column.name for column in table.columns))}
    return ibis.table({**facts_schema(table), **gaps}, name=table.name)


def unbound_facts(table: Table) -> Facts:
    """Facts without rows, for looking at what a definition asks for."""
    return Facts(table, unbound_rows(table))


def placeholder(operation: str, value: ir.Value) -> ir.Value:
    """Give a null of the type that an aggregate has."""
    if operation in ("count", "distinct", "days", "sum", "decayed"):
        return ibis.null("float64")
    return ibis.null(value.type())
