"""A clock that is set back, or that ran ahead: right tables or a clear refusal, nothing lost and nothing doubled."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Thread

import duckdb
import pytest
from outboxes import Company, planned
from scoring_runs import customers, run, small_project
from servers import LIMIT_S

from pipelines.errors import Busy, ConfigError, DataError, Incomplete
from pipelines.lock import workspace_lock
from pipelines.operating.log import JobLog, newest_first
from pipelines.operating.status import last_job, status_of
from pipelines.schedule.plan import Plan
from pipelines.stages.score import _refuse_earlier, _refuse_outside
from pipelines.warehouse.duckdb_file import warehouse
from pipelines.warehouse.outbox import Route

TODAY = datetime(2026, 10, 1)
REST = Route("csv", (), is_rest=True)
AHEAD = TODAY + timedelta(days=3650)


def test_scores_of_a_day_before_the_newest_are_refused_where_the_clock_gives_the_day(tmp_path: Path) -> None:
    project = small_project(f"workspace={tmp_path}")
    with warehouse(project.home) as connection:
        _refuse_earlier(connection, TODAY, project)  # nothing was ever scored
        run(connection, project, customers([0.9]), instant=AHEAD)
        with pytest.raises(DataError, match="The clock says 2026-10-01, and there are scores as of 2036") as refused:
            _refuse_earlier(connection, TODAY, project)
        assert "--as-of 2026-10-01" in str(refused.value.do)
        _refuse_earlier(connection, AHEAD, project)


@pytest.mark.parametrize("instant", [datetime(1, 1, 1), datetime(1970, 12, 31, 23), AHEAD, datetime.max])
def test_an_instant_of_which_nothing_can_be_known_is_refused(instant: datetime) -> None:
    earliest = small_project().validate_.earliest
    with pytest.raises(ConfigError, match="nothing is known as of then") as refused:
        _refuse_outside(instant, earliest, TODAY)
    assert "from 1971-01-01 to 2026-10-01" in refused.value.allowed
    for within in (datetime(1971, 1, 1), TODAY):
        _refuse_outside(within, earliest, TODAY)


def test_what_the_guide_says_takes_back_the_scores_of_a_clock_that_ran_ahead(tmp_path: Path) -> None:
    project = small_project(f"workspace={tmp_path}")
    with warehouse(project.home) as connection:
        run(connection, project, customers([0.9]))
        run(connection, project, customers([0.1]), instant=AHEAD)
        assert current(connection) == [(AHEAD, 0.05)]
        guide = (Path(__file__).parents[2] / "docs" / "guides" / "operating.md").read_text(encoding="utf-8")
        (said,) = {line.strip() for line in guide.splitlines() if line.strip().startswith("DELETE FROM scores.")}
        connection.execute(said.replace("2030-01-01", f"{TODAY + timedelta(days=1):%Y-%m-%d}"))
        assert current(connection) == [(TODAY, 0.45)]
        _refuse_earlier(connection, TODAY, project)


def current(connection: duckdb.DuckDBPyConnection) -> list[tuple[datetime, float]]:
    return connection.execute("SELECT as_of, probability FROM scores.churn_scores_current").fetchall()


def test_messages_wait_under_a_clock_that_was_set_back_and_none_leaves_twice(tmp_path: Path) -> None:
    company = Company(tmp_path).decide(planned(number) for number in range(1, 4))
    begun = company.outbox()
    (taken,) = begun.claim(REST, 1)  # its sender ends without a word
    company.time.now -= timedelta(hours=2)
    dispatch = company.send()
    assert dispatch.states == {"sent": 2}
    assert dispatch.left == 1
    assert dispatch.next_at is not None
    assert dispatch.next_at > company.time.now + timedelta(hours=1)
    with pytest.raises(Incomplete, match="1 still to be sent"):
        dispatch.raise_failures("demo")
    assert company.send().states == {}
    company.time.now += timedelta(hours=3)
    assert company.send().states == {"sent": 1}
    assert company.send().states == {}
    assert taken.key in {row["key"] for row in company.rows() if row["state"] == "sent"}


def test_a_writer_waits_as_long_as_it_says_whatever_the_clock_does(tmp_path: Path, fake_clock: None) -> None:
    refused: list[Busy] = []

    def write() -> None:
        try:
            with workspace_lock(tmp_path, "score", wait_s=0.4):
                pass
        except Busy as error:
            refused.append(error)

    with workspace_lock(tmp_path, "job"):
        second = Thread(target=write)
        second.start()
        second.join(LIMIT_S)
    assert len(refused) == 1


@pytest.fixture
def fake_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes backwards."""
    told = count(2e9, -1000)
    monkeypatch.setattr(time, "time", lambda: next(told))


def test_the_last_job_is_the_one_that_was_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = small_project(f"workspace={tmp_path}")
    for day, outcome in (("2036-01-01", "failed"), ("2026-10-01", "finished")):
        monkeypatch.setattr("pipelines.operating.log._now", lambda day=day: f"{day}T06:00:00.000Z")
        log = JobLog(project, day)
        log.write("started")
        log.write("ended", outcome=outcome, seconds=1.0, exit_code=0)
    assert [line["job_id"] for line in newest_first(project.home)] == ["2026-10-01"] * 2 + ["2036-01-01"] * 2
    job = last_job(project.home, None)
    assert job is not None
    assert job.outcome == "finished"
    with warehouse(project.home) as connection:
        run(connection, project, customers([0.9]))
    assert "job_failed" not in {each.code for each in status_of(project, TODAY + timedelta(hours=7)).findings}


def test_the_next_job_is_due_after_the_clock_as_it_is_now() -> None:
    plan = Plan.of("06:00", "day", "UTC")
    assert plan.next_after(datetime(2036, 1, 1, 7)) == datetime(2036, 1, 2, 6)
    assert plan.next_after(datetime(2026, 10, 1, 5)) == datetime(2026, 10, 1, 6)
