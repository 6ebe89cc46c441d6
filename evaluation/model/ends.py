"""Ends of an interval from draws, also for figures that noise alone makes larger."""

from __future__ import annotations

import numpy as np

from evaluation.model.rows import FloatArray


def quantile_ends(values: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Cut `tail` off both ends of each column, leaving out undefined values; infinite ones count as extreme."""
    defined = np.where(np.isnan(values).all(axis=0), 0.0, values)
    low = np.nanquantile(defined, tail, axis=0, method="inverted_cdf")
    high = -np.nanquantile(-defined, tail, axis=0, method="inverted_cdf")
    never = np.isnan(values).all(axis=0)
    return np.where(never, np.nan, low), np.where(never, np.nan, high)


def unbiased_ends(estimate: float, values: FloatArray, tail: float) -> tuple[float, float]:
    """Ends for a figure that noise makes larger, such as a sum of absolute errors or a largest distance.

    Noise has made the estimate larger, and the draws, which add noise of their own, larger still; both excesses are
    about the mean distance of the draws from the estimate, and both are taken off (Efron and Tibshirani 1993, 10.6).

    Parameters
    ----------
    estimate
        The figure, 0 or more.
    values
        The figure in each draw, shape (draws,).
    tail
        Share of draws beyond each end.

    Returns
    -------
    tuple of float
        Low and high end, the estimate between them; not below 0.
    """
    low, high = (float(end) for end in quantile_ends(values, tail))
    excess = max(float(np.nanmean(values)) - estimate, 0.0) if np.isfinite(values).any() else 0.0
    return min(max(low - 2 * excess, 0.0), estimate), max(high - 2 * excess, estimate)
