"""Groups of customers who are alike, found without being told what to look for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluation.business.flows import UNKNOWN
from evaluation.errors import JudgementError

MOST_CLUSTERS = 8
SAMPLE = 5_000


def clusters(columns: NDArray[np.float64], *, most: int = MOST_CLUSTERS, seed: int = 0) -> NDArray[np.int16]:
    """Group customers by k-means on logarithms, standardized; k is the number with the best silhouette.

    Parameters
    ----------
    columns
        What customers are compared by, 0 or more, shape (customers, columns); who misses a value is in no group.
    most
        Largest number of groups tried, 2 or more.
    seed
        Seed of the starts and of the sample on which silhouettes are computed.

    Returns
    -------
    ndarray
        Group of each customer, 0 the largest; -1 for none.

    Raises
    ------
    JudgementError
        If there are fewer different customers than three.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    known = np.isfinite(columns).all(axis=1)
    logs = np.log1p(np.maximum(columns[known], 0))
    if len(np.unique(logs, axis=0)) < 3:
        raise JudgementError(f"{int(known.sum())} customers who hardly differ cannot be grouped. Leave clusters out.")
    scaled = (logs - logs.mean(axis=0)) / np.maximum(logs.std(axis=0), 1e-9)
    ways = range(2, min(most, len(np.unique(scaled, axis=0)) - 1) + 1)
    found = [KMeans(number, n_init=4, random_state=seed).fit_predict(scaled) for number in ways]
    size = min(SAMPLE, len(scaled))
    best = max(found, key=lambda each: silhouette_score(scaled, each, sample_size=size, random_state=seed))
    order = np.argsort(-np.bincount(best))
    place = np.full(len(columns), UNKNOWN, dtype=np.int16)
    place[known] = np.argsort(order)[best]
    return place
