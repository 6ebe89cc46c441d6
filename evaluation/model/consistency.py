"""What a calibration figure would be by chance if the probabilities were the truth (Broecker and Smith 2007)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from evaluation.model.ends import quantile_ends
from evaluation.model.rows import Rows


def range_if_true(
    rows: Rows, metric: Callable[[Rows], float], *, replicates: int = 200, level: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Range in which a figure lies in a share `level` of samples whose labels are drawn from the probabilities.

    Parameters
    ----------
    rows
        Rows with probabilities; their labels are not looked at.
    metric
        A figure of the scorecard, such as `ece_of`.
    replicates
        Samples drawn.
    level
        Share of samples within the range.
    seed
        Same seed, same range.

    Returns
    -------
    tuple of float
        Low and high end; NaN when every sample has one class only.
    """
    random = np.random.default_rng(seed)
    figures = []
    for _ in range(replicates):
        drawn = replace(rows, label=(random.random(rows.score.size) < rows.score).astype(np.float64))
        figures.append(metric(drawn) if 0 < drawn.positives < drawn.total else float("nan"))
    low, high = quantile_ends(np.array(figures), (1 - level) / 2)
    return float(low), float(high)
