"""What a buyer without a contract is still worth: purchases to come by the BG/NBD model, times what one brings.

Purchases: Fader, Hardie and Lee (2005), Marketing Science 24(2), equation 10. Spend: Fader and Hardie (2013), The
Gamma-Gamma Model of Monetary Value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

from evaluation.errors import JudgementError
from evaluation.model.shares import two_sided_z

FloatArray = NDArray[np.float64]
_STEP = 1e-4
_LEAST_WEIGHT = 0.05


@dataclass(frozen=True, eq=False)
class Buyers:
    """What customers bought so far, in one unit of time; all of shape (customers,).

    Parameters
    ----------
    repeats
        Purchases after the first.
    span
        Time from the first to the last.
    age
        Time from the first to now.
    spend
        Mean spend of the purchases after the first; any value where there is none.
    """

    repeats: FloatArray
    span: FloatArray
    age: FloatArray
    spend: FloatArray


def expected_purchases(log_parameters: FloatArray, buyers: Buyers, time: float) -> FloatArray:
    """Purchases that each customer can be expected to make in the time ahead.

    Parameters
    ----------
    log_parameters
        Logarithms of r, alpha, a and b of the BG/NBD model, in the unit of time of the buyers.
    buyers
        The customers.
    time
        Length of the time ahead.

    Examples
    --------
    The customer of the paper's example, 39 weeks ahead:

    >>> buyer = Buyers(np.array([2.0]), np.array([30.43]), np.array([38.86]), np.array([0.0]))
    >>> expected_purchases(np.log([0.243, 4.414, 0.793, 2.426]), buyer, 39.0).round(3)
    array([1.226])
    """
    r, alpha, a, b = np.exp(log_parameters)
    a = a if abs(a - 1) > _STEP else 1 + _STEP  # The formula divides by a - 1 and is continuous there.
    x, share = buyers.repeats, (alpha + buyers.age) / (alpha + buyers.age + time)
    gone = a / (b + np.maximum(x, 1) - 1) * ((alpha + buyers.age) / (alpha + buyers.span)) ** (r + x)
    alive = 1 / (1 + np.where(x > 0, gone, 0.0))
    # Euler's transformation of the paper's term, which would overflow for many purchases.
    with np.errstate(over="ignore", invalid="ignore"):
        series = share ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, 1 - share)
        exact = (a + b + x - 1) / (a - 1) * (1 - series)
    # Where hardly anybody ever stops the series has no value in floating point, and the chance of stopping no spread.
    stop = a / (a + b + x)
    at_mean = (1 - (1 + stop * time / (alpha + buyers.age)) ** -(r + x)) / stop
    return alive * np.where(np.isfinite(exact), exact, at_mean)


def fit_spend(buyers: Buyers) -> FloatArray:
    """Fit the Gamma-Gamma model of spend to the customers who bought again.

    Returns
    -------
    ndarray
        Logarithms of p, q and gamma.

    Raises
    ------
    JudgementError
        If fewer than two customers bought again for more than nothing.
    """
    known = _with_spend(buyers)
    if known.sum() < 2:
        raise JudgementError(
            f"{int(known.sum())} customers who bought again and paid; the model of spend needs two. Bring more orders."
        )
    x, spend = buyers.repeats[known], buyers.spend[known]

    def loss(at: FloatArray) -> float:
        return -float(_spend_log_likelihood(at, x, spend).mean())

    start = np.array([1.0, 1.0, np.log(spend.mean())])
    bounds = [(-5.0, 7.0), (-5.0, 7.0), (-5.0, 25.0)]
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "ftol": 1e-12})
    return np.asarray(found.x, dtype=np.float64)


def expected_spend(log_parameters: FloatArray, buyers: Buyers) -> FloatArray:
    """Mean spend of each customer's purchases to come: its own, drawn to that of all by how few it made.

    Where the model has no mean for a customer who bought once (q near 1 or below), that of all repeat purchases stands.
    """
    p, q, gamma = np.exp(log_parameters)
    known = _with_spend(buyers)
    x, total = np.where(known, buyers.repeats, 0.0), np.where(known, buyers.repeats * buyers.spend, 0.0)
    weight = p * x + q - 1
    of_all = total.sum() / max(x.sum(), 1.0)
    return np.where(weight > _LEAST_WEIGHT, p * (gamma + total) / np.maximum(weight, _LEAST_WEIGHT), of_all)


def spend_log_likelihood(log_parameters: FloatArray, buyers: Buyers) -> float:
    """Log likelihood of the spend of the customers who bought again."""
    known = _with_spend(buyers)
    return float(_spend_log_likelihood(log_parameters, buyers.repeats[known], buyers.spend[known]).sum())


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model: parameters and their uncertainty, both of logarithms.

    Parameters
    ----------
    log_parameters
        Shape (parameters,).
    covariance
        Shape (parameters, parameters).
    """

    log_parameters: FloatArray
    covariance: FloatArray


