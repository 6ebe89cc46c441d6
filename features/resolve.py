"""What must be computed first: the signals that other signals are built from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from features.declared import DerivedSignal, RowSignal, Signal, SignalColumn


@dataclass(frozen=True)
class Needs:
    """Signal columns in the order in which they can be computed, wanted ones and the ones beneath them.

    Parameters
    ----------
    rows
        Columns that read rows.
    levels
        Columns that are built from others; each level needs only the rows and the levels before it.
    """

    rows: Sequence[SignalColumn]
    levels: Sequence[Sequence[SignalColumn]]

    @property
    def signals(self) -> tuple[Signal, ...]:
        """The different signals."""
        return tuple(dict.fromkeys(column.signal for some in (self.rows, *self.levels) for column in some))


def resolve(wanted: Iterable[SignalColumn]) -> Needs:
    """Find everything that the wanted columns need, each once."""
    depths: dict[SignalColumn, int] = {}
    for column in wanted:
        _visit(column, depths)
    deepest = max(depths.values(), default=0)
    levels = [[column for column, depth in depths.items() if depth == level] for level in range(1, deepest + 1)]
    return Needs([column for column in depths if isinstance(column.signal, RowSignal)], levels)


def _visit(column: SignalColumn, depths: dict[SignalColumn, int]) -> int:
    if column not in depths:
        beneath = [_visit(needed, depths) for needed in column.signal.inputs(column.days)]
        depths[column] = 1 + max(beneath, default=0) if isinstance(column.signal, DerivedSignal) else 0
    return depths[column]
