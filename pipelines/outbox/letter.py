"""A message as a mail: no value of a customer can become a header, a further recipient, or markup."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pipelines.outbox.message import Message

LONGEST_SUBJECT = 150
_BREAKS = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")


def letter(message: Message, sender: Address, to: Address, subject: str, language: str, now: datetime) -> EmailMessage:
    """Write a message as a mail, under a Message-ID that is the same whenever it is sent again.

    Parameters
    ----------
    message
        The message.
    sender, to
        From whom and to whom.
    subject
        Line ends and other control characters become blanks.
    language
        ``en`` or ``zh``.
    now
        The instant, UTC without a zone.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = in_one_line(subject)
    mail["Date"] = format_datetime(now.replace(tzinfo=UTC, microsecond=0))
    mail["Message-ID"] = f"<{message.key}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.plain(language))
    if message.is_markup:
        mail.add_alternative(_page(message.text(language), language), subtype="html")
    return mail


def address_of(text: str) -> Address | None:
    """Read one address, with a name or without; ``None`` if it is none, or more than one.

    >>> address_of("Care <care@example.com>").addr_spec, address_of("a@b.example, c@d.example"), address_of("nobody")
    ('care@example.com', None, None)
    """
    if not text.isprintable():
        return None
    read = SMTP.header_factory("to", text)
    if read.defects or len(read.addresses) != 1:
        return None
    address = read.addresses[0]
    return address if address.domain and address.username and address.addr_spec.isascii() else None


def in_one_line(text: str) -> str:
    r"""Put blanks in the place of line ends and other control characters; what is too long is cut.

    >>> in_one_line("Hello\r\nBcc: all@example.com")
    'Hello Bcc: all@example.com'
    """
    return _BREAKS.sub(" ", text).strip()[:LONGEST_SUBJECT]


def _page(text: str, language: str) -> str:
    lines = "<br>\n".join(text.splitlines())
    tongue = html.escape({"zh": "zh-CN"}.get(language, language))
    return f'<!doctype html>\n<html lang="{tongue}"><body>\n{lines}\n</body></html>\n'
