"""How large an experiment must be, what it can show, and how long it takes: told before it begins.

Two arms are compared by the difference of two shares with separate variances, as `evaluation.action.effect` does it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from evaluation.errors import JudgementError

DAYS_A_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class Design:
    """What does not depend on the number of customers.

    Parameters
    ----------
    control_rate
        Share of the control group expected to have the outcome, such as to leave; above 0 and below 1.
    control_share
        Share of customers held back, above 0 and below 1.
    explained
        Share of the outcome's variance that the score taken before explains
        (`evaluation.action.effect.explained_share`); adjusting for it saves as many customers. At least 0, below 1.
    level
        Coverage of the interval of the effect, such as 0.95.
    power
        Probability to find an effect that is there.

    Raises
    ------
    JudgementError
        For a number outside its range.
    """

    control_rate: float
    control_share: float = 0.5
    explained: float = 0.0
    level: float = 0.95
    power: float = 0.8

    def __post_init__(self) -> None:
        for name in ("control_rate", "control_share", "level", "power"):
            if not 0 < getattr(self, name) < 1:
                raise JudgementError(f"{name} must be above 0 and below 1; given {getattr(self, name)}.")
        if not 0 <= self.explained < 1:
            raise JudgementError(f"explained must be at least 0 and below 1; given {self.explained}.")
        if self.power <= 1 - self.level:
            raise JudgementError(f"power must be above {1 - self.level:g}, which chance alone gives; {self.power}.")

    def error_of_one(self, effect: float) -> float:
        """Standard error of the difference times the root of the number of customers."""
        treated_rate = self.control_rate + effect
        if not 0 <= treated_rate <= 1:
            raise JudgementError(
                f"an effect of {effect:g} on a rate of {self.control_rate:g} gives {treated_rate:g}; rates lie in "
                "[0, 1]. Effects are differences of shares: -0.02 for two points less."
            )
        spread = self.control_rate * (1 - self.control_rate) / self.control_share
        spread += treated_rate * (1 - treated_rate) / (1 - self.control_share)
        return math.sqrt(spread * (1 - self.explained))


def power(design: Design, effect: float, customers: float) -> float:
    """Give the probability that the interval leaves out 0, either way, when the effect is there.

    Parameters
    ----------
    design
        The experiment.
    effect
        Treated rate less control rate, such as -0.02.
    customers
        Both arms together, above 0.

    Raises
    ------
    JudgementError
        For an effect that leads out of [0, 1] or no customers.

    Examples
    --------
    >>> round(power(Design(control_rate=0.1), -0.05, 864), 3)
    0.8
    """
    if customers <= 0:
        raise JudgementError(f"customers must be above 0; given {customers:g}.")
    error = design.error_of_one(effect) / math.sqrt(customers)
    edge = float(ndtri((1 + design.level) / 2))
    return float(ndtr(abs(effect) / error - edge) + ndtr(-abs(effect) / error - edge))


def sample_size(design: Design, effect: float) -> int:
    """Give the customers, both arms together, from which an effect is found with the design's power.

    Raises
    ------
    JudgementError
        For no effect, or one that leads out of [0, 1].

    Examples
    --------
    >>> sample_size(Design(control_rate=0.1), -0.05)
    864
    >>> sample_size(Design(control_rate=0.1, explained=0.2), -0.05)
    691
    """
    if effect == 0:
        raise JudgementError(
            "an effect of 0 cannot be found with any number of customers; name the smallest that pays."
        )
    reach = float(ndtri((1 + design.level) / 2) + ndtri(design.power))
    return math.ceil((reach * design.error_of_one(effect) / effect) ** 2)


def detectable_effect(design: Design, customers: float) -> float:
    """Give the smallest fall of the rate that so many customers show with the design's power; below 0, NaN for none.

    Raises
    ------
    JudgementError
        For no customers.

    Examples
    --------
    >>> round(detectable_effect(Design(control_rate=0.1), 864), 4)
    -0.05
    """

    def missing(effect: float) -> float:
        return power(design, effect, customers) - design.power

    whole = -design.control_rate
    if missing(whole) < 0:
        return float("nan")
    return float(brentq(missing, whole, -1e-12))


def duration_days(customers: int, weekly_flow: float, window_days: int) -> int:
    """Give the days until the last customer's outcome is known.

    Parameters
    ----------
    customers
        Both arms together.
    weekly_flow
        Customers who come to the point of assignment each week, above 0; all at once when they are all there.
    window_days
        Days after the assignment in which the outcome counts.

    Raises
    ------
    JudgementError
        For a flow that is not above 0.

    Examples
    --------
    >>> duration_days(864, 100, 60)
    121
    """
    if not weekly_flow > 0:
        raise JudgementError(f"weekly_flow must be above 0; given {weekly_flow:g}.")
    return math.ceil(customers / weekly_flow * DAYS_A_WEEK) + window_days
