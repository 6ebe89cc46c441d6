"""Signals of many customers at many cutoffs, in few passes over each table.

A row belongs to a window of a cutoff if it happened in ``[cutoff - days, cutoff)`` and was known before the cutoff.
Tables are banded once for all cutoffs; where a signal reads a column that is learned later than its row (such as a
ticket's resolution), its table is cut, masked and banded for each cutoff by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import ibis
from ibis.expr import types as ir

from features.bands import CUSTOMER, Asked, Bands, group, windows
from features.rows import canonical_rows, check_backend, microseconds, visible
from features.signal import Signal, SignalColumn
from features.tables import Table
from features.terms import Facts, facts_schema

Progress = Callable[[str, float], None]
CUTOFF = "cutoff"
_names = count()


@dataclass(frozen=True)
class Panel:
    """What is to be computed.

    Parameters
    ----------
    columns
        The signal columns.
    cutoffs
        Instants of prediction, UTC without zone.
    """

    columns: Sequence[SignalColumn]
    cutoffs: Sequence[datetime]

    @property
    def instants(self) -> list[int]:
        """The cutoffs in microseconds, ascending."""
        return sorted(microseconds(cutoff) for cutoff in self.cutoffs)


def compute(
    connection: Any,
    tables: Mapping[str, ir.Table],
    population: ir.Table,
    panel: Panel,
    progress: Progress | None = None,
) -> Iterator[tuple[datetime, ir.Table]]:
    """Compute signals for the customers of each cutoff.

    Parameters
    ----------
    connection
        Ibis backend (DuckDB or PySpark) that holds the tables; temporary tables are made and dropped in it.
    tables
        Canonical tables by name; those that are missing count as empty.
    population
        Table of ``customer_id`` and ``cutoff``: who gets a row.
    panel
        Columns and cutoffs.
    progress
        Called with a word and the share done, 0 to 1.

    Yields
    ------
    tuple of datetime and ibis Table
        For each cutoff, ascending: one row a customer with ``customer_id``, ``cutoff`` and the columns in the order of
        the panel. Use the table before asking for the next one.

    Raises
    ------
    UnsupportedOperationError
        If the backend is not known.
    """
    check_backend(connection)
    with _Shelf(connection) as shelf:
        works = [_Work.of(connection, part, tables, panel, shelf) for part in _parts(panel.columns)]
        for position, cutoff in enumerate(sorted(panel.cutoffs)):
            if progress:
                progress(f"{cutoff:%Y-%m-%d}", position / len(panel.cutoffs))
            with _Shelf(connection) as slice_shelf:
                people = population.filter(population[CUTOFF] == ibis.literal(cutoff)).select(CUSTOMER, CUTOFF)
                joined = people
                for work in works:
                    joined = work.join(joined, microseconds(cutoff), slice_shelf)
                yield cutoff, joined.select(CUSTOMER, CUTOFF, *(column.name for column in panel.columns))


def reads_late_columns(signal: Signal) -> bool:
    """Whether a signal reads a column that is learned later than its row."""
    facts = Facts(signal.table, ibis.table(facts_schema(signal.table), name=signal.table.name))
    signal.definition(facts)
    return bool(facts.columns_read & signal.table.late_columns.keys())


@dataclass(frozen=True)
class _Part:
    """Signals that are computed together: of one table, all with late columns or all without."""

    table: Table
    late: bool
    columns: list[SignalColumn]


def _parts(columns: Sequence[SignalColumn]) -> list[_Part]:
    parts: dict[tuple[str, bool], _Part] = {}
    late = {id(column.signal): reads_late_columns(column.signal) for column in columns}
    for column in columns:
        table, is_late = column.signal.table, late[id(column.signal)]
        parts.setdefault((table.name, is_late), _Part(table, is_late, [])).columns.append(column)
    return list(parts.values())


@dataclass(frozen=True)
class _Work:
    """One part with its rows, banded already where that serves all cutoffs."""

    part: _Part
    rows: ir.Table
    origin: int
    shared: Bands | None

    @classmethod
    def of(cls, connection: Any, part: _Part, tables: Mapping[str, ir.Table], panel: Panel, shelf: _Shelf) -> _Work:
        rows, instants = canonical_rows(connection, part.table, tables), panel.instants
        if part.late:
            return cls(part, rows, instants[-1], None)
        asked = Asked.of(part.table, part.columns, rows, instants[-1])
        return cls(part, rows, instants[-1], group(rows, part.table, asked, instants, shelf.keep))

    def bands(self, cutoff: int, shelf: _Shelf) -> Bands:
        if self.shared is not None:
            return self.shared
        seen = visible(self.rows, self.part.table, cutoff)
        asked = Asked.of(self.part.table, self.part.columns, seen, self.origin)
        return group(seen, self.part.table, asked, [cutoff], shelf.keep)

    def join(self, left: ir.Table, cutoff: int, shelf: _Shelf) -> ir.Table:
        """Add the part's signals of one cutoff to the table of people."""
        bands = self.bands(cutoff, shelf)
        inner = left
        for table in windows(bands, cutoff):
            right = shelf.keep(table)
            right = right.rename(_right_customer=CUSTOMER)
            inner = inner.left_join(right, inner[CUSTOMER] == right["_right_customer"]).drop("_right_customer")
        finished = {column.name: bands.asked.finish(column, inner, cutoff) for column in self.part.columns}
        return inner.select(*left.columns, **finished)


class _Shelf:
    """Temporary tables that disappear together."""

    def __init__(self, connection: Any) -> None:
        self._connection, self._names = connection, list[str]()

    def __enter__(self) -> _Shelf:
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._names:
            self._connection.drop_table(name, force=True)

    def keep(self, expression: ir.Table) -> ir.Table:
        """Materialise an expression."""
        name = f"_churnlab_{next(_names)}"
        self._names.append(name)
        return self._connection.create_table(name, expression, temp=True)
