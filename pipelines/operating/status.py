"""How the scores stand: how old, how complete, handed on or not, what runs next, and what is wrong. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from pipelines.actions.proven import read_lifts
from pipelines.artifacts import ARTIFACTS, Store
from pipelines.config import Project
from pipelines.erasure.suppression import forgotten
from pipelines.errors import ChurnLabError, NotReady, refusal
from pipelines.exported.manifest import read_export
from pipelines.lock import Holder, holder
from pipelines.operating.findings import findings, of_champion
from pipelines.operating.health import Health, LastJob, Scores
from pipelines.operating.log import REFUSED, newest_first
from pipelines.schedule.plan import installed
from pipelines.validation import history
from pipelines.validation.quarantine import FOLDER as QUARANTINE
from pipelines.warehouse.duckdb_file import FILE, InUse, warehouse
from pipelines.warehouse.sql import literal, statement

Seen = TypeVar("Seen")
_RUN = """
SELECT run_id, as_of, model_name, model_version, eligible, scored, excluded, failed, status, finished_at
FROM scores.score_runs ORDER BY status = 'finished' DESC, as_of DESC, finished_at DESC, run_id LIMIT 1
"""
_INCOMPLETE = "SELECT failed, eligible FROM scores.score_runs WHERE status <> 'finished' AND (as_of, finished_at) >= ("
_NEWEST_OF_THEM = ") ORDER BY as_of DESC, finished_at DESC LIMIT 1"
_VALID = "SELECT max(valid_until) FROM scores.churn_scores WHERE as_of ="
_EXCLUDED = "SELECT reason, customers FROM scores.score_coverage WHERE outcome = 'excluded' AND run_id ="
_HAS = "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'scores' AND table_name ="


def status_of(project: Project, now: datetime) -> Health:
    """Look at how the scores of a project stand.

    Parameters
    ----------
    project
        The project.
    now
        The instant, UTC without a zone.
    """
    store, tried = Store(project.home / "artifacts"), Tried()
    writer = tried(lambda: holder(project.home))
    seen = Health(
        now,
        tried(lambda: _scores(project, store)),
        tried(lambda: store.load("delivered") if store.exists("delivered") else None),
        tried(lambda: last_job(project.home, writer)),
        writer,
        tried(lambda: installed(project.home)),
    )
    # A command that writes may be putting another export in place.
    exported = tried(lambda: _exported(project, store)) if writer is None else None
    champion = tried(lambda: store.load("champion")["version"] if store.exists("champion") else None)
    for look in _others(project, store):
        tried(look)
    found = (*findings(project, seen, store, tried.refused), *of_champion(exported, champion))
    return replace(seen, findings=found)


def _others(project: Project, store: Store) -> Iterator[Callable[[], Any]]:
    """Give what else the next job, an alert or a report reads, of which nothing is shown here."""
    shown = ("delivered", "champion")
    for name, artifact in ARTIFACTS.items():
        if artifact.kind == "record" and name not in shown and store.exists(name):
            yield partial(store.load, name)
    yield partial(history.read, project.home / QUARANTINE)
    yield partial(forgotten, project.home)
    yield partial(read_lifts, project.home, {})


class Tried:
    """Looks at one thing after another; what cannot be read is kept as a refusal, and the others are looked at."""

    def __init__(self) -> None:
        self.refused: list[ChurnLabError] = []

    def __call__(self, look: Callable[[], Seen]) -> Seen | None:
        """Give what a look sees, ``None`` where it is refused."""
        try:
            return look()
        except (ChurnLabError, OSError, duckdb.Error) as error:
            said = error if isinstance(error, ChurnLabError) else refusal(error)
            if said is None:
                raise
            if said.given not in [each.given for each in self.refused]:
                self.refused.append(said)
            return None


def last_job(home: Path, writer: Holder | None) -> LastJob | None:
    """Read the newest job from the log; one without an end runs if the lock is held by it, else it was killed."""
    lines = (line for line in newest_first(home) if line["event"] != REFUSED)
    for _, group in groupby(lines, key=lambda line: line.get("job_id")):
        return _job(list(group), writer)
    return None


def _job(newest: list[dict[str, Any]], writer: Holder | None) -> LastJob:
    last, first = newest[0], newest[-1]
    started = _instant(first["at"])
    stage = next((line["stage"] for line in newest if line["event"] == "stage"), None)
    untracked = next((line["untracked"] for line in newest if "untracked" in line), None)
    if last["event"] != "ended":
        runs = writer is not None and writer.command == "job"
        return LastJob(started, None, "running" if runs else "killed", stage, untracked=untracked)
    told = {name: last.get(name) for name in ("error_kind", "exit_code", "message", "seconds")}
    return LastJob(started, _instant(last["at"]), last["outcome"], stage, **told, untracked=untracked)


def _scores(project: Project, store: Store) -> Scores | None:
    """Read the newest run from the warehouse, or, while another process writes there, from the artifact."""
    if not (project.home / FILE).exists() and not store.exists("scored"):
        return None
    try:
        return _from_warehouse(project, store)
    except InUse:
        return _from_artifact(project, store)


def _from_warehouse(project: Project, store: Store) -> Scores | None:
    with warehouse(project.home, read_only=True) as connection:
        found = _row(connection, _RUN) if _row(connection, _HAS, "score_runs") else None
        if found is None:
            return None
        run_id, as_of, name, version, eligible, scored, left_out, failed, status, finished_at = found
        undone = _row(connection, _INCOMPLETE, as_of, ",", finished_at, _NEWEST_OF_THEM)
        valid = _row(connection, _VALID, as_of, "AND model_version =", version)
        excluded: dict[str, int] = {}
        if _row(connection, _HAS, "score_coverage"):
            rows = connection.execute(statement(_EXCLUDED, literal(run_id), "ORDER BY customers DESC"))
            excluded = dict(rows.fetchall())
    valid_until = valid[0] if valid and valid[0] else _until(project, as_of)
    model = f"{name} version {version}"
    excluded = excluded or _excluded(store, run_id, left_out)
    seen = Scores(as_of, valid_until, finished_at, model, run_id, status, eligible, scored, failed, excluded)
    return replace(seen, incomplete=undone)


def _row(connection: Any, query: str, *rest: Any) -> tuple[Any, ...] | None:
    """Run a query that ends in a value, goes on and ends in another; as text, for bound values import pandas."""
    parts = [each if place % 2 else literal(each) for place, each in enumerate(rest)]
    found: tuple[Any, ...] | None = connection.execute(statement(query, *parts)).fetchone()
    return found


def _from_artifact(project: Project, store: Store) -> Scores | None:
    if not store.exists("scored"):
        return None
    kept = store.load("scored")
    as_of, excluded, scored = datetime.fromisoformat(kept["as_of"]), dict(kept["excluded"]), kept["scored"]
    eligible, until = scored + sum(excluded.values()), _until(project, as_of)
    return Scores(as_of, until, None, kept["model"], kept["run_id"], "finished", eligible, scored, 0, excluded)


def _excluded(store: Store, run_id: str, count: int) -> dict[str, int]:
    kept: dict[str, Any] = {}
    with suppress(NotReady):  # not made, or damaged
        kept = store.load("scored")
    if kept.get("run_id") == run_id:
        return dict(kept["excluded"])
    return {"reason not kept": count} if count else {}


def _until(project: Project, as_of: datetime) -> datetime:
    return as_of + timedelta(days=project.score.valid_days)


def _exported(project: Project, store: Store) -> Any:
    """Give the version that is exported, ``None`` where none is; every byte of it is looked at."""
    folder = store.path("export")
    return read_export(folder, project.name)["version"] if folder.exists() else None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)
