"""Counts of different values in windows, at one cutoff after another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import ibis
from ibis.expr import types as ir

from features.banding import KEY, keys, set_bits
from features.rows import BAND, CODE, SLICE
from features.source import Source
from features.statements import constants, select, union

BITS = 62
"""Bits of one word; a signed number of 64 bits holds them on every backend."""
_Bit = tuple[int, int | None]


class Differents:
    """One aggregate of a part that counts different values.

    Every window of every cutoff has a bit. A row sets the bits of the windows that hold it: those that begin in its
    band or before, of the cutoffs that see its slice. Or-ing the rows of a customer's value leaves one row that tells
    all windows in which the value is found, and one pass over these rows counts them for all cutoffs.

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
        self._source, self._store, self._place, self._asked = source, source.store, place, source.asked
        windows: list[int | None] = [*source.asked.wanted_in_windows(place)]
        if (place, None) in source.asked.wanted:
            windows.append(None)
        self._windows = windows
        self._bits: list[_Bit] = [(instant, days) for instant in source.timeline.instants for days in windows]
        self._words = [f"_word{number}" for number in range(-(-len(self._bits) // BITS))]
        self.tables = {self._name("shown"): ibis.schema({CODE: "int32", **dict.fromkeys(self._names, "float64")})}
        self._put_counts()

    def advance(self, cutoff: int) -> None:
        """Bring the table to a cutoff, later than the one before."""
        counts = {name: _count_name(cutoff, days) for name, days in zip(self._names, self._windows, strict=True)}
        self._store.view(self._name("shown"), select(self._name("counts"), [CODE, *counts], formulas=counts))

    @property
    def _names(self) -> list[str]:
        return [self._asked.value_name(self._place, days) for days in self._windows]

    def _name(self, purpose: str) -> str:
        return self._source.name(f"{purpose}_{self._place}")

    def _put_counts(self) -> None:
        source, found = self._source, self._found()
        self._put_words("bands", BAND, ((band, self._begun(band)) for band in range(len(source.timeline.edges) + 1)))
        instants = source.timeline.instants
        slices = range(len(source.timeline.boundaries))
        seen_by = {number: [at for at in instants if source.timeline.last_slice(at) >= number] for number in slices}
        self._put_words("slices", SLICE, ((number, self._of(seen_by[number])) for number in slices))
        source.show_settled()
        pieces = [self._name("settled")] if source.has_changing else []
        if pieces:
            self._store.put(pieces[0], self._store.compile(found))
            found = self._with_unsettled(found, pieces)
        self._store.put(self._name("counts"), self._store.compile(self._counted(found)))
        for piece in pieces:
            self._store.drop(piece)

    def _with_unsettled(self, found: ir.Table, pieces: list[str]) -> ir.Table:
        """Add the rows that change after a cutoff, as each cutoff sees them; their tables join the pieces."""
        source = self._source
        statement, end = self._store.compile(found), len(source.timeline.boundaries) + 1
        for position, instant in enumerate(source.timeline.instants):
            later = range(source.timeline.last_slice(instant) + 1, end)
            self._put_words("slices", SLICE, ((number, self._of([instant])) for number in later))
            source.show_unsettled(instant)
            pieces.append(self._name(f"unsettled{position}"))
            self._store.put(pieces[-1], statement)
        # In another order than the pieces': Spark fails on a union of checkpoints as they are.
        columns = found.columns[::-1]
        self._store.view(self._name("found"), union(select(piece, columns) for piece in pieces))
        rows = ibis.table({name: found.schema()[name] for name in columns}, name=self._name("found"))
        return rows.group_by(CODE, KEY).aggregate(**{word: set_bits(rows[word]) for word in self._words})

    def _put_words(self, purpose: str, key: str, bits: Iterable[tuple[int, set[_Bit]]]) -> None:
        rows = [[number, *self._as_words(chosen)] for number, chosen in bits]
        self._store.put(self._name(purpose), constants([key, *self._words], rows))

    def _as_words(self, chosen: set[_Bit]) -> list[int]:
        places = [place for place, bit in enumerate(self._bits) if bit in chosen]
        return [sum(1 << place % BITS for place in places if place // BITS == word) for word in range(len(self._words))]

    def _begun(self, band: int) -> set[_Bit]:
        """Windows that begin in a band or before it."""
        starts = {instant: self._source.timeline.starts(instant) for instant in self._source.timeline.instants}
        return {(instant, days) for instant, days in self._bits if days is None or starts[instant][days] <= band}

    def _of(self, instants: Sequence[int]) -> set[_Bit]:
        """Windows of some cutoffs."""
        return {bit for bit in self._bits if bit[0] in instants}

    def _found(self) -> ir.Table:
        """Give the bits of each customer and value among the rows that are shown."""
        words = dict.fromkeys(self._words, "int64")
        bands = ibis.table({BAND: "int16", **words}, name=self._name("bands"))
        slices = ibis.table({SLICE: "int16", **words}, name=self._name("slices"))
        rows = keys(self._source, self._place).inner_join(bands, BAND).inner_join(slices, SLICE, rname="{name}_seen")
        both = {word: set_bits(rows[word] & rows[f"{word}_seen"]) for word in self._words}
        return rows.group_by(CODE, KEY).aggregate(**both)

    def _counted(self, rows: ir.Table) -> ir.Table:
        counts = {}
        for place, (instant, days) in enumerate(self._bits):
            is_inside = (rows[self._words[place // BITS]] & (1 << place % BITS)) != 0
            counts[_count_name(instant, days)] = is_inside.cast("float64").sum()
        return rows.group_by(CODE).aggregate(**counts)


def _count_name(instant: int, days: int | None) -> str:
    return f"at{instant}_{'ever' if days is None else f'{days}d'}"
