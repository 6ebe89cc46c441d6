"""Servers that do not serve: what waiting may heal is tried again, what it cannot ends at once, without a password."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from pipelines.config_deliver import DestinationSettings
from pipelines.destinations.destination import Lost
from pipelines.destinations.known import kind_named
from pipelines.errors import ChurnLabError, ConfigError, ConnectionFailed, Refused
from pipelines.ingest.mapping import Source
from pipelines.ingest.postgres import stage_postgres
from pipelines.ingest.staging import Staging
from pipelines.servers import first_words, mysql_passes, postgres_passes

SECRET = "geheim"
PORT_OF_NOBODY = 1
SCHEMES = {"postgres": "postgresql", "mysql": "mysql"}
KINDS = pytest.mark.parametrize("kind", SCHEMES)


def opened(kind: str, place: str, monkeypatch: pytest.MonkeyPatch) -> BaseException:
    """Give what opening a destination raises."""
    if kind == "mysql":
        pytest.importorskip("pymysql")
    monkeypatch.setenv("CHURNLAB_TEST_PASSWORD", SECRET)
    url = f"{SCHEMES[kind]}://me:${{CHURNLAB_TEST_PASSWORD}}@{place}"
    given = DestinationSettings.model_validate({"name": "crm", "kind": kind, "url": url})
    with pytest.raises((Lost, ChurnLabError)) as raised:
        kind_named(kind)(given).open(read_only=False)
    assert SECRET not in str(raised.value)
    return raised.value


def resolving(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(
            code, "Name or service not known" if code == socket.EAI_NONAME else "Temporary failure in name resolution"
        )

    monkeypatch.setattr(socket, "getaddrinfo", fail)


@KINDS
@pytest.mark.parametrize("place", ["127.0.0.1:70000", "127.0.0.1:0x1", "127.0.0.1:port", "a..b", "[::1"])
def test_an_address_that_cannot_be_one_ends_at_once(kind: str, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said = opened(kind, place, monkeypatch)
    assert isinstance(said, Refused | ConfigError)
    assert "crm" in str(said)


@KINDS
def test_a_host_that_nobody_knows_ends_at_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(socket.EAI_NONAME, monkeypatch)
    said = opened(kind, "db.example", monkeypatch)
    assert isinstance(said, Refused)
    assert "db.example" in said.given


@KINDS
def test_names_that_cannot_be_asked_for_now_are_asked_for_again(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(socket.EAI_AGAIN, monkeypatch)
    assert isinstance(opened(kind, "db.example", monkeypatch), Lost)


@KINDS
def test_a_server_that_is_down_is_tried_again(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(opened(kind, f"127.0.0.1:{PORT_OF_NOBODY}", monkeypatch), Lost)


@pytest.mark.parametrize("scheme", ["ftp://me@host/db", "host/db", "mysql+pymysql://me@host"])
@KINDS
def test_an_unknown_scheme_is_a_mistake_in_the_configuration(kind: str, scheme: str) -> None:
    if kind == "mysql":
        pytest.importorskip("pymysql")
    given = DestinationSettings.model_validate({"name": "crm", "kind": kind, "url": scheme})
    with pytest.raises(ConfigError, match="crm is no address of"):
        kind_named(kind)(given).open(read_only=False)


@pytest.mark.parametrize(
    ("said", "passes"),
    [
        ('FATAL:  password authentication failed for user "me"', False),
        ('FATAL:  database "nosuch" does not exist', False),
        ('致命错误:  用户 "me" Password 认证失败', False),
        ("fe_sendauth: no password supplied", False),
        ("SSL error: certificate verify failed", False),
        ("FATAL:  the database system is starting up", True),
        ("FATAL:  sorry, too many clients already", True),
        ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", True),
        ("connection timeout expired", True),
        ("server closed the connection unexpectedly", True),
        ('connection to server at "password.example", port 5432 failed: Connection refused', True),
    ],
)
def test_what_postgresql_says_while_a_connection_is_made(said: str, passes: bool) -> None:
    assert postgres_passes(psycopg.OperationalError(f"connection failed: {said}")) is passes


@pytest.mark.parametrize(
    ("code", "behind", "passes"),
    [
        (2003, ConnectionRefusedError(111, "Connection refused"), True),
        (2003, ssl.SSLCertVerificationError("certificate verify failed"), False),
        (1040, None, True),
        (1045, None, False),
        (1049, None, False),
    ],
)
def test_what_mysql_says(code: int, behind: Exception | None, passes: bool) -> None:
    pymysql = pytest.importorskip("pymysql")
    error = pymysql.OperationalError(code, "words\nand a row")
    error.original_exception = behind
    assert mysql_passes(error) is passes
    assert first_words(error) == "words"


@pytest.mark.parametrize(
    ("place", "kind"),
    [("127.0.0.1:70000/db", Refused), ("a..b/db", Refused), (f"127.0.0.1:{PORT_OF_NOBODY}/db", ConnectionFailed)],
)
def test_a_source_tells_what_may_pass_from_what_stays(
    place: str, kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURNLAB_TEST_PASSWORD", SECRET)
    url = f"postgresql://me:${{CHURNLAB_TEST_PASSWORD}}@{place}"
    source = Source.model_validate({"url": url, "table": "orders", "columns": {}})
    with pytest.raises(ConnectionFailed) as raised:
        stage_postgres(source, Staging(duckdb.connect(), tmp_path))
    assert type(raised.value) is kind
    assert place.split("/")[0] in raised.value.given
    assert SECRET not in str(raised.value)
