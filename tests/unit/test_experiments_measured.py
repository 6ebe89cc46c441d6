"""Who counts as gone at the end of an experiment's window: customers by the label, the lost by being back or not."""

from datetime import datetime, timedelta

import duckdb
import ibis
import pandas as pd
import pytest

from pipelines.commands import experiments_measured as measured
from training.labels.inactivity import Inactivity

DAY, WEEK_LATER = datetime(2026, 1, 1), datetime(2026, 1, 8)
TODAY = datetime(2026, 4, 1)
ORDERS = [
    ("stays", "2025-12-20"),
    ("stays", "2026-01-10"),
    ("leaves", "2025-12-20"),
    ("back", "2026-02-20"),
    ("back and gone", "2026-01-05"),
    ("late", "2026-03-03"),
    ("back later", "2026-03-05"),
]


@pytest.fixture
def known(monkeypatch):
    connection = duckdb.connect()
    rows = pd.DataFrame(ORDERS, columns=["customer_id", "ordered_at"])
    rows["ordered_at"] = rows["known_at"] = pd.to_datetime(rows["ordered_at"]).astype("datetime64[us]")
    engine = ibis.duckdb.from_connection(connection)
    tables = {"orders": engine.create_table("orders", rows)}
    monkeypatch.setattr(measured, "_known", lambda *given: (tables, [Inactivity("orders", 30)]))
    return connection


def finished(rows):
    found = pd.DataFrame(rows, columns=["customer_id", "assigned_at"])
    return found.assign(measured_until=found["assigned_at"] + timedelta(days=60))


def test_a_customer_left_who_was_silent_all_the_window(known):
    gone = measured._left(known, None, finished([("stays", DAY), ("leaves", DAY)]), {}, TODAY)

    assert gone.to_numpy().tolist() == [["leaves", pd.Timestamp(DAY)]]


def test_a_lost_customer_is_gone_unless_it_is_one_again_when_the_window_ends(known):
    people = [("back", DAY), ("back and gone", DAY), ("never", DAY), ("late", DAY), ("back later", WEEK_LATER)]

    gone = measured._not_back(known, None, finished(people), {}, TODAY)

    assert list(gone["customer_id"]) == ["back and gone", "never", "late"]
    assert set(gone["cutoff"]) == {pd.Timestamp(DAY)}
