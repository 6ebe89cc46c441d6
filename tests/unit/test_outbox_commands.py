"""What a person types: look, try, send, list, retry, confirm; and what is said when something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from outboxes import CONF, SECRET, Company, planned, webhook
from receivers import http_receiver, status
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.config import load_project
from pipelines.console import Console, Progress
from pipelines.errors import ConfigError, Incomplete
from pipelines.runner import Runner
from pipelines.stage import all_stages

DAY = ("--on", "2026-06-01")
Typed = Callable[..., Any]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path, is_on_disk=True).decide(
        [planned(1), planned(2, channel="visit"), planned(3, planned_for=date(2026, 6, 2))]
    )


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Types a command about the company."""
    monkeypatch.setenv("CHURNLAB__WORKSPACE", str(tmp_path))
    monkeypatch.setenv("CRM_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, ["outbox", *words, "-p", CONF])

    return run


def words(result: Any) -> str:
    return " ".join(result.output.split())


def test_look_try_send_and_give_back(company: Company, typed: Typed) -> None:
    assert "phone csv 2 0 0 0 0" in words(typed())
    tried = typed("send", "--dry-run", *DAY)
    assert "2 messages are due on 2026-06-01. Nothing was sent." in tried.output
    assert "csv phone sales 1 csv visit sales 1" in words(tried)
    assert company.rows("SELECT count(*) AS n FROM duckdb_tables() WHERE table_name = 'outbox'") == [{"n": 0}]
    sent = typed("send", *DAY)
    assert (sent.exit_code, "2 sent, 0 delivered" in sent.output) == (0, True)
    assert "phone csv 1 1 0 0 0" in words(typed())
    assert "planned for 2026-06-02 (phone)" in typed().output
    assert f"demo-{2:016x}" in typed("list", "-s", "sent", "-c", "visit").output
    assert "No message is like that." in typed("list", "-s", "failed").output
    (file,) = (company.home / "outbox").rglob("sales.csv")
    assert "2 messages delivered." in typed("confirm", str(file)).output
    assert "0 messages delivered, 2 were before." in typed("confirm", str(file)).output
    assert company.states() == {"C001": "delivered", "C002": "delivered", "C003": "planned"}


def test_what_failed_is_told_listed_and_planned_again(company: Company, typed: Typed) -> None:
    with http_receiver(status(422)) as receiver:
        settings = [word for each in webhook(receiver.url) for word in ("--set", each)]
        sent = typed("send", *DAY, *settings)
        assert sent.exit_code == 8
        assert "1 failed; crm: it answered 422" in words(sent)
        assert "churnlab outbox retry" in words(sent)
        assert "churnlab outbox list -s failed" in typed().output
        assert "it answered 422" in words(typed("list", "-s", "failed"))
        refused = typed("retry", "demo-nobody", f"demo-{1:016x}")
        assert (refused.exit_code, "1 messages are planned again" in refused.output) == (8, True)
        assert "1 of the keys named have not failed: demo-nobody" in words(refused)
        assert typed("send", *DAY, *settings).exit_code == 0
    assert company.states()["C001"] == "delivered"
    assert "0 messages are planned again" in typed("retry").output


def test_what_comes_back_is_marked_and_what_was_never_sent_is_named(company: Company, typed: Typed) -> None:
    typed("send", *DAY, "-c", "visit")
    back = typed("confirm", f"demo-{2:016x}", f"demo-{1:016x}", "--failed")
    assert (back.exit_code, "1 messages failed." in back.output) == (8, True)
    assert f"1 of the keys named were not sent: demo-{1:016x}" in words(back)
    assert company.rows("SELECT error FROM actions.outbox WHERE state = 'failed'") == [
        {"error": "its receiver says so"}
    ]


@pytest.mark.parametrize(
    ("typing", "said"),
    [
        (["send", "--on", "tomorrow"], "--on tomorrow is no day"),
        (["list", "-s", "lost"], "There is no state 'lost'"),
        (["confirm", "nowhere.csv"], "nowhere.csv cannot be read"),
        (["confirm", CONF], "has no column key"),
        (["send", "--set", "outbox.routes={email: post}"], "routes sends email to 'post'"),
        (["send", "--set", "outbox.zone=Mars/Base"], "unknown time zone"),
        (
            ["send", "--set", "outbox.transports=[{name: csv, kind: email, url: a, sender: b}]"],
            "is called csv or connector",
        ),
    ],
)
def test_mistakes_are_told_without_a_traceback(company: Company, typed: Typed, typing: list[str], said: str) -> None:
    result = typed(*typing)
    assert result.exit_code in (2, 3)
    assert said in words(result)
    assert "Traceback" not in result.output


@pytest.mark.parametrize(("enabled", "stages"), [("true", ["act", "outbox"]), ("false", ["act"])])
def test_deciding_sends_where_it_is_switched_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enabled: str, stages: list[str]
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(Runner, "alone", lambda _, name: ran.append(name))
    settings = ["--set", f"outbox.enabled={enabled}", "--set", f"workspace={tmp_path}"]
    assert CliRunner().invoke(app, ["act", "-p", CONF, *settings]).exit_code == 0
    assert ran == stages


def test_options_in_front_of_the_command_are_not_swallowed() -> None:
    result = CliRunner().invoke(app, ["outbox", "-p", "shop", "send"])
    assert result.exit_code == 2
    assert "churnlab outbox send -p NAME" in result.output


def test_without_a_decision_one_is_told_what_to_type(typed: Typed, tmp_path: Path) -> None:
    assert typed().exit_code == 5
    assert typed("send").exit_code == 5
    Company(tmp_path, is_on_disk=True).decide([planned(1, arm="control", state="held_back")])
    assert "The outbox is empty" in typed().output


def test_the_stage_sends_where_it_is_switched_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    today = datetime.now(UTC).date()  # The stage has the clock of the machine.
    Company(tmp_path, is_on_disk=True).decide(
        planned(number, planned_for=today, due=today + timedelta(days=1), channel=channel)
        for number, channel in enumerate(("phone", "visit"))
    )
    settings = [f"workspace={tmp_path}", "outbox.patience_s=0", *webhook("http://127.0.0.1:9/")]
    stage = all_stages()["outbox"]
    assert not stage.applies(load_project(CONF, settings))
    project = load_project(CONF, [*settings, "outbox.enabled=true"])
    assert stage.applies(project)
    given = {
        "project": project,
        "progress": Progress(Console(quiet=True), "outbox"),
        "decided": {"as_of": "2026-06-01"},
    }
    with pytest.raises(ConfigError, match="CRM_SECRET"):
        stage.function(**given)
    monkeypatch.setenv("CRM_SECRET", SECRET)
    with pytest.raises(Incomplete, match=r"1 sent.*1 still to be sent \(not before .* UTC\); crm: it does not answer"):
        stage.function(**given)
    late = Company(tmp_path, tuple(settings[1:]), is_on_disk=True)
    assert late.states() == {"C000": "planned", "C001": "sent"}
    assert late.send(day=today + timedelta(days=2)).states == {"expired": 1}
    assert stage.function(**given) == {"as_of": "2026-06-01"}
