"""Whether a probability means what it says: of customers given 30 %, about 30 % should leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaluation.errors import JudgementError
from evaluation.model.rows import FloatArray, IntArray, Rows, weighted_sum
from evaluation.model.shares import wilson_interval

NEWTON_STEPS = 100
NEWTON_TOLERANCE = 1e-7


@dataclass(frozen=True)
class BrierParts:
    """Murphy's parts of a Brier score over bins, which add up to it exactly.

    Parameters
    ----------
    reliability
        Mean squared distance between the probability given and the share that left; 0 is best.
    resolution
        How far the bins' shares lie from the base rate; more is better.
    uncertainty
        Brier score of the base rate alone.
    within_bins
        What the spread of probabilities inside the bins adds; 0 when each bin holds one probability
        (Stephenson, Coelho and Jolliffe 2008).
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float

    @property
    def brier(self) -> float:
        """The sum: reliability - resolution + uncertainty + within_bins."""
        return self.reliability - self.resolution + self.uncertainty + self.within_bins


def log_loss(label: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean negative log likelihood in nats; probabilities 0 and 1 are moved inside by 2.2e-16, as in scikit-learn.

    Raises
    ------
    JudgementError
        For input that `Rows.of_probabilities` refuses.

    Examples
    --------
    >>> round(log_loss([1, 0], [0.5, 0.5]), 4)
    0.6931
    """
    return log_loss_of(Rows.of_probabilities(label, probability, weight))


def log_loss_of(rows: Rows) -> float:
    """`log_loss` of rows that are already sorted."""
    stayers = rows.tie_weight - rows.tie_positives
    scores = rows.distinct
    likelihood = weighted_sum(scores.log, rows.tie_positives) + weighted_sum(scores.log_of_rest, stayers)
    return -likelihood / rows.total


def brier(label: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Mean squared distance between probability and outcome, 0 to 1.

    Raises
    ------
    JudgementError
        As `log_loss`.
    """
    return brier_of(Rows.of_probabilities(label, probability, weight))


def brier_of(rows: Rows) -> float:
    """`brier` of rows that are already sorted."""
    stayers = rows.tie_weight - rows.tie_positives
    return (
        weighted_sum((1 - rows.tie_score) ** 2, rows.tie_positives) + weighted_sum(rows.tie_score**2, stayers)
    ) / rows.total


def brier_parts(
    label: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None, *, bins: int | None = None
) -> BrierParts:
    """Split the Brier score into reliability, resolution and uncertainty (Murphy 1973).

    Parameters
    ----------
    label, probability, weight
        Shape (rows,).
    bins
        Number of bins of equal mass; without it each distinct probability is a bin of its own.

    Raises
    ------
    JudgementError
        As `log_loss`, and for fewer than 1 bin.
    """
    rows = Rows.of_probabilities(label, probability, weight)
    bin_of_tie = np.arange(rows.tie_score.size) if bins is None else equal_mass_bins(rows, bins)
    weights, given, left = bin_means(rows, bin_of_tie)
    base_rate = rows.positives / rows.total
    spread = rows.tie_score - given[bin_of_tie]
    variance = weighted_sum(spread**2, rows.tie_weight)
    covariance = weighted_sum(spread, rows.tie_positives - left[bin_of_tie] * rows.tie_weight)
    return BrierParts(
        reliability=weighted_sum((given - left) ** 2, weights) / rows.total,
        resolution=weighted_sum((left - base_rate) ** 2, weights) / rows.total,
        uncertainty=base_rate * (1 - base_rate),
        within_bins=(variance - 2 * covariance) / rows.total,
    )


def calibration_slope(label: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Slope of the logistic recalibration logit P(left) = a + b logit(probability) (Cox 1958).

    Returns
    -------
    float
        1 is ideal; below 1 the probabilities are too extreme, above 1 too timid. Infinite when the probabilities
        separate leavers from stayers without error, missing (NaN) when all probabilities are equal.

    Raises
    ------
    JudgementError
        For rows of one class and as `log_loss`.
    """
    return calibration_slope_of(Rows.of_probabilities(label, probability, weight))


def calibration_slope_of(rows: Rows) -> float:
    """`calibration_slope` of rows that are already sorted."""
    rows.need_both_classes()
    counted = np.flatnonzero(rows.tie_weight)
    given = rows.distinct.logit[counted]
    positives, weight = rows.tie_positives[counted], rows.tie_weight[counted]
    if given[0] == given[-1]:
        return float("nan")
    separated = _separation(positives, weight)
    if separated:
        return separated * float("inf")
    return 1 + float(_recalibration(given, [np.ones_like(given), given], positives, weight)[1])


def calibration_intercept(label: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Calibration in the large: intercept of the logistic recalibration with the slope held at 1.

    Returns
    -------
    float
        0 is ideal; below 0 the probabilities are too high on the whole, above 0 too low (Van Calster et al. 2016).

    Raises
    ------
    JudgementError
        As `calibration_slope`.
    """
    return calibration_intercept_of(Rows.of_probabilities(label, probability, weight))


def calibration_intercept_of(rows: Rows) -> float:
    """`calibration_intercept` of rows that are already sorted."""
    rows.need_both_classes()
    given = rows.distinct.logit
    return float(_recalibration(given, [np.ones_like(given)], rows.tie_positives, rows.tie_weight)[0])


def ece(label: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None, *, bins: int = 10) -> float:
    """Mean distance between probability and share that left over bins of equal mass: expected calibration error.

    Chance alone gives more than 0: about ``0.8 sqrt(base_rate (1 - base_rate) bins / rows)`` for a truthful model.

    Raises
    ------
    JudgementError
        As `log_loss`, and for fewer than 1 bin.
    """
    return ece_of(Rows.of_probabilities(label, probability, weight), bins)


def ece_of(rows: Rows, bins: int = 10) -> float:
    """`ece` of rows that are already sorted."""
    weights, given, left = bin_means(rows, equal_mass_bins(rows, bins))
    return weighted_sum(np.abs(given - left), weights) / rows.total


def reliability_curve(
    label: ArrayLike,
    probability: ArrayLike,
    customer: ArrayLike | None = None,
    *,
    bins: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Share that left against the probability given, for bins of equal mass, lowest first.

    Parameters
    ----------
    label, probability
        Shape (rows,).
    customer
        Shape (rows,); with it the intervals allow for rows of one customer going together. Without it rows are taken
        as independent.
    bins
        Number of bins; fewer come back where equal probabilities fill several.
    level
        Coverage of the intervals, above 0 and below 1.

    Returns
    -------
    pandas.DataFrame
        ``rows``, ``mean_probability``, ``observed_share`` and its Wilson interval ``low`` to ``high``.

    Raises
    ------
    JudgementError
        As `ece`, for a level outside (0, 1) and for a missing customer.
    """
    rows = Rows.of_probabilities(label, probability)
    bin_of_tie = equal_mass_bins(rows, bins)
    weights, given, left = bin_means(rows, bin_of_tie)
    effective = weights if customer is None else weights / _design_effect(rows, bin_of_tie, left, customer)
    low, high = wilson_interval(left, effective, level)
    curve = pd.DataFrame(
        {"rows": weights.astype(int), "mean_probability": given, "observed_share": left, "low": low, "high": high}
    )
    return curve.iloc[::-1].reset_index(drop=True)


def _design_effect(rows: Rows, bin_of_tie: IntArray, left: FloatArray, customer: ArrayLike) -> FloatArray:
    """Variance of each bin's share with customers as clusters over that of independent rows, at least 1 (Kish 1965)."""
    bin_of_row = np.repeat(bin_of_tie, np.diff(np.r_[rows.tie_starts, rows.label.size]))
    residual = rows.label - left[bin_of_row]
    codes = rows.clusters(customer)
    together, cell = np.unique(bin_of_row * (codes.max() + 1) + codes, return_inverse=True)
    clustered = np.bincount(together // (codes.max() + 1), np.bincount(cell, residual) ** 2)
    independent = np.bincount(bin_of_row, residual**2)
    return np.maximum(clustered / np.where(independent > 0, independent, 1), 1)


def equal_mass_bins(rows: Rows, bins: int) -> IntArray:
    """Bin of each distinct probability, 0 for the highest, without empty bins; equal probabilities share a bin.

    Raises
    ------
    JudgementError
        For fewer than 1 bin.
    """
    if bins < 1:
        raise JudgementError(f"bins must be at least 1; given {bins}.")
    middle = (rows.contacted[1:] + rows.contacted[:-1]) / (2 * rows.total)
    wanted = np.minimum((middle * bins).astype(np.intp), bins - 1)
    return np.cumsum(np.r_[0, wanted[1:] != wanted[:-1]])


def bin_means(rows: Rows, bin_of_tie: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weight, mean probability and share that left of each bin; the last two are 0 for a bin without weight."""
    weight: FloatArray = np.bincount(bin_of_tie, rows.tie_weight).astype(np.float64)
    safe = np.where(weight > 0, weight, 1)
    given = np.bincount(bin_of_tie, rows.tie_weight * rows.tie_score) / safe
    left = np.bincount(bin_of_tie, rows.tie_positives) / safe
    return weight, given, left


def _separation(positives: FloatArray, weight: FloatArray) -> int:
    """Tell whether descending groups are split without error: 1 leavers first, -1 stayers first, 0 not."""
    with_leavers = np.flatnonzero(positives)
    with_stayers = np.flatnonzero(weight - positives)
    if with_leavers[-1] <= with_stayers[0]:
        return 1
    return -1 if with_stayers[-1] <= with_leavers[0] else 0


def _recalibration(
    given: FloatArray, columns: Sequence[FloatArray], positives: FloatArray, weight: FloatArray
) -> FloatArray:
    """Maximum-likelihood corrections c of logit P(left) = given + sum of c times columns, by damped Newton steps."""
    corrections = np.zeros(len(columns))
    reached, fitted = _likelihood(given, positives, weight)
    for _ in range(NEWTON_STEPS):
        step = _newton_step(columns, positives - weight * fitted, weight * fitted * (1 - fitted))
        trial, fitted = _likelihood(_corrected(given, columns, corrections + step), positives, weight)
        while trial < reached and np.abs(step).max() > NEWTON_TOLERANCE:
            step = step / 2
            trial, fitted = _likelihood(_corrected(given, columns, corrections + step), positives, weight)
        corrections, reached = corrections + step, trial
        if np.abs(step).max() <= NEWTON_TOLERANCE:
            break
    return corrections


def _newton_step(columns: Sequence[FloatArray], residual: FloatArray, information: FloatArray) -> FloatArray:
    curvature = [[weighted_sum(one * other, information) for other in columns] for one in columns]
    gradient = [weighted_sum(one, residual) for one in columns]
    return np.linalg.lstsq(np.array(curvature), np.array(gradient), rcond=None)[0]


def _corrected(given: FloatArray, columns: Sequence[FloatArray], corrections: FloatArray) -> FloatArray:
    return given + sum(correction * column for correction, column in zip(corrections, columns, strict=True))


def _likelihood(linear: FloatArray, positives: FloatArray, weight: FloatArray) -> tuple[float, FloatArray]:
    """Log likelihood and fitted probabilities, with one exponential for both."""
    small = np.exp(-np.abs(linear))
    likelihood = weighted_sum(linear, positives) - weighted_sum(np.maximum(linear, 0) + np.log1p(small), weight)
    return likelihood, np.where(linear >= 0, 1, small) / (1 + small)
