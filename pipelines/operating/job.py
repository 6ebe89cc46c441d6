"""The nightly job: newest tables in, checked, scored with the champion, acted on, handed on. It trains nothing."""

from __future__ import annotations

import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.artifacts import Store
from pipelines.config import Project
from pipelines.console import Console
from pipelines.errors import Busy, ChurnLabError, ConnectionFailed, Incomplete, NotReady, Refused, refusal
from pipelines.lock import workspace_lock
from pipelines.operating.log import REFUSED, JobLog, without_secrets
from pipelines.operating.words import rows_delivered
from pipelines.runner import Ran, Runner
from pipelines.stage import all_stages
from pipelines.tracking import Tracking

STAGES = ("ingest", "validate", "score", "act", "mart", "outbox", "deliver")
STOPPED_EXIT_CODE = 143
"""128 and the number of the signal by which schedulers end a process."""


@dataclass(frozen=True)
class Job:
    """One job.

    Parameters
    ----------
    project
        The project.
    console
        Where progress is shown.
    as_of
        Instant to score at; the newest complete day without it.
    wait_s
        How long to wait for another writer of the workspace, seconds.
    sleep
        Waits between attempts, seconds.
    """

    project: Project
    console: Console
    as_of: datetime | None = None
    wait_s: float = 0.0
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> list[Ran]:
        """Run the stages of the job, each as often as it takes.

        Raises
        ------
        Busy
            If another command writes to the workspace.
        NotReady
            If no champion has been exported.
        ChurnLabError
            If a stage fails for good; the later ones do not run.
        Incomplete
            If a stage ended with part of its work undone; the later ones have run.
        """
        log = JobLog(self.project, secrets.token_hex(6))
        try:
            with workspace_lock(self.project.home, "job", self.wait_s):
                return self._logged(log)
        except Busy as error:
            log.write(REFUSED, **log.problem(error))
            raise

    def _logged(self, log: JobLog) -> list[Ran]:
        started = time.monotonic()
        log.write("started", as_of=self.as_of)
        try:
            with _ended_by_signal():
                ran = self._stages(log)
        except BaseException as error:
            known = _known(error)
            log.write("ended", outcome="failed", seconds=_since(started), **log.problem(known))
            raise
        log.write("ended", outcome="finished", seconds=_since(started), exit_code=0)
        if log.unwritten:
            self.console.line(f"The log of this job is not whole: {log.unwritten}")
        return ran

    def _stages(self, log: JobLog) -> list[Ran]:
        self._refuse_without_export()
        ran, undone = [], None
        for name in STAGES:
            stage = all_stages().get(name)
            if stage is None or not stage.applies(self.project):
                continue
            try:
                ran.append(self._stage(name, log))
            except Incomplete as error:
                undone = undone or error
        if undone is not None:
            raise undone
        return ran

    def _refuse_without_export(self) -> None:
        if not Store(self.project.home / "artifacts").exists("export"):
            raise NotReady(
                f"Project {self.project.name} has no exported champion to score with",
                allowed="a project whose line has run to its end once",
                do=f"train one: churnlab run -p {self.project.name}",
            )

    def _stage(self, name: str, log: JobLog) -> Ran:
        """Run a stage; where a database or service does not answer, wait and try again."""
        settings, attempt = self.project.job, 1
        while True:
            started = time.monotonic()
            # Who is champion lies in the export: scores do not wait for MLflow.
            tracking = Tracking(self.project, required=False)
            try:
                ran = self._attempt(name, tracking)
            except BaseException as error:
                known = _known(error)
                again = _may_pass(known) and attempt <= settings.retries
                facts = {"stage": name, "attempt": attempt, "seconds": _since(started), **log.problem(known)}
                log.write("stage", outcome="failed", **facts)
                if not again:
                    raise
                wait_s = settings.retry_wait_s * 2 ** (attempt - 1)
                self.console.line(f"  {name}: {known}")
                self.console.line(f"  {name}: attempt {attempt + 1} of {settings.retries + 1} in {wait_s:g} s")
                self.sleep(wait_s)
                attempt += 1
            else:
                untracked = without_secrets(tracking.missed, self.project) or None
                log.write("stage", **self._facts(ran, attempt), untracked=untracked)
                return ran

    def _attempt(self, name: str, tracking: Tracking) -> Ran:
        """Run a stage with a runner of its own, so that a failed attempt is a failed run of MLflow's own."""
        runner = Runner(self.project, self.console, tracking=tracking)
        runner.as_of = self.as_of
        return runner.alone(name)

    def _facts(self, ran: Ran, attempt: int) -> dict[str, Any]:
        outcome = "unchanged" if ran.skipped else "finished"
        facts = {"stage": ran.name, "attempt": attempt, "seconds": round(ran.seconds, 2), "outcome": outcome}
        return facts | told_of(ran.name, Store(self.project.home / "artifacts"))


def told_of(stage: str, store: Store) -> dict[str, Any]:
    """Give what the log says of a stage's result: counts, the instant and the run."""
    if stage == "ingest":
        return {"rows": sum(each["written"] for each in store.load("loaded")["ledger"])}
    if stage == "validate":
        return {"rows": sum(store.load("accepted")["rows"].values())}
    if stage == "score":
        scored = store.load("scored")
        return {"rows": scored["scored"], "as_of": scored["as_of"], "run_id": scored["run_id"]}
    if stage == "outbox":
        sent = store.load("sent")
        return {"rows": sent.get("sent", 0) + sent.get("delivered", 0)}
    if stage == "mart":
        return {"rows": sum(store.load("marted")["rows"].values())}
    if stage == "deliver":
        return {"rows": sum(changed for changed, _ in rows_delivered(store.load("delivered")).values())}
    return {}


def _known(error: BaseException) -> BaseException:
    """Give an error in our words where there are any."""
    return error if isinstance(error, ChurnLabError) else refusal(error) or error


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ConnectionFailed) and not isinstance(error, Refused)


def _since(started: float) -> float:
    return round(time.monotonic() - started, 2)


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Let the signal by which a scheduler ends a job unwind it, so that the log says so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: object) -> None:
        raise SystemExit(STOPPED_EXIT_CODE)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
