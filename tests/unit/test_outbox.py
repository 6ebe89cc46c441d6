"""Who gets into the outbox, when a message leaves, and that two senders, crashes and changes never make two of one."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
from outboxes import Company, planned

from pipelines.erasure import tables
from pipelines.erasure.subject import Subject
from pipelines.errors import Busy, ConfigError, ConnectionFailed, NotReady
from pipelines.lock import workspace_lock
from pipelines.outbox import ledger
from pipelines.outbox.run import send_due
from pipelines.warehouse.outbox import Route

REST = Route("csv", (), is_rest=True)
MAIL = Route("post", ("email",), is_repeatable=False)


def test_what_is_held_back_never_gets_in(tmp_path: Path) -> None:
    company = Company(tmp_path).decide(
        [
            planned(1),
            planned(2, arm="control", state="held_back"),
            planned(3, arm="control"),
            planned(4, state="held_back"),
        ]
    )
    assert company.send().states == {"sent": 1}
    assert company.states() == {"C001": "sent"}
    held = company.rows("SELECT customer_id, state FROM actions.planned_actions WHERE customer_id <> 'C001' ORDER BY 1")
    assert [row["state"] for row in held] == ["held_back", "planned", "held_back"]


def test_who_becomes_a_control_after_being_taken_up_is_not_sent_to(tmp_path: Path) -> None:
    company = Company(tmp_path).decide([planned(1), planned(2)])
    outbox = company.outbox()
    assert outbox.tidy() == 2
    with outbox.opened() as connection:
        connection.execute("UPDATE actions.planned_actions SET arm = 'control' WHERE customer_id = 'C001'")
    assert [each.customer_id for each in outbox.claim(REST, 9)] == ["C002"]


def test_decided_twice_is_sent_once(tmp_path: Path) -> None:
    company = Company(tmp_path).decide([planned(1)])
    company.send()
    moved = planned(1, as_of=company.time.now + timedelta(days=1), owner="support", planned_for=date(2026, 6, 2))
    company.decide([moved]).time.sleep(86_400)
    assert company.send().states == {}
    assert len(company.rows()) == 1


def test_a_message_leaves_on_its_days_and_on_no_other(tmp_path: Path) -> None:
    company = Company(tmp_path).decide(
        [
            planned(1, planned_for=date(2026, 5, 29), due=date(2026, 5, 31)),
            planned(2, planned_for=date(2026, 5, 29), due=date(2026, 6, 1)),
            planned(3, planned_for=date(2026, 6, 1), due=date(2026, 6, 1)),
            planned(4, planned_for=date(2026, 6, 2)),
        ]
    )
    assert company.send().states == {"sent": 2, "expired": 1}
    assert company.states() == {"C001": "expired", "C002": "sent", "C003": "sent", "C004": "planned"}
    assert company.rows()[0]["error"] == "its last day is over"


def test_two_senders_at_once_never_get_the_same_message(tmp_path: Path) -> None:
    company = Company(tmp_path, is_on_disk=True).decide(planned(number) for number in range(10))
    first, second = company.outbox(), company.outbox()
    claimed = [first.claim(REST, 4), second.claim(REST, 4), first.claim(REST, 4), second.claim(REST, 4)]
    keys = [each.key for several in claimed for each in several]
    assert [len(several) for several in claimed] == [4, 4, 2, 0]
    assert len(set(keys)) == 10
    company.time.sleep(15 * 60)
    assert {each.key for each in second.claim(REST, None)} == set(keys)


def test_the_command_waits_for_who_writes_to_the_workspace(tmp_path: Path) -> None:
    company = Company(tmp_path, is_on_disk=True).decide([planned(1)])
    caught: list[BaseException] = []

    def second() -> None:
        try:
            send_due(company.project)
        except Busy as error:
            caught.append(error)

    with workspace_lock(company.home, "score"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert "churnlab score" in str(caught[0])


def test_the_most_valuable_leave_first_and_a_limit_is_kept(tmp_path: Path) -> None:
    company = Company(tmp_path).decide(planned(number, expected_value=float(number)) for number in range(1, 6))
    dispatch = company.send(limit=2)
    assert company.states() == {"C001": "planned", "C002": "planned", "C003": "planned", "C004": "sent", "C005": "sent"}
    dispatch.raise_failures("demo")


def test_one_channel_alone(tmp_path: Path) -> None:
    company = Company(tmp_path).decide([planned(1), planned(2, channel="visit")])
    company.send(channel="visit")
    assert company.states() == {"C001": "planned", "C002": "sent"}


def test_what_is_left_to_a_connector_waits_for_it(tmp_path: Path) -> None:
    company = Company(tmp_path, ("outbox.routes={visit: connector}",)).decide([planned(1), planned(2, channel="visit")])
    assert company.send().states == {"sent": 1}
    assert company.send(channel="visit").states == {}
    (message,) = company.outbox().claim(Route("crm", ("visit",)), 9)
    assert message.customer_id == "C002"


def test_who_has_refused_since_is_not_sent_to(tmp_path: Path) -> None:
    refusals = tmp_path / "refused.csv"
    company = Company(tmp_path, (f"act.no_contact={refusals}",)).decide(
        [planned(1), planned(2), planned(3), planned(4, channel="internal")]
    )
    with pytest.raises(ConfigError, match="no file"):
        company.send()
    refusals.write_text("customer_id,channel\n C001 ,\nC002,email\nC003,phone\nC004,\n")
    assert company.send().states == {"sent": 2, "expired": 2}
    assert company.states() == {"C001": "expired", "C002": "sent", "C003": "expired", "C004": "sent"}
    assert company.rows()[0]["error"] == "the customer does not want to be contacted"


def test_whoever_is_erased_vanishes_even_while_a_message_is_out(tmp_path: Path) -> None:
    company = Company(tmp_path, is_on_disk=True).decide(
        [planned(1, customer_id="C000001"), planned(2, customer_id="C000002")]
    )
    outbox = company.outbox()
    messages = outbox.claim(REST, 9)
    found = tables.erase(company.home / "warehouse.duckdb", Subject(frozenset({"C000001"})))
    assert found.rows == {"actions.outbox": 1, "actions.planned_actions": 1}
    assert outbox.mark_sent([each.key for each in messages]) == 1
    assert company.states() == {"C000002": "sent"}


def test_what_was_routed_to_another_way_since_it_was_tried_is_in_doubt(tmp_path: Path) -> None:
    company = Company(tmp_path).decide([planned(1, channel="email"), planned(2, channel="email")])
    first = company.outbox()
    tried, untried = first.claim(Route("crm", ("email",)), 2)
    first.postpone(tried.key, 5, "it answered 500")
    first.release([untried.key])
    company.time.sleep(60)
    assert [each.key for each in company.outbox().claim(MAIL, 9)] == [untried.key]
    row = company.rows()[0]
    assert (row["state"], row["error"]) == (
        "failed",
        "it may have arrived by another transport, to which it was routed before",
    )
    assert company.outbox().retry([tried.key]) == 1
    assert [each.key for each in company.outbox().claim(MAIL, 9)] == [tried.key]


def test_what_becomes_of_a_message_is_kept_with_its_action(tmp_path: Path) -> None:
    company = Company(tmp_path).decide(planned(number) for number in range(1, 5))
    outbox = company.outbox()
    keys = sorted(each.key for each in outbox.claim(REST, 9))
    outbox.mark_sent(keys[:2])
    outbox.mark_failed([keys[2]], "no")
    outbox.mark_delivered([keys[0], keys[3]])
    query = "SELECT customer_id, state FROM actions.planned_actions ORDER BY 1"
    assert {row["customer_id"]: row["state"] for row in company.rows(query)} == company.states()
    assert list(company.states().values()) == ["delivered", "sent", "failed", "delivered"]
    assert (outbox.mark_sent(keys), outbox.mark_delivered([keys[0]]), outbox.retry(keys)) == (1, 0, 0)


def test_without_a_decision_there_is_nothing_to_send(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="Nothing was decided"):
        Company(tmp_path, is_on_disk=True).send()
    assert not (tmp_path / "demo" / "warehouse.duckdb").exists()


def test_a_reader_of_the_warehouse_does_not_lose_what_was_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once something may have been sent, opening the warehouse is tried again and again."""
    company = Company(tmp_path, is_on_disk=True).decide([planned(1)])
    outbox = company.outbox()
    (message,) = outbox.claim(REST, 1)
    opened, refusals = ledger.warehouse, iter([True, True, False])

    def warehouse(home: Path):
        if next(refusals, False):
            raise ConnectionFailed("in use by another process")
        return opened(home)

    monkeypatch.setattr(ledger, "warehouse", warehouse)
    assert outbox.mark_sent([message.key]) == 1
    assert company.time.waits == [5.0, 5.0]
