"""One writer at a time: the lock of a project's workspace, which the kernel frees when its holder ends."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipelines.errors import Busy

FILE = ".lock"
POLL_S = 0.1
PATIENCE_S = 0.3
"""A look at who holds the lock takes it for a moment; this long a writer waits for such a look to pass."""
_held: set[tuple[Path, int]] = set()


@dataclass(frozen=True)
class Holder:
    """Who writes to a workspace.

    Parameters
    ----------
    command
        What runs, such as ``job``.
    pid
        Its process.
    host
        The machine on which it runs.
    started_at
        When it took the lock, UTC, ISO 8601.
    """

    command: str
    pid: int
    host: str
    started_at: str

    @property
    def said(self) -> str:
        """The holder in one clause."""
        return f"churnlab {self.command} (process {self.pid} on {self.host}, since {self.started_at[:19]} UTC)"


@contextmanager
def workspace_lock(home: Path, command: str, wait_s: float = 0.0) -> Iterator[None]:
    """Be the only writer of a project's workspace.

    A thread that has the lock may take it again. Where the process is killed the kernel gives the lock back; the file
    stays and means nothing by itself.

    Parameters
    ----------
    home
        The project's folder.
    command
        What the others are told.
    wait_s
        How long to wait for another writer, seconds.

    Raises
    ------
    Busy
        If another process or thread still has it.
    """
    key = (home.resolve(), threading.get_ident())
    if key in _held:
        yield
        return
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _take(handle, home, wait_s)
        _sign(handle, command)
        _held.add(key)
        try:
            yield
        finally:
            _held.discard(key)
            os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def holder(home: Path) -> Holder | None:
    """Say who writes to a workspace now, ``None`` where nobody does.

    Raises
    ------
    OSError
        If the file of the lock cannot be read.
    """
    try:
        handle = os.open(home / FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return None if _try(handle, fcntl.LOCK_SH) else _signed(handle)
    finally:
        os.close(handle)


def _take(handle: int, home: Path, wait_s: float) -> None:
    until = time.monotonic() + max(wait_s, PATIENCE_S)
    while not _try(handle, fcntl.LOCK_EX):
        if time.monotonic() >= until:
            raise Busy(
                f"The workspace {home} is in use by {_signed(handle).said}",
                allowed="one writer of a project at a time",
                do="wait for it to end and run again, or let the command wait: --wait 3600",
            )
        time.sleep(POLL_S)


def _try(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(handle: int, command: str) -> None:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat()
    signed = Holder(command, os.getpid(), socket.gethostname(), now)
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(asdict(signed)).encode(), 0)


def _signed(handle: int) -> Holder:
    """Read who signed; between taking the lock and signing there is a moment without a name."""
    try:
        return TypeAdapter(Holder).validate_json(os.pread(handle, 4096, 0), strict=True)
    except ValidationError:
        return Holder("by another name", 0, socket.gethostname(), "unknown")
