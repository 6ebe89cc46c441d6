"""How far a distribution moved between two times."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import chdtri

from evaluation.errors import JudgementError
from evaluation.model.rows import FloatArray, IntArray

FEWEST_EXPECTED = 5  # Below it the comparison of shares by chi square does not hold (Cochran 1954).
SMALLEST_SHARE = 1e-4
LARGEST_NUMBER = 1e300
CHANCE_LEVEL = 0.99


def population_stability_index(expected: ArrayLike, actual: ArrayLike, *, bins: int = 10) -> float:
    """Measure how far values moved; by custom below 0.1 is little and above 0.25 much.

    Parameters
    ----------
    expected, actual
        Values then and now. Numbers are cut at the quantiles of `expected`, a number that fills several quantiles is a
        bin by itself, anything else is taken by category, those too rare to compare together. Missing values are a bin
        of their own.
    bins
        Number of quantile bins; so many categories are compared however rare they are.

    Returns
    -------
    float
        Sum over bins of (share now - share then) times the log of their ratio; a share below 0.0001 counts as that.

    Raises
    ------
    JudgementError
        For an empty side or fewer than 2 bins.

    Examples
    --------
    >>> round(population_stability_index(["a", "a", "b", "b"], ["a", "b", "b", "b"]), 4)
    0.2747
    """
    return _psi(*_binned_counts(expected, actual, bins))


def psi_by_chance(expected: ArrayLike, actual: ArrayLike, *, bins: int = 10, level: float = CHANCE_LEVEL) -> float:
    """Give the index that only a share 1 - `level` of samples without any drift exceeds (Yurdakul 2018).

    Raises
    ------
    JudgementError
        As `population_stability_index`.
    """
    return _psi_by_chance(*_binned_counts(expected, actual, bins), level)


def signal_drift(train: pd.DataFrame, test: pd.DataFrame, *, bins: int = 10) -> pd.DataFrame:
    """Measure how far each signal moved that both sides have.

    Parameters
    ----------
    train, test
        Shape (rows, signals) each.
    bins
        As `population_stability_index`.

    Returns
    -------
    pandas.DataFrame
        Index ``signal``; ``psi``, and ``psi_by_chance``, which one signal in a hundred exceeds without any drift.
        Furthest moved first.

    Raises
    ------
    JudgementError
        For a side without rows.
    """
    there = set(test.columns)
    counted = {str(name): _binned_counts(train[name], test[name], bins) for name in train.columns if name in there}
    moved = {
        name: {"psi": _psi(*counts), "psi_by_chance": _psi_by_chance(*counts, CHANCE_LEVEL)}
        for name, counts in counted.items()
    }
    table = pd.DataFrame.from_dict(moved, orient="index", columns=["psi", "psi_by_chance"]).rename_axis("signal")
    return table.sort_values("psi", ascending=False)


def finite_numbers(column: pd.Series) -> FloatArray:
    """Read a numeric column as floats: missing becomes NaN, infinite a very large number."""
    return np.clip(column.to_numpy(dtype=np.float64, na_value=np.nan), -LARGEST_NUMBER, LARGEST_NUMBER)


def _psi(before: FloatArray, after: FloatArray) -> float:
    then, now = (np.maximum(counts / counts.sum(), SMALLEST_SHARE) for counts in (before, after))
    return float((now - then) @ np.log(now / then))


def _psi_by_chance(before: FloatArray, after: FloatArray, level: float) -> float:
    return float(chdtri(max(before.size - 1, 1), 1 - level) * (1 / before.sum() + 1 / after.sum()))


def _binned_counts(expected: ArrayLike, actual: ArrayLike, bins: int) -> tuple[FloatArray, FloatArray]:
    """Count both sides in the same bins, missing values in the last; bins empty on both sides are left out."""
    if bins < 2:
        raise JudgementError(f"bins must be at least 2; given {bins}.")
    before, after = pd.Series(expected), pd.Series(actual)
    if before.empty or after.empty:
        raise JudgementError(f"Drift needs values on both sides; given {len(before)} then and {len(after)} now.")
    both_numbers = all(_is_number(side) for side in (before, after))
    codes = _quantile_codes(before, after, bins) if both_numbers else _category_codes(before, after, bins)
    highest = max(int(code.max()) for code in codes) + 1
    then, now = (np.bincount(np.where(code < 0, highest, code), minlength=highest + 1) for code in codes)
    used = then + now > 0
    return then[used].astype(np.float64), now[used].astype(np.float64)


def _is_number(side: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(side) and not pd.api.types.is_bool_dtype(side)


def _quantile_codes(before: pd.Series, after: pd.Series, bins: int) -> tuple[IntArray, IntArray]:
    then, now = finite_numbers(before), finite_numbers(after)
    known = then[~np.isnan(then)]
    cuts = np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1]) if known.size else np.empty(0)
    cuts, times = np.unique(cuts, return_counts=True)
    edges = np.unique(np.r_[cuts, np.nextafter(cuts[times > 1], -np.inf)])
    return _codes(then, edges), _codes(now, edges)


def _codes(values: FloatArray, edges: FloatArray) -> IntArray:
    return np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="left"))


def _category_codes(before: pd.Series, after: pd.Series, bins: int) -> tuple[IntArray, IntArray]:
    together = pd.concat([before.astype(object), after.astype(object)], ignore_index=True)
    codes = _rare_together(pd.factorize(together)[0].astype(np.intp), min(len(before), len(after)), bins)
    return codes[: len(before)], codes[len(before) :]


def _rare_together(codes: IntArray, smaller: int, bins: int) -> IntArray:
    """Of many categories, give one code to those of which the smaller side expects too few to compare shares."""
    counts = np.bincount(codes[codes >= 0])
    if counts.size <= bins:
        return codes
    rare = np.flatnonzero(counts * smaller < FEWEST_EXPECTED * codes.size)
    return np.where(np.isin(codes, rare), rare.min(initial=counts.size), codes)
