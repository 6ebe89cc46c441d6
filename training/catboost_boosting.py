"""CatBoost on encoded columns, behind the extra ``catboost``; saved as ``.cbm``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.boosting import direction_settings, threads_for
from training.budget import Budget
from training.encoding import Encoding
from training.errors import TrainingError
from training.examples import Examples
from training.extras import extra_library
from training.search_space import Parameters
from training.staged import Matrix, StagedCore
from training.tune import STEP_ROUNDS

if TYPE_CHECKING:
    from training.families import Context

Floats = npt.NDArray[np.float64]

TREES_FILE = "booster.cbm"
# CatBoost grows all trees before it tells how good fewer are.
MOST_ROUNDS = 500

_SAMPLED = {"rsm": 0.5, "l2_leaf_reg": 5.0}
# Shallow for short tables, deep for longer ones; faster learning where trees run out before the curve ends.
CANDIDATES: tuple[Parameters, ...] = (
    {"learning_rate": 0.05, "depth": 4, **_SAMPLED},
    {"learning_rate": 0.05, "depth": 6, **_SAMPLED},
    {"learning_rate": 0.15, "depth": 5, **_SAMPLED},
)


@dataclass(frozen=True)
class CatBoostCore(StagedCore):
    """A ``catboost.CatBoost`` and the encoding of its columns."""

    family: ClassVar[str] = "catboost"

    def margins(self, matrix: Matrix) -> Floats:
        """Log odds of encoded rows."""
        return np.asarray(self.booster.predict(self._pool(matrix), thread_count=threads_for(*matrix.shape)))

    def parts(self, matrix: Matrix) -> Floats:
        """CatBoost's own Shapley values; a combination of categories shares out what it adds among them."""
        return np.asarray(self.booster.get_feature_importance(self._pool(matrix), type="ShapValues"))

    def weights(self) -> Floats:
        """How much predictions change on average with each column, in percent of all columns."""
        return np.asarray(self.booster.get_feature_importance())

    def write(self, folder: Path) -> None:
        """Write the trees; the same trees give the same bytes."""
        self.booster.save_model(str(folder / TREES_FILE))

    @classmethod
    def read(cls, folder: Path) -> Any:
        """Read the trees."""
        return extra_library("catboost").CatBoost().load_model(str(folder / TREES_FILE))

    def _pool(self, matrix: Matrix) -> Any:
        return _pool(matrix, self.encoding)


@dataclass(frozen=True)
class CatBoostFold:
    """Training rows, and encoded validation rows.

    Parameters
    ----------
    train, validation
        Rows as ``catboost.Pool``.
    fixed
        Settings that all boosters share.
    """

    train: Any
    validation: Any
    fixed: Mapping[str, Any]

    def grow(self, parameters: Mapping[str, Any], budget: Budget) -> Iterator[Floats]:
        """Grow as many trees as there is time for, then tell the margins one step after the other."""
        booster = _fitted(self.train, {**self.fixed, **parameters, "rounds": MOST_ROUNDS}, budget)
        steps = booster.tree_count_ // STEP_ROUNDS
        yield from booster.staged_predict(self.validation, ntree_end=steps * STEP_ROUNDS, eval_period=STEP_ROUNDS)


class _InTime:
    """Tells CatBoost to end when the budget is used up, though not before the first step."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget

    def after_iteration(self, info: Any) -> bool:
        """Whether to go on."""
        return info.iteration < STEP_ROUNDS or self.budget.left() > 0.0


def make_fold(train: Examples, validation: Examples, context: Context) -> CatBoostFold:
    """Make ready the rows of a fold once for all settings."""
    validated = _pool(context.encoding.matrix(validation.features), context.encoding)
    return CatBoostFold(_training_pool(train, context), validated, _fixed(len(train), context))


def fit_catboost(examples: Examples, parameters: Mapping[str, Any], context: Context) -> CatBoostCore:
    """Fit a booster on the CPU.

    Parameters
    ----------
    examples
        Rows to learn from.
    parameters
        CatBoost's own names, and ``rounds``: the number of trees.
    context
        Encoding, seed and directions of risk.

    Returns
    -------
    CatBoostCore
        The same rows and seed give the same trees.

    Raises
    ------
    MissingLibrary
        If CatBoost is not installed.
    TrainingError
        If CatBoost refuses the rows.
    """
    settings = {**_fixed(len(examples), context), **parameters}
    booster = _fitted(_training_pool(examples, context), settings, Budget())
    told = booster.get_metadata()
    # When it was fitted, its learning curve and its settings: neither is needed to score, and the first never repeats.
    for name in list(told.keys()):
        del told[name]
    return CatBoostCore(context.encoding, booster)


def _fitted(pool: Any, settings: Mapping[str, Any], budget: Budget) -> Any:
    catboost = extra_library("catboost")
    own = {"iterations" if name == "rounds" else name: value for name, value in settings.items()}
    booster = catboost.CatBoost(own)
    try:
        return booster.fit(pool, callbacks=[_InTime(budget)])
    except catboost.CatBoostError as error:
        said = str(error).splitlines()[0]
        raise TrainingError(
            f"rows that CatBoost refuses ({said})", "rows that it takes", "leave catboost out of train.families"
        ) from error


def _fixed(rows: int, context: Context) -> dict[str, Any]:
    return {
        "loss_function": "Logloss",
        # Its default for many trees. For few it is 1, so that few trees would not be the first of many.
        "leaf_estimation_iterations": 10,
        "random_seed": context.seed,
        "thread_count": threads_for(rows, len(context.encoding.columns)),
        # Few categories one against the rest, more by shares of leavers in a random order of the rows.
        "one_hot_max_size": 8,
        # Of pairs of columns, not of more, which take long and say little.
        "max_ctr_complexity": 2,
        "allow_writing_files": False,
        "logging_level": "Silent",
        **{name: list(signs) for name, signs in direction_settings(context.encoding, context.directions).items()},
    }


def _training_pool(examples: Examples, context: Context) -> Any:
    matrix = context.encoding.matrix(examples.features)
    return _pool(matrix, context.encoding, label=examples.label, weight=examples.relative_weight())


def _pool(matrix: Matrix, encoding: Encoding, **told: Any) -> Any:
    """Rows as CatBoost takes them: positions of categories as categories, with one of its own for what is missing."""
    frame, categories = pd.DataFrame(matrix, copy=False), []
    for place, column in enumerate(encoding.columns):
        if column.categories is not None:
            categories.append(place)
            known = len(column.categories)
            codes = np.nan_to_num(matrix[:, place], nan=known).astype(np.int32)
            frame.isetitem(place, pd.Categorical.from_codes(codes, categories=pd.RangeIndex(known + 1)))
    return extra_library("catboost").Pool(frame, cat_features=categories, **told)
