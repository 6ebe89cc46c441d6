"""Whether the probabilities mean what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.judging.material import Material

if TYPE_CHECKING:
    import pandas as pd

BINS = 10


def parts(material: Material) -> dict[str, float]:
    """Split the Brier score, and say what part of the uncertainty the model takes away."""
    from evaluation.model.calibration import brier_parts

    found = brier_parts(material.label, material.scores(material.best), bins=BINS)
    return {**vars(found), "brier": found.brier, "skill": 1 - found.brier / found.uncertainty}


def reliability(material: Material) -> pd.DataFrame:
    """Give what was said against what happened, with intervals."""
    from evaluation.model.calibration import reliability_curve

    return reliability_curve(material.label, material.scores(material.best), material.customer, bins=BINS)


def expected_by_chance(material: Material) -> dict[str, Any]:
    """Give the range in which slope and calibration error of a truthful model would lie on so many customers."""
    from evaluation.model.calibration import calibration_slope_of, ece_of
    from evaluation.model.consistency import range_if_true
    from evaluation.model.rows import Rows

    rows = Rows.of_probabilities(material.label, material.scores(material.best))
    ranges = {"calibration_slope": calibration_slope_of, "ece": ece_of}
    draws = min(material.settings.replicates, 100)
    return {name: list(range_if_true(rows, metric, replicates=draws)) for name, metric in ranges.items()}
