"""The rows of one part as its cutoffs may see them: those that are settled, and those that still change."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
from ibis.expr import types as ir

from features.asked import Part
from features.facts import facts_schema, gap_column
from features.rows import BAND, CODE, END, SLICE, intervals_passed, lookup, masked, settled_at, with_gaps
from features.statements import one_row, select
from features.store import Store
from features.tables import KNOWN_AT
from features.timeline import Timeline


class Source:
    """Canonical rows of a part, each with its band and its slice.

    Statements over the rows read `input`, a view that shows either kind of rows.

    Parameters
    ----------
    store
        Where temporary tables go.
    part
        Signal columns of one table.
    rows
        Canonical rows with codes, times in microseconds.
    instants
        The cutoffs in microseconds, ascending.
    tag
        How the names of tables about the part begin.
    most_rows
        More than this no customer has.
    is_masked
        Whether the rows were cut and masked for a single cutoff already.

    Attributes
    ----------
    input
        The rows that are shown.
    asked
        What the columns ask of them.
    timeline
        Division of time for the cutoffs.
    has_changing
        Whether rows may be known at a cutoff and change later.
    """

    def __init__(
        self,
        store: Store,
        part: Part,
        rows: ir.Table,
        instants: Sequence[int],
        tag: str,
        *,
        most_rows: int,
        is_masked: bool,
    ) -> None:
        self.store, self.part, self._tag, self.most_rows = store, part, tag, most_rows
        self.timeline = Timeline(instants, part.windows, part.counts_days)
        self.input = ibis.table(_schema(part), name=self.name("input"))
        self.asked = part.ask(self.input)
        self.has_changing = not is_masked and bool(part.columns_read & part.table.late_columns.keys())
        self._put_rows(rows)
        if self.has_changing:
            self._put_changing()
            self._mask = store.compile(self._masked())

    def name(self, purpose: str) -> str:
        """Give the name of a table about the part."""
        return f"{self._tag}_{purpose}"

    def release(self) -> None:
        """Drop what only the making of bands needed."""
        for name, is_there in {"gaps": bool(self.part.gaps_read), "written": self._is_read_often}.items():
            if is_there:
                self.store.drop(self.name(name))

    def show_settled(self) -> None:
        """Show the rows that were settled by the last cutoff, but for those that no window reaches."""
        conditions = [f"{SLICE} < {len(self.timeline.boundaries)}"]
        if not self.part.has_history:
            conditions.append(f"{self.part.table.happened_at} >= {self.timeline.edges[0]}")
        self.store.view(self.name("input"), select(self.name("rows"), ["*"], conditions))

    def show_unsettled(self, cutoff: int) -> None:
        """Show the rows that are known at a cutoff and still change later, masked."""
        last = self.timeline.last_slice(cutoff)
        self.store.put(self.name("now"), one_row({"cutoff": cutoff, "last": last}, "BIGINT"))
        self.store.view(self.name("input"), self._mask)

    def _put_rows(self, rows: ir.Table) -> None:
        """Give every row its gaps, its band and its slice."""
        part, store = self.part, self.store
        if part.gaps_read:
            store.put(self.name("gaps"), store.compile(self._only_read(with_gaps(rows, part.table, part.gaps_read))))
            rows = ibis.table(_gapped_schema(part), name=self.name("gaps"))
        band = intervals_passed(rows[part.table.happened_at], self.timeline.edges)
        settled = intervals_passed(settled_at(rows, part.table, part.columns_read), self.timeline.boundaries)
        placed = rows.mutate(**{SLICE: settled, BAND: band})
        placed = placed.mutate(**{END: lookup(placed[SLICE], self.timeline.boundaries)})
        store.view(self.name("rows"), store.compile(self._written_down(placed) if self._is_read_often else placed))

    @property
    def _is_read_often(self) -> bool:
        """Whether several statements read rows of several cutoffs: to write them down takes less than to read again."""
        return len(self.timeline.instants) > 1 and bool(self.asked.added) + len(self.asked.distinct) > 1

    def _written_down(self, placed: ir.Table) -> ir.Table:
        """Keep the rows, narrow: unread columns cost room even where they are empty."""
        schema, kept = _schema(self.part), self._columns_kept
        unread = [column.name for column in self.part.table.columns if column.name not in kept]
        narrow = {name: kind for name, kind in schema.items() if name not in unread}
        self.store.put(self.name("written"), self.store.compile(placed.select(*narrow)))
        written = ibis.table(narrow, name=self.name("written"))
        return written.mutate(**{name: ibis.null(schema[name]) for name in unread}).select(*schema)

    @property
    def _columns_kept(self) -> set[str]:
        return {*self.part.columns_read, *self.part.gaps_read, self.part.table.happened_at, KNOWN_AT}

    def _only_read(self, rows: ir.Table) -> ir.Table:
        """Empty the columns that nobody reads: texts above all, which would be copied with the rows."""
        unread = [column.name for column in self.part.table.columns if column.name not in self._columns_kept]
        return rows.mutate(**{name: ibis.null(rows[name].type()) for name in unread}) if unread else rows

    def _put_changing(self) -> None:
        """Set the rows aside that are known at some cutoff and settled only later."""
        rows = ibis.table(_schema(self.part), name=self.name("rows"))
        known = intervals_passed(rows[KNOWN_AT], self.timeline.boundaries)
        changes = ibis.greatest(known, self.timeline.first_slice) < rows[SLICE]
        self.store.put(self.name("changing"), self.store.compile(rows.filter(changes)))

    def _masked(self) -> ir.Table:
        changing = ibis.table(_schema(self.part), name=self.name("changing"))
        rows = changing.cross_join(ibis.table({"cutoff": "int64", "last": "int64"}, name=self.name("now")))
        rows = rows.filter(rows[KNOWN_AT] < rows["cutoff"], rows[SLICE] > rows["last"])
        return masked(rows, self.part.table, rows["cutoff"]).select(*self.input.columns)


def crosses(store: Store, rows: ir.Table, happened_at: str, instants: Sequence[int]) -> bool:
    """Whether a cutoff lies between some row's happening and its becoming known."""
    happened, known = (intervals_passed(rows[name], instants) for name in (happened_at, KNOWN_AT))
    name = store.name("crossing")
    store.view(name, store.compile(rows.filter(happened != known).limit(1)))
    return bool(store.table(name).count().to_pyarrow().as_py())


def _gapped_schema(part: Part) -> dict[str, str]:
    gaps = {gap_column(within): "float64" for within in sorted(part.gaps_read)}
    return {**facts_schema(part.table), CODE: "int32", **gaps}


def _schema(part: Part) -> dict[str, str]:
    return {**_gapped_schema(part), SLICE: "int16", BAND: "int16", END: "int64"}
