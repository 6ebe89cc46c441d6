"""How sure a figure is: intervals from drawing customers again with replacement.

Rows of one customer at several cutoffs are not independent, so that whole customers are drawn. A draw is a weight for
each row: nothing is copied or sorted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtrit

from evaluation.errors import JudgementError
from evaluation.model.consistency import range_if_true
from evaluation.model.ends import quantile_ends, unbiased_ends
from evaluation.model.ranking import gain_curve
from evaluation.model.rows import FloatArray, IntArray, Rows
from evaluation.model.scorecard import LOWER_IS_BETTER, METRICS, metrics_with_capacity
from evaluation.model.shares import two_sided_z

WITHOUT_DIRECTION = frozenset({"calibration_slope", "calibration_intercept"})
SWOLLEN = frozenset({"ks", "ece"})
"""Figures that noise makes larger: a largest distance, a mean of absolute errors."""


@dataclass(frozen=True)
class Interval:
    """A figure with the interval that covers its true value in a share ``level`` of samples."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """How much better one model is than another on the same rows.

    Parameters
    ----------
    estimate
        Advantage of the first model; above 0 it is better, also for figures of which less is better.
    low, high
        Interval of the advantage.
    probability_better
        Share of draws in which the first model is better, draws without a difference counting half.
    """

    estimate: float
    low: float
    high: float
    probability_better: float

    @property
    def declared(self) -> bool:
        """Whether the interval leaves out 0, so that one model is better than the other."""
        return self.low > 0 or self.high < 0


def intervals(
    label: ArrayLike,
    probability: ArrayLike,
    customer: ArrayLike,
    *,
    capacity: int | None = None,
    replicates: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval]:
    """Give every figure of the scorecard an interval.

    Parameters
    ----------
    label, probability, customer
        Shape (rows,); rows of the same customer are drawn together.
    capacity
        As in `scorecard`.
    replicates
        Number of draws; 200 give the interval's ends to about a tenth of its width.
    level
        Coverage, above 0 and below 1.
    seed
        Same seed, same intervals.

    Returns
    -------
    dict of str to Interval
        In the order of the scorecard. An end is NaN where draws leave the figure undefined.

    Raises
    ------
    JudgementError
        As `scorecard`, and for fewer than 2 customers or 2 replicates or a level outside (0, 1).
    """
    rows = Rows.of_probabilities(label, probability)
    metrics = metrics_with_capacity(rows, capacity)
    return _intervals(rows, rows.clusters(customer), metrics, replicates, level, seed)


def interval(
    label: ArrayLike,
    score: ArrayLike,
    customer: ArrayLike,
    *,
    metric: str = "roc_auc",
    replicates: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Give one figure of the scorecard an interval; for a ranking figure any finite score will do.

    Raises
    ------
    JudgementError
        For a figure that does not exist, and as `intervals`.
    """
    rows = _scored(label, score, metric)
    metrics = {metric: _named(metric, tuple(METRICS))}
    return _intervals(rows, rows.clusters(customer), metrics, replicates, level, seed)[metric]


