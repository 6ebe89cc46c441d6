"""Passive churn of buyers: spend falls by a share against the customer's own past 被动流失."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
from ibis.expr import types as ir

from features.tables import KNOWN_AT
from training.labels.outcome import SPEND_DROP, Tables, Window


@dataclass(frozen=True)
class SpendDrop:
    """Churn by falling spend.

    Parameters
    ----------
    drop_share
        Part of the customer's own daily spend that has to be lost, 0 to 1.
    past_days
        Days before the cutoff that make the customer's own past; someone who spent nothing in them is not alive.
    """

    drop_share: float
    past_days: int
    table: str = "orders"

    def alive(self, tables: Tables, cutoff: datetime) -> ir.Table:
        """Give the customers who spent something in the past days before the cutoff."""
        past = self._spent(tables, cutoff - timedelta(days=self.past_days), cutoff, known_before=cutoff)
        return past.filter(past.spend > 0).select("customer_id")

    def left(self, tables: Tables, cutoff: datetime, window: Window) -> ir.Table:
        """Give those whose daily spend in the window is below what the drop leaves of their own past."""
        past = self._spent(tables, cutoff - timedelta(days=self.past_days), cutoff, known_before=cutoff)
        inside = self._spent(tables, cutoff + timedelta(days=window.gap_days), cutoff + window.reach)
        joined = past.left_join(inside, "customer_id")
        now = joined.spend_right.fill_null(0) / window.horizon_days
        before = joined.spend / self.past_days
        fallen = joined.filter(before > 0, now <= before * (1 - self.drop_share))
        return fallen.select("customer_id", churned_at=ibis.null("timestamp"), settled_at=ibis.null("timestamp"))

    def stayed(self, tables: Tables, cutoff: datetime, window: Window) -> None:
        """Nobody: what is bought in the last instant counts as well."""

    def spells(self, tables: Tables, window: Window, instants: Sequence[datetime]) -> ir.Table:
        """Give the spells of being a customer as seen at some instants: there is no instant at which spend drops.

        At an instant those are customers who are alive and whose spend did not drop in the window that ends there.
        A spell begins and ends just before the first instant at which the change is seen.
        """
        here = ibis.union(*(self._here(tables, window, instants, place) for place in range(len(instants))))
        order = ibis.window(group_by=here.customer_id, order_by=here.place)
        run = here.mutate(run=here.place - ibis.row_number().over(order))
        found = run.group_by("customer_id", "run").aggregate(first=run.place.min(), last=run.place.max())
        seen = ibis.memtable(
            {"place": range(len(instants)), "seen": [instant - timedelta(microseconds=1) for instant in instants]},
            schema={"place": "int64", "seen": "timestamp(6)"},
        )
        began = found.inner_join(seen, found["first"] == seen.place).drop("place").rename(began="seen")
        after = seen.mutate(place=seen.place - 1)
        both = began.left_join(after, began["last"] == after.place)
        return both.select("customer_id", "began", ended=both.seen, kind=ibis.literal(SPEND_DROP))

    def _here(self, tables: Tables, window: Window, instants: Sequence[datetime], place: int) -> ir.Table:
        instant = instants[place]
        dropped = self.left(tables, instant - window.reach, window)
        here = self.alive(tables, instant).anti_join(dropped, "customer_id")
        return here.mutate(place=ibis.literal(place, type="int64"))

    def _spent(self, tables: Tables, start: datetime, end: datetime, known_before: datetime | None = None) -> ir.Table:
        orders = tables[self.table]
        inside = orders.filter(orders.ordered_at >= ibis.literal(start), orders.ordered_at < ibis.literal(end))
        if known_before is not None:
            inside = inside.filter(inside[KNOWN_AT] < ibis.literal(known_before))
        return inside.group_by("customer_id").aggregate(spend=inside.amount.sum())
