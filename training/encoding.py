"""From a frame to a matrix, the same way in training and in scoring.

Categories are learnt once and written as plain text. A category that training did not see becomes missing: a booster
left alone would take it for the first category without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.errors import TrainingError

Floats = npt.NDArray[np.float64]

# Boosters hold numbers in single precision and refuse what overflows it.
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Column:
    """One column as training saw it.

    Parameters
    ----------
    name
        Its name.
    categories
        Its categories in order, as text; empty for a number or flag.
    """

    name: str
    categories: tuple[str, ...] | None = None

    def values(self, frame: pd.DataFrame) -> Floats:
        """Numbers or category positions, missing as not-a-number; shape ``(rows,)``.

        Raises
        ------
        TrainingError
            If the frame lacks the column or holds it in the other kind.
        """
        return _within_limits(self._raw(frame))

    def fill(self, frame: pd.DataFrame, place: npt.NDArray[Any]) -> None:
        """Write :meth:`values` into an array of shape ``(rows,)``, single or double precision."""
        raw = self._raw(frame)
        with np.errstate(over="ignore"):
            place[:] = raw
        if _is_large(place):
            place[:] = _within_limits(raw)

    def _raw(self, frame: pd.DataFrame) -> Floats:
        if self.name not in frame.columns:
            raise TrainingError(
                f"a frame without the column {self.name!r}",
                "every column that the model learnt from",
                "compute the same signals for scoring as for training",
            )
        series = frame[self.name]
        return _numbers(series) if self.categories is None else _positions(series, self.categories)


@dataclass(frozen=True)
class Encoding:
    """All columns of a model, in order."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def matrix(self, frame: pd.DataFrame, dtype: Any = np.float32) -> npt.NDArray[Any]:
        """Encode a frame of any rows and column order.

        Parameters
        ----------
        frame
            Holds at least the columns of the encoding.
        dtype
            Type of the result.

        Returns
        -------
        numpy.ndarray
            Shape ``(rows, columns)``; categories as their positions, missing and unseen as not-a-number.
        """
        matrix = np.empty((len(frame), len(self.columns)), dtype=dtype, order="F")
        for position, column in enumerate(self.columns):
            column.fill(frame, matrix[:, position])
        return matrix

    def to_json(self) -> list[dict[str, Any]]:
        """Plain values for a JSON file."""
        return [
            {"name": column.name, "categories": None if column.categories is None else list(column.categories)}
            for column in self.columns
        ]

    @classmethod
    def from_json(cls, values: list[dict[str, Any]]) -> Encoding:
        """Read back what :meth:`to_json` wrote."""
        return cls(
            tuple(
                Column(value["name"], None if value["categories"] is None else tuple(value["categories"]))
                for value in values
            )
        )


def learn_encoding(frame: pd.DataFrame) -> Encoding:
    """Learn names, kinds and categories from training rows.

    Parameters
    ----------
    frame
        Numbers, flags, categories and strings.

    Returns
    -------
    Encoding
        Categories are those that occur, sorted as text, so that rows' order and declared categories do not matter.

    Raises
    ------
    TrainingError
        If a column holds times, which mean nothing without a reference.
    """
    return Encoding(tuple(_learn_column(str(name), frame[name]) for name in frame.columns))


def is_number(series: pd.Series[Any]) -> bool:
    """Whether a column holds numbers or flags rather than categories; an empty column counts as numbers."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return False
    if pd.api.types.is_bool_dtype(series) or pd.api.types.is_numeric_dtype(series):
        return True
    known = series.dropna()
    return known.empty or (
        series.dtype == object and all(isinstance(value, bool | int | float | Decimal) for value in known)
    )


def _learn_column(name: str, series: pd.Series[Any]) -> Column:
    if pd.api.types.is_datetime64_any_dtype(series):
        raise TrainingError(
            f"the column {name!r} holds times",
            "numbers, flags, categories and strings",
            "turn it into days before the cutoff, or leave it out",
        )
    if is_number(series):
        return Column(name)
    return Column(name, tuple(sorted(series.dropna().astype(str).unique())))


def _numbers(series: pd.Series[Any]) -> Floats:
    if not is_number(series):
        raise _other_kind(series, "numbers")
    if series.dtype == np.float64:
        return series.to_numpy()
    return pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _within_limits(values: Floats) -> Floats:
    """Take infinite values for missing and bring others to the nearest that a booster holds; few columns need that."""
    if not _is_large(values):
        return values
    return np.clip(np.where(np.isinf(values), np.nan, values), -LARGEST, LARGEST)


def _is_large(values: npt.NDArray[Any]) -> bool:
    return bool(len(values)) and max(np.fmax.reduce(values), -np.fmin.reduce(values)) > LARGEST


def _positions(series: pd.Series[Any], categories: tuple[str, ...]) -> Floats:
    if is_number(series) and series.notna().any():
        raise _other_kind(series, "categories")
    position = _places(series, pd.Index(categories, dtype="str"))
    return np.where(position < 0, np.nan, position.astype(np.float64))


def _places(series: pd.Series[Any], known: pd.Index[Any]) -> npt.NDArray[np.int64]:
    """Place of each value among the known ones, -1 for what is missing or unseen."""
    if not isinstance(series.dtype, pd.CategoricalDtype):
        return np.asarray(known.get_indexer(pd.Index(series.astype("str"))), dtype=np.int64)
    # Each category is looked up once; the code of a missing value is -1 and takes the last place.
    places = known.get_indexer(series.cat.categories.astype("str"))
    return np.append(places, -1).astype(np.int64)[series.cat.codes.to_numpy()]


def _other_kind(series: pd.Series[Any], learnt: str) -> TrainingError:
    return TrainingError(
        f"the column {series.name!r} with values of type {series.dtype}",
        f"{learnt}, as in training",
        "bring the column in the same type as in training",
    )
