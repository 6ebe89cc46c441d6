"""Who may look: the header of a proxy, the password from the environment, and how guessing is slowed."""

from __future__ import annotations

import threading

import pytest

from pipelines.config_dashboard import DashboardSettings
from pipelines.dashboard.access import LONGEST_WAIT_S, Attempts, Viewer, password, viewer_of
from pipelines.dashboard.server import OPTIONS, command
from pipelines.errors import ConfigError
from pipelines.ports import HOST

SETTINGS = DashboardSettings(access="header", user_header="X-User", managers=["mei"], owners={"zhang.wei": "张伟"})


@pytest.mark.parametrize(
    ("headers", "viewer"),
    [
        ({}, None),
        ({"X-User": "  "}, None),
        ({"X-Other": "mei"}, None),
        ({"X-User": "mei"}, Viewer("mei", None)),
        ({"X-User": "zhang.wei"}, Viewer("zhang.wei", "张伟")),
        ({"X-User": "Ada"}, Viewer("Ada", "Ada")),
    ],
)
def test_the_header_says_who_looks(headers: dict[str, str], viewer: Viewer | None) -> None:
    assert viewer_of(SETTINGS, headers) == viewer


def test_wrong_passwords_double_the_wait_and_a_right_one_ends_it() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    waits = []
    for _ in range(9):
        assert attempts.try_password("wrong", "right one") is False
        waits.append(attempts.wait_s)
        assert attempts.try_password("right one", "right one") is None  # The wait holds for the right one, too.
        now[0] += attempts.wait_s
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == LONGEST_WAIT_S
    assert attempts.try_password("right one", "right one")
    assert attempts.wait_s == 0
    assert not attempts.try_password("wrong", "right one")
    assert attempts.wait_s == 1


def test_of_two_passwords_at_once_only_one_is_looked_at() -> None:
    others: list[bool | None] = []
    second = threading.Thread(target=lambda: others.append(attempts.try_password("another", "right one")))

    def clock() -> float:
        if not second.ident:  # The first is about to be looked at.
            second.start()
            second.join(0.2)
        return 0.0

    attempts = Attempts(clock)
    assert attempts.try_password("wrong", "right one") is False
    second.join()
    assert others == [None]
    assert attempts.failures == 1


@pytest.mark.parametrize(
    ("environment", "told"), [({}, "is not set"), ({"CHURNLAB_DASHBOARD_PASSWORD": "x"}, "too short")]
)
def test_a_password_has_to_be_in_the_environment(environment: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        password(environment)


def test_the_password_is_that_of_the_environment() -> None:
    assert password({"CHURNLAB_DASHBOARD_PASSWORD": "correct horse"}) == "correct horse"


def test_the_server_is_on_this_machine_alone_and_tells_nobody() -> None:
    pytest.importorskip("streamlit", reason="Streamlit is not installed")
    from streamlit import config

    assert HOST == OPTIONS["server.address"] == "127.0.0.1"
    assert OPTIONS["browser.gatherUsageStats"] == "false"
    known = set(config.get_config_options())
    assert set(OPTIONS) <= known


def test_a_password_that_is_missing_stops_the_command(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("streamlit", reason="Streamlit is not installed")
    monkeypatch.delenv("CHURNLAB_DASHBOARD_PASSWORD", raising=False)
    monkeypatch.setenv("CHURNLAB__DASHBOARD__ACCESS", "password")
    with pytest.raises(ConfigError, match="CHURNLAB_DASHBOARD_PASSWORD is not set"):
        command("demo", 8501)
