"""Which signals say more than chance, cutoff after cutoff.

Beside the signals stand shuffled copies of some of them, which can only seem to help. A signal that helps no more than
they do on most folds is left out (after Kursa and Rudnicki 2010).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.boosting import fit_boosting
from training.encoding import Column, Encoding
from training.examples import Examples
from training.folds import Folds
from training.selection import Selection

Floats = npt.NDArray[np.float64]

SHADOWS = 30
SHADOW = "shuffled__"
# A fast booster that looks at many columns.
PROBE = {
    "learning_rate": 0.15,
    "max_depth": 4,
    "min_child_weight": 5.0,
    "subsample": 0.7,
    "colsample_bynode": 0.3,
    "reg_lambda": 5.0,
    "rounds": 80,
}
SHADOW_QUANTILE = 0.9


def stable_columns(folds: Folds, encoding: Encoding, *, seed: int, device: str = "cpu") -> Selection:
    """Find the signals that beat shuffled ones on at least half of the folds.

    Parameters
    ----------
    folds
        Rows; only training parts are read.
    encoding
        Kinds and categories of the columns.
    seed
        Seed of the shuffling and of the booster.
    device
        ``cpu`` or ``cuda``.

    Returns
    -------
    Selection
        Kept columns, and for each other on how many folds it beat chance. If none would be kept, all are.
    """
    wins = np.zeros(len(encoding.columns), dtype=np.int64)
    for number, (train, _) in enumerate(folds):
        wins += _beats_chance(train, encoding, seed + number, device)
    kept = wins * 2 >= len(folds)
    if not kept.any():
        return Selection(tuple(encoding.names), {})
    reasons = {
        name: f"says no more than a shuffled column on {len(folds) - won} of {len(folds)} folds"
        for name, won, keep in zip(encoding.names, wins, kept, strict=True)
        if not keep
    }
    return Selection(tuple(name for name, keep in zip(encoding.names, kept, strict=True) if keep), reasons)


def _beats_chance(train: Examples, encoding: Encoding, seed: int, device: str) -> npt.NDArray[np.bool_]:
    random = np.random.default_rng(seed)
    copied = [encoding.columns[at] for at in random.integers(0, len(encoding.columns), SHADOWS)]
    shadows = {
        f"{SHADOW}{number}": train.features[column.name].to_numpy()[random.permutation(len(train))]
        for number, column in enumerate(copied)
    }
    features = pd.concat([train.features, pd.DataFrame(shadows, index=train.features.index)], axis=1)
    wider = Encoding(
        (*encoding.columns, *(Column(name, column.categories) for name, column in zip(shadows, copied, strict=True)))
    )
    core = fit_boosting(replace(train, features=features), wider, PROBE, seed=seed, device=device)
    gains = np.array(list(core.importance().values()))
    own, chance = gains[: len(encoding.columns)], gains[len(encoding.columns) :]
    return own > np.quantile(chance, SHADOW_QUANTILE)
