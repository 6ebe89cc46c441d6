"""How well an early-warning rule would have done at past cutoffs, on customers whose outcome is known by now.

A rule is asked once at each cutoff. An alert is a customer for whom it fires there. Rows of one customer at several
cutoffs are not independent; intervals count customers, not rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaluation.errors import JudgementError
from evaluation.model.bootstrap import Interval
from evaluation.model.lead_time import lead_days
from evaluation.model.shares import two_sided_z, wilson_interval

FEW_ALERTS = 30
"""Below so many alerts a share is too uncertain to choose by."""
DAYS_A_WEEK = 7


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What became of customers after past cutoffs.

    Parameters
    ----------
    customer
        Shape (rows,).
    cutoff
        Shape (rows,), instants.
    left
        Shape (rows,), whether the customer left in the outcome window.
    ended_at
        Shape (rows,), when; missing for who stayed and where the instant is unknown.

    Raises
    ------
    JudgementError
        For no rows, different lengths, or a customer twice at one cutoff.
    """

    customer: NDArray[np.object_]
    cutoff: NDArray[np.datetime64]
    left: NDArray[np.bool_]
    ended_at: NDArray[np.datetime64]

    def __post_init__(self) -> None:
        sizes = {len(self.customer), len(self.cutoff), len(self.left), len(self.ended_at)}
        if len(sizes) > 1 or not len(self.customer):
            raise JudgementError(f"outcomes need rows, all columns equally many; given {sorted(sizes)}.")
        if pd.DataFrame({"customer": self.customer, "cutoff": self.cutoff}).duplicated().any():
            raise JudgementError("outcomes hold a customer twice at one cutoff; keep one row.")

    @property
    def base_rate(self) -> float:
        """Share of rows whose customer left."""
        return float(self.left.mean())

    @property
    def cutoffs(self) -> int:
        """Number of different cutoffs."""
        return int(np.unique(self.cutoff).size)


@dataclass(frozen=True)
class AlertRecord:
    """What a rule's alerts were worth.

    Parameters
    ----------
    alerts
        Alerts over all cutoffs.
    alerts_a_week
        Alerts to expect where the rule is asked each week and a customer is alerted once in the cool-down.
    precision
        Share of the alerts whose customer left in the outcome window.
    recall
        Share of the leavers who had an alert at the cutoff before.
    lift
        Precision over the base rate.
    lead_days
        Median days from the first of the alerts that lasted to the end; missing where no leaver had one.
    """

    alerts: int
    alerts_a_week: float
    precision: Interval
    recall: Interval
    lift: float
    lead_days: float

    @property
    def is_enough(self) -> bool:
        """Whether there are enough alerts to say anything."""
        return self.alerts >= FEW_ALERTS


@dataclass(frozen=True)
class Warned:
    """Two ways to warn, at the same number of alerts.

    Parameters
    ----------
    alerts
        Alerts of the first and of the second.
    mean_days
        Mean days of warning of a leaver that count, 0 for one who was missed, by the first and by the second.
    difference
        Second less first, with its interval.
    found
        Share of leavers warned at all, by the first and by the second.
    leavers
        Number of leavers.
    """

    alerts: tuple[int, int]
    mean_days: tuple[float, float]
    difference: Interval
    found: tuple[float, float]
    leavers: int


def record_alerts(outcomes: Outcomes, fired: ArrayLike, cooldown_days: float, level: float = 0.95) -> AlertRecord:
    """Count what a rule's alerts were worth.

    Parameters
    ----------
    outcomes
        What became of the customers.
    fired
        Shape (rows,), whether the rule fired.
    cooldown_days
        Days in which a customer is alerted once.
    level
        Coverage of the intervals.

    Raises
    ------
    JudgementError
        If the shapes differ.
    """
    alerted = _flags(outcomes, fired)
    precision = clustered_share(outcomes.left, alerted, outcomes.customer, level)
    recall = clustered_share(alerted, outcomes.left, outcomes.customer, level)
    rate, days = outcomes.base_rate, _warning_days(outcomes, alerted)
    return AlertRecord(
        alerts=int(alerted.sum()),
        alerts_a_week=alerts_a_week(int(alerted.sum()), outcomes.cutoffs, cooldown_days),
        precision=precision,
        recall=recall,
        lift=precision.estimate / rate if rate else float("nan"),
        lead_days=float(np.nanmedian(days)) if np.isfinite(days).any() else float("nan"),
    )


def alerts_a_week(alerts: int, cutoffs: int, cooldown_days: float) -> float:
    """Alerts a week where a rule is asked each week.

    >>> alerts_a_week(120, 12, 14)
    5.0
    """
    return alerts / cutoffs * DAYS_A_WEEK / max(cooldown_days, DAYS_A_WEEK)


