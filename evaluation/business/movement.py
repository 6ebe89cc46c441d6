"""How customers move between segments from one period to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.business.flows import Segmentation

OUTSIDE = "(none)"


def movements(segmentation: Segmentation, names: Sequence[str]) -> pd.DataFrame:
    """Count the customers by segment at the beginning and at the end of each period.

    Parameters
    ----------
    segmentation
        With a place at each edge.
    names
        Names of the periods, one fewer than edges.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``segmentation``, ``segment_from``, ``segment_to`` (``(none)`` where a customer was in none yet),
        ``customers`` and ``share`` (of those in ``segment_from``); only moves that happened, staying among them.
        Rows of a period count everybody who is in a segment at one of its ends, once.
    """
    labels, size = np.array([*segmentation.segments, OUTSIDE]), len(segmentation.segments) + 1
    parts = []
    for number, name in enumerate(names):
        begin, end = (
            segmentation.place[number].astype(np.intp) % size,
            segmentation.place[number + 1].astype(np.intp) % size,
        )
        matrix = np.bincount(begin * size + end, minlength=size * size).reshape(size, size)
        matrix[-1, -1] = 0
        rows, columns = np.nonzero(matrix)
        counted = matrix[rows, columns]
        parts.append(
            pd.DataFrame(
                {
                    "period": name,
                    "segmentation": segmentation.name,
                    "segment_from": labels[rows],
                    "segment_to": labels[columns],
                    "customers": counted,
                    "share": counted / matrix.sum(axis=1)[rows],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
