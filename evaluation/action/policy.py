"""What it is worth to treat those whom a policy chooses, read off an experiment that treated at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from evaluation.action.uplift import check_arm
from evaluation.errors import JudgementError
from evaluation.model.bootstrap import Interval
from evaluation.model.rows import BoolArray, FloatArray, numbers, same_length
from evaluation.model.shares import two_sided_z


def transformed_outcome(
    outcome: ArrayLike, treated: ArrayLike, propensity: ArrayLike | float, expected: ArrayLike | None = None
) -> FloatArray:
    """Give each customer a number whose mean, over any group chosen before, is the effect on the group.

    It is ``(y - m) (t / e - (1 - t) / (1 - e))`` (Athey and Imbens 2015). Any `expected` that was known before leaves
    the mean as it is and takes noise away, as the score does.

    Parameters
    ----------
    outcome, treated
        As `evaluation.action.uplift.uplift_curve`.
    propensity
        Probability of treatment, above 0 and below 1; the share of the arm.
    expected
        Shape (rows,), outcome expected without knowing the arm; none: the mean of both arms.

    Raises
    ------
    JudgementError
        For different lengths or a propensity outside (0, 1).
    """
    outcomes, arm = numbers(outcome, "outcome"), numbers(treated, "treated")
    chance = np.full(arm.size, float(propensity)) if np.ndim(propensity) == 0 else numbers(propensity, "propensity")  # type: ignore[arg-type]
    same_length(outcome=outcomes, treated=arm, propensity=chance)
    check_arm(arm)
    if chance.min() <= 0 or chance.max() >= 1:
        raise JudgementError(
            f"propensity must be above 0 and below 1; given {chance.min():g} to {chance.max():g}. Who had no chance of "
            "one arm says nothing about it."
        )
    inverse = arm / chance - (1 - arm) / (1 - chance)
    middle = _balanced_mean(outcomes, arm, chance) if expected is None else numbers(expected, "expected")
    return (outcomes - middle) * inverse


def policy_value(
    transformed: FloatArray, chosen: ArrayLike, *, cost: ArrayLike | float = 0.0, level: float = 0.95
) -> Interval:
    """What treating those chosen is worth against treating nobody, for one customer of the base.

    Parameters
    ----------
    transformed
        What `transformed_outcome` gives, in the outcome's unit.
    chosen
        Shape (rows,), whom the policy treats; decided without looking at these outcomes.
    cost
        Cost of treating a customer, in the outcome's unit.
    level
        Coverage of the interval.

    Raises
    ------
    JudgementError
        For different lengths.
    """
    return _mean_interval(_policy_gains(transformed, chosen, cost), level)


def policy_difference(
    transformed: FloatArray,
    chosen: ArrayLike,
    other: ArrayLike,
    *,
    cost: ArrayLike | float = 0.0,
    level: float = 0.95,
) -> Interval:
    """What one policy is worth more than another, for one customer of the base; only where they differ it matters.

    An uplift model is used only when ``low`` is above 0 against treating all at risk, on customers that neither has
    seen.

    Raises
    ------
    JudgementError
        For different lengths.
    """
    return _mean_interval(_policy_gains(transformed, chosen, cost) - _policy_gains(transformed, other, cost), level)


def top_share(score: ArrayLike, share: float) -> BoolArray:
    """Choose a share of customers by score, the highest first; the earlier row wins a tie.

    Raises
    ------
    JudgementError
        For a share outside [0, 1].

    Examples
    --------
    >>> top_share([0.1, 0.9, 0.5, 0.2], 0.5).tolist()
    [False, True, True, False]
    """
    scores = numbers(score, "score")
    if not 0 <= share <= 1:
        raise JudgementError(f"share must lie in [0, 1]; given {share}. 0.3 means 30 %.")
    chosen = np.zeros(scores.size, dtype=bool)
    chosen[np.argsort(-scores, kind="stable")[: round(share * scores.size)]] = True
    return chosen


def _balanced_mean(outcomes: FloatArray, arm: FloatArray, chance: FloatArray) -> FloatArray:
    """Give the middle that makes the noise of a constant effect smallest: each arm weighs by the other's chance."""
    treated = np.average(outcomes, weights=arm / chance)
    control = np.average(outcomes, weights=(1 - arm) / (1 - chance))
    return (1 - chance) * treated + chance * control


def _policy_gains(transformed: FloatArray, chosen: ArrayLike, cost: ArrayLike | float) -> FloatArray:
    gains, picked = numbers(transformed, "transformed"), np.asarray(chosen, dtype=np.float64)
    same_length(transformed=gains, chosen=picked)
    return picked * (gains - np.asarray(cost, dtype=np.float64))


def _mean_interval(values: FloatArray, level: float) -> Interval:
    mean = float(values.mean())
    half = two_sided_z(level) * float(values.std(ddof=1)) / np.sqrt(values.size)
    return Interval(mean, mean - half, mean + half)