def threshold_for(
    values: ArrayLike, weekly: float, cutoffs: int, cooldown_days: float, *, fires_above: bool
) -> float | None:
    """Choose the loosest threshold that keeps to a number of alerts a week; outcomes play no part in it.

    Parameters
    ----------
    values
        The compared signal wherever everything else of the condition holds.
    weekly
        Alerts a week that can be looked at.
    cutoffs
        Number of cutoffs that the values come from.
    cooldown_days
        Days in which a customer is alerted once.
    fires_above
        Whether the rule fires from the threshold upwards, or downwards.

    Returns
    -------
    float or None
        A value that occurs; none where even the strictest gives more alerts.

    Examples
    --------
    >>> threshold_for([1, 2, 2, 3], weekly=1, cutoffs=1, cooldown_days=7, fires_above=True)
    3.0
    >>> threshold_for([1, 2, 2, 3], weekly=3, cutoffs=1, cooldown_days=7, fires_above=True)
    2.0
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    distinct, counts = np.unique(-known if fires_above else known, return_counts=True)
    weekly_alerts = [alerts_a_week(int(total), cutoffs, cooldown_days) for total in np.cumsum(counts)]
    fitting = int(np.searchsorted(weekly_alerts, weekly, side="right"))
    if not fitting:
        return None
    return float(-distinct[fitting - 1] if fires_above else distinct[fitting - 1])


def compare_warnings(
    outcomes: Outcomes,
    first: ArrayLike,
    second: ArrayLike,
    alerts: int,
    level: float = 0.95,
    *,
    most_days: float = np.inf,
) -> Warned:
    """Compare two scores as warnings, each raising at most so many alerts: those with the largest values.

    Parameters
    ----------
    outcomes
        What became of the customers.
    first, second
        Shape (rows,); large values warn, missing ones never do.
    alerts
        Alerts over all cutoffs.
    level
        Coverage of the interval.
    most_days
        Days of warning that count, at most: who is alerted all year is not warned a year ahead.

    Raises
    ------
    JudgementError
        If the shapes differ or nobody left at a known instant.
    """
    scores = [np.asarray(score, dtype=np.float64) for score in (first, second)]
    for score in scores:
        _check_shape(outcomes, score.shape)
    flags = [_largest(score, alerts) for score in scores]
    days = [_warning_days(outcomes, flagged) for flagged in flags]
    if not days[0].size:
        raise JudgementError("Nobody left at a known instant, so that no warning can be timed.")
    counted = [np.minimum(np.nan_to_num(each), most_days) for each in days]
    gained = counted[1] - counted[0]
    half = two_sided_z(level) * float(gained.std(ddof=1)) / np.sqrt(gained.size) if gained.size > 1 else float("nan")
    mean = float(gained.mean())
    return Warned(
        alerts=(int(flags[0].sum()), int(flags[1].sum())),
        mean_days=(float(counted[0].mean()), float(counted[1].mean())),
        difference=Interval(mean, mean - half, mean + half),
        found=(float(np.isfinite(days[0]).mean()), float(np.isfinite(days[1]).mean())),
        leavers=int(gained.size),
    )


def clustered_share(hit: ArrayLike, among: ArrayLike, cluster: ArrayLike, level: float = 0.95) -> Interval:
    """Share of hits among some rows, with an interval that counts clusters of rows.

    The variance is that of a ratio of sums over clusters (Cochran 1977, 6.5); the interval is Wilson's (1927) with the
    number of rows that independent ones would have to be for that variance, never more than there are.

    Parameters
    ----------
    hit, among
        Shape (rows,), booleans.
    cluster
        Shape (rows,).
    level
        Coverage.

    Examples
    --------
    >>> clustered_share([True, False, True, True], [True, True, False, True], ["a", "b", "c", "d"]).estimate
    0.6666666666666666
    """
    rows = np.asarray(among, dtype=np.bool_)
    hits, codes = np.asarray(hit, dtype=np.bool_)[rows], pd.factorize(np.asarray(cluster, dtype=object)[rows])[0]
    if not hits.size:
        return Interval(float("nan"), float("nan"), float("nan"))
    share, clusters = float(hits.mean()), int(codes.max()) + 1
    excess = np.bincount(codes, hits) - share * np.bincount(codes)
    variance = float((excess**2).sum()) / hits.size**2 * clusters / max(clusters - 1, 1)
    count = min(share * (1 - share) / variance, hits.size) if variance > 0 else clusters
    low, high = wilson_interval(np.array([share]), np.array([float(count)]), level)
    return Interval(share, float(low[0]), float(high[0]))


def _flags(outcomes: Outcomes, fired: ArrayLike) -> NDArray[np.bool_]:
    flags = np.asarray(fired, dtype=np.bool_)
    _check_shape(outcomes, flags.shape)
    return flags


def _check_shape(outcomes: Outcomes, shape: tuple[int, ...]) -> None:
    if shape != outcomes.left.shape:
        raise JudgementError(f"alerts have shape {shape} and outcomes {outcomes.left.shape}; give one a row.")


def _largest(score: NDArray[np.float64], most: int) -> NDArray[np.bool_]:
    """Flag the largest values, equal ones together, not more than a number of them."""
    known = np.sort(score[np.isfinite(score)])[::-1]
    if known.size <= most:
        return np.isfinite(score)
    above = known[:most][known[:most] > known[most]]
    return score >= above[-1] if above.size else np.zeros(score.size, dtype=np.bool_)


def _warning_days(outcomes: Outcomes, flagged: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Days of warning of each leaver; missing for one without a warning that lasted."""
    timed = outcomes.left & ~np.isnat(outcomes.ended_at)
    if not timed.any():
        return np.array([])
    ended_at = pd.Series(outcomes.ended_at[timed]).groupby(outcomes.customer[timed]).min()
    scores = pd.DataFrame({"customer": outcomes.customer, "scored_at": outcomes.cutoff, "flagged": flagged})
    return lead_days(scores, ended_at).to_numpy(dtype=np.float64)
