"""A way by which messages leave. A connector to another system is one more of them."""

from __future__ import annotations

import ipaddress
import ssl
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from pipelines.errors import ConfigError
from pipelines.outbox.message import UNTRIED, Message, Outcome


class Transport(ABC):
    """Sends messages. What it raises is a mistake of the program or of the settings; a failure is an `Outcome`.

    Parameters
    ----------
    name
        Its name in the configuration.
    """

    batch: ClassVar[int]
    """Messages that it takes at once; so many are in doubt after a kill."""
    is_repeatable: ClassVar[bool]
    """Whether a message that is sent again with the same key does no harm."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def send(self, messages: Sequence[Message]) -> Mapping[str, Outcome]:
        """Send messages; give the outcome of each by key."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what is open."""


class OneByOne(Transport):
    """A transport that sends one message after the other, and no further one once the receiver does not answer."""

    def send(self, messages: Sequence[Message]) -> Mapping[str, Outcome]:
        """Send messages until the receiver is down or closed."""
        outcomes = {each.key: UNTRIED for each in messages}
        for each in messages:
            outcomes[each.key] = self.send_one(each)
            if outcomes[each.key].fate in ("down", "closed"):
                break
        return outcomes

    @abstractmethod
    def send_one(self, message: Message) -> Outcome:
        """Send a message."""


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine itself.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("127.0.0.1.example.com")
    (True, True, True, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def trusted(name: str, ca_file: Path | None) -> ssl.SSLContext:
    """Give what checks the certificate of a receiver.

    Raises
    ------
    ConfigError
        If the file of certificates cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"ca_file of the transport {name} cannot be read: {ca_file}",
            allowed="a file of certificates in PEM form",
            do="correct it",
        ) from error
