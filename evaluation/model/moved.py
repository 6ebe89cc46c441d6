"""Why a score moved: the new probability less the old one, divided without a rest into data, time and model.

The way from the old score to the new one has three legs, and each changes one thing:

1. the new model instead of the old one, on what was known at the old score (*model*);
2. the days that have passed, as if nothing had happened since (*time*);
3. what was learned since (*data*).

A leg's change of probability is divided among the signals in proportion to how far each moved the model's log odds,
which are additive: the parts are the changes in log odds times the slope of the straight line between both ends of the
leg. They therefore sum to the change, whatever the calibration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from evaluation.errors import JudgementError
from evaluation.model.moved_words import kind_sentence, moved_sentence
from evaluation.model.reason_words import shown
from evaluation.model.rows import FloatArray
from evaluation.value_names import SHIPPED, ValueNames
from features.declared import SignalColumn

MOST = 3
FLAT = 1e-3
"""A leg that moves the log odds by less has no slope of its own: rounding of the contributions would make it up."""
NOTHING = 1e-9
PARTS = ("data", "time", "model")
COLUMNS = (
    "row",
    "position",
    "signal",
    "value_before",
    "value",
    "change",
    *(f"from_{part}" for part in PARTS),
    "sentence_en",
    "sentence_zh",
)


@dataclass(frozen=True)
class Answer:
    """What one model says of customers at one time.

    Parameters
    ----------
    signals
        Shape (rows, signals).
    probability
        Shape (rows,).
    contributions
        Log odds that each signal adds, shape (rows, signals); None where the model has no such parts.
    """

    signals: pd.DataFrame
    probability: FloatArray
    contributions: FloatArray | None = None


@dataclass(frozen=True)
class Legs:
    """The way from the old scores to the new ones, of the same customers in the same order.

    Parameters
    ----------
    scored
        Probabilities that were given, shape (rows,).
    then
        The new model on what was known then.
    waited
        The new model now, had nothing happened since.
    now
        The new model now.
    version_before
        Version of the model that gave `scored`.
    version
        Version of the new model; where it is the same, a difference between `scored` and `then` comes from facts that
        were entered late or corrected, and counts as data.
    """

    scored: FloatArray
    then: Answer
    waited: Answer
    now: Answer
    version_before: str
    version: str

    @property
    def change(self) -> FloatArray:
        """New probability less the old one, shape (rows,)."""
        return self.now.probability - self.scored


@dataclass(frozen=True)
class _Piece:
    """One thing that moved a score: a signal, or what no single signal stands for."""

    data: float = 0.0
    time: float = 0.0
    model: float = 0.0
    column: str | None = None
    place: int = -1
    kind: str = ""

    @property
    def change(self) -> float:
        return self.data + self.time + self.model

    def is_worth_telling(self) -> bool:
        return max(abs(self.data), abs(self.time), abs(self.model)) > NOTHING


def in_probability(before: FloatArray, after: FloatArray, log_odds: FloatArray) -> FloatArray:
    """Divide a change of probability in proportion to changes of log odds.

    Parameters
    ----------
    before, after
        Probabilities, shape (rows,).
    log_odds
        How far each signal moved the log odds before calibration, shape (rows, signals).

    Returns
    -------
    numpy.ndarray
        Shape (rows, signals); each row sums to ``after - before``.

    Examples
    --------
    >>> in_probability(np.array([0.1]), np.array([0.3]), np.array([[0.9, -0.3]])).round(3)
    array([[ 0.3, -0.1]])
    """
    change, moved = after - before, log_odds.sum(axis=1)
    middle = (before + after) / 2
    is_flat = np.abs(moved) < FLAT
    slope = np.where(is_flat, middle * (1 - middle), change / np.where(is_flat, 1, moved))
    parts = log_odds * slope[:, None]
    size = np.abs(log_odds)
    whole = size.sum(axis=1, keepdims=True)
    weight = np.where(whole > 0, size / np.where(whole > 0, whole, 1), 1 / max(log_odds.shape[1], 1))
    return parts + (change - parts.sum(axis=1))[:, None] * weight


def moves(
    legs: Legs, known: Mapping[str, SignalColumn], *, most: int = MOST, names: ValueNames = SHIPPED
) -> pd.DataFrame:
    """Say why scores moved.

    Parameters
    ----------
    legs
        The old scores, the new ones and what lies between.
    known
        Declared signals by column name; the windows of one measure are one thing.
    most
        Measures named for one customer, at most.
    names
        What values are called.

    Returns
    -------
    pandas.DataFrame
        One line a thing that moved the score: ``row`` (from 0), ``position`` (from 1; what moved most first, the rest
        last), ``signal`` (the window that moved most; None for the model and for the rest), ``value_before`` and
        ``value`` as text, ``change`` in probability and how much of it comes ``from_data``, ``from_time`` and
        ``from_model``, ``sentence_en``, ``sentence_zh``. The changes of a row sum to new less old probability. A
        customer whose score did not move may have no line.

    Raises
    ------
    JudgementError
        If the legs are of different customers or signals.
    """
    _check(legs)
    divided = _Divided.of(legs, known)
    told = []
    for row, change in enumerate(legs.change):
        pieces = _whole_legs(legs, row) if divided is None else divided.pieces(row, most)
        found = _in_order([_first_leg(legs, row), *pieces], change)
        told += [
            (row, position, *_told(piece, legs, row, known, names)) for position, piece in enumerate(found, start=1)
        ]
    return pd.DataFrame(told, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Divided:
    """Changes of two legs by signal, shape (rows, signals), and by measure, shape (rows, measures)."""

    columns: list[str]
    measures: list[list[int]]
    by_signal: FloatArray
    data: FloatArray
    time: FloatArray

    @classmethod
    def of(cls, legs: Legs, known: Mapping[str, SignalColumn]) -> Self | None:
        """Divide the legs; nothing where the model has no additive parts."""
        time, data = _leg(legs.then, legs.waited), _leg(legs.waited, legs.now)
        if time is None or data is None:
            return None
        columns = list(map(str, legs.now.signals.columns))
        measures = list(_measures(columns, known).values())
        summed = [np.column_stack([leg[:, places].sum(axis=1) for places in measures]) for leg in (data, time)]
        return cls(columns, measures, data + time, *summed)

    def pieces(self, row: int, most: int) -> list[_Piece]:
        """Name the measures that moved a row's score most; the rest is one piece at the end."""
        data, time = self.data[row], self.time[row]
        named = np.argsort(-np.abs(data + time), kind="stable")[:most]
        rest = _Piece(float(data.sum() - data[named].sum()), float(time.sum() - time[named].sum()), kind="rest")
        speakers = [self._speaker(row, measure) for measure in named]
        told = [
            _Piece(float(data[measure]), float(time[measure]), column=self.columns[place], place=place)
            for measure, place in zip(named, speakers, strict=True)
        ]
        return [*told, rest]

    def _speaker(self, row: int, measure: int) -> int:
        places = self.measures[measure]
        return places[int(np.abs(self.by_signal[row, places]).argmax())]


