"""The few figures that decide about a model, always the same and in the same order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evaluation.model import calibration, ranking
from evaluation.model.rows import Rows

METRICS: dict[str, Callable[[Rows], float]] = {
    "roc_auc": ranking.roc_auc_of,
    "pr_auc": ranking.pr_auc_of,
    "log_loss": calibration.log_loss_of,
    "brier": calibration.brier_of,
    "lift_at_1pct": lambda rows: ranking.lift_at_of(rows, 0.01),
    "lift_at_5pct": lambda rows: ranking.lift_at_of(rows, 0.05),
    "lift_at_10pct": lambda rows: ranking.lift_at_of(rows, 0.10),
    "lift_at_20pct": lambda rows: ranking.lift_at_of(rows, 0.20),
    "recall_at_10pct": lambda rows: ranking.recall_at_of(rows, 0.10),
    "ks": ranking.ks_of,
    "calibration_slope": calibration.calibration_slope_of,
    "calibration_intercept": calibration.calibration_intercept_of,
    "ece": calibration.ece_of,
}
"""Every figure of a scorecard that is an estimate, by name."""

LOWER_IS_BETTER = frozenset({"log_loss", "brier", "ece"})
"""Figures of which less is better."""


def scorecard(
    label: NDArray[np.generic], probability: NDArray[np.generic], *, capacity: int | None = None
) -> dict[str, float]:
    """Judge probabilities by the deciding figures.

    Parameters
    ----------
    label
        Shape (rows,), 1 for a customer who left and 0 for one who stayed.
    probability
        Shape (rows,), predicted probability of leaving, 0 to 1.
    capacity
        Customers that the team can contact; adds ``lift_at_capacity`` and ``recall_at_capacity``.

    Returns
    -------
    dict of str to float
        ``rows``, ``positives``, ``base_rate``, then the figures of `METRICS` in their order.

    Raises
    ------
    JudgementError
        For no rows, rows of one class, missing values, a probability outside [0, 1], different lengths or a
        capacity below 1.

    Examples
    --------
    >>> card = scorecard(np.array([1, 0, 1, 0]), np.array([0.9, 0.6, 0.8, 0.1]))
    >>> card["rows"], card["base_rate"], card["roc_auc"]
    (4.0, 0.5, 1.0)
    """
    rows = Rows.of_probabilities(label, probability)
    rows.need_both_classes()
    card = {"rows": rows.total, "positives": rows.positives, "base_rate": rows.positives / rows.total}
    return card | {name: metric(rows) for name, metric in metrics_with_capacity(rows, capacity).items()}


def metrics_with_capacity(rows: Rows, capacity: int | None) -> dict[str, Callable[[Rows], float]]:
    """Figures of a scorecard by name, with those at a contact capacity where one is given.

    Raises
    ------
    JudgementError
        For a capacity below 1.
    """
    if capacity is None:
        return METRICS
    share = ranking.capacity_share(rows, capacity)
    return METRICS | {
        "lift_at_capacity": lambda drawn: ranking.lift_at_of(drawn, share),
        "recall_at_capacity": lambda drawn: ranking.recall_at_of(drawn, share),
    }
