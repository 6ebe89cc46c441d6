"""Messages by HTTP POST, signed and numbered as Standard Webhooks 1.0 asks (https://www.standardwebhooks.com).

A receiver verifies ``webhook-signature`` with the secret, refuses old values of ``webhook-timestamp``, and keeps the
values of ``webhook-id``, which are the same whenever the same message is sent again. An answer 2xx is its receipt.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from pipelines.addresses import resolved
from pipelines.config_outbox import WebhookSettings
from pipelines.errors import ConfigError
from pipelines.outbox.ledger import Clock
from pipelines.outbox.message import Fate, Message, Outcome
from pipelines.outbox.transport import OneByOne, is_loopback, trusted

SHORTEST_SECRET_BYTES = 24
PREFIX = "whsec_"
LONGEST_WAIT_S = 7 * 86_400.0
_BUSY: dict[int, Fate] = {
    408: "down",
    409: "again",
    425: "again",
    429: "down",
    502: "down",
    503: "down",
    504: "down",
}
"""Answers that ask to come again, with this message or with all."""
_CLOSED = {401, 402, 403, 404, 405, 407, 410}
"""Answers that are about the address or the rights, and not about a message."""


class Webhook(OneByOne):
    """A receiver of messages by HTTP.

    Parameters
    ----------
    settings
        Its part of the configuration.
    time_limit_s
        How long one message may take, from the first byte to the last of the answer's head, seconds.
    clock
        Time.
    environment
        Environment variables; the process's own by default.

    Raises
    ------
    ConfigError
        If the address or the secret will not do.
    """

    batch = 10
    is_repeatable = True

    def __init__(
        self,
        settings: WebhookSettings,
        time_limit_s: float,
        clock: Clock,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(settings.name)
        self._time_limit_s, self._clock = time_limit_s, clock
        self._secret = secret_of(settings, os.environ if environment is None else environment)
        self._url = _address(settings, environment)
        self._tls = trusted(settings.name, settings.ca_file) if self._url.scheme == "https" else None

    def send_one(self, message: Message) -> Outcome:
        """Post a message once; redirects are not followed."""
        sent = body(message)
        connection = self._connection()
        try:
            with _time_limit(connection, self._time_limit_s) as is_over:
                connection.connect()
                if is_over.is_set():  # There was nothing yet that could be ended.
                    raise TimeoutError
                target = self._url._replace(scheme="", netloc="", fragment="").geturl() or "/"
                connection.request("POST", target, sent, self._headers(message, sent))
                answer = connection.getresponse()
            return judged(answer.status, answer.getheader("Retry-After"), self._clock.now())
        except ssl.SSLCertVerificationError as error:
            return Outcome("closed", f"its certificate is not trusted ({error.verify_message})")
        except http.client.HTTPException as error:
            return Outcome("again", f"its answer is no HTTP ({type(error).__name__})")
        except OSError as error:
            return Outcome("down", f"it does not answer ({type(error).__name__})")
        finally:
            connection.close()

    def close(self) -> None:
        """Nothing stays open between messages."""

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._tls is None:
            return http.client.HTTPConnection(host, port, timeout=self._time_limit_s)
        return http.client.HTTPSConnection(host, port, timeout=self._time_limit_s, context=self._tls)

    def _headers(self, message: Message, sent: bytes) -> dict[str, str]:
        timestamp = int(self._clock.now().replace(tzinfo=UTC).timestamp())
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "ChurnLab",
            "Idempotency-Key": message.key,
            "webhook-id": message.key,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._secret, message.key, timestamp, sent),
        }


def body(message: Message) -> bytes:
    """Write a message as JSON: the same bytes whenever it is sent again."""
    data = {
        "key": message.key,
        "customer_id": message.customer_id,
        "playbook": message.playbook,
        "action": message.action,
        "channel": message.channel,
        "owner": message.owner,
        "planned_for": message.planned_for.isoformat(),
        "due": message.due.isoformat(),
        "message": {"en": message.text("en"), "zh": message.text("zh")},
        "message_type": "text/html" if message.is_markup else "text/plain",
    }
    said = {"type": "action.planned", "timestamp": f"{message.taken_up_at.isoformat()}Z", "data": data}
    return json.dumps(said, ensure_ascii=False).encode()


def signature(secret: bytes, key: str, timestamp: int, sent: bytes) -> str:
    """Sign a message: HMAC-SHA256 of key, instant and body, in Base64, after the version of the scheme.

    >>> signature(b"s" * 24, "demo-1", 1_700_000_000, b"{}")[:12]
    'v1,rXEQbuOT3'
    """
    signed = hmac.new(secret, f"{key}.{timestamp}.".encode() + sent, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def judged(status: int, retry_after: str | None, now: datetime) -> Outcome:
    """Say what an answer means.

    Parameters
    ----------
    status
        The answer's status.
    retry_after
        Its header, seconds or a date.
    now
        The instant, UTC without a zone.

    Examples
    --------
    >>> judged(204, None, datetime(2026, 1, 1)).fate, judged(429, "7", datetime(2026, 1, 1)).wait_s
    ('delivered', 7.0)
    """
    if 200 <= status < 300:
        return Outcome("delivered")
    said, wait_s = f"it answered {status}", waiting(retry_after, now)
    if status in _CLOSED or 300 <= status < 400:
        return Outcome("closed", said)
    if status in _BUSY:
        return Outcome(_BUSY[status], said, wait_s)
    return Outcome("failed" if 400 <= status < 500 else "again", said, wait_s)


def waiting(header: str | None, now: datetime) -> float | None:
    """Read Retry-After (RFC 9110, 10.2.3), ``None`` where there is none or it says nothing; a week at most.

    >>> waiting("Thu, 01 Jan 2026 00:00:30 GMT", datetime(2026, 1, 1)), waiting("soon", datetime(2026, 1, 1))
    (30.0, None)
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until.astimezone(UTC) if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - now.replace(tzinfo=UTC)).total_seconds(), 0.0), LONGEST_WAIT_S)


