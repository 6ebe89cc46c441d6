"""The model families behind one interface: search settings on the folds, then fit on rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from training.baselines import choose_rule_column, fit_rule
from training.budget import Budget
from training.encoding import Encoding
from training.examples import Examples
from training.logistic import fit_logistic
from training.model import Core
from training.scoring import level_free_log_loss, logit
from training.search_space import Parameters
from training.splits import Split
from training.tune import Found, OnTrial, search

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Context:
    """What every family may need beside the rows.

    Parameters
    ----------
    encoding
        Kinds and categories of the columns.
    seed
        The same seed gives the same model.
    device
        ``cpu`` or ``cuda``.
    trials
        Trials of a search.
    budget
        Time for the search.
    recency_column
        Column of the recency rule; none lets the rule choose the best single one.
    starts
        Good settings of earlier runs.
    study_file
        Where a search keeps its trials, so that it can be continued.
    on_trial
        Told of each trial.
    """

    encoding: Encoding
    seed: int
    device: str
    trials: int
    budget: Budget
    recency_column: str | None = None
    starts: tuple[Parameters, ...] = ()
    study_file: Path | None = None
    on_trial: OnTrial | None = None


class Family(Protocol):
    """A kind of model."""

    def search(self, examples: Examples, split: Split, context: Context) -> Found:
        """Find settings by the folds of the split, with predictions for the pooled validation rows."""

    def fit(self, examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
        """Fit on rows with given settings."""


Fit = Callable[[Examples, Mapping[str, Any], Context], Core]


@dataclass(frozen=True)
class Grid:
    """A family whose few settings are all tried.

    Parameters
    ----------
    fit_rows
        Fits one model.
    candidates
        Settings to try; one of them may be empty.
    """

    fit_rows: Fit
    candidates: tuple[Parameters, ...] = field(default=({},))

    def search(self, examples: Examples, split: Split, context: Context) -> Found:
        """Try all candidates and keep the one with the least mean log loss over the folds."""
        tried = (
            self.judge(examples, split, parameters, context)
            for number, parameters in enumerate(self.candidates)
            if number == 0 or context.budget.left() > 0
        )
        return min(tried, key=lambda found: found.score)

    def judge(self, examples: Examples, split: Split, parameters: Parameters, context: Context) -> Found:
        """Predict the validation rows of each fold by a model fitted on the fold's training rows."""
        predicted = [
            self.fit_rows(examples.take(fold.train), parameters, context).probability(
                examples.features.iloc[fold.validation]
            )
            for fold in split.folds
        ]
        return Found(parameters, _mean_loss(examples, split, predicted), np.concatenate(predicted))

    def fit(self, examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
        """Fit on rows with given settings."""
        return self.fit_rows(examples, parameters, context)


class Logistic:
    """Logistic regression with a search of its penalty."""

    def search(self, examples: Examples, split: Split, context: Context) -> Found:
        """Try penalties on designs made once a fold."""
        from training.logistic_search import search_logistic

        return search_logistic(examples, split, context.encoding, context.budget)

    def fit(self, examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
        """Fit on rows with given settings."""
        return fit_logistic(examples, context.encoding, parameters)


class Boosting:
    """XGBoost with a search of its settings."""

    def search(self, examples: Examples, split: Split, context: Context) -> Found:
        """Search with Optuna."""
        return search(
            examples,
            split,
            context.encoding,
            trials=context.trials,
            budget=context.budget,
            seed=context.seed,
            device=context.device,
            starts=context.starts,
            study_file=context.study_file,
            on_trial=context.on_trial,
        )

    def fit(self, examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
        """Fit on rows with given settings."""
        from training.boosting import fit_boosting

        return fit_boosting(examples, context.encoding, parameters, seed=context.seed, device=context.device)


def _mean_loss(examples: Examples, split: Split, predicted: list[Floats]) -> float:
    losses = []
    for fold, probability in zip(split.folds, predicted, strict=True):
        weight = None if examples.weight is None else examples.weight[fold.validation]
        losses.append(level_free_log_loss(examples.label[fold.validation], logit(probability), weight))
    return float(np.mean(losses))


def _fit_rule(examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
    column = choose_rule_column(examples, context.encoding, context.recency_column, seed=context.seed)
    return fit_rule(examples, context.encoding, column)


FAMILIES: dict[str, Family] = {
    "recency_rule": Grid(_fit_rule),
    "logistic": Logistic(),
    "xgboost": Boosting(),
}
