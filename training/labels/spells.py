"""From when to when somebody was a customer, by the same definitions of churn as the label.

A spell is ``(began, ended]``: at an instant those are customers whose spell began before it and did not end before it,
which is what `Outcome.alive` says of it; who leaves in a window has a spell that ends in it, as `Outcome.left` says.
What is known today counts: a row that was entered late is there from when it happened, and a notice that was taken
back later, after the instant or the window that a label sees, ended nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import ibis
from ibis.expr import types as ir

from training.labels.outcome import Outcome, Tables, Window

_TIME = "timestamp(6)"
_COLUMNS = ("customer_id", "began", "ended", "kind")


def spells(outcomes: Sequence[Outcome], tables: Tables, window: Window, instants: Sequence[datetime] = ()) -> ir.Table:
    """Give the spells of being a customer.

    Parameters
    ----------
    outcomes
        Definitions of churn. With several a customer leaves when the first of them says so, and is back with the next
        beginning.
    tables
        Canonical tables by name.
    window
        The outcome window: `horizon_days` is the silence after which a customer has left where a definition names no
        other, `data_end` the instant up to which the data are complete.
    instants
        Ascending instants at which it will be asked who is a customer; falling spend has no other.

    Returns
    -------
    ibis Table
        ``customer_id``, ``began``, ``ended`` (null: not over by the end of the data) and ``kind`` (how it ended:
        ``notice``, ``lapse``, ``silence`` or ``spend_drop``; null while it has not). The spells of a customer do not
        overlap.
    """
    parts = [_plain(outcome.spells(tables, window, instants)) for outcome in outcomes]
    found = _apart(parts[0]) if len(parts) == 1 else _first_ending(parts)
    data_end = ibis.literal(window.data_end, type=_TIME)
    found = found.filter(found.began < data_end, found.ended.isnull() | (found.ended > found.began))
    over = (found.ended < data_end).fill_null(False)
    return found.mutate(ended=over.ifelse(found.ended, ibis.null(_TIME)), kind=over.ifelse(found.kind, ibis.null(str)))


def _plain(table: ir.Table) -> ir.Table:
    return table.select("customer_id", "kind", began=table.began.cast(_TIME), ended=table.ended.cast(_TIME)).select(
        *_COLUMNS
    )


def _apart(table: ir.Table) -> ir.Table:
    """End a spell with the next beginning: rows that contradict each other may reach past it."""
    order = ibis.window(group_by="customer_id", order_by="began")
    return table.mutate(ended=ibis.least(table.ended, table.began.lead().over(order))).select(*_COLUMNS)


def _first_ending(parts: Sequence[ir.Table]) -> ir.Table:
    """Put the spells of several definitions together: out with the first ending, in with the next beginning."""
    begins = [part.select("customer_id", at=part.began, turn=ibis.literal(1), kind=ibis.null(str)) for part in parts]
    ends = [
        part.filter(part.ended.notnull()).select("customer_id", "kind", at=part.ended, turn=ibis.literal(0))
        for part in parts
    ]
    turns = ibis.union(*begins, *(part.select("customer_id", "at", "turn", "kind") for part in ends))
    order = ibis.window(group_by="customer_id", order_by=[turns["at"], turns.turn])
    before = turns.turn.lag().over(order)
    changes = turns.mutate(before=before.fill_null(0)).filter(lambda t: t.turn != t.before)
    order = ibis.window(group_by="customer_id", order_by=[changes["at"], changes.turn])
    following = changes.mutate(ended=changes["at"].lead().over(order), how=changes.kind.lead().over(order))
    inside = following.filter(following.turn == 1)
    return inside.select("customer_id", began=inside["at"], ended=inside.ended, kind=inside.how)
