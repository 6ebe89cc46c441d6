"""Messages to a receiver by HTTP that is slow, down, busy, broken or forgetful: each arrives once, or is listed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from pathlib import Path

import pytest
from outboxes import MONDAY, SECRET, Company, planned, webhook
from receivers import hang_up, http_receiver, self_signed, status
from servers import reserved_port

from pipelines.errors import ConfigError, Incomplete
from pipelines.outbox.ledger import Clock
from pipelines.outbox.webhook import Webhook, judged, secret_of, waiting


def test_a_message_is_signed_so_that_any_receiver_can_verify_it(tmp_path: Path) -> None:
    with http_receiver() as receiver:
        company = Company(tmp_path, webhook(receiver.url)).decide([planned(1, message_en='<b>"Ring" C001\n=cmd()')])
        assert company.send().states["delivered"] == 1
    (request,) = receiver.requests
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    expected = base64.b64encode(hmac.digest(SECRET.encode(), signed, hashlib.sha256)).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    assert request.headers["webhook-timestamp"] == str(int((company.time.now - datetime(1970, 1, 1)).total_seconds()))
    assert request.headers["idempotency-key"] == request.headers["webhook-id"] == f"demo-{1:016x}"
    data = json.loads(request.body)["data"]
    assert data["message"] == {"en": '<b>"Ring" C001\n=cmd()', "zh": "请致电公司1"}
    assert (data["customer_id"], data["due"], data["message_type"]) == ("C001", "2026-06-03", "text/plain")
    assert company.states() == {"C001": "delivered"}
    assert company.rows("SELECT state FROM actions.planned_actions") == [{"state": "delivered"}]


def three(company: Company) -> Company:
    return company.decide([planned(1), planned(2), planned(3)])


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param([hang_up], id="processed, but the connection closed"),
        pytest.param([status(500), hang_up, status(500)], id="500 and more"),
        pytest.param([status(503, "Retry-After: 7")], id="busy"),
        pytest.param([status(429, "Retry-After: Mon, 01 Jun 2026 08:00:30 GMT")], id="too many"),
        pytest.param([status(409), status(425)], id="still being processed"),
        pytest.param([lambda _: b"what?\r\n\r\n"], id="no HTTP"),
        pytest.param([lambda _: b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n"], id="headers without end"),
        pytest.param([lambda _: b"HTTP/1.1 204 No"], id="cut off"),
    ],
)
def test_everything_arrives_once_whatever_the_receiver_does(tmp_path: Path, trouble: list) -> None:
    with http_receiver(*trouble) as receiver:
        company = three(Company(tmp_path, webhook(receiver.url)))
        dispatch = company.send()
    assert dispatch.states["delivered"] == 3
    assert dispatch.left == 0
    assert sorted(receiver.kept) == [f"demo-{number:016x}" for number in (1, 2, 3)]
    assert len(receiver.requests) > 3 or trouble[0](receiver.requests[0]) == b"HTTP/1.1 204 No"
    assert len({each.body for each in receiver.requests}) == 3, "sent again, a message is the same to the byte"
    dispatch.raise_failures("demo")


def test_waits_grow_and_retry_after_is_respected(tmp_path: Path) -> None:
    with http_receiver(status(500), status(500), status(500), status(503, "Retry-After: 25")) as receiver:
        company = Company(tmp_path, webhook(receiver.url)).decide([planned(1)])
        company.send()
    assert company.time.waits == [2.0, 4.0, 8.0, 25.0]
    assert company.states() == {"C001": "delivered"}


def test_who_asks_to_wait_longer_than_our_patience_gets_it_in_the_next_run(tmp_path: Path) -> None:
    with http_receiver(status(429, "Retry-After: 3600")) as receiver:
        company = three(Company(tmp_path, webhook(receiver.url)))
        dispatch = company.send()
        assert (dispatch.left, len(receiver.requests), company.time.waits) == (3, 1, [])
        with pytest.raises(Incomplete, match=r"3 still to be sent.*crm: it answered 429"):
            dispatch.raise_failures("demo")
        assert company.send().left == 3
        company.time.sleep(3600)
        assert company.send().states["delivered"] == 3
    assert len(receiver.kept) == 3


def test_a_receiver_that_is_down_rests_and_no_message_is_worn_out_alone(tmp_path: Path) -> None:
    with reserved_port() as port:
        company = three(Company(tmp_path, (*webhook(f"http://127.0.0.1:{port}"), "outbox.attempts=5")))
        dispatch = company.send()
    assert dispatch.errors == {("crm", "it does not answer (ConnectionRefusedError)"): 5}
    assert company.time.waits == [2.0, 4.0, 8.0, 16.0]
    assert sorted(row["attempts"] for row in company.rows()) == [1, 2, 2]
    with http_receiver() as receiver:
        company.settings = (*webhook(receiver.url), "outbox.attempts=5")
        company.time.sleep(3600)
        assert company.send().states["delivered"] == 3


def test_a_message_that_is_never_taken_fails_and_is_listed(tmp_path: Path) -> None:
    with http_receiver(*[status(500)] * 3, status(422)) as receiver:
        company = Company(tmp_path, (*webhook(receiver.url), "outbox.attempts=3")).decide([planned(1)])
        dispatch = company.send()
        company.decide([planned(2)]).send()
    assert dispatch.states["failed"] == 1
    with pytest.raises(Incomplete, match=r"1 failed.*it answered 500 \(3 times\)"):
        dispatch.raise_failures("demo")
    first, second = company.rows()
    assert (first["state"], first["error"]) == ("failed", "it answered 500, at attempt 3")
    assert (second["state"], second["error"]) == ("failed", "it answered 422")


@pytest.mark.parametrize("code", [307, 401])
def test_where_address_or_rights_are_wrong_no_message_is_to_blame(tmp_path: Path, code: int) -> None:
    with http_receiver(status(code, "Location: http://127.0.0.1:1/elsewhere")) as receiver:
        company = three(Company(tmp_path, webhook(receiver.url)))
        dispatch = company.send()
        assert (len(receiver.requests), dispatch.left, dispatch.states["failed"]) == (1, 3, 0)
        assert [(row["state"], row["attempts"]) for row in company.rows()] == [("planned", 0)] * 3
        assert company.rows()[0]["error"] == f"it answered {code}"
        assert company.send().states["delivered"] == 3


@pytest.mark.parametrize(
    ("codes", "fate"),
    [
        ([200, 202, 204], "delivered"),
        ([300, 301, 308, 401, 403, 404, 405, 410], "closed"),
        ([400, 406, 413, 422, 451], "failed"),
        ([100, 409, 425, 500, 501, 507, 999], "again"),
        ([408, 429, 502, 503, 504], "down"),
    ],
)
def test_what_answers_mean(codes: list[int], fate: str) -> None:
    assert {judged(code, None, MONDAY).fate for code in codes} == {fate}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0), (" 12 ", 12), ("9" * 40, 604_800), ("-5", None), ("1.5", None), ("²", None), ("", None), (None, None)],
)
def test_retry_after_that_says_nothing_is_none(header: str | None, seconds: float | None) -> None:
    assert waiting(header, MONDAY) == seconds


def test_a_receiver_that_is_too_slow_is_cut_off_even_if_it_drips(tmp_path: Path) -> None:
    with http_receiver() as receiver:

        def silent(_):
            receiver.over.wait()

        def dripping(_):
            yield b"HTTP/1.1 204 X\r\nX: "
            while not receiver.over.wait(0.02):
                yield b"x"

        receiver.script = [silent, dripping]
        hurried = "outbox.time_limit_s=0.5", "outbox.attempts=2"
        company = Company(tmp_path, (*webhook(receiver.url), *hurried)).decide([planned(1)])
        dispatch = company.send()
        receiver.over.set()
    assert dispatch.errors == {("crm", "it does not answer (TimeoutError)"): 2}


def test_one_receiver_in_trouble_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    with http_receiver(status(503, "Retry-After: 3600")) as receiver:
        company = three(Company(tmp_path, webhook(receiver.url))).decide([planned(4, channel="visit")])
        assert company.send().states["sent"] == 1
    assert company.states() == {"C001": "planned", "C002": "planned", "C003": "planned", "C004": "sent"}


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("http://crm.example/in", {}),
        ("http://127.0.0.1.example/in", {}),
        ("ftp://127.0.0.1/in", {}),
        ("https://", {}),
        ("https://crm.example:99999/", {}),
        ("https://crm.example/a b", {}),
        ("https://me@crm.example/", {}),
        ("https://crm.example/", {"secret": "NOT_SET"}),
        ("https://crm.example/", {"ca_file": "nowhere.pem"}),
    ],
)
def test_what_is_unsafe_or_incomplete_is_refused_before_anything_is_sent(tmp_path: Path, url: str, other: dict) -> None:
    company = Company(tmp_path, webhook(url, **other)).decide([planned(1)])
    with pytest.raises(ConfigError) as refused:
        company.send()
    assert refused.value.allowed
    assert refused.value.do
    assert SECRET not in str(refused.value)


def test_a_plain_address_elsewhere_has_to_be_allowed(tmp_path: Path) -> None:
    settings = webhook("http://crm.example/in", allow_plain=True)
    project = Company(tmp_path, settings).project
    assert Webhook(project.outbox.transports[0], 1.0, Clock(), {"CRM_SECRET": SECRET}).name == "crm"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("whsec_" + base64.b64encode(b"k" * 32).decode(), b"k" * 32),
        ("k" * 24, b"k" * 24),
        ("k" * 23, None),
        ("whsec_" + base64.b64encode(b"k" * 20).decode(), None),
        ("whsec_?", None),
    ],
)
def test_secrets_are_long_enough(tmp_path: Path, text: str, secret: bytes | None) -> None:
    settings = Company(tmp_path, webhook("https://crm.example/")).project.outbox.transports[0]
    if secret is not None:
        assert secret_of(settings, {"CRM_SECRET": text}) == secret
        return
    with pytest.raises(ConfigError) as refused:
        secret_of(settings, {"CRM_SECRET": text})
    assert text not in str(refused.value)


def test_https_is_checked(tmp_path: Path) -> None:
    certificate, context = self_signed(tmp_path)
    with http_receiver(context=context) as receiver:
        company = Company(tmp_path, webhook(receiver.url)).decide([planned(1)])
        dispatch = company.send()
        assert [error for _, error in dispatch.errors] == ["its certificate is not trusted (self-signed certificate)"]
        assert receiver.requests == []
        company.settings = webhook(receiver.url, ca_file=str(certificate))
        assert company.send().states["delivered"] == 1
