"""Passive churn of customers without a contract: nothing happens for a whole window 被动流失."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
from ibis.expr import types as ir

from features.tables import KNOWN_AT, TABLES
from training.labels.outcome import Tables, Window


@dataclass(frozen=True)
class Inactivity:
    """Churn of purchase or usage logs.

    Parameters
    ----------
    table
        Table whose rows are signs of life, such as ``orders`` or ``usage_events``.
    activity_days
        A customer is alive at a cutoff with a row in the days before it; ``None`` for any earlier row.
    """

    table: str
    activity_days: int | None

    def alive(self, tables: Tables, cutoff: datetime) -> ir.Table:
        """Give the customers with a sign of life in the activity window before the cutoff."""
        rows = tables[self.table]
        happened = rows[TABLES[self.table].happened_at]
        recent = rows.filter(happened < ibis.literal(cutoff), rows[KNOWN_AT] < ibis.literal(cutoff))
        if self.activity_days is not None:
            start = cutoff - timedelta(days=self.activity_days)
            recent = recent.filter(recent[TABLES[self.table].happened_at] >= ibis.literal(start))
        return recent.select("customer_id").distinct()

    def left(self, tables: Tables, cutoff: datetime, window: Window) -> ir.Table:
        """Give the customers alive at the cutoff without a sign of life in the window; the instant is unknown."""
        rows = tables[self.table]
        happened = rows[TABLES[self.table].happened_at]
        inside = rows.filter(
            happened >= ibis.literal(cutoff + timedelta(days=window.gap_days)),
            happened < ibis.literal(cutoff + window.reach),
        )
        silent = self.alive(tables, cutoff).anti_join(inside.select("customer_id"), "customer_id")
        return silent.mutate(churned_at=ibis.null("timestamp"))
