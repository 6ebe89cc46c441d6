"""The figures by which training chooses between models."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Floats = npt.NDArray[np.float64]

SMALLEST_PROBABILITY = 1e-6
NEWTON_STEPS = 30


def clip(probability: npt.NDArray[Any]) -> Floats:
    """Keep probabilities away from 0 and 1, where a single surprise would cost without limit."""
    return np.clip(np.asarray(probability, dtype=np.float64), SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)


def logit(probability: npt.NDArray[Any]) -> Floats:
    """Log odds of clipped probabilities."""
    clipped = clip(probability)
    return np.log(clipped) - np.log1p(-clipped)


def expit(log_odds: npt.NDArray[Any]) -> Floats:
    """Probabilities of log odds; the inverse of :func:`logit`."""
    half = np.tanh(0.5 * np.asarray(log_odds, dtype=np.float64))
    return 0.5 * (1.0 + half)


def row_losses(label: npt.NDArray[Any], probability: npt.NDArray[Any]) -> Floats:
    """Logarithmic loss of each row, in nats."""
    clipped = clip(probability)
    return -np.where(label == 1, np.log(clipped), np.log1p(-clipped))


def clearly_above_zero(differences: Floats) -> bool:
    """Whether the mean of paired differences exceeds 0 by more than one standard error.

    Examples
    --------
    >>> import numpy as np
    >>> clearly_above_zero(np.array([0.1, 0.2, 0.3])), clearly_above_zero(np.array([-1.0, 0.2, 1.0]))
    (True, False)
    """
    return bool(differences.mean() > differences.std() / np.sqrt(len(differences)))


def log_loss(label: npt.NDArray[Any], probability: npt.NDArray[Any], weight: Floats | None = None) -> float:
    """Mean logarithmic loss in nats, 0 or more; less is better.

    Examples
    --------
    >>> import numpy as np
    >>> round(log_loss(np.array([0, 1]), np.array([0.5, 0.5])), 4)
    0.6931
    """
    return float(np.average(row_losses(label, probability), weights=weight))


def level_free_log_loss(label: npt.NDArray[Any], log_odds: Floats, weight: Floats | None = None) -> float:
    """Mean logarithmic loss after the best shift of all log odds by one number.

    How many customers leave in a season is not for a model of customers to foresee; which of them leave is. Where folds
    differ in their overall level, this is the loss to compare models by.

    Parameters
    ----------
    label
        0 or 1, shape ``(rows,)``, both present.
    log_odds
        Predicted log odds, shape ``(rows,)``.
    weight
        Weight of each row.

    Returns
    -------
    float
        In nats, at most the plain loss.

    Examples
    --------
    >>> import numpy as np
    >>> round(level_free_log_loss(np.array([0, 1]), np.array([3.0, 3.0])), 4)
    0.6931
    """
    return log_loss(label, expit(log_odds + best_shift(label, log_odds, weight)), weight)


def best_shift(label: npt.NDArray[Any], log_odds: Floats, weight: Floats | None = None) -> float:
    """Find the number that, added to all log odds, makes the mean probability the share of leavers."""
    weights = np.full(len(label), 1.0 / len(label)) if weight is None else weight / weight.sum()
    shift = 0.0
    for _ in range(NEWTON_STEPS):
        probability = expit(log_odds + shift)
        slope = weights @ (label - probability)
        shift += float(np.clip(slope / max(weights @ (probability * (1 - probability)), 1e-12), -2.0, 2.0))
        if abs(slope) < 1e-10:
            break
    return shift


def roc_auc(label: npt.NDArray[Any], score: npt.NDArray[Any]) -> float:
    """Chance that a leaver scores above a stayer, ties counting half; 0.5 is no better than chance.

    Returns
    -------
    float
        Between 0 and 1; not a number where a class is absent (Hanley and McNeil 1982).

    Examples
    --------
    >>> import numpy as np
    >>> roc_auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    left = np.asarray(label) == 1
    leavers, stayers = int(left.sum()), int((~left).sum())
    if not leavers or not stayers:
        return float("nan")
    return float((rankdata(score)[left].sum() - leavers * (leavers + 1) / 2) / (leavers * stayers))
