"""Looking at a running experiment as often as one likes, without finding what is not there.

An interval that covers in 95 of 100 experiments covers at *one* look. Who looks every week and stops at the first
interval that leaves out 0 is wrong far more often. A confidence sequence is wide enough for all looks together
(Robbins 1970; Johari, Pekelis and Walsh 2017; Waudby-Smith et al. 2021 for estimates that are normal in large samples):
it leaves out the truth at any look, ever, in at most 5 of 100 experiments.
"""

from __future__ import annotations

import math

from evaluation.action.effect import Effect
from evaluation.errors import JudgementError
from evaluation.model.bootstrap import Interval

NORMAL_95 = 1.959964


def sequence_half_width(error: float, typical_effect: float, level: float = 0.95) -> float:
    """Give the half width of the confidence sequence at one look.

    It is the mixture martingale with effects spread normally around 0, their standard deviation the typical effect:
    ``sqrt(v (v + t^2) / t^2 * (log((v + t^2) / v) - 2 log(1 - level)))`` with ``v = error^2``.

    Parameters
    ----------
    error
        Standard error of the estimate at this look, above 0.
    typical_effect
        Effect at which the sequence is narrowest, such as the one the experiment was designed for; other than 0.
        Any choice is valid, and it must be made before the first look.
    level
        Coverage over all looks together.

    Raises
    ------
    JudgementError
        For numbers outside their range.

    Examples
    --------
    >>> round(sequence_half_width(0.01, 0.03) / 0.01, 2)
    3.04
    """
    if not (error > 0 and typical_effect != 0 and 0 < level < 1):
        raise JudgementError(
            "error must be above 0, typical_effect other than 0 and level in (0, 1); "
            f"given {error}, {typical_effect}, {level}."
        )
    variance, spread = error**2, typical_effect**2
    inside = math.log((variance + spread) / variance) - 2 * math.log(1 - level)
    return math.sqrt(variance * (variance + spread) / spread * inside)


def at_any_look(found: Effect, typical_effect: float, level: float = 0.95) -> tuple[float, float]:
    """Give the ends of the interval of an effect that holds however often one looks.

    Parameters
    ----------
    found
        The effect as seen today; the customers whose outcome is known count.
    typical_effect, level
        As `sequence_half_width`.

    Returns
    -------
    tuple of float
        Low and high end; both infinite where there are too few customers to say anything.
    """
    if not found.enough or found.standard_error == 0:
        return -math.inf, math.inf
    half = sequence_half_width(found.standard_error, typical_effect, level)
    return found.estimate - half, found.estimate + half


def interval_at_any_look(told: Interval, typical: float) -> Interval:
    """Widen a 95 % interval that holds at one look to one that holds however often one looks.

    Parameters
    ----------
    told
        An estimate that is normal in large samples, with its interval at one look.
    typical
        As `sequence_half_width`, in the unit of the estimate.

    Examples
    --------
    >>> told = interval_at_any_look(Interval(0.5, 0.1, 0.9), 1.0)
    >>> round(told.low, 2), round(told.high, 2)
    (-0.13, 1.13)
    """
    error = (told.high - told.low) / 2 / NORMAL_95
    if error == 0:
        return told
    half = sequence_half_width(error, typical)
    return Interval(told.estimate, told.estimate - half, told.estimate + half)
