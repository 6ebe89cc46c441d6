"""Outcome windows that are open at the instant that is predicted from teach what is known of them by then.

The newest cutoffs have no label yet, but many of their outcomes are settled: a customer has left, or has ordered
again. Taken alone those would mislead, for the settled are not like the others. So the others get an outcome as well,
drawn with the probability that the past gives it: among customers of earlier cutoffs whose outcome was open at the same
age, a fast booster learns how it ended (imputation of a censored outcome; Rubin 1987). Drawn outcomes are 0 or 1, as
real ones, so that every family learns from them as from any row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.boosting import fit_boosting
from training.encoding import Encoding
from training.examples import Examples
from training.folds import Folds
from training.preparation import Plan
from training.scoring import clearly_above_zero
from training.splits import Fold, Labels, OpenWindows, Split
from training.stability import PROBE

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Probe:
    """The fast booster that tells how open outcomes ended, and whether open windows help.

    Parameters
    ----------
    encoding
        Kinds and categories of the prepared columns.
    seed
        The same seed draws the same outcomes.
    device
        ``cpu`` or ``cuda``.
    """

    encoding: Encoding
    seed: int = 0
    device: str = "cpu"

    def probability(self, train: Examples, features: pd.DataFrame) -> Floats:
        """Probability of leaving by what the training rows teach; both are prepared."""
        if len(np.unique(train.label)) < 2:
            return np.full(len(features), train.label.mean() if len(train) else 0.5)
        core = fit_boosting(train, self.encoding, PROBE, seed=self.seed, device=self.device)
        return np.asarray(core.probability(features), dtype=np.float64)


def with_open_windows(examples: Examples, split: Split, plan: Plan, probe: Probe) -> Split:
    """Let the rows of open windows teach, in each fold and in the final fit, where validation says that it helps.

    Parameters
    ----------
    examples
        All rows, with the instants at which their labels were settled; a label that is settled at or after the instant
        that a part predicts from is not read for it.
    split
        Folds in time and the test cutoff, with the rows whose windows are open at each.
    plan
        Columns to learn from each part's training rows.
    probe
        The booster that fills and judges.

    Returns
    -------
    Split
        The same split with labels for open windows; without any where no outcome settles early, or where the probe is
        not clearly better with them on the folds. Folds of other customers have none and cannot tell: then they teach.
    """
    if examples.settled is None or examples.cutoff is None:
        return split
    folds = tuple(
        replace(fold, open_windows=_filled(examples, fold, fold.validation, plan, probe)) for fold in split.folds
    )
    filled = replace(split, folds=folds, open_windows=_filled(examples, split, split.test, plan, probe))
    return filled if _helps(examples, split, filled, plan, probe) else split


def _filled(examples: Examples, part: Fold | Split, judged: Rows, plan: Plan, probe: Probe) -> OpenWindows:
    """Label the rows of a part's open windows by what is known before the cutoff of the judged rows."""
    assert examples.cutoff is not None
    at = examples.cutoff[judged].max()
    cutoffs = list(_by_cutoff(examples, part.open_windows.rows, at))
    if not cutoffs:
        return OpenWindows()
    preparation, train = plan.learn(examples.take(part.train))
    labels = []
    for rows in cutoffs:
        asked = examples.take(rows)
        labels.append(_labels(train, replace(asked, features=preparation.apply(asked.features)), at, probe))
    joined = np.concatenate(cutoffs)
    order = np.argsort(joined)
    return OpenWindows(joined[order], np.concatenate(labels)[order])


def _by_cutoff(examples: Examples, rows: Rows, at: np.datetime64) -> Iterator[Rows]:
    """Rows of each cutoff of which an outcome is settled by then; of the others nothing is known but their signals."""
    assert examples.cutoff is not None
    assert examples.settled is not None
    for cutoff in np.unique(examples.cutoff[rows]):
        own = rows[examples.cutoff[rows] == cutoff]
        if (examples.settled[own] < at).any():
            yield own


def _labels(train: Examples, asked: Examples, at: np.datetime64, probe: Probe) -> Labels:
    """Labels of the rows of one cutoff: known ones as they are, the others drawn."""
    assert asked.cutoff is not None
    assert asked.settled is not None
    assert train.cutoff is not None
    assert train.settled is not None
    open_still = asked.settled >= at
    as_open_then = train.settled - train.cutoff >= at - asked.cutoff[0]
    risk = probe.probability(train.take(as_open_then), asked.features)
    drawn = _uniform(asked, probe.seed) < risk
    return np.where(open_still, drawn, asked.label).astype(np.int8)


def _uniform(examples: Examples, seed: int) -> Floats:
    """Give each row a number from 0 to 1 that depends on its customer, its cutoff and the seed alone."""
    keys = pd.DataFrame({"customer": examples.customer.astype(str), "cutoff": examples.cutoff})
    hashed = pd.util.hash_pandas_object(keys, index=False, hash_key=f"{seed:016d}"[-16:], categorize=False)
    return np.asarray(hashed.to_numpy() / 2.0**64)


def _helps(examples: Examples, without: Split, filled: Split, plan: Plan, probe: Probe) -> bool:
    """Whether the probe does clearly better with them on the folds; where no fold has any, nobody can tell."""
    if not any(len(fold.open_windows) for fold in filled.folds):
        return True
    before, after = (_losses(Folds(examples, split, plan), probe) for split in (without, filled))
    return clearly_above_zero(before - after)


def _losses(folds: Folds, probe: Probe) -> Floats:
    return folds.row_losses(np.concatenate([probe.probability(train, own.features) for train, own in folds]))
