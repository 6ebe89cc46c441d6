"""Reasons for the scores that somebody will read about, and what would lower them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.config_score import ScoreSettings
from pipelines.panel import project_signals
from pipelines.warehouse.scores import CHURN_LEVERS, CHURN_REASONS, SCORE_KEY

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from evaluation.model.reasons import Usual
    from training.model import FittedModel

PEERS = "industry"


def explained(
    model: FittedModel,
    signals: pd.DataFrame,
    scores: pd.DataFrame,
    settings: ScoreSettings,
    known: dict[str, Any],
    usual: Usual,
) -> pd.DataFrame:
    """Explain the scores of the bands that are asked for.

    Parameters
    ----------
    model
        The champion.
    signals, scores
        Everyone who is scored, row by row the same customers.
    settings
        Bands and number of reasons.
    known
        Declared signals by column name.
    usual
        What is usual among the peers of each.

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

    chosen = scores["band"].isin(settings.reason_bands).to_numpy().nonzero()[0]
    if not chosen.size:
        return no_reasons()
    ours = signals[model.features]
    contributions = model.contributions(ours.iloc[chosen])
    told = reasons(
        ours.iloc[chosen][list(contributions.columns)],
        contributions.values,
        known,
        usual.take(chosen),
        most=settings.most_reasons,
    )
    return _keyed(told, scores, chosen)


def lowering(
    model: FittedModel,
    signals: pd.DataFrame,
    scores: pd.DataFrame,
    settings: ScoreSettings,
    known: dict[str, Any],
    usual: Usual,
) -> pd.DataFrame:
    """Say what would lower the scores of the bands that get reasons, by what one can act on.

    Parameters
    ----------
    model, signals, scores, settings, known, usual
        As `explained`.

    Returns
    -------
    pandas.DataFrame
        Rows of ``churn_levers``: none where ``most_levers`` is 0.
    """
    import pandas as pd

    from evaluation.model.actionable import what_would_lower

    chosen = scores["band"].isin(settings.reason_bands).to_numpy().nonzero()[0]
    if not settings.most_levers or not chosen.size:
        return pd.DataFrame(columns=list(CHURN_LEVERS.columns))
    ours = signals[model.features]
    told = what_would_lower(model.predict, ours, chosen, known, usual, most=settings.most_levers)
    return _keyed(told, scores, chosen)


def _keyed(told: pd.DataFrame, scores: pd.DataFrame, chosen: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Put the key of each score before what is told of it."""
    keys = scores.iloc[chosen[told["row"].astype(int)]][list(SCORE_KEY)].reset_index(drop=True)
    return keys.join(told.drop(columns="row").reset_index(drop=True))


def no_reasons() -> pd.DataFrame:
    """Give no rows, with all columns."""
    import pandas as pd

    return pd.DataFrame(columns=list(CHURN_REASONS.columns))


def usual_among_peers(model: FittedModel, signals: pd.DataFrame, peers: dict[str, str]) -> Usual:
    """Find what is usual of each of the model's signals among the peers of each customer.

    Parameters
    ----------
    model
        The champion.
    signals
        Everyone who is scored.
    peers
        Customer to the segment in which its values are compared.
    """
    from evaluation.model.reasons import usual_values

    return usual_values(signals[model.features], signals["customer_id"].astype("str").map(peers))


def known_signals(project: Project, flat: bool) -> dict[str, Any]:
    """Declared signals by column name; a flat table has none."""
    return {} if flat else dict(project_signals(project))


def peers_of(connection: Any, accepted: dict[str, Any]) -> dict[str, str]:
    """Industry of each customer, as far as it is known."""
    from pipelines.warehouse.sql import identifier

    if accepted["flat"]:
        return {}
    customers = connection.sql(f"FROM {identifier(accepted['schema'])}.customers")
    return dict(customers.filter(f"{PEERS} IS NOT NULL").project(f"customer_id, {PEERS}").fetchall())
