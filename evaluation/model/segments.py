"""The scorecard segment by segment, silent where a segment is too small to say anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaluation.model.bootstrap import interval
from evaluation.model.rows import BoolArray, FloatArray, numbers, probabilities, same_length
from evaluation.model.scorecard import METRICS, scorecard

MISSING = "(missing)"
JUDGED = "judged"
TOO_FEW = "too few to say"
MINIMUM_CUSTOMERS = 30
MINIMUM_OUTCOMES = 5


def scorecard_by_segment(
    label: ArrayLike,
    probability: ArrayLike,
    customer: ArrayLike,
    segments: Mapping[str, ArrayLike],
    *,
    minimum_customers: int = MINIMUM_CUSTOMERS,
    minimum_outcomes: int = MINIMUM_OUTCOMES,
    replicates: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Judge a model within each segment.

    Parameters
    ----------
    label, probability, customer
        Shape (rows,).
    segments
        Segmentations by name, such as ``industry``: for each row the segment it belongs to, shape (rows,). A missing
        value makes the segment ``(missing)``; a category of a pandas Categorical without rows is listed with 0 rows.
    minimum_customers, minimum_outcomes
        Fewer customers, leavers or stayers than these are too few to say.
    replicates, seed
        Draws for the interval of the ROC AUC, as in `intervals`.

    Returns
    -------
    pandas.DataFrame
        One line a segment: ``segmentation``, ``segment``, ``customers``, ``rows``, ``positives``, ``base_rate``,
        ``mean_probability``, ``verdict`` (``judged`` or ``too few to say``), the figures of the scorecard and
        ``roc_auc_low``, ``roc_auc_high``. Figures are missing where the verdict is ``too few to say``.

    Raises
    ------
    JudgementError
        For input that `scorecard` refuses and columns of different lengths.
    """
    labels, scores, who = numbers(label, "label"), probabilities(probability), np.asarray(customer)
    same_length(label=labels, probability=scores, customer=who)
    lines = []
    for segmentation, values in segments.items():
        for segment, inside in members(values):
            same_length(label=labels, **{segmentation: inside})
            chosen = labels[inside], scores[inside], who[inside]
            enough = has_enough(chosen[0], chosen[2], minimum_customers, minimum_outcomes)
            figures = _figures(*chosen, replicates, seed) if enough else {}
            verdict = JUDGED if enough else TOO_FEW
            name = {"segmentation": segmentation, "segment": segment, "verdict": verdict}
            lines.append({**name, **_size(*chosen), **figures})
    columns = [*_LEADING, *METRICS, "roc_auc_low", "roc_auc_high"]
    return pd.DataFrame(lines, columns=columns)


def members(values: ArrayLike) -> Iterator[tuple[str, BoolArray]]:
    """Give each segment's name with the rows that belong to it, in order of name, missing values last."""
    column = pd.Series(values)
    categories = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column.dropna().unique()
    for segment in sorted(categories, key=str):
        yield str(segment), (column == segment).to_numpy(dtype=bool, na_value=False)
    missing = column.isna().to_numpy()
    if missing.any():
        yield MISSING, missing


def has_enough(
    label: FloatArray,
    customer: NDArray[np.generic],
    minimum_customers: int = MINIMUM_CUSTOMERS,
    minimum_outcomes: int = MINIMUM_OUTCOMES,
) -> bool:
    """Tell whether rows hold enough customers, leavers and stayers to judge a model on them."""
    rarer = min(label.sum(), label.size - label.sum())
    return bool(rarer >= minimum_outcomes and pd.unique(customer).size >= minimum_customers)


_LEADING = ("segmentation", "segment", "customers", "rows", "positives", "base_rate", "mean_probability", "verdict")


def _size(label: FloatArray, probability: FloatArray, customer: NDArray[np.generic]) -> dict[str, float]:
    return {
        "customers": pd.unique(customer).size,
        "rows": label.size,
        "positives": int(label.sum()),
        "base_rate": float(label.mean()) if label.size else float("nan"),
        "mean_probability": float(probability.mean()) if label.size else float("nan"),
    }


def _figures(
    label: FloatArray, probability: FloatArray, customer: NDArray[np.generic], replicates: int, seed: int
) -> dict[str, float]:
    auc = interval(label, probability, customer, replicates=replicates, seed=seed)
    card = scorecard(label, probability)
    return {name: card[name] for name in METRICS} | {"roc_auc_low": auc.low, "roc_auc_high": auc.high}
