"""Divisions of the customers by what they are: attributes, plan, use, how long they have been customers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.business.flows import UNKNOWN, Segmentation
from evaluation.business.periods import Instants, days_between
from evaluation.business.purchases import Purchases
from evaluation.business.revenue import Terms
from evaluation.business.standing import Spells

USES = ("none", "light", "regular", "heavy")
TENURE_DAYS = (91, 183, 365, 730)
TENURES = ("up to 3 months", "3 to 6 months", "6 to 12 months", "1 to 2 years", "over 2 years")


def by_attribute(name: str, values: pd.Series[Any]) -> Segmentation:
    """Divide customers by an attribute that does not change, in the order of `Spells.customers`."""
    category = values.astype("category")
    place = category.cat.codes.to_numpy().astype(np.int16)
    return Segmentation(name, tuple(map(str, category.cat.categories)), place[np.newaxis])


def by_tenure(spells: Spells, edges: Instants) -> Segmentation:
    """Divide customers by the time since they first became one; who never did is in no segment."""
    first, rows = spells.first_began, []
    for edge in edges:
        place = np.searchsorted(TENURE_DAYS, days_between(first, int(edge)), side="left")
        rows.append(np.where(first < edge, place, UNKNOWN).astype(np.int16))
    return Segmentation("tenure", TENURES, np.array(rows))


def by_usage(usage: Purchases, spells: Spells, edges: Instants, since: Instants) -> Segmentation:
    """Divide who is a customer by how much it used the product in the months before each edge.

    Who used it not at all is ``none``; the others are divided into thirds, and equal use is an equal segment.

    Parameters
    ----------
    usage
        Facts of use in buckets.
    spells
        When they were customers.
    edges, since
        Instants in microseconds: each edge, and from when use counts.
    """
    rows = []
    for edge, start in zip(edges, since, strict=True):
        count, here = usage.counted(int(start), int(edge)), spells.here(int(edge))
        used = np.sort(count[here & (count > 0)])
        below = np.searchsorted(used, count, side="left") / max(used.size, 1)
        place = np.where(count > 0, 1 + np.minimum(below * 3, 2).astype(np.int16), 0)
        rows.append(np.where(here, place, UNKNOWN).astype(np.int16))
    return Segmentation("usage", USES, np.array(rows))


def by_plan(terms: Terms, plans: pd.Series[Any], customers: int, edges: Instants) -> Segmentation:
    """Divide customers by the plan of the newest term begun before each edge.

    Parameters
    ----------
    terms
        The terms.
    plans
        Plan of each term, shape (terms,).
    customers
        How many customers there are.
    edges
        Instants in microseconds.
    """
    category = plans.astype("category")
    code, order = category.cat.codes.to_numpy().astype(np.int16), np.argsort(terms.started, kind="stable")
    rows: list[NDArray[np.int16]] = []
    for edge in edges:
        begun = order[terms.started[order] < edge]
        place = np.full(customers, UNKNOWN, dtype=np.int16)
        place[terms.customer[begun]] = code[begun]
        rows.append(place)
    return Segmentation("plan", tuple(map(str, category.cat.categories)), np.array(rows))
