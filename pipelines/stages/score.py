"""Score the customers who are still here, and write the scores to the warehouse."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Project, ScoreSettings
from pipelines.console import Progress
from pipelines.errors import DataError, NothingToLearn
from pipelines.stage import stage

if TYPE_CHECKING:
    import pandas as pd

    from training.model import FittedModel


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
    from pipelines.reasons import explained, known_signals, no_reasons, peers_of
    from pipelines.stages.export import read_export
    from pipelines.warehouse.duckdb_file import warehouse
    from training.errors import TrainingError
    from training.model import load_model

    started = _now()
    manifest = read_export(export)
    model = load_model(export / "model")
    with warehouse(project.home) as connection:
        instant = as_of or _newest_day(project, accepted)
        frame, excluded = _signals(connection, project, manifest, accepted, instant, progress)
        if frame.empty:
            raise NothingToLearn(
                f"No customer can be scored as of {instant:%Y-%m-%d}", do="check the tables and label.churn"
            )
        scores = _scores(frame, model, settings, manifest, instant, accepted)
        known, peers = known_signals(project, accepted["flat"]), peers_of(connection, accepted)
        try:
            told = explained(model, frame, scores, settings, known, peers)
        except TrainingError as error:
            progress.warn(f"No reasons are written: {error}")
            told = no_reasons()
        run = _run(scores, excluded, manifest, instant, started)
        touched = _write(connection, scores, told, run)
    high = int((scores["band"] == "high").sum())
    progress.note(
        f"{len(scores):,} customers as of {instant:%Y-%m-%d}, {high:,} in band high; {touched:,} rows changed"
    )
    return {
        "as_of": instant.isoformat(),
        "run_id": run["run_id"],
        "scored": len(scores),
        "excluded": excluded,
        "bands": scores["band"].value_counts().to_dict(),
        "model": f"{manifest['model']} version {manifest['version']}",
        "schema": "scores",
    }


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _newest_day(project: Project, accepted: dict[str, Any]) -> datetime:
    """Midnight after which no complete day of data follows."""
    if accepted["flat"]:
        return _now().replace(hour=0, minute=0, second=0, microsecond=0)
    end = (
        project.label.data_end if project.label and project.label.data_end else datetime.fromisoformat(accepted["last"])
    )
    return end.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def _signals(
    connection: Any,
    project: Project,
    manifest: dict[str, Any],
    accepted: dict[str, Any],
    instant: datetime,
    progress: Progress,
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Signals of the risk set, by the code that training uses, and who was left out and why."""
    if accepted["flat"]:
        return _flat_signals(connection, accepted["schema"])
    from features.compute import Panel, compute
    from pipelines.panel import canonical_tables, project_signals
    from pipelines.stages.label import check_tables, outcomes
    from pipelines.warehouse.duckdb_file import backend
    from training.labels.outcome import risk_set

    assert project.label is not None
    engine = backend(connection)
    tables = canonical_tables(engine, accepted["schema"], accepted["tables"])
    definitions = outcomes(project.label.churn)
    check_tables(definitions, tables)
    known = project_signals(project)
    missing = [name for name in manifest["signals"] if name not in known]
    if missing:
        raise DataError(f"The champion needs signals that are not declared: {', '.join(missing[:5])}", do="train again")
    population = risk_set(definitions, tables, [instant])
    panel = Panel([known[name] for name in manifest["signals"]], [instant])
    (_, table), *_ = list(_first(compute(engine, tables, population, panel, progress), engine))
    everyone = engine.table("customers", database=accepted["schema"]).count().execute()
    return table, {"not a customer at this time": int(everyone) - len(table)}


def _first(computed: Any, engine: Any) -> Any:
    for cutoff, table in computed:
        yield cutoff, engine.to_pandas(table)


def _flat_signals(connection: Any, schema: str) -> tuple[pd.DataFrame, dict[str, int]]:
    frame = connection.sql(f'FROM "{schema}".flat').df()
    left = frame["churned"] == 1
    return frame[~left].reset_index(drop=True), {"already left": int(left.sum())}


def _scores(
    frame: pd.DataFrame,
    model: FittedModel,
    settings: ScoreSettings,
    manifest: dict[str, Any],
    instant: datetime,
    accepted: dict[str, Any],
) -> pd.DataFrame:
    import pandas as pd

    probability = model.predict(frame)
    low, high = model.interval(frame) if model.venn_abers else (None, None)
    horizon = manifest["label"]["horizon_days"] if manifest["label"] else 0
    scores = pd.DataFrame(
        {
            "customer_id": frame["customer_id"].astype("str"),
            "as_of": instant,
            "horizon_days": horizon,
            "model_version": str(manifest["version"]),
            "probability": probability,
            "probability_low": low,
            "probability_high": high,
            "band": [band_of(value, settings.bands) for value in probability],
            "valid_until": instant + timedelta(days=settings.valid_days),
        }
    )
    ordered = scores.sort_values(["probability", "customer_id"], ascending=[False, True])
    scores["rank"] = pd.Series(range(1, len(ordered) + 1), index=ordered.index)
    scores["run_id"] = _run_id(manifest, instant, accepted)
    return scores


def band_of(probability: float, bands: dict[str, float]) -> str:
    """Give the band of a probability: the highest whose floor it reaches, else ``low``.

    >>> band_of(0.6, {"high": 0.6, "medium": 0.3}), band_of(0.1, {"high": 0.6, "medium": 0.3})
    ('high', 'low')
    """
    reached = [(floor, name) for name, floor in bands.items() if probability >= floor]
    return max(reached)[1] if reached else "low"


def _run_id(manifest: dict[str, Any], instant: datetime, accepted: dict[str, Any]) -> str:
    """Identify a run by what decides its result, so that the same work twice is the same run."""
    parts = (manifest["project"], manifest["version"], manifest["files"], instant.isoformat(), accepted["content"])
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()


def _run(
    scores: pd.DataFrame, excluded: dict[str, int], manifest: dict[str, Any], instant: datetime, started: datetime
) -> dict[str, Any]:
    left_out = sum(excluded.values())
    return {
        "run_id": scores["run_id"].iloc[0],
        "as_of": instant,
        "model_name": manifest["model"],
        "model_version": str(manifest["version"]),
        "eligible": len(scores) + left_out,
        "scored": len(scores),
        "excluded": left_out,
        "failed": 0,
        "status": "finished",
        "started_at": started,
        "finished_at": _now(),
    }


def _write(connection: Any, scores: pd.DataFrame, told: pd.DataFrame, run: dict[str, Any]) -> int:
    import pandas as pd

    from pipelines.warehouse.scores import CHURN_REASONS, CHURN_SCORES, SCORE_RUNS, create, prune, upsert

    connection.begin()
    try:
        create(connection)
        touched = upsert(connection, CHURN_SCORES, scores)
        same = {name: run[name] for name in ("as_of", "model_version")}
        prune(connection, CHURN_REASONS, told, same)
        upsert(connection, CHURN_REASONS, told)
        upsert(connection, SCORE_RUNS, pd.DataFrame([run]))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return touched
