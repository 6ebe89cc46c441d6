"""Events in time: a regular or a random rhythm, sped up and slowed down by an intensity."""

from __future__ import annotations

import numpy as np


def rhythm(rng: np.random.Generator, intensity: np.ndarray, regularity: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw events of a renewal process whose clock runs at the given intensity.

    Gaps between events are gamma distributed with mean 1 on the clock ``integral of intensity``: ``regularity`` 1 is a
    Poisson process, higher values keep more regular gaps.

    Parameters
    ----------
    rng
        Source of randomness.
    intensity
        Expected events a day; shape (n, days).
    regularity
        Shape of the gamma distribution, at least 1.

    Returns
    -------
    rows, moments
        Customer row of each event, and its day with the fraction of the day; ordered by customer and time.
    """
    clock = intensity.cumsum(axis=1, dtype=np.float64)
    total = clock[:, -1]
    rows, ticks = _ticks(rng, total, regularity)
    far = float(total.max(initial=0.0)) + 1.0
    flat = (clock + np.arange(len(clock))[:, None] * far).ravel()
    found = np.searchsorted(flat, ticks + rows * far, side="left")
    day = found - rows * clock.shape[1]
    keep = day < clock.shape[1]
    rows, day, ticks = rows[keep], day[keep], ticks[keep]
    speed = intensity[rows, day].astype(np.float64)
    within = 1 - (clock[rows, day] - ticks) / speed
    return rows, day + np.clip(within, 0.0, 1.0 - 1e-6)


def _ticks(rng: np.random.Generator, total: np.ndarray, regularity: float) -> tuple[np.ndarray, np.ndarray]:
    """Tick positions on each customer's own clock up to its total."""
    expected = total + 4 * np.sqrt(total / regularity) + 4
    draws = np.ceil(expected).astype(np.int64)
    rows = np.repeat(np.arange(len(total)), draws)
    gaps = rng.standard_gamma(regularity, len(rows)) / regularity
    first = draws.cumsum() - draws
    # The wait for the first event of a process that has been running: part of a gap, and long gaps are met more often.
    gaps[first] = rng.random(len(first)) * rng.standard_gamma(regularity + 1, len(first)) / regularity
    running = gaps.cumsum()
    before = np.where(first > 0, running[first - 1], 0.0)
    ticks = running - before[rows]
    keep = ticks < total[rows]
    return rows[keep], ticks[keep]


def office_time(rng: np.random.Generator, moments: np.ndarray) -> np.ndarray:
    """Move moments within their day to between 07:30 and 20:00, most around midday."""
    spread = (rng.random(moments.shape) + rng.random(moments.shape)) / 2
    return np.floor(moments) + (7.5 + 12.5 * spread) / 24
