"""How much better ours is than a peer over several seeds: the mean of the differences, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.model.rows import Rows
from evaluation.model.scorecard import LOWER_IS_BETTER, METRICS

DRAWS = 1000


@dataclass(frozen=True)
class Advantage:
    """Ours minus the peer's, turned so that above 0 ours is better, with its 95 % interval."""

    estimate: float
    low: float
    high: float

    @property
    def standing(self) -> str:
        """What the interval says: ``ahead``, ``level`` or ``BEHIND``."""
        return "ahead" if self.low > 0 else "BEHIND" if self.high < 0 else "level"


@dataclass(frozen=True)
class Judged:
    """What both said about the test rows of one seed, each of shape ``(rows,)``."""

    label: np.ndarray
    customer: np.ndarray
    ours: np.ndarray
    theirs: np.ndarray


def mean_advantage(seeds: Sequence[Judged], metric: str) -> Advantage:
    """Judge each seed's rows by themselves, take the mean, and draw customers again for its interval.

    Rows of different seeds are never ranked against each other. A customer who is judged with several seeds is drawn
    for all of them together.

    Parameters
    ----------
    seeds
        Test rows of each seed.
    metric
        A figure of the scorecard, such as ``roc_auc`` or ``log_loss``.
    """
    measure, sign = METRICS[metric], -1.0 if metric in LOWER_IS_BETTER else 1.0
    names, code = np.unique(np.concatenate([seed.customer for seed in seeds]).astype(str), return_inverse=True)
    codes = np.split(code, np.cumsum([len(seed.customer) for seed in seeds])[:-1])
    pairs = [[Rows.of_probabilities(seed.label, own) for own in (seed.ours, seed.theirs)] for seed in seeds]

    def advantage(times: np.ndarray) -> float:
        gains = [
            measure(ours.reweighted(times[own][ours.order])) - measure(theirs.reweighted(times[own][theirs.order]))
            for (ours, theirs), own in zip(pairs, codes, strict=True)
        ]
        return sign * float(np.mean(gains))

    random = np.random.default_rng(0)
    drawn = [np.bincount(random.integers(0, len(names), len(names)), minlength=len(names)) for _ in range(DRAWS)]
    low, high = np.quantile([advantage(times.astype(np.float64)) for times in drawn], [0.025, 0.975])
    return Advantage(advantage(np.ones(len(names))), float(low), float(high))
