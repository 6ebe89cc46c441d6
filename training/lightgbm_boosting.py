"""LightGBM on encoded columns, behind the extra ``lightgbm``; saved as its text of trees."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from training.boosting import direction_settings, threads_for
from training.budget import Budget
from training.encoding import Encoding
from training.examples import Examples
from training.extras import extra_library
from training.search_space import Parameters
from training.staged import Matrix, StagedCore
from training.tune import MOST_ROUNDS, STEP_ROUNDS

if TYPE_CHECKING:
    from training.families import Context

Floats = npt.NDArray[np.float64]

TREES_FILE = "booster.txt"
# What follows the trees in LightGBM's text: importances that follow from them, and settings such as the number of
# threads, which differ from one machine to another.
END = "end of trees\n"
# Rows from which compiled contributions are worth loading their code (1 s): LightGBM explains some 600 rows a second.
COMPILED_ROWS = 1_000

_SAMPLED = {"feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5.0}
# Trees grow by leaves: few for short tables, more for long ones. Drawn thresholds are what differs most from XGBoost.
CANDIDATES: tuple[Parameters, ...] = (
    {"learning_rate": 0.05, "num_leaves": 8, "min_sum_hessian_in_leaf": 5.0, **_SAMPLED},
    {"learning_rate": 0.05, "num_leaves": 24, "min_sum_hessian_in_leaf": 20.0, **_SAMPLED},
    {"learning_rate": 0.08, "num_leaves": 4, "min_sum_hessian_in_leaf": 5.0, **_SAMPLED},
    {"learning_rate": 0.05, "num_leaves": 24, "min_sum_hessian_in_leaf": 5.0, "extra_trees": True, **_SAMPLED},
)


@dataclass(frozen=True)
class LightGBMCore(StagedCore):
    """A ``lightgbm.Booster`` and the encoding of its columns."""

    family: ClassVar[str] = "lightgbm"

    def margins(self, matrix: Matrix) -> Floats:
        """Log odds of encoded rows."""
        return np.asarray(self.booster.predict(matrix, raw_score=True, num_threads=threads_for(*matrix.shape)))

    def parts(self, matrix: Matrix) -> Floats:
        """LightGBM's own ``pred_contrib``."""
        return np.asarray(self.booster.predict(matrix, pred_contrib=True))

    def weights(self) -> Floats:
        """Gain in total of the splits on each column."""
        return np.asarray(self.booster.feature_importance("gain"))

    def explainer(self, rows: int) -> Callable[[Matrix], Floats]:
        """Take :mod:`training.tree_contributions` for many rows, where numba is installed."""
        if rows < COMPILED_ROWS or importlib.util.find_spec("numba") is None:
            return super().explainer(rows)
        from training.lightgbm_trees import read_trees
        from training.tree_contributions import TreeExplainer

        sizes = [len(column.categories or ()) for column in self.encoding.columns]
        return TreeExplainer.of(read_trees(_text(self.booster), sizes)).values

    def write(self, folder: Path) -> None:
        """Write the text of the trees; the same trees give the same bytes."""
        (folder / TREES_FILE).write_text(_text(self.booster), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Any:
        """Read the text of the trees."""
        return _booster((folder / TREES_FILE).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class LightGBMFold:
    """Training rows in LightGBM's bins, and encoded validation rows.

    Parameters
    ----------
    train
        A ``lightgbm.Dataset``.
    validation
        Encoded rows.
    fixed
        Settings that all boosters share.
    """

    train: Any
    validation: Matrix
    fixed: Mapping[str, Any]

    def grow(self, parameters: Mapping[str, Any], budget: Budget) -> Iterator[Floats]:
        """Add trees as long as somebody asks."""
        booster = extra_library("lightgbm").Booster({**self.fixed, **parameters}, self.train)
        margins = np.zeros(len(self.validation))
        for start in range(0, MOST_ROUNDS, STEP_ROUNDS):
            for _ in range(STEP_ROUNDS):
                booster.update()
            margins = margins + booster.predict(
                self.validation, raw_score=True, start_iteration=start, num_iteration=STEP_ROUNDS
            )
            yield margins


def make_fold(train: Examples, validation: Examples, context: Context) -> LightGBMFold:
    """Bin the rows of a fold once for all settings."""
    fixed = _fixed(len(train), context)
    return LightGBMFold(_dataset(train, context, fixed), context.encoding.matrix(validation.features), fixed)


def fit_lightgbm(examples: Examples, parameters: Mapping[str, Any], context: Context) -> LightGBMCore:
    """Fit a booster on the CPU.

    Parameters
    ----------
    examples
        Rows to learn from.
    parameters
        LightGBM's own names, and ``rounds``: the number of trees.
    context
        Encoding, seed and directions of risk.

    Returns
    -------
    LightGBMCore
        The same rows and seed give the same trees.

    Raises
    ------
    MissingLibrary
        If LightGBM is not installed.
    """
    fixed = _fixed(len(examples), context)
    settings = {name: value for name, value in parameters.items() if name != "rounds"}
    booster = extra_library("lightgbm").Booster({**fixed, **settings}, _dataset(examples, context, fixed))
    for _ in range(int(parameters["rounds"])):
        booster.update()
    # Read from its own text, so that a model in memory and one from its files are the same to the last digit.
    return LightGBMCore(context.encoding, _booster(_text(booster)))


def _fixed(rows: int, context: Context) -> dict[str, Any]:
    return {
        "objective": "binary",
        "seed": context.seed,
        # With these two the trees do not depend on threads.
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": threads_for(rows, len(context.encoding.columns)),
        # Settings with other sizes of leaves share the bins.
        "feature_pre_filter": False,
        "verbosity": -1,
        **direction_settings(context.encoding, context.directions),
    }


def _dataset(examples: Examples, context: Context, fixed: Mapping[str, Any]) -> Any:
    matrix = context.encoding.matrix(examples.features)
    return extra_library("lightgbm").Dataset(
        matrix,
        examples.label,
        weight=examples.relative_weight(),
        categorical_feature=_categories(context.encoding),
        params=dict(fixed),
    )


def _categories(encoding: Encoding) -> list[int]:
    return [place for place, column in enumerate(encoding.columns) if column.categories is not None]


def _text(booster: Any) -> str:
    trees, end, _ = booster.model_to_string().partition(END)
    return f"{trees}{end}"


def _booster(text: str) -> Any:
    return extra_library("lightgbm").Booster(model_str=text)
