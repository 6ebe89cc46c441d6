"""Recency, frequency and monetary value: scores of 1 to 5, and the eight classes that the field makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.business.flows import UNKNOWN, Segmentation
from evaluation.business.periods import Instants
from evaluation.business.purchases import FloatArray, Purchases
from evaluation.gates.words import Words

SCORES = 5
_MICROSECONDS_A_DAY = 86_400_000_000

CLASSES: dict[str, Words] = {
    "important_value": Words("important, valuable", "重要价值客户"),
    "important_develop": Words("important, to develop", "重要发展客户"),
    "important_keep": Words("important, to keep", "重要保持客户"),
    "important_win_back": Words("important, to win back", "重要挽留客户"),
    "general_value": Words("general, valuable", "一般价值客户"),
    "general_develop": Words("general, to develop", "一般发展客户"),
    "general_keep": Words("general, to keep", "一般保持客户"),
    "general_win_back": Words("general, to win back", "一般挽留客户"),
}
"""Much money is important, little is general; recent and often: valuable; recent only: to develop; often only: to
keep; neither: to win back."""


@dataclass(frozen=True)
class RfmEdges:
    """Ascending limits between the scores 1 to 5, four of each; for recency in days, where fewer score higher."""

    recency_days: Sequence[float]
    frequency: Sequence[float]
    monetary: Sequence[float]


@dataclass(frozen=True, eq=False)
class Rfm:
    """What customers bought up to an instant, all of shape (customers,); missing for who never bought.

    Parameters
    ----------
    recency_days
        Days since the last order.
    frequency, monetary
        Orders and their amount in the months looked at.
    """

    recency_days: FloatArray
    frequency: FloatArray
    monetary: FloatArray

    @classmethod
    def at(cls, orders: Purchases, instant: int, since: int) -> Rfm:
        """Look back from an instant; frequency and amount count from `since`."""
        last = orders.last(None, instant)
        known = np.isfinite(last)
        return cls(
            recency_days=(instant - last) / _MICROSECONDS_A_DAY,
            frequency=np.where(known, orders.counted(since, instant), np.nan),
            monetary=np.where(known, orders.added(since, instant), np.nan),
        )


def quintiles(values: FloatArray) -> FloatArray:
    """Score values 1 to 5 by fifths of the known ones; equal values get the same score.

    Examples
    --------
    >>> quintiles(np.array([1.0, 1.0, 1.0, 5.0, np.nan]))
    array([ 2.,  2.,  2.,  5., nan])
    """
    known = np.sort(values[np.isfinite(values)])
    if not known.size:
        return np.full(values.shape, np.nan)
    below, upto = (np.searchsorted(known, values, side) for side in ("left", "right"))
    middle = (below + upto) / (2 * known.size)
    scores = np.minimum(np.floor(middle * SCORES) + 1, SCORES)
    return np.where(np.isfinite(values), scores, np.nan)


def rfm_scores(rfm: Rfm, edges: RfmEdges | None = None) -> NDArray[np.float64]:
    """Score recency, frequency and monetary value 1 to 5, 5 the best: shape (3, customers)."""
    if edges is None:
        return np.array([quintiles(-rfm.recency_days), quintiles(rfm.frequency), quintiles(rfm.monetary)])
    recency = SCORES - np.searchsorted(edges.recency_days, rfm.recency_days, side="left")
    frequency = 1 + np.searchsorted(edges.frequency, rfm.frequency, side="right")
    monetary = 1 + np.searchsorted(edges.monetary, rfm.monetary, side="right")
    scores = np.array([recency, frequency, monetary], dtype=np.float64)
    return np.where(np.isfinite(rfm.recency_days), scores, np.nan)


def rfm_classes(scores: NDArray[np.float64]) -> NDArray[np.int16]:
    """Give each customer's place in `CLASSES`; -1 without scores.

    A score is high where it lies above the mean of all customers' scores, as is usual in the field.

    Examples
    --------
    >>> places = rfm_classes(np.array([[5.0, 1.0, 5.0], [5.0, 1.0, 1.0], [5.0, 1.0, 5.0]]))
    >>> [list(CLASSES)[place] for place in places]
    ['important_value', 'general_win_back', 'important_develop']
    """
    known = np.isfinite(scores).all(axis=0)
    if not known.any():
        return np.full(scores.shape[1], UNKNOWN, dtype=np.int16)
    recent, often, much = scores > np.nanmean(scores, axis=1, keepdims=True)
    place = np.where(much, 0, 4) + np.where(recent, np.where(often, 0, 1), np.where(often, 2, 3))
    return np.where(known, place, UNKNOWN).astype(np.int16)


def by_rfm(orders: Purchases, edges: Instants, since: Instants, limits: RfmEdges | None = None) -> Segmentation:
    """Divide customers by their class at each edge.

    Parameters
    ----------
    orders
        Orders in buckets.
    edges
        Instants in microseconds.
    since
        From when frequency and amount count, for each edge.
    limits
        Fixed limits of the scores; fifths of the customers by default.
    """
    pairs = zip(edges, since, strict=True)
    places = [rfm_classes(rfm_scores(Rfm.at(orders, int(edge), int(start)), limits)) for edge, start in pairs]
    return Segmentation("rfm_class", tuple(CLASSES), np.array(places))
