"""Nodes of a customer's life: how often customers leave around them, beside how often they leave at other times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from evaluation.business.periods import Instants, days_between
from evaluation.business.standing import Spells

FloatArray = NDArray[np.float64]
DAYS_OF_RATE = 30.0
_APART = 1e7
"""Days between the time axes of two customers, so that one axis holds them all."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Stretches of time of customers around a node.

    Parameters
    ----------
    customer
        Place of the customer, shape (windows,).
    start, end
        Microseconds, `start` in and `end` out.
    """

    customer: NDArray[np.intp]
    start: Instants
    end: Instants


@dataclass(frozen=True)
class Hazard:
    """Leaving around a node and at other times.

    Parameters
    ----------
    left, days
        Customers who left around it, and customer-days spent around it.
    left_else, days_else
        The same at all other times.
    ratio, low, high
        How many times as often they leave around it, with its interval; missing where nobody was around it or left.
    """

    left: int
    days: float
    left_else: int
    days_else: float
    ratio: float
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Part of the customers who would leave in 30 days around the node."""
        return float(-np.expm1(-DAYS_OF_RATE * self.left / self.days)) if self.days else float("nan")

    @property
    def rate_else(self) -> float:
        """The same at all other times."""
        return float(-np.expm1(-DAYS_OF_RATE * self.left_else / self.days_else)) if self.days_else else float("nan")


def hazard_around(spells: Spells, windows: Windows, recorded_since: int, data_end: int, level: float = 0.95) -> Hazard:
    """Compare leaving in the windows with leaving outside them.

    Windows of a customer that overlap count once. Only time as a customer counts, from when leaving is on record to the
    end of the data.

    Parameters
    ----------
    spells
        When they were customers.
    windows
        Around the node.
    recorded_since, data_end
        In microseconds.
    level
        Coverage of the interval of the ratio, exact given how many left (Clopper and Pearson on who left around it).
    """
    seen = (spells.ended >= recorded_since) & (spells.began < data_end)
    axis = spells.customer[seen] * _APART
    began = axis + days_between(recorded_since, np.maximum(spells.began[seen], recorded_since))
    until = axis + days_between(recorded_since, np.minimum(spells.ended[seen], data_end))
    starts, ends = _merged(windows, recorded_since)
    is_over = spells.ended[seen] < data_end
    days = float((_covered(until, starts, ends) - _covered(began, starts, ends)).sum())
    around = int(_inside(until[is_over], starts, ends).sum())
    left_else, days_else = int(is_over.sum()) - around, float((until - began).sum()) - days
    return Hazard(around, days, left_else, days_else, *_ratio(around, days, left_else, days_else, level))


def _merged(windows: Windows, origin: int) -> tuple[FloatArray, FloatArray]:
    """Windows on one axis, ascending, those that overlap as one."""
    axis = windows.customer * _APART
    start, end = (axis + days_between(origin, times) for times in (windows.start, windows.end))
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate(end[order]) if len(end) else end
    first = np.concatenate([[True], start[1:] > reach[:-1]]) if len(start) else np.zeros(0, dtype=np.bool_)
    last = np.concatenate([first[1:], [True]]) if len(start) else first
    return start[first], reach[last]


def _covered(times: FloatArray, starts: FloatArray, ends: FloatArray) -> FloatArray:
    """Days of windows before each time on the axis."""
    if not len(starts):
        return np.zeros(len(times))
    whole = np.concatenate([[0.0], np.cumsum(ends - starts)])
    place = np.searchsorted(starts, times, side="right")
    current = np.maximum(place - 1, 0)
    over = np.where(place > 0, np.maximum(ends[current] - times, 0.0), 0.0)
    return whole[place] - over


def _inside(times: FloatArray, starts: FloatArray, ends: FloatArray) -> NDArray[np.bool_]:
    if not len(starts):
        return np.zeros(len(times), dtype=np.bool_)
    place = np.searchsorted(starts, times, side="right") - 1
    return (place >= 0) & (times < ends[np.maximum(place, 0)])


def _ratio(left: int, days: float, left_else: int, days_else: float, level: float) -> tuple[float, float, float]:
    if not (days and days_else and left + left_else):
        return (float("nan"),) * 3
    tail, both = (1 - level) / 2, left + left_else
    low = betaincinv(left, left_else + 1, tail) if left else 0.0
    high = betaincinv(left + 1, left_else, 1 - tail) if left_else else 1.0
    shares = (left / both, float(low), float(high))
    odds = [share / (1 - share) if share < 1 else float("inf") for share in shares]
    ratio, lowest, highest = (each * days_else / days for each in odds)
    return ratio, lowest, highest
