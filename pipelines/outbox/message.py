"""One action on its way out, and what became of an attempt to send it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pipelines.actions.messages import MARKUP_CHANNELS

Fate = Literal["sent", "delivered", "again", "down", "closed", "failed", "untried"]
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class Message:
    """An action that may be sent now.

    Parameters
    ----------
    key
        The same whenever the same action is sent again; receivers tell repeated messages by it.
    customer_id, playbook, action, channel, owner
        What is done, for whom, and who does it.
    planned_for, due
        First and last day on which it may leave.
    expected_value
        Value kept less cost, in the project's currency.
    message_en, message_zh
        The text; HTML for the channels of `MARKUP_CHANNELS`.
    taken_up_at
        Since when it is in the outbox, UTC.
    attempts
        Attempts before this one.
    attempted_at
        When the last of them began, UTC.
    """

    key: str
    customer_id: str
    playbook: str
    action: str
    channel: str
    owner: str
    planned_for: date
    due: date
    expected_value: float
    message_en: str
    message_zh: str
    taken_up_at: datetime
    attempts: int
    attempted_at: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Message:
        """Take a message out of a row of the outbox."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    @property
    def is_markup(self) -> bool:
        """Whether the text is HTML."""
        return self.channel in MARKUP_CHANNELS

    def text(self, language: str) -> str:
        """Give the text as it was written, HTML or plain."""
        return (self.message_zh if language == "zh" else self.message_en) or ""

    def plain(self, language: str) -> str:
        """Give the text without markup."""
        text = self.text(language)
        return without_markup(text) if self.is_markup else text


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt.

    Parameters
    ----------
    fate
        ``sent``: on its way; ``delivered``: the receiver has it; ``again``: this message is to be tried again;
        ``down``: the receiver does not answer, and all messages wait; ``closed``: the address, the rights or the
        configuration are wrong, and no message is to blame; ``failed``: this message will never arrive;
        ``untried``: nothing was attempted.
    error
        What went wrong, without values of customers.
    wait_s
        How long the receiver asked to wait, seconds.
    """

    fate: Fate
    error: str = ""
    wait_s: float | None = None


UNTRIED = Outcome("untried")


def without_markup(text: str) -> str:
    """Take tags off a text and give what stands for signs.

    >>> without_markup("Dear A &amp; B,<br>see <b>us</b>")
    'Dear A & B,see us'
    """
    return html.unescape(_TAG.sub("", text))
