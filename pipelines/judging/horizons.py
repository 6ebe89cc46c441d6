"""How true the risk within each horizon is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.judging.material import Material

if TYPE_CHECKING:
    import pandas as pd

FIGURES = ("rows", "positives", "base_rate", "roc_auc", "log_loss", "calibration_slope", "ece")


def by_horizon(material: Material) -> pd.DataFrame | None:
    """Judge the risk within each horizon on the test slice; none where there is one horizon alone.

    Returns
    -------
    pandas.DataFrame
        One row a horizon, ascending: ``horizon_days``, ``mean_probability`` and the figures of a scorecard; those that
        need leavers and stayers are missing where all customers of a horizon had one outcome.
    """
    import pandas as pd

    from evaluation.model.scorecard import scorecard

    if material.horizons is None:
        return None
    lines = []
    for days, found in material.horizons.groupby("horizon_days", sort=True):
        label, probability = found["churned"].to_numpy(), found["probability"].to_numpy()
        card = scorecard(label, probability) if 0 < label.sum() < len(label) else {}
        counts = {"rows": len(label), "positives": int(label.sum()), "base_rate": float(label.mean())}
        figures = {name: card.get(name, float("nan")) for name in FIGURES} | counts
        lines.append({"horizon_days": days, "mean_probability": float(probability.mean()), **figures})
    return pd.DataFrame(lines)
