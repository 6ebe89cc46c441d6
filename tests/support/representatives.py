"""A few signals that stand for all: together they use every operation, option and late column that any signal uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import ibis
from ibis.expr import operations as ops

from features.declared import RowSignal, SignalColumn
from features.signal import columns_of, discover


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
    yield from _operations(signal.expressions(days))
    if isinstance(signal, RowSignal):
        for aggregate in signal.aggregates:
            yield signal.counts_days, aggregate.operation, str(aggregate.value.type()), aggregate.where is None
        yield from ((signal.table.name, late) for late in signal.late_columns_read)
        yield from (("gap", signal.table.name, within) for within in signal.gaps_read)


def _operations(values: Iterable[ibis.Value]) -> Iterator[str]:
    for value in values:
        yield from (type(node).__name__ for node in value.op().find(ops.Node))
