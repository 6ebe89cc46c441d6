"""The nightly job on stages that do what a test says: what is tried again, what is logged, how it ends."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from written_records import record

from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.errors import Busy, ChurnLabError, ConnectionFailed, DataError, Incomplete, NotReady, Refused
from pipelines.lock import workspace_lock
from pipelines.operating import job as job_module
from pipelines.operating.job import STAGES, Job
from pipelines.operating.log import JobLog, log_file, newest_first, without_secrets
from pipelines.runner import Ran
from pipelines.tracking import Tracking

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")
SENDS = "outbox.enabled=true"


class Company:
    """A project whose stages do what a test says, and the waits of its job."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.script: dict[str, list[Any]] = {}
        self.ran: list[str] = []
        self.waits: list[float] = []
        self.missed: dict[str, str] = {}
        artifacts = project.home / "artifacts"
        (artifacts / "export").mkdir(parents=True)
        records = {
            "loaded": record("loaded", ledger=[{"table": "t", "source": "s", "written": rows} for rows in (7, 3)]),
            "accepted": record("accepted", rows={"orders": 9}),
            "scored": record("scored", scored=4, as_of="2026-10-01T00:00:00"),
            "delivered": record("delivered"),
            "sent": {"as_of": "2026-10-01T00:00:00", "sent": 2, "delivered": 1, "expired": 8},
            "marted": record("marted"),
        }
        for name, each in records.items():
            (artifacts / f"{name}.json").write_text(json.dumps(each))

    def run(self, **options: Any) -> list[Ran]:
        return Job(self.project, Console(quiet=True), sleep=self.waits.append, **options).run()

    def stage(self, name: str) -> Ran:
        self.ran.append(name)
        happens = self.script.get(name, [])
        act = happens.pop(0) if happens else None
        if isinstance(act, BaseException):
            raise act
        if callable(act):
            act()
        return Ran(name, False, 1.5)

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in log_file(self.project.home).read_text("utf-8").splitlines()]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    crm = f"deliver.destinations=[{{name: crm, kind: sqlite, path: {tmp_path}/crm.db}}]"
    made = Company(load_project(CONF, [f"workspace={tmp_path}", crm, "job.retries=2", "job.retry_wait_s=10", SENDS]))

    class StagesOfTheTest:
        def __init__(self, *_: Any, tracking: Tracking) -> None:
            self.as_of, self._tracking = None, tracking

        def alone(self, name: str) -> Ran:
            ran = made.stage(name)
            self._tracking.missed = made.missed.get(name, "")
            return ran

    monkeypatch.setattr(job_module, "Runner", StagesOfTheTest)
    return made


def test_the_work_is_done_in_order_and_nothing_is_trained(company: Company) -> None:
    company.run()
    assert company.ran == ["ingest", "validate", "score", "act", "mart", "outbox", "deliver"]
    assert not {"train", "features", "promote", "export"} & set(company.ran)
    lines = company.log()
    assert [line["event"] for line in lines] == ["started", *("stage" for _ in STAGES), "ended"]
    assert len({line["job_id"] for line in lines}) == 1
    assert [line.get("rows") for line in lines[1:-1]] == [10, 9, 4, None, 6, 3, 80]
    assert (lines[3]["as_of"], lines[3]["run_id"]) == ("2026-10-01T00:00:00", "r1")
    assert (lines[-1]["outcome"], lines[-1]["exit_code"]) == ("finished", 0)


def test_what_does_not_answer_is_tried_again_with_longer_waits(company: Company) -> None:
    company.script["ingest"] = [ConnectionFailed("no answer"), OSError(28, "No space left on device")]
    company.run()
    assert company.ran == ["ingest", "ingest", *STAGES]
    assert company.waits == [10, 20]
    failed = [line for line in company.log() if line.get("outcome") == "failed"]
    assert [(line["attempt"], line["error_kind"]) for line in failed] == [
        (1, "ConnectionFailed"),
        (2, "ConnectionFailed"),
    ]


def test_it_gives_up_and_later_stages_do_not_run(company: Company) -> None:
    company.script["validate"] = [ConnectionFailed("no answer") for _ in range(9)]
    with pytest.raises(ConnectionFailed):
        company.run()
    assert company.ran == ["ingest", *["validate"] * 3]
    assert (company.log()[-1]["outcome"], company.log()[-1]["exit_code"]) == ("failed", 4)


