"""Exact large-sample variance of the ROC AUC, by what each row contributes to it, with customers as clusters.

DeLong, DeLong and Clarke-Pearson (1988); summed within customers as Obuchowski (1997). It serves where groups of the
same customers are compared and drawing customers again would be slow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from evaluation.errors import JudgementError
from evaluation.model.ranking import roc_auc_of
from evaluation.model.rows import FloatArray, Rows, numbers, same_length


@dataclass(frozen=True, eq=False)
class GroupAucs:
    """ROC AUC of groups of rows with their covariance, which is not 0 where groups share customers.

    Parameters
    ----------
    auc
        Shape (groups,).
    covariance
        Shape (groups, groups).
    """

    auc: FloatArray
    covariance: FloatArray

    def difference(self, first: int, second: int) -> tuple[float, float]:
        """Difference of two groups and its standard error."""
        shared = self.covariance
        variance = shared[first, first] + shared[second, second] - 2 * shared[first, second]
        return float(self.auc[first] - self.auc[second]), float(np.sqrt(max(variance, 0)))

    def chance_of_spread(self) -> float:
        """Probability of a spread at least this wide if all groups had the same AUC (Wald test)."""
        groups = self.auc.size
        contrast = np.eye(groups)[1:] - np.eye(groups)[0]
        apart = contrast @ self.auc
        spread = np.linalg.pinv(contrast @ self.covariance @ contrast.T, hermitian=True)
        return float(chdtrc(groups - 1, apart @ spread @ apart))


def group_aucs(label: ArrayLike, score: ArrayLike, customer: ArrayLike, group: ArrayLike) -> GroupAucs:
    """Judge groups of rows, such as cutoffs, taking into account that the same customers stand in several.

    Parameters
    ----------
    label, score, customer
        Shape (rows,).
    group
        Shape (rows,), number of each row's group from 0; a negative number leaves the row out.

    Returns
    -------
    GroupAucs
        For the groups 0, 1, ... in order.

    Raises
    ------
    JudgementError
        For a group of one class or without rows, fewer than 2 groups and input that `Rows.of` refuses.
    """
    labels, scores, codes = numbers(label, "label"), numbers(score, "score"), np.asarray(group)
    same_length(label=labels, score=scores, group=codes)
    groups = int(codes.max()) + 1
    if groups < 2:
        raise JudgementError(f"Comparing groups needs at least 2; given {max(groups, 0)}.")
    who = Rows.of(labels, np.zeros(labels.size)).clusters(customer)
    influence = np.zeros((int(who.max()) + 1, groups))
    auc = np.empty(groups)
    for number in range(groups):
        inside = np.flatnonzero(codes == number)
        auc[number], contribution = roc_auc_influence(labels[inside], scores[inside])
        influence[:, number] = np.bincount(who[inside], contribution, len(influence))
    return GroupAucs(auc, influence.T @ influence)


def roc_auc_influence(label: ArrayLike, score: ArrayLike) -> tuple[float, FloatArray]:
    """ROC AUC and what each row adds to its deviation from the true value; the squares sum to its variance.

    Returns
    -------
    tuple
        The ROC AUC, and the contributions, shape (rows,), which sum to 0.

    Raises
    ------
    JudgementError
        For rows of one class and input that `Rows.of` refuses.
    """
    rows = Rows.of(label, score)
    auc = roc_auc_of(rows)
    stayers_total = rows.total - rows.positives
    stayed = rows.contacted - rows.captured
    leavers_above = (rows.captured[1:] + rows.captured[:-1]) / 2
    stayers_below = stayers_total - (stayed[1:] + stayed[:-1]) / 2
    size = np.diff(np.r_[rows.tie_starts, rows.label.size])
    of_leaver = np.repeat((stayers_below / stayers_total - auc) / rows.positives, size)
    of_stayer = np.repeat((leavers_above / rows.positives - auc) / stayers_total, size)
    contribution = np.empty(rows.label.size)
    contribution[rows.order] = np.where(rows.label == 1, of_leaver, of_stayer)
    return auc, contribution
