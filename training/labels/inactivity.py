"""Passive churn of customers without a contract: nothing happens for a whole window 被动流失."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
from ibis.expr import types as ir

from features.tables import KNOWN_AT, TABLES
from training.labels.outcome import SILENCE, Tables, Window


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
        inside = self._inside(tables, cutoff, window)
        silent = self.alive(tables, cutoff).anti_join(inside.select("customer_id"), "customer_id")
        return silent.mutate(churned_at=ibis.null("timestamp"), settled_at=ibis.null("timestamp"))

    def stayed(self, tables: Tables, cutoff: datetime, window: Window) -> ir.Table:
        """Give the customers with a sign of life in the window, and when the first of them was known."""
        inside = self._inside(tables, cutoff, window)
        known = ibis.greatest(inside[TABLES[self.table].happened_at], inside[KNOWN_AT])
        return inside.group_by("customer_id").aggregate(settled_at=known.min())

    def spells(self, tables: Tables, window: Window, instants: Sequence[datetime]) -> ir.Table:
        """Give the spells of being a customer: from a sign of life until `activity_days` have passed without another.

        Where any earlier row makes a customer, who then never stops being one, silence over a whole outcome window
        ends the spell.
        """
        days = window.horizon_days if self.activity_days is None else self.activity_days
        rows = tables[self.table]
        rows = rows.select("customer_id", happened=rows[TABLES[self.table].happened_at])
        before = rows.happened.lag().over(ibis.window(group_by="customer_id", order_by="happened"))
        silence = ibis.interval(days=days)
        begins = rows.mutate(before=before).filter(lambda t: t.before.isnull() | (t.before < t.happened - silence))
        order = ibis.window(group_by="customer_id", order_by="happened")
        begins = begins.mutate(last=begins.before.lead().over(order))
        newest = rows.group_by("customer_id").aggregate(newest=rows.happened.max())
        joined = begins.inner_join(newest, "customer_id")
        return joined.select(
            "customer_id",
            began=joined.happened,
            ended=ibis.coalesce(joined.last, joined.newest) + silence,
            kind=ibis.literal(SILENCE),
        )

    def _inside(self, tables: Tables, cutoff: datetime, window: Window) -> ir.Table:
        rows = tables[self.table]
        happened = rows[TABLES[self.table].happened_at]
        return rows.filter(
            happened >= ibis.literal(cutoff + timedelta(days=window.gap_days)),
            happened < ibis.literal(cutoff + window.reach),
        )
