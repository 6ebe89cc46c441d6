"""Windows and the whole history at one cutoff after another, put together from bands that are made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ibis
from ibis.expr import types as ir

from features.banding import banded, over_bands, place_name
from features.packing import Packing
from features.rows import BAND, CODE, END, SLICE
from features.source import Source
from features.statements import among, between, faded, one_row, select, union
from features.terms import MICROSECONDS_PER_DAY
from features.window_sums import in_windows, multipliers_table, put_multipliers

MANY_BANDS = 500_000
_HOME = "_home"
_OF_WINDOWS, _OF_HISTORY = "bands", "history_bands"
_Piece = tuple[str, str]


class Panes:
    """Aggregates of one part that are put together from bands.

    Where no window of a cutoff begins inside a slice, its bands count as one, so that a cutoff reads many bands near
    the edges of its windows and few elsewhere.

    Parameters
    ----------
    source
        The rows.

    Attributes
    ----------
    tables
        Schemas, by name, of the tables of one row a customer that hold the values of the newest cutoff.
    """

    def __init__(self, source: Source) -> None:
        self._source, self._store, self._asked = source, source.store, source.asked
        self._packing = Packing(source.asked, source.most_rows)
        query = banded(source, self._packing)
        self._schema = query.schema()
        self._statements = {"fine": self._in_order(query)}
        self.tables: dict[str, ibis.Schema] = {}
        if source.part.windows:
            multipliers = multipliers_table(self._name("multipliers"), self._packing)
            self._prepare("windows", in_windows(self._bands(_OF_WINDOWS), multipliers, self._packing))
        if self._asked.added_ever:
            self._prepare("ever", self._over_history(lambda place: self._asked.value_name(place, None)))
            self._statements["history"] = self._in_order(self._over_history(place_name))
        source.show_settled()
        self._put("fine")
        self._is_merged = source.timeline.is_coarse and self._store.count(self._name("fine")) > MANY_BANDS
        if self._is_merged:
            self._merge()
        self._history, self._history_end, self._seen = "", 0, -1

    def advance(self, cutoff: int) -> None:
        """Bring the tables to a cutoff, later than the one before."""
        unsettled: list[_Piece] = []
        if self._source.has_changing:
            self._source.show_unsettled(cutoff)
            self._put("unsettled", "fine")
            unsettled = [(self._name("unsettled"), "")]
        if "windows" in self._statements:
            put_multipliers(self._store, self._name("multipliers"), self._packing, self._source.timeline, cutoff)
            self._show([*self._pieces(cutoff), *unsettled], self._schema.names, cutoff, _OF_WINDOWS)
            # A view: the panel is then put together by all threads, while a table this small is read by one.
            self._store.view(self._name("windows"), self._statements["windows"])
        if "ever" in self._statements:
            self._add_history(cutoff)
            self._tell_history(unsettled, cutoff)

    def _name(self, what: str) -> str:
        return self._source.name(what)

    def _prepare(self, what: str, query: ir.Table) -> None:
        self.tables[self._name(what)] = query.schema()
        self._statements[what] = self._store.compile(query)

    def _in_order(self, query: ir.Table) -> str:
        """Sort by slice, so that others are skipped, and by customer, in which order later grouping is fast."""
        return self._store.compile(query.order_by([name for name in (SLICE, CODE) if name in query.columns]))

    def _put(self, name: str, statement: str = "") -> None:
        self._store.put(self._name(name), self._statements[statement or name])

    def _show(self, pieces: Sequence[_Piece], columns: Sequence[str], cutoff: int, what: str = _OF_HISTORY) -> None:
        """Make the statements over these bands read these rows, decayed sums as of the cutoff."""
        texts = []
        for name, condition in pieces:
            since = self._history_end if name == self._history else END
            formulas = {
                place_name(place): faded(place_name(place), since, cutoff, half_life * MICROSECONDS_PER_DAY)
                for place, half_life in self._asked.decayed.items()
            }
            texts.append(select(name, columns, [condition] if condition else [], formulas))
        self._store.view(self._name(what), union(texts))

    def _pieces(self, cutoff: int) -> list[_Piece]:
        """Bands that a cutoff's windows read."""
        slices = self._source.timeline.slices(cutoff)
        if not self._is_merged:
            return [(self._name("fine"), between(SLICE, slices))]
        cut = [number for number in self._source.timeline.cut_slices(cutoff) if number in slices]
        whole = [number for number in slices if number not in cut]
        pieces = {"fine": cut, "merged": whole}
        return [(self._name(what), among(SLICE, numbers)) for what, numbers in pieces.items() if numbers]

    def _merge(self) -> None:
        """Make a second table in which the bands of a slice are one, but for rows that happened before it."""
        homes = enumerate(self._source.timeline.homes)
        self._store.put(self._name("homes"), union(one_row({SLICE: number, _HOME: home}) for number, home in homes))
        homes_table = ibis.table({SLICE: "int16", _HOME: "int16"}, name=self._name("homes"))
        fine = ibis.table(self._schema, name=self._name("fine")).inner_join(homes_table, SLICE)
        columns = self._together(fine, self._packing.alone, place_name)
        columns |= {word.name: fine[word.name].sum() for word in self._packing.words}
        columns |= {END: fine[END].max()} if END in fine.columns else {}
        home = ibis.least(fine[BAND], fine[_HOME])
        merged = fine.group_by(**{CODE: fine[CODE], SLICE: fine[SLICE], BAND: home}).aggregate(**columns)
        self._store.put(self._name("merged"), self._in_order(merged))

    def _add_history(self, cutoff: int) -> None:
        """Add the slices up to the cutoff to what is known of the whole history."""
        last = self._source.timeline.last_slice(cutoff)
        new = (self._name("merged" if self._is_merged else "fine"), between(SLICE, range(self._seen + 1, last + 1)))
        known = [(self._history, "")] if self._history else []
        self._show([*known, new], self._history_columns, cutoff)
        before, self._history, self._history_end = self._history, self._name(f"history_{last}"), cutoff
        self._seen = last
        self._store.put(self._history, self._statements["history"])
        if before:
            self._store.drop(before)

    def _tell_history(self, unsettled: Sequence[_Piece], cutoff: int) -> None:
        """Put the whole history together with what still changes; it is one row a customer already."""
        if unsettled:
            self._show([(self._history, ""), *unsettled], self._history_columns, cutoff)
            self._put("ever")
            return
        names = {self._asked.value_name(place, None): place_name(place) for place in self._asked.added_ever}
        self._store.view(self._name("ever"), select(self._history, [CODE, *names], formulas=names))

    @property
    def _history_columns(self) -> list[str]:
        return [CODE, *(place_name(place) for place in self._asked.added_ever)]

    def _bands(self, what: str) -> ir.Table:
        return ibis.table(self._schema, name=self._name(what))

    def _over_history(self, name_of: Callable[[int], str]) -> ir.Table:
        bands = self._bands(_OF_HISTORY)
        return bands.group_by(CODE).aggregate(**self._together(bands, self._asked.added_ever, name_of))

    def _together(self, bands: ir.Table, places: Sequence[int], name_of: Callable[[int], str]) -> dict[str, ir.Value]:
        aggregates = self._asked.aggregates
        return {name_of(place): over_bands(aggregates[place], bands[place_name(place)]) for place in places}
