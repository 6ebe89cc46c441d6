"""Passive churn of buyers: spend falls by a share against the customer's own past 被动流失."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
from ibis.expr import types as ir

from features.tables import KNOWN_AT
from training.labels.outcome import Tables, Window


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
        return fallen.select("customer_id", churned_at=ibis.null("timestamp"))

    def _spent(self, tables: Tables, start: datetime, end: datetime, known_before: datetime | None = None) -> ir.Table:
        orders = tables[self.table]
        inside = orders.filter(orders.ordered_at >= ibis.literal(start), orders.ordered_at < ibis.literal(end))
        if known_before is not None:
            inside = inside.filter(inside[KNOWN_AT] < ibis.literal(known_before))
        return inside.group_by("customer_id").aggregate(spend=inside.amount.sum())
