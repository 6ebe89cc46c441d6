"""Risk within shorter horizons than the one a model was trained for, consistent with it.

The model says how likely a customer leaves within the whole horizon; a discrete-time hazard model says how that risk is
spread over it. With ``S`` the hazard model's share still here, the risk within ``h`` of ``H`` days is
``1 - (1 - p) ** (log S(h) / log S(H))``: it never falls as ``h`` grows, and is the model's own ``p`` at ``H``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.encoding import learn_encoding
from training.errors import TrainingError
from training.examples import Examples
from training.time_to_event import Durations, HazardModel, fit_hazard

Floats = npt.NDArray[np.float64]

FOLDER = "horizons"
PARAMETERS: Mapping[str, Any] = {
    "learning_rate": 0.05,
    "max_depth": 4,
    "min_child_weight": 5,
    "subsample": 0.8,
    "colsample_bytree": 0.8,
    "reg_lambda": 1.0,
    "rounds": 300,
}
"""Settings of the booster where no search has found better ones."""
_LEAST = 1e-9


@dataclass(frozen=True)
class Horizons:
    """How the risk of a customer is spread over the horizon.

    Parameters
    ----------
    hazard
        Its last edge is the whole horizon.
    """

    hazard: HazardModel

    @property
    def days(self) -> tuple[float, ...]:
        """The horizons in days, ascending; the last is the whole one."""
        return self.hazard.edges_days

    def ready_for(self, rows: int) -> Horizons:
        """Give the same spread made ready for about that many rows."""
        return Horizons(self.hazard.ready_for(rows))

    def risk(self, frame: pd.DataFrame, probability: Floats) -> Floats:
        """Give the probability of leaving within each horizon.

        Parameters
        ----------
        frame
            Signals, among them ``hazard.features``.
        probability
            Of leaving within the whole horizon, shape ``(rows,)``.

        Returns
        -------
        numpy.ndarray
            Shape ``(rows, horizons)``, ascending along the second axis; the last column is `probability`.
        """
        shares = self._shares(frame)
        risk = -np.expm1(shares * np.log1p(-np.clip(probability, 0.0, 1.0 - _LEAST))[:, None])
        risk[:, -1] = probability
        return np.minimum(risk, probability[:, None])

    def expected_days(self, frame: pd.DataFrame, probability: Floats) -> Floats:
        """Days that a customer is expected to stay of the whole horizon, shape ``(rows,)``."""
        here = 1.0 - np.column_stack([np.zeros(len(frame)), self.risk(frame, probability)])
        return np.asarray((here[:, :-1] + here[:, 1:]) / 2 @ np.diff([0.0, *self.days]))

    def save(self, folder: Path) -> None:
        """Write into the folder of the model to which it belongs."""
        self.hazard.save(folder / FOLDER)

    def _shares(self, frame: pd.DataFrame) -> Floats:
        """Part of the logarithmic risk that falls before each horizon, 0 to 1; by days where there is no risk."""
        spent = -np.log(np.clip(self.hazard.survival(frame), _LEAST, 1.0))
        whole = spent[:, -1:]
        by_days = np.array(self.days) / self.days[-1]
        return np.where(whole > _LEAST, spent / np.maximum(whole, _LEAST), by_days)


def load_horizons(folder: Path) -> Horizons | None:
    """Read what :meth:`Horizons.save` wrote beside a model; none where it has one horizon alone."""
    return Horizons(HazardModel.load(folder / FOLDER)) if (folder / FOLDER).is_dir() else None


def fit_horizons(
    examples: Examples,
    left_after_days: Floats,
    days: Sequence[float],
    *,
    parameters: Mapping[str, Any] = PARAMETERS,
    seed: int = 0,
) -> Horizons:
    """Fit how risk is spread over the horizon.

    Parameters
    ----------
    examples
        Labelled rows to learn from.
    left_after_days
        Days after which each customer left, shape ``(rows,)``; read where the label is 1.
    days
        The horizons in days, ascending; the last is the one of the labels.
    parameters
        Settings of the booster.
    seed
        The same seed gives the same model.

    Returns
    -------
    Horizons
        The fitted spread.

    Raises
    ------
    TrainingError
        If a customer left at an unknown time, or the horizons do not increase.
    """
    durations = _durations(examples, left_after_days, float(days[-1]))
    encoding = learn_encoding(examples.features)
    return Horizons(fit_hazard(examples, durations, encoding, edges_days=days, parameters=parameters, seed=seed))


def _durations(examples: Examples, left_after_days: Floats, horizon_days: float) -> Durations:
    left = examples.label == 1
    unknown = int(np.isnan(left_after_days[left]).sum())
    if unknown:
        raise TrainingError(
            f"several horizons, and {unknown:,} of {int(left.sum()):,} customers who left at an unknown time",
            "a definition of churn that tells the day, such as contractual",
            "leave train.horizons_days empty, or label contracts",
        )
    # A customer who leaves in the last instant of the window has left within it.
    inside = np.minimum(left_after_days, np.nextafter(horizon_days, 0.0))
    return Durations(np.where(left, inside, horizon_days), left)
