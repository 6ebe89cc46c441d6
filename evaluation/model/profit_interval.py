"""How sure a profit is: the same campaign on customers drawn again."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaluation.model.bootstrap import Difference, Interval, draws, tail_beyond, with_band
from evaluation.model.ends import quantile_ends
from evaluation.model.profit import Terms, contact_profit, profit_curve
from evaluation.model.rows import BoolArray, FloatArray, Rows, same_length, weighted_sum


def profit_interval(
    label: ArrayLike,
    value: ArrayLike,
    terms: Terms,
    contacted: ArrayLike,
    customer: ArrayLike,
    *,
    replicates: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Give the profit of contacting chosen customers an interval.

    Parameters
    ----------
    label, value, terms
        As `contact_profit`.
    contacted
        Shape (rows,), whether a customer is contacted; chosen without the outcome.
    customer, replicates, level, seed
        As `intervals`.

    Raises
    ------
    JudgementError
        For rows of one class and as `contact_profit` and `intervals`.

    Examples
    --------
    >>> terms = Terms(contact_cost=1, offer_cost=10, acceptance_share=0.3)
    >>> profit_interval([1, 0, 0], 200, terms, [True, True, False], ["a", "b", "c"]).estimate
    45.0
    """
    chosen: BoolArray = np.asarray(contacted, dtype=bool)
    gains = contact_profit(label, value, terms)
    same_length(label=gains, contacted=chosen)
    rows = Rows.of(label, np.zeros(gains.size))
    rows.need_both_classes()
    cluster = rows.clusters(customer)
    earned = np.where(chosen, gains, 0.0)
    drawn = np.array([weighted_sum(earned[rows.order], draw.weight) for draw in draws(rows, cluster, replicates, seed)])
    low, high = quantile_ends(drawn, tail_beyond(level, rows, cluster))
    return Interval(float(earned.sum()), float(low), float(high))


def paired_profit(
    label: ArrayLike,
    value: ArrayLike,
    terms: Terms,
    first: ArrayLike,
    second: ArrayLike,
    customer: ArrayLike,
    *,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Difference:
    """Compare the profits of two choices of whom to contact, both judged on the same draws of customers.

    Parameters
    ----------
    label, value, terms
        As `contact_profit`.
    first, second
        Shape (rows,), whether a customer is contacted; chosen without the outcome.
    customer, replicates, level, seed
        As `intervals`.

    Returns
    -------
    Difference
        How much more the first earns, in currency a row.

    Raises
    ------
    JudgementError
        For rows of one class and as `contact_profit` and `intervals`.

    Examples
    --------
    >>> terms = Terms(contact_cost=1, offer_cost=10, acceptance_share=0.3)
    >>> label, customer = [1, 1, 0, 0], ["a", "b", "c", "d"]
    >>> paired_profit(label, 200, terms, [1, 1, 0, 0], [1, 0, 0, 0], customer).estimate
    14.0
    """
    both = [np.asarray(chosen, dtype=bool) for chosen in (first, second)]
    gains = contact_profit(label, value, terms)
    same_length(label=gains, first=both[0], second=both[1])
    rows = Rows.of(label, np.zeros(gains.size))
    rows.need_both_classes()
    cluster = rows.clusters(customer)
    more = np.where(both[0], gains, 0.0) - np.where(both[1], gains, 0.0)
    drawn = np.array(
        [weighted_sum(more[rows.order], draw.weight) / draw.total for draw in draws(rows, cluster, replicates, seed)]
    )
    low, high = quantile_ends(drawn, tail_beyond(level, rows, cluster))
    return Difference(
        estimate=float(more.mean()),
        low=float(low),
        high=float(high),
        probability_better=float(np.mean(drawn > 0) + np.mean(drawn == 0) / 2),
    )


def profit_band(
    label: ArrayLike,
    score: ArrayLike,
    value: ArrayLike,
    terms: Terms,
    customer: ArrayLike,
    *,
    points: int = 101,
    replicates: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Give the profit curve with an interval at each share.

    Returns
    -------
    pandas.DataFrame
        `profit_curve` with columns ``low`` and ``high``.

    Raises
    ------
    JudgementError
        As `profit_curve` and `intervals`.
    """
    rows = Rows.of(label, score)
    curve = profit_curve(label, score, value, terms, points=points)
    gains = contact_profit(label, value, terms)[rows.order]
    share = curve["share"].to_numpy()

    def profit(draw: Rows) -> FloatArray:
        return _profit_at(draw, gains, share)

    return with_band(curve, rows, customer, profit, replicates=replicates, level=level, seed=seed)


def _profit_at(draw: Rows, gains: FloatArray, share: FloatArray) -> FloatArray:
    """Profit of a draw at each share of its customers, ties at their mean."""
    profit = np.r_[0.0, np.cumsum(draw.by_tie(draw.weight * gains))]
    return np.interp(share * draw.total, draw.contacted, profit)
