"""What would lower a score: the model asked again with what we can act on as it usually is for customers like this one.

Each lever's measures are set together to what is usual among the customer's peers, only where that is better, and only
where enough peers are so well off in all of them at once. The answer is the model's: an association among customers
seen, and no promise of what acting would do to this one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.model.grammar import counted
from evaluation.model.levers import LEVERS, Lever
from evaluation.model.reason_words import FLAGS, among, apart, said_of, sentence, shown
from evaluation.model.reasons import FEWEST_PEERS, MOST, Usual
from evaluation.model.rows import FloatArray
from evaluation.value_names import SHIPPED, ValueNames
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


class CountPeers(Protocol):
    """Counts the peers of a segment who are at least so well off in several signals at once."""

    def __call__(self, segment: str, columns: Sequence[str], direction: FloatArray, target: FloatArray) -> int:
        """Count them.

        Parameters
        ----------
        segment
            Whose customers are counted; everyone's where it is empty.
        columns
            Signals.
        direction
            1 for a signal whose risk rises with it, -1 for one whose risk falls, shape (columns,).
        target
            Values to compare with, shape (columns,).
        """
        ...


def what_would_lower(
    predict: Callable[[pd.DataFrame], FloatArray],
    signals: pd.DataFrame,
    known: Mapping[str, SignalColumn],
    usual: Usual,
    count: CountPeers,
    *,
    levers: Sequence[Lever] = LEVERS,
    most: int = MOST,
    least: float = LEAST,
    names: ValueNames = SHIPPED,
) -> pd.DataFrame:
    """Say what would lower the scores of some customers.

    Parameters
    ----------
    predict
        Gives probabilities for a frame of signals.
    signals
        Signals of the customers to tell about, shape (customers, signals).
    known
        Declared signals by column name; what is not declared is no lever.
    usual
        Usual values of the peers of the same customers.
    count
        Counts peers among everyone who is scored.
    levers
        What can be acted on.
    most
        Levers for a customer, at most.
    least
        Fall of the probability from which a lever is told.
    names
        What values are called.

    Returns
    -------
    pandas.DataFrame
        One line a lever, the largest fall first: ``row`` (place in `signals`), ``position`` (from 1), ``lever``,
        ``signal`` that speaks, its ``value`` and ``target`` as text, ``probability_then``, ``change`` (below 0),
        ``similar_customers`` (peers at least so well off in all that was changed), ``sentence_en``, ``sentence_zh``.
    """
    before = predict(signals)
    pulls = [pull for lever in levers if (pull := _pulled(lever, predict, signals, known, usual))]
    falls = np.column_stack([pull.probability - before for pull in pulls]) if pulls else np.empty((len(signals), 0))
    told = []
    for row, fall in enumerate(falls):
        segment, position = usual.segment[row], 0
        for place in np.argsort(fall, kind="stable"):
            if position == most or fall[place] > -least:
                break
            pull = pulls[place]
            changed = np.flatnonzero(pull.is_new[row])
            columns = [pull.columns[column] for column in changed]
            similar = count(segment, columns, pull.direction[changed], pull.target[row, changed])
            if similar >= FEWEST_PEERS:
                position += 1
                about = _told(pull, row, signals, float(before[row]), similar, known, segment, names)
                told.append((row, position, *about))
    return pd.DataFrame(told, columns=list(COLUMNS))


def _pulled(
    lever: Lever,
    predict: Callable[[pd.DataFrame], FloatArray],
    signals: pd.DataFrame,
    known: Mapping[str, SignalColumn],
    usual: Usual,
) -> _Pull | None:
    columns = _columns(lever, signals, known)
    if not columns:
        return None
    values = signals[columns].to_numpy(dtype=np.float64)
    peers = _usual_of(columns, usual)
    direction = _direction(columns, known)
    is_new = direction * (values - peers) > 0
    target = np.where(is_new, peers, values)
    new = pd.DataFrame(target, columns=columns, index=signals.index).astype(signals.dtypes[columns].to_dict())
    asked = signals.assign(**{name: new[name] for name in columns})
    return _Pull(lever, columns, direction, target, is_new, predict(asked)) if is_new.any() else None


def _usual_of(columns: Sequence[str], usual: Usual) -> FloatArray:
    """Give what is usual among the peers of each row, shape (rows, columns)."""
    found = {name: usual.values[name][list(columns)].to_numpy(dtype=np.float64) for name in set(usual.segment)}
    return np.stack([found[name] for name in usual.segment]) if usual.segment else np.empty((0, len(columns)))


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


def _told(
    pull: _Pull,
    row: int,
    signals: pd.DataFrame,
    before: float,
    similar: int,
    known: Mapping[str, SignalColumn],
    segment: str,
    names: ValueNames,
) -> tuple[object, ...]:
    place = int(pull.is_new[row].argmax())
    name, target, then = pull.columns[place], pull.target[row, place], float(pull.probability[row])
    column = known[name]
    value, change = signals[name].iat[row], then - before
    texts = [shown(each, column.signal.unit, "en") for each in (value, target)]
    said = [
        _said(pull.lever, name, column, value, target, before, then, segment, language, names)
        for language in ("en", "zh")
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
    names: ValueNames,
) -> str:
    fact, peers = sentence(name, column, value, None, "", language, names), among(segment, language, names)
    usual = counted(column, said_of(column, target, language, names), language)
    if language == "en":
        where = f" in {peers}" if peers else ""
        return f"{lever.do['en']}. {fact}; usual{where}: {usual}, with which the score is {then:.0%}, not {before:.0%}"
    others = "并非如此" if usual == FLAGS["zh"][0] else f"为{apart(usual)}"
    return f"{lever.do['zh']}：{fact}；{peers}客户通常{others}，此时流失概率为 {then:.0%}，而非 {before:.0%}"
