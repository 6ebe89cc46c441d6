"""Models of uplift: how much more of an outcome treatment brings to a customer, learnt from an experiment.

Three ways to make one of boosted trees: ``t``, one model an arm and their difference; ``x``, effects imputed from the
other arm's model (Kunzel, Sekhon, Bickel and Yu 2019); ``dr``, doubly robust effects as the target of a regression
(Kennedy 2020). Arms were drawn at random with a known probability, which is never estimated.

Where a risk was told before, an effect is learnt as a part of it: who has hardly any risk has hardly anything to gain,
and says little about those who have. What is left to learn is who responds, for which few customers suffice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.encoding import Encoding, learn_encoding
from training.errors import TrainingError

if TYPE_CHECKING:
    import xgboost

Floats = npt.NDArray[np.float64]
Learner = Literal["t", "x", "dr"]
LEARNERS: tuple[Learner, ...] = ("t", "x", "dr")
FEWEST_ROWS = 200
"""Rows that each arm needs; differences of a few points say nothing below."""


@dataclass(frozen=True)
class Experiment:
    """Rows of an experiment.

    Parameters
    ----------
    features
        What was known of each customer before the assignment, the score among it; shape ``(rows, columns)``.
    outcome
        Shape ``(rows,)``, more is better: stayed (1) or not (0), or an amount.
    treated
        Shape ``(rows,)``, the arm.
    propensity
        Shape ``(rows,)``, probability of treatment, above 0 and below 1.
    risk
        Shape ``(rows,)``, probability of leaving as told before, above 0; for outcomes that are stayed (1) or not (0).

    Raises
    ------
    TrainingError
        If lengths differ, a propensity lies outside (0, 1), a risk is not above 0, or an arm has fewer than 200 rows.
    """

    features: pd.DataFrame
    outcome: Floats
    treated: npt.NDArray[np.bool_]
    propensity: Floats
    risk: Floats | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.features), len(self.outcome), len(self.treated), len(self.propensity), len(self.scale)}
        if len(lengths) > 1:
            raise TrainingError(f"columns of {sorted(lengths)} rows", "one length", "build them from the same rows")
        smallest = min(int(self.treated.sum()), int((~self.treated).sum()))
        if smallest < FEWEST_ROWS:
            raise TrainingError(
                f"an arm of {smallest} rows", f"{FEWEST_ROWS} rows an arm", "go on with the experiment, or pool several"
            )
        if not ((self.propensity > 0) & (self.propensity < 1)).all():
            raise TrainingError("a propensity of 0 or 1", "above 0 and below 1", "leave out who was never randomised")
        if not (self.scale > 0).all():
            raise TrainingError("a risk of 0 or below", "above 0", "give each row the probability told before")

    @property
    def scale(self) -> Floats:
        """What effects are learnt as a part of: the risk, or 1."""
        return np.ones(len(self.outcome)) if self.risk is None else self.risk

    @property
    def surprise(self) -> Floats:
        """Outcome less the one expected, in units of the scale; the outcome itself without a risk."""
        return self.outcome if self.risk is None else (self.outcome - (1 - self.risk)) / self.risk

    def take(self, rows: npt.NDArray[Any]) -> Experiment:
        """Choose rows by mask or position."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Experiment(
            self.features.iloc[index].reset_index(drop=True),
            self.outcome[index],
            self.treated[index],
            self.propensity[index],
            None if self.risk is None else self.risk[index],
        )


@dataclass(frozen=True)
class UpliftSettings:
    """Settings of the trees: few, shallow and slow, since effects are far fainter than risks.

    Parameters
    ----------
    rounds, learning_rate, depth
        Number of trees, how much each may say, and how many questions it asks.
    smallest_leaf_share
        Share of the rows, by weight, that a leaf holds at least.
    folds
        Parts for cross-fitting: no row's effect is made by a model that has seen its outcome.
    seed
        The same seed and rows give the same model.
    """

    rounds: int = 60
    learning_rate: float = 0.05
    depth: int = 2
    smallest_leaf_share: float = 0.1
    folds: int = 5
    seed: int = 0


