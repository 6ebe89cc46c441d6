"""Train every model family on the same rows, and log each as a run of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Project, TrainSection
from pipelines.console import Progress
from pipelines.experiment import Experiment
from pipelines.stage import stage
from pipelines.tracking import Tracking

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.rows import Labelled
    from training.train import Trained

RECORD = "training.json"
PREDICTIONS = "test_predictions.parquet"


@stage(writes=["trained"], sections=("tracking",))
def train(
    project: Project,
    settings: TrainSection,
    scratch: Path,
    progress: Progress,
    tracking: Tracking,
    panel: Path,
    labels: pd.DataFrame,
    calendar: dict[str, Any],
) -> Path:
    """Tune, fit and calibrate each family on the past of the test cutoff, and predict the test slice once."""
    from pipelines.rows import labelled_rows

    progress("reading the panel")
    rows = labelled_rows(project, panel, labels, calendar)
    experiment = Experiment(tracking, project, calendar)
    experiment.begin(settings.families, rows, panel)
    trained = _train(settings, rows, scratch, progress, experiment)
    for family, model in trained.models.items():
        model.save(scratch / "models" / family)
    _predictions(rows, trained).to_parquet(scratch / PREDICTIONS, index=False)
    record = _record(rows, trained, experiment)
    (scratch / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    experiment.log_training(trained, scratch)
    progress.note(
        f"{len(rows.split.train):,} rows x {rows.examples.features.shape[1]} signals, "
        f"best by validation: {trained.best} (log loss {trained.validation[trained.best]['log_loss']:.4f})"
    )
    return scratch


def _train(
    settings: TrainSection, rows: Labelled, scratch: Path, progress: Progress, experiment: Experiment
) -> Trained:
    from training.train import TrainSettings, train

    chosen = TrainSettings(
        families=tuple(settings.families),
        trials=settings.trials,
        budget_s=settings.budget_s,
        half_life_days=settings.half_life_days,
        seed=settings.seed,
        device=settings.device,
        calibrate=settings.calibrate,
        recency_column=settings.recency_column,
        minimum_positives=settings.minimum_positives,
    )

    def on_trial(number: int, parameters: dict[str, Any], score: float, seconds: float) -> None:
        progress(f"trial {number + 1} of {settings.trials}: log loss {score:.4f}", (number + 1) / settings.trials)
        experiment.log_trial(number, parameters, score, seconds)

    return train(rows.examples, rows.split, chosen, on_trial=on_trial, progress=progress)


def _predictions(rows: Labelled, trained: Trained) -> pd.DataFrame:
    """Key, truth and each family's probability for the rows of the test slice."""
    import pandas as pd

    test = rows.examples.take(rows.split.test)
    keys: dict[str, Any] = {"customer_id": test.customer}
    if test.cutoff is not None:
        keys["cutoff"] = test.cutoff
    probabilities = {family: model.predict(test.features) for family, model in trained.models.items()}
    return pd.DataFrame({**keys, "churned": test.label, **probabilities})


def _record(rows: Labelled, trained: Trained, experiment: Experiment) -> dict[str, Any]:
    return {
        "best": trained.best,
        "validation": trained.validation,
        "parameters": trained.parameters,
        "importance": trained.importance,
        "dropped": trained.dropped,
        "split": rows.split.describe(),
        "features": {family: model.features for family, model in trained.models.items()},
        "kinds": {name: _kind(rows, name) for name in trained.models[trained.best].features},
        "run_id": experiment.run_id,
        "family_runs": experiment.family_runs,
    }


def _kind(rows: Labelled, name: str) -> str:
    from pandas.api.types import is_numeric_dtype

    return "number" if is_numeric_dtype(rows.examples.features[name]) else "category"
