"""Messages by mail, to a server on the loopback: to whom, with which words, and what becomes of refusals and losses."""

from __future__ import annotations

import base64
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from outboxes import Company, mail, planned
from receivers import Mail, SmtpReceiver, self_signed, smtp_receiver

from pipelines.errors import ConfigError
from pipelines.outbox.letter import address_of, in_one_line

HOSTILE = "Ann\r\nBcc: all@evil.example"


def written(number: int, **other: Any) -> dict[str, Any]:
    """An action whose message is written to the customer."""
    return planned(number, channel="email", action="coupon", playbook="coupon", owner="marketing") | other


def read(mail: Mail) -> EmailMessage:
    found = message_from_bytes(mail.content, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def company(folder: Path, receiver: SmtpReceiver, *settings: str, **other: Any) -> Company:
    book = folder / "addresses.csv"
    book.write_text("customer_id,email\nC001, one@firm.example\nC002,two@firm.example\nC003,three@firm.example\n")
    told = {"addresses": str(book), "owners": {"sales": "Sales <sales@co.example>"}} | other
    return Company(folder, (*mail(receiver.port, **told), *settings))


def test_a_customer_gets_the_message_and_an_owner_what_to_do(tmp_path: Path) -> None:
    with smtp_receiver() as receiver:
        text = "Dear A &amp; B,\nyour &lt;script&gt;alert(1)&lt;/script&gt; discount.\n.\nCo"
        decided = company(tmp_path, receiver).decide([written(1, message_en=text), planned(2, message_en="Ring A & B")])
        assert decided.send().states["sent"] == 2
    to_customer, to_owner = receiver.mails
    assert (to_customer.recipients, to_owner.recipients) == (["one@firm.example"], ["sales@co.example"])
    letter = read(to_customer)
    assert letter["From"] == "Care <care@co.example>"
    assert letter["To"] == "one@firm.example"
    assert letter["Subject"] == "Demo company"
    assert letter["Message-ID"] == f"<demo-{1:016x}@co.example>"
    plain, page = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content() == "Dear A & B,\nyour <script>alert(1)</script> discount.\n.\nCo\n"
    assert "<script>" not in page.get_content()
    assert "Dear A &amp; B,<br>\nyour &lt;script&gt;" in page.get_content()
    told = read(to_owner)
    assert told.get_content() == "Ring A & B\n"
    assert told["Subject"] == "ring: C002, 2026-06-03"
    assert receiver.connections == 1


def test_values_of_customers_become_neither_headers_nor_recipients(tmp_path: Path) -> None:
    with smtp_receiver() as receiver:
        hostile = planned(1, customer_id=HOSTILE, message_en=f"{HOSTILE}\n.\nQUIT\n..\n")
        assert company(tmp_path, receiver).decide([hostile]).send().states["sent"] == 1
    (arrived,) = receiver.mails
    assert arrived.recipients == ["sales@co.example"]
    letter = read(arrived)
    assert letter["Bcc"] is None
    assert letter["Subject"] == "ring: Ann Bcc: all@evil.example, 2026-06-03"
    assert letter.get_content() == "Ann\nBcc: all@evil.example\n.\nQUIT\n..\n"


@pytest.mark.parametrize(
    "text",
    [
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example> RCPT TO:<c@d.example",
        "<a@b.example>, <c@d.example>",
        "group: a@b.example, c@d.example;",
        "nobody",
        "@b.example",
        "",
        "ä@b.example",
        "a b@c.example",
    ],
)
def test_what_is_not_one_address_is_none(tmp_path: Path, text: str) -> None:
    assert address_of(text) is None
    book = tmp_path / "own.csv"
    book.write_bytes(f'customer_id,email\nC001,"{text}"\nC002,two@firm.example\n'.encode())
    with smtp_receiver() as receiver:
        decided = company(tmp_path, receiver, addresses=str(book)).decide([written(1), written(2)])
        dispatch = decided.send()
    assert [mail.recipients for mail in receiver.mails] == [["two@firm.example"]]
    assert decided.states() == {"C001": "failed", "C002": "sent"}
    assert dispatch.errors == {("post", "the customer has no address, or none that will do"): 1}


def test_who_has_two_addresses_or_none_gets_nothing(tmp_path: Path) -> None:
    book = tmp_path / "own.csv"
    book.write_text(
        "email,customer_id,note\na@x.example,C001,\nb@x.example,C001,\nc@x.example,C002,\nc@x.example,C002,\n"
    )
    with smtp_receiver() as receiver:
        decided = company(tmp_path, receiver, addresses=str(book), owners={})
        decided.decide([written(1), written(2), written(3), planned(4)]).send()
    assert decided.states() == {"C001": "failed", "C002": "sent", "C003": "failed", "C004": "failed"}
    assert [mail.recipients for mail in receiver.mails] == [["c@x.example"]]
    assert decided.rows()[3]["error"] == "owner sales has no address, or none that will do"


@pytest.mark.parametrize(
    ("script", "states", "attempts"),
    [
        pytest.param({"RCPT": ["550 one@firm.example unknown"]}, ["failed", "sent"], [1, 1], id="unknown"),
        pytest.param({"RCPT": ["451 greylisted"]}, ["sent", "sent"], [2, 1], id="greylisted"),
        pytest.param({"END": ["554 spam"]}, ["failed", "sent"], [1, 1], id="refused when read"),
        pytest.param({"DATA": ["452 full"]}, ["sent", "sent"], [2, 1], id="full"),
        pytest.param({"MAIL": ["421 closing"]}, ["sent", "sent"], [2, 1], id="closing"),
        pytest.param({"MAIL": [""]}, ["sent", "sent"], [2, 1], id="lost before"),
        pytest.param({"RSET": [""], "RCPT": ["450 later"]}, ["sent", "sent"], [2, 1], id="lost while refusing"),
        pytest.param({"NOOP": [""]}, ["sent", "sent"], [1, 1], id="lost between"),
        pytest.param({"MAIL": ["550 you may not"]}, ["planned", "planned"], [0, 0], id="sender refused"),
        pytest.param({"END": [""]}, ["failed", "sent"], [1, 1], id="lost while handed over"),
    ],
)
def test_each_mail_is_taken_once_or_listed(
    tmp_path: Path, script: dict[str, list[str]], states: list[str], attempts: list[int]
) -> None:
    with smtp_receiver(**script) as receiver:
        decided = company(tmp_path, receiver).decide([written(1), written(2)])
        decided.send()
    rows = decided.rows()
    assert [row["state"] for row in rows] == states
    assert [row["attempts"] for row in rows] == attempts
    taken = [mail.recipients[0] for mail in receiver.mails]
    assert len(taken) == len(set(taken)), "a mail was sent twice"
    assert "firm.example" not in str([row["error"] for row in rows]), "a server's words may hold an address"


def test_who_may_have_the_mail_is_not_written_to_again_by_itself(tmp_path: Path) -> None:
    with smtp_receiver(END=[""]) as receiver:
        decided = company(tmp_path, receiver).decide([written(1)])
        decided.send()
        decided.send()
        assert decided.rows()[0]["error"] == "it may have been sent: the server was lost while it was handed over"
        assert len(receiver.mails) == 1
        decided.outbox().retry([decided.rows()[0]["key"]])
        decided.send()
    assert [read(mail)["Message-ID"] for mail in receiver.mails] == [f"<demo-{1:016x}@co.example>"] * 2


def test_a_sender_that_was_killed_leaves_a_mail_in_doubt(tmp_path: Path) -> None:
    with smtp_receiver() as receiver:
        decided = company(tmp_path, receiver).decide([written(1), written(2)])
        claim_as_mail(decided)
        assert decided.send().states["sent"] == 1
        decided.time.sleep(16 * 60)
        dispatch = decided.send()
    assert dispatch.states == {"failed": 1}
    assert decided.rows()[0]["error"] == "it may have arrived: its sender ended before saying so"
    assert len(receiver.mails) == 1


def claim_as_mail(decided: Company) -> None:
    from pipelines.outbox.lanes import lanes_of

    outbox = decided.outbox()
    route = next(route for route, transport in lanes_of(decided.project, outbox) if transport.name == "post")
    assert [each.customer_id for each in outbox.claim(route, 1)] == ["C001"]


def test_a_password_comes_from_the_environment_and_nothing_tells_it(tmp_path: Path) -> None:
    url = "smtp://care:${SMTP_PASSWORD}@127.0.0.1:{port}"
    with smtp_receiver("AUTH PLAIN") as receiver:
        decided = company(tmp_path, receiver, url=url.replace("{port}", str(receiver.port))).decide([written(1)])
        assert decided.send().states["sent"] == 1
    assert base64.b64decode(receiver.logins[0].split()[-1]) == b"\0care\0hunter2"
    with smtp_receiver("AUTH PLAIN", AUTH=["535 no"]) as receiver:
        decided.settings = company(tmp_path, receiver, url=url.replace("{port}", str(receiver.port))).settings
        dispatch = decided.decide([written(2)]).send()
    assert dispatch.errors == {("post", "it does not let us in: see the user and the password"): 1}
    assert decided.rows()[1]["state"] == "planned"
    with pytest.raises(ConfigError, match="holds a password"):
        _ = company(tmp_path, receiver, url="smtp://care:hunter2@127.0.0.1").project


@pytest.mark.parametrize(
    "other",
    [
        {"sender": "nobody"},
        {"sender": "a@b.example, c@d.example"},
        {"url": "http://127.0.0.1"},
        {"url": "smtp://"},
        {"url": "smtp://host:99999"},
        {"addresses": "nowhere.csv"},
        {"url": "smtp://me:${NOT_SET}@host"},
    ],
)
def test_what_is_incomplete_is_refused_before_anything_is_sent(tmp_path: Path, other: dict[str, Any]) -> None:
    with smtp_receiver() as receiver, pytest.raises(ConfigError) as refused:
        company(tmp_path, receiver, **other).decide([written(1)]).send()
    assert refused.value.do
    assert receiver.connections == 0


def test_without_encryption_only_this_machine_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.outbox.mail.is_loopback", lambda _: False)
    with smtp_receiver() as receiver:
        decided = company(tmp_path, receiver).decide([written(1)])
        assert decided.send().errors == {("post", "it offers no encryption (STARTTLS)"): 1}
        assert receiver.mails == []
        decided.settings = company(tmp_path, receiver, allow_plain=True).settings
        assert decided.send().states["sent"] == 1


def test_where_encryption_is_offered_it_is_used_and_checked(tmp_path: Path) -> None:
    certificate, context = self_signed(tmp_path)
    with smtp_receiver("STARTTLS") as receiver:
        receiver.context = context
        decided = company(tmp_path, receiver).decide([written(1)])
        refused = decided.send().errors
        assert refused == {("post", "its certificate is not trusted (self-signed certificate)"): 1}
        assert receiver.mails == []
        decided.settings = company(tmp_path, receiver, ca_file=str(certificate)).settings
        assert decided.send().states["sent"] == 1
    assert receiver.encrypted >= 1


def test_a_server_that_is_down_keeps_mails_planned(tmp_path: Path) -> None:
    with smtp_receiver() as receiver:
        pass
    decided = company(tmp_path, receiver, "outbox.patience_s=0").decide([written(1), written(2)])
    assert decided.send().left == 2
    assert sorted(row["attempts"] for row in decided.rows()) == [0, 1]


def test_a_subject_is_one_line_and_not_endless() -> None:
    assert in_one_line("a\u2028b\x00c\x85d" + "e" * 500) == "a b c d" + "e" * 143
