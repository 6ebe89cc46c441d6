"""Sums by period and segment, of which every measure is made; segments of a kind add up to the total."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.business.measures import with_moments
from evaluation.business.order_measures import OrderWindow, active_columns, order_columns
from evaluation.business.periods import QUARTER_MONTHS, Periods, microseconds
from evaluation.business.purchases import Purchases
from evaluation.business.revenue import Terms, revenue_columns
from evaluation.business.standing import Spells, standing
from evaluation.model.segments import MISSING

FloatArray = NDArray[np.float64]
ALL = "all"
UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class Segmentation:
    """A division of the customers.

    Parameters
    ----------
    name
        What divides them, such as ``industry``.
    segments
        Names of the segments.
    place
        Segment of each customer at each edge of the periods, or one row for all of them where it never changes:
        shape (edges or 1, customers); -1 where it is not known.
    """

    name: str
    segments: tuple[str, ...]
    place: NDArray[np.int16]

    def at(self, period: int) -> NDArray[np.int16]:
        """Where each customer counts in a period: where it stood at the beginning; newcomers, at the end."""
        if len(self.place) == 1:
            return self.place[0]
        begin, end = self.place[period], self.place[period + 1]
        return np.where(begin == UNKNOWN, end, begin)


@dataclass(frozen=True, eq=False)
class Base:
    """Everything about the customers that measures are made of.

    Parameters
    ----------
    spells
        When they were customers.
    active_kinds
        Kinds of ending that the customer brings about.
    orders, activity, terms
        What the data bring; None where they do not.
    revenue_months
        Months over which the monthly revenue of orders is averaged, where there are no contracts.
    begin
        Instant at which the data begin, in microseconds; what would need earlier data is not told.
    """

    spells: Spells
    active_kinds: Sequence[str]
    orders: Purchases | None
    activity: Purchases | None
    terms: Terms | None
    revenue_months: int
    begin: int


def needed_edges(periods: Periods, months_back: Sequence[int]) -> list[datetime]:
    """Give the instants, ascending, between which facts have to be added up for the measures of periods.

    Parameters
    ----------
    periods
        The periods.
    months_back
        Lengths in months of what is looked at before an edge.
    """
    back = {0, QUARTER_MONTHS, 2 * QUARTER_MONTHS, *months_back}
    return sorted({edge for months in back for edge in periods.edges_back(months)})


def flows(base: Base, periods: Periods, segmentations: Sequence[Segmentation] = ()) -> pd.DataFrame:
    """Add up what every measure needs.

    Parameters
    ----------
    base
        The customers.
    periods
        The periods.
    segmentations
        Divisions of the customers; the whole is always told, as segmentation and segment ``all``.

    Returns
    -------
    pandas.DataFrame
        A row a period and segment: ``period``, ``starts_at``, ``ends_at`` (UTC), ``segmentation``, ``segment`` and
        sums: ``customers_*``, ``revenue_*`` (a month, at the edges), ``terms_*``, ``orders``, ``spend``, ``buyers`` and
        so on. A sum that the data do not reach back for is missing. Columns that begin with ``_`` serve intervals.
    """
    whole = Segmentation(ALL, (ALL,), np.zeros((1, len(base.spells.customers)), dtype=np.int16))
    rows = []
    for number, name in enumerate(periods.names):
        columns = with_moments(period_columns(base, periods, number))
        for segmentation in (whole, *segmentations):
            sums = _sums(columns, segmentation.at(number), segmentation.segments)
            start, end = periods.edges[number : number + 2]
            rows.append(sums.assign(period=name, starts_at=start, ends_at=end, segmentation=segmentation.name))
    found = pd.concat(rows, ignore_index=True)
    keys = ["period", "starts_at", "ends_at", "segmentation", "segment"]
    return found[[*keys, *(name for name in found if name not in keys)]]


def period_columns(base: Base, periods: Periods, number: int) -> dict[str, FloatArray]:
    """Give what each customer adds to the sums of one period, by name; missing where the data begin too late."""
    start, end = (int(edge) for edge in microseconds(periods.edges)[number : number + 2])
    found = standing(base.spells, start, end, base.active_kinds)
    columns: dict[str, NDArray[np.generic]] = dict(found.columns())
    revenue = monthly_revenue(base, periods)
    if revenue is not None:
        columns |= revenue_columns(found, revenue(number), revenue(number + 1))
    if base.terms is not None:
        columns |= base.terms.renewal_columns(start, end, len(base.spells.customers))
    if base.orders is not None:
        columns |= _orders(base, base.orders, periods, number, start, end)
    if base.activity is not None:
        columns |= active_columns(base.activity, start, end, found.closing)
    return {name: column.astype(np.float64) for name, column in columns.items()}


def monthly_revenue(base: Base, periods: Periods) -> Callable[[int], FloatArray] | None:
    """Give each customer's monthly revenue at an edge: of its contracts, else the mean of the months before it."""
    edges, customers = microseconds(periods.edges), len(base.spells.customers)
    terms, orders, months = base.terms, base.orders, base.revenue_months
    if terms is not None:
        return lambda edge: terms.monthly_at(int(edges[edge]), customers)
    if orders is None:
        return None
    before = microseconds(periods.edges_back(months))

    def of_orders(edge: int) -> FloatArray:
        if before[edge] < base.begin:
            return np.full(customers, np.nan)
        return orders.added(int(before[edge]), int(edges[edge])) / months

    return of_orders


def _orders(
    base: Base, orders: Purchases, periods: Periods, number: int, start: int, end: int
) -> Mapping[str, NDArray[np.generic]]:
    quarter, before = (
        int(microseconds(periods.edges_back(months))[number + 1]) for months in (QUARTER_MONTHS, 2 * QUARTER_MONTHS)
    )
    columns: dict[str, NDArray[np.generic]] = dict(order_columns(orders, OrderWindow(start, end, quarter, before)))
    if before < base.begin:
        missing = np.full(len(base.spells.customers), np.nan)
        columns |= dict.fromkeys(("quarter_buyers_before", "quarter_buyers_again"), missing)
    return columns


def _sums(columns: Mapping[str, FloatArray], place: NDArray[np.int16], segments: tuple[str, ...]) -> pd.DataFrame:
    """Add up columns by segment; who is in none makes a last segment where it has anybody."""
    code = np.where(place == UNKNOWN, len(segments), place)
    sums = {name: np.bincount(code, column, len(segments) + 1) for name, column in columns.items()}
    found = pd.DataFrame({"segment": [*segments, MISSING], **sums})
    is_empty = (found["segment"] == MISSING) & (found[list(columns)].fillna(0) == 0).all(axis=1)
    return found[~is_empty]
