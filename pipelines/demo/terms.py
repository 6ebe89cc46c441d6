"""The contract calendar: when terms end, when offers stand, and how exposed a customer is on each day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo.clock import STEP_DAYS, Clock
from pipelines.demo.conditions import Conditions

REVIEW_MONTHS = 12
"""Prices are reviewed once a year, whatever the term."""

LONGEST_TERM_DAYS = 366
EARLY_DAYS = 180
EARLY_FACTOR = 1.35
"""Customers in their first half year leave more easily."""

_TRIAL, _MONTH, _QUARTER, _YEAR = range(4)
_LAPSE_WEEKS = np.array([0.5, 0.5, 2.0, 7.0], dtype=np.float32)


def _notice_table() -> np.ndarray:
    """Weeks of exposure that one day brings, by term and days left; shape (4, LONGEST_TERM_DAYS + 1)."""
    left = np.arange(LONGEST_TERM_DAYS + 1)
    table = np.empty((4, len(left)))
    table[_TRIAL] = 0.3
    table[_MONTH] = 0.9
    table[_QUARTER] = np.where(left > 45, 0.4, 1.3)
    table[_YEAR] = np.select([left > 90, left > 45], [0.2, 1.3], 2.3)
    return (table / STEP_DAYS).astype(np.float32)


_NOTICE = _notice_table()


@dataclass(frozen=True)
class Anniversaries:
    """Where each day stands in a customer's cycle of ``months``; arrays are (n, days)."""

    days_left: np.ndarray
    is_boundary: np.ndarray
    cycle: np.ndarray


def anniversaries(clock: Clock, start_day: np.ndarray, months: np.ndarray | int, days: np.ndarray) -> Anniversaries:
    """Place days in cycles of calendar months that begin on ``start_day``.

    Parameters
    ----------
    clock
        The time axis.
    start_day
        First day of the first cycle, at most the 28th of its month; shape (n,).
    months
        Length of a cycle; shape (n,) or one number.
    days
        Days to place; shape (d,) for all customers, or (n, d) for each their own.

    Returns
    -------
    Anniversaries
        ``days_left`` to the next boundary after the day, whether the day is itself the end of a cycle, and the number
        of the running cycle from 0 (negative before the start).
    """
    month, day_of_month = _split(clock, days)
    start_month, start_day_of_month = _split(clock, start_day[:, None])
    length = np.broadcast_to(months, start_day.shape)[:, None].astype(np.int32)
    elapsed = month - start_month - (day_of_month < start_day_of_month)
    cycle = elapsed // length
    next_month = start_month + (cycle + 1) * length
    boundary = _first_days(clock, next_month) + start_day_of_month
    is_boundary = (day_of_month == start_day_of_month) & (elapsed == cycle * length) & (elapsed > 0)
    return Anniversaries((boundary - days).astype(np.int32), is_boundary, cycle)


def add_months(clock: Clock, day: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Move days by calendar months; the days lie on or before the 28th."""
    month, day_of_month = _split(clock, day)
    return _first_days(clock, month + months) + day_of_month


def _split(clock: Clock, days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Months since 1970 and zero-based days of the month."""
    dates = clock.origin + days
    month = dates.astype("datetime64[M]")
    return month.astype(np.int32), (dates - month.astype("datetime64[D]")).astype(np.int32)


def _first_days(clock: Clock, months: np.ndarray) -> np.ndarray:
    """Day number of the first of each month since 1970."""
    if not months.size:
        return months
    low, high = int(months.min()), int(months.max())
    firsts = (np.arange(low, high + 1).astype("datetime64[M]").astype("datetime64[D]") - clock.origin).astype(np.int32)
    return firsts[months - low]


@dataclass(frozen=True)
class Exposure:
    """How exposed each customer is on each day, in weeks; ``notice`` and ``lapse`` are (n, days), float32."""

    notice: np.ndarray
    lapse: np.ndarray

    def by_step(self) -> tuple[np.ndarray, np.ndarray]:
        """Sum the days of each week; two arrays (n, steps)."""
        return _sum_weeks(self.notice), _sum_weeks(self.lapse)


def _sum_weeks(daily: np.ndarray) -> np.ndarray:
    starts = np.arange(0, daily.shape[1], STEP_DAYS)
    return np.add.reduceat(daily, starts, axis=1)


def exposure(clock: Clock, conditions: Conditions, days: np.ndarray) -> Exposure:
    """Give the exposure of each customer to leaving by notice and by lapse on given days.

    Notice is exposed all the time and mostly near the end of a term; a lapse (the term is not renewed) is possible only
    on the day on which a term or a trial ends.

    Parameters
    ----------
    clock
        The time axis.
    conditions
        The customers.
    days
        Consecutive days; shape (d,).
    """
    cycle = anniversaries(clock, conditions.paid_day, conditions.term_months, days)
    term = np.select([conditions.term_months == 1, conditions.term_months == 3], [_MONTH, _QUARTER], _YEAR)
    notice = _NOTICE[term[:, None], np.minimum(cycle.days_left, LONGEST_TERM_DAYS)]
    lapse = np.where(cycle.is_boundary, _LAPSE_WEEKS[term][:, None], np.float32(0))
    on_trial = days < conditions.paid_day[:, None]
    notice[on_trial] = _NOTICE[_TRIAL, 0]
    trial_ends = (days == conditions.paid_day[:, None]) & conditions.has_trial[:, None]
    lapse[trial_ends] = _LAPSE_WEEKS[_TRIAL]
    tenure = days - conditions.started_day[:, None]
    factor = np.where(tenure < EARLY_DAYS, EARLY_FACTOR, 1.0).astype(np.float32) * (tenure >= 0)
    return Exposure(notice * factor, lapse * factor)


@dataclass(frozen=True)
class Offers:
    """Standing renewal offers at given days: whether one stands and which yearly review it belongs to; (n, days)."""

    stands: np.ndarray
    review: np.ndarray


def standing_offers(clock: Clock, conditions: Conditions, days: np.ndarray) -> Offers:
    """Tell on which days a renewal offer lies on the table, the day of the renewal included."""
    year = anniversaries(clock, conditions.paid_day, REVIEW_MONTHS, days)
    ended_today = year.is_boundary
    left = np.where(ended_today, 0, year.days_left)
    stands = (left <= conditions.offer_lead_days[:, None]) & (year.cycle >= 0)
    return Offers(stands, np.where(ended_today, year.cycle - 1, year.cycle))
