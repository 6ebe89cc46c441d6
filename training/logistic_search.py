"""Settings of the logistic regression and the half-life of the past, judged on folds whose designs are made once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from training.aging import age_factor
from training.budget import Budget
from training.encoding import Encoding
from training.examples import Examples
from training.folds import Folds
from training.logistic import STRENGTHS, design_matrix, learn_terms, within_cells
from training.logistic_solver import Design, regress
from training.scoring import clearly_above_zero, expit
from training.tune import Found

Floats = npt.NDArray[np.float64]

# Cells of a fold's design that the search may hold at once; the final fit may hold more.
SEARCH_CELLS = 20_000_000
PROBE_STRENGTH = 0.003
# Further penalties that a blend may draw beside the best.
RUNNERS_UP = 1
# None keeps all rows equal; shorter than a quarter would throw most of a history away.
HALF_LIVES_DAYS: tuple[float | None, ...] = (None, 360.0, 180.0, 90.0)


@dataclass(frozen=True)
class Variant:
    """What is tried.

    Parameters
    ----------
    strength
        Inverse of the penalty.
    half_life_days
        Half-life of a row's weight, on top of its own.
    """

    strength: float
    half_life_days: float | None = None


@dataclass(frozen=True)
class _Prepared:
    """The designs of one fold."""

    train: Examples
    design: Design
    validation_design: Floats

    def log_odds(self, variant: Variant) -> Floats:
        """Log odds of the validation rows."""
        weight = age_factor(self.train, variant.half_life_days)
        coefficients, intercept = regress(self.design, self.train.label, weight, variant.strength)
        return self.validation_design @ coefficients + intercept


def search_logistic(folds: Folds, encoding: Encoding, budget: Budget, final_rows: int = 0) -> Found:
    """Find the penalty with the least mean validation log loss.

    Parameters
    ----------
    folds
        Rows to learn from and to judge on.
    encoding
        Kinds and categories of the columns.
    budget
        Time for the search and the final fit; once no more than that fit has time left, only the first penalty is
        tried.
    final_rows
        Rows of the final fit.

    Returns
    -------
    Found
        The best penalty with its predictions, and the next best.
    """
    variants = [Variant(strength) for strength in STRENGTHS]
    best, *others = sorted(_judge(folds, encoding, variants, budget, final_rows), key=lambda judged: judged.score)
    return replace(best.found(), runners_up=tuple(other.found() for other in others[:RUNNERS_UP]))


def choose_half_life(
    folds: Folds, encoding: Encoding, budget: Budget, choices: Sequence[float | None] = HALF_LIVES_DAYS
) -> float | None:
    """Choose the half-life under which a quick logistic regression does best on the folds.

    Parameters
    ----------
    folds
        Rows; only where they follow one another in time is there anything to choose.
    encoding
        Kinds and categories of the columns.
    budget
        Once it is overdrawn, only the first choice is tried.
    choices
        Half-lives in days.

    Returns
    -------
    float or None
        The first of the choices that is not clearly worse than the best: by more than one standard error of their
        paired difference, and on every fold. A past forgotten without need, or for one season's sake, costs level and
        variance.
    """
    if folds.examples.cutoff is None or not folds.split.in_time:
        return None
    variants = [Variant(PROBE_STRENGTH, choice) for choice in choices]
    judged = list(_judge(folds, encoding, variants, budget))
    best = min(judged, key=lambda each: each.score)
    return next(each for each in judged if not _clearly_worse(folds, each, best)).variant.half_life_days


def _clearly_worse(folds: Folds, judged: _Judged, best: _Judged) -> bool:
    excess = folds.row_losses(judged.found().out_of_fold) - folds.row_losses(best.found().out_of_fold)
    ends = np.cumsum([len(fold.validation) for fold in folds.split.folds])
    everywhere = all(own.mean() > 0 for own in np.split(excess, ends[:-1]))
    return everywhere and clearly_above_zero(excess)


@dataclass(frozen=True)
class _Judged:
    variant: Variant
    log_odds: list[Floats]
    score: float
    seconds_a_row: float

    def found(self) -> Found:
        """The penalty with its predictions."""
        predicted = expit(np.concatenate(self.log_odds))
        return Found({"strength": self.variant.strength}, self.score, predicted, seconds_a_row=self.seconds_a_row)


def _judge(
    folds: Folds, encoding: Encoding, variants: Sequence[Variant], budget: Budget, final_rows: int = 0
) -> Iterator[_Judged]:
    """Judge each variant on all folds; those that the budget kept from some fold are left out."""
    log_odds: list[list[Floats]] = [[] for _ in variants]
    rows_to_come, pace = folds.training_rows + final_rows, 0.0
    for train, validation in folds:
        began = budget.spent()
        prepared = _prepare(train, validation, encoding)
        log_odds[0].append(prepared.log_odds(variants[0]))
        rows_to_come -= len(train)
        pace = max(pace, (budget.spent() - began) / len(prepared.train))
        for number, variant in enumerate(variants[1:], start=1):
            if budget.allows(pace * rows_to_come):
                log_odds[number].append(prepared.log_odds(variant))
    for own, variant in zip(log_odds, variants, strict=True):
        if len(own) == len(folds):
            yield _Judged(variant, own, folds.mean_loss(own), pace)


def _prepare(train: Examples, validation: Examples, encoding: Encoding) -> _Prepared:
    terms = learn_terms(encoding, train.features)
    chosen = within_cells(train, terms, SEARCH_CELLS)
    design = Design.of(design_matrix(terms, chosen.features))
    return _Prepared(chosen, design, design_matrix(terms, validation.features))
