"""A fitted model: one small interface whatever the family, and files that hold data and no code."""

from __future__ import annotations

import importlib
import json
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.calibrate import Calibrator
from training.contributions import Contributions
from training.errors import TrainingError
from training.preparation import Preparation
from training.venn_abers import VennAbers

Floats = npt.NDArray[np.float64]

FORMAT = 2
MODEL_FILE = "model.json"

# Where the core of each family lives; imported only when a model of that family is asked for.
CORES: dict[str, tuple[str, str]] = {
    "recency_rule": ("training.baselines", "OneColumnRule"),
    "bg_nbd": ("training.bg_nbd", "PurchaseRiskCore"),
    "logistic": ("training.logistic", "LogisticCore"),
    "decision_tree": ("training.trees", "DecisionTreeCore"),
    "hist_boosting": ("training.trees", "HistBoostingCore"),
    "neural_net": ("training.neural_net", "NeuralNetCore"),
    "xgboost": ("training.boosting", "BoostingCore"),
    "lightgbm": ("training.lightgbm_boosting", "LightGBMCore"),
    "catboost": ("training.catboost_boosting", "CatBoostCore"),
    "blend": ("training.blend", "BlendCore"),
}


class Core(Protocol):
    """What one family must do; probabilities are raw, not yet calibrated."""

    family: ClassVar[str]

    @property
    def features(self) -> list[str]:
        """Columns that the model reads, in order."""

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Raw probability of leaving for each row, shape ``(rows,)``."""

    def importance(self) -> dict[str, float]:
        """Weight of each column in the model, 0 or more, in the family's own unit."""

    def contributions(self, frame: pd.DataFrame) -> Contributions:
        """What each of :attr:`features` adds to each row's log odds; a family without such parts raises an error."""

    def save(self, folder: Path) -> None:
        """Write the files of the core into an existing folder."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what :meth:`save` wrote."""


@runtime_checkable
class MakesReady(Protocol):
    """A core that answers for many rows more quickly once it was made ready."""

    def ready_for(self, rows: int) -> Core:
        """Give a core with the same probabilities, for about that many rows."""


@dataclass(frozen=True)
class FittedModel:
    """A model that gives calibrated probabilities.

    Parameters
    ----------
    core
        The family's own model.
    calibrator
        Map from its scores to true probabilities.
    preparation
        What turns the project's columns into those that the core reads.
    venn_abers
        Intervals around the calibrated probabilities, where training was asked for them.
    """

    core: Core
    calibrator: Calibrator
    preparation: Preparation = field(default_factory=Preparation)
    venn_abers: VennAbers | None = None

    @property
    def family(self) -> str:
        """Name of the family."""
        return self.core.family

    @property
    def features(self) -> list[str]:
        """Columns that the model needs, in order."""
        return self.preparation.inputs(self.core.features)

    def predict(self, frame: pd.DataFrame) -> Floats:
        """Score customers.

        Parameters
        ----------
        frame
            Holds at least :attr:`features`; further columns and the order do not matter.

        Returns
        -------
        numpy.ndarray
            Calibrated probability of leaving, shape ``(rows,)``.

        Raises
        ------
        TrainingError
            If a column is absent or of another kind than in training.
        """
        self._check(frame)
        if frame.empty:
            return np.empty(0)
        return self.calibrator.apply(self.core.probability(self.preparation.apply(frame)))

    def ready_for(self, rows: int) -> FittedModel:
        """Give the same model made ready to score about that many rows, where its family knows a quicker way."""
        return replace(self, core=ready_for(self.core, rows))

    def interval(self, frame: pd.DataFrame) -> tuple[Floats, Floats]:
        """Tell how sure the probabilities are.

        Returns
        -------
        tuple
            Lower and upper ends, shape ``(rows,)`` each; :meth:`predict` lies between them.

        Raises
        ------
        TrainingError
            If the model was trained without intervals.
        """
        if self.venn_abers is None:
            raise TrainingError("a model without intervals", "one trained with intervals", "train with intervals: true")
        return self.venn_abers.interval(self.predict(frame))

    def importance(self) -> dict[str, float]:
        """Weight of each column, largest first."""
        return dict(sorted(self.core.importance().items(), key=lambda item: (-item[1], item[0])))

    def contributions(self, frame: pd.DataFrame) -> Contributions:
        """Split each customer's risk into what each column adds.

        Parameters
        ----------
        frame
            Holds at least :attr:`features`; further columns and the order do not matter.

        Returns
        -------
        Contributions
            Log odds over :attr:`features` that sum to those of the family's model, before calibration. What a column
            made by the preparation adds goes in equal shares to the columns that it was made from.

        Raises
        ------
        TrainingError
            If a column is absent or of another kind than in training, or the family has no exact parts.
        """
        self._check(frame)
        own = self.core.contributions(self.preparation.apply(frame))
        return own.attributed(self.features, self.preparation.sources)

    def save(self, folder: Path) -> None:
        """Write the model into a folder, replacing what is there only once everything is written.

        Parameters
        ----------
        folder
            Folder to make; its parent is made too.
        """
        partial = folder.with_name(folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        self.core.save(partial)
        described = {
            "format": FORMAT,
            "family": self.family,
            "features": self.features,
            "calibrator": self.calibrator.to_json(),
            "preparation": self.preparation.to_json(),
            "venn_abers": None if self.venn_abers is None else self.venn_abers.to_json(),
        }
        write_json(partial / MODEL_FILE, described)
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)

    def _check(self, frame: pd.DataFrame) -> None:
        absent = [name for name in self.features if name not in frame.columns]
        if absent:
            raise TrainingError(
                f"a frame without {len(absent)} of the model's {len(self.features)} columns ({', '.join(absent[:5])})",
                "every column that the model learnt from",
                "compute the same signals for scoring as for training",
            )