def _check(legs: Legs) -> None:
    answers = (legs.then, legs.waited, legs.now)
    shapes = sorted({answer.signals.shape for answer in answers})
    sizes = {len(legs.scored), *(len(answer.probability) for answer in answers), *(rows for rows, _ in shapes)}
    if len(shapes) > 1 or len(sizes) > 1:
        raise JudgementError(
            f"Both scores must be of the same customers and signals; given {len(legs.scored)} old scores and signals "
            f"of shapes {', '.join(map(str, shapes))}."
        )


def _leg(start: Answer, end: Answer) -> FloatArray | None:
    if start.contributions is None or end.contributions is None:
        return None
    return in_probability(start.probability, end.probability, end.contributions - start.contributions)


def _measures(columns: Sequence[str], known: Mapping[str, SignalColumn]) -> dict[str, list[int]]:
    measures: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        measures.setdefault(known[column].signal.name if column in known else column, []).append(place)
    return measures


def _first_leg(legs: Legs, row: int) -> _Piece:
    change = float(legs.then.probability[row] - legs.scored[row])
    if legs.version == legs.version_before:
        return _Piece(data=change, kind="corrected")
    return _Piece(model=change, kind="model")


def _whole_legs(legs: Legs, row: int) -> list[_Piece]:
    then, waited, now = (float(each.probability[row]) for each in (legs.then, legs.waited, legs.now))
    return [_Piece(data=now - waited, kind="data"), _Piece(time=waited - then, kind="time")]


def _in_order(pieces: Sequence[_Piece], change: float) -> list[_Piece]:
    """Put first what moved the score most and the rest last, and give the first what rounding has lost."""
    found = [piece for piece in pieces if piece.is_worth_telling()]
    found.sort(key=lambda piece: (piece.kind == "rest", -abs(piece.change)))
    if found:
        lost = change - sum(piece.change for piece in found)
        part = max(PARTS, key=lambda name: abs(getattr(found[0], name)))
        found[0] = replace(found[0], **{part: getattr(found[0], part) + lost})
    return found


def _told(
    piece: _Piece, legs: Legs, row: int, known: Mapping[str, SignalColumn], names: ValueNames
) -> tuple[object, ...]:
    amounts = (piece.change, *(getattr(piece, part) for part in PARTS))
    if piece.column is None:
        said = [kind_sentence(piece.kind, legs.version_before, legs.version, language) for language in ("en", "zh")]
        return (None, None, None, *amounts, *said)
    before, value = legs.then.signals.iat[row, piece.place], legs.now.signals.iat[row, piece.place]
    column = known.get(piece.column)
    said = [moved_sentence(piece.column, column, value, before, language, names) for language in ("en", "zh")]
    unit = column.signal.unit if column else ""
    return (piece.column, shown(before, unit, "en"), shown(value, unit, "en"), *amounts, *said)
