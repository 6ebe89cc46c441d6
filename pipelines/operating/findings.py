"""What is wrong with a project's scores, told from how they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pipelines.artifacts import Store
from pipelines.config import Project
from pipelines.errors import ChurnLabError, NotReady
from pipelines.operating.health import Finding, Health, Scores

ERASURES_PENDING = "erasure/pending-*.json"
SHOWN = 5


def findings(project: Project, status: Health, store: Store, refused: Collection[ChurnLabError]) -> Iterator[Finding]:
    """Give what an operator should know, problems first.

    Parameters
    ----------
    project, status, store
        What was looked at.
    refused
        What could not be read.
    """
    yield from (_finding("unreadable", what=error.given, do=error.do) for error in refused)
    if status.scores is not None or not refused:  # what cannot be read may hold scores
        yield from _of_scores(status.scores, status.now)
    yield from _of_sources(store)
    yield from _of_job(project, status)
    yield from _of_delivery(project, status, store)
    yield from _of_erasure(project)
    yield from _of_time_ahead(project, status)


def _finding(code: str, is_problem: bool = True, **facts: Any) -> Finding:
    return Finding(code, facts, is_problem)


def _of_scores(scores: Scores | None, now: datetime) -> Iterator[Finding]:
    if scores is None:
        yield _finding("never_scored")
        return
    if scores.valid_until <= now:
        yield _finding("expired", since=now - scores.valid_until)
    if scores.incomplete is not None:
        failed, eligible = scores.incomplete
        yield _finding("incomplete", failed=failed, eligible=eligible)


def _of_sources(store: Store) -> Iterator[Finding]:
    """Say what the model learnt from and no longer finds, as the newest scoring told."""
    with suppress(NotReady):  # not scored, or damaged, which is told as that
        if lacking := store.load("scored").get("lacking"):
            more = f" (+{len(lacking) - SHOWN})" if len(lacking) > SHOWN else ""
            yield _finding("lacking", columns=", ".join(lacking[:SHOWN]) + more)


def _of_job(project: Project, status: Health) -> Iterator[Finding]:
    job, scores = status.job, status.scores
    if job is not None and job.outcome in ("failed", "killed"):
        ended = job.ended_at or job.started_at
        again = scores is not None and scores.finished_at is not None and scores.finished_at > ended
        facts = {"stage": job.stage or "–", "kind": job.error_kind or "", "exit_code": job.exit_code}
        yield _finding(f"job_{job.outcome}", not again, message=job.message or "", ago=status.now - ended, **facts)
    if job is not None and job.untracked:
        yield _finding("untracked", False, reason=job.untracked)
    if status.writer is not None:
        yield _finding("running", False, who=status.writer.said)
    plan = status.schedule
    if plan is None:
        return
    due, late = plan.plan.last_before(status.now), timedelta(minutes=project.job.late_minutes)
    began = None if job is None else job.started_at
    missed = due > plan.installed_at and (began is None or began < due - timedelta(minutes=1))
    if missed and status.now - due > late and plan.is_active:
        yield _finding("late", due=due)


def _of_delivery(project: Project, status: Health, store: Store) -> Iterator[Finding]:
    """Say what was scored and not handed on; a job that runs is about to."""
    if not (project.deliver.destinations and store.exists("scored")) or status.writer is not None:
        return
    try:
        newest = store.load("scored")
    except NotReady:
        newest = None  # damaged: whether it was handed on is not known
    if newest is None or (status.delivered or {}).get("scored") != newest:
        yield _finding("undelivered", place=", ".join(each.name for each in project.deliver.destinations))


def _of_erasure(project: Project) -> Iterator[Finding]:
    if any(project.home.glob(ERASURES_PENDING)):
        yield _finding("erasure_unfinished")


def _of_time_ahead(project: Project, status: Health) -> Iterator[Finding]:
    scores = status.scores
    if scores is None or scores.valid_until <= status.now:
        return
    if status.schedule is None:
        yield _finding("no_schedule", False)
    if status.next_at is not None and status.next_at > scores.valid_until:
        yield _finding("expires_before_next", False, left=scores.valid_until - status.now)


def of_champion(exported: Any, champion: Any) -> Iterator[Finding]:
    """Say that another version scores than the one that is champion, where both are known."""
    if None not in (exported, champion) and str(exported) != str(champion):
        yield _finding("export_behind", False, exported=exported, champion=champion)
