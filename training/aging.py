"""How fast the past stops teaching: weights that halve with the age of a row's cutoff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from training.errors import TrainingError
from training.examples import Examples
from training.families import LOGISTIC, Context
from training.splits import Split

Floats = npt.NDArray[np.float64]

# None keeps all rows equal; shorter than a quarter would throw most of a history away.
HALF_LIVES_DAYS: tuple[float | None, ...] = (None, 360.0, 180.0, 90.0)
PROBE_STRENGTH = 0.003


def aged(examples: Examples, half_life_days: float | None) -> Examples:
    """Give older rows less weight.

    Parameters
    ----------
    examples
        Rows with cutoffs.
    half_life_days
        Days after which a row weighs half; none leaves the weights as they are.

    Returns
    -------
    training.examples.Examples
        The same rows; the newest cutoff keeps its weight.

    Raises
    ------
    TrainingError
        If the half-life is not above zero.
    """
    if half_life_days is None or examples.cutoff is None:
        return examples
    if not half_life_days > 0:
        raise TrainingError(f"half_life_days {half_life_days}", "a number above 0, or none", "correct the setting")
    age_days = (examples.cutoff.max() - examples.cutoff) / np.timedelta64(1, "D")
    own = np.ones(len(examples)) if examples.weight is None else examples.weight
    return replace(examples, weight=own * 0.5 ** (age_days / half_life_days))


def choose_half_life(
    examples: Examples, split: Split, context: Context, choices: Sequence[float | None] = HALF_LIVES_DAYS
) -> float | None:
    """Choose the half-life under which a quick logistic regression does best on the folds.

    Parameters
    ----------
    examples
        All rows.
    split
        Folds; only where they follow one another in time is there anything to choose.
    context
        Encoding and seed.
    choices
        Half-lives in days.

    Returns
    -------
    float or None
        The best of the choices; the first among equals.
    """
    if examples.cutoff is None or not split.in_time:
        return None
    scores = {
        choice: LOGISTIC.judge(aged(examples, choice), split, {"strength": PROBE_STRENGTH}, context).score
        for choice in choices
    }
    return min(scores, key=lambda choice: scores[choice])
