"""The nightly job in a process of its own: killed stage after stage, and the champion changed under it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from finished_lines import copied, tables

from pipelines.errors import Busy
from pipelines.lock import holder
from pipelines.operating.job import Job
from pipelines.operating.log import JobLog, newest_first
from pipelines.operating.status import status_of

pytestmark = pytest.mark.journey
HOME = Path(__file__).parents[2]
RUNS = """
import sys
from pipelines.config import load_project
from pipelines.console import Console
from pipelines.operating.job import Job
Job(load_project(sys.argv[1], sys.argv[2:]), Console(quiet=True)).run()
"""
PATIENCE_S = 240


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


def begun(runner: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    return subprocess.Popen([sys.executable, "-c", RUNS, str(runner.conf), *runner.overrides], env=environment)


def wait_for(runner: Any, stage: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the job's log says that a stage has ended; ``started`` waits for the job alone."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        newest = next(newest_first(runner.project.home), {})
        if stage in (newest.get("stage"), newest.get("event")) and holder(runner.project.home) is not None:
            return
        time.sleep(0.05)
    raise AssertionError(f"the job did not come to {stage}; exit code {process.poll()}")


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@pytest.mark.kill
def test_killed_at_each_stage_and_run_again(runner: Any) -> None:
    warehouse = runner.project.home / "warehouse.duckdb"
    before = tables(warehouse)
    for stage in ("started", "ingest", "validate"):
        process = begun(runner)
        try:
            wait_for(runner, stage, process)
            assert holder(runner.project.home).pid == process.pid  # type: ignore[union-attr]
            with pytest.raises(Busy, match=f"process {process.pid}"):
                runner.alone("export")
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
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
