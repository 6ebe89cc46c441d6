"""The log of the job: one JSON object a line, bounded in size, without secrets and without values of customers."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipelines.config import Project, dump
from pipelines.errors import Busy, ChurnLabError, ConfigError, ConnectionFailed, NotReady
from pipelines.tracking import shown

FOLDER, FILE = "logs", "job.jsonl"
REFUSED = "refused"
EVENTS = {"stage": ("stage",), "ended": ("outcome",)}
"""What a line must say besides what happened, and when."""
INTERRUPTED = 130
BYTES_PER_MEGABYTE = 1_000_000
TELLABLE = (Busy, ConfigError, ConnectionFailed, NotReady)
"""Errors that speak of settings and services; the words of others may hold what a cell of a table holds."""


class JobLog:
    """The log of one job.

    Parameters
    ----------
    project
        The project; the log lies in ``logs/`` of its workspace.
    job_id
        Stands on every line, so that the lines of a job can be found.
    """

    def __init__(self, project: Project, job_id: str) -> None:
        self._project, self.job_id = project, job_id
        self.path = log_file(project.home)
        self.unwritten = ""
        """Why a line could not be written, of the last that could not."""

    def write(self, event: str, **facts: Any) -> None:
        """Add a line; facts that are ``None`` are left out.

        A log that cannot be written, such as on a full disk, does not stop the job; `unwritten` tells of it.
        """
        line = {"at": _now(), "job_id": self.job_id, "project": self._project.name, "event": event}
        line |= {name: value for name, value in facts.items() if value is not None}
        settings = self._project.job
        with suppress(OSError):  # the handler finds out as well, and says so
            self.path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            self.path,
            # Who was refused does not hold the lock, and turns no page that another is writing on.
            maxBytes=0 if event == REFUSED else int(settings.log_megabytes * BYTES_PER_MEGABYTE),
            backupCount=settings.log_files,
            encoding="utf-8",
            delay=True,
        )
        handler.handleError = self._give_up  # type: ignore[method-assign]
        handler.emit(logging.makeLogRecord({"msg": json.dumps(line, ensure_ascii=False, default=str)}))
        handler.close()

    def _give_up(self, record: logging.LogRecord) -> None:
        self.unwritten = str(sys.exc_info()[1])

    def problem(self, error: BaseException) -> dict[str, Any]:
        """Give what may be logged of an error: its kind, its exit code, and its words where they hold no data."""
        if not isinstance(error, ChurnLabError):
            return {"error_kind": type(error).__name__, "exit_code": _exit_code(error)}
        told = {"error_kind": type(error).__name__, "exit_code": error.exit_code}
        if isinstance(error, TELLABLE):
            told["message"] = without_secrets(error.given, self._project)
        return told


def log_file(home: Path) -> Path:
    """Give the place of a project's log."""
    return home / FOLDER / FILE


def newest_first(home: Path) -> Iterator[dict[str, Any]]:
    """Read the lines of a log and of those before it; a line that a killed job left unfinished is passed over."""
    current = log_file(home)
    numbered = (file for file in current.parent.glob(f"{FILE}.*") if file.suffix[1:].isdecimal())
    turned = sorted(numbered, key=lambda file: int(file.suffix[1:]))
    for file in (current, *turned) if current.parent.is_dir() else ():
        if file.exists():
            yield from filter(None, map(_parsed, reversed(file.read_text("utf-8", errors="replace").splitlines())))


def without_secrets(text: str, project: Project) -> str:
    """Take out of a text what the configuration takes from the environment, and passwords of addresses."""
    for name in sorted(set(re.findall(r"\$\{(\w+)\}", json.dumps(dump(project))))):
        for secret in _secrets(os.environ.get(name, "")):
            text = text.replace(secret, f"${{{name}}}")
    return shown(text)


def _secrets(value: str) -> list[str]:
    """Give a value of the environment and, where it is an address, the password in it; the longest first."""
    try:
        password = urlsplit(value).password
    except ValueError:
        password = None
    return sorted(filter(None, (value, password)), key=len, reverse=True)


def _exit_code(error: BaseException) -> int:
    if isinstance(error, SystemExit) and isinstance(error.code, int):
        return error.code
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1


def _parsed(line: str) -> dict[str, Any] | None:
    """Give what a line says, ``None`` of one that no job has written to its end."""
    try:
        found = json.loads(line)
        datetime.fromisoformat(found["at"])
    except (ValueError, TypeError, KeyError):
        return None
    told = EVENTS.get(found.get("event"), ())
    return found if all(isinstance(found.get(name), str) for name in ("event", *told)) else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