@dataclass(frozen=True)
class UpliftModel:
    """A fitted model of uplift.

    Parameters
    ----------
    learner
        ``t``, ``x`` or ``dr``.
    encoding
        Columns read.
    boosters
        Boosters whose predictions are added up.
    weights
        Weight of each booster's prediction; shape ``(boosters,)``.
    is_relative
        Whether the boosters give parts of the risk.
    """

    learner: Learner
    encoding: Encoding
    boosters: tuple[xgboost.Booster, ...]
    weights: tuple[float, ...]
    is_relative: bool = False

    def predict(self, features: pd.DataFrame, risk: Floats | None = None) -> Floats:
        """Uplift of each row in the outcome's unit, below 0 where treatment harms; shape ``(rows,)``.

        Parameters
        ----------
        features
            Columns as in training.
        risk
            Probability of leaving as told before; needed where the model learnt with it.

        Raises
        ------
        TrainingError
            If the model learnt with a risk and none is given, or the other way round.
        """
        if (risk is None) == self.is_relative:
            given = "no risk" if risk is None else "a risk"
            raise TrainingError(f"{given} to a model of uplift", "a risk where it learnt with one", "give the same")
        values = self.encoding.matrix(features)
        total = np.zeros(len(features))
        for booster, weight in zip(self.boosters, self.weights, strict=True):
            total += weight * _predicted(booster, values, self.encoding)
        return total if risk is None else total * risk


def fit_uplift(experiment: Experiment, learner: Learner = "dr", settings: UpliftSettings | None = None) -> UpliftModel:
    """Fit a model of uplift.

    Parameters
    ----------
    experiment
        Rows to learn from.
    learner
        ``t``, ``x`` or ``dr``.
    settings
        Settings of the trees.

    Returns
    -------
    UpliftModel
        The fitted model; judge it on rows that it has not seen.

    Raises
    ------
    TrainingError
        If the learner is unknown.
    """
    chosen = settings or UpliftSettings()
    if learner not in LEARNERS:
        raise TrainingError(f"learner {learner!r}", ", ".join(LEARNERS), "choose one of them")
    encoding = learn_encoding(experiment.features)
    matrix = encoding.matrix(experiment.features)
    fit = {"t": _fit_t, "x": _fit_x, "dr": _fit_dr}[learner]
    boosters, weights = fit(experiment, matrix, encoding, chosen)
    return UpliftModel(learner, encoding, boosters, weights, experiment.risk is not None)


def cross_fitted_uplift(
    experiment: Experiment,
    learner: Learner = "dr",
    settings: UpliftSettings | None = None,
    *,
    customer: npt.NDArray[Any] | None = None,
) -> Floats:
    """Predict each row's uplift by a model that has not seen the row, so that all rows can judge the learner.

    Parameters
    ----------
    experiment, learner, settings
        As :func:`fit_uplift`.
    customer
        Customer of each row, whose rows stay together; needed where a customer was in several experiments.

    Returns
    -------
    numpy.ndarray
        Shape ``(rows,)``.
    """
    chosen = settings or UpliftSettings()
    predicted = np.empty(len(experiment.outcome))
    folds = _folds(experiment.treated, chosen) if customer is None else _customer_folds(customer, chosen)
    for inside in folds:
        model = fit_uplift(experiment.take(~inside), learner, chosen)
        risk = None if experiment.risk is None else experiment.risk[inside]
        predicted[inside] = model.predict(experiment.features[inside], risk)
    return predicted


_Fitted = tuple[tuple["xgboost.Booster", ...], tuple[float, ...]]
_Matrix = npt.NDArray[np.float32]


def _fit_t(experiment: Experiment, matrix: _Matrix, encoding: Encoding, settings: UpliftSettings) -> _Fitted:
    target, scale = experiment.surprise, experiment.scale
    arms = (experiment.treated, ~experiment.treated)
    boosters = tuple(_boosted(matrix[arm], target[arm], scale[arm], encoding, settings) for arm in arms)
    return boosters, (1.0, -1.0)


