"""Score the customers who are still here, and write the scores to the warehouse."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.config_score import ScoreSettings
from pipelines.console import Progress
from pipelines.errors import ConfigError, DataError, Incomplete, NothingToLearn
from pipelines.stage import stage

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.scoring.job import Done, Job


@stage(writes=["scored"], skippable=False)
def score(
    project: Project,
    settings: ScoreSettings,
    progress: Progress,
    export: Path,
    accepted: dict[str, Any],
    as_of: datetime | None = None,
) -> dict[str, Any]:
    """Score every customer in the risk set at the newest complete day with the exported champion."""
    from pipelines.exported.manifest import read_export
    from pipelines.scoring.before import Before
    from pipelines.scoring.doubts import LACKING, refuse_missing_customers
    from pipelines.scoring.job import Job, newest_day, now, run_job
    from pipelines.scoring.subjects import subjects_of
    from pipelines.warehouse.duckdb_file import warehouse
    from training.horizons import load_horizons
    from training.model import load_model

    started_at, manifest = now(), read_export(export, project.name)
    model, horizons = load_model(export / "model"), load_horizons(export / "model")
    newest = newest_day(project, accepted)
    instant = as_of or newest
    _refuse_outside(instant, project.validate_.earliest, max(newest, started_at))
    job = Job(project, settings, accepted, manifest, model, horizons, instant, started_at)
    with warehouse(project.home) as connection:
        if as_of is None and accepted["flat"]:
            _refuse_earlier(connection, instant, project)
        before = Before.of(connection, instant, job.horizon_days)
        lifetime = _lifetime_values(connection, project, accepted, instant)
        subjects = subjects_of(connection, project, manifest, accepted, instant, before, progress, lifetime)
        if not subjects.source.rows:
            raise NothingToLearn(
                f"No customer can be scored as of {instant:%Y-%m-%d}", do="check the tables and label.churn"
            )
        if as_of is None:
            refuse_missing_customers(connection, subjects.source.rows, instant, settings.least_share)
        done = run_job(connection, job.ready_for(subjects.source.rows), subjects, before, progress)
    return {**_ended(job, done, progress), LACKING: _lacking(job, progress)}


def _lacking(job: Job, progress: Progress) -> list[str]:
    """Name what the model's signals read and no longer find, and warn of it."""
    from pipelines.panel import project_signals
    from pipelines.scoring.doubts import newly_lacking

    if job.accepted["flat"]:
        return []
    known = project_signals(job.project)
    lacking = newly_lacking(job.project.home, job.manifest, {name: known[name] for name in job.manifest["signals"]})
    if lacking:
        progress.warn(f"No value any more, which the model learnt from: {', '.join(lacking)}")
    return lacking


def _refuse_outside(instant: datetime, earliest: date, latest: datetime) -> None:
    """Refuse an instant of which nothing can be known: before all facts, or after the clock and the newest of them.

    Raises
    ------
    ConfigError
        If it is none between.
    """
    if not earliest <= instant.date() or instant > latest:
        raise ConfigError(
            f"--as-of {instant:%Y-%m-%d} cannot be scored: nothing is known as of then",
            allowed=f"an instant from {earliest:%Y-%m-%d} to {latest:%Y-%m-%d %H:%M} UTC",
            do="correct the date, or leave it out: then the newest complete day is scored",
        )


def _refuse_earlier(connection: Any, instant: datetime, project: Project) -> None:
    """Refuse a day of the clock before the newest scores: those who read current scores would never see it.

    Raises
    ------
    DataError
        If there are finished runs of a later day.
    """
    from pipelines.warehouse.scores import SCORE_RUNS
    from pipelines.warehouse.writing import has_scores

    newest = "SELECT max(as_of) FROM scores.score_runs WHERE status = 'finished'"
    later = connection.execute(newest).fetchone()[0] if has_scores(connection, SCORE_RUNS) else None
    if later is not None and later > instant:
        raise DataError(
            f"The clock says {instant:%Y-%m-%d}, and there are scores as of {later:%Y-%m-%d}, which readers would keep",
            allowed="a day that is not before that of the newest scores",
            do=f"set the clock, or name the day: churnlab score -p {project.name} --as-of {instant:%Y-%m-%d}",
        )


def _lifetime_values(
    connection: Any, project: Project, accepted: dict[str, Any], instant: datetime
) -> pd.DataFrame | None:
    """Value customers by what they are still to bring, unless the project says what they are worth."""
    from pipelines.business.value import customer_values
    from pipelines.panel import canonical_tables
    from pipelines.warehouse.duckdb_file import backend

    settings = project.evaluate
    if accepted["flat"] or settings.value is not None or settings.value_column is not None:
        return None
    engine = backend(connection)
    tables = canonical_tables(engine, accepted["schema"], accepted["tables"])
    return customer_values(engine, tables, project, instant)


def _ended(job: Job, done: Done, progress: Progress) -> dict[str, Any]:
    """Say what came of it.

    Raises
    ------
    Incomplete
        If batches failed; the others are written.
    """
    ledger, bands = done.ledger, done.bands
    if ledger.failed:
        parts = "; ".join(f"{batch}: {reason}" for batch, reason in ledger.failed.items())
        everyone = ledger.scored + ledger.failed_customers
        raise Incomplete(
            f"{ledger.failed_customers:,} of {everyone:,} customers have no score ({parts})",
            do="mend their data and score again; readers keep the scores of the run before",
        )
    high = bands.get("high", 0)
    who = f"{ledger.scored:,} customers as of {job.instant:%Y-%m-%d}, {high:,} in band high"
    progress.note(f"{who}; {done.touched:,} rows changed")
    return {
        "as_of": job.instant.isoformat(),
        "run_id": job.stamp.run_id,
        "scored": ledger.scored,
        "excluded": dict(ledger.excluded),
        "bands": bands,
        "model": f"{job.manifest['model']} version {job.manifest['version']}",
        "schema": "scores",
    }
