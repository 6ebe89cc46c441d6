"""Where in its life a customer is, and which tier its revenue makes it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evaluation.business.flows import UNKNOWN
from evaluation.business.periods import days_between
from evaluation.business.purchases import FloatArray
from evaluation.business.standing import BoolArray, Spells
from evaluation.gates.words import Words

STAGES: dict[str, Words] = {
    "new": Words("new", "新客户"),
    "growing": Words("growing", "成长期"),
    "mature": Words("mature", "成熟期"),
    "declining": Words("declining", "衰退期"),
    "returned": Words("returned", "回流客户"),
    "lost": Words("lost", "已流失"),
}
TIERS: dict[str, Words] = {
    "platinum": Words("platinum", "铂金"),
    "gold": Words("gold", "黄金"),
    "silver": Words("silver", "白银"),
    "bronze": Words("bronze", "青铜"),
}
REST = "standard"


def stages(
    spells: Spells, instant: int, revenue: FloatArray, before: FloatArray, *, new_days: float, change_share: float
) -> NDArray[np.int16]:
    """Give each customer's place in `STAGES` at an instant; -1 for who never was a customer by then.

    Parameters
    ----------
    spells
        When they were customers.
    instant
        In microseconds.
    revenue, before
        Monthly revenue now and a quarter earlier, shape (customers,); where it is missing a customer is mature.
    new_days
        Days from the beginning for which a customer is new, or returned.
    change_share
        Part by which revenue has to grow or shrink.
    """
    covering = spells.covering(instant)
    here, first = spells.who(covering), spells.first_began
    began = np.full(len(first), instant)
    began[spells.customer[covering]] = spells.began[covering]
    is_young = days_between(began, instant) <= new_days
    names = list(STAGES)
    grows, shrinks = revenue > before * (1 + change_share), revenue < before * (1 - change_share)
    conditions = [first >= instant, ~here, is_young & (began == first), is_young, grows, shrinks]
    places = [UNKNOWN, *(names.index(name) for name in ("lost", "new", "returned", "growing", "declining"))]
    return np.select(conditions, places, names.index("mature")).astype(np.int16)


def tiers(
    revenue: FloatArray, here: BoolArray, shares: Mapping[str, float]
) -> tuple[tuple[str, ...], NDArray[np.int16]]:
    """Give the names of the tiers, and each customer's place among them; -1 for who is no customer.

    Parameters
    ----------
    revenue
        Monthly revenue, shape (customers,).
    here
        Who is a customer.
    shares
        Tier to the part of the customers that it ends with, ranked by revenue: ``{"platinum": 0.05, "gold": 0.2}``
        makes the first twentieth platinum and those after it to the first fifth gold. Equal revenue is an equal tier.

    Examples
    --------
    >>> revenue = np.array([10.0, 900.0, 50.0, 50.0])
    >>> names, place = tiers(revenue, np.ones(4, dtype=bool), {"platinum": 0.25, "gold": 0.75})
    >>> [names[each] for each in place]
    ['standard', 'platinum', 'gold', 'gold']
    """
    names = sorted(shares, key=lambda name: shares[name])
    counted = here & np.isfinite(revenue)
    ordered = np.sort(-revenue[counted])
    above = np.searchsorted(ordered, -revenue, side="left") / max(ordered.size, 1)
    place = np.searchsorted([shares[name] for name in names], above, side="right")
    return (*names, REST), np.where(counted, place, UNKNOWN).astype(np.int16)
