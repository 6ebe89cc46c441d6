"""How the row signals of a panel are computed: in parts, which share their work over all cutoffs where they can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count

import ibis
from ibis.expr import types as ir

from features.asked import Part
from features.declared import RowSignal, SignalColumn, unbound_rows
from features.differents import Differents
from features.panes import Panes
from features.rows import CODE, canonical_rows, coded_rows, visible
from features.source import Source, crosses
from features.store import Store
from features.tables import KNOWN_AT, TABLES, Table
from features.terms import MICROSECONDS_PER_DAY
from features.thresholds import Thresholds

MANY_ROWS = 1_000_000
SHORT_DAYS = 100
MARGIN_DAYS = 2


class PartWork:
    """One part at one cutoff after another.

    Parameters
    ----------
    store
        Where temporary tables go.
    part
        Signal columns of one table.
    rows
        Canonical rows with codes; ``None`` if nobody brought the table.
    instants
        The cutoffs in microseconds, ascending.
    most_rows
        More than this no customer has.
    is_shared
        Whether rows are banded once for all cutoffs; else they are cut and banded for each by itself.

    Attributes
    ----------
    asked
        What the columns ask of the rows.
    tables
        Schemas, by name, of the tables of one row a customer that hold the values of the newest cutoff.
    """

    def __init__(
        self,
        store: Store,
        part: Part,
        rows: ir.Table | None,
        instants: Sequence[int],
        *,
        most_rows: int,
        is_shared: bool,
    ) -> None:
        self._store, self._part, self._rows, self._is_shared = store, part, rows, is_shared
        self._most_rows = most_rows
        self._tag = store.name(f"p{part.number}")
        self._at = instants[0]
        self._steps: list[Panes | Differents] = []
        self.asked = part.ask(unbound_rows(part.table))
        self.tables: dict[str, ibis.Schema] = {}
        if rows is not None:
            self._prepare(rows, instants)
            for step in self._steps:
                self.tables.update(step.tables)

    @property
    def columns(self) -> Sequence[SignalColumn]:
        """The columns that it computes."""
        return self._part.columns

    def advance(self, cutoff: int) -> None:
        """Bring the tables to a cutoff, later than the one before."""
        if self._rows is not None and not self._is_shared and cutoff != self._at:
            self._prepare(self._rows, [cutoff])
            self._at = cutoff
        for step in self._steps:
            step.advance(cutoff)

    def _prepare(self, rows: ir.Table, instants: Sequence[int]) -> None:
        if not self._is_shared:
            instants, rows = instants[:1], visible(rows, self._part.table, instants[0])
        source = Source(
            self._store,
            self._part,
            rows,
            instants,
            self._tag,
            most_rows=self._most_rows,
            is_masked=not self._is_shared,
        )
        panes = [Panes(source)] if source.asked.added else []
        self._steps = [*panes, *(Differents(source, place) for place in source.asked.distinct)]
        source.release()


def plan(
    store: Store,
    tables: Mapping[str, ir.Table],
    codes: ir.Table,
    columns: Iterable[SignalColumn],
    instants: Sequence[int],
    thresholds: Thresholds,
) -> list[PartWork]:
    """Divide columns over rows into parts.

    Parameters
    ----------
    store
        Where temporary tables go.
    tables
        The user's tables by name.
    codes
        ``customer_id`` and code of the customers that matter.
    columns
        Columns of signals over rows.
    instants
        The cutoffs in microseconds, ascending.
    thresholds
        Limits that a business sets.
    """
    numbers, works = count(), []
    for name, some in _by_table(columns).items():
        rows = _rows(store, tables[name], TABLES[name], codes) if name in tables else None
        most_rows = store.rows(tables[name]) if name in tables else 0
        is_long = most_rows > MANY_ROWS
        if is_long and rows is not None and len(instants) > 1:
            most_rows = _most_rows(store, rows)
        for group, is_shared in _divided(
            store, some, rows, name in tables and KNOWN_AT in tables[name].columns, instants
        ):
            for chosen in _by_reach(group) if is_long else [group]:
                part = Part(next(numbers), TABLES[name], chosen, thresholds)
                near = _rows(store, tables[name], TABLES[name], codes, _oldest(part, instants)) if is_long else rows
                works.append(PartWork(store, part, near, instants, most_rows=most_rows, is_shared=is_shared))
    return works


def _by_reach(columns: Sequence[SignalColumn]) -> Iterable[list[SignalColumn]]:
    """Separate what reads all rows, many and few, so that each reads no others; the work saved pays for long tables."""
    groups: dict[bool | None, list[SignalColumn]] = {}
    for column in columns:
        days = max(column.signal.days, default=None) if _row_signal(column).counts_values else column.days
        groups.setdefault(None if days is None else days <= SHORT_DAYS, []).append(column)
    return groups.values()


def _rows(store: Store, source: ir.Table, table: Table, codes: ir.Table, oldest: datetime | None = None) -> ir.Table:
    """Name the canonical rows of a table, all of them or those that an instant does not rule out."""
    if oldest is not None:
        source = source.filter(source[table.happened_at].cast("timestamp") >= ibis.literal(oldest))
    rows = coded_rows(canonical_rows(store.backend, table, source), codes)
    name = store.name(table.name)
    store.view(name, store.compile(rows))
    return ibis.table(rows.schema(), name=name)


def _most_rows(store: Store, rows: ir.Table) -> int:
    """Count the rows of the customer who has most, so that more counts share a number than by the rows of a table.

    It takes a pass over the table, which pays where several cutoffs share it.
    """
    name = store.name("rows_each")
    each = rows.group_by(CODE).aggregate(rows=rows.count())
    store.view(name, store.compile(each.aggregate(most=each["rows"].max())))
    return int(store.table(name)["most"].fill_null(0).to_pyarrow()[0].as_py())


def _oldest(part: Part, instants: Sequence[int]) -> datetime | None:
    """Give an instant before all rows that a part can read, with a margin for time zones; none if it may read all.

    It is compared with the column as it is stored, so that backends skip what they need not read.
    """
    if part.has_history or part.gaps_read:
        return None
    return datetime(1970, 1, 1) + timedelta(microseconds=instants[0], days=-part.windows[-1] - MARGIN_DAYS)


def _by_table(columns: Iterable[SignalColumn]) -> dict[str, list[SignalColumn]]:
    groups: dict[str, list[SignalColumn]] = {}
    for column in columns:
        groups.setdefault(column.signal.table.name, []).append(column)
    return groups


def _divided(
    store: Store, columns: Sequence[SignalColumn], rows: ir.Table | None, has_known_at: bool, instants: Sequence[int]
) -> Iterator[tuple[list[SignalColumn], bool]]:
    """Separate columns that cannot be computed together, and say of each group whether it shares rows between cutoffs.

    What depends on the order of rows is computed for each cutoff by itself where rows become known out of order. Days
    are counted apart from columns that are learned late, else a day could be counted once before and once after.
    """
    rows_cross = (
        rows is not None and has_known_at and any(map(_is_ordered, columns)) and _cross(store, columns, rows, instants)
    )
    counts_days = any(_row_signal(column).counts_days for column in columns)
    groups: dict[tuple[bool, bool], list[SignalColumn]] = {}
    for column in columns:
        signal = _row_signal(column)
        alone = (_is_ordered(column) and rows_cross) or _splits_days(signal, instants)
        late = counts_days and bool(signal.late_columns_read) and not alone
        groups.setdefault((alone, late), []).append(column)
    for (alone, _), chosen in groups.items():
        yield chosen, not alone


def _cross(store: Store, columns: Sequence[SignalColumn], rows: ir.Table, instants: Sequence[int]) -> bool:
    return crosses(store, rows, columns[0].signal.table.happened_at, instants)


def _row_signal(column: SignalColumn) -> RowSignal:
    assert isinstance(column.signal, RowSignal)
    return column.signal


def _is_ordered(column: SignalColumn) -> bool:
    signal = _row_signal(column)
    return bool(signal.gaps_read or signal.counts_days)


def _splits_days(signal: RowSignal, instants: Sequence[int]) -> bool:
    """Whether one day could be counted in two places: by cutoffs at different times of day, or by rows that change."""
    times_of_day = {instant % MICROSECONDS_PER_DAY for instant in instants}
    return signal.counts_days and (len(times_of_day) > 1 or bool(signal.late_columns_read))
