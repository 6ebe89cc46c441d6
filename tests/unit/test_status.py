"""How the scores stand, on tables, logs and schedules made by hand: what is said, what to do, which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from written_records import manifest_of, record

from pipelines import cli
from pipelines.artifacts import Store
from pipelines.config import Project, load_project
from pipelines.exported.manifest import write_manifest
from pipelines.lock import workspace_lock
from pipelines.operating.health import Health
from pipelines.operating.log import JobLog
from pipelines.operating.status import status_of
from pipelines.operating.words import SAID, advice, lines, sentence
from pipelines.schedule.plan import Installed, Plan
from pipelines.warehouse.duckdb_file import warehouse

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")
NOW = datetime(2026, 10, 8, 12)
HOUR = timedelta(hours=1)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load_project(CONF, [f"workspace={tmp_path}", "score.valid_days=7"])


def scored(project: Project, as_of: datetime = NOW - 36 * HOUR, failed: int = 0, status: str = "finished") -> None:
    run = {
        "run_id": "r1",
        "as_of": as_of,
        "model_name": "churn_demo",
        "model_version": "3",
        "eligible": 100,
        "scored": 90 - failed,
        "excluded": 10,
        "failed": failed,
        "status": status,
        "started_at": NOW - 2 * HOUR,
        "finished_at": NOW - HOUR,
    }
    columns = ", ".join(f"${name} AS {name}" for name in run)
    with warehouse(project.home) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS scores")
        connection.execute(f"CREATE TABLE scores.score_runs AS SELECT {columns}", run)
        connection.execute(
            "CREATE TABLE scores.churn_scores AS SELECT ? AS as_of, '3' AS model_version, ? AS valid_until",
            [as_of, as_of + timedelta(days=7)],
        )
        connection.execute("CREATE TABLE scores.score_coverage (run_id TEXT, outcome TEXT, reason TEXT, customers INT)")
        connection.execute("INSERT INTO scores.score_coverage VALUES ('r1', 'excluded', 'already left', 10)")


def job(project: Project, at: datetime, *events: tuple[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.operating.log._now", lambda: f"{at.isoformat()}Z")
    for event, facts in events:
        JobLog(project, f"job at {at}").write(event, **facts)


@contextmanager
def written_by_another_process(path: Path) -> Iterator[None]:
    """Another process has a DuckDB file until its input ends."""
    program = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    command, pipe = [sys.executable, "-c", program, str(path)], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield


def codes(health: Health) -> set[str]:
    return {finding.code for finding in health.findings if finding.is_problem}


def test_nothing_scored_is_not_fresh(project: Project) -> None:
    health = status_of(project, NOW)
    assert codes(health) == {"never_scored"}
    assert not health.is_fresh


def test_fresh_scores_with_what_they_cover(project: Project) -> None:
    scored(project)
    health = status_of(project, NOW)
    assert health.is_fresh
    said = dict(lines(health, "en"))
    assert said["Scores"] == "as of 2026-10-07 · written 60 min ago · valid for 5 days more"
    assert said["Coverage"] == "100 eligible = 90 scored + 10 excluded + 0 failed"
    assert said["Left out"] == "10 already left"
    assert said["Model"] == "churn_demo version 3"
    assert "有效期还剩 5 天" in dict(lines(health, "zh"))["评分"]
    assert dict(lines(health, "zh"))["未评分"] == "10 当时已流失"


@pytest.mark.parametrize(("after", "is_expired"), [(-timedelta(seconds=1), False), (timedelta(0), True)])
def test_scores_expire_at_valid_until(project: Project, after: timedelta, is_expired: bool) -> None:
    scored(project)
    health = status_of(project, NOW - 36 * HOUR + timedelta(days=7) + after)
    assert ("expired" in codes(health)) == is_expired
    assert ("EXPIRED" in dict(lines(health, "en"))["Scores"]) == is_expired


def test_a_newer_run_that_is_incomplete_is_a_problem_and_not_what_readers_see(project: Project) -> None:
    scored(project)
    with warehouse(project.home) as connection:
        change = {"run_id": "'r2'", "as_of": "as_of + INTERVAL 1 DAY", "failed": "5", "status": "'incomplete'"}
        change["finished_at"] = "finished_at + INTERVAL 1 MINUTE"
        columns = ", ".join(f"{value} AS {name}" for name, value in change.items())
        connection.execute(f"INSERT INTO scores.score_runs SELECT * REPLACE ({columns}) FROM scores.score_runs")
    health = status_of(project, NOW)
    (finding,) = [each for each in health.findings if each.is_problem]
    assert (finding.code, finding.facts) == ("incomplete", {"failed": 5, "eligible": 100})
    assert health.scores is not None
    assert (health.scores.run_id, health.scores.failed) == ("r1", 0)


def test_a_clock_that_was_set_back_hides_no_incomplete_run_and_gives_no_time_below_zero(project: Project) -> None:
    scored(project)
    with warehouse(project.home) as connection:
        change = "'r2' AS run_id, as_of + INTERVAL 1 DAY AS as_of, 5 AS failed, 'incomplete' AS status"
        back = "finished_at - INTERVAL 1 HOUR AS finished_at"
        connection.execute(f"INSERT INTO scores.score_runs SELECT * REPLACE ({change}, {back}) FROM scores.score_runs")
    health = status_of(project, NOW - 3 * HOUR)
    assert codes(health) == {"incomplete"}
    assert " · written 0 min ago · " in dict(lines(health, "en"))["Scores"]


def test_an_incomplete_run_alone(project: Project) -> None:
    scored(project, failed=5, status="incomplete")
    assert codes(status_of(project, NOW)) == {"incomplete"}


def test_a_failed_job_is_a_problem_until_scores_are_newer(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    scored(project)
    failed = ("ended", {"outcome": "failed", "exit_code": 4, "error_kind": "ConnectionFailed", "message": "no answer"})
    begun, stage = ("started", {}), ("stage", {"stage": "ingest", "outcome": "failed"})
    job(project, NOW - 3 * HOUR, begun, stage, failed, monkeypatch=monkeypatch)
    assert status_of(project, NOW).is_fresh  # scored by hand an hour ago
    job(project, NOW - HOUR / 2, begun, stage, failed, monkeypatch=monkeypatch)
    health = status_of(project, NOW)
    (finding,) = [each for each in health.findings if each.is_problem]
    assert sentence(finding, "en") == (
        "The last job failed 30 min ago in ingest (ConnectionFailed, exit code 4): no answer"
    )
    assert advice(finding, "shop") == "check the service, its address and the disk; then churnlab job -p shop"


def test_a_job_without_an_end_was_killed_unless_it_runs(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    scored(project)
    job(project, NOW - HOUR / 2, ("started", {}), ("stage", {"stage": "ingest"}), monkeypatch=monkeypatch)
    assert codes(status_of(project, NOW)) == {"job_killed"}
    with workspace_lock(project.home, "job"):
        health = status_of(project, NOW)
    assert health.job is not None
    assert health.job.outcome == "running"
    assert health.is_fresh
    assert "running" in {finding.code for finding in health.findings}


def test_a_job_without_mlflow_is_told_and_no_problem(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    scored(project)
    stage = ("stage", {"stage": "validate", "outcome": "finished", "untracked": "MLflow's store does not answer"})
    ended = ("ended", {"outcome": "finished", "exit_code": 0})
    job(project, NOW - HOUR / 2, ("started", {}), stage, ended, monkeypatch=monkeypatch)
    health = status_of(project, NOW)
    assert health.is_fresh
    (finding,) = [each for each in health.findings if each.code == "untracked"]
    assert "MLflow's store does not answer" in sentence(finding, "en")
    assert "tracking.uri" in advice(finding, "shop")


def test_who_was_refused_is_no_last_job(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    scored(project)
    job(project, NOW, ("refused", {"exit_code": 9}), monkeypatch=monkeypatch)
    assert status_of(project, NOW).job is None


@pytest.mark.parametrize(("began", "is_late"), [(None, True), (NOW - 30 * HOUR, True), (NOW - 6 * HOUR, False)])
def test_a_scheduled_job_that_did_not_begin_is_late(
    project: Project, monkeypatch: pytest.MonkeyPatch, began: datetime | None, is_late: bool
) -> None:
    scored(project)
    Installed("cron", Plan(6, 0, "day", "Etc/UTC"), (), True, NOW - 48 * HOUR).save(project.home)
    if began is not None:
        ended = ("ended", {"outcome": "finished", "exit_code": 0})
        job(project, began, ("started", {}), ended, monkeypatch=monkeypatch)
    health = status_of(project, NOW)
    assert (codes(health) == {"late"}) == is_late
    assert health.next_at == datetime(2026, 10, 9, 6)
    early = status_of(project, NOW.replace(hour=6, minute=59))
    assert codes(early) == set()


def test_a_warehouse_in_use_does_not_hide_the_scores(project: Project) -> None:
    artifacts = project.home / "artifacts"
    artifacts.mkdir(parents=True)
    (artifacts / "scored.json").write_text(json.dumps(record("scored")))
    with written_by_another_process(project.home / "warehouse.duckdb"):
        health = status_of(project, NOW)
    assert health.is_fresh
    assert health.scores is not None
    assert (health.scores.eligible, health.scores.valid_until) == (100, datetime(2026, 10, 14))


def test_scores_that_were_not_handed_on(project: Project, tmp_path: Path) -> None:
    scored(project)
    crm = f"deliver.destinations=[{{name: crm, kind: sqlite, path: {tmp_path}/crm.db}}]"
    project = load_project(CONF, [f"workspace={tmp_path}", "score.valid_days=7", crm])
    artifacts = project.home / "artifacts"
    artifacts.mkdir(parents=True)
    (artifacts / "scored.json").write_text(json.dumps(record("scored")))
    assert codes(status_of(project, NOW)) == {"undelivered"}
    (artifacts / "delivered.json").write_text(json.dumps(record("delivered")))
    before = (artifacts / "scored.json").stat().st_mtime - 3600
    os.utime(artifacts / "delivered.json", (before, before))  # the clock was set back after scoring
    health = status_of(project, NOW)
    assert health.is_fresh
    assert dict(lines(health, "en"))["Delivered"] == "crm: 80 rows changed, 10 the same"
    (artifacts / "scored.json").write_text(json.dumps(record("scored", run_id="r2")))
    os.utime(artifacts / "scored.json", (before - 3600, before - 3600))
    assert codes(status_of(project, NOW)) == {"undelivered"}


def test_an_export_behind_the_champion_is_told(project: Project) -> None:
    scored(project)
    export = project.home / "artifacts" / "export"
    export.mkdir(parents=True)
    write_manifest(export, manifest_of(project.name, version="3"))
    (export.parent / "champion.json").write_text(json.dumps(record("champion", version="4")))
    health = status_of(project, NOW)
    assert health.is_fresh
    told = {finding.code: finding for finding in health.findings}
    assert "version 3 is exported" in sentence(told["export_behind"], "en")


def test_the_exit_code_is_for_monitoring(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CHURNLAB__WORKSPACE", str(tmp_path))
    found = CliRunner().invoke(cli.app, ["status", "-p", CONF, "--json"])
    assert found.exit_code == 10
    told = json.loads(found.stdout)
    assert (told["is_fresh"], told["findings"][0]["code"]) == (False, "never_scored")
    scored(project, as_of=datetime.now(UTC).replace(tzinfo=None, microsecond=0) - HOUR)
    assert CliRunner().invoke(cli.app, ["status", "-p", CONF, "-l", "zh"]).exit_code == 0


def test_every_sentence_is_there_in_both_languages() -> None:
    assert all(set(said) == {"en", "zh"} for said in SAID.values())


@pytest.mark.parametrize(
    ("plan", "now", "last", "following"),
    [
        (Plan(6, 0, "day", "Etc/UTC"), "2026-10-08T06:00", "2026-10-08T06:00", "2026-10-09T06:00"),
        (Plan(6, 0, "day", "Europe/Berlin"), "2026-10-08T03:59", "2026-10-07T04:00", "2026-10-08T04:00"),
        # Berlin turns its clocks back on 25 October: six o'clock there is then an hour later in UTC.
        (Plan(6, 0, "day", "Europe/Berlin"), "2026-10-24T12:00", "2026-10-24T04:00", "2026-10-25T05:00"),
        # 02:30 does not exist there on 29 March.
        (Plan(2, 30, "day", "Europe/Berlin"), "2026-03-28T12:00", "2026-03-28T01:30", "2026-03-29T01:30"),
        (Plan(0, 15, "hour", "Asia/Kolkata"), "2026-10-08T12:00", "2026-10-08T11:45", "2026-10-08T12:45"),
    ],
)
def test_when_the_job_is_due(plan: Plan, now: str, last: str, following: str) -> None:
    instant = datetime.fromisoformat(now)
    assert plan.last_before(instant) == datetime.fromisoformat(last)
    assert plan.next_after(instant) == datetime.fromisoformat(following)


def test_a_warehouse_that_cannot_be_read_is_not_fresh(project: Project) -> None:
    scored(project)
    Store(project.home / "artifacts").save("scored", record("scored"))
    (project.home / "warehouse.duckdb").write_bytes(b"no database " * 1000)
    health = status_of(project, NOW)
    assert codes(health) == {"unreadable"}
    (finding, *_) = health.findings
    assert "cannot be opened as a DuckDB file" in sentence(finding, "en")
    assert "move the file away" in advice(finding, "shop")


def test_a_warehouse_that_is_gone_is_not_fresh(project: Project) -> None:
    scored(project)
    Store(project.home / "artifacts").save("scored", record("scored"))
    (project.home / "warehouse.duckdb").unlink()
    assert codes(status_of(project, NOW)) == {"unreadable"}


def test_an_export_that_was_changed_is_told_before_the_next_job_trips_over_it(project: Project) -> None:
    scored(project)
    export = project.home / "artifacts" / "export"
    export.mkdir(parents=True)
    (export / "manifest.json").write_text("{")
    (finding,) = (each for each in status_of(project, NOW).findings if each.is_problem)
    assert finding.code == "unreadable"
    assert "churnlab export" in advice(finding, "shop")


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["artifacts/champion.json", "artifacts/delivered.json", "schedule.json"])
def test_a_damaged_record_is_told_and_the_others_are_still_read(project: Project, name: str, damage: bytes) -> None:
    scored(project)
    (project.home / "artifacts").mkdir()
    (project.home / name).write_bytes(damage)
    health = status_of(project, NOW)
    assert [sentence(each, "en") for each in health.findings if each.is_problem] == [
        f"{project.home / name} is damaged"
    ]
    assert health.scores is not None
    assert health.scores.scored == 90


@pytest.mark.parametrize("line", ['{"event": "ended", "at": 3}', '{"event": "ended"}', "[]", "{", '"event"'])
def test_lines_that_no_job_wrote_and_logs_that_others_packed_are_passed_over(
    project: Project, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    scored(project)
    job(project, NOW, ("started", {}), ("ended", {"outcome": "finished"}), monkeypatch=monkeypatch)
    logs = project.home / "logs"
    (logs / "job.jsonl.1.gz").write_bytes(b"\x1f\x8b")
    with (logs / "job.jsonl").open("a") as log:
        log.write(line + "\n")
    seen = status_of(project, NOW).job
    assert seen is not None
    assert seen.outcome == "finished"


@pytest.mark.parametrize("stage", ["ingest", "validate", "score"])
def test_the_command_that_names_bad_data_is_that_of_the_stage_that_refused_them(
    project: Project, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    refused = {"outcome": "failed", "exit_code": 3, "error_kind": "DataError"}
    events = (("started", {}), ("stage", {"stage": stage, **refused}), ("ended", refused))
    job(project, NOW, *events, monkeypatch=monkeypatch)
    (finding,) = (each for each in status_of(project, NOW + HOUR).findings if each.code == "job_failed")
    assert advice(finding, "shop").startswith(f"churnlab {stage} -p shop names the data")
