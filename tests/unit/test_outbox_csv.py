"""Messages as files, one a day and owner: whole, safe in a spreadsheet, and no message in two of them."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from outboxes import Company, planned

from pipelines.erasure.files import erase_from_file
from pipelines.erasure.subject import Subject

TODAY = "2026-06-01"


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def files(company: Company) -> list[str]:
    folder = company.home / "outbox"
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_a_file_a_day_and_owner_holds_what_is_due(tmp_path: Path) -> None:
    company = Company(tmp_path).decide(
        [
            planned(1),
            planned(2, owner="support", channel="internal"),
            planned(3, planned_for=date(2026, 6, 2)),
            planned(4, channel="email", message_en="A &amp; B"),
        ]
    )
    assert company.send().states["sent"] == 3
    assert files(company) == [f"{TODAY}/sales.csv", f"{TODAY}/support.csv"]
    first, fourth = read(company.home / "outbox" / TODAY / "sales.csv")
    assert first == {
        "key": f"demo-{1:016x}",
        "customer_id": "C001",
        "playbook": "ring",
        "action": "call",
        "channel": "phone",
        "owner": "sales",
        "planned_for": TODAY,
        "due": "2026-06-03",
        "expected_value": "99.00",
        "message": "Ring Firm 1",
    }
    assert fourth["message"] == "A & B"
    assert company.send().states["sent"] == 0
    company.time.sleep(86_400)
    assert company.send().states["sent"] == 1
    assert files(company) == [f"{TODAY}/sales.csv", f"{TODAY}/support.csv", "2026-06-02/sales.csv"]


def test_the_zone_says_when_a_day_begins(tmp_path: Path) -> None:
    company = Company(tmp_path, ("outbox.zone=Asia/Shanghai", "outbox.language=zh"))
    company.decide([planned(1, planned_for=date(2026, 6, 2), due=date(2026, 6, 2))])
    company.time.sleep(7.9 * 3600)
    assert company.send().states == {}
    company.time.sleep(0.2 * 3600)
    assert company.send().states == {"sent": 1}
    assert read(company.home / "outbox" / "2026-06-02" / "sales.csv")[0]["message"] == "请致电公司1"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1+1", "'+1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("＝1+1", "'＝1+1"),
        ("-5", "-5"),
        ('a","b\n=c', 'a","b\n=c'),
        ("<script>", "<script>"),
    ],
)
def test_no_cell_is_a_formula_and_none_breaks_out(tmp_path: Path, value: str, cell: str) -> None:
    company = Company(tmp_path).decide([planned(1, customer_id=value, message_en=value), planned(2)])
    company.send()
    company.decide([planned(3)]).send()
    rows = read(company.home / "outbox" / TODAY / "sales.csv")
    assert [row["customer_id"] for row in rows] == [cell, "C002", "C003"]
    assert rows[0]["message"] == cell


@pytest.mark.parametrize("owner", ["../../up", "a/b", "..", "CON:"])
def test_an_owner_never_leads_out_of_the_folder(tmp_path: Path, owner: str) -> None:
    company = Company(tmp_path).decide([planned(1, owner=owner)])
    assert company.send().states["sent"] == 1
    (file,) = files(company)
    assert file.startswith(f"{TODAY}/")
    assert file.count("/") == 1


def test_a_sender_that_ended_before_marking_writes_no_message_twice(tmp_path: Path) -> None:
    company = Company(tmp_path).decide([planned(1), planned(2)])
    company.send()
    forget_marks(company)
    company.time.sleep(86_400)
    assert company.send().states["sent"] == 2
    assert files(company) == [f"{TODAY}/sales.csv"]
    assert len(read(company.home / "outbox" / TODAY / "sales.csv")) == 2


def forget_marks(company: Company) -> None:
    """As if the sender had been killed after the file was put in place."""
    with company.outbox().opened() as connection:
        connection.execute("UPDATE actions.outbox SET state = 'planned', lease_until = attempted_at, sent_at = NULL")
        connection.execute("UPDATE actions.planned_actions SET state = 'planned'")


def test_a_file_that_was_taken_away_begins_anew_without_what_it_held(tmp_path: Path) -> None:
    company = Company(tmp_path).decide([planned(1)])
    company.send()
    (company.home / "outbox" / TODAY / "sales.csv").unlink()
    company.decide([planned(2)]).send()
    assert [row["customer_id"] for row in read(company.home / "outbox" / TODAY / "sales.csv")] == ["C002"]


@pytest.mark.parametrize("content", [b"", b"other;head\n", b"\xff\xfe\x00k", b'key,customer_id\n"unclosed'])
def test_a_file_that_somebody_changed_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    company = Company(tmp_path, ("outbox.attempts=1",)).decide([planned(1), planned(2, owner="support")])
    place = company.home / "outbox" / TODAY / "sales.csv"
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    dispatch = company.send()
    assert place.read_bytes() == content
    assert company.states() == {"C001": "failed", "C002": "sent"}
    assert "sales.csv was changed by somebody else; move it away" in str(dispatch.errors)


def test_a_folder_that_cannot_be_written_keeps_messages_planned(tmp_path: Path) -> None:
    company = Company(tmp_path, ("outbox.patience_s=0",)).decide([planned(1)])
    company.home.mkdir()
    (company.home / "outbox").write_text("in the way")
    dispatch = company.send()
    assert (dispatch.left, company.states()) == (1, {"C001": "planned"})
    assert "the file of a day cannot be written" in str(dispatch.errors)


def test_whoever_is_forgotten_vanishes_from_the_files(tmp_path: Path) -> None:
    company = Company(tmp_path).decide([planned(1, customer_id="C000001"), planned(2, customer_id="C000002")])
    company.send()
    file = company.home / "outbox" / TODAY / "sales.csv"
    assert erase_from_file(file, Subject(frozenset({"C000001"}))) == 1
    assert [row["customer_id"] for row in read(file)] == ["C000002"]
    company.decide([planned(3)]).send()
    assert [row["customer_id"] for row in read(file)] == ["C000002", "C003"]
