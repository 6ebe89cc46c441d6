"""What a model goes by on the whole: mean contribution, and what is lost when a measure is shuffled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evaluation.errors import JudgementError
from evaluation.model.calibration import log_loss
from evaluation.model.ranking import roc_auc
from evaluation.model.rows import FloatArray, numbers, same_length

Groups = Mapping[str, Sequence[str]]
Predict = Callable[[pd.DataFrame], NDArray[np.float64]]


def mean_contributions(columns: Sequence[str], contributions: FloatArray, groups: Groups) -> pd.DataFrame:
    """Give the mean weight of each group of columns in the scores.

    Parameters
    ----------
    columns
        Names of the columns.
    contributions
        Log odds that each column adds to each row, shape (rows, columns).
    groups
        Group to its columns, such as a measure to its windows; columns that are not there count nothing.

    Returns
    -------
    pandas.DataFrame
        Index ``group``, weightiest first: ``mean`` absolute contribution of the group's sum in log odds, ``share`` of
        all groups' means, and ``speaker``, the column that weighs most in it.

    Raises
    ------
    JudgementError
        If the shape does not fit the columns, or there are no rows.

    Examples
    --------
    >>> found = mean_contributions(["a", "b"], np.array([[1.0, 0.5], [-1.0, -1.5]]), {"both": ["a", "b"]})
    >>> found.loc["both", "mean"], found.loc["both", "speaker"]
    (np.float64(2.0), 'a')
    """
    if contributions.shape[1:] != (len(columns),) or not len(contributions):
        raise JudgementError(f"contributions of shape {contributions.shape} do not fit {len(columns)} columns.")
    place = {name: number for number, name in enumerate(columns)}
    weight = np.abs(contributions).mean(axis=0)
    lines = {}
    for group, members in groups.items():
        there = [place[name] for name in members if name in place]
        if there:
            total = float(np.abs(contributions[:, there].sum(axis=1)).mean())
            lines[group] = {"mean": total, "speaker": columns[there[int(weight[there].argmax())]]}
    table = pd.DataFrame.from_dict(lines, orient="index", columns=["mean", "speaker"]).rename_axis("group")
    everything = table["mean"].sum()
    table["share"] = table["mean"] / everything if everything > 0 else 0.0
    return table.sort_values("mean", ascending=False, kind="stable")


def permutation_importance(
    predict: Predict,
    signals: pd.DataFrame,
    label: ArrayLike,
    groups: Groups,
    *,
    repeats: int = 3,
    seed: int = 0,
) -> pd.DataFrame:
    """Shuffle the columns of each group together, and see what the model loses (Breiman 2001; Fisher et al. 2019).

    Parameters
    ----------
    predict
        Gives probabilities, shape (rows,), for a frame with the columns of `signals`.
    signals
        Shape (rows, columns); rows that the model has not seen.
    label
        Shape (rows,).
    groups
        Group to its columns, which are shuffled by the same order.
    repeats
        Shuffles of each group, at least 1.
    seed
        Same seed, same figures.

    Returns
    -------
    pandas.DataFrame
        Index ``group`` in the order given: ``roc_auc_lost`` and ``log_loss_gained``, means over the shuffles. Groups
        that say the same as another lose little, since the other stands in for them.

    Raises
    ------
    JudgementError
        For rows of one class, different lengths and fewer than 1 repeat.
    """
    if repeats < 1:
        raise JudgementError(f"repeats must be at least 1; given {repeats}.")
    labels = numbers(label, "label")
    same_length(label=labels, signals=signals.index.to_numpy())
    random = np.random.default_rng(seed)
    before = _figures(labels, predict(signals))
    several = pd.concat([signals] * repeats, ignore_index=True)
    lines = {}
    for group, members in groups.items():
        answers = predict(_shuffled(several, members, len(signals), random)).reshape(repeats, -1)
        lost = before - np.array([_figures(labels, probability) for probability in answers])
        lines[group] = {"roc_auc_lost": lost[:, 0].mean(), "log_loss_gained": -lost[:, 1].mean()}
    return pd.DataFrame.from_dict(lines, orient="index", columns=["roc_auc_lost", "log_loss_gained"]).rename_axis(
        "group"
    )


def _shuffled(several: pd.DataFrame, members: Sequence[str], rows: int, random: np.random.Generator) -> pd.DataFrame:
    """Shuffle columns within each copy of the rows; the model is asked once for all copies."""
    order = np.concatenate([start + random.permutation(rows) for start in range(0, len(several), rows)])
    return several.assign(**{name: several[name].take(order).set_axis(several.index) for name in members})


def _figures(label: FloatArray, probability: NDArray[np.float64]) -> FloatArray:
    return np.array([roc_auc(label, probability), log_loss(label, probability)])
