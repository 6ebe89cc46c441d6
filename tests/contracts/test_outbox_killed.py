"""A sender that is killed between sending and marking: the next one sends again, with the same key."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from outboxes import CONF, SECRET, Company, planned, webhook
from receivers import HttpReceiver, http_receiver
from servers import LIMIT_S

pytestmark = pytest.mark.kill
DAY = date(2026, 6, 1)


def test_the_next_sender_waits_for_the_end_of_the_lease_and_sends_with_the_same_key(tmp_path: Path) -> None:
    with http_receiver() as receiver:
        settings = webhook(receiver.url)
        company = Company(tmp_path, settings, is_on_disk=True).decide([planned(1), planned(2)])
        kill_a_sender(receiver, tmp_path, settings)
        assert [(row["state"], row["attempts"]) for row in company.rows()] == [("planned", 1)] * 2
        company.time.now = datetime.now(UTC).replace(tzinfo=None)
        assert company.send(day=DAY).left == 2
        company.time.sleep(16 * 60)
        assert company.send(day=DAY).states["delivered"] == 2
    assert len(receiver.requests) == 3
    assert receiver.kept == [f"demo-{number:016x}" for number in (1, 2)]


def kill_a_sender(receiver: HttpReceiver, folder: Path, settings: tuple[str, ...]) -> None:
    """Let the receiver kill the command as soon as it has the first message."""
    words = ["outbox", "send", "-p", CONF, "--on", DAY.isoformat()]
    for each in (f"workspace={folder}", *settings):
        words += ["--set", each]
    environment = os.environ | {"CRM_SECRET": SECRET, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "pipelines", *words]
    # It is gone before anything could be answered.
    receiver.script = [lambda _: (process.kill(), process.wait(), None)[-1]]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        said = process.communicate(timeout=LIMIT_S)[0].decode()
    assert process.returncode == -signal.SIGKILL, said
    assert len(receiver.requests) == 1
