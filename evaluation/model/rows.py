"""Rows to judge: a label and a score each, checked and sorted once so that many weightings can be measured cheaply."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit

from evaluation.errors import JudgementError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Distinct:
    """The distinct scores, descending, and what is made of them; computed once, whatever the weights.

    Parameters
    ----------
    score
        Shape (distinct scores,).
    """

    score: FloatArray

    @cached_property
    def logit(self) -> FloatArray:
        """Log odds of scores that are probabilities, those of 0 and 1 moved inside."""
        return logit(self._inside)

    @cached_property
    def log(self) -> FloatArray:
        """Logarithm of the probabilities."""
        return np.log(self._inside)

    @cached_property
    def log_of_rest(self) -> FloatArray:
        """Logarithm of one less the probabilities."""
        return np.log1p(-self._inside)

    @property
    def _inside(self) -> FloatArray:
        return np.clip(self.score, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)


@dataclass(frozen=True, eq=False)
class Rows:
    """Labels and scores in descending order of score, with the tied scores marked.

    Parameters
    ----------
    label
        Shape (rows,), 1 for a customer who left and 0 for one who stayed.
    score
        Shape (rows,), higher means more likely to leave.
    weight
        Shape (rows,), how often each row counts.
    order
        Shape (rows,), where each row stood in what was given.
    tie_starts
        Shape (distinct scores,), the first position of each distinct score.
    distinct
        The distinct scores; rows that differ in weight alone share it.
    """

    label: FloatArray
    score: FloatArray
    weight: FloatArray
    order: IntArray
    tie_starts: IntArray
    distinct: Distinct

    @classmethod
    def of(cls, label: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Self:
        """Check and sort rows with any finite score.

        Raises
        ------
        JudgementError
            For no rows, different lengths, a label other than 0 and 1, a missing score or a negative weight.
        """
        labels, scores = numbers(label, "label"), numbers(score, "score")
        weights = np.ones(labels.size) if weight is None else numbers(weight, "weight")
        same_length(label=labels, score=scores, weight=weights)
        _check_label(labels)
        _check_weight(weights)
        order = np.argsort(-scores, kind="stable")
        ranked = scores[order]
        starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
        return cls(labels[order], ranked, weights[order], order, starts, Distinct(ranked[starts]))

    @classmethod
    def of_probabilities(cls, label: ArrayLike, probability: ArrayLike, weight: ArrayLike | None = None) -> Self:
        """Check and sort rows whose score must be a probability.

        Raises
        ------
        JudgementError
            As `of`, and for a probability outside [0, 1].
        """
        return cls.of(label, probabilities(probability), weight)

    def reweighted(self, weight: FloatArray) -> Self:
        """Give the same rows other weights, shape (rows,), in the order of these rows; nothing is sorted again."""
        return replace(self, weight=weight)

    def clusters(self, customer: ArrayLike) -> IntArray:
        """Give each row the number of its customer, counted from 0, in the order of these rows.

        Raises
        ------
        JudgementError
            For another length than the rows or a missing customer.
        """
        values: NDArray[np.generic] = np.asarray(customer)
        same_length(label=self.label, customer=values)
        codes = pd.factorize(values, sort=True)[0].astype(np.intp)
        missing = int(np.count_nonzero(codes < 0))
        if missing:
            raise JudgementError(f"customer is missing in {missing} rows; every row needs its customer.")
        return codes[self.order]

    @property
    def tie_score(self) -> FloatArray:
        """The distinct scores, descending."""
        return self.distinct.score

    @cached_property
    def tie_weight(self) -> FloatArray:
        """Weight of the rows at each distinct score."""
        return self.by_tie(self.weight)

    @cached_property
    def tie_positives(self) -> FloatArray:
        """Weight of the leavers at each distinct score."""
        return self.by_tie(self.weight * self.label)

    @cached_property
    def contacted(self) -> FloatArray:
        """Weight down to and with each distinct score, beginning with 0."""
        return np.r_[0.0, np.cumsum(self.tie_weight)]

    @cached_property
    def captured(self) -> FloatArray:
        """Weight of leavers down to and with each distinct score, beginning with 0."""
        return np.r_[0.0, np.cumsum(self.tie_positives)]

    @property
    def total(self) -> float:
        """Weight of all rows."""
        return float(self.contacted[-1])

    @property
    def positives(self) -> float:
        """Weight of the rows that left."""
        return float(self.captured[-1])

    def by_tie(self, values: FloatArray) -> FloatArray:
        """Sum values of rows, in the order of these rows, at each distinct score."""
        return values if self.tie_starts.size == values.size else np.add.reduceat(values, self.tie_starts)

    def need_both_classes(self) -> None:
        """Refuse rows of one class.

        Raises
        ------
        JudgementError
            When everybody left or everybody stayed.
        """
        if not 0 < self.positives < self.total:
            raise JudgementError(
                f"All {self.label.size} rows have the same label ({'left' if self.positives else 'stayed'}); "
                "a ranking can only be judged on rows of both. Take a longer outcome window or a larger test slice."
            )


def weighted_sum(values: FloatArray, weight: FloatArray) -> float:
    """Sum of values times weights.

    Not a dot product: BLAS starts threads for it, which take ten times as long where other work shares the cores.
    """
    return float((values * weight).sum())


def numbers(values: ArrayLike, name: str) -> FloatArray:
    """Turn values into a one-dimensional array of finite numbers.

    Raises
    ------
    JudgementError
        For no values, text, missing values or a table.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise JudgementError(f"{name} must hold numbers without missing values: {error}.") from error
    if array.ndim != 1:
        raise JudgementError(f"{name} must be one column; given an array of shape {array.shape}.")
    if array.size == 0:
        raise JudgementError(f"{name} is empty; there is nothing to judge. Check the filters before this step.")
    missing = int(np.count_nonzero(~np.isfinite(array)))
    if missing:
        raise JudgementError(
            f"{name} has {missing} missing or infinite values in {array.size} rows; remove those rows."
        )
    return array


def probabilities(values: ArrayLike) -> FloatArray:
    """Turn values into an array of probabilities.

    Raises
    ------
    JudgementError
        As `numbers`, and for a value outside [0, 1].
    """
    array = numbers(values, "probability")
    if array.min() < 0 or array.max() > 1:
        raise JudgementError(
            f"probability must lie in [0, 1]; given {array.min():.6g} to {array.max():.6g}. "
            "Pass the predicted probability of leaving, not a margin or a percentage."
        )
    return array


def same_length(**columns: NDArray[np.generic]) -> None:
    """Refuse columns of different lengths.

    Raises
    ------
    JudgementError
        Naming each column with its length.
    """
    if len({column.shape[0] for column in columns.values()}) > 1:
        lengths = ", ".join(f"{name} {column.shape[0]}" for name, column in columns.items())
        raise JudgementError(f"Columns of the same rows must have the same length; given {lengths}.")


def _check_label(label: FloatArray) -> None:
    if not np.isin(label, (0.0, 1.0)).all():
        other = next(value for value in label if value not in (0.0, 1.0))
        raise JudgementError(f"label must be 1 (left) or 0 (stayed); given {other:g}.")


def _check_weight(weight: FloatArray) -> None:
    if weight.min() < 0 or weight.sum() == 0:
        raise JudgementError(
            "weight must not be negative and must not be 0 everywhere; a weight says how often a row counts."
        )
