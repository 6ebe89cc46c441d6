"""Horizons shorter than the labels': fitted beside the best model, judged on the test slice, told with the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.bands import ranked
from pipelines.config import TrainSection

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.rows import Labelled
    from training.horizons import Horizons
    from training.model import FittedModel
    from training.train import Trained

TESTED = "test_horizons.parquet"


def fit(settings: TrainSection, rows: Labelled, trained: Trained, horizon_days: int) -> Horizons:
    """Fit how the risk of the best model is spread, on the rows that taught it and the signals that it reads.

    Parameters
    ----------
    settings
        With the shorter horizons, and the seed.
    rows
        Labelled rows.
    trained
        The models, and the booster's settings that the search found.
    horizon_days
        Horizon of the labels.
    """
    from dataclasses import replace

    from training.horizons import PARAMETERS, fit_horizons

    teaching = rows.examples.take(rows.split.train)
    signals = trained.models[trained.best].features
    return fit_horizons(
        replace(teaching, features=teaching.features[signals]),
        rows.left_after_days[rows.split.train],
        [*sorted(settings.horizons_days), horizon_days],
        parameters=trained.parameters.get("xgboost", PARAMETERS),
        seed=settings.seed,
    )


def predictions(horizons: Horizons, rows: Labelled, model: FittedModel) -> pd.DataFrame:
    """Give ``customer_id``, ``horizon_days``, ``churned`` within it and ``probability`` for the test slice."""
    import pandas as pd

    test = rows.examples.take(rows.split.test)
    after = rows.left_after_days[rows.split.test]
    risk = horizons.risk(test.features, model.predict(test.features))
    parts = [
        pd.DataFrame(
            {
                "customer_id": test.customer,
                "horizon_days": int(days),
                # The last is the window itself, which says who left in it.
                "churned": test.label if days == horizons.days[-1] else (after < days).astype(np.int8),
                "probability": risk[:, place],
            }
        )
        for place, days in enumerate(horizons.days)
    ]
    return pd.concat(parts, ignore_index=True)


def shorter(scores: pd.DataFrame, horizons: Horizons | None, frame: pd.DataFrame, **told: Any) -> pd.DataFrame:
    """Give the scores of the shorter horizons, one row a customer and horizon; none where the model has one alone.

    Parameters
    ----------
    scores
        Scores for the whole horizon, in the order of `frame`.
    horizons
        What the model was exported with.
    frame
        Signals.
    told
        Columns in place of those of `scores`; the rest stays as it is.
    """
    import pandas as pd

    if horizons is None:
        return scores.iloc[:0]
    risk = horizons.risk(frame, scores["probability"].to_numpy())
    parts = [
        ranked(scores.assign(**{"horizon_days": int(days), "probability": risk[:, place], **told}))
        for place, days in enumerate(horizons.days[:-1])
    ]
    return pd.concat(parts, ignore_index=True)
