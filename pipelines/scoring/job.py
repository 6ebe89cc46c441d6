"""One run of scoring, from signals to stored scores."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.config_score import ScoreSettings
from pipelines.console import Progress
from pipelines.errors import DataError
from pipelines.scoring.before import Before, bands_beside
from pipelines.scoring.ledger import Ledger
from pipelines.scoring.peers import Peers
from pipelines.scoring.predictions import Predicted, Scorer, predict_all
from pipelines.scoring.ranked import TABLE as RANKED
from pipelines.scoring.ranked import Stamp, stamped
from pipelines.scoring.subjects import Subjects, known_signals
from pipelines.scoring.told import Teller, bring, choose, tell, wanted_of
from pipelines.warehouse.duckdb_file import bounded_memory, transaction
from pipelines.warehouse.scores import CHURN_SCORES, SCORE_COVERAGE, TOLD, ScoreTable
from pipelines.warehouse.sql import statement
from pipelines.warehouse.writing import create, prune, record_run, upsert

if TYPE_CHECKING:
    from training.horizons import Horizons
    from training.model import FittedModel


@dataclass(frozen=True)
class Job:
    """What a run works with.

    Parameters
    ----------
    project, settings
        The project, and its section of scoring.
    accepted
        The accepted tables.
    manifest
        What was exported.
    model
        The champion.
    horizons
        How its risk is spread over shorter horizons, if it is.
    instant
        When customers are scored.
    started_at
        When the run began.
    """

    project: Project
    settings: ScoreSettings
    accepted: dict[str, Any]
    manifest: dict[str, Any]
    model: FittedModel
    horizons: Horizons | None
    instant: datetime
    started_at: datetime

    @property
    def horizon_days(self) -> int:
        """Days that the probability looks ahead; 0 for a flat table, which has no time."""
        return int(self.manifest["label"]["horizon_days"]) if self.manifest["label"] else 0

    def ready_for(self, rows: int) -> Job:
        """Give the same work with its models made ready for about that many customers."""
        horizons = None if self.horizons is None else self.horizons.ready_for(rows)
        return replace(self, model=self.model.ready_for(rows), horizons=horizons)

    @property
    def stamp(self) -> Stamp:
        """What all scores of the run share; the run is named by what decides its result."""
        manifest, instant = self.manifest, self.instant
        # Code and papers travel with the export and do not change a score.
        model = {name: digest for name, digest in manifest["files"].items() if name.startswith("model/")}
        parts = (
            manifest["project"],
            manifest["version"],
            model,
            instant.isoformat(),
            self.accepted["content"],
        )
        run_id = hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()
        return Stamp(instant, str(manifest["version"]), instant + timedelta(days=self.settings.valid_days), run_id)


@dataclass(frozen=True)
class Done:
    """What came of a run: who was scored, customers by band, and rows of scores that are new, changed or gone."""

    ledger: Ledger
    bands: dict[str, int]
    touched: int


def run_job(connection: Any, job: Job, subjects: Subjects, before: Before | None, progress: Progress) -> Done:
    """Score customers, write the scores and what is told of them, and keep the ledger.

    Parameters
    ----------
    connection
        The warehouse.
    job
        What the run works with.
    subjects
        Who is scored, with their signals.
    before
        Scores to compare with.
    progress
        Told how far it is.

    Raises
    ------
    DataError
        If not one batch can be scored.
    """
    with bounded_memory(connection):
        predicted = _predicted(job, subjects, before, progress)
        stamped(connection, job.stamp, subjects.value)
    told = _told(job, subjects, before, progress)
    ledger = Ledger(predicted.scored, subjects.excluded, predicted.failed)
    with bounded_memory(connection):
        touched = _write(connection, job, told, ledger)
    return Done(ledger, _bands(connection), touched)


def now() -> datetime:
    """The time in UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def newest_day(project: Project, accepted: dict[str, Any]) -> datetime:
    """Midnight after which no complete day of data follows."""
    if accepted["flat"]:
        return now().replace(hour=0, minute=0, second=0, microsecond=0)
    end = (
        project.label.data_end if project.label and project.label.data_end else datetime.fromisoformat(accepted["last"])
    )
    return end.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _predicted(job: Job, subjects: Subjects, before: Before | None, progress: Progress) -> Predicted:
    """Score all batches.

    Raises
    ------
    DataError
        If not one batch can be scored.
    """
    beside = None if before is None else bands_beside(subjects.source)
    scorer = Scorer(job.model, job.horizons, job.horizon_days, job.settings, subjects.value.column)
    predicted = predict_all(subjects.source, scorer, beside, progress)
    if not predicted.scored:
        reason = next(iter(predicted.failed.values()))
        raise DataError(
            f"Not one of {subjects.source.rows:,} customers could be scored: {reason}",
            do="check the tables, or train and export again",
        )
    return predicted


def _told(job: Job, subjects: Subjects, before: Before | None, progress: Progress) -> Mapping[ScoreTable, str]:
    """Write reasons, levers and moves into temporary tables."""
    source, settings = subjects.source, job.settings
    with bounded_memory(source.connection):
        read, movers = choose(source, settings, before if subjects.then else None)
        if not read and not movers:
            return {}
        peers = Peers.of(source, job.model.features, job.accepted)
    # Not bounded: DuckDB holds whole row groups of every signal while it writes them.
    bring(source)
    then = subjects.waited(before, progress) if before is not None and movers else None
    known = known_signals(job.project, job.accepted["flat"])
    teller = Teller(job.model, settings, known, job.project.value_names, source, peers, then)
    with bounded_memory(source.connection):
        return tell(teller, wanted_of(teller, read, movers), progress.warn, progress)


def _write(connection: Any, job: Job, told: Mapping[ScoreTable, str], ledger: Ledger) -> int:
    """Write everything in one transaction; what the run no longer has goes."""
    import pandas as pd

    stamp = job.stamp
    coverage = pd.DataFrame(ledger.rows(stamp.run_id))
    with transaction(connection):
        create(connection)
        touched = prune(connection, CHURN_SCORES, RANKED, stamp.same)
        touched += upsert(connection, CHURN_SCORES, RANKED, stamp.same)
        for table in TOLD:
            rows = told.get(table, pd.DataFrame(columns=list(table.columns)))
            prune(connection, table, rows, stamp.same)
            upsert(connection, table, rows, stamp.same)
        prune(connection, SCORE_COVERAGE, coverage, {"run_id": stamp.run_id})
        upsert(connection, SCORE_COVERAGE, coverage)
        record_run(connection, ledger.run(stamp, job.manifest["model"], job.started_at, now()))
    return touched


def _bands(connection: Any) -> dict[str, int]:
    counted = statement("SELECT band, count(*) FROM", RANKED, "WHERE band IS NOT NULL GROUP BY band ORDER BY band")
    return dict(connection.execute(counted).fetchall())