def test_what_no_waiting_heals_is_not_tried_again(company: Company) -> None:
    company.script["deliver"] = [Refused("PostgreSQL at host:5432/db refuses: no such role")]
    with pytest.raises(Refused):
        company.run()
    assert company.waits == []
    last = company.log()[-1]
    assert (last["exit_code"], last["message"]) == (4, "PostgreSQL at host:5432/db refuses: no such role")


def test_where_mlflow_does_not_answer_the_work_is_done_and_the_log_says_so(company: Company) -> None:
    company.missed["validate"] = "MLflow's store http://me:secret@mlflow.example does not answer"
    company.run()
    assert company.ran == list(STAGES)
    told = {line["stage"]: line.get("untracked") for line in company.log() if line["event"] == "stage"}
    assert told == dict.fromkeys(STAGES) | {"validate": "MLflow's store http://me:***@mlflow.example does not answer"}


def test_a_mistake_in_the_data_is_not_tried_again_and_its_words_stay_out_of_the_log(company: Company) -> None:
    company.script["validate"] = [DataError("row 7 amount 'Zhang Wei, 13800138000' is no number")]
    with pytest.raises(DataError):
        company.run()
    assert company.ran == ["ingest", "validate"]
    assert company.waits == []
    text = log_file(company.project.home).read_text("utf-8")
    assert "Zhang" not in text
    assert '"error_kind": "DataError", "exit_code": 3' in text


def test_what_was_left_undone_does_not_hold_up_the_rest_but_the_exit_code(company: Company) -> None:
    company.script["score"] = [Incomplete("batch 3 failed")]
    with pytest.raises(Incomplete):
        company.run()
    assert company.ran == list(STAGES)
    assert company.log()[-1]["exit_code"] == 8


def test_without_an_exported_champion_nothing_begins(company: Company) -> None:
    (company.project.home / "artifacts" / "export").rmdir()
    with pytest.raises(NotReady, match="no exported champion"):
        company.run()
    assert company.ran == []


def test_a_second_job_is_refused_and_says_so_in_the_log(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.lock.PATIENCE_S", 0.0)
    refused: list[BaseException] = []

    def second() -> None:
        try:
            company.run()
        except Busy as error:
            refused.append(error)

    with workspace_lock(company.project.home, "run"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert isinstance(refused[0], ChurnLabError)
    assert company.ran == []
    assert [(line["event"], line["exit_code"]) for line in company.log()] == [("refused", 9)]


def test_a_scheduler_that_ends_the_job_is_in_the_log(company: Company) -> None:
    company.script["score"] = [lambda: os.kill(os.getpid(), signal.SIGTERM)]
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as ended:
        company.run()
    assert ended.value.code == 143
    assert company.log()[-1] | {"at": ""} == company.log()[-1] | {"at": "", "outcome": "failed", "exit_code": 143}
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_log_stays_within_its_bounds(company: Company, tmp_path: Path) -> None:
    bounds = ["job.log_megabytes=0.001", "job.log_files=2"]
    project = load_project(CONF, [f"workspace={tmp_path}", *bounds])
    for number in range(100):
        JobLog(project, f"job{number}").write("started", note="x" * 100)
    files = sorted(log_file(project.home).parent.iterdir())
    assert len(files) == 3
    assert all(file.stat().st_size <= 1000 for file in files)
    newest = [line["job_id"] for line in newest_first(project.home)]
    assert newest == [f"job{number}" for number in range(99, 99 - len(newest), -1)]


def test_a_line_that_a_kill_cut_short_is_passed_over(company: Company) -> None:
    JobLog(company.project, "a").write("started")
    with log_file(company.project.home).open("a") as file:
        file.write('{"at": "2026-10-01T')
    assert [line["job_id"] for line in newest_first(company.project.home)] == ["a"]


def test_secrets_stay_out_of_messages(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_URL", "postgresql://reader:hunter2@db.example/shop")
    project = load_project(CONF, ["data.root=${SHOP_URL}"])
    said = "postgresql://reader:hunter2@db.example/shop refused; password hunter2 is wrong; mysql://a:b@c/d"
    cleaned = without_secrets(said, project)
    assert "hunter2" not in cleaned
    assert cleaned == "${SHOP_URL} refused; password ${SHOP_URL} is wrong; mysql://a:***@c/d"


@pytest.mark.parametrize("place", ["logs", "logs/job.jsonl"])
def test_a_log_that_cannot_be_written_stops_no_job_and_is_told(
    company: Company, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    blocked = company.project.home / place
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_text("a file") if place == "logs" else blocked.mkdir()
    Job(company.project, Console(), sleep=company.waits.append).run()
    assert company.ran == list(STAGES)
    assert "The log of this job is not whole" in capsys.readouterr().out
