"""Why a customer has the score: contributions, grouped to what a person understands, as sentences.

A model's contributions are additive in log odds. They are summed over the signals of a family, since signals that say
nearly the same share one effect between them; the signal that weighs most speaks for its family, with the customer's
own value and what is usual for customers like it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.errors import JudgementError
from evaluation.model.reason_words import sentence, shown
from evaluation.model.rows import FloatArray
from evaluation.value_names import SHIPPED, ValueNames
from features.declared import SignalColumn

MOST = 3
FEWEST_PEERS = 30
COLUMNS = ("row", "position", "signal", "value", "usual", "contribution", "sentence_en", "sentence_zh")


@dataclass(frozen=True)
class Usual:
    """What is usual: the median, or the most frequent word, of each column among a customer's peers.

    Parameters
    ----------
    segment
        The peers that each row belongs to, shape (rows,); empty where the segment is unknown or too small.
    values
        Segment to column to value; the empty segment holds those of everyone.
    """

    segment: Sequence[str]
    values: Mapping[str, pd.Series]

    def of(self, row: int, column: str) -> object:
        """Give the usual value of a column for a row's peers."""
        return self.values[self.segment[row]][column]


def reasons(
    signals: pd.DataFrame,
    contributions: FloatArray,
    known: Mapping[str, SignalColumn],
    usual: Usual,
    *,
    most: int = MOST,
    names: ValueNames = SHIPPED,
) -> pd.DataFrame:
    """Give the reasons that raise each customer's risk, the weightiest first.

    Parameters
    ----------
    signals
        Signals of the customers to explain, shape (rows, signals).
    contributions
        Log odds that each signal adds, shape (rows, signals), in the order of the columns.
    known
        Declared signals by column name; a column that is not declared (of a flat table) speaks for itself.
    usual
        Usual values for the same rows.
    most
        Reasons for a customer, at most.
    names
        What values are called.

    Returns
    -------
    pandas.DataFrame
        One line a reason: ``row`` (from 0), ``position`` (from 1), ``signal`` (column that speaks), ``value`` and
        ``usual`` as text, ``contribution`` of its whole family in log odds, ``sentence_en``, ``sentence_zh``. A
        customer whose risk nothing raises has none.

    Raises
    ------
    JudgementError
        If the shapes differ.
    """
    if contributions.shape != signals.shape:
        raise JudgementError(
            f"contributions of shape {contributions.shape} do not fit signals of shape {signals.shape}."
        )
    families = _families(list(signals.columns), known)
    totals = np.column_stack([contributions[:, places].sum(axis=1) for places in families.values()])
    speakers = np.column_stack(
        [np.asarray(places)[contributions[:, places].argmax(axis=1)] for places in families.values()]
    )
    order = np.argsort(-totals, axis=1, kind="stable")[:, :most]
    told = [
        _reason(row, position, signals, speakers[row, family], totals[row, family], known, usual, names)
        for row in range(len(signals))
        for position, family in enumerate(order[row], start=1)
        if totals[row, family] > 0
    ]
    return pd.DataFrame(told, columns=list(COLUMNS))


def family_of(column: str, known: Mapping[str, SignalColumn]) -> str:
    """Name the family of signals that a column belongs to: the file that declares it, or the column itself."""
    return known[column].signal.definition.__module__ if column in known else column


def _families(columns: Sequence[str], known: Mapping[str, SignalColumn]) -> dict[str, list[int]]:
    families: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        families.setdefault(family_of(column, known), []).append(place)
    return families


def _reason(
    row: int,
    position: int,
    signals: pd.DataFrame,
    place: int,
    contribution: float,
    known: Mapping[str, SignalColumn],
    usual: Usual,
    names: ValueNames,
) -> tuple[object, ...]:
    name = str(signals.columns[place])
    column, value, peers = known.get(name), signals.iat[row, place], usual.of(row, name)
    said = [sentence(name, column, value, peers, usual.segment[row], language, names) for language in ("en", "zh")]
    unit = column.signal.unit if column else ""
    return (row, position, name, shown(value, unit, "en"), shown(peers, unit, "en"), float(contribution), *said)
