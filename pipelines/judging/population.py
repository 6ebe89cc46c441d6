"""Who was judged and taught: customers and base rate at each cutoff, and how far signals moved until the test."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.judging.material import Material
from pipelines.judging.slices import Slice, training_cutoffs

if TYPE_CHECKING:
    import pandas as pd


def population(material: Material) -> pd.DataFrame:
    """Give customers, leavers and base rate of each cutoff, and what it was used for; one line for a flat table.

    The role is ``judges`` for the test cutoff, ``chooses`` for one that chose settings (it also teaches the final
    model), ``teaches`` for other training cutoffs, ``open`` where the window was open at the test cutoff and what was
    known of it by then teaches, and ``unused`` where that did not help.
    """
    import pandas as pd

    known = material.labels.dropna(subset=["churned"])
    if material.calendar["flat"]:
        return pd.DataFrame([{"cutoff": pd.NaT, "role": "", **_counts(known["churned"].astype(float))}])
    chosen = set() if material.validation is None else set(pd.to_datetime(material.validation["cutoff"]))
    taught, test = set(training_cutoffs(material.calendar)), pd.Timestamp(material.calendar["test_cutoff"])
    between = "open" if material.record["split"].get("open_rows") else "unused"
    lines = []
    for cutoff, there in known.groupby("cutoff"):
        untaught = "judges" if cutoff == test else between
        role = "chooses" if cutoff in chosen else "teaches" if cutoff in taught else untaught
        lines.append({"cutoff": cutoff, "role": role, **_counts(there["churned"].astype(float))})
    return pd.DataFrame(lines)


def drift(material: Material) -> pd.DataFrame:
    """Give the stability index of each signal: from all training cutoffs, and from the last of them, to the test."""
    from evaluation.model.drift import signal_drift

    train, test = material.rows.train, material.rows.test.signals
    moved = signal_drift(train.signals, test)
    if train.cutoff is None:
        return moved
    last = train.signals[train.cutoff == train.cutoff.max()]
    return moved.join(signal_drift(last, test).add_suffix("_since_last"))


def score_drift(scored: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    """Give the stability index of the scores from each cutoff to the next, with what chance explains."""
    from evaluation.model.drift import population_stability_index, psi_by_chance

    lines = []
    cutoffs = sorted(scored["cutoff"].unique())
    for before, after in pairwise(cutoffs):
        then, now = (scored.loc[scored["cutoff"] == at, column] for at in (before, after))
        psi, chance = population_stability_index(then, now), psi_by_chance(then, now)
        lines.append({"from": str(before), "to": str(after), "psi": psi, "psi_by_chance": chance})
    return lines


def alone(train: Slice) -> dict[str, float]:
    """Give the AUC of each signal alone on training rows, for the gate that looks for leaks."""
    from evaluation.model.signals import single_signal_auc

    return single_signal_auc(train.signals, train.label)


def _counts(left: pd.Series) -> dict[str, Any]:
    return {"customers": len(left), "leavers": int(left.sum()), "base_rate": float(np.mean(left))}
