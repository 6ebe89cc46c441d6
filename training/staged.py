"""Boosters that tell their margins as they grow: what LightGBM and CatBoost share.

A few written settings are tried. For each, boosters of all folds are grown and their mean validation loss says how many
trees are enough, as in the search of XGBoost's settings.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.budget import MARGIN, Budget
from training.contributions import Contributions
from training.encoding import Encoding
from training.examples import Examples
from training.folds import Folds
from training.model import Core, read_json, write_json
from training.scoring import expit
from training.search_space import Parameters
from training.tune import KEPT, PATIENCE, STEP_ROUNDS, Found

if TYPE_CHECKING:
    from training.families import Context

Floats = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]

ENCODING_FILE = "encoding.json"
BATCH_ROWS = 100_000


@dataclass(frozen=True)
class StagedCore(ABC):
    """Trees of a library, and the encoding of its columns.

    Parameters
    ----------
    encoding
        Columns and categories in the booster's order.
    booster
        The library's own fitted model.
    """

    encoding: Encoding
    booster: Any

    family: ClassVar[str]

    @property
    def features(self) -> list[str]:
        """Columns read, in order."""
        return self.encoding.names

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Probability of each row, shape ``(rows,)``."""
        margins = np.empty(len(frame))
        for rows in _batches(len(frame)):
            margins[rows] = self.margins(self.encoding.matrix(frame.iloc[rows]))
        return expit(margins)

    def importance(self) -> dict[str, float]:
        """Weight of each column, in the library's own unit."""
        return dict(zip(self.features, map(float, self.weights()), strict=True))

    def contributions(self, frame: pd.DataFrame) -> Contributions:
        """What each column adds: path-dependent TreeSHAP (Lundberg et al. 2020)."""
        values, explain = np.empty((len(frame), len(self.features))), self.explainer(len(frame))
        for rows in _batches(len(frame)):
            values[rows] = explain(self.encoding.matrix(frame.iloc[rows]))
        unknown = np.full((1, len(self.features)), np.nan, dtype=np.float32)
        return Contributions(tuple(self.features), values, float(self.parts(unknown)[0, -1]))

    def explainer(self, rows: int) -> Callable[[Matrix], Floats]:
        """Choose what explains so many rows: it gives what each column adds, shape ``(rows, columns)``."""
        return lambda matrix: self.parts(matrix)[:, :-1]

    @abstractmethod
    def margins(self, matrix: Matrix) -> Floats:
        """Log odds of encoded rows, shape ``(rows,)``."""

    @abstractmethod
    def parts(self, matrix: Matrix) -> Floats:
        """What each column adds to encoded rows, and the average row's log odds; shape ``(rows, columns + 1)``."""

    @abstractmethod
    def weights(self) -> Floats:
        """Weight of each column, shape ``(columns,)``."""

    @abstractmethod
    def write(self, folder: Path) -> None:
        """Write the trees."""

    @classmethod
    @abstractmethod
    def read(cls, folder: Path) -> Any:
        """Read the library's model that :meth:`write` wrote."""

    def save(self, folder: Path) -> None:
        """Write the trees in the library's own format, and the encoding as JSON."""
        self.write(folder)
        write_json(folder / ENCODING_FILE, self.encoding.to_json())

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what :meth:`save` wrote."""
        return cls(Encoding.from_json(read_json(folder / ENCODING_FILE)), cls.read(folder))


class GrowingFold(Protocol):
    """Rows of one fold made ready for a library, for all settings that are tried."""

    def grow(self, parameters: Mapping[str, Any], budget: Budget) -> Iterator[Floats]:
        """Margins of the validation rows after each further `STEP_ROUNDS` trees.

        A library that cannot be watched while it grows ends when the budget is used up.
        """


MakeFold = Callable[[Examples, Examples, "Context"], GrowingFold]


@dataclass(frozen=True)
class Staged:
    """A family whose few settings are all tried, as far as there is time for them and the final fit.

    Parameters
    ----------
    make_fold
        Makes ready the training and validation rows of a fold.
    fit_rows
        Fits one model with ``rounds`` trees.
    candidates
        Settings to try, each with a ``learning_rate``; the first is tried whatever the budget.
    """

    make_fold: MakeFold
    fit_rows: Callable[[Examples, Mapping[str, Any], Context], Core]
    candidates: tuple[Parameters, ...]

    def search(self, folds: Folds, context: Context) -> Found:
        """Try candidates; the best has the least mean log loss over the folds at its best number of trees."""
        began = context.budget.spent()
        made = [self.make_fold(train, validation, context) for train, validation in folds]
        making = context.budget.spent() - began
        tried: list[Found] = []
        seconds = 0.0
        for parameters in self.candidates:
            # The next one takes about as long as the last.
            if tried and not context.budget.allows(seconds + _final_seconds(tried, context)):
                break
            began = context.budget.spent()
            tried.append(_followed(made, folds, parameters, context, making))
            seconds = context.budget.spent() - began
        best, *others = sorted(tried, key=lambda found: found.score)
        return replace(best, runners_up=tuple(others[: KEPT - 1]))

    def fit(self, examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
        """Fit on rows with given settings."""
        return self.fit_rows(examples, parameters, context)


def _followed(
    made: Sequence[GrowingFold], folds: Folds, parameters: Parameters, context: Context, making: float
) -> Found:
    """Grow boosters of all folds until their mean loss gets no better, or no more time is left than the fit needs."""
    budget = context.budget.part(folds.training_rows / (folds.training_rows + MARGIN * context.final_rows))
    rounds, grown, score, best = 0, 0, math.inf, [np.empty(0)]
    for margins in zip(*_curves(made, folds, parameters, budget), strict=False):
        grown += STEP_ROUNDS
        loss = folds.mean_loss(list(margins))
        if loss < score:
            rounds, score, best = grown, loss, list(margins)
        if parameters["learning_rate"] * (grown - rounds) > PATIENCE or budget.left() <= 0.0:
            break
    pace = (making + budget.spent() * rounds / grown) / folds.training_rows
    return Found({**parameters, "rounds": rounds}, score, expit(np.concatenate(best)), seconds_a_row=pace)


def _curves(
    made: Sequence[GrowingFold], folds: Folds, parameters: Parameters, budget: Budget
) -> list[Iterator[Floats]]:
    rows = folds.rows_of_folds
    shares = [rows[place] / sum(rows[place:]) for place in range(len(rows))]
    return [_curve(fold, parameters, budget, share) for fold, share in zip(made, shares, strict=True)]


def _curve(fold: GrowingFold, parameters: Parameters, budget: Budget, share: float) -> Iterator[Floats]:
    """Grow one fold in a share of the time that is left when its first margins are asked for."""
    yield from fold.grow(parameters, budget.part(share))


def _final_seconds(tried: Sequence[Found], context: Context) -> float:
    return max(found.seconds_a_row for found in tried) * context.final_rows


def _batches(rows: int) -> Iterator[slice]:
    return (slice(start, start + BATCH_ROWS) for start in range(0, rows, BATCH_ROWS))
