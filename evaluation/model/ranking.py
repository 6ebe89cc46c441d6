"""How well a score puts leavers before stayers.

Equal scores are judged by the expected value over a random order among them, so that no figure depends on the order of
rows in a file. Weights say how often a row counts: weight 2 equals the row twice.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaluation.errors import JudgementError
from evaluation.model.rows import FloatArray, Rows, weighted_sum


def roc_auc(label: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Probability that a random leaver scores above a random stayer, ties counting half.

    Parameters
    ----------
    label, score
        Shape (rows,): 0 or 1, and any finite number.
    weight
        Shape (rows,), optional.

    Returns
    -------
    float
        0 to 1; 0.5 is a random order.

    Raises
    ------
    JudgementError
        For rows of one class and input that `Rows.of` refuses.

    Examples
    --------
    >>> roc_auc([1, 0, 1, 0], [0.9, 0.8, 0.8, 0.1])
    0.875
    """
    return roc_auc_of(Rows.of(label, score, weight))


def roc_auc_of(rows: Rows) -> float:
    """`roc_auc` of rows that are already sorted."""
    rows.need_both_classes()
    stayers = rows.tie_weight - rows.tie_positives
    above = (rows.captured[1:] + rows.captured[:-1]) / 2
    return weighted_sum(above, stayers) / (rows.positives * (rows.total - rows.positives))


def pr_auc(label: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Average precision: mean over leavers of the precision at their score.

    Tied rows are contacted together, as in scikit-learn, so that a constant score gives exactly the base rate.

    Raises
    ------
    JudgementError
        As `roc_auc`.
    """
    return pr_auc_of(Rows.of(label, score, weight))


def pr_auc_of(rows: Rows) -> float:
    """`pr_auc` of rows that are already sorted."""
    rows.need_both_classes()
    contacted = np.maximum(rows.contacted[1:], np.finfo(np.float64).tiny)
    return weighted_sum(rows.captured[1:] / contacted, rows.tie_positives) / rows.positives


def ks(label: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> float:
    """Kolmogorov-Smirnov distance between the scores of leavers and of stayers, 0 to 1.

    Raises
    ------
    JudgementError
        As `roc_auc`.
    """
    return ks_of(Rows.of(label, score, weight))


def ks_of(rows: Rows) -> float:
    """`ks` of rows that are already sorted."""
    rows.need_both_classes()
    stayed = (rows.contacted - rows.captured) / (rows.total - rows.positives)
    return float(np.abs(rows.captured / rows.positives - stayed).max())


def lift_at(label: ArrayLike, score: ArrayLike, share: float, weight: ArrayLike | None = None) -> float:
    """How many times more leavers the top `share` of customers holds than a random choice of the same size.

    A share that ends inside a row or a tie takes the fitting part of it, which is the expected value over a random
    order of the tied rows.

    Parameters
    ----------
    label, score
        Shape (rows,).
    share
        Part of the customers contacted, above 0 and at most 1.
    weight
        Shape (rows,), optional.

    Raises
    ------
    JudgementError
        For a share outside (0, 1] and as `roc_auc`.

    Examples
    --------
    >>> lift_at([1, 0, 1, 0], [0.9, 0.8, 0.8, 0.1], 0.5)
    1.5
    """
    return lift_at_of(Rows.of(label, score, weight), share)


def lift_at_of(rows: Rows, share: float) -> float:
    """`lift_at` of rows that are already sorted."""
    return recall_at_of(rows, share) / share


def recall_at(label: ArrayLike, score: ArrayLike, share: float, weight: ArrayLike | None = None) -> float:
    """Part of all leavers found in the top `share` of customers, 0 to 1.

    Raises
    ------
    JudgementError
        As `lift_at`.
    """
    return recall_at_of(Rows.of(label, score, weight), share)


def recall_at_of(rows: Rows, share: float) -> float:
    """`recall_at` of rows that are already sorted."""
    rows.need_both_classes()
    if not 0 < share <= 1:
        raise JudgementError(f"share must be above 0 and at most 1; given {share:g}. 0.1 means the top 10 %.")
    return float(np.interp(share * rows.total, rows.contacted, rows.captured) / rows.positives)


def lift_at_capacity(label: ArrayLike, score: ArrayLike, capacity: int) -> float:
    """Lift of the `capacity` customers with the highest scores; a capacity above all customers contacts all of them.

    Raises
    ------
    JudgementError
        For a capacity below 1 and as `lift_at`.
    """
    rows = Rows.of(label, score)
    return lift_at_of(rows, capacity_share(rows, capacity))


def recall_at_capacity(label: ArrayLike, score: ArrayLike, capacity: int) -> float:
    """Part of all leavers among the `capacity` customers with the highest scores.

    Raises
    ------
    JudgementError
        As `lift_at_capacity`.
    """
    rows = Rows.of(label, score)
    return recall_at_of(rows, capacity_share(rows, capacity))


def capacity_share(rows: Rows, capacity: int) -> float:
    """Part of the rows that a team with this contact capacity reaches, at most 1.

    Raises
    ------
    JudgementError
        For a capacity below 1.
    """
    if capacity < 1:
        raise JudgementError(f"capacity must be at least 1 customer; given {capacity}.")
    return min(1.0, capacity / rows.label.size)


def best_possible_lift(base_rate: float, share: float) -> float:
    """Lift of a model that knows the future, at this base rate and share.

    Raises
    ------
    JudgementError
        For a base rate or a share outside (0, 1].

    Examples
    --------
    >>> best_possible_lift(base_rate=0.25, share=0.1), best_possible_lift(base_rate=0.25, share=0.5)
    (4.0, 2.0)
    """
    if not (0 < base_rate <= 1 and 0 < share <= 1):
        raise JudgementError(f"base_rate and share must be above 0 and at most 1; given {base_rate:g} and {share:g}.")
    return 1 / max(base_rate, share)


def gain_curve(
    label: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None, *, points: int = 101
) -> pd.DataFrame:
    """Part of the leavers found against the part of customers contacted.

    Parameters
    ----------
    label, score, weight
        As `lift_at`.
    points
        Number of equally spaced shares from 0 to 1, at least 2.

    Returns
    -------
    pandas.DataFrame
        Shape (points, 4): ``share`` contacted, ``recall`` of the score, ``best_recall`` of a model that knows the
        future, ``lift`` (missing at share 0).

    Raises
    ------
    JudgementError
        As `lift_at`.
    """
    rows = Rows.of(label, score, weight)
    rows.need_both_classes()
    share = np.linspace(0, 1, points)
    recall: FloatArray = np.interp(share * rows.total, rows.contacted, rows.captured) / rows.positives
    best = np.minimum(share * rows.total / rows.positives, 1)
    lift = np.divide(recall, share, out=np.full(points, np.nan), where=share > 0)
    return pd.DataFrame({"share": share, "recall": recall, "best_recall": best, "lift": lift})
