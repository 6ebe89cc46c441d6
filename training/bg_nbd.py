"""The purchase process as a model of its own: what the rhythm of orders tells, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.calibrate import fit_platt
from training.contributions import Contributions
from training.errors import TrainingError
from training.examples import Examples
from training.model import read_json, write_json
from training.purchase_process import RISK
from training.scoring import expit, logit

Floats = npt.NDArray[np.float64]

LINE_FILE = "bg_nbd.json"


@dataclass(frozen=True)
class PurchaseRiskCore:
    """A straight line on the log odds of no order that BG/NBD gives.

    It knows how silence and rhythm go on beyond what training rows show, where trees and bent lines stand still; labels
    give it a slope and a level only.

    Parameters
    ----------
    slope, level
        Of the line; the slope is not negative.
    unknown_log_odds
        Log odds of a customer whose rhythm is not known.
    mean_log_odds
        Mean log odds of the training rows.
    """

    slope: float
    level: float
    unknown_log_odds: float
    mean_log_odds: float

    family: ClassVar[str] = "bg_nbd"

    @property
    def features(self) -> list[str]:
        """The one signal, which the preparation computes."""
        return [RISK]

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Probability of each row, shape ``(rows,)``."""
        return expit(self._log_odds(frame))

    def importance(self) -> dict[str, float]:
        """All weight lies on the one signal."""
        return {RISK: 1.0}

    def contributions(self, frame: pd.DataFrame) -> Contributions:
        """Give all that a row differs from the average to the one signal."""
        return Contributions((RISK,), (self._log_odds(frame) - self.mean_log_odds)[:, None], self.mean_log_odds)

    def save(self, folder: Path) -> None:
        """Write the line as JSON."""
        write_json(folder / LINE_FILE, vars(self))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what :meth:`save` wrote."""
        return cls(**read_json(folder / LINE_FILE))

    def _log_odds(self, frame: pd.DataFrame) -> Floats:
        told = frame[RISK].to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(np.isnan(told), self.unknown_log_odds, self.slope * told + self.level)


def fit_bg_nbd(examples: Examples) -> PurchaseRiskCore:
    """Fit slope and level (Platt 1999) to the risk that the purchase process tells.

    Parameters
    ----------
    examples
        Rows to learn from, with the signals of the process.

    Returns
    -------
    PurchaseRiskCore
        The fitted line; a customer without a known rhythm gets the share of leavers.

    Raises
    ------
    TrainingError
        If there is no purchase process.
    """
    if RISK not in examples.features:
        raise no_rhythm()
    told = examples.features[RISK].to_numpy(dtype=np.float64, na_value=np.nan)
    known, weight = ~np.isnan(told), np.ones(len(examples)) if examples.weight is None else examples.weight
    slope, level = fit_platt(expit(told[known]), examples.label[known], weight[known]).parameters[0]
    share = float(logit(np.array([np.average(examples.label, weights=weight)]))[0])
    mean = float(np.average(np.where(known, slope * told + level, share), weights=weight))
    return PurchaseRiskCore(slope, level, share, mean)


def no_rhythm() -> TrainingError:
    """Make the error of a family that has nothing to read."""
    return TrainingError(
        "the family bg_nbd without a rhythm of orders",
        "customers who leave by not ordering, some of whom bought twice, and train.purchase_process: true",
        "take bg_nbd out of train.families",
    )