def _fit_x(experiment: Experiment, matrix: _Matrix, encoding: Encoding, settings: UpliftSettings) -> _Fitted:
    """Impute what the other arm would have brought, and weigh the two effects by the share of treated."""
    treated, target, scale = experiment.treated, experiment.surprise, experiment.scale
    (with_treatment, without), _ = _fit_t(experiment, matrix, encoding, settings)
    gained = target[treated] - _predicted(without, matrix[treated], encoding)
    missed = _predicted(with_treatment, matrix[~treated], encoding) - target[~treated]
    share = float(experiment.propensity.mean())
    of_treated = _boosted(matrix[treated], gained, scale[treated], encoding, settings)
    of_control = _boosted(matrix[~treated], missed, scale[~treated], encoding, settings)
    return (of_treated, of_control), (1 - share, share)


def _fit_dr(experiment: Experiment, matrix: _Matrix, encoding: Encoding, settings: UpliftSettings) -> _Fitted:
    """Regress doubly robust effects, made by models of the other folds, on what was known before."""
    with_treatment, without = np.empty((2, len(matrix)))
    for inside in _folds(experiment.treated, settings):
        (of_treated, of_control), _ = _fit_t(experiment.take(~inside), matrix[~inside], encoding, settings)
        with_treatment[inside] = _predicted(of_treated, matrix[inside], encoding)
        without[inside] = _predicted(of_control, matrix[inside], encoding)
    arm, chance = experiment.treated, experiment.propensity
    seen = np.where(arm, with_treatment, without)
    inverse = np.where(arm, 1 / chance, -1 / (1 - chance))
    target = with_treatment - without + inverse * (experiment.surprise - seen)
    return (_boosted(matrix, target, experiment.scale, encoding, settings),), (1.0,)


def _folds(treated: npt.NDArray[np.bool_], settings: UpliftSettings) -> list[npt.NDArray[np.bool_]]:
    """Divide the rows, each arm evenly; masks of the rows inside each fold."""
    random = np.random.default_rng(settings.seed)
    fold = np.empty(len(treated), dtype=np.int64)
    for arm in (treated, ~treated):
        fold[arm] = random.permutation(np.arange(int(arm.sum())) % settings.folds)
    return [fold == number for number in range(settings.folds)]


def _customer_folds(customer: npt.NDArray[Any], settings: UpliftSettings) -> list[npt.NDArray[np.bool_]]:
    """Divide the customers; masks of the rows inside each fold."""
    codes, names = pd.factorize(customer)
    fold = np.random.default_rng(settings.seed).permutation(np.arange(len(names)) % settings.folds)[codes]
    return [fold == number for number in range(settings.folds)]


def _boosted(
    matrix: _Matrix, target: Floats, weight: Floats, encoding: Encoding, settings: UpliftSettings
) -> xgboost.Booster:
    """Fit squared error, whose minimum is the mean, beginning with the mean of all."""
    import xgboost

    from training.boosting import booster_settings, column_types, threads_for

    data = xgboost.QuantileDMatrix(
        matrix, target, weight=weight, feature_types=column_types(encoding), enable_categorical=True
    )
    parameters = {
        "objective": "reg:squarederror",
        "base_score": float(np.average(target, weights=weight)),
        "max_depth": settings.depth,
        "learning_rate": settings.learning_rate,
        "min_child_weight": settings.smallest_leaf_share * float(weight.sum()),
    }
    chosen = booster_settings(parameters, seed=settings.seed, device="cpu", threads=threads_for(*matrix.shape))
    return xgboost.train(chosen, data, num_boost_round=settings.rounds)


def _predicted(booster: xgboost.Booster, matrix: _Matrix, encoding: Encoding) -> Floats:
    import xgboost

    from training.boosting import column_types

    data = xgboost.DMatrix(matrix, feature_types=column_types(encoding), enable_categorical=True)
    return booster.predict(data).astype(np.float64)
