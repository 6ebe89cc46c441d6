"""The model of an export: signals in, probabilities, horizons and bands out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipelines.bands import bands_of
from training.horizons import Horizons, load_horizons
from training.model import FittedModel, load_model

FOLDER = "model"


@dataclass(frozen=True)
class Exported:
    """A model and what its manifest says of it.

    Parameters
    ----------
    manifest
        Of the export.
    model
        The fitted model.
    horizons
        How its risk is spread over shorter horizons, where it was trained for some.
    """

    manifest: dict[str, Any]
    model: FittedModel
    horizons: Horizons | None

    @classmethod
    def read(cls, folder: Path, manifest: dict[str, Any]) -> Exported:
        """Read the model of an export whose manifest has been checked."""
        return cls(manifest, load_model(folder / FOLDER), load_horizons(folder / FOLDER))

    @property
    def horizon_days(self) -> int:
        """Days that the probability looks ahead; 0 for a flat table, which has no time."""
        label = self.manifest["label"]
        return int(label["horizon_days"]) if label else 0

    @property
    def valid_for(self) -> timedelta:
        """How long a score holds."""
        return timedelta(days=self.manifest["valid_days"])

    def scored(self, signals: pd.DataFrame) -> pd.DataFrame:
        """Score customers.

        Parameters
        ----------
        signals
            With ``customer_id``, ``as_of`` and the model's signals, one row a customer and instant.

        Returns
        -------
        pandas.DataFrame
            ``customer_id``, ``as_of``, ``horizon_days``, ``probability`` and ``band``; a row for each shorter horizon
            as well, which has no band.
        """
        probability = self.model.predict(signals)
        keys = signals[["customer_id", "as_of"]].reset_index(drop=True)
        whole = keys.assign(
            horizon_days=self.horizon_days,
            probability=probability,
            band=bands_of(probability, self.manifest["bands"]),
        )
        return pd.concat([whole, *self._sooner(keys, signals, probability)], ignore_index=True)

    def _sooner(self, keys: pd.DataFrame, signals: pd.DataFrame, probability: np.ndarray) -> list[pd.DataFrame]:
        if self.horizons is None:
            return []
        risk = self.horizons.risk(signals, probability)
        return [
            keys.assign(horizon_days=int(days), probability=risk[:, place], band=None)
            for place, days in enumerate(self.horizons.days[:-1])
        ]
