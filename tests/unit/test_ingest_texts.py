"""Texts become mood and subjects when their rows are taken in."""

import duckdb
import pytest

from features.text import SUBJECTS, read_text
from pipelines.ingest import ingest
from pipelines.ingest import texts as reader
from pipelines.ingest.mapping import Mapping

TICKETS = """ticket_id,customer_id,opened_at,text,sentiment
t1,a,2026-01-01,客服回复太慢，非常失望,
t2,a,2026-01-02,"Great, thank you",
t3,b,2026-01-03,,
t4,b,2026-01-04,"Great, thank you",-0.5
t5,b,2026-01-05,Far too expensive; we look at a competitor,
"""


@pytest.fixture
def tickets(tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "BATCH_TEXTS", 2)
    (tmp_path / "tickets.csv").write_text(TICKETS, encoding="utf-8")
    mapping = Mapping.model_validate({"tables": {"tickets": {"path": "tickets.csv", "columns": "same"}}})
    connection, told = duckdb.connect(), []
    ingest(mapping, tmp_path, connection, "loaded", progress=lambda text, share=None: told.append(text))
    columns = ", ".join(("ticket_id", "sentiment", *SUBJECTS))
    rows = connection.execute(f"SELECT {columns} FROM loaded.tickets").fetchall()
    return {row[0]: dict(zip(("sentiment", *SUBJECTS), row[1:], strict=True)) for row in rows}, told


def test_a_text_gives_mood_and_subjects(tickets):
    rows, _ = tickets
    assert rows["t1"]["sentiment"] == read_text("客服回复太慢，非常失望").sentiment == -1
    assert {name for name in SUBJECTS if rows["t1"][name]} == {"mentions_poor_service"}
    assert rows["t2"]["sentiment"] == 1
    assert {name for name in SUBJECTS if rows["t5"][name]} == {"mentions_price", "mentions_competitor"}


def test_no_text_says_nothing(tickets):
    assert set(tickets[0]["t3"].values()) == {None}


def test_what_the_source_brings_stays(tickets):
    assert tickets[0]["t4"]["sentiment"] == -0.5
    assert tickets[0]["t4"]["mentions_price"] is False


def test_equal_texts_are_read_once_in_batches(tickets):
    assert [text for text in tickets[1] if "texts read" in text] == ["tickets: 2 texts read", "tickets: 3 texts read"]
