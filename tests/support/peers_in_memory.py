"""What is usual among peers, and how many are as well off, by pandas: beside what the warehouse computes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.model.reasons import FEWEST_PEERS, Usual


def usual_values(signals: pd.DataFrame, segment: pd.Series | None = None) -> Usual:
    """Find what is usual for each segment.

    Parameters
    ----------
    signals
        Signals of everyone who is scored, shape (rows, signals).
    segment
        Segment of each row, such as its industry; segments of fewer than 30 customers count as unknown.

    Returns
    -------
    Usual
        Usual values, to be asked by row.
    """
    everyone = (
        pd.Series("", index=signals.index) if segment is None else segment.astype("str").where(segment.notna(), "")
    )
    sizes = everyone.value_counts()
    peers = everyone.where(everyone.map(sizes) >= FEWEST_PEERS, "").reset_index(drop=True)
    values = {"": signals.agg(_middle)}
    values |= {str(name): signals.loc[(peers == name).to_numpy()].agg(_middle) for name in peers.unique() if name}
    return Usual(peers.tolist(), values)


def _middle(column: pd.Series) -> object:
    known = column.dropna()
    if known.empty:
        return None
    if pd.api.types.is_numeric_dtype(column):
        return float(known.median())
    return str(known.mode().iloc[0])


def counter(signals, usual):
    """Counts peers among all rows."""
    segments = np.array(usual.segment, dtype=object)

    def count(segment, columns, direction, target):
        peers = signals[list(columns)].to_numpy(dtype=float)
        inside = (segments == segment) if segment else np.ones(len(signals), dtype=bool)
        return int((direction * (peers[inside] - target) <= 0).all(axis=1).sum())

    return count


def taken(usual, rows):
    """Usual values of some of the rows."""
    return Usual([usual.segment[row] for row in rows], usual.values)
