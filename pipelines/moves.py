"""Why scores moved since the time before, for the customers about whom somebody will read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.config_score import ScoreSettings
from pipelines.standing import Standing
from pipelines.warehouse.scores import CHURN_MOVES, SCORE_KEY

if TYPE_CHECKING:
    import pandas as pd
    from ibis.expr import types as ir

    from training.model import FittedModel


@dataclass(frozen=True)
class Before:
    """The time before: its scores, and what was known at it.

    Parameters
    ----------
    scores
        What `scores_before` gave.
    signals
        The champion's signals at that time, of those who were scored; a table of the warehouse.
    standing
        Tables and signals of the champion.
    """

    scores: pd.DataFrame
    signals: ir.Table
    standing: Standing

    @property
    def instant(self) -> datetime:
        """When they were given."""
        found: datetime = self.scores["as_of"].iloc[0].to_pydatetime()
        return found


def moved(
    model: FittedModel,
    signals: pd.DataFrame,
    scores: pd.DataFrame,
    before: Before,
    settings: ScoreSettings,
    known: dict[str, Any],
) -> pd.DataFrame:
    """Explain what moved the scores of customers whose band changed or who are in a band with reasons.

    Parameters
    ----------
    model
        The champion.
    signals, scores
        Everyone who is scored, row by row the same customers.
    before
        The scores of the time before.
    settings
        Bands, and the number of parts that are named.
    known
        Declared signals by column name.

    Returns
    -------
    pandas.DataFrame
        Rows of ``churn_moves``: none for customers who were not scored before, or where ``most_moves`` is 0.
    """
    from evaluation.model.moved import moves

    chosen = _chosen(scores, before.scores, settings)
    if not settings.most_moves or not chosen.size:
        return no_moves()
    told = moves(_legs(model, signals, scores.iloc[chosen], before), known, most=settings.most_moves)
    return _table(told, scores.iloc[chosen], before.scores)


def no_moves() -> pd.DataFrame:
    """Give no rows, with all columns."""
    import pandas as pd

    return pd.DataFrame(columns=list(CHURN_MOVES.columns))


def _chosen(scores: pd.DataFrame, before: pd.DataFrame, settings: ScoreSettings) -> Any:
    band_before = scores["customer_id"].map(before["band"])
    is_read = scores["band"].isin(settings.reason_bands) | (scores["band"] != band_before)
    return (is_read & band_before.notna()).to_numpy().nonzero()[0]


def _legs(model: FittedModel, signals: pd.DataFrame, scores: pd.DataFrame, before: Before) -> Any:
    from evaluation.model.moved import Legs

    then, now, standing = before.instant, scores["as_of"].iloc[0].to_pydatetime(), before.standing
    wanted = scores["customer_id"].to_list()
    # Signals over peers need all of them; others can be computed for the few who are looked at.
    at_both = before.scores.index.intersection(signals["customer_id"].astype("str").to_list())
    people = standing.people(at_both if standing.is_relative else wanted, now)
    waited = standing.signals(people, [now], known_before=then)[now]
    here = signals["customer_id"].astype("str").isin(wanted)
    ours = {
        "then": standing.frame(before.signals, wanted),
        "waited": standing.frame(waited, wanted),
        "now": signals[here].set_index(signals.loc[here, "customer_id"].astype("str")).loc[wanted],
    }
    return Legs(
        scored=before.scores.loc[wanted, "probability"].to_numpy(dtype=float),
        version_before=str(before.scores["model_version"].iloc[0]),
        version=str(scores["model_version"].iloc[0]),
        **{name: _answer(model, frame) for name, frame in ours.items()},
    )


def _answer(model: FittedModel, signals: pd.DataFrame) -> Any:
    from evaluation.model.moved import Answer
    from training.errors import TrainingError

    frame = signals[model.features]
    probability = model.predict(frame)
    try:
        parts = model.contributions(frame)
    except TrainingError:  # The family has no exact parts: the legs are then told as a whole.
        return Answer(frame, probability)
    return Answer(frame[list(parts.columns)], probability, parts.values)


def _table(told: pd.DataFrame, scores: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    rows = told["row"].astype(int).to_numpy()
    table = scores.iloc[rows][[*SCORE_KEY, "probability"]].reset_index(drop=True)
    earlier = before.loc[table["customer_id"]].reset_index(drop=True)
    table = table.rename(columns={"probability": "probability_after"}).assign(
        previous_as_of=earlier["as_of"],
        previous_model_version=earlier["model_version"],
        probability_before=earlier["probability"],
    )
    return table.join(told.drop(columns="row").reset_index(drop=True))[list(CHURN_MOVES.columns)]