def load_model(folder: Path) -> FittedModel:
    """Read a model that :meth:`FittedModel.save` wrote; no code is run from its files.

    Parameters
    ----------
    folder
        Folder of the model.

    Returns
    -------
    FittedModel
        Gives exactly the same probabilities as the one saved.

    Raises
    ------
    TrainingError
        If the folder holds no model, a damaged one, or one of an unknown format or family.
    """
    described = _read_description(folder)
    family = described.get("family")
    if described.get("format") != FORMAT or family not in CORES:
        raise TrainingError(
            f"a model of format {described.get('format')} and family {family!r} in {folder}",
            f"format {FORMAT} and one of {', '.join(CORES)}",
            "train it again with this version",
        )
    try:
        return FittedModel(
            core_class(family).load(folder),
            Calibrator.from_json(described["calibrator"]),
            Preparation.from_json(described["preparation"]),
            None if described["venn_abers"] is None else VennAbers.from_json(described["venn_abers"]),
        )
    except TrainingError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, FileNotFoundError) as problem:
        raise _unreadable(folder) from problem


def ready_for(core: Core, rows: int) -> Core:
    """Make a core ready to answer for about that many rows."""
    return core.ready_for(rows) if isinstance(core, MakesReady) else core


def core_class(family: str) -> type[Core]:
    """Class of a family's core, imported on demand."""
    module, name = CORES[family]
    found: type[Core] = getattr(importlib.import_module(module), name)
    return found


def write_json(path: Path, values: Any) -> None:
    """Write plain values so that the same values give the same bytes."""
    path.write_text(json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read plain values."""
    return json.loads(path.read_text(encoding="utf-8"))


def _read_description(folder: Path) -> dict[str, Any]:
    try:
        described = read_json(folder / MODEL_FILE)
    except (OSError, ValueError) as problem:
        raise _unreadable(folder) from problem
    if not isinstance(described, dict):
        raise _unreadable(folder)
    return described


def _unreadable(folder: Path) -> TrainingError:
    return TrainingError(
        f"no readable model in {folder}",
        f"a folder with {MODEL_FILE}, as it was saved",
        "train again, or correct the path",
    )
