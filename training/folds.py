"""The folds as families see them: training and validation rows, prepared by what the training rows teach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from training.examples import Examples
from training.preparation import Plan
from training.scoring import best_shift, expit, level_free_log_loss, logit, row_losses
from training.splits import Split

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Folds:
    """Rows, how they are split, and how their columns are prepared.

    Parameters
    ----------
    examples
        All rows; only those in the folds are read.
    split
        The folds.
    plan
        Columns to learn from each fold's training rows.
    """

    examples: Examples
    split: Split
    plan: Plan = field(default_factory=Plan)

    def __iter__(self) -> Iterator[tuple[Examples, Examples]]:
        """Training and validation rows of each fold, made as they are asked for."""
        for fold in self.split.folds:
            yield self.plan.fold(self.examples, fold)

    def __len__(self) -> int:
        return len(self.split.folds)

    @property
    def training_rows(self) -> int:
        """Rows to learn from, of all folds together."""
        return sum(self.rows_of_folds)

    @property
    def rows_of_folds(self) -> list[int]:
        """Rows to learn from of each fold."""
        return [len(fold.train) + len(fold.open_windows) for fold in self.split.folds]

    def mean_loss(self, log_odds: list[Floats]) -> float:
        """Mean over the folds of the level-free log loss of their validation rows."""
        losses = []
        for fold, own in zip(self.split.folds, log_odds, strict=True):
            weight = None if self.examples.weight is None else self.examples.weight[fold.validation]
            losses.append(level_free_log_loss(self.examples.label[fold.validation], own, weight))
        return float(np.mean(losses))

    def row_losses(self, probability: Floats) -> Floats:
        """Logarithmic loss of each validation row with the level of its fold set free, folds one after the other."""
        losses = []
        ends = np.cumsum([len(fold.validation) for fold in self.split.folds])
        for fold, own in zip(self.split.folds, np.split(logit(probability), ends[:-1]), strict=True):
            label = self.examples.label[fold.validation]
            weight = None if self.examples.weight is None else self.examples.weight[fold.validation]
            losses.append(row_losses(label, expit(own + best_shift(label, own, weight))))
        return np.concatenate(losses)
