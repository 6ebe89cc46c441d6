"""Tables as they stood at an instant, for asking what the passing of time alone does to the signals."""

from __future__ import annotations

from datetime import datetime

import ibis
from ibis.expr import types as ir

from features.tables import KNOWN_AT, Table

_TIME = "timestamp(6)"


def frozen(source: ir.Table, table: Table, instant: datetime) -> ir.Table:
    """Leave out what was learned at or after an instant: rows, and what came later to the rows that stay.

    Signals at that instant are the same from the frozen tables as from the whole ones; signals at a later instant are
    what they would be had nothing happened since.

    Parameters
    ----------
    source
        Rows with the canonical columns, some of which may be missing.
    table
        Their canonical table.
    instant
        UTC without zone.

    Returns
    -------
    ibis Table
        The same columns.
    """
    limit = ibis.literal(instant, type=_TIME)
    known = source[table.happened_at].cast(_TIME) < limit
    if KNOWN_AT in source.columns:
        known = known & (source[KNOWN_AT].cast(_TIME).fill_null(ibis.literal(datetime.min, type=_TIME)) < limit)
    rows = source.filter(known)
    hidden = {
        name: ibis.ifelse(rows[since].cast(_TIME) < limit, rows[name], ibis.null(rows[name].type()))
        for name, since in table.late_columns.items()
        if name in rows.columns and since in rows.columns
    }
    return rows.mutate(**hidden) if hidden else rows
