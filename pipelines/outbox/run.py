"""One run of sending for a project, whoever asks for it."""

from __future__ import annotations

from datetime import date

from pipelines.config import Project
from pipelines.lock import workspace_lock
from pipelines.outbox.lanes import lanes_of, outbox_of
from pipelines.outbox.ledger import Clock
from pipelines.outbox.sender import Dispatch, Sender


def send_due(
    project: Project,
    *,
    limit: int | None = None,
    channel: str | None = None,
    day: date | None = None,
    wait_s: float = 0.0,
    clock: Clock | None = None,
) -> Dispatch:
    """Send what is due, as the only writer of the project's workspace.

    Parameters
    ----------
    project
        The project.
    limit
        Attempts at most.
    channel
        Only this channel.
    day
        The day as which to act; today by default.
    wait_s
        How long to wait for another writer of the workspace, seconds.
    clock
        Time.

    Raises
    ------
    Busy
        If another command writes to the workspace.
    ConfigError
        If a transport is not as it should be.
    NotReady
        If nothing was ever decided.
    """
    outbox = outbox_of(project, clock or Clock(), day, wait_s)
    lanes = lanes_of(project, outbox, channel)
    # For as long as it takes, so that nobody is erased between claim and sending.
    with workspace_lock(project.home, "outbox", wait_s):
        try:
            return Sender(outbox, lanes, project.outbox, limit).run()
        finally:
            for _, transport in lanes:
                transport.close()
