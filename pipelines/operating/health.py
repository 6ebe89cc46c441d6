"""What is seen of a project's scores by one look: the newest run, the newest job, the schedule, and what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipelines.lock import Holder
from pipelines.schedule.plan import Installed


@dataclass(frozen=True)
class Scores:
    """The newest run of the scoring stage.

    Parameters
    ----------
    as_of, valid_until, finished_at
        Instants, UTC without a zone; ``finished_at`` is ``None`` where only the artifact tells of the run.
    model
        Name and version.
    run_id, status
        As in ``scores.score_runs``.
    eligible, scored, failed
        Customers.
    excluded
        Customers left out, by reason.
    incomplete
        Customers who failed and all who were to be scored in the newest run, where that one did not finish; readers
        then see the run before.
    """

    as_of: datetime
    valid_until: datetime
    finished_at: datetime | None
    model: str
    run_id: str
    status: str
    eligible: int
    scored: int
    failed: int
    excluded: dict[str, int]
    incomplete: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class LastJob:
    """The newest job in the log.

    Parameters
    ----------
    started_at, ended_at
        UTC without a zone; ``ended_at`` is ``None`` of a job that runs or was killed.
    outcome
        ``finished``, ``failed``, ``running`` or ``killed``.
    stage
        The stage that failed, or the last one in the log.
    error_kind, exit_code, message
        What went wrong, where something did.
    seconds
        How long it took.
    untracked
        Why MLflow holds nothing of it, where that is so.
    """

    started_at: datetime
    ended_at: datetime | None
    outcome: str
    stage: str | None = None
    error_kind: str | None = None
    exit_code: int | None = None
    message: str | None = None
    seconds: float | None = None
    untracked: str | None = None


@dataclass(frozen=True)
class Finding:
    """Something that an operator should know.

    Parameters
    ----------
    code
        What it is; `pipelines.operating.words` says it to people.
    facts
        What its sentence needs.
    is_problem
        Whether the scores cannot be relied on for it.
    """

    code: str
    facts: dict[str, Any] = field(default_factory=dict)
    is_problem: bool = True


@dataclass(frozen=True)
class Health:
    """How a project's scores stand at an instant.

    Parameters
    ----------
    now
        The instant, UTC without a zone.
    scores, delivered, job, writer, schedule
        What there is of each.
    findings
        Problems first.
    """

    now: datetime
    scores: Scores | None
    delivered: dict[str, Any] | None
    job: LastJob | None
    writer: Holder | None
    schedule: Installed | None
    findings: tuple[Finding, ...] = ()

    @property
    def is_fresh(self) -> bool:
        """Whether the scores can be relied on."""
        return not any(finding.is_problem for finding in self.findings)

    @property
    def next_at(self) -> datetime | None:
        """When the job is due next, UTC without a zone."""
        return self.schedule.plan.next_after(self.now) if self.schedule else None
