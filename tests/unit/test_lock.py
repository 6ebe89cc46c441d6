"""One writer at a time: who holds the lock, what the second is told, and what a kill leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers import LIMIT_S

from pipelines.errors import Busy
from pipelines.lock import FILE, holder, workspace_lock

HOME = Path(__file__).parents[2]
HOLDS = """
import sys
from pathlib import Path
from pipelines.lock import workspace_lock
with workspace_lock(Path(sys.argv[1]), "job"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until its input ends."""
    command = [sys.executable, "-c", HOLDS, str(home)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HOME)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.lock.PATIENCE_S", 0.0)


@pytest.mark.usefixtures("impatient")
def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    with another_process(tmp_path) as other:
        with (
            pytest.raises(Busy, match=rf"churnlab job \(process {other.pid} on ") as refused,
            workspace_lock(tmp_path, "score"),
        ):
            pass
        assert "--wait" in refused.value.do
        seen = holder(tmp_path)
        assert seen is not None
        assert (seen.command, seen.pid) == ("job", other.pid)


@pytest.mark.usefixtures("impatient")
def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    with another_process(tmp_path) as other:
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
        assert holder(tmp_path) is None
        with workspace_lock(tmp_path, "score"):
            assert holder(tmp_path).pid == os.getpid()  # type: ignore[union-attr]


def test_who_waits_gets_it_when_the_first_ends(tmp_path: Path) -> None:
    with another_process(tmp_path) as other:
        threading.Timer(0.2, lambda: other.stdin and other.stdin.close()).start()
        with workspace_lock(tmp_path, "score", wait_s=LIMIT_S):
            assert other.wait(LIMIT_S) == 0


@pytest.mark.usefixtures("impatient")
def test_one_thread_may_take_it_twice_and_another_may_not(tmp_path: Path) -> None:
    refused: list[Busy] = []

    def try_it() -> None:
        try:
            with workspace_lock(tmp_path, "score"):
                pass
        except Busy as error:
            refused.append(error)

    with workspace_lock(tmp_path, "run"), workspace_lock(tmp_path, "score"):
        thread = threading.Thread(target=try_it)
        thread.start()
        thread.join()
    assert f"process {os.getpid()}" in refused[0].given
    try_it()
    assert len(refused) == 1
    assert holder(tmp_path) is None


def test_nobody_holds_what_nobody_took(tmp_path: Path) -> None:
    assert holder(tmp_path / "nowhere") is None
    (tmp_path / FILE).write_text("no JSON")
    assert holder(tmp_path) is None
