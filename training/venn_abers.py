"""How sure a probability is: the interval between two calibrations that take the next customer for each outcome.

Inductive Venn-Abers prediction (Vovk, Petej and Fedorova 2015): the customer's score is added to the validation slice
once as a stayer and once as a leaver, and isotonic regression is fitted both times. One of the two is calibrated by
construction; where few customers have such a score, the two lie far apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.errors import TrainingError
from training.scoring import clip, logit

Floats = npt.NDArray[np.float64]

GRID_POINTS = 101


@dataclass(frozen=True)
class VennAbers:
    """Both calibrations at a grid of scores.

    Parameters
    ----------
    scores
        Increasing log odds, shape ``(points,)``.
    low, high
        Probability when the customer is taken for a stayer and for a leaver.
    """

    scores: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def interval(self, probability: npt.NDArray[Any]) -> tuple[Floats, Floats]:
        """Lower and upper end for each probability, shape ``(rows,)`` each; the given one is always inside."""
        given = clip(probability)
        score = logit(given)
        low, high = np.interp(score, self.scores, self.low), np.interp(score, self.scores, self.high)
        return np.minimum(low, given), np.maximum(high, given)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {name: list(values) for name, values in vars(self).items()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> VennAbers:
        """Read back what :meth:`to_json` wrote."""
        return cls(**{name: tuple(numbers) for name, numbers in values.items()})


def fit_venn_abers(probability: npt.NDArray[Any], label: npt.NDArray[Any]) -> VennAbers:
    """Fit on validation predictions.

    Parameters
    ----------
    probability
        Probabilities for rows that the model has not seen, shape ``(rows,)``.
    label
        0 or 1, both present.

    Returns
    -------
    VennAbers
        Intervals at 101 scores spread like those of the slice.

    Raises
    ------
    TrainingError
        If only one class is present.
    """
    if len(np.unique(label)) < 2:
        raise TrainingError(
            f"{len(label)} validation rows of one class",
            "both classes",
            "validate on more rows, or leave intervals out",
        )
    score = logit(probability)
    grid = np.unique(np.quantile(score, np.linspace(0, 1, GRID_POINTS)))
    ends = np.array([[_calibrated_at(point, outcome, score, label) for outcome in (0, 1)] for point in grid])
    return VennAbers(tuple(map(float, grid)), tuple(map(float, ends[:, 0])), tuple(map(float, ends[:, 1])))


def _calibrated_at(point: float, outcome: int, score: Floats, label: npt.NDArray[Any]) -> float:
    from sklearn.isotonic import IsotonicRegression

    fitted = IsotonicRegression().fit(np.append(score, point), np.append(label, outcome))
    return float(fitted.predict([point])[0])
