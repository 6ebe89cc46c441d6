"""The statement that puts the bands of a cutoff together to the values of its windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
from ibis.expr import types as ir

from features.banding import over_bands, place_name
from features.packing import NUMBERS, Packing
from features.rows import BAND, CODE
from features.statements import constants
from features.store import Store
from features.timeline import Timeline


def put_multipliers(store: Store, name: str, packing: Packing, timeline: Timeline, cutoff: int) -> None:
    """Write what each band inside the widest window counts for at a cutoff; the statement reads it and stays the same.

    To look it up takes a fraction of the time of comparing each band with the beginning of each window.
    """
    names = [BAND, *map(_multiplier_name, packing.spans)]
    store.put(name, constants(names, packing.multipliers(timeline, cutoff), "DOUBLE"))


def multipliers_table(name: str, packing: Packing) -> ir.Table:
    """Give the table that `put_multipliers` writes."""
    spans = dict.fromkeys(map(_multiplier_name, packing.spans), "float64")
    return ibis.table({BAND: "int16", **spans}, name=name)


def in_windows(bands: ir.Table, multipliers: ir.Table, packing: Packing) -> ir.Table:
    """Give one row a customer with a column for every aggregate in every window.

    Parameters
    ----------
    bands
        The bands that the windows reach.
    multipliers
        What each band counts for.
    packing
        How counts share numbers, and one count in several windows.
    """
    sums = _Sums(bands.inner_join(multipliers, BAND), packing)
    for word in packing.words:
        for days in word.windows:
            sums.add(word.name, [days], [(place, days) for place in word.places])
    for place in packing.alone:
        for span in packing.spans_of(place):
            if packing.asked.aggregates[place].operation in NUMBERS:
                sums.add(place_name(place), span, [(place, days) for days in span])
            else:
                sums.add_chosen(place, span[0])
    return sums.table()


class _Sums:
    """Aggregates over the bands, and which field of which of them is what value."""

    def __init__(self, rows: ir.Table, packing: Packing) -> None:
        self._rows, self._packing, self._asked = rows, packing, packing.asked
        self._aggregates: dict[str, ir.Value] = {}
        self._values: dict[str, tuple[str, int | None]] = {}

    def add(self, column: str, span: Sequence[int], fields: Sequence[tuple[int, int]]) -> None:
        """Add a column up over a span of windows, into fields of which each holds a place in a window."""
        value = self._rows[column].cast("float64")
        multiplier = self._multiplier(span)
        name = f"{column}_{span[0]}"
        self._aggregates[name] = (value if multiplier is None else value * multiplier).sum()
        for field, (place, days) in enumerate(fields):
            self._values[self._asked.value_name(place, days)] = (name, field if len(fields) > 1 else None)

    def add_chosen(self, place: int, days: int) -> None:
        """Put together an aggregate of the bands in a window."""
        value: Any = self._rows[place_name(place)]
        multiplier = self._multiplier([days])
        if multiplier is not None:
            value = ibis.ifelse(multiplier > 0, value, ibis.null(value.type()))
        name = self._asked.value_name(place, days)
        self._aggregates[name] = over_bands(self._asked.aggregates[place], value)
        self._values[name] = (name, None)

    def table(self) -> ir.Table:
        """Give the values by their names."""
        grouped = self._rows.group_by(CODE).aggregate(**self._aggregates)
        values = {
            name: grouped[column] if field is None else self._packing.field(grouped[column], field)
            for name, (column, field) in self._values.items()
        }
        return grouped.select(CODE, **values)

    def _multiplier(self, span: Sequence[int]) -> Any:
        """Give what the bands count for, or none where all count for one."""
        return self._rows[_multiplier_name(span)] if tuple(span) in self._packing.spans else None


def _multiplier_name(span: Sequence[int]) -> str:
    return f"times{'_'.join(map(str, span))}"
