"""Expected maximum profit for customer churn (EMPC; Verbraken, Verbeke and Baesens 2013)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression
from scipy.special import betainc

from evaluation.errors import JudgementError
from evaluation.model.rows import FloatArray, Rows


@dataclass(frozen=True)
class ExpectedMaximumProfit:
    """The best that a score can earn when the acceptance of the offer is known only as a distribution.

    Parameters
    ----------
    profit
        Expected profit a customer, in currency, when the best cut is taken for each acceptance; at least 0.
    share
        Expected part of customers contacted.
    """

    profit: float
    share: float


def empc(
    label: ArrayLike,
    score: ArrayLike,
    *,
    value: float = 200.0,
    offer_cost: float = 10.0,
    contact_cost: float = 1.0,
    alpha: float = 6.0,
    beta: float = 14.0,
) -> ExpectedMaximumProfit:
    """Integrate the best profit over the distribution of the acceptance, exactly.

    Parameters
    ----------
    label, score
        Shape (rows,).
    value
        Worth of a kept customer, in currency, above `offer_cost`.
    offer_cost, contact_cost
        In currency, at least 0.
    alpha, beta
        Beta distribution of the share of leavers who take the offer; 6 and 14 give a mean of 30 %.

    Returns
    -------
    ExpectedMaximumProfit
        A customer.

    Raises
    ------
    JudgementError
        For rows of one class, an offer that costs as much as the customer is worth, and parameters out of range.

    Notes
    -----
    For an acceptance g the profit of a cut is ``g (value - offer_cost) p - contact_cost p - (offer_cost +
    contact_cost) n`` with p and n the parts of all customers that are contacted and leave or stay. The best cuts are
    the corners of the convex hull of the ROC curve, which pooling adjacent violators gives; each is best on one stretch
    of acceptances, over which the beta distribution integrates in closed form.
    """
    _check(value, offer_cost, contact_cost, alpha, beta)
    leavers, stayers = _hull(Rows.of(label, score))
    slope = (value - offer_cost) * leavers
    cost = contact_cost * leavers + (offer_cost + contact_cost) * stayers
    switch = np.clip(np.diff(cost) / np.diff(slope), 0, 1)
    ends = np.r_[0.0, np.maximum.accumulate(switch), 1.0]
    weight = np.diff(betainc(alpha, beta, ends))
    mean = alpha / (alpha + beta) * np.diff(betainc(alpha + 1, beta, ends))
    return ExpectedMaximumProfit(float(slope @ mean - cost @ weight), float((leavers + stayers) @ weight))


def _hull(rows: Rows) -> tuple[FloatArray, FloatArray]:
    """Parts of all customers contacted that leave and that stay, at the corners of the hull that gain leavers."""
    rows.need_both_classes()
    counted = rows.tie_weight > 0
    weight, positives = rows.tie_weight[counted], rows.tie_positives[counted]
    pooled = isotonic_regression(positives / weight, weights=weight, increasing=False)
    corners = pooled.blocks
    leavers = np.r_[0, np.cumsum(positives)][corners] / rows.total
    contacted = np.r_[0, np.cumsum(weight)][corners] / rows.total
    gains = np.r_[True, np.diff(leavers) > 0]
    return leavers[gains], (contacted - leavers)[gains]


def _check(value: float, offer_cost: float, contact_cost: float, alpha: float, beta: float) -> None:
    if min(offer_cost, contact_cost) < 0:
        raise JudgementError(f"costs must be at least 0; given offer {offer_cost:g} and contact {contact_cost:g}.")
    if value <= offer_cost:
        raise JudgementError(f"value must be above offer_cost; given {value:g} and {offer_cost:g}: no offer can pay.")
    if min(alpha, beta) <= 0:
        raise JudgementError(f"alpha and beta must be above 0; given {alpha:g} and {beta:g}.")
