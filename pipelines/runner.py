"""Runs stages: loads what they read, skips what has not changed, puts results in place, keeps the record."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from evaluation.errors import JudgementError
from features.errors import DefinitionError, UnsupportedOperationError
from pipelines.artifacts import Store
from pipelines.config import Project, dump
from pipelines.console import Console, Progress
from pipelines.errors import ChurnLabError, ConfigError, ConnectionFailed, DataError, NothingToLearn, NotReady
from pipelines.lock import workspace_lock
from pipelines.records import read_record
from pipelines.stage import Stage, all_stages
from pipelines.tracking import Tracking
from training.errors import MissingLibrary, TrainingError

STATE = "state.json"
ROOMS = ("features", "training", "evaluation", "pipelines")


class StageRecord(TypedDict, total=False):
    """What is kept of a stage that has run; one whose artifact a person put in place has no fingerprint."""

    fingerprint: str
    made: dict[str, str]
    seconds: float


@dataclass(frozen=True)
class Ran:
    """What became of a stage: whether it was skipped, and how long it took."""

    name: str
    skipped: bool
    seconds: float


class Runner:
    """Runs stages of one project.

    Parameters
    ----------
    project
        The project.
    console
        Where progress is shown.
    force
        Run stages even where nothing has changed.
    wait_s
        How long to wait for another writer of the workspace, seconds.
    tracking
        MLflow's runs; by default a store that does not answer is an error.
    """

    def __init__(
        self,
        project: Project,
        console: Console,
        force: bool = False,
        wait_s: float = 0.0,
        tracking: Tracking | None = None,
    ) -> None:
        self.project, self.console, self.force, self.wait_s = project, console, force, wait_s
        self.store = Store(project.home / "artifacts")
        self.tracking = tracking or Tracking(project)
        self.running = ""
        self.as_of: datetime | None = None

    def line(self, until: str | None = None) -> list[Ran]:
        """Run the whole line of the project, or the stages up to one.

        Raises
        ------
        Busy
            If another command writes to the workspace.
        ChurnLabError
            If a stage fails; the MLflow run of the line is then marked as failed.
        """
        with workspace_lock(self.project.home, "run", self.wait_s):
            return self._line(until)

    def _line(self, until: str | None) -> list[Ran]:
        stages = [stage for stage in all_stages().values() if stage.applies(self.project)]
        if until is not None:
            stages = stages[: [stage.name for stage in stages].index(until) + 1]
        try:
            ran = [self.run(stage) for stage in stages]
        except BaseException as error:
            self._mark_failed(error)
            raise
        if not all(each.skipped for each in ran) and self.tracking.run_id is not None:
            self.tracking.end()
        return ran

    def alone(self, name: str) -> Ran:
        """Run one stage on the artifacts that there are.

        Raises
        ------
        Busy
            If another command writes to the workspace.
        NotReady
            If the project's line does not have the stage.
        """
        with workspace_lock(self.project.home, name, self.wait_s):
            return self._alone(name)

    def _alone(self, name: str) -> Ran:
        stage = all_stages()[name]
        if not stage.applies(self.project):
            raise NotReady(f"Project {self.project.name} has no stage {name}", allowed=", ".join(self._names()))
        try:
            ran = self.run(stage)
        except BaseException as error:
            if self.tracking.run_id is not None:
                self._mark_failed(error)
            raise
        if self.tracking.run_id is not None:
            self.tracking.end()
        return ran

    def run(self, stage: Stage) -> Ran:
        """Run a stage, or skip it if nothing that it reads has changed."""
        self.running = stage.name
        fingerprint = self.fingerprint(stage)
        if not self.force and stage.skippable and self._unchanged(stage, fingerprint):
            self.console.skipped(stage.name)
            return Ran(stage.name, True, 0.0)
        started = time.monotonic()
        self.store.sweep()
        with self.console.stage(stage.name) as progress:
            _translated(lambda: self._save(stage, stage.function(**self._arguments(stage, progress))))
        seconds = time.monotonic() - started
        self._remember(stage, fingerprint, seconds)
        return Ran(stage.name, False, seconds)

    def fingerprint(self, stage: Stage) -> str:
        """Hash of everything that decides a stage's result: code, settings, what it reads."""
        settings = dump(self.project)
        parts = {
            "code": _code(),
            "settings": {name: settings.get(name) for name in (stage.name, *stage.sections)},
            "reads": {name: self.store.digest(name) for name in stage.reads},
            "outside": stage.outside(self.project),
        }
        return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()

    def state(self) -> dict[str, Any]:
        """The record of the stages that have run; of those whose part of it is damaged nothing is known."""
        path = self.project.home / STATE
        with suppress(FileNotFoundError, NotReady):
            kept = read_record(path, dict[str, Any], "run the stages again: churnlab run")
            return {name: each for name, each in kept.items() if _is_told(each)}
        return {}

    def is_unchanged(self, stage: Stage) -> bool:
        """Whether a stage would be skipped: nothing that it reads and nothing that it made has changed."""
        return self._unchanged(stage, self.fingerprint(stage))

    def accept_as_made(self, names: Iterable[str]) -> None:
        """Take what stages have made as it is now for theirs, after a change that asks for no new run."""
        for name in names:
            stage = all_stages()[name]
            self._remember(stage, self.fingerprint(stage), self.state().get(name, {}).get("seconds", 0.0))

    def place(self, name: str, value: Any) -> None:
        """Put an artifact in place of what its stage made; the stage counts as run, and later ones follow.

        Parameters
        ----------
        name
            The only artifact of its stage.
        value
            What a person decided.
        """
        self.store.save(name, value)
        maker = next(stage.name for stage in all_stages().values() if stage.writes == (name,))
        state = self.state()
        state[maker] = {"seconds": 0.0, **state.get(maker, {}), "made": {name: self.store.digest(name)}}
        self._write_state(state)

    def _names(self) -> list[str]:
        return [stage.name for stage in all_stages().values() if stage.applies(self.project)]

    def _unchanged(self, stage: Stage, fingerprint: str) -> bool:
        before = self.state().get(stage.name, {})
        made = {name: self.store.digest(name) for name in stage.writes}
        if before.get("fingerprint") != fingerprint or before.get("made") != made:
            return False
        return stage.holds is None or stage.holds(self.project, self.tracking, self.store.load(stage.writes[0]))

    def _arguments(self, stage: Stage, progress: Progress) -> dict[str, Any]:
        context = {
            "project": self.project,
            "settings": self.project.section(stage.name),
            "progress": progress,
            "tracking": self.tracking,
            "as_of": self.as_of,
        }
        arguments = {name: context[name] for name in stage.parameters if name in context}
        if "scratch" in stage.parameters:
            arguments["scratch"] = self.store.scratch(stage.name)
        for name in stage.reads:
            if self.store.exists(name):
                arguments[name] = self.store.load(name)
            elif name not in stage.optional_reads:
                raise self._comes_first(name)
        return arguments

    def _comes_first(self, artifact: str) -> NotReady:
        maker = next(stage.name for stage in all_stages().values() if artifact in stage.writes)
        name = self.project.name
        return NotReady(
            f"The stage {maker} of project {name} has not run yet",
            do=f"run all that is missing: churnlab run -p {name}",
        )

    def _save(self, stage: Stage, result: Any) -> None:
        made = {stage.writes[0]: result} if len(stage.writes) == 1 else result
        for name in stage.writes:
            self.store.save(name, made[name])

    def _remember(self, stage: Stage, fingerprint: str, seconds: float) -> None:
        state = self.state()
        state[stage.name] = {
            "fingerprint": fingerprint,
            "made": {name: self.store.digest(name) for name in stage.writes},
            "seconds": round(seconds, 2),
        }
        self._write_state(state)

    def _write_state(self, state: dict[str, Any]) -> None:
        path = self.project.home / STATE
        beside = path.with_name(f".{STATE}.{os.getpid()}")
        beside.write_text(json.dumps(state, indent=1), encoding="utf-8")
        os.replace(beside, path)

    def _mark_failed(self, error: BaseException) -> None:
        """Mark the MLflow run; where MLflow itself is out of reach, the error that is on its way says so."""
        reason = str(error) if isinstance(error, ChurnLabError) else type(error).__name__
        with suppress(ConnectionFailed):
            self.tracking.fail(self.running, reason)


def _is_told(kept: Any) -> bool:
    try:
        TypeAdapter(StageRecord).validate_python(kept, strict=True)
    except ValidationError:
        return False
    return True


def _translated(work: Any) -> None:
    """Turn the errors of the lower rooms into the user's kind."""
    try:
        work()
    except MissingLibrary as error:
        raise ConfigError(error.given, allowed=error.allowed, do=error.action) from error
    except TrainingError as error:
        raise NothingToLearn(error.given, allowed=error.allowed, do=error.action) from error
    except JudgementError as error:
        raise NothingToLearn(str(error)) from error
    except (DefinitionError, UnsupportedOperationError) as error:
        raise DataError(str(error)) from error


@cache
def _code() -> str:
    """Hash of the project's own source, so that a changed program runs its stages again."""
    total = hashlib.blake2b(digest_size=16)
    home = Path(__file__).parent.parent
    for room in ROOMS:
        for file in sorted((home / room).rglob("*.py")):
            total.update(file.read_bytes())
    return total.hexdigest()
