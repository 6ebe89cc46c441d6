"""The first band of each window of a cutoff, in a table of one row: statements read it and stay the same."""

from __future__ import annotations

import ibis
from ibis.expr import types as ir

from features.statements import one_row
from features.store import Store
from features.timeline import Timeline

_NONE = "none"


def put_starts(store: Store, name: str, timeline: Timeline, cutoff: int) -> None:
    """Write the table for a cutoff."""
    starts = {start_name(days): band for days, band in timeline.starts(cutoff).items()}
    store.put(name, one_row(starts or {_NONE: 0}))


def starts_table(name: str, timeline: Timeline) -> ir.Table:
    """Give the table that `put_starts` writes."""
    return ibis.table({start_name(days): "int16" for days in timeline.windows} or {_NONE: "int16"}, name=name)


def start_name(days: int) -> str:
    """Name of the column with the first band of a window.

    >>> start_name(30)
    'w30'
    """
    return f"w{days}"
