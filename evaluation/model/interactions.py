"""Which pairs of signals matter together: the part of their joint effect that is not the sum of their own effects.

Friedman and Popescu (2008), H statistic, on a sample of rows: 0 where a pair only adds up, 1 where it has an effect
only together. What is measured is the model, in log odds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from evaluation.errors import JudgementError
from evaluation.model.rows import FloatArray

ROWS = 40
SMALLEST_SHARE = 1e-4
"""A joint effect below this part of the model's own variance is rounding, and no interaction."""


def interactions(
    log_odds: Callable[[pd.DataFrame], FloatArray],
    signals: pd.DataFrame,
    columns: Sequence[str],
    *,
    rows: int = ROWS,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure how far pairs of signals act together.

    Parameters
    ----------
    log_odds
        The model's log odds for a frame of signals.
    signals
        Rows that the model is asked about, shape (rows, signals).
    columns
        Signals to pair; each pair costs `rows` squared questions to the model.
    rows
        Rows of the sample.
    seed
        Same seed, same sample.

    Returns
    -------
    pandas.DataFrame
        One line a pair: ``first``, ``second``, ``strength`` (the statistic, 0 to about 1) and ``effect`` (standard
        deviation of what the pair adds beyond the sum of both, in log odds), the largest effect first.

    Raises
    ------
    JudgementError
        For fewer than 2 columns, an unknown column or fewer than 2 rows.
    """
    absent = [name for name in columns if name not in signals.columns]
    if absent or len(columns) < 2 or len(signals) < 2:
        raise JudgementError(
            f"Interactions need 2 or more known columns and 2 or more rows; given {len(columns)} columns, of which "
            f"{len(absent)} are unknown, and {len(signals)} rows."
        )
    chosen = np.random.default_rng(seed).permutation(len(signals))[:rows]
    sample = signals.iloc[chosen].reset_index(drop=True)
    least = SMALLEST_SHARE * float(np.var(log_odds(sample)))
    alone = {name: _dependence(log_odds, sample, [name]) for name in columns}
    lines = []
    for first, second in combinations(columns, 2):
        both = _dependence(log_odds, sample, [first, second])
        beyond, whole = float(np.mean((both - alone[first] - alone[second]) ** 2)), float(np.mean(both**2))
        strength = float(np.sqrt(beyond / whole)) if whole > least else 0.0
        lines.append({"first": first, "second": second, "strength": strength, "effect": float(np.sqrt(beyond))})
    return pd.DataFrame(lines).sort_values("effect", ascending=False, ignore_index=True)


def _dependence(
    log_odds: Callable[[pd.DataFrame], FloatArray], sample: pd.DataFrame, columns: Sequence[str]
) -> FloatArray:
    """Mean log odds of the sample with these columns set to each row's own values in turn, centred; shape (rows,)."""
    count = len(sample)
    grid = sample.iloc[np.tile(np.arange(count), count)].reset_index(drop=True)
    for name in columns:
        grid[name] = sample[name].array.take(np.repeat(np.arange(count), count))
    mean = log_odds(grid).reshape(count, count).mean(axis=1)
    return np.asarray(mean - mean.mean())
