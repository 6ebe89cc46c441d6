"""What a strategy returned for its cost, and whether to go on with it.

``ROI = (margin kept + acquisition cost avoided + referrals - cost of the actions) / cost of the actions``, against the
control group: what would have been kept anyway is not counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from numpy.typing import ArrayLike

from evaluation.action.effect import Effect, effect
from evaluation.errors import JudgementError
from evaluation.model.bootstrap import Interval
from evaluation.model.rows import FloatArray, numbers, same_length
from evaluation.model.shares import two_sided_z

Decision = Literal["keep", "change", "stop", "wait"]


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What it is worth that a customer stays, beside the own margin.

    Parameters
    ----------
    acquisition_cost
        What winning a customer in the other's place would cost, in currency.
    referrals
        Customers that one who stays brings along, on average.
    referral_margin
        Margin of a customer who was brought along, in currency.

    Raises
    ------
    JudgementError
        For a number below 0.
    """

    acquisition_cost: float = 0.0
    referrals: float = 0.0
    referral_margin: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value >= 0:
                raise JudgementError(f"{name} must be at least 0; given {value}.")

    def of(self, margin: FloatArray) -> FloatArray:
        """Worth of each customer who stays, in currency."""
        return margin + self.acquisition_cost + self.referrals * self.referral_margin


@dataclass(frozen=True)
class Return:
    """What a strategy brought and cost, all treated customers together, in currency.

    Parameters
    ----------
    margin, acquisition, referrals
        Kept by the customers who stayed because of it: their margin, the cost of winning others in their place, and
        the margin of those whom they bring.
    variable_cost, fixed_cost
        Cost of the single actions beyond what the control group cost, and cost whatever the number of customers.
    roi
        Return on the cost, with its interval: 0.5 means that 1.50 came back for each 1 spent.
    """

    margin: float
    acquisition: float
    referrals: float
    variable_cost: float
    fixed_cost: float
    roi: Interval

    @property
    def benefit(self) -> float:
        """All that was kept."""
        return self.margin + self.acquisition + self.referrals

    @property
    def cost(self) -> float:
        """All that was spent."""
        return self.variable_cost + self.fixed_cost


def return_on_cost(
    stayed: ArrayLike,
    treated: ArrayLike,
    margin: ArrayLike,
    cost: ArrayLike,
    worth: Worth | None = None,
    *,
    fixed_cost: float = 0.0,
    before: ArrayLike | None = None,
    level: float = 0.95,
) -> Return:
    """Measure the return of a strategy against its control group.

    Benefit and cost are effects on two amounts of each customer. The interval of their ratio is that of the combined
    amount ``benefit - (1 + roi) cost`` divided by the cost (the delta method), so that what moves both is not counted
    twice.

    Parameters
    ----------
    stayed, treated
        Shape (rows,): 1 for who stayed; 1 for who was assigned to treatment.
    margin
        Shape (rows,), margin that keeping the customer is worth, in currency; known before.
    cost
        Shape (rows,), what was spent on each customer: contact, offer taken, gift, hours; 0 for who was not reached.
    worth
        What else it is worth that a customer stays.
    fixed_cost
        Cost whatever the number of customers, such as a tool or a training.
    before
        What was known before, to take noise away; see `evaluation.action.effect.effect`.
    level
        Coverage of the interval.

    Raises
    ------
    JudgementError
        As `evaluation.action.effect.effect`, for costs below 0 and for a strategy that cost nothing.

    Examples
    --------
    >>> told = return_on_cost([1, 1, 1, 0] * 50, [1, 1, 0, 0] * 50, [100.0] * 200, [20, 20, 0, 0] * 50)
    >>> told.margin, told.cost, round(told.roi.estimate, 2)
    (5000.0, 2000.0, 1.5)
    """
    terms = worth or Worth()
    outcomes, margins, spent = numbers(stayed, "stayed"), numbers(margin, "margin"), numbers(cost, "cost")
    same_length(stayed=outcomes, margin=margins, cost=spent)
    if spent.min() < 0 or fixed_cost < 0:
        raise JudgementError(f"costs must be at least 0; given {min(float(spent.min()), fixed_cost):g}.")
    share = effect(outcomes, treated, before=before)
    kept = effect(outcomes * margins, treated, before=before)
    each = effect(spent, treated)
    rows = share.treated
    fixed, variable = fixed_cost / rows, each.estimate
    if fixed + variable <= 0:
        raise JudgementError("the strategy cost nothing, so that there is no return on its cost; give cost.")
    benefit = outcomes * terms.of(margins)
    roi = _roi(benefit, spent, treated, before, fixed, level)
    return Return(
        margin=kept.estimate * rows,
        acquisition=share.estimate * terms.acquisition_cost * rows,
        referrals=share.estimate * terms.referrals * terms.referral_margin * rows,
        variable_cost=variable * rows,
        fixed_cost=fixed_cost,
        roi=roi,
    )


def decide(found: Effect, roi: Interval | None, *, is_over: bool, high_at_any_look: float = math.inf) -> Decision:
    """Say whether to keep a strategy, change it, stop it, or wait for more customers.

    Parameters
    ----------
    found
        Effect on the share who stay.
    roi
        Return on the cost; none where no value or cost is known, so that the effect alone decides.
    is_over
        Whether the experiment has reached its end; before it only harm is acted upon.
    high_at_any_look
        High end of the effect's interval that holds however often one looks (`evaluation.action.peeking.at_any_look`).

    Returns
    -------
    str
        ``keep``: it is over and the return is above 0 beyond chance. ``stop``: it drives customers away, which before
        the end must hold at any look, or it is over and the return is below 0 beyond chance. ``change``: it is over
        and neither is shown. ``wait``: it is not over, or there are too few customers to say anything.

    Examples
    --------
    >>> found = effect([1, 1, 1, 0] * 50, [1, 1, 0, 0] * 50)
    >>> decide(found, Interval(0.5, 0.2, 0.8), is_over=True), decide(found, Interval(0.5, 0.2, 0.8), is_over=False)
    ('keep', 'wait')
    """
    if not found.enough:
        return "wait"
    if not is_over:
        return "stop" if high_at_any_look < 0 else "wait"
    if found.verdict == "less" or (roi is not None and roi.high < 0):
        return "stop"
    pays = found.verdict == "more" if roi is None else roi.low > 0
    return "keep" if pays else "change"


def monthly_returns(strategies: pd.DataFrame) -> pd.DataFrame:
    """Sum what strategies brought and cost by month, for the monthly review.

    Parameters
    ----------
    strategies
        One row an experiment: ``month``, ``strategy``, ``benefit``, ``cost``.

    Returns
    -------
    pandas.DataFrame
        ``month``, ``strategies``, ``benefit``, ``cost``, ``roi``; one row a month, NaN where nothing was spent.
    """
    by_month = strategies.groupby("month", as_index=False).agg(
        strategies=("strategy", "nunique"), benefit=("benefit", "sum"), cost=("cost", "sum")
    )
    spent = by_month["cost"].where(by_month["cost"] > 0)
    return by_month.assign(roi=(by_month["benefit"] - by_month["cost"]) / spent)


def _roi(
    benefit: FloatArray, spent: FloatArray, treated: ArrayLike, before: ArrayLike | None, fixed: float, level: float
) -> Interval:
    gained = effect(benefit, treated, before=before).estimate
    cost = effect(spent, treated).estimate + fixed
    roi = gained / cost - 1
    both = effect(benefit - (1 + roi) * spent, treated, before=before)
    half = two_sided_z(level) * both.standard_error / cost
    return Interval(float(roi), float(roi - half), float(roi + half))
