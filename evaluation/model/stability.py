"""Whether scores hold still: between cutoffs, between models, and against noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from evaluation.errors import JudgementError
from evaluation.model.rows import FloatArray, IntArray, numbers, probabilities, same_length


@dataclass(frozen=True)
class Flips:
    """Movement of customers between bands.

    Parameters
    ----------
    customers
        Customers with a band at both times.
    flip_share
        Part of them whose band changed.
    up_share, down_share
        Part that moved to a higher or a lower band.
    """

    customers: int
    flip_share: float
    up_share: float
    down_share: float


def band_of(probability: ArrayLike, edges: Sequence[float]) -> IntArray:
    """Band of each probability: the number of edges that it reaches.

    Parameters
    ----------
    probability
        Shape (rows,).
    edges
        Lower ends of the bands above the lowest, ascending, within (0, 1).

    Raises
    ------
    JudgementError
        For edges that do not ascend within (0, 1) and input that is no probability.

    Examples
    --------
    >>> band_of([0.1, 0.3, 0.9], edges=[0.3, 0.6])
    array([0, 1, 2])
    """
    return np.searchsorted(_checked_edges(edges), probabilities(probability), side="right")


def steady_band(previous_band: ArrayLike, probability: ArrayLike, edges: Sequence[float], margin: float) -> IntArray:
    """Band with hysteresis: a customer changes band only when the odds of leaving pass the edge by `margin`.

    A part of the odds means the same for an edge of 3 % and for one of 90 %: it is a constant distance in log odds, in
    which noise of a score is about equally large everywhere.

    Parameters
    ----------
    previous_band
        Shape (rows,), band at the last score; negative where there was none, which takes the plain band.
    probability
        Shape (rows,).
    edges
        As `band_of`.
    margin
        Part by which the odds must pass an edge, 0 or more; 0 gives the plain band. With 0.2 a band that begins at 30 %
        is entered at 34 % and left below 26.3 %.

    Raises
    ------
    JudgementError
        For a margin below 0, a band without edges and as `band_of`.

    Examples
    --------
    >>> steady_band([1, 1, 0, -1], [0.28, 0.2, 0.33, 0.33], edges=[0.3, 0.6], margin=0.2)
    array([1, 0, 0, 1])
    """
    if not 0 <= margin < np.inf:
        raise JudgementError(f"margin must be at least 0; given {margin:g}. 0.2 means 20 % of the odds.")
    limits, values = _checked_edges(edges), probabilities(probability)
    before = numbers(previous_band, "previous_band").astype(np.intp)
    same_length(previous_band=before, probability=values)
    if before.max() > limits.size:
        raise JudgementError(
            f"previous_band has band {before.max()}, but {limits.size} edges make bands 0 to {limits.size}."
        )
    entered, left = limits * (1 + margin) / (1 + limits * margin), limits / (1 + margin * (1 - limits))
    surely_reached = np.searchsorted(entered, values, side="right")
    hardly_reached = np.searchsorted(left, values, side="right")
    return np.where(before < 0, band_of(values, edges), np.clip(before, surely_reached, hardly_reached))


def band_flips(previous_band: ArrayLike, band: ArrayLike) -> Flips:
    """Count how many customers changed band between two scores, both of shape (rows,) for the same customers.

    Raises
    ------
    JudgementError
        For no rows, missing bands or different lengths.
    """
    before, after = numbers(previous_band, "previous_band"), numbers(band, "band")
    same_length(previous_band=before, band=after)
    up, down = float(np.mean(after > before)), float(np.mean(after < before))
    return Flips(before.size, up + down, up, down)


def rank_correlation(previous: ArrayLike, current: ArrayLike) -> float:
    """Spearman correlation of two scores of the same customers, -1 to 1; NaN when either is constant.

    Raises
    ------
    JudgementError
        For no rows, missing scores or different lengths.
    """
    before, after = numbers(previous, "previous"), numbers(current, "current")
    same_length(previous=before, current=after)
    ranks = np.stack([pd.Series(scores).rank().to_numpy() for scores in (before, after)])
    centred = ranks - ranks.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).sum(axis=1))
    return float(centred[0] @ centred[1] / (spread[0] * spread[1])) if spread.all() else float("nan")


def score_stability(scores: pd.DataFrame, edges: Sequence[float], margin: float = 0.0) -> pd.DataFrame:
    """Follow the scores of customers from cutoff to cutoff.

    Parameters
    ----------
    scores
        Columns ``customer``, ``cutoff`` and ``probability``, one row a customer and cutoff.
    edges
        As `band_of`.
    margin
        Hysteresis of the steady bands, as in `steady_band`.

    Returns
    -------
    pandas.DataFrame
        One line a cutoff after the first: ``cutoff``, ``customers`` scored at it and the one before,
        ``rank_correlation``, ``flip_share`` of plain bands and ``steady_flip_share`` with hysteresis.

    Raises
    ------
    JudgementError
        For a missing column, two rows of one customer and cutoff, and fewer than 2 cutoffs.
    """
    wide = _by_cutoff(scores)
    steady = np.full(len(wide), -1, dtype=np.intp)
    lines = []
    for position, cutoff in enumerate(wide.columns):
        current = wide[cutoff].to_numpy(dtype=np.float64)
        here = np.flatnonzero(~np.isnan(current))
        before = steady.copy()
        steady[here] = steady_band(before[here], current[here], edges, margin)
        if position:
            previous = wide.iloc[:, position - 1].to_numpy(dtype=np.float64)
            both = here[~np.isnan(previous[here])]
            lines.append(
                {"cutoff": cutoff} | _movement(previous[both], current[both], before[both], steady[both], edges)
            )
    return pd.DataFrame(lines)


def _by_cutoff(scores: pd.DataFrame) -> pd.DataFrame:
    """Lay customers in rows and cutoffs in columns in order of time."""
    absent = {"customer", "cutoff", "probability"} - set(scores.columns)
    if absent:
        raise JudgementError(f"scores lack {', '.join(sorted(absent))}; they need customer, cutoff and probability.")
    if scores.duplicated(["customer", "cutoff"]).any():
        raise JudgementError("scores hold two rows of one customer and cutoff; keep one.")
    if scores["cutoff"].nunique() < 2:
        raise JudgementError("Stability needs scores at 2 cutoffs or more.")
    return scores.pivot(index="customer", columns="cutoff", values="probability").sort_index(axis=1)


def _movement(
    previous: FloatArray, current: FloatArray, steady_before: IntArray, steady: IntArray, edges: Sequence[float]
) -> dict[str, float]:
    if not previous.size:
        return {"customers": 0}
    return {
        "customers": previous.size,
        "rank_correlation": rank_correlation(previous, current),
        "flip_share": band_flips(band_of(previous, edges), band_of(current, edges)).flip_share,
        "steady_flip_share": band_flips(steady_before, steady).flip_share,
    }


def _checked_edges(edges: Sequence[float]) -> FloatArray:
    limits = numbers(edges, "edges")
    if limits[0] <= 0 or limits[-1] >= 1 or (np.diff(limits) <= 0).any():
        raise JudgementError(f"edges must ascend within 0 and 1, such as [0.3, 0.6]; given {list(edges)}.")
    return limits
