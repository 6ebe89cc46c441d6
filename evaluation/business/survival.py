"""How long customers stay: the product-limit estimate, and whether groups differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import gammaincc

from evaluation.business.periods import NEVER, days_between
from evaluation.business.standing import BoolArray, Spells
from evaluation.errors import JudgementError
from evaluation.model.shares import two_sided_z

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lifetimes:
    """Spells as lifetimes, all of shape (spells,).

    Parameters
    ----------
    days
        Days from the beginning to the end, or to where it is last seen.
    left
        Whether it ended.
    entered
        Days after the beginning from which its end would be on record; 0 where it always was.
    customer
        Place of the customer.
    """

    days: FloatArray
    left: BoolArray
    entered: FloatArray
    customer: NDArray[np.intp]

    @classmethod
    def of(cls, spells: Spells, data_end: int, recorded_since: int) -> Lifetimes:
        """Read spells; those that ended before leaving was on record are left out."""
        seen = (spells.ended >= recorded_since) & (spells.began < data_end)
        began, ended = spells.began[seen], spells.ended[seen]
        return cls(
            days=days_between(began, np.minimum(ended, data_end)),
            left=ended != NEVER,
            entered=days_between(began, np.maximum(began, recorded_since)),
            customer=spells.customer[seen],
        )

    def take(self, chosen: BoolArray) -> Lifetimes:
        """Choose spells."""
        return Lifetimes(self.days[chosen], self.left[chosen], self.entered[chosen], self.customer[chosen])


def kaplan_meier(lives: Lifetimes, level: float = 0.95) -> pd.DataFrame:
    """Estimate the share of customers who are still here so many days after they began.

    Kaplan and Meier (1958) with Greenwood's variance; the interval is that of log(-log S), which stays in 0 to 1.

    Returns
    -------
    pandas.DataFrame
        A row for each day on which somebody left: ``days``, ``at_risk``, ``left``, ``survival``, ``low``, ``high``.

    Examples
    --------
    >>> left = np.array([True, True, False, False])
    >>> lives = Lifetimes(np.array([1.0, 2.0, 2.0, 3.0]), left, np.zeros(4), np.arange(4))
    >>> kaplan_meier(lives)[["days", "at_risk", "left", "survival"]].to_dict("list")
    {'days': [1.0, 2.0], 'at_risk': [4, 3], 'left': [1, 1], 'survival': [0.75, 0.5]}
    """
    times, at_risk, left = _risk_table(lives)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - left / at_risk)
        greenwood = np.cumsum(left / (at_risk * (at_risk - left)))
        half = two_sided_z(level) * np.sqrt(greenwood) / np.log(survival)
        low, high = survival ** np.exp(-half), survival ** np.exp(half)
    ends = [np.where(survival > 0, each, 0.0) for each in (low, high)]
    columns = {"days": times, "at_risk": at_risk, "left": left, "survival": survival, "low": ends[0], "high": ends[1]}
    return pd.DataFrame(columns)


def survival_at(curve: pd.DataFrame, days: FloatArray, last_seen: float) -> pd.DataFrame:
    """Read a curve at some days; missing after the last day on which anybody is seen.

    Returns
    -------
    pandas.DataFrame
        ``days``, ``survival``, ``low``, ``high``, ``at_risk`` at the last leaving before.
    """
    place = np.searchsorted(curve["days"].to_numpy(), days, side="right")
    begin = {"survival": 1.0, "low": 1.0, "high": 1.0, "at_risk": np.nan}
    found = pd.DataFrame({"days": days})
    for name, value in begin.items():
        found[name] = np.concatenate([[value], curve[name].to_numpy(dtype=np.float64)])[place]
    found.loc[days > last_seen, list(begin)] = np.nan
    return found


@dataclass(frozen=True)
class Comparison:
    """Whether groups stay differently long.

    Parameters
    ----------
    statistic
        Chi square of the log-rank test.
    degrees
        Groups less one.
    p_value
        Chance of so large a difference where there is none.
    """

    statistic: float
    degrees: int
    p_value: float


def log_rank(groups: Mapping[str, Lifetimes]) -> Comparison:
    """Test whether groups of customers leave at the same rate (log-rank; Mantel 1966).

    Raises
    ------
    JudgementError
        For fewer than two groups.
    """
    if len(groups) < 2:
        raise JudgementError(f"{len(groups)} group cannot be compared; two or more can. Choose another segmentation.")
    times = np.unique(np.concatenate([each.days[each.left] for each in groups.values()]))
    at_risk = np.array([_at_risk(each, times) for each in groups.values()], dtype=np.float64)
    left = np.array([_left_at(each, times) for each in groups.values()], dtype=np.float64)
    everybody, gone = at_risk.sum(axis=0), left.sum(axis=0)
    share = at_risk / np.maximum(everybody, 1)
    difference = (left - share * gone).sum(axis=1)[:-1]
    spread = gone * (everybody - gone) / np.maximum(everybody - 1, 1)
    covariance = np.einsum("it,ij,t->ij", share, np.eye(len(share)), spread) - np.einsum(
        "it,jt,t->ij", share, share, spread
    )
    statistic = float(difference @ np.linalg.pinv(covariance[:-1, :-1]) @ difference)
    degrees = len(groups) - 1
    return Comparison(statistic, degrees, float(gammaincc(degrees / 2, statistic / 2)))


def _risk_table(lives: Lifetimes) -> tuple[FloatArray, NDArray[np.intp], NDArray[np.intp]]:
    times = np.unique(lives.days[lives.left])
    return times, _at_risk(lives, times), _left_at(lives, times)


def _at_risk(lives: Lifetimes, times: FloatArray) -> NDArray[np.intp]:
    """Count who entered before a time and is seen up to it."""
    entered = np.searchsorted(np.sort(lives.entered), times, side="left")
    gone = np.searchsorted(np.sort(lives.days), times, side="left")
    return entered - gone


def _left_at(lives: Lifetimes, times: FloatArray) -> NDArray[np.intp]:
    gone = np.sort(lives.days[lives.left])
    return np.searchsorted(gone, times, side="right") - np.searchsorted(gone, times, side="left")
