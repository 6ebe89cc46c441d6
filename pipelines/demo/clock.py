"""The simulator's time axis: whole days from an origin, weeks as steps of the latent process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

BURN_IN_WEEKS = 16
"""Weeks before the window in which causes may begin but nobody leaves and no event is written."""

STEP_DAYS = 7


@dataclass(frozen=True)
class Clock:
    """Days counted from ``origin``; day 0 is the first day of the burn-in.

    Parameters
    ----------
    origin
        Day 0.
    first_day
        First day of the window (the burn-in is over).
    end_day
        First day after the window.
    """

    origin: np.datetime64
    first_day: int
    end_day: int

    @property
    def steps(self) -> int:
        """Number of weekly steps that cover the burn-in and the window."""
        return -(-self.end_day // STEP_DAYS)

    @property
    def first_step(self) -> int:
        """First weekly step of the window."""
        return self.first_day // STEP_DAYS

    def timestamps(self, days: np.ndarray) -> np.ndarray:
        """Turn days (float, NaN for never) into ``datetime64[us]``, to the second."""
        never = np.isnan(days)
        seconds = np.rint(np.where(never, 0.0, days) * 86_400).astype(np.int64)
        times = self.origin.astype("datetime64[us]") + seconds * np.timedelta64(1_000_000, "us")
        times[never] = np.datetime64("NaT")
        return times

    def day_of(self, moment: np.datetime64) -> int:
        """Day number of a date."""
        return int((moment.astype("datetime64[D]") - self.origin).astype(int))


def clock_for(ends_on: date, months: int) -> Clock:
    """Make the clock of the window ``[ends_on - months, ends_on)``.

    Examples
    --------
    >>> from datetime import date
    >>> clock = clock_for(date(2026, 3, 31), 1)
    >>> clock.origin + clock.first_day
    np.datetime64('2026-02-28')
    """
    starts_on = months_before(ends_on, months)
    origin = starts_on - BURN_IN_WEEKS * STEP_DAYS
    end = np.datetime64(ends_on, "D")
    return Clock(origin, BURN_IN_WEEKS * STEP_DAYS, int((end - origin).astype(int)))


def months_before(day: date, months: int) -> np.datetime64:
    """Day ``months`` calendar months earlier, at most the last day of that month."""
    month = np.datetime64(day, "M") - months
    last = (month + 1).astype("datetime64[D]") - 1
    return min(month.astype("datetime64[D]") + (day.day - 1), last)


def business_hour(rng: np.random.Generator, days: np.ndarray) -> np.ndarray:
    """Put whole days at a moment between 08:00 and 18:00."""
    return np.floor(days) + rng.uniform(8 / 24, 18 / 24, size=np.shape(days))
