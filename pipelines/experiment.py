"""What a training line leaves in MLflow: one run a line, one a family below it, one a trial below that."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.tracking import Tracking

if TYPE_CHECKING:
    from pipelines.rows import Labelled
    from training.train import Trained

SHORT = {"xgboost": "xgb", "logistic": "logit", "recency_rule": "rule"}
SEARCHED = "xgboost"
DECIDES = "0_decides/"
# MLflow takes no more in one call.
MOST_METRICS = 1000


def run_name(family: str, when: str, loss: float) -> str:
    """Name of a run that a person can tell from others.

    >>> run_name("xgboost", "2026-09-01T00:00:00", 0.41234)
    'xgb · 2026-09-01 · 0.412'
    """
    return f"{SHORT.get(family, family)} · {when[:10]} · {loss:.3f}"


class Experiment:
    """The MLflow runs of one training.

    Parameters
    ----------
    tracking
        The line's tracking.
    project
        The project.
    calendar
        Cutoffs and window.
    """

    def __init__(self, tracking: Tracking, project: Project, calendar: dict[str, Any]) -> None:
        self._tracking, self._project, self._calendar = tracking, project, calendar
        self.run_id = ""
        self.family_runs: dict[str, str] = {}
        self.seconds = 0.0
        # Trials are written by one thread, in their order, while the next one is being fitted.
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="trials")
        self._written: list[Future[None]] = []
        self._best: list[float] = []

    @property
    def when(self) -> str:
        """Test cutoff, or the kind of table where there is no time."""
        return self._calendar["test_cutoff"] or "flat table"

    def begin(self, families: list[str], rows: Labelled, panel: Path) -> None:
        """Open the line's run and one below it for each family, with settings, tags and the fingerprint of the data."""
        from pipelines.artifacts import digest

        self.run_id = self._tracking.open()
        tags = {"cutoff": self.when, "project": self._project.name}
        for family in families:
            self.family_runs[family] = self._tracking.child(
                f"{SHORT.get(family, family)} · {self.when[:10]}", self.run_id, {**tags, "family": family}
            )
        self._tracking.log_project(self._project.home)
        client = self._tracking.client()
        for key, value in {**tags, "data_fingerprint": digest(panel)}.items():
            client.set_tag(self.run_id, key, value)
        self._log(
            self.run_id,
            self._parameters(rows),
            {"rows/train": len(rows.split.train), "rows/test": len(rows.split.test)},
        )
        self._log_input(panel, digest(panel))

    def log_trial(self, number: int, parameters: Mapping[str, Any], score: float, seconds: float) -> None:
        """Log a trial of the search below its family's run; it is written while the search goes on.

        Raises
        ------
        MlflowException
            If an earlier trial could not be written.
        """
        parent = self.family_runs.get(SEARCHED)
        if not parent or not self._project.tracking.trial_runs:
            return
        with self._waiting():
            self._best.append(min([score, *self._best[-1:]]))
            self._raise_failure()
            record = (f"trial {number:03d} · {score:.4f}", parent, {"trial": str(number)})
            figures = {"validation/log_loss": score, "seconds": seconds}
            self._written.append(self._writer.submit(self._write_trial, record, dict(parameters), figures, _now()))

    def settle(self) -> None:
        """Wait until every trial is written, and log how the best loss fell from trial to trial."""
        with self._waiting():
            for trial in self._written:
                trial.result()
            self._written.clear()
            if self._best:
                log_curve(self._tracking, self.family_runs[SEARCHED], "search/best_log_loss", self._best)
                self._best.clear()

    def _write_trial(
        self, record: tuple[str, str, dict[str, str]], parameters: dict[str, Any], figures: dict[str, float], ended: int
    ) -> None:
        began = ended - int(figures["seconds"] * 1000)
        run_id = self._tracking.child(*record, started_ms=began)
        self._log(run_id, parameters, figures)
        self._tracking.client().set_terminated(run_id, end_time=ended)

    def _raise_failure(self) -> None:
        for trial in self._written:
            if trial.done():
                trial.result()
        self._written = [trial for trial in self._written if not trial.done()]

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Count the time by which logging holds up the search."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds += time.monotonic() - started

    def log_training(self, trained: Trained, folder: Path) -> None:
        """Log chosen settings, validation figures and the models' own record."""
        self.log_validation(trained)
        client = self._tracking.client()
        client.log_artifact(self.run_id, str(folder / "training.json"))
        client.log_artifact(self.run_id, str(folder / "test_predictions.parquet"))

    def log_validation(self, trained: Trained) -> None:
        """Log chosen settings and validation figures, once every trial is written."""
        self.settle()
        for family, run_id in self.family_runs.items():
            figures = {f"validation/{name}": value for name, value in trained.validation[family].items()}
            self._log(run_id, dict(trained.parameters.get(family, {})), figures)
        best = {f"validation/{name}": value for name, value in trained.validation[trained.best].items()}
        figures = {**best, "rows/open_windows": trained.open_rows, "mlflow_overhead_s": self.seconds}
        self._log(self.run_id, {"family": trained.best}, figures)

    def _parameters(self, rows: Labelled) -> dict[str, Any]:
        settings = self._project.train
        return {
            "split": rows.split.kind,
            "signals": rows.examples.features.shape[1],
            "seed": settings.seed,
            "trials": settings.trials,
            **{key: self._calendar[key] for key in ("horizon_days", "gap_days") if key in self._calendar},
        }

    def _log(self, run_id: str, parameters: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        log_batch(self._tracking, run_id, parameters, metrics)

    def _log_input(self, panel: Path, fingerprint: str) -> None:
        """Log the panel as the run's data set by its fingerprint, without reading it again."""
        from mlflow.data.dataset_source_registry import resolve_dataset_source
        from mlflow.data.meta_dataset import MetaDataset

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow registers the local source twice and says so
            source = resolve_dataset_source(str(panel))
        data = MetaDataset(source=source, name=f"{self._project.name} panel", digest=fingerprint[:16])
        with self._tracking.run(self.run_id) as mlflow:
            mlflow.log_input(data, context="training")


def log_batch(
    tracking: Tracking, run_id: str, parameters: Mapping[str, Any], metrics: Mapping[str, float], step: int = 0
) -> None:
    """Log parameters and metrics of a run in one call; figures that are no number are left out."""
    from mlflow.entities import Metric, Param

    now = _now()
    tracking.client().log_batch(
        run_id,
        metrics=[Metric(key, float(value), now, step) for key, value in metrics.items() if math.isfinite(value)],
        params=[Param(key, str(value)) for key, value in parameters.items()],
    )


def log_curve(tracking: Tracking, run_id: str, name: str, values: Sequence[float]) -> None:
    """Log a metric of many steps, which MLflow draws as a curve."""
    from mlflow.entities import Metric

    now = _now()
    points = [Metric(name, float(value), now, step) for step, value in enumerate(values) if math.isfinite(value)]
    for start in range(0, len(points), MOST_METRICS):
        tracking.client().log_batch(run_id, metrics=points[start : start + MOST_METRICS])


def _now() -> int:
    """Milliseconds, as MLflow counts."""
    return int(time.time() * 1000)
