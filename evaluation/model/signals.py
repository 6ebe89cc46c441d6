"""Each signal by itself: how well it alone tells leavers from stayers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaluation.model.drift import finite_numbers
from evaluation.model.ranking import roc_auc
from evaluation.model.rows import FloatArray, numbers, same_length


def single_signal_auc(signals: pd.DataFrame, label: ArrayLike) -> dict[str, float]:
    """ROC AUC of every signal alone, in its better direction.

    A missing value counts as lowest or as highest, whichever tells more: a signal that is filled for leavers only is
    found too. Categories are ranked by the churn rate that the other half of the rows shows for them.

    Parameters
    ----------
    signals
        Shape (rows, signals), numbers, booleans or categories.
    label
        Shape (rows,).

    Returns
    -------
    dict of str to float
        Name to 0.5 (tells nothing) up to 1 (tells all), strongest first.

    Raises
    ------
    JudgementError
        For rows of one class and different lengths.
    """
    labels = numbers(label, "label")
    same_length(label=labels, signals=signals.index.to_numpy())
    strength = {str(name): _strength(column, labels) for name, column in signals.items()}
    return dict(sorted(strength.items(), key=lambda item: -item[1]))


def _strength(column: pd.Series, label: FloatArray) -> float:
    if column.isna().all():
        return 0.5
    values = finite_numbers(column) if pd.api.types.is_numeric_dtype(column) else _rate_of_other_half(column, label)
    missing = np.isnan(values)
    low, high = values[~missing].min() - 1, values[~missing].max() + 1
    fills = (low, high) if missing.any() else (low,)
    found = [roc_auc(label, np.where(missing, fill, values)) for fill in fills]
    return max(max(auc, 1 - auc) for auc in found)


def _rate_of_other_half(column: pd.Series, label: FloatArray) -> FloatArray:
    """Churn rate of each row's category among the rows of the other parity, so that rare categories prove nothing."""
    codes = pd.factorize(column)[0]
    half = np.arange(label.size) % 2
    rates = np.empty(label.size)
    for side in (0, 1):
        other = (half != side) & (codes >= 0)
        count = np.bincount(codes[other], minlength=codes.max() + 1)
        left = np.bincount(codes[other], label[other], minlength=codes.max() + 1)
        smoothed = (left + label.mean()) / (count + 1)
        rates[half == side] = np.where(codes >= 0, smoothed[np.maximum(codes, 0)], np.nan)[half == side]
    return rates
