"""How fast the past stops teaching: weights that halve with the age of a row's cutoff."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from training.errors import TrainingError
from training.examples import Examples

Floats = npt.NDArray[np.float64]


def age_factor(examples: Examples, half_life_days: float | None) -> Floats | None:
    """Weight of each row after its age.

    Parameters
    ----------
    examples
        Rows with cutoffs.
    half_life_days
        Days after which a row weighs half; none leaves the weights as they are.

    Returns
    -------
    numpy.ndarray or None
        The row's own weight times ``0.5 ** (age / half-life)``, age counted from the newest cutoff among the rows.

    Raises
    ------
    TrainingError
        If the half-life is not above zero.
    """
    if half_life_days is None or examples.cutoff is None:
        return examples.weight
    if not half_life_days > 0:
        raise TrainingError(f"half_life_days {half_life_days}", "a number above 0, or none", "correct the setting")
    age_days = (examples.cutoff.max() - examples.cutoff) / np.timedelta64(1, "D")
    own = np.ones(len(examples)) if examples.weight is None else examples.weight
    return np.asarray(own * 0.5 ** (age_days / half_life_days), dtype=np.float64)


def aged(examples: Examples, half_life_days: float | None) -> Examples:
    """Give older rows less weight, as in :func:`age_factor`."""
    return replace(examples, weight=age_factor(examples, half_life_days))
