"""Cutoff by cutoff: how a model would have done had it been used all along."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaluation.errors import JudgementError
from evaluation.model.bootstrap import paired_difference
from evaluation.model.ranking import roc_auc
from evaluation.model.rows import FloatArray, numbers, probabilities, same_length
from evaluation.model.scorecard import METRICS, scorecard
from evaluation.model.segments import JUDGED, TOO_FEW, has_enough

ADVANTAGE = ("advantage", "advantage_low", "advantage_high")


def backtest(
    label: ArrayLike,
    probability: ArrayLike,
    cutoff: ArrayLike,
    customer: ArrayLike,
    *,
    baseline: ArrayLike | None = None,
    capacity: int | None = None,
    replicates: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Judge predictions at each cutoff.

    The predictions must come from models trained only on outcome windows that had ended by the cutoff; this function
    judges, it does not train.

    Parameters
    ----------
    label, probability, cutoff, customer
        Shape (rows,).
    baseline
        Shape (rows,), scores of the recency rule; adds its ROC AUC and the model's advantage over it with an interval.
    capacity
        As in `scorecard`.
    replicates, seed
        Draws for the interval of the advantage.

    Returns
    -------
    pandas.DataFrame
        One line a cutoff in order of time: ``cutoff``, ``verdict`` (``judged`` or ``too few to say``), the scorecard,
        and with a baseline ``baseline_roc_auc``, ``advantage``, ``advantage_low``, ``advantage_high``.

    Raises
    ------
    JudgementError
        For different lengths, a missing cutoff and rows that `scorecard` refuses.
    """
    labels, scores = numbers(label, "label"), probabilities(probability)
    times, who = np.asarray(cutoff), np.asarray(customer)
    rule = None if baseline is None else numbers(baseline, "baseline")
    given = {"label": labels, "probability": scores, "cutoff": times, "customer": who}
    same_length(**given, **({} if rule is None else {"baseline": rule}))
    if pd.isna(times).any():
        raise JudgementError("cutoff is missing in some rows; every prediction was made at some cutoff.")
    lines = []
    for time in np.unique(times):
        inside = times == time
        enough = has_enough(labels[inside], who[inside])
        line = {"cutoff": time, "verdict": JUDGED if enough else TOO_FEW}
        line |= {"rows": float(inside.sum()), "positives": labels[inside].sum(), "base_rate": labels[inside].mean()}
        if enough:
            line |= scorecard(labels[inside], scores[inside], capacity=capacity)
            line |= _against(labels, scores, rule, who, inside, replicates, seed)
        lines.append(line)
    extra = [] if rule is None else ["baseline_roc_auc", *ADVANTAGE]
    at_capacity = [] if capacity is None else ["lift_at_capacity", "recall_at_capacity"]
    leading = ["cutoff", "verdict", "rows", "positives", "base_rate"]
    return pd.DataFrame(lines, columns=[*leading, *METRICS, *at_capacity, *extra])


def backtest_summary(judged: pd.DataFrame) -> pd.DataFrame:
    """Sum up the figures of a backtest over its cutoffs.

    Parameters
    ----------
    judged
        What `backtest` gave.

    Returns
    -------
    pandas.DataFrame
        Index ``figure``; ``cutoffs`` judged, ``mean``, ``standard_deviation`` (missing for one cutoff), ``lowest`` and
        ``highest`` with the cutoffs ``lowest_at`` and ``highest_at``, and the ``latest``.

    Raises
    ------
    JudgementError
        When no cutoff holds enough customers to be judged.
    """
    seen = judged[judged["verdict"] == JUDGED].set_index("cutoff")
    if seen.empty:
        raise JudgementError(f"None of {len(judged)} cutoffs holds enough customers and outcomes to be judged.")
    figures = seen.drop(columns=["verdict", "rows", "positives"]).dropna(axis="columns", how="all").astype(np.float64)
    summary = pd.DataFrame(
        {
            "cutoffs": figures.count(),
            "mean": figures.mean(),
            "standard_deviation": figures.std(),
            "lowest": figures.min(),
            "lowest_at": figures.idxmin(),
            "highest": figures.max(),
            "highest_at": figures.idxmax(),
            "latest": figures.iloc[-1],
        }
    )
    return summary.rename_axis("figure")


def _against(
    label: FloatArray,
    probability: FloatArray,
    rule: FloatArray | None,
    customer: NDArray[np.generic],
    inside: NDArray[np.bool_],
    replicates: int,
    seed: int,
) -> dict[str, float]:
    if rule is None:
        return {}
    rows = label[inside], probability[inside], rule[inside], customer[inside]
    found = paired_difference(*rows, replicates=replicates, seed=seed)
    advantage = dict(zip(ADVANTAGE, (found.estimate, found.low, found.high), strict=True))
    return {"baseline_roc_auc": roc_auc(rows[0], rows[2]), **advantage}
