"""Whether the probabilities mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.judging.material import Material

if TYPE_CHECKING:
    import pandas as pd

BINS, FEW = 10, 30
LEVELS = (
    (0.0, 0.2, 0.4, 0.6, 0.8, 1.01),
    (0.0, 0.05, 0.1, 0.2, 0.4, 0.6, 1.01),
    (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 1.01),
    (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 1.01),
    (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 1.01),
    (0.0, 0.001, 1.01),
)
"""Edges of levels of risk; the first with enough customers at its top is taken."""


def parts(material: Material) -> dict[str, float]:
    """Split the Brier score, and say what part of the uncertainty the model takes away."""
    from evaluation.model.calibration import brier_parts

    found = brier_parts(material.label, material.scores(material.best), bins=BINS)
    return {**vars(found), "brier": found.brier, "skill": 1 - found.brier / found.uncertainty}


def reliability(material: Material) -> pd.DataFrame:
    """Give what was said against what happened, with intervals."""
    from evaluation.model.calibration import reliability_curve

    return reliability_curve(material.label, material.scores(material.best), material.customer, bins=BINS)


def risk_levels(material: Material) -> pd.DataFrame:
    """Count customers by the risk that they were given, highest first: ``low`` to ``high``, and the share that left."""
    import pandas as pd

    scores = material.scores(material.best)
    edges = np.array(next((edges for edges in LEVELS if (scores >= edges[-2]).sum() >= FEW), LEVELS[-1]))
    level = np.searchsorted(edges, scores, side="right") - 1
    lines = []
    for number in range(edges.size - 2, -1, -1):
        inside = level == number
        left = float(material.label[inside].mean()) if inside.any() else float("nan")
        lines.append(
            {"low": edges[number], "high": edges[number + 1], "customers": int(inside.sum())} | {"left_share": left}
        )
    return pd.DataFrame(lines)


def expected_by_chance(material: Material) -> dict[str, Any]:
    """Give the range in which slope and calibration error of a truthful model would lie on so many customers."""
    from evaluation.model.calibration import calibration_slope_of, ece_of
    from evaluation.model.consistency import range_if_true
    from evaluation.model.rows import Rows

    rows = Rows.of_probabilities(material.label, material.scores(material.best))
    ranges = {"calibration_slope": calibration_slope_of, "ece": ece_of}
    draws = min(material.settings.replicates, 100)
    return {name: list(range_if_true(rows, metric, replicates=draws)) for name, metric in ranges.items()}
