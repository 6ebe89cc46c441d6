"""Logistic regression on columns made smooth and comparable; saved as plain coefficients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.contributions import Contributions
from training.encoding import Column, Encoding
from training.examples import Examples
from training.logistic_solver import Design, regress
from training.model import read_json, write_json
from training.scoring import expit

Floats = npt.NDArray[np.float64]

LOGISTIC_FILE = "logistic.json"
TAIL_SHARE = 0.005
MOST_KNOTS = 17
MOST_CATEGORIES = 50
# Cells of the design that a fit may hold at once: half a gigabyte.
MOST_CELLS = 60_000_000
BATCH_ROWS = 20_000
# Inverse strength of the L2 penalty: from "hardly believe any column" to "almost free".
# The first is tried whatever the budget.
STRENGTHS = (0.03, 0.0003, 0.003, 0.3, 3.0)


@dataclass(frozen=True)
class Term:
    """How one column enters the regression.

    Parameters
    ----------
    column
        The column and its categories.
    knots
        Increasing quantiles of a number; its rank among them is the second way in which it enters.
    center, spread
        Middle and standard deviation within the limits; the first way is ``(value - center) / spread``.
    indicator
        Whether a flag for missing values enters as well.
    kept
        Positions of the categories that have a flag of their own.
    """

    column: Column
    knots: tuple[float, ...] = ()
    center: float = 0.0
    spread: float = 1.0
    indicator: bool = False
    kept: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        """Number of columns of the design."""
        ways = len(self.kept) if self.column.categories is not None else (4 if len(self.knots) > 1 else 0)
        return ways + int(self.indicator)

    def design(self, frame: pd.DataFrame) -> Floats:
        """Columns of the design for each row, shape ``(rows, width)``."""
        values = self.column.values(frame)
        absent = np.isnan(values)
        parts = self._flags(values) if self.column.categories is not None else self._ways(values, absent)
        if self.indicator:
            parts.append(absent.astype(np.float64))
        return np.column_stack(parts) if parts else np.empty((len(values), 0))

    def adds(self, frame: pd.DataFrame, weights: Floats) -> Floats:
        """What the column adds to each row's log odds: :meth:`design` times `weights`, several times as fast.

        Parameters
        ----------
        frame
            Holds at least the column.
        weights
            A coefficient for each column of the design, shape ``(width,)``.

        Returns
        -------
        numpy.ndarray
            Shape ``(rows,)``.
        """
        values = self.column.values(frame)
        absent = np.isnan(values)
        if self.column.categories is not None:
            added = self._of_flags(values, absent, weights)
        else:
            added = self._of_ways(values, absent, weights)
        if self.indicator:
            added[absent] += weights[-1]
        return added

    def _of_flags(self, values: Floats, absent: npt.NDArray[np.bool_], weights: Floats) -> Floats:
        # The last place is for what is missing.
        by_position = np.zeros(len(self.column.categories or ()) + 1)
        by_position[list(self.kept)] = weights[: len(self.kept)]
        added: Floats = by_position[np.where(absent, -1, values).astype(np.int64)]
        return added

    def _of_ways(self, values: Floats, absent: npt.NDArray[np.bool_], weights: Floats) -> Floats:
        if len(self.knots) < 2:
            return np.zeros(len(values))
        inside, rank = self._placed(values, absent)
        line, first, second, third = weights[:4]
        added = third * rank
        for factor in (second, first - 0.6 * third):
            added += factor
            added *= rank
        added += line / self.spread * inside
        added -= line / self.spread * self.center + second / 3
        return added

    def _flags(self, values: Floats) -> list[Floats]:
        return [(values == position).astype(np.float64) for position in self.kept]

    def _ways(self, values: Floats, absent: npt.NDArray[np.bool_]) -> list[Floats]:
        if len(self.knots) < 2:
            return []
        inside, rank = self._placed(values, absent)
        # The rank and its next two powers, each free of the ones below (Legendre), bend the line where risk does.
        return [(inside - self.center) / self.spread, rank, rank**2 - 1 / 3, rank**3 - 0.6 * rank]

    def _placed(self, values: Floats, absent: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Bring values within the limits, the middle for missing ones, and find their rank among the knots, -1 to 1."""
        inside = np.clip(values, self.knots[0], self.knots[-1])
        inside[absent] = self.center
        return inside, np.interp(inside, self.knots, np.linspace(-1.0, 1.0, len(self.knots)))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {
            "column": Encoding((self.column,)).to_json()[0],
            "knots": list(self.knots),
            "center": self.center,
            "spread": self.spread,
            "indicator": self.indicator,
            "kept": list(self.kept),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Term:
        """Read back what :meth:`to_json` wrote."""
        return cls(
            Encoding.from_json([values["column"]]).columns[0],
            tuple(values["knots"]),
            values["center"],
            values["spread"],
            values["indicator"],
            tuple(values["kept"]),
        )


@dataclass(frozen=True)
class LogisticCore:
    """Intercept and one coefficient for each column of the design.

    Parameters
    ----------
    terms
        How each column enters.
    coefficients
        One a column of the design, shape ``(width,)``.
    intercept
        Log odds of a customer whose design is all zeros.
    means
        Mean of each column of the design over the training rows, shape ``(width,)``.
    """

    terms: tuple[Term, ...]
    coefficients: tuple[float, ...]
    intercept: float
    means: tuple[float, ...]

    family: ClassVar[str] = "logistic"

    @property
    def features(self) -> list[str]:
        """Columns read, in order."""
        return [term.column.name for term in self.terms]

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Probability of each row, shape ``(rows,)``."""
        weights = np.array(self.coefficients)
        log_odds = np.full(len(frame), self.intercept)
        for start in range(0, len(frame), BATCH_ROWS):
            batch, sums = frame.iloc[start : start + BATCH_ROWS], log_odds[start : start + BATCH_ROWS]
            for term, own in self._places():
                sums += term.adds(batch, weights[own])
        return expit(log_odds)

    def importance(self) -> dict[str, float]:
        """Sum of the absolute coefficients of each column."""
        sizes = np.abs(np.array(self.coefficients))
        return {term.column.name: float(sizes[own].sum()) for term, own in self._places()}

    def contributions(self, frame: pd.DataFrame) -> Contributions:
        """Coefficient times distance from the training mean, added up over all ways in which a column enters."""
        weights, means = np.array(self.coefficients), np.array(self.means)
        values = np.empty((len(frame), len(self.terms)))
        for start in range(0, len(frame), BATCH_ROWS):
            batch = frame.iloc[start : start + BATCH_ROWS]
            for position, (term, own) in enumerate(self._places()):
                added = term.adds(batch, weights[own])
                values[start : start + BATCH_ROWS, position] = added - means[own] @ weights[own]
        return Contributions(tuple(self.features), values, self.intercept + float(means @ weights))

    def save(self, folder: Path) -> None:
        """Write terms and coefficients as JSON."""
        values = {
            "terms": [term.to_json() for term in self.terms],
            "coefficients": list(self.coefficients),
            "intercept": self.intercept,
            "means": list(self.means),
        }
        write_json(folder / LOGISTIC_FILE, values)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read back what :meth:`save` wrote."""
        values = read_json(folder / LOGISTIC_FILE)
        terms = tuple(Term.from_json(term) for term in values["terms"])
        # Contributions of a regression saved without means count from a design of zeros.
        means = values.get("means", [0.0] * len(values["coefficients"]))
        return cls(terms, tuple(values["coefficients"]), values["intercept"], tuple(means))

    def _places(self) -> Iterator[tuple[Term, slice]]:
        """Each term with the place of its columns in the design."""
        ends = np.cumsum([term.width for term in self.terms])
        for term, end in zip(self.terms, ends, strict=True):
            yield term, slice(int(end) - term.width, int(end))


def fit_logistic(examples: Examples, encoding: Encoding, parameters: Mapping[str, Any]) -> LogisticCore:
    """Fit an L2-penalised logistic regression.

    Parameters
    ----------
    examples
        Rows to learn from.
    encoding
        Kinds and categories of the columns.
    parameters
        ``strength``: inverse of the penalty, above 0.

    Returns
    -------
    LogisticCore
        The fitted regression.
    """
    terms = learn_terms(encoding, examples.features)
    chosen = within_cells(examples, terms, MOST_CELLS)
    design = Design.of(design_matrix(terms, chosen.features))
    coefficients, intercept = regress(design, chosen.label, chosen.weight, parameters["strength"])
    means = np.average(design.columns, axis=0, weights=chosen.weight)
    return LogisticCore(terms, tuple(map(float, coefficients)), intercept, tuple(map(float, means)))


def learn_terms(encoding: Encoding, frame: pd.DataFrame) -> tuple[Term, ...]:
    """Learn how each column enters, from training rows."""
    return tuple(learn_term(column, column.values(frame)) for column in encoding.columns)


def within_cells(examples: Examples, terms: tuple[Term, ...], cells: int) -> Examples:
    """Take evenly spaced rows where all of them would not fit; the rows are in an order that spreads customers."""
    most = max(cells // max(sum(term.width for term in terms), 1), 1)
    if len(examples) <= most:
        return examples
    return examples.take(np.linspace(0, len(examples) - 1, most).astype(np.int64))


def design_matrix(terms: tuple[Term, ...], frame: pd.DataFrame) -> Floats:
    """All columns of the design, shape ``(rows, sum of widths)``."""
    return np.hstack([np.empty((len(frame), 0)), *(term.design(frame) for term in terms)])


def learn_term(column: Column, values: Floats) -> Term:
    """Learn limits, quantiles and kept categories from encoded training values."""
    known = values[~np.isnan(values)]
    indicator = 0 < len(known) < len(values)
    if column.categories is not None:
        counts = np.bincount(known.astype(np.int64), minlength=len(column.categories))
        most_frequent = np.lexsort((np.arange(len(counts)), -counts))[:MOST_CATEGORIES]
        kept = tuple(sorted(int(at) for at in most_frequent if counts[at] > 0))
        return Term(column, indicator=indicator, kept=kept)
    return _learn_number(column, known, indicator)


def _learn_number(column: Column, known: Floats, indicator: bool) -> Term:
    if not len(known):
        return Term(column, indicator=indicator)
    knots = np.unique(np.quantile(known, np.linspace(TAIL_SHARE, 1 - TAIL_SHARE, MOST_KNOTS)))
    if len(knots) == 1:
        knots = np.unique([known.min(), knots[0], known.max()])
    inside = np.clip(known, knots[0], knots[-1])
    spread = float(inside.std())
    return Term(column, tuple(map(float, knots)), float(np.median(inside)), spread if spread > 0 else 1.0, indicator)
