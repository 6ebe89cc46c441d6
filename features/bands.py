"""Group rows by customer and band of time, then add bands up into windows.

A *band* lies between neighbouring edges, an edge being an instant at which some window of some cutoff begins or ends.
Grouping once over the bands of all cutoffs and adding few bands up is what makes many windows and many cutoffs cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
from ibis.expr import types as ir

from features.signal import SignalColumn
from features.tables import KNOWN_AT, Table
from features.terms import MICROSECONDS_PER_DAY, Aggregate, Facts, Moment, Term

Keep = Callable[[ir.Table], ir.Table]
CUSTOMER = "customer_id"
_BAND, _KNOWN, _KEY, _LAST = "_band", "_known", "_key", "_last"
_LONG_AGO = -(2**62)


@dataclass(frozen=True)
class Asked:
    """The aggregates that some signals ask of some rows.

    Parameters
    ----------
    columns
        The signal columns.
    terms
        What each signal asks for, by its position among the different signals.
    aggregates
        The different aggregates.
    origin
        Instant from which decayed sums are weighted.
    """

    columns: Sequence[SignalColumn]
    terms: dict[int, Term]
    aggregates: list[Aggregate]
    places: dict[tuple[object, ...], int]
    origin: int

    @classmethod
    def of(cls, table: Table, columns: Sequence[SignalColumn], rows: ir.Table, origin: int) -> Asked:
        """Call each definition on the rows."""
        signals = {id(column.signal): column.signal for column in columns}
        facts = Facts(table, rows, origin)
        terms = {key: signal.definition(facts) for key, signal in signals.items()}
        different = {a.identity: a for term in terms.values() for a in term.aggregates}
        return cls(columns, terms, list(different.values()), {key: i for i, key in enumerate(different)}, origin)

    @property
    def windows(self) -> list[int | None]:
        """The different windows."""
        return list(dict.fromkeys(column.days for column in self.columns))

    def place(self, aggregate: Aggregate) -> int:
        """Position of an aggregate among the different ones."""
        return self.places[aggregate.identity]

    def wanted(self) -> list[tuple[int, int | None]]:
        """Which aggregate is wanted in which window."""
        pairs = {
            (self.place(aggregate), column.days): None
            for column in self.columns
            for aggregate in self.terms[id(column.signal)].aggregates
        }
        return list(pairs)

    def finish(self, column: SignalColumn, row: ir.Table, cutoff: int) -> ir.Value:
        """Apply the formula of a signal column and say what absence means."""
        term = self.terms[id(column.signal)]
        values = [row[_name(self.place(aggregate), column.days)] for aggregate in term.aggregates]
        value = term.finish(values, Moment(cutoff, column.days, self.origin))
        value = value if value.type().is_string() else value.cast("float64")
        empty = column.signal.empty
        return value if empty is None else value.fill_null(empty)


@dataclass(frozen=True)
class Bands:
    """Aggregates by customer and band.

    Parameters
    ----------
    asked
        What the columns mean.
    edges
        Edges between bands, ascending, microseconds.
    instants
        The cutoffs that the bands serve, ascending, microseconds.
    sums
        Everything that adds up, one row a customer, band and knowledge band; ``None`` if nothing does.
    keys
        For each aggregate that counts differents: the different values by customer and band.
    """

    asked: Asked
    edges: list[int]
    instants: list[int]
    sums: ir.Table | None
    keys: dict[int, ir.Table]


def group(rows: ir.Table, table: Table, asked: Asked, instants: Sequence[int], keep: Keep) -> Bands:
    """Group rows by customer and band: one pass for all that adds up, one for each count of differents."""
    edges = _edges(instants, asked.windows)
    last = instants[-1]
    keyed = rows.filter(rows[table.happened_at] < last, rows[KNOWN_AT] < last)
    keyed = keyed.mutate(
        **{_BAND: _search(keyed[table.happened_at], edges), _KNOWN: _search(keyed[KNOWN_AT], list(instants))}
    )
    sums = {f"a{i}": _over_rows(a) for i, a in enumerate(asked.aggregates) if a.operation != "distinct"}
    keys = {i: _keys(keyed, a) for i, a in enumerate(asked.aggregates) if a.operation == "distinct"}
    return Bands(
        asked,
        edges,
        list(instants),
        keep(keyed.group_by(CUSTOMER, _BAND, _KNOWN).aggregate(**sums)) if sums else None,
        {i: keep(key) for i, key in keys.items()},
    )


def windows(bands: Bands, cutoff: int) -> list[ir.Table]:
    """Add the bands up into the windows of one cutoff: tables of one row a customer."""
    until = _band_from(bands.edges, cutoff)
    known = _band_from(bands.instants, cutoff) - 1
    starts = {days: _band_from(bands.edges, _start(cutoff, days)) for days in bands.asked.windows}

    def inside(banded: ir.Table) -> ir.Table:
        low = min(starts.values())
        return banded.filter(banded[_BAND] < until, banded[_BAND] >= low, banded[_KNOWN] <= known)

    parts = [_counted(i, inside(key), bands.asked, starts) for i, key in bands.keys.items()]
    return parts if bands.sums is None else [_added(inside(bands.sums), bands.asked, starts), *parts]


def _edges(instants: Sequence[int], days: Iterable[int | None]) -> list[int]:
    starts = {_start(instant, length) for length in days for instant in instants}
    return sorted(starts | set(instants))


def _start(instant: int, days: int | None) -> int:
    return _LONG_AGO if days is None else instant - days * MICROSECONDS_PER_DAY


def _band_from(edges: Sequence[int], instant: int) -> int:
    return list(edges).index(instant) + 1


def _search(time: Any, edges: Sequence[int], low: int = 0, high: int | None = None) -> ir.Value:
    """Count the edges at or before a time by nested halving: few comparisons a row on every backend."""
    high = len(edges) if high is None else high
    if low == high:
        return ibis.literal(low, type="int16")
    middle = (low + high) // 2
    return ibis.ifelse(time < edges[middle], _search(time, edges, low, middle), _search(time, edges, middle + 1, high))


def _over_rows(aggregate: Aggregate) -> ir.Value:
    operation = "max" if aggregate.operation == "latest" else aggregate.operation
    return getattr(aggregate.value, operation)(where=aggregate.where)


def _over_bands(aggregate: Aggregate, column: ir.Value, where: ir.BooleanValue | None) -> ir.Value:
    operation = {"count": "sum", "latest": "max"}.get(aggregate.operation, aggregate.operation)
    return getattr(column, operation)(where=where)


def _keys(keyed: ir.Table, aggregate: Aggregate) -> ir.Table:
    chosen = keyed if aggregate.where is None else keyed.filter(aggregate.where)
    return chosen.select(CUSTOMER, _BAND, _KNOWN, **{_KEY: aggregate.value}).distinct()


def _name(place: int, days: int | None) -> str:
    return f"a{place}_{'ever' if days is None else days}"


def _added(inside: ir.Table, asked: Asked, starts: dict[int | None, int]) -> ir.Table:
    widest = min(starts.values())
    columns = {}
    for place, days in asked.wanted():
        if asked.aggregates[place].operation != "distinct":
            where = None if starts[days] == widest else inside[_BAND] >= starts[days]
            columns[_name(place, days)] = _over_bands(asked.aggregates[place], inside[f"a{place}"], where)
    return inside.group_by(CUSTOMER).aggregate(**columns)


def _counted(place: int, inside: ir.Table, asked: Asked, starts: dict[int | None, int]) -> ir.Table:
    """Count the values whose newest band lies in the window."""
    newest = inside.group_by(CUSTOMER, _KEY).aggregate(**{_LAST: inside[_BAND].max()})
    counts = {
        _name(place, days): (newest[_LAST] >= starts[days]).sum() for where, days in asked.wanted() if where == place
    }
    return newest.group_by(CUSTOMER).aggregate(**counts)
