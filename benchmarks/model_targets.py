"""What the models should reach on each task, and how far luck of the draw can be taken out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.model_tasks import Task

Floats = np.ndarray


@dataclass(frozen=True)
class Target:
    """A figure and where it should lie.

    Parameters
    ----------
    figure
        Name of the figure, one of those of `figures`.
    words
        What it is called.
    low, high
        Limits, inclusive.
    first_seed
        Whether only the first seed is asked: its test rows are those for which the figure was agreed.
    """

    figure: str
    words: str
    low: float = -np.inf
    high: float = np.inf
    first_seed: bool = False


TARGETS: dict[str, tuple[Target, ...]] = {
    "online_retail": (Target("roc_auc", "AUC", low=0.78),),
    "cdnow": (Target("roc_auc", "AUC", low=0.808),),
    "telco": (
        Target("roc_auc", "AUC", low=0.8526, first_seed=True),
        Target("log_loss", "log loss", high=0.4064, first_seed=True),
    ),
    "demo": (
        Target("way", "way to the true risk", low=0.95),
        Target("expected_way", "way, whoever might have left", low=0.95),
        Target("calibration_slope", "slope", 0.9, 1.1),
        Target("expected_slope", "slope, whoever might have left", 0.9, 1.1),
        Target("ece", "ECE", high=0.02),
    ),
}


def figures(task: Task, probability: Floats) -> dict[str, float]:
    """Judge probabilities of the test rows; where the true risk is known, also against it.

    Returns
    -------
    dict of str to float
        The scorecard; with a known risk also ``way``, the share of the way from an AUC of 0.5 to that of the true risk,
        and ``expected_way``, ``expected_log_loss`` and ``expected_slope``: way, log loss and calibration slope with
        each row as leaver and stayer both, by its true risk, which no luck of the draw touches.
    """
    from evaluation.model.ranking import roc_auc
    from evaluation.model.scorecard import scorecard

    found = dict(scorecard(task.test.label, probability))
    if not knows_truth(task):
        return found
    ceiling = _expected_auc(task.truth, task.truth) - 0.5
    return {
        **found,
        "way": (found["roc_auc"] - 0.5) / (roc_auc(task.test.label, task.truth) - 0.5),
        "expected_way": (_expected_auc(probability, task.truth) - 0.5) / ceiling,
        "expected_log_loss": _expected_log_loss(probability, task.truth),
        "expected_slope": _expected_slope(probability, task.truth),
    }


def knows_truth(task: Task) -> bool:
    """Whether the true risk of all test rows is known."""
    return task.truth is not None and not np.isnan(task.truth).any()


def judge(name: str, measured: Sequence[dict[str, float]]) -> list[str]:
    """Tell for each target of a task whether it holds for the mean over the seeds.

    Parameters
    ----------
    name
        The task.
    measured
        What `figures` gave for each seed.

    Returns
    -------
    list of str
        One line for each target, none where the task has no target of its own.
    """
    return [_line(target, pd.Series([own[target.figure] for own in measured])) for target in TARGETS.get(name, ())]


def _line(target: Target, values: pd.Series) -> str:
    asked = values.head(1) if target.first_seed else values
    mean = asked.mean()
    limits = {"at least": target.low, "at most": target.high}
    wanted = " and ".join(f"{words} {limit:g}" for words, limit in limits.items() if np.isfinite(limit))
    seeds = "seed 0" if len(asked) == 1 else f"{mean - _half_width(asked):.4f} to {mean + _half_width(asked):.4f}"
    verdict = "holds" if target.low <= mean <= target.high else "MISSED"
    return f"{target.words:<31} {mean:7.4f} ({seeds}), wanted {wanted}: {verdict}"


def _half_width(values: pd.Series) -> float:
    """Half a 95 % interval of the mean over seeds, by Student's t."""
    from scipy.stats import t

    return float(t.ppf(0.975, len(values) - 1) * values.sem())


def _expected_auc(probability: Floats, truth: Floats) -> float:
    """AUC with every row as leaver and stayer both, by its true risk."""
    from sklearn.metrics import roc_auc_score

    outcome = np.repeat([1, 0], len(truth))
    return float(roc_auc_score(outcome, np.tile(probability, 2), sample_weight=np.concatenate([truth, 1 - truth])))


def _expected_log_loss(probability: Floats, truth: Floats) -> float:
    """Log loss with the true risk in place of who happened to leave."""
    inside = np.clip(probability, 1e-15, 1 - 1e-15)
    return float(-np.mean(truth * np.log(inside) + (1 - truth) * np.log1p(-inside)))


def _expected_slope(probability: Floats, truth: Floats) -> float:
    """Calibration slope with the true risk in place of who happened to leave."""
    from sklearn.linear_model import LogisticRegression

    log_odds = np.log(probability) - np.log1p(-probability)
    outcome = np.repeat([1, 0], len(log_odds))
    line = LogisticRegression(C=np.inf).fit(
        np.tile(log_odds, 2)[:, None], outcome, sample_weight=np.concatenate([truth, 1 - truth])
    )
    return float(line.coef_[0, 0])
