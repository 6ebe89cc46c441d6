"""Counts of different values in windows, at one cutoff after another."""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

from features.banding import KEY, keys
from features.rows import BAND, CODE, SLICE
from features.source import Source
from features.starts import put_starts, start_name, starts_table
from features.statements import newest, select

_UNTIL = "_until"
_SHOWN = (CODE, KEY, BAND)
_NEVER = 32767


class Differents:
    """One aggregate of a part that counts different values.

    A value is in a window if its newest band is. For each customer and value there is one row for each slice in which
    it came again, which says in which band it was then last seen and in which slice it is seen next: a cutoff finds
    every value exactly once.

    Parameters
    ----------
    source
        The rows.
    place
        Place of the aggregate.

    Attributes
    ----------
    tables
        Schema, by name, of the table of one row a customer that holds the values of the newest cutoff.
    """

    def __init__(self, source: Source, place: int) -> None:
        self._source, self._store, self._place = source, source.store, place
        found = keys(source, place)
        self._keys = self._store.compile(found)
        counts = self._counts(found.schema())
        self._count = self._store.compile(counts)
        self.tables = {self._name("counts"): counts.schema()}
        source.show_settled()
        if len(source.timeline.boundaries) == 1:
            self._store.put(self._name("seen"), self._store.compile(found.mutate(**{_UNTIL: _never()})))
            return
        self._store.put(self._name("found"), self._keys)
        self._store.put(self._name("seen"), self._store.compile(self._seen(found.schema())))
        self._store.drop(self._name("found"))

    def advance(self, cutoff: int) -> None:
        """Bring the table to a cutoff, later than the one before."""
        last = self._source.timeline.last_slice(cutoff)
        shown = select(self._name("seen"), _SHOWN, [f"{SLICE} <= {last}", f"{_UNTIL} > {last}"])
        if self._source.has_changing:
            self._source.show_unsettled(cutoff)
            self._store.put(self._name("unsettled"), self._keys)
            shown = newest([shown, select(self._name("unsettled"), _SHOWN)], [CODE, KEY], BAND)
        put_starts(self._store, self._name("starts"), self._source.timeline, cutoff)
        self._store.view(self._name("shown"), shown)
        self._store.put(self._name("counts"), self._count)

    def _name(self, purpose: str) -> str:
        return self._source.name(f"{purpose}_{self._place}")

    def _seen(self, schema: ibis.Schema) -> ir.Table:
        found = ibis.table(schema, name=self._name("found"))
        window = ibis.window(group_by=[found[CODE], found[KEY]], order_by=found[SLICE])
        until = found[SLICE].lead().over(window).fill_null(_never())
        newest = (
            found[BAND].max().over(ibis.cumulative_window(group_by=[found[CODE], found[KEY]], order_by=found[SLICE]))
        )
        return found.select(CODE, KEY, SLICE, **{BAND: newest, _UNTIL: until})

    def _counts(self, schema: ibis.Schema) -> ir.Table:
        timeline, asked = self._source.timeline, self._source.asked
        shown = ibis.table({name: schema[name] for name in _SHOWN}, name=self._name("shown"))
        found = shown.cross_join(starts_table(self._name("starts"), timeline))
        counts = {
            asked.value_name(self._place, days): (found[BAND] >= found[start_name(days)]).sum()
            for days in asked.wanted_in_windows(self._place)
        }
        if (self._place, None) in asked.wanted:
            counts[asked.value_name(self._place, None)] = found.count()
        return found.group_by(CODE).aggregate(**{name: value.cast("float64") for name, value in counts.items()})


def _never() -> ir.Value:
    """Slice that no cutoff reaches."""
    return ibis.literal(_NEVER, type="int16")
