"""The label of a customer at a cutoff, and the risk set, for any definition of churn.

The outcome window is ``[cutoff + gap, cutoff + gap + horizon)``. Where it reaches past the data's end the label is
null, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import ibis
from ibis.expr import types as ir

Tables = Mapping[str, ir.Table]
_TIME = "timestamp(6)"
NOTICE, LAPSE, SILENCE, SPEND_DROP = "notice", "lapse", "silence", "spend_drop"
"""How a spell of being a customer ends."""
ACTIVE_KINDS = (NOTICE, LAPSE)
"""The endings that the customer brings about 主动流失; the others are passive 被动流失."""


@dataclass(frozen=True)
class Window:
    """The outcome window.

    Parameters
    ----------
    horizon_days
        Length of the window.
    gap_days
        Days between the cutoff and the window, time to act.
    data_end
        Instant up to which the data are complete; nothing at or after it is known to have or not to have happened.
    """

    horizon_days: int
    gap_days: int
    data_end: datetime

    @property
    def reach(self) -> timedelta:
        """Time from the cutoff to the end of the window."""
        return timedelta(days=self.gap_days + self.horizon_days)

    def is_over(self, cutoff: datetime) -> bool:
        """Whether the whole window lies in the data.

        >>> window = Window(90, 0, datetime(2011, 12, 9, 12, 50))
        >>> window.is_over(datetime(2011, 9, 10)), window.is_over(datetime(2011, 9, 11))
        (True, False)
        """
        return cutoff + self.reach <= self.data_end

    def last_cutoff(self) -> datetime:
        """Last midnight whose window is over.

        >>> Window(90, 0, datetime(2011, 12, 9, 12, 50)).last_cutoff()
        datetime.datetime(2011, 9, 10, 0, 0)
        """
        return (self.data_end - self.reach).replace(hour=0, minute=0, second=0, microsecond=0)


class Outcome(Protocol):
    """A definition of churn."""

    table: str

    def alive(self, tables: Tables, cutoff: datetime) -> ir.Table:
        """Give ``customer_id`` of those who are customers at the cutoff, by what was known before it."""
        ...

    def left(self, tables: Tables, cutoff: datetime, window: Window) -> ir.Table:
        """Give ``customer_id`` and ``churned_at`` (null if it has no instant) of those who leave after the cutoff.

        ``settled_at`` says from when on nothing can take that back; null: from the end of the window on. Customers who
        are not alive at the cutoff may be among them, and those who leave in the gap before the window; both are sorted
        out by the caller.
        """
        ...

    def stayed(self, tables: Tables, cutoff: datetime, window: Window) -> ir.Table | None:
        """Give ``customer_id`` and ``settled_at`` of those who are known to stay before the window is over.

        None where only the end of the window tells who stays.
        """
        ...

    def spells(self, tables: Tables, window: Window, instants: Sequence[datetime]) -> ir.Table:
        """Give the spells of being a customer: ``customer_id``, ``began``, ``ended`` (null: still one) and ``kind``.

        A customer at an instant is one with a spell that began before it and did not end before it, as in `alive`.
        ``instants`` are those at which it will be asked.
        """
        ...


def risk_set(outcomes: Sequence[Outcome], tables: Tables, cutoffs: Sequence[datetime]) -> ir.Table:
    """Who can churn after each cutoff: ``customer_id`` and ``cutoff``, the same for training and scoring."""
    return _union([_alive(outcomes, tables, cutoff) for cutoff in cutoffs])


def labels(outcomes: Sequence[Outcome], tables: Tables, cutoffs: Sequence[datetime], window: Window) -> ir.Table:
    """Label the risk set.

    Returns
    -------
    ibis Table
        ``customer_id``, ``cutoff``, ``churned`` (0, 1, or null where the window is not over or the customer left in
        the gap before it), ``churned_at``, and ``settled_at``: the instant from which on the label is known, which is
        the end of the window unless the customer is known to leave, or to stay, before; null without a label.
        With several definitions a customer has left if one that counts the customer as alive says so.
    """
    return _union([_labelled(outcomes, tables, cutoff, window) for cutoff in cutoffs])


def _alive(outcomes: Sequence[Outcome], tables: Tables, cutoff: datetime) -> ir.Table:
    people = _union([outcome.alive(tables, cutoff).select("customer_id") for outcome in outcomes]).distinct()
    return people.mutate(cutoff=ibis.literal(cutoff, type=_TIME))


def _labelled(outcomes: Sequence[Outcome], tables: Tables, cutoff: datetime, window: Window) -> ir.Table:
    people = _alive(outcomes, tables, cutoff)
    if not window.is_over(cutoff):
        return people.mutate(churned=ibis.null("int8"), churned_at=ibis.null(_TIME), settled_at=ibis.null(_TIME))
    left = _union([_left_alive(outcome, tables, cutoff, window) for outcome in outcomes])
    left = left.group_by("customer_id").aggregate(churned_at=left.churned_at.min(), left_for_good=left.settled_at.min())
    joined = people.left_join(left, "customer_id")
    in_gap = joined.churned_at < ibis.literal(cutoff + timedelta(days=window.gap_days))
    churned = joined.customer_id_right.notnull().cast("int8")
    found = joined.select(
        "customer_id",
        "cutoff",
        churned=ibis.ifelse(in_gap.fill_null(False), ibis.null("int8"), churned),
        churned_at=joined.churned_at,
        left_for_good=joined.left_for_good,
    )
    return _settled(found, outcomes, tables, cutoff, window)


def _settled(
    found: ir.Table, outcomes: Sequence[Outcome], tables: Tables, cutoff: datetime, window: Window
) -> ir.Table:
    """Append when the label became known; who stays by one of several definitions may still leave by another."""
    at_the_end = ibis.literal(cutoff + window.reach, type=_TIME)
    early = outcomes[0].stayed(tables, cutoff, window) if len(outcomes) == 1 else None
    if early is None:
        settled = found.left_for_good
    else:
        found = found.left_join(early.select("customer_id", stayed_at=early.settled_at.cast(_TIME)), "customer_id")
        settled = ibis.coalesce(found.left_for_good, found.stayed_at)
    settled = ibis.least(ibis.coalesce(settled, at_the_end), at_the_end)
    settled = ibis.ifelse(found.churned.isnull(), ibis.null(_TIME), settled)
    return found.select("customer_id", "cutoff", "churned", "churned_at", settled_at=settled)


def _left_alive(outcome: Outcome, tables: Tables, cutoff: datetime, window: Window) -> ir.Table:
    left = outcome.left(tables, cutoff, window)
    left = left.select("customer_id", churned_at=left.churned_at.cast(_TIME), settled_at=left.settled_at.cast(_TIME))
    return left.semi_join(outcome.alive(tables, cutoff), "customer_id")


def _union(parts: Sequence[ir.Table]) -> ir.Table:
    return parts[0] if len(parts) == 1 else ibis.union(*parts)
