"""The rule that a model must beat: risk read off one column."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.contributions import Contributions
from training.encoding import Column, Encoding
from training.errors import TrainingError
from training.examples import Examples
from training.model import read_json, write_json
from training.scoring import log_loss, logit

Floats = npt.NDArray[np.float64]

RULE_FILE = "rule.json"
PARTS = 5
# Columns whose rules are cross-validated.
PROMISING = 30
# Pseudo-customers with the average risk added to each category, so that a rare one says little.
PRIOR_CUSTOMERS = 10.0
EDGE = 1e-3
# Spans of the training values beyond them at which the risk is half way to its limit.
FAR = 10.0


@dataclass(frozen=True)
class OneColumnRule:
    """Risk as a monotone curve of one number, or as a share for each category of one column.

    Parameters
    ----------
    column
        The column read.
    at
        Increasing values of a number, or category positions, shape ``(points,)``.
    risk
        Share of leavers at each point; between the points of a number the risk is a straight line.
    risk_missing
        Share of leavers where the value is missing or unseen.
    mean_log_odds
        Mean log odds of the training rows.
    """

    column: Column
    at: tuple[float, ...]
    risk: tuple[float, ...]
    risk_missing: float
    mean_log_odds: float = 0.0

    family: ClassVar[str] = "recency_rule"

    @property
    def features(self) -> list[str]:
        """The one column."""
        return [self.column.name]

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Risk of each row, shape ``(rows,)``."""
        return self.risk_of(self.column.values(frame))

    def risk_of(self, values: Floats) -> Floats:
        """Risk of encoded values of the column."""
        if not self.at:
            return np.full(len(values), self.risk_missing)
        risk = np.interp(np.nan_to_num(values), self.at, self.risk)
        return np.where(np.isnan(values), self.risk_missing, risk)

    def importance(self) -> dict[str, float]:
        """All weight lies on the one column."""
        return {self.column.name: 1.0}

    def contributions(self, frame: pd.DataFrame) -> Contributions:
        """Give all that a row differs from the average to the one column."""
        log_odds = logit(self.probability(frame))
        return Contributions((self.column.name,), (log_odds - self.mean_log_odds)[:, None], self.mean_log_odds)

    def save(self, folder: Path) -> None:
        """Write the rule as JSON."""
        values = {
            "column": Encoding((self.column,)).to_json()[0],
            "at": list(self.at),
            "risk": list(self.risk),
            "risk_missing": self.risk_missing,
            "mean_log_odds": self.mean_log_odds,
        }
        write_json(folder / RULE_FILE, values)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what :meth:`save` wrote."""
        values = read_json(folder / RULE_FILE)
        column = Encoding.from_json([values["column"]]).columns[0]
        # A rule saved without its mean counts from even odds.
        mean = values.get("mean_log_odds", 0.0)
        return cls(column, tuple(values["at"]), tuple(values["risk"]), values["risk_missing"], mean)


def fit_rule(examples: Examples, encoding: Encoding, column: str) -> OneColumnRule:
    """Fit the rule on one column.

    Parameters
    ----------
    examples
        Rows to learn from.
    encoding
        Kinds and categories of the columns.
    column
        Name of the column.

    Returns
    -------
    OneColumnRule
        For a number: isotonic regression in the direction of the correlation, joined through the centres of its
        steps so that it keeps the order of customers; for a category: shares drawn towards the mean.
    """
    learnt = next(item for item in encoding.columns if item.name == column)
    values = learnt.values(examples.features)
    weight = np.ones(len(examples)) if examples.weight is None else examples.weight
    rule = _fit(learnt, values, examples.label, weight)
    return replace(rule, mean_log_odds=float(np.average(logit(rule.risk_of(values)), weights=weight)))


def best_column(examples: Examples, encoding: Encoding, *, seed: int = 0) -> str:
    """Find the column whose rule has the least cross-validated log loss on the given rows.

    Only the columns whose rules fit the rows best are cross-validated: a rule on one column hardly overfits.

    Parameters
    ----------
    examples
        Training rows only.
    encoding
        Kinds and categories of the columns.
    seed
        Seed of the parts.

    Returns
    -------
    str
        Name of the column; the first in order among equals.
    """
    part = np.random.default_rng(seed).permutation(np.arange(len(examples)) % PARTS)
    weight = np.ones(len(examples)) if examples.weight is None else examples.weight
    fitted = {
        column: _fitted_loss(column, column.values(examples.features), examples.label, weight)
        for column in encoding.columns
    }
    promising = sorted(fitted, key=lambda column: fitted[column])[:PROMISING]
    # In the columns' own order, so that the first among equals is kept.
    losses = {
        column.name: _rule_loss(column, column.values(examples.features), examples.label, weight, part)
        for column in encoding.columns
        if column in promising
    }
    return min(losses, key=lambda name: losses[name])


def choose_rule_column(examples: Examples, encoding: Encoding, recency_column: str | None, *, seed: int = 0) -> str:
    """Take the named recency column, or the best single one where none is named.

    Raises
    ------
    TrainingError
        If the named column is not among the signals.
    """
    if recency_column is None:
        return best_column(examples, encoding, seed=seed)
    if recency_column not in encoding.names:
        raise TrainingError(
            f"recency column {recency_column!r}", f"one of {', '.join(encoding.names[:10])} ...", "correct the name"
        )
    return recency_column


def _fitted_loss(column: Column, values: Floats, label: npt.NDArray[Any], weight: Floats) -> float:
    return log_loss(label, _fit(column, values, label, weight).risk_of(values), weight)


def _rule_loss(
    column: Column, values: Floats, label: npt.NDArray[Any], weight: Floats, part: npt.NDArray[Any]
) -> float:
    predicted = np.empty(len(label))
    for number in range(PARTS):
        inside = part == number
        rule = _fit(column, values[~inside], label[~inside], weight[~inside])
        predicted[inside] = rule.risk_of(values[inside])
    return log_loss(label, predicted, weight)


def _fit(column: Column, values: Floats, label: npt.NDArray[Any], weight: Floats) -> OneColumnRule:
    mean = float(np.average(label, weights=weight))
    absent = np.isnan(values)
    missing = _shrunk_share(label[absent], weight[absent], mean)
    if absent.all():
        return OneColumnRule(column, (), (), missing)
    known = values[~absent], label[~absent], weight[~absent]
    points = _curve(*known) if column.categories is None else _shares(*known, mean, len(column.categories))
    return OneColumnRule(column, tuple(map(float, points[0])), tuple(map(float, points[1])), missing)


def _shrunk_share(label: npt.NDArray[Any], weight: Floats, mean: float) -> float:
    return float((weight @ label + PRIOR_CUSTOMERS * mean) / (weight.sum() + PRIOR_CUSTOMERS))


def _shares(
    values: Floats, label: npt.NDArray[Any], weight: Floats, mean: float, categories: int
) -> tuple[Floats, Floats]:
    position = values.astype(np.int64)
    left = np.bincount(position, weight * label, minlength=categories)
    total = np.bincount(position, weight, minlength=categories)
    return np.arange(categories, dtype=np.float64), (left + PRIOR_CUSTOMERS * mean) / (total + PRIOR_CUSTOMERS)


def _curve(values: Floats, label: npt.NDArray[Any], weight: Floats) -> tuple[Floats, Floats]:
    from sklearn.isotonic import IsotonicRegression

    rising = np.cov(values, label, aweights=weight)[0, 1] >= 0 if len(values) > 1 else True
    steps = IsotonicRegression(increasing=bool(rising)).fit_transform(values, label, sample_weight=weight)
    return _through_centres(values, steps, weight)


def _through_centres(values: Floats, steps: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Join the centres of equal steps, and let risk go on rising (or falling) beyond the outer ones.

    Values beyond those of training happen as soon as time goes by: the longest silence then is longer than any before.
    """
    risks, step_of = np.unique(steps, return_inverse=True)
    total = np.bincount(step_of, weight)
    centre = np.bincount(step_of, weight * values) / np.where(total > 0, total, 1)
    order = np.argsort(centre)
    centre, risk = centre[order], np.clip(risks[order], EDGE, 1 - EDGE)
    reach = FAR * (values.max() - values.min() + 1.0)
    at = np.concatenate([[values.min() - reach], centre, [values.max() + reach]])
    low, high = risk[0] / 2, (1 + risk[-1]) / 2
    if risk[-1] < risk[0]:
        low, high = (1 + risk[0]) / 2, risk[-1] / 2
    return at, np.concatenate([[low], risk, [high]])
