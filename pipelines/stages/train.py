"""Train every model family on the same rows, and log each as a run of its own."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.artifact_records import Trained as TrainingRecord
from pipelines.config import Project, TrainSection
from pipelines.console import Progress
from pipelines.errors import NotReady
from pipelines.experiment import Experiment
from pipelines.records import read_record
from pipelines.stage import stage
from pipelines.tracking import Tracking

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.rows import Labelled
    from training.budget import Budget
    from training.examples import Examples
    from training.train import Trained, TrainSettings

RECORD = "training.json"
PREDICTIONS = "test_predictions.parquet"
VALIDATIONS = "validation_predictions.parquet"


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
    from training.budget import Budget

    budget = Budget(settings.budget_s)
    progress("reading the panel")
    rows = labelled_rows(project, panel, labels, calendar)
    experiment = Experiment(tracking, project, calendar)
    experiment.begin(settings.families, rows, panel)
    trained = _train(project, settings, rows, panel, progress, experiment, budget)
    for family, model in trained.models.items():
        model.save(scratch / "models" / family)
    _predictions(rows, trained).to_parquet(scratch / PREDICTIONS, index=False)
    if rows.examples.cutoff is not None:
        _validated(rows, trained).to_parquet(scratch / VALIDATIONS, index=False)
    if settings.horizons_days:
        progress("spread of the risk over shorter horizons")
        _several_horizons(settings, rows, trained, scratch, calendar["horizon_days"])
    record = _record(rows, trained, experiment)
    (scratch / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    experiment.log_training(trained, scratch)
    progress.note(
        f"{len(rows.split.train):,} rows x {rows.examples.features.shape[1]} signals{_open(trained)}, "
        f"best by validation: {trained.best} (log loss {trained.validation[trained.best]['log_loss']:.4f})"
    )
    return scratch


def _train(
    project: Project,
    settings: TrainSection,
    rows: Labelled,
    panel: Path,
    progress: Progress,
    experiment: Experiment,
    budget: Budget,
) -> Trained:
    from training.train import train

    study = study_file(project, settings, panel)

    def on_trial(number: int, parameters: dict[str, Any], score: float, seconds: float) -> None:
        progress(f"trial {number + 1} of {settings.trials}: log loss {score:.4f}", (number + 1) / settings.trials)
        experiment.log_trial(number, parameters, score, seconds)

    chosen = _chosen(project, settings, rows, study)
    trained = train(rows.examples, rows.split, chosen, on_trial=on_trial, progress=progress, budget=budget)
    study.unlink(missing_ok=True)
    return trained


def _chosen(project: Project, settings: TrainSection, rows: Labelled, study: Path) -> TrainSettings:
    from pipelines.purchases import purchase_columns
    from training.train import TrainSettings

    return TrainSettings(
        families=tuple(settings.families),
        trials=settings.trials,
        rows_afterwards=_rows_of_horizons(settings, rows),
        half_life_days=settings.half_life_days,
        seed=settings.seed,
        device=settings.device,
        calibrate=settings.calibrate,
        intervals=settings.intervals,
        select_signals=settings.select_signals,
        directions=_directions(project, rows) if settings.monotone else {},
        starts=_earlier(project) if settings.warm_start else (),
        study_file=study,
        recency_column=settings.recency_column,
        purchase_columns=purchase_columns(project, rows.examples.features),
        minimum_positives=settings.minimum_positives,
    )


def _rows_of_horizons(settings: TrainSection, rows: Labelled) -> int:
    """Rows that the hazard behind several horizons learns from: at most one a customer and interval."""
    return len(rows.split.train) * (len(settings.horizons_days) + 1) if settings.horizons_days else 0


def study_file(project: Project, settings: TrainSection, panel: Path) -> Path:
    """File of the search, kept until it has ended, so that a killed one goes on; for other data it begins anew."""
    from pipelines.artifacts import digest

    parts = (settings.model_dump_json(), digest(panel))
    name = hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()
    folder = project.home / "studies"
    folder.mkdir(parents=True, exist_ok=True)
    for other in folder.iterdir():
        if other.stem != name:
            other.unlink()
    return folder / f"{name}.log"


def _directions(project: Project, rows: Labelled) -> dict[str, int]:
    """Which way the risk goes with each signal, as it is declared."""
    from pipelines.panel import project_signals

    signs = {"rises": 1, "falls": -1}
    known = project_signals(project)
    present = [name for name in rows.examples.features if name in known and known[name].signal.risk in signs]
    return {name: signs[known[name].signal.risk] for name in present}


def _earlier(project: Project) -> tuple[dict[str, Any], ...]:
    """Settings of the booster that the run before found."""
    record = project.home / "artifacts" / "trained" / RECORD
    if not record.is_file():
        return ()
    with suppress(NotReady):  # damaged: the search begins without them
        found = read_record(record, TrainingRecord, "train again")["parameters"].get("xgboost")
        return () if found is None else (found,)
    return ()


def _predictions(rows: Labelled, trained: Trained) -> pd.DataFrame:
    """Key, truth and each family's probability for the rows of the test slice."""
    import pandas as pd

    test = rows.examples.take(rows.split.test)
    probabilities = {family: model.predict(test.features) for family, model in trained.models.items()}
    return pd.DataFrame({**_keys(test), "churned": test.label, **probabilities})


def _validated(rows: Labelled, trained: Trained) -> pd.DataFrame:
    """Key, truth and each family's probability for the validation cutoffs, from models that had not seen them."""
    import pandas as pd

    seen = rows.examples.take(trained.validation_rows)
    return pd.DataFrame({**_keys(seen), "churned": seen.label, **trained.out_of_fold})


def _keys(examples: Examples) -> dict[str, Any]:
    keys: dict[str, Any] = {"customer_id": examples.customer}
    return keys if examples.cutoff is None else {**keys, "cutoff": examples.cutoff}


def _several_horizons(
    settings: TrainSection, rows: Labelled, trained: Trained, scratch: Path, horizon_days: int
) -> None:
    from pipelines.horizons import TESTED, fit, predictions

    horizons = fit(settings, rows, trained, horizon_days)
    horizons.save(scratch / "models" / trained.best)
    predictions(horizons, rows, trained.models[trained.best]).to_parquet(scratch / TESTED, index=False)


def _record(rows: Labelled, trained: Trained, experiment: Experiment) -> dict[str, Any]:
    return {
        "best": trained.best,
        "validation": trained.validation,
        "parameters": trained.parameters,
        "importance": trained.importance,
        "dropped": trained.dropped,
        "split": {**rows.split.describe(), "open_rows": trained.open_rows},
        "features": {family: model.features for family, model in trained.models.items()},
        "kinds": {name: _kind(rows, name) for name in trained.models[trained.best].features},
        "run_id": experiment.run_id,
        "family_runs": experiment.family_runs,
    }


def _open(trained: Trained) -> str:
    return f" and {trained.open_rows:,} rows of open windows" if trained.open_rows else ""


def _kind(rows: Labelled, name: str) -> str:
    from pandas.api.types import is_numeric_dtype

    return "number" if is_numeric_dtype(rows.examples.features[name]) else "category"
