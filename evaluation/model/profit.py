"""What a ranking is worth in money: contact the customers at its top, with an offer, and count.

Contacting a customer costs `contact_cost`. One who would leave takes the offer with probability `acceptance_share` and
stays, which keeps the margin of the customer's value less the offer; one who would stay takes the offer with
probability `stayer_acceptance_share` and gives nothing back. Nobody contacted is the zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaluation.errors import JudgementError
from evaluation.model.ranking import capacity_share
from evaluation.model.rows import FloatArray, IntArray, Rows, numbers, probabilities, same_length


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Terms of a retention campaign.

    Parameters
    ----------
    contact_cost
        Cost of one contact, in currency, at least 0.
    offer_cost
        Cost of an offer that is taken, in currency, at least 0.
    acceptance_share
        Probability that a customer about to leave takes the offer and stays, 0 to 1.
    margin_share
        Part of a customer's value that is margin, above 0 and at most 1; 1 when values are margins already.
    stayer_acceptance_share
        Probability that a customer who would stay anyway takes the offer, 0 to 1; 1 as in Verbraken, Verbeke and
        Baesens (2013).

    Raises
    ------
    JudgementError
        For a cost or share outside its range.
    """

    contact_cost: float
    offer_cost: float
    acceptance_share: float
    margin_share: float = 1.0
    stayer_acceptance_share: float = 1.0

    def __post_init__(self) -> None:
        for name in ("contact_cost", "offer_cost"):
            if not getattr(self, name) >= 0:
                raise JudgementError(f"{name} must be at least 0; given {getattr(self, name)}.")
        for name in ("acceptance_share", "margin_share", "stayer_acceptance_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise JudgementError(f"{name} must lie in [0, 1]; given {getattr(self, name)}. 0.3 means 30 %.")

    def of_leavers(self, value: FloatArray) -> FloatArray:
        """Profit of contacting a customer who would leave, by value."""
        return self.acceptance_share * (self.margin_share * value - self.offer_cost) - self.contact_cost

    @property
    def of_stayers(self) -> float:
        """Profit of contacting a customer who would stay; never above 0."""
        return -self.stayer_acceptance_share * self.offer_cost - self.contact_cost


@dataclass(frozen=True)
class Cut:
    """Where to stop contacting.

    Parameters
    ----------
    contacted
        Number of customers contacted; 0 when no cut earns anything.
    share
        Part of all customers contacted.
    threshold
        Lowest score contacted; infinite for nobody.
    profit
        Profit in currency; at least 0.
    """

    contacted: int
    share: float
    threshold: float
    profit: float


def contact_profit(label: ArrayLike, value: ArrayLike, terms: Terms) -> FloatArray:
    """Give the profit of contacting each customer, now that the outcome is known.

    Parameters
    ----------
    label
        Shape (rows,), 1 for a customer who left and 0 for one who stayed.
    value
        Shape (rows,), what keeping the customer is worth, in currency; or one number for all.
    terms
        Terms of the campaign.

    Returns
    -------
    numpy.ndarray
        Shape (rows,), in currency.

    Raises
    ------
    JudgementError
        For different lengths, missing values and labels other than 0 and 1.

    Examples
    --------
    >>> contact_profit([1, 0], 200, Terms(contact_cost=1, offer_cost=10, acceptance_share=0.3))
    array([ 56., -11.])
    """
    return _mixed(Rows.of(label, np.zeros(np.size(label))).label, value, terms)


def expected_contact_profit(probability: ArrayLike, value: ArrayLike, terms: Terms) -> FloatArray:
    """Give the profit to expect from contacting each customer, before the outcome is known; who to contact first.

    Parameters
    ----------
    probability
        Shape (rows,), calibrated probability of leaving.
    value, terms
        As `contact_profit`.

    Raises
    ------
    JudgementError
        As `contact_profit`, and for a probability outside [0, 1].
    """
    return _mixed(probabilities(probability), value, terms)


def best_targets(probability: ArrayLike, value: ArrayLike, terms: Terms, capacity: int | None = None) -> IntArray:
    """Choose whom to contact: the most profitable first, only where a profit is to be expected, within the capacity.

    Returns
    -------
    numpy.ndarray
        Positions of the customers to contact, most profitable first.

    Raises
    ------
    JudgementError
        As `expected_contact_profit`, and for a capacity below 0.
    """
    if capacity is not None and capacity < 0:
        raise JudgementError(f"capacity must be at least 0; given {capacity}.")
    expected = expected_contact_profit(probability, value, terms)
    first = np.argsort(-expected, kind="stable")
    return first[expected[first] > 0][:capacity]


def profit_curve(
    label: ArrayLike, score: ArrayLike, value: ArrayLike, terms: Terms, *, points: int = 101
) -> pd.DataFrame:
    """Profit against the part of customers contacted in order of score.

    Parameters
    ----------
    label, score
        Shape (rows,); the score may be a probability or an expected profit.
    value, terms
        As `contact_profit`.
    points
        Number of equally spaced shares from 0 to 1.

    Returns
    -------
    pandas.DataFrame
        ``share``, ``contacted``, ``profit`` of the score, ``random`` of a random order and ``perfect`` of one that
        knows the profit of each contact. All begin at 0 and end at the profit of contacting everyone.

    Raises
    ------
    JudgementError
        As `contact_profit`.
    """
    gains = contact_profit(label, value, terms)
    share = np.linspace(0, 1, points)
    contacted = share * gains.size
    return pd.DataFrame(
        {
            "share": share,
            "contacted": contacted,
            "profit": np.interp(contacted, *_cumulative(score, gains)),
            "random": share * gains.sum(),
            "perfect": np.interp(contacted, *_cumulative(gains, gains)),
        }
    )


def profit_at_capacity(label: ArrayLike, score: ArrayLike, value: ArrayLike, terms: Terms, capacity: int) -> float:
    """Profit of contacting the `capacity` customers with the highest scores, ties at their mean.

    Raises
    ------
    JudgementError
        For a capacity below 1 and as `contact_profit`.
    """
    share = capacity_share(Rows.of(label, score), capacity)
    gains = contact_profit(label, value, terms)
    return float(np.interp(share * gains.size, *_cumulative(score, gains)))


def best_cut(label: ArrayLike, score: ArrayLike, value: ArrayLike, terms: Terms) -> Cut:
    """Find the cut that would have earned most; chosen with the outcome known, so an upper end and no promise.

    Raises
    ------
    JudgementError
        As `contact_profit`.
    """
    gains = contact_profit(label, value, terms)
    contacted, profit = _cumulative(score, gains)
    best = int(profit.argmax())
    distinct = np.unique(numbers(score, "score"))[::-1]
    threshold = float(distinct[best - 1]) if best else float("inf")
    return Cut(int(contacted[best]), float(contacted[best] / gains.size), threshold, float(profit[best]))


def _mixed(leaving: FloatArray, value: ArrayLike, terms: Terms) -> FloatArray:
    """Mix the profits of a leaver and of a stayer by how surely each customer leaves."""
    values = np.full(leaving.size, float(value)) if np.ndim(value) == 0 else numbers(value, "value")  # type: ignore[arg-type]
    same_length(label=leaving, value=values)
    return leaving * terms.of_leavers(values) + (1 - leaving) * terms.of_stayers


def _cumulative(score: ArrayLike, gains: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sum customers contacted and profit down to each distinct score, beginning with 0 and 0."""
    scores = numbers(score, "score")
    same_length(label=gains, score=scores)
    distinct, codes = np.unique(-scores, return_inverse=True)
    counts = np.bincount(codes, minlength=distinct.size)
    return np.r_[0, np.cumsum(counts)], np.r_[0, np.cumsum(np.bincount(codes, gains, distinct.size))]
