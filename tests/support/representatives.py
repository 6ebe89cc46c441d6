"""A few signals that stand for all: together they use every operation, option and late column that any signal uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import ibis
from ibis.expr import operations as ops

from features.declared import RowSignal, SignalColumn, placeholder
from features.signal import columns_of, discover
from features.terms import Moment


def representatives() -> list[SignalColumn]:
    """Choose, in the catalogue's order, each signal that uses what none before it used, in all its windows."""
    seen: set[object] = set()
    chosen = []
    for signal in discover().values():
        uses = {use for days in signal.windows for use in _uses(SignalColumn(signal, days))}
        if not uses <= seen:
            chosen.append(signal)
            seen |= uses
    return list(columns_of(chosen).values())


def _uses(column: SignalColumn) -> Iterator[object]:
    signal, days = column.signal, column.days
    yield signal.table.name, days is None
    if isinstance(signal, RowSignal):
        term, _ = signal._unbound
        for aggregate in term.aggregates:
            yield signal.counts_days, aggregate.operation, str(aggregate.value.type()), aggregate.where is None
            yield from _operations([aggregate.value, *([] if aggregate.where is None else [aggregate.where])])
        values = [placeholder(aggregate.operation, aggregate.value) for aggregate in term.aggregates]
        yield from _operations([term.finish(values, Moment(ibis.literal(0, type="int64"), days))])
        yield from ((signal.table.name, late) for late in signal.late_columns_read)
        yield from (("gap", signal.table.name, within) for within in signal.gaps_read)
    else:
        yield from _operations([signal._record(days)[1]])


def _operations(values: Iterable[ibis.Value]) -> Iterator[str]:
    for value in values:
        yield from (type(node).__name__ for node in value.op().find(ops.Node))
