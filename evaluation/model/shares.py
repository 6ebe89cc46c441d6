"""Intervals of a share seen among a count."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from evaluation.errors import JudgementError
from evaluation.model.rows import FloatArray


def wilson_interval(share: FloatArray, count: FloatArray, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Wilson (1927) interval of shares seen among counts.

    Parameters
    ----------
    share, count
        Same shape; a count may be an effective size and need not be whole.
    level
        Coverage, above 0 and below 1.

    Raises
    ------
    JudgementError
        For a level outside (0, 1).

    Examples
    --------
    >>> low, high = wilson_interval(np.array([0.5]), np.array([10.0]))
    >>> low.round(3), high.round(3)
    (array([0.237]), array([0.763]))
    """
    z = two_sided_z(level)
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    return np.maximum(middle - half, 0), np.minimum(middle + half, 1)


def two_sided_z(level: float) -> float:
    """Give the normal quantile that leaves (1 - level) / 2 on each side.

    Raises
    ------
    JudgementError
        For a level outside (0, 1).
    """
    if not 0 < level < 1:
        raise JudgementError(f"level must be above 0 and below 1; given {level:g}. 0.95 means a 95 % interval.")
    return float(ndtri((1 + level) / 2))
