"""Why scores moved since the time before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.config_score import ScoreSettings
from pipelines.scoring.before import Before
from pipelines.scoring.reasons import keyed
from pipelines.warehouse.scores import CHURN_MOVES

if TYPE_CHECKING:
    import pandas as pd

    from evaluation.value_names import ValueNames
    from training.model import FittedModel


@dataclass(frozen=True)
class Ways:
    """Signals of the same customers in the same order: at the time before, now had nothing happened since, and now."""

    then: pd.DataFrame
    waited: pd.DataFrame
    now: pd.DataFrame


def moved(
    model: FittedModel,
    ways: Ways,
    scores: pd.DataFrame,
    before: Before,
    settings: ScoreSettings,
    known: dict[str, Any],
    names: ValueNames,
) -> pd.DataFrame:
    """Explain what moved scores.

    Parameters
    ----------
    model
        The champion.
    ways
        What was and is known of the customers.
    scores
        Their scores, with ``probability_before``.
    before
        The time before.
    settings
        The number of parts that are named.
    known
        Declared signals by column name.
    names
        What values are called.

    Returns
    -------
    pandas.DataFrame
        Rows of ``churn_moves``.
    """
    from evaluation.model.moved import Legs, moves

    legs = Legs(
        scored=scores["probability_before"].to_numpy(dtype=float),
        then=_answer(model, ways.then),
        waited=_answer(model, ways.waited),
        now=_answer(model, ways.now),
        version_before=str(before.model_version),
        version=str(scores["model_version"].iloc[0]),
    )
    told = moves(legs, known, most=settings.most_moves, names=names)
    rows = told["row"].astype(int).to_numpy()
    both = scores[["probability_before", "probability"]].iloc[rows].reset_index(drop=True)
    table = keyed(told, scores).assign(
        probability_before=both["probability_before"],
        probability_after=both["probability"],
        previous_as_of=before.instant,
        previous_model_version=before.model_version,
    )
    return table[list(CHURN_MOVES.columns)]


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
