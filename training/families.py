"""The model families behind one interface: search settings on the folds, then fit on rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from training import catboost_boosting, lightgbm_boosting
from training.baselines import choose_rule_column, fit_rule
from training.bg_nbd import fit_bg_nbd
from training.budget import Budget
from training.encoding import Encoding
from training.examples import Examples
from training.folds import Folds
from training.logistic import fit_logistic
from training.model import Core
from training.scoring import logit
from training.search_space import Parameters
from training.staged import Staged
from training.tune import Found, OnTrial, search


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
    directions
        Columns along which the risk of boosters may only rise (1) or only fall (-1).
    starts
        Good settings of earlier runs.
    study_file
        Where a search keeps its trials, so that it can be continued.
    on_trial
        Told of each trial.
    final_rows
        Rows of the final fit, for which a search leaves time.
    rows_afterwards
        Rows that the booster's settings will still learn from after that.
    """

    encoding: Encoding
    seed: int
    device: str
    trials: int
    budget: Budget
    recency_column: str | None = None
    directions: Mapping[str, int] = field(default_factory=dict)
    starts: tuple[Parameters, ...] = ()
    study_file: Path | None = None
    on_trial: OnTrial | None = None
    final_rows: int = 0
    rows_afterwards: int = 0


class Family(Protocol):
    """A kind of model."""

    def search(self, folds: Folds, context: Context) -> Found:
        """Find settings by the folds, with predictions for their validation rows."""

    def fit(self, examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
        """Fit on rows with given settings."""


Fit = Callable[[Examples, Mapping[str, Any], Context], Core]


@dataclass(frozen=True)
class Grid:
    """A family whose few settings are all tried, as far as there is time for them and the final fit.

    Parameters
    ----------
    fit_rows
        Fits one model.
    candidates
        Settings to try; one of them may be empty. The first is tried whatever the budget.
    """

    fit_rows: Fit
    candidates: tuple[Parameters, ...] = field(default=({},))

    def search(self, folds: Folds, context: Context) -> Found:
        """Try candidates and keep the one with the least mean log loss over the folds."""
        tried: list[Found] = []
        for parameters in self.candidates:
            # The next one takes as long as the last, and so does the final fit for each of its rows.
            rows = context.final_rows + folds.training_rows
            if not tried or context.budget.allows(tried[-1].seconds_a_row * rows):
                tried.append(self._judge(folds, parameters, context))
        return min(tried, key=lambda found: found.score)

    def fit(self, examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
        """Fit on rows with given settings."""
        return self.fit_rows(examples, parameters, context)

    def _judge(self, folds: Folds, parameters: Parameters, context: Context) -> Found:
        began = context.budget.spent()
        predicted = [
            self.fit_rows(train, parameters, context).probability(validation.features) for train, validation in folds
        ]
        pace = (context.budget.spent() - began) / folds.training_rows
        loss = folds.mean_loss([logit(own) for own in predicted])
        return Found(parameters, loss, np.concatenate(predicted), seconds_a_row=pace)


class Logistic:
    """Logistic regression with a search of its penalty."""

    def search(self, folds: Folds, context: Context) -> Found:
        """Try penalties on designs made once a fold."""
        from training.logistic_search import search_logistic

        return search_logistic(folds, context.encoding, context.budget, context.final_rows)

    def fit(self, examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
        """Fit on rows with given settings."""
        return fit_logistic(examples, context.encoding, parameters)


class Boosting:
    """XGBoost with a search of its settings."""

    def search(self, folds: Folds, context: Context) -> Found:
        """Search with Optuna."""
        from training.boosting import direction_settings

        return search(
            folds,
            context.encoding,
            trials=context.trials,
            budget=context.budget,
            seed=context.seed,
            device=context.device,
            fixed=direction_settings(context.encoding, context.directions),
            starts=context.starts,
            study_file=context.study_file,
            on_trial=context.on_trial,
            final_rows=context.final_rows + context.rows_afterwards,
        )

    def fit(self, examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
        """Fit on rows with given settings."""
        from training.boosting import direction_settings, fit_boosting

        fixed = direction_settings(context.encoding, context.directions)
        return fit_boosting(
            examples, context.encoding, {**parameters, **fixed}, seed=context.seed, device=context.device
        )


def _fit_rule(examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
    column = choose_rule_column(examples, context.encoding, context.recency_column, seed=context.seed)
    return fit_rule(examples, context.encoding, column)


def _fit_bg_nbd(examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
    return fit_bg_nbd(examples)


def _fit_decision_tree(examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
    from training.trees import fit_decision_tree

    return fit_decision_tree(examples, context.encoding, parameters, seed=context.seed)


def _fit_hist_boosting(examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
    from training.trees import fit_hist_boosting

    return fit_hist_boosting(examples, context.encoding, parameters, seed=context.seed)


def _fit_neural_net(examples: Examples, parameters: Mapping[str, Any], context: Context) -> Core:
    from training.neural_net import fit_neural_net

    return fit_neural_net(examples, context.encoding, parameters, seed=context.seed)


_DECISION_TREES = (
    {"max_leaf_nodes": 16, "min_leaf_share": 0.01},
    {"max_leaf_nodes": 8, "min_leaf_share": 0.02},
    {"max_leaf_nodes": 32, "min_leaf_share": 0.005},
)
_HIST_BOOSTINGS = (
    {"max_iter": 120, "learning_rate": 0.05, "max_leaf_nodes": 8, "min_samples_leaf": 40, "l2_regularization": 5.0},
    {"max_iter": 250, "learning_rate": 0.05, "max_leaf_nodes": 4, "min_samples_leaf": 40, "l2_regularization": 5.0},
    {"max_iter": 120, "learning_rate": 0.05, "max_leaf_nodes": 24, "min_samples_leaf": 40, "l2_regularization": 5.0},
)
_NEURAL_NETS = ({"hidden": 16, "alpha": 1.0}, {"hidden": 16, "alpha": 10.0}, {"hidden": 48, "alpha": 3.0})

FAMILIES: dict[str, Family] = {
    "recency_rule": Grid(_fit_rule),
    "bg_nbd": Grid(_fit_bg_nbd),
    "logistic": Logistic(),
    "decision_tree": Grid(_fit_decision_tree, _DECISION_TREES),
    "hist_boosting": Grid(_fit_hist_boosting, _HIST_BOOSTINGS),
    "neural_net": Grid(_fit_neural_net, _NEURAL_NETS),
    "xgboost": Boosting(),
    "lightgbm": Staged(lightgbm_boosting.make_fold, lightgbm_boosting.fit_lightgbm, lightgbm_boosting.CANDIDATES),
    "catboost": Staged(catboost_boosting.make_fold, catboost_boosting.fit_catboost, catboost_boosting.CANDIDATES),
}