def secret_of(settings: WebhookSettings, environment: Mapping[str, str]) -> bytes:
    """Give the secret: Base64 after ``whsec_``, or else any text.

    Raises
    ------
    ConfigError
        If it is not set, no Base64, or too short.
    """
    allowed = f"at least {SHORTEST_SECRET_BYTES} bytes; {PREFIX} and then Base64, or any other text"
    text = environment.get(settings.secret)
    if text is None:
        raise ConfigError(
            f"The transport {settings.name} needs the environment variable {settings.secret}",
            allowed=allowed,
            do=f"set {settings.secret} to the secret that its receiver knows",
        )
    try:
        secret = base64.b64decode(text[len(PREFIX) :], validate=True) if text.startswith(PREFIX) else text.encode()
    except ValueError:
        raise ConfigError(f"{settings.secret} is no Base64 after {PREFIX}", allowed=allowed, do="correct it") from None
    if len(secret) < SHORTEST_SECRET_BYTES:
        raise ConfigError(f"{settings.secret} has {len(secret)} bytes", allowed=allowed, do="choose a longer secret")
    return secret


def _address(settings: WebhookSettings, environment: Mapping[str, str] | None) -> SplitResult:
    """Read the address; without TLS only this machine itself, unless the configuration allows it."""
    allowed = "https://HOST/PATH, or http:// for this machine itself or with allow_plain: true"
    try:
        url = urlsplit(resolved(settings.url, f"the transport {settings.name}", environment))
        host, is_plain, _ = url.hostname, url.scheme == "http", url.port
    except ValueError:
        raise ConfigError(
            f"url of the transport {settings.name} is no address", allowed=allowed, do="mend it"
        ) from None
    is_safe = url.scheme == "https" or (is_plain and (settings.allow_plain or is_loopback(host or "")))
    is_written = url.geturl().isascii() and " " not in url.geturl()
    if not host or not is_safe or not is_written or url.username is not None:
        raise ConfigError(f"url of the transport {settings.name} will not do", allowed=allowed, do="correct it")
    return url


@contextmanager
def _time_limit(connection: http.client.HTTPConnection, seconds: float) -> Iterator[threading.Event]:
    """End a connection after a time: the time limit of a socket begins anew with every byte that drips in.

    Yields
    ------
    threading.Event
        Set when the time is over.

    Raises
    ------
    TimeoutError
        In the place of whatever the end of the connection led to: an answer that is cut off may look whole.
    """
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield is_over
    except (OSError, http.client.HTTPException) as error:
        if is_over.is_set():
            raise TimeoutError(str(error)) from error
        raise
    else:
        if is_over.is_set():
            raise TimeoutError
    finally:
        timer.cancel()