def with_uncertainty(log_parameters: FloatArray, log_likelihood: Callable[[FloatArray], float]) -> Fitted:
    """Add the covariance of parameters at the maximum of a likelihood: the inverse of its curvature."""
    size = len(log_parameters)
    curvature = np.empty((size, size))
    steps = np.eye(size) * 1e-3
    for i in range(size):
        for j in range(size):
            corners = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            values = [log_likelihood(log_parameters + s * steps[i] + t * steps[j]) * s * t for s, t in corners]
            curvature[i, j] = -sum(values) / (4 * 1e-3**2)
    covariance = np.linalg.pinv((curvature + curvature.T) / 2, hermitian=True)
    return Fitted(log_parameters, covariance.astype(np.float64))


def lifetime_values(
    purchases: Fitted,
    spend: Fitted,
    buyers: Buyers,
    *,
    years: FloatArray,
    unit_a_year: float,
    discount_share: float,
    margin_share: float,
    level: float = 0.95,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Expect the discounted margin of the purchases to come.

    Parameters
    ----------
    purchases, spend
        The fitted models.
    buyers
        The customers.
    years
        Ends of the stretches of time ahead, in years, ascending; what comes in one is discounted at its middle.
    unit_a_year
        Units of time in a year.
    discount_share
        Discount rate a year.
    margin_share
        Part of what is paid that is margin.
    level
        Coverage. The interval says how sure the expectation is by what the parameters leave open (delta method on the
        logarithm), not what one customer will do.

    Returns
    -------
    tuple of ndarray
        Values, lower and upper ends, shape (customers,).
    """

    def log_value(of_purchases: FloatArray, of_spend: FloatArray) -> FloatArray:
        edges = np.concatenate([[0.0], years])
        made = np.array([expected_purchases(of_purchases, buyers, year * unit_a_year) for year in years])
        each = np.diff(made, axis=0, prepend=0.0)
        worth = (1 + discount_share) ** (-(edges[:-1] + edges[1:]) / 2)
        return np.log(np.maximum(worth @ each, 1e-300)) + np.log(expected_spend(of_spend, buyers))

    middle = log_value(purchases.log_parameters, spend.log_parameters)
    variance = _spread(lambda at: log_value(at, spend.log_parameters), purchases)
    variance += _spread(lambda at: log_value(purchases.log_parameters, at), spend)
    half = two_sided_z(level) * np.sqrt(variance)
    return tuple(margin_share * np.exp(middle + side * half) for side in (0, -1, 1))  # type: ignore[return-value]


def _spread(function: Callable[[FloatArray], FloatArray], fitted: Fitted) -> FloatArray:
    """Variance that the parameters leave to a function of them, by its slopes."""
    steps = np.eye(len(fitted.log_parameters)) * _STEP
    slopes = np.array(
        [(function(fitted.log_parameters + s) - function(fitted.log_parameters - s)) / (2 * _STEP) for s in steps]
    )
    return np.maximum(np.einsum("ic,ij,jc->c", slopes, fitted.covariance, slopes), 0.0)


def _with_spend(buyers: Buyers) -> NDArray[np.bool_]:
    return (buyers.repeats > 0) & (buyers.spend > 0)


def _spend_log_likelihood(log_parameters: FloatArray, x: FloatArray, spend: FloatArray) -> FloatArray:
    p, q, gamma = np.exp(log_parameters)
    shapes = gammaln(p * x + q) - gammaln(p * x) - gammaln(q)
    return (
        shapes
        + q * np.log(gamma)
        + (p * x - 1) * np.log(spend)
        + p * x * np.log(x)
        - (p * x + q) * np.log(gamma + x * spend)
    )
