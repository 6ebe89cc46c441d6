"""The nightly job in a process of its own: killed stage after stage, and the champion changed under it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from finished_lines import copied, tables

from pipelines.errors import Busy
from pipelines.lock import holder
from pipelines.operating.job import Job
from pipelines.operating.log import JobLog
from pipelines.operating.status import status_of

pytestmark = pytest.mark.journey
HOME = Path(__file__).parents[2]
RUNS = """
import sys
from pipelines.config import load_project
from pipelines.console import Console
from pipelines.operating.job import Job
from pipelines.operating.log import JobLog

awaited, conf, *overrides = sys.argv[1:]
write = JobLog.write

def stopped_where_awaited(log, event, **facts):
    write(log, event, **facts)
    if awaited in (event, facts.get("stage")):
        print(awaited, flush=True)
        sys.stdin.read()

JobLog.write = stopped_where_awaited
Job(load_project(conf, overrides), Console(quiet=True)).run()
"""


@pytest.fixture
def runner(demo_workspace: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = copied(demo_workspace, tmp_path / "line")()
    monkeypatch.chdir(tmp_path / "line")
    made.overrides = [
        text if text.startswith("data.root") else text.replace(str(demo_workspace.folder), str(tmp_path / "line"))
        for text in demo_workspace.overrides
    ]
    made.conf = demo_workspace.conf
    return made


@contextmanager
def stopped_at(runner: Any, stage: str) -> Iterator[subprocess.Popen[str]]:
    """Give a job that waits once its log has a stage's end, or ``started``; kill it afterwards."""
    command = [sys.executable, "-c", RUNS, stage, str(runner.conf), *runner.overrides]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, text=True, stdin=pipe, stdout=pipe) as process:
        try:
            assert process.stdout.readline().strip() == stage
            yield process
        finally:
            process.kill()
    assert process.returncode == -signal.SIGKILL


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@pytest.mark.kill
def test_killed_at_each_stage_and_run_again(runner: Any) -> None:
    warehouse = runner.project.home / "warehouse.duckdb"
    before = tables(warehouse)
    for stage in ("started", "ingest", "validate"):
        with stopped_at(runner, stage) as process:
            assert holder(runner.project.home).pid == process.pid  # type: ignore[union-attr]
            with pytest.raises(Busy, match=f"process {process.pid}"):
                runner.alone("export")
        assert "job_killed" in {finding.code for finding in status_of(runner.project, now()).findings}
    Job(runner.project, runner.console).run()
    assert tables(warehouse) == before
    assert status_of(runner.project, now()).is_fresh


def test_without_mlflow_and_with_another_champion_meanwhile_the_exported_one_scores(
    runner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    exported = json.loads((runner.store.path("export") / "manifest.json").read_text())["version"]
    champion = runner.store.load("champion")
    state = runner.state()
    (runner.project.home / "state.json").write_text(json.dumps(state | {"validate": {}}))  # checks are done again
    write = JobLog.write

    def crowned_once_the_data_are_checked(log: JobLog, event: str, **facts: Any) -> None:
        write(log, event, **facts)
        if facts.get("stage") == "validate":
            runner.store.save("champion", champion | {"version": "999"})

    monkeypatch.setattr(JobLog, "write", crowned_once_the_data_are_checked)
    Job(runner.project, runner.console, sleep=lambda wait_s: pytest.fail("the job waits for MLflow")).run()

    health = status_of(runner.project, now())
    assert health.is_fresh
    assert health.scores is not None
    assert health.scores.model == f"{champion['name']} version {exported}"
    told = {finding.code: finding.facts for finding in health.findings}
    assert "http://127.0.0.1:9 does not answer" in told["untracked"]["reason"]
    assert told["export_behind"] == {"exported": exported, "champion": "999"}
