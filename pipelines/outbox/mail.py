"""Messages by e-mail: those of the channel ``email`` to the customer, all others to the owner who does the work.

A server that has taken a message is believed; whether it arrives, nobody tells. A message that was cut off while it was
handed over may have been taken, so that it is never sent again by itself.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import SplitResult, unquote, urlsplit

from pipelines.addresses import resolved
from pipelines.config_outbox import CUSTOMER_CHANNEL, EmailSettings
from pipelines.errors import ConfigError
from pipelines.outbox.address_book import AddressBook
from pipelines.outbox.ledger import Clock
from pipelines.outbox.letter import address_of, letter
from pipelines.outbox.message import Message, Outcome
from pipelines.outbox.transport import OneByOne, is_loopback, trusted

PORTS = {"smtp": 587, "smtps": 465}
TAKEN = (250, 251)
CLOSING = 421
RIGHTS = (530, 534, 535, 538)
"""Replies about who we are, and not about a message."""
HANDED_OVER = "it may have been sent: the server was lost while it was handed over"
_Lost = (smtplib.SMTPException, OSError)


class Mail(OneByOne):
    """A mail server.

    Parameters
    ----------
    settings
        Its part of the configuration.
    language
        Of the messages, ``en`` or ``zh``.
    title
        Subject of messages to customers that have no other.
    time_limit_s
        How long the server may take for each step, seconds.
    clock
        Time.
    environment
        Environment variables; the process's own by default.

    Raises
    ------
    ConfigError
        If the address of the server, the sender or the file of addresses will not do.
    """

    batch = 1
    is_repeatable = False

    def __init__(
        self,
        settings: EmailSettings,
        language: str,
        title: str,
        time_limit_s: float,
        clock: Clock,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(settings.name)
        self._settings, self._language, self._title = settings, language, title
        self._time_limit_s, self._clock = time_limit_s, clock
        sender = address_of(settings.sender)
        if sender is None:
            allowed = "care@example.com, or Care <care@example.com>"
            raise ConfigError(f"sender of the transport {self.name} is no address", allowed=allowed, do="correct it")
        self._sender = sender
        self._url = _address(settings, environment)
        self._tls = trusted(self.name, settings.ca_file)
        self._book = AddressBook(settings.addresses)
        self._server: smtplib.SMTP | None = None

    def send_one(self, message: Message) -> Outcome:
        """Hand a message to the server once."""
        address = self._recipient(message)
        to = None if address is None else address_of(address)
        if to is None:
            whose = "the customer" if message.channel == CUSTOMER_CHANNEL else f"owner {message.owner}"
            return Outcome("failed", f"{whose} has no address, or none that will do")
        mail = letter(message, self._sender, to, self._subject(message), self._language, self._clock.now())
        try:
            server = self._ready()
            refused = self._envelope(server, to.addr_spec)
        except _Unfit as error:
            return Outcome("closed", str(error))
        except ssl.SSLCertVerificationError as error:
            self._drop()
            return Outcome("closed", f"its certificate is not trusted ({error.verify_message})")
        except _Lost as error:
            self._drop()
            return _of_connecting(error)
        return refused or self._hand_over(server, bytes(mail))

    def close(self) -> None:
        """Take leave of the server."""
        if self._server is not None:
            with suppress(*_Lost):
                self._server.quit()
        self._drop()
        self._book.close()

    def _recipient(self, message: Message) -> str | None:
        if message.channel == CUSTOMER_CHANNEL:
            return self._book.of(message.customer_id)
        return self._settings.owners.get(message.owner)

    def _subject(self, message: Message) -> str:
        """Give the subject: a customer never reads what a playbook is called, an owner does."""
        if message.playbook in self._settings.subjects:
            return self._settings.subjects[message.playbook]
        if message.channel == CUSTOMER_CHANNEL:
            return self._settings.subject or self._title
        return f"{message.playbook}: {message.customer_id}, {message.due.isoformat()}"

    def _envelope(self, server: smtplib.SMTP, to: str) -> Outcome | None:
        """Tell the server from whom and to whom; give the outcome where it refuses."""
        code, _ = server.mail(self._sender.addr_spec)
        if code not in TAKEN:
            # The sender is the same for all messages, so that no message is to blame.
            return self._refusal(code, "closed")
        code, _ = server.rcpt(to)
        return None if code in TAKEN else self._refusal(code, "failed")

    def _hand_over(self, server: smtplib.SMTP, mail: bytes) -> Outcome:
        try:
            code, _ = server.data(mail)
        except smtplib.SMTPDataError as error:
            return self._refusal(error.smtp_code, "failed")
        except _Lost:
            self._drop()
            return Outcome("failed", HANDED_OVER)
        return Outcome("sent") if code in TAKEN else self._refusal(code, "failed")

    def _refusal(self, code: int, for_good: str) -> Outcome:
        """Say what a refusal means, and make the server ready for another message; its words may hold an address."""
        said = f"the server answered {code}"
        if code == CLOSING:
            self._drop()
            return Outcome("down", said)
        try:
            assert self._server is not None
            self._server.rset()
        except _Lost:
            self._drop()
        if code in RIGHTS or (for_good == "closed" and code >= 500):
            return Outcome("closed", said)
        return Outcome("failed" if code >= 500 else "again", said)

    def _drop(self) -> None:
        """Let go of the server."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _ready(self) -> smtplib.SMTP:
        """Give the server, connected, encrypted and told who we are."""
        if self._server is not None:
            with suppress(*_Lost):
                if self._server.noop()[0] in TAKEN:
                    return self._server
            self._drop()
        self._server = self._connected()
        return self._server

    def _connected(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "", self._url.port or PORTS[self._url.scheme]
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=self._time_limit_s, context=self._tls)
        else:
            server = smtplib.SMTP(host, port, timeout=self._time_limit_s)
        try:
            self._introduce(server, host)
        except BaseException:
            server.close()
            raise
        return server

    def _introduce(self, server: smtplib.SMTP, host: str) -> None:
        server.ehlo()
        if self._url.scheme == "smtp":
            if server.has_extn("starttls"):
                server.starttls(context=self._tls)
                server.ehlo()
            elif not self._settings.allow_plain and not is_loopback(host):
                raise _Unfit("it offers no encryption (STARTTLS)")
        if self._url.username:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))


class _Unfit(Exception):
    """The server may not be used."""


def _of_connecting(error: Exception) -> Outcome:
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPNotSupportedError):
        return Outcome("closed", "it does not let us in: see the user and the password")
    if isinstance(error, smtplib.SMTPResponseException):
        return Outcome("down", f"the server answered {error.smtp_code}")
    return Outcome("down", f"it does not answer ({type(error).__name__})")


def _address(settings: EmailSettings, environment: Mapping[str, str] | None) -> SplitResult:
    allowed = "smtp://USER:${NAME}@HOST:587 (encrypted by STARTTLS), or smtps://... (encrypted from the first byte)"
    try:
        url = urlsplit(resolved(settings.url, f"the transport {settings.name}", environment))
        is_fit = url.scheme in PORTS and bool(url.hostname) and url.port != 0
    except ValueError:
        is_fit = False
    if not is_fit:
        raise ConfigError(f"url of the transport {settings.name} is no address", allowed=allowed, do="correct it")
    return url
