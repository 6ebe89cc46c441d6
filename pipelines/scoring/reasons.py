"""Reasons for scores that somebody will read about, and what would lower them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.config_score import ScoreSettings
from pipelines.warehouse.scores import SCORE_KEY

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.model.actionable import CountPeers
    from evaluation.model.reasons import Usual
    from evaluation.value_names import ValueNames
    from training.model import FittedModel


def explained(
    model: FittedModel,
    signals: pd.DataFrame,
    scores: pd.DataFrame,
    settings: ScoreSettings,
    known: dict[str, Any],
    usual: Usual,
    names: ValueNames,
) -> pd.DataFrame:
    """Explain scores.

    Parameters
    ----------
    model
        The champion.
    signals, scores
        Those to explain, row by row the same customers.
    settings
        Number of reasons.
    known
        Declared signals by column name.
    usual
        What is usual among the peers of each.
    names
        What values are called.

    Returns
    -------
    pandas.DataFrame
        Rows of ``churn_reasons``.

    Raises
    ------
    TrainingError
        If the champion is of a family whose scores cannot be divided among its signals.
    """
    from evaluation.model.reasons import reasons

    contributions = model.contributions(signals)
    ours = signals[list(contributions.columns)]
    told = reasons(ours, contributions.values, known, usual, most=settings.most_reasons, names=names)
    return keyed(told, scores)


def lowering(
    model: FittedModel,
    signals: pd.DataFrame,
    scores: pd.DataFrame,
    settings: ScoreSettings,
    known: dict[str, Any],
    usual: Usual,
    count: CountPeers,
    names: ValueNames,
) -> pd.DataFrame:
    """Say what would lower scores, by what one can act on.

    Parameters
    ----------
    model, signals, scores, settings, known, usual, names
        As `explained`.
    count
        Counts peers among everyone who is scored.

    Returns
    -------
    pandas.DataFrame
        Rows of ``churn_levers``.
    """
    from evaluation.model.actionable import what_would_lower

    ours = signals[model.features]
    told = what_would_lower(model.predict, ours, known, usual, count, most=settings.most_levers, names=names)
    return keyed(told, scores)


def keyed(told: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Put the key of each score before what is told of it."""
    keys = scores[list(SCORE_KEY)].iloc[told["row"].astype(int)].reset_index(drop=True)
    return keys.join(told.drop(columns="row").reset_index(drop=True))
