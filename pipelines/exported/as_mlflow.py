"""The export as MLflow loads it: by `mlflow.pyfunc.load_model(FOLDER)`, which gives probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.exported.manifest import read_export

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from training.model import FittedModel


class Probabilities:
    """What MLflow asks for scores.

    Parameters
    ----------
    model
        The fitted model.
    """

    def __init__(self, model: FittedModel) -> None:
        self._model = model

    def predict(self, signals: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Give the calibrated probability of leaving, shape (rows,)."""
        return self._model.predict(signals)


def _load_pyfunc(path: str) -> Probabilities:
    """Load the model of an export, once its files are found to be as they were written.

    MLflow calls this with the model's folder.
    """
    from training.model import load_model

    read_export(Path(path).parent)
    return Probabilities(load_model(Path(path)))
