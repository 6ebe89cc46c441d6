"""Signals of many customers at many cutoffs, in few passes over each table.

A row belongs to a window of a cutoff if it happened in ``[cutoff - days, cutoff)`` and was known before the cutoff.
Tables are banded once for all cutoffs; rows with a column that is learned later (such as a ticket's resolution) are
read again at each cutoff until that column is settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import ibis
from ibis.expr import types as ir

from features.asked import filled
from features.declared import DerivedSignal, SignalColumn
from features.plan import PartWork, plan
from features.resolve import Needs, resolve
from features.rows import CODE, CUSTOMER, microseconds
from features.store import Store
from features.supported import refuse_unsupported
from features.thresholds import Thresholds
from features.values import Values

Progress = Callable[[str, float], None]
CUTOFF = "cutoff"
_INSTANT = "_instant"


@dataclass(frozen=True)
class Panel:
    """What is to be computed.

    Parameters
    ----------
    columns
        The signal columns.
    cutoffs
        Instants of prediction, UTC without zone.
    thresholds
        Limits that a business sets.
    """

    columns: Sequence[SignalColumn]
    cutoffs: Sequence[datetime]
    thresholds: Thresholds = field(default_factory=Thresholds)


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
        If the backend is not known or lacks an operation, before any work is done.
    """
    cutoffs = sorted(set(panel.cutoffs))
    with Store(connection) as store:
        assembly = _Assembly(store, tables, population, panel, [microseconds(cutoff) for cutoff in cutoffs])
        for position, cutoff in enumerate(cutoffs):
            if progress:
                progress(f"{cutoff:%Y-%m-%d}", position / len(cutoffs))
            yield cutoff, assembly.at(cutoff)


class _Assembly:
    """The panel of one cutoff after another; every statement but those over new rows is compiled once."""

    def __init__(
        self,
        store: Store,
        tables: Mapping[str, ir.Table],
        population: ir.Table,
        panel: Panel,
        instants: Sequence[int],
    ) -> None:
        needs = resolve(panel.columns)
        refuse_unsupported(store.backend, needs.signals)
        self._store, population = store, _bound(store, population)
        tables = {name: _bound(store, table) for name, table in tables.items()}
        self._codes = store.keep(_codes(population))
        # In the order of time, so that each cutoff reads its own people and skips the others.
        self._population = store.keep(population.inner_join(self._codes, CUSTOMER).order_by(CUTOFF, CODE))
        self._works = plan(store, tables, self._codes, needs.rows, instants, panel.thresholds)
        self._names = {what: store.name(what) for what in ("people", "values", "panel")}
        self._keep = store.put if needs.levels else store.view
        values = self._values()
        self._statements = {"values": store.compile(values)}
        self._statements["panel"] = store.compile(self._panel(values.schema(), panel, needs))

    def at(self, cutoff: datetime) -> ir.Table:
        """Compute everything for a cutoff, later than the one before."""
        for work in self._works:
            work.advance(microseconds(cutoff))
        self._store.view(self._names["people"], self._store.compile(self._people(cutoff)))
        self._keep(self._names["values"], self._statements["values"])
        self._store.view(self._names["panel"], self._statements["panel"])
        return _doubles(self._store.table(self._names["panel"]))

    def _people(self, cutoff: datetime) -> ir.Table:
        people = self._population.filter(self._population[CUTOFF] == ibis.literal(cutoff))
        instant = ibis.literal(microseconds(cutoff), type="int64")
        return people.select(CUSTOMER, CUTOFF, **{_INSTANT: instant, CODE: people[CODE]})

    def _values(self) -> ir.Table:
        """Give the signals over rows; parts are joined after their formulas, so that few columns pass many joins."""
        schema = {CUSTOMER: self._codes[CUSTOMER].type(), CUTOFF: "timestamp(6)", _INSTANT: "int64", CODE: "int32"}
        people = ibis.table(schema, name=self._names["people"])
        table = people.select(CODE, CUSTOMER, CUTOFF)
        for work in self._works:
            table = _beside(table, _finished(people.select(CODE, _INSTANT), work))
        return table

    def _panel(self, schema: ibis.Schema, panel: Panel, needs: Needs) -> ir.Table:
        table = ibis.table(schema, name=self._names["values"])
        for level in needs.levels:
            table = _derived(table, level, panel.thresholds)
        return table.select(CUSTOMER, CUTOFF, *(column.name for column in panel.columns))


def _doubles(table: ir.Table) -> ir.Table:
    """Turn decimals into doubles: a plain 1.0 is a decimal to an engine, and a formula of such literals stays one."""
    decimals = {name: "float64" for name, kind in table.schema().items() if kind.is_decimal()}
    return table.cast(decimals) if decimals else table


def _bound(store: Store, table: ir.Table) -> ir.Table:
    """Put a table that lives in memory into the backend."""
    return store.keep(table) if table.op().find(ibis.expr.operations.InMemoryTable) else table


def _codes(population: ir.Table) -> ir.Table:
    """Give each customer a number."""
    customers = population.select(CUSTOMER).distinct()
    number = ibis.row_number().over(ibis.window(order_by=customers[CUSTOMER]))
    return customers.mutate(**{CODE: number.cast("int32")})


def _finished(people: ir.Table, work: PartWork) -> ir.Table:
    """Give the signals of one part, one row for each of the people."""
    row = people
    for name, schema in work.tables.items():
        row = _beside(row, ibis.table(schema, name=name), "left")
    values = {column.name: work.asked.finish(column, row, row[_INSTANT]) for column in work.columns}
    return row.select(CODE, **values)


def _beside(left: ir.Table, right: ir.Table, how: str = "inner") -> ir.Table:
    """Join on the code of the customer."""
    columns = [name for name in right.columns if name != CODE]
    joined = left.join(right, CODE, how=how, rname="{name}_right")
    return joined.select(*left.columns, *columns)


def _derived(table: ir.Table, columns: Sequence[SignalColumn], thresholds: Thresholds) -> ir.Table:
    """Add columns that are built from others; windows over peers, which copy what they pass, see few columns."""
    alone: dict[str, ir.Value] = {}
    over_peers: dict[str, ir.Value] = {}
    for column in columns:
        assert isinstance(column.signal, DerivedSignal)
        values = Values(lambda signal, days: table[signal.column(days)], column.days, thresholds)
        value = filled(column.signal.value(values), column.signal.empty)
        (over_peers if values.asked_peers else alone)[column.name] = value
    wider = table.mutate(**alone) if alone else table
    return _beside(wider, table.select(CODE, **over_peers)) if over_peers else wider
