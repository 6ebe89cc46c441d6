"""What would lower a score: the model asked again with what we can act on as it usually is for customers like this one.

Each lever's measures are set together to what is usual among the customer's peers, only where that is better, and only
where enough peers are so well off in all of them at once. The answer is the model's: an association among customers
seen, and no promise of what acting would do to this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.model.levers import LEVERS, Lever
from evaluation.model.reason_words import sentence, shown
from evaluation.model.reasons import FEWEST_PEERS, MOST, Usual
from evaluation.model.rows import FloatArray, IntArray
from features.declared import SignalColumn

LEAST = 0.005
"""A fall of the probability by less is not worth a word."""
COLUMNS = (
    "row",
    "position",
    "lever",
    "signal",
    "value",
    "target",
    "probability_then",
    "change",
    "similar_customers",
    "sentence_en",
    "sentence_zh",
)


@dataclass(frozen=True)
class _Pull:
    """A lever pulled for some customers: the values asked about, and which of them are new."""

    lever: Lever
    columns: list[str]
    direction: FloatArray
    target: FloatArray
    is_new: NDArray[np.bool_]
    probability: FloatArray


def what_would_lower(
    predict: Callable[[pd.DataFrame], FloatArray],
    signals: pd.DataFrame,
    rows: IntArray,
    known: Mapping[str, SignalColumn],
    usual: Usual,
    *,
    levers: Sequence[Lever] = LEVERS,
    most: int = MOST,
    least: float = LEAST,
) -> pd.DataFrame:
    """Say what would lower the scores of some customers.

    Parameters
    ----------
    predict
        Gives probabilities for a frame of signals.
    signals
        Signals of everyone who is scored, shape (customers, signals).
    rows
        Positions of the customers to tell about.
    known
        Declared signals by column name; what is not declared is no lever.
    usual
        Usual values of everyone's peers.
    levers
        What can be acted on.
    most
        Levers for a customer, at most.
    least
        Fall of the probability from which a lever is told.

    Returns
    -------
    pandas.DataFrame
        One line a lever, the largest fall first: ``row`` (place in `rows`), ``position`` (from 1), ``lever``,
        ``signal`` that speaks, its ``value`` and ``target`` as text, ``probability_then``, ``change`` (below 0),
        ``similar_customers`` (peers at least so well off in all that was changed), ``sentence_en``, ``sentence_zh``.
    """
    chosen = signals.iloc[rows]
    before, support = predict(chosen), _Support(signals, usual)
    pulls = [pull for lever in levers if (pull := _pulled(lever, predict, chosen, rows, known, usual))]
    falls = np.column_stack([pull.probability - before for pull in pulls]) if pulls else np.empty((len(rows), 0))
    told = []
    for row, fall in enumerate(falls):
        segment, position = usual.segment[rows[row]], 0
        for place in np.argsort(fall, kind="stable"):
            if position == most or fall[place] > -least:
                break
            similar = support.count(pulls[place], row, segment)
            if similar >= FEWEST_PEERS:
                position += 1
                line = _told(pulls[place], row, chosen, float(before[row]), similar, known, segment)
                told.append((row, position, *line))
    return pd.DataFrame(told, columns=list(COLUMNS))


def _pulled(
    lever: Lever,
    predict: Callable[[pd.DataFrame], FloatArray],
    chosen: pd.DataFrame,
    rows: IntArray,
    known: Mapping[str, SignalColumn],
    usual: Usual,
) -> _Pull | None:
    columns = _columns(lever, chosen, known)
    if not columns:
        return None
    values = chosen[columns].to_numpy(dtype=np.float64)
    peers = _usual_of(columns, rows, usual)
    direction = _direction(columns, known)
    is_new = direction * (values - peers) > 0
    target = np.where(is_new, peers, values)
    new = pd.DataFrame(target, columns=columns, index=chosen.index).astype(chosen.dtypes[columns].to_dict())
    asked = chosen.assign(**{name: new[name] for name in columns})
    return _Pull(lever, columns, direction, target, is_new, predict(asked)) if is_new.any() else None


def _usual_of(columns: Sequence[str], rows: IntArray, usual: Usual) -> FloatArray:
    """Give what is usual among the peers of each row, shape (rows, columns)."""
    segments = [usual.segment[row] for row in rows]
    found = {name: usual.values[name][list(columns)].to_numpy(dtype=np.float64) for name in set(segments)}
    return np.stack([found[name] for name in segments]) if segments else np.empty((0, len(columns)))


def _columns(lever: Lever, signals: pd.DataFrame, known: Mapping[str, SignalColumn]) -> list[str]:
    """Columns that the lever moves in a direction that is known, in the order in which they may speak."""
    movable = {
        name: column.signal
        for name in map(str, signals.columns)
        if (column := known.get(name)) and column.signal.risk != "none" and column.signal.name in lever.measures
    }
    return sorted(movable, key=lambda name: lever.measures.index(movable[name].name))


def _direction(columns: Sequence[str], known: Mapping[str, SignalColumn]) -> FloatArray:
    """Give 1 for a signal whose risk rises with it, -1 for one whose risk falls."""
    return np.array([1.0 if known[name].signal.risk == "rises" else -1.0 for name in columns])


class _Support:
    """Counts who is as well off as a lever would make a customer; the same question is answered once."""

    def __init__(self, signals: pd.DataFrame, usual: Usual) -> None:
        self._signals, self._segments = signals, np.array(usual.segment, dtype=object)
        self._peers: dict[str, IntArray] = {}
        self._counted: dict[tuple[str, str, bytes], int] = {}

    def count(self, pull: _Pull, row: int, segment: str) -> int:
        """Count the peers of a segment who are at least so well off in everything that was changed for a row.

        What is new is what is usual in the segment, so that the same changes there are the same question.
        """
        key = (pull.lever.name, segment, pull.is_new[row].tobytes())
        if key not in self._counted:
            changed = np.flatnonzero(pull.is_new[row])
            names = [pull.columns[place] for place in changed]
            values = self._signals[names].iloc[self._peers_of(segment)].to_numpy(dtype=np.float64)
            worse = pull.direction[changed] * (values - pull.target[row, changed])
            self._counted[key] = int((worse <= 0).all(axis=1).sum())
        return self._counted[key]

    def _peers_of(self, segment: str) -> IntArray:
        if segment not in self._peers:
            everyone = np.arange(len(self._segments))
            self._peers[segment] = np.flatnonzero(self._segments == segment) if segment else everyone
        return self._peers[segment]


def _told(
    pull: _Pull,
    row: int,
    chosen: pd.DataFrame,
    before: float,
    similar: int,
    known: Mapping[str, SignalColumn],
    segment: str,
) -> tuple[object, ...]:
    place = int(pull.is_new[row].argmax())
    name, target, then = pull.columns[place], pull.target[row, place], float(pull.probability[row])
    column = known[name]
    value, change = chosen[name].iat[row], then - before
    texts = [shown(each, column.signal.unit, "en") for each in (value, target)]
    said = [
        _said(pull.lever, name, column, value, target, before, then, segment, language) for language in ("en", "zh")
    ]
    return (pull.lever.name, name, *texts, then, change, similar, *said)


def _said(
    lever: Lever,
    name: str,
    column: SignalColumn,
    value: object,
    target: object,
    before: float,
    then: float,
    segment: str,
    language: str,
) -> str:
    fact, usual = sentence(name, column, value, None, "", language), shown(target, column.signal.unit, language)
    if language == "en":
        where = f" in {segment}" if segment else ""
        return f"{lever.do['en']}. {fact}; usual{where}: {usual}, with which the score is {then:.0%}, not {before:.0%}"
    who = f"{segment}{' ' if segment.isascii() else ''}客户" if segment else "客户"
    return f"{lever.do['zh']}：{fact}；{who}通常为 {usual}，此时评分为 {then:.0%}，而非 {before:.0%}"
