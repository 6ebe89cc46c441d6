"""Score the customers who are still here, and write the scores to the warehouse."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import Project
from pipelines.config_score import ScoreSettings
from pipelines.console import Progress
from pipelines.errors import NothingToLearn
from pipelines.stage import stage

if TYPE_CHECKING:
    import pandas as pd
    from ibis.expr import types as ir

    from pipelines.standing import Standing
    from pipelines.warehouse.scores import ScoreTable
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
    from pipelines.horizons import shorter
    from pipelines.moves import Before, moved
    from pipelines.reasons import explained, known_signals, lowering, peers_of, usual_among_peers
    from pipelines.stages.export import read_export
    from pipelines.standing import Standing
    from pipelines.warehouse.duckdb_file import warehouse
    from pipelines.warehouse.history import scores_before
    from pipelines.warehouse.scores import CHURN_LEVERS, CHURN_MOVES, CHURN_REASONS
    from training.errors import TrainingError
    from training.horizons import load_horizons
    from training.model import load_model

    started = _now()
    manifest = read_export(export)
    model = load_model(export / "model")
    with warehouse(project.home) as connection:
        instant = as_of or _newest_day(project, accepted)
        standing = None if accepted["flat"] else Standing.of(connection, project, manifest, accepted)
        before = scores_before(connection, instant, _horizon_days(manifest))
        compared = before if settings.most_moves else before.iloc[:0]
        frame, then, excluded = _signals(connection, accepted, standing, instant, compared, progress)
        if frame.empty:
            raise NothingToLearn(
                f"No customer can be scored as of {instant:%Y-%m-%d}", do="check the tables and label.churn"
            )
        scores = _scores(frame, model, settings, manifest, instant, accepted, before["band"])
        known = known_signals(project, accepted["flat"])
        usual = usual_among_peers(model, frame, peers_of(connection, accepted))
        told = {}
        try:
            told[CHURN_REASONS] = explained(model, frame, scores, settings, known, usual)
        except TrainingError as error:
            progress.warn(f"No reasons are written: {error}")
        told[CHURN_LEVERS] = lowering(model, frame, scores, settings, known, usual)
        if standing is not None and then is not None:
            progress(f"what moved since {before['as_of'].iloc[0]:%Y-%m-%d}")
            told[CHURN_MOVES] = moved(model, frame, scores, Before(before, then, standing), settings, known)
        run = _run(scores, excluded, manifest, instant, started)
        # A band belongs to the whole horizon, so that nobody is counted twice.
        sooner = shorter(
            scores, load_horizons(export / "model"), frame, band=None, probability_low=None, probability_high=None
        )
        touched = _write(connection, scores, sooner, told, run, excluded)
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
    accepted: dict[str, Any],
    standing: Standing | None,
    instant: datetime,
    before: pd.DataFrame,
    progress: Progress,
) -> tuple[pd.DataFrame, ir.Table | None, dict[str, int]]:
    """Signals of the risk set, those of the customers scored before at their time, and who was left out and why."""
    if standing is None:
        frame, excluded = _flat_signals(connection, accepted["schema"])
        return frame, None, excluded
    people, instants = standing.customers(instant), [instant]
    if len(before):
        instants.append(before["as_of"].iloc[0].to_pydatetime())
        people = people.union(standing.people(before.index, instants[-1]))
    found = standing.signals(people, instants, progress)
    frame = standing.frame(found[instant])
    everyone = standing.engine.table("customers", database=accepted["schema"]).count().execute()
    excluded = {"not a customer at this time": int(everyone) - len(frame)}
    return frame, found[instants[-1]] if len(before) else None, excluded


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
    bands_before: pd.Series,
) -> pd.DataFrame:
    import pandas as pd

    from pipelines.bands import ranked, steady_bands

    probability = model.predict(frame)
    low, high = model.interval(frame) if model.venn_abers else (None, None)
    customer = frame["customer_id"].astype("str")
    scores = pd.DataFrame(
        {
            "customer_id": customer,
            "as_of": instant,
            "horizon_days": _horizon_days(manifest),
            "model_version": str(manifest["version"]),
            "probability": probability,
            "probability_low": low,
            "probability_high": high,
            "band": steady_bands(probability, settings, customer.map(bands_before)),
            "valid_until": instant + timedelta(days=settings.valid_days),
            "value": None,
            "value_at_risk": None,
        }
    )
    return ranked(scores.assign(run_id=_run_id(manifest, instant, accepted)))


def _horizon_days(manifest: dict[str, Any]) -> int:
    """Days that the probability looks ahead; 0 for a flat table, which has no time."""
    return int(manifest["label"]["horizon_days"]) if manifest["label"] else 0


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


def _write(
    connection: Any,
    scores: pd.DataFrame,
    sooner: pd.DataFrame,
    told: Mapping[ScoreTable, pd.DataFrame],
    run: dict[str, Any],
    excluded: dict[str, int],
) -> int:
    """Write everything in one transaction; what is told for no customer any more goes."""
    import pandas as pd

    from pipelines.warehouse.scores import CHURN_SCORES, SCORE_COVERAGE, SCORE_RUNS, TOLD
    from pipelines.warehouse.writing import create, prune, upsert

    connection.begin()
    try:
        create(connection)
        touched = upsert(connection, CHURN_SCORES, scores) + upsert(connection, CHURN_SCORES, sooner)
        same = {name: run[name] for name in ("as_of", "model_version")}
        for table in TOLD:
            rows = told.get(table, pd.DataFrame(columns=list(table.columns)))
            prune(connection, table, rows, same)
            upsert(connection, table, rows)
        upsert(connection, SCORE_COVERAGE, _coverage(run, excluded))
        upsert(connection, SCORE_RUNS, pd.DataFrame([run]))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return touched


def _coverage(run: dict[str, Any], excluded: dict[str, int]) -> pd.DataFrame:
    import pandas as pd

    told = [("scored", "", run["scored"]), *(("excluded", why, number) for why, number in excluded.items())]
    return pd.DataFrame(told, columns=["outcome", "reason", "customers"]).assign(run_id=run["run_id"])
