"""Whether a ranking finds those whom treatment changes, from an experiment: uplift and Qini curves.

The outcome is something wished for: 1 for a customer who stayed, or the money kept. A ranking by risk puts those first
who will probably leave; a ranking by uplift those whom treatment makes stay. Nobody is seen both treated and not; all
figures therefore rest on the random arms of an experiment that neither ranking was learnt from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaluation.errors import JudgementError
from evaluation.model.bootstrap import Interval
from evaluation.model.ends import quantile_ends
from evaluation.model.rows import BoolArray, FloatArray, IntArray, numbers, same_length


@dataclass(frozen=True, eq=False)
class _Ranked:
    """Rows of an experiment in descending order of score, and the last row of each distinct score."""

    outcome: FloatArray
    treated: BoolArray
    ends: IntArray

    @classmethod
    def of(cls, outcome: ArrayLike, treated: ArrayLike, score: ArrayLike) -> _Ranked:
        outcomes, arm, scores = numbers(outcome, "outcome"), numbers(treated, "treated"), numbers(score, "score")
        same_length(outcome=outcomes, treated=arm, score=scores)
        check_arm(arm)
        order = np.argsort(-scores, kind="stable")
        ranked = scores[order]
        ends = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
        return cls(outcomes[order], arm[order] == 1, ends)

    def counts(self, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Sum outcomes and customers of the treated and the control down to each distinct score, 0 first."""
        treated, control = weight * self.treated, weight * ~self.treated
        parts = (treated * self.outcome, control * self.outcome, treated, control)
        sums = [np.r_[0.0, np.cumsum(part)[self.ends]] for part in parts]
        return sums[0], sums[1], sums[2], sums[3]


def uplift_curve(
    outcome: ArrayLike,
    treated: ArrayLike,
    score: ArrayLike,
    *,
    points: int = 101,
    replicates: int = 0,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """What treating a share of customers in order of score brings.

    Parameters
    ----------
    outcome
        Shape (rows,), more is better: stayed (1) or not (0), or an amount.
    treated
        Shape (rows,), the random arm: 1 treated, 0 control.
    score
        Shape (rows,), who would be treated first; ties are taken at their mean.
    points
        Number of equally spaced shares from 0 to 1.
    replicates
        Bootstrap draws for the ends ``low`` and ``high`` of ``uplift``; 0 for none.
    level, seed
        Coverage of the band, point by point, and seed of its draws.

    Returns
    -------
    pandas.DataFrame
        ``share``; ``uplift``: what treating that share gains for a customer of the base,
        ``(R_t / N_t - R_c / N_c) * share`` with the outcomes R and customers N of each arm down to there (Gutierrez
        and Gerardy 2017); ``qini``: ``(R_t - R_c N_t / N_c)`` divided by all treated (Radcliffe 2007);
        ``random``: where a random order would be, for both. All curves end at the effect of treating everyone.

    Raises
    ------
    JudgementError
        For different lengths, missing values, or an arm without rows.
    """
    ranked = _Ranked.of(outcome, treated, score)
    share = np.linspace(0, 1, points)
    ones = np.ones(ranked.outcome.size)
    uplift = _uplift_at(ranked, ones, share)
    curve = pd.DataFrame(
        {"share": share, "uplift": uplift, "qini": _qini_at(ranked, ones, share), "random": share * uplift[-1]}
    )
    if not replicates:
        return curve
    drawn = np.array([_uplift_at(ranked, weight, share) for weight in _draws(ranked, replicates, seed)])
    low, high = quantile_ends(drawn, (1 - level) / 2)
    return curve.assign(low=low, high=high)


def auuc(
    outcome: ArrayLike,
    treated: ArrayLike,
    score: ArrayLike,
    *,
    replicates: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Area under the uplift curve: what treating in order of score gains, averaged over all shares.

    Half the effect on everyone is what a random order has.

    Raises
    ------
    JudgementError
        As `uplift_curve`.
    """
    return _area_interval(_Ranked.of(outcome, treated, score), _uplift_area, replicates, level, seed)


def qini_coefficient(
    outcome: ArrayLike,
    treated: ArrayLike,
    score: ArrayLike,
    *,
    replicates: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Area between the Qini curve and a random order, for one treated customer (Radcliffe 2007).

    0 is no better than chance; below 0 the ranking puts those first whom treatment drives away. A perfect ranking's
    value depends on the experiment, so that coefficients of two experiments are not comparable.

    Raises
    ------
    JudgementError
        As `uplift_curve`.
    """
    return _area_interval(_Ranked.of(outcome, treated, score), _qini_area, replicates, level, seed)


def _uplift_at(ranked: _Ranked, weight: FloatArray, share: FloatArray) -> FloatArray:
    treated_sum, control_sum, treated, control = ranked.counts(weight)
    contacted = treated + control
    height = (_ratio(treated_sum, treated) - _ratio(control_sum, control)) * contacted / contacted[-1]
    return np.interp(share * contacted[-1], contacted, height)


def _qini_at(ranked: _Ranked, weight: FloatArray, share: FloatArray) -> FloatArray:
    treated_sum, control_sum, treated, control = ranked.counts(weight)
    contacted = treated + control
    height = (treated_sum - control_sum * _ratio(treated, control)) / treated[-1]
    return np.interp(share * contacted[-1], contacted, height)


def _uplift_area(ranked: _Ranked, weight: FloatArray) -> float:
    share = _shares(ranked, weight)
    return float(np.trapezoid(_uplift_at(ranked, weight, share), share))


def _qini_area(ranked: _Ranked, weight: FloatArray) -> float:
    share = _shares(ranked, weight)
    height = _qini_at(ranked, weight, share)
    return float(np.trapezoid(height - share * height[-1], share))


def _shares(ranked: _Ranked, weight: FloatArray) -> FloatArray:
    """Give the share of customers down to each distinct score."""
    contacted = np.r_[0.0, np.cumsum(weight)[ranked.ends]]
    return contacted / contacted[-1]


def _area_interval(
    ranked: _Ranked, area: Callable[[_Ranked, FloatArray], float], replicates: int, level: float, seed: int
) -> Interval:
    drawn = np.array([area(ranked, weight) for weight in _draws(ranked, replicates, seed)])
    low, high = quantile_ends(drawn, (1 - level) / 2)
    return Interval(area(ranked, np.ones(ranked.outcome.size)), float(low), float(high))


def _draws(ranked: _Ranked, replicates: int, seed: int) -> Iterator[FloatArray]:
    """Draw customers with replacement within each arm, whose size the experiment fixed."""
    if replicates < 2:
        raise JudgementError(f"replicates must be at least 2; given {replicates}. Take 200 for intervals.")
    random = np.random.default_rng(seed)
    for _ in range(replicates):
        weight = np.zeros(ranked.outcome.size)
        for rows in (np.flatnonzero(ranked.treated), np.flatnonzero(~ranked.treated)):
            weight[rows] = np.bincount(random.integers(0, rows.size, rows.size), minlength=rows.size)
        yield weight


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Divide, giving 0 where nobody is below."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def check_arm(arm: FloatArray) -> None:
    """Refuse rows that are not of two arms.

    Raises
    ------
    JudgementError
        For a value other than 1 and 0, or rows of one arm alone.
    """
    if not np.isin(arm, (0.0, 1.0)).all() or not 0 < arm.sum() < arm.size:
        raise JudgementError("treated must be 1 (treated) or 0 (control), with rows of both arms.")