def paired_difference(
    label: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    cluster: ArrayLike,
    *,
    metric: str = "roc_auc",
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Difference:
    """Compare two models on the same rows, both judged on the same draws of customers.

    Parameters
    ----------
    label
        Shape (rows,).
    first, second
        Shape (rows,), probabilities; for a ranking figure any finite score.
    cluster
        Shape (rows,), the customer of each row.
    metric
        A figure of the scorecard that has a better side, such as ``roc_auc``, ``log_loss`` or ``lift_at_10pct``.
    replicates, level, seed
        As in `intervals`.

    Returns
    -------
    Difference
        Advantage of `first` over `second`.

    Raises
    ------
    JudgementError
        For a figure that does not exist or has no better side, and as `intervals`.
    """
    measure = _directed(metric)
    both = [_scored(label, scores, metric) for scores in (first, second)]
    for rows in both:
        rows.need_both_classes()
    clusters = [rows.clusters(cluster) for rows in both]
    tail = tail_beyond(level, both[0], clusters[0])
    values = [
        np.array([_or_missing(measure, draw) for draw in draws(rows, codes, replicates, seed)])
        for rows, codes in zip(both, clusters, strict=True)
    ]
    advantage = values[0] - values[1]
    low, high = quantile_ends(advantage, tail)
    seen = advantage[np.isfinite(advantage)]
    return Difference(
        estimate=measure(both[0]) - measure(both[1]),
        low=float(low),
        high=float(high),
        probability_better=float(np.mean(seen > 0) + np.mean(seen == 0) / 2) if seen.size else float("nan"),
    )


def gain_band(
    label: ArrayLike,
    score: ArrayLike,
    customer: ArrayLike,
    *,
    points: int = 101,
    replicates: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Give the gain curve with an interval of its recall at each share.

    Returns
    -------
    pandas.DataFrame
        `gain_curve` with columns ``low`` and ``high``.

    Raises
    ------
    JudgementError
        As `gain_curve` and `intervals`.
    """
    curve = gain_curve(label, score, points=points)
    share = curve["share"].to_numpy()

    def recall(draw: Rows) -> FloatArray | None:
        return np.interp(share * draw.total, draw.contacted, draw.captured) / draw.positives if draw.positives else None

    return with_band(curve, Rows.of(label, score), customer, recall, replicates=replicates, level=level, seed=seed)


def with_band(
    curve: pd.DataFrame,
    rows: Rows,
    customer: ArrayLike,
    height: Callable[[Rows], FloatArray | None],
    *,
    replicates: int,
    level: float,
    seed: int,
) -> pd.DataFrame:
    """Give a curve the ends of an interval at each of its points.

    Parameters
    ----------
    curve
        One row a point.
    rows
        The rows that it is drawn from.
    height
        Gives the curve of a draw at the same points; none where it has none.
    customer, replicates, level, seed
        As `intervals`.
    """
    cluster = rows.clusters(customer)
    heights = (height(draw) for draw in draws(rows, cluster, replicates, seed))
    drawn = np.array([found for found in heights if found is not None])
    low, high = quantile_ends(drawn, tail_beyond(level, rows, cluster))
    return curve.assign(low=low, high=high)


def draws(rows: Rows, cluster: IntArray, replicates: int, seed: int) -> Iterator[Rows]:
    """Draw customers with replacement, as often as there are customers; the same seed draws the same customers.

    Parameters
    ----------
    rows
        The rows to reweight.
    cluster
        Shape (rows,), customer numbers from `Rows.clusters`.
    replicates
        Number of draws, at least 2.
    seed
        Seed of the draws; they do not depend on the order of `rows`.

    Raises
    ------
    JudgementError
        For fewer than 2 replicates or 2 customers.
    """
    if replicates < 2:
        raise JudgementError(f"replicates must be at least 2; given {replicates}. Take 200 for intervals.")
    random = np.random.default_rng(seed)
    customers = int(cluster.max()) + 1
    if customers < 2:
        raise JudgementError("All rows belong to one customer; an interval needs at least 2 customers.")
    for _ in range(replicates):
        times = np.bincount(random.integers(0, customers, customers), minlength=customers)
        yield rows.reweighted(times[cluster] * rows.weight)


def tail_beyond(level: float, rows: Rows, cluster: IntArray) -> float:
    """Give the share of draws beyond each end, widened for few customers of the rarer outcome (Hesterberg 2015)."""
    left, stayed = (np.unique(cluster[rows.label == outcome]).size for outcome in (1, 0))
    size = max(min(left, stayed), 2)
    return float(ndtr(np.sqrt(size / (size - 1)) * stdtrit(size - 1, ndtr(-two_sided_z(level)))))


def _or_missing(metric: Callable[[Rows], float], rows: Rows) -> float:
    return metric(rows) if 0 < rows.positives < rows.total else float("nan")


def _intervals(
    rows: Rows,
    cluster: IntArray,
    metrics: Mapping[str, Callable[[Rows], float]],
    replicates: int,
    level: float,
    seed: int,
) -> dict[str, Interval]:
    rows.need_both_classes()
    tail = tail_beyond(level, rows, cluster)
    drawn = np.array(
        [[_or_missing(metric, draw) for metric in metrics.values()] for draw in draws(rows, cluster, replicates, seed)]
    )
    ends = np.stack(quantile_ends(drawn, tail), axis=1)
    found = {
        name: Interval(metric(rows), *map(float, ends[column])) for column, (name, metric) in enumerate(metrics.items())
    }
    for column, name in enumerate(metrics):
        if name in SWOLLEN:
            low, high = unbiased_ends(found[name].estimate, drawn[:, column], tail)
            found[name] = Interval(found[name].estimate, low, high)
    if "ece" in found:
        found["ece"] = _beside_chance(found["ece"], rows, tail, seed)
    return found


def _beside_chance(error: Interval, rows: Rows, tail: float, seed: int) -> Interval:
    """Lower the low end of a calibration error to the error less what chance alone may give.

    The error seen is at most the true one plus that of chance, by the triangle inequality.
    """
    chance = range_if_true(rows, METRICS["ece"], level=1 - 2 * tail, seed=seed)[1]
    return Interval(error.estimate, min(error.low, max(error.estimate - chance, 0.0)), error.high)


def _named(metric: str, allowed: tuple[str, ...]) -> Callable[[Rows], float]:
    if metric not in allowed:
        raise JudgementError(f"metric must be one of {', '.join(allowed)}; given {metric!r}.")
    return METRICS[metric]


def _directed(metric: str) -> Callable[[Rows], float]:
    """Find a figure by name and turn it so that more is better."""
    measure = _named(metric, tuple(name for name in METRICS if name not in WITHOUT_DIRECTION))
    return (lambda rows: -measure(rows)) if metric in LOWER_IS_BETTER else measure


def _scored(label: ArrayLike, scores: ArrayLike, metric: str) -> Rows:
    """Sort rows, asking for probabilities only where the figure reads them as such."""
    as_probability = metric in LOWER_IS_BETTER | WITHOUT_DIRECTION
    return Rows.of_probabilities(label, scores) if as_probability else Rows.of(label, scores)
