"""Customers under an action: marked by contacts in their outcome window, kept out of teaching, not of the test."""

from datetime import datetime, timedelta

import ibis
import numpy as np
import pandas as pd
import pytest

from pipelines.actions.experiments import held_out
from pipelines.config import load_project
from pipelines.errors import ConfigError
from pipelines.panel import file_of
from pipelines.rows import labelled_rows
from training.labels.outcome import Window
from training.labels.treatment import treated

CUTOFFS = [datetime(2026, 1, 1), datetime(2026, 2, 1), datetime(2026, 3, 1), datetime(2026, 4, 1), datetime(2026, 6, 1)]
CALENDAR = {
    "flat": False,
    "cutoffs": [cutoff.isoformat() for cutoff in CUTOFFS],
    "test_cutoff": CUTOFFS[-1].isoformat(),
    "horizon_days": 30,
    "gap_days": 0,
}
CUSTOMERS = [f"c{number:02}" for number in range(40)]


def contacts(*rows):
    return {"interactions": ibis.memtable(pd.DataFrame(rows, columns=["customer_id", "happened_at", "kind"]))}


def test_contacts_of_the_chosen_kinds_inside_the_window_count():
    start, end, moment = CUTOFFS[0], CUTOFFS[0] + timedelta(days=30), timedelta(microseconds=1)
    tables = contacts(
        ("before", start - moment, "offer"),
        ("first", start, "offer"),
        ("last", end - moment, "visit"),
        ("last", end - 2 * moment, "visit"),
        ("after", end, "offer"),
        ("other", start, "inbound"),
    )

    found = treated(tables, CUTOFFS[:1], Window(30, 0, datetime(2027, 1, 1)), ["offer", "visit"]).execute()

    assert sorted(found["customer_id"]) == ["first", "last"]


@pytest.fixture
def panel(tmp_path):
    for cutoff in CUTOFFS:
        frame = pd.DataFrame({"customer_id": CUSTOMERS, "cutoff": cutoff, "orders__orders__30d": np.arange(40.0)})
        frame.to_parquet(tmp_path / file_of(cutoff), index=False)
    return tmp_path


@pytest.fixture
def labels():
    """Every second customer left; every fourth was under an action at every cutoff."""
    frames = [
        pd.DataFrame(
            {
                "customer_id": CUSTOMERS,
                "cutoff": cutoff,
                "churned": pd.array([place % 2 for place in range(40)], dtype="Int8"),
                "churned_at": [cutoff + timedelta(days=place % 30) if place % 2 else pd.NaT for place in range(40)],
                "settled_at": cutoff + timedelta(days=30),
                "treated": [place % 4 == 0 for place in range(40)],
            }
        )
        for cutoff in CUTOFFS
    ]
    return pd.concat(frames, ignore_index=True)


def test_treated_rows_are_left_out_of_teaching_alone(panel, labels):
    project = load_project("demo", ["train.treated=leave_out"])

    rows = labelled_rows(project, panel, labels, CALENDAR)

    taught, judged = (rows.examples.take(part) for part in (rows.split.train, rows.split.test))
    reached = set(CUSTOMERS[::4])
    assert not reached & set(taught.customer)
    assert set(judged.customer) == set(CUSTOMERS)
    days = rows.left_after_days[rows.split.test]
    assert np.isnan(days[judged.label == 0]).all()
    assert [int(day) for day in days[judged.label == 1]] == [place % 30 for place in range(1, 40, 2)]


def test_treated_rows_may_weigh_less(panel, labels):
    project = load_project("demo", ["train.treated=weigh_less", "train.treated_weight=0.25"])

    rows = labelled_rows(project, panel, labels, CALENDAR)

    taught = rows.examples.take(rows.split.train)
    weights = dict(zip(taught.customer, taught.weight, strict=True))
    assert (weights["c00"], weights["c01"]) == (0.25, 1.0)


def test_only_the_hold_out_and_what_was_known_before_it_may_teach(panel, labels):
    hold_out = {"share": 0.5, "since": "2026-03-03"}
    settings = [f"experiments.hold_out_{name}={value}" for name, value in hold_out.items()]
    project = load_project("demo", ["train.treated=hold_out_only", *settings])

    rows = labelled_rows(project, panel, labels, CALENDAR)

    taught, judged = (rows.examples.take(part) for part in (rows.split.train, rows.split.test))
    alone = set(np.array(CUSTOMERS)[held_out(CUSTOMERS, 0.5)])
    before = taught.cutoff + np.timedelta64(30, "D") <= np.datetime64("2026-03-03")
    assert set(taught.customer[~before]) == alone
    assert set(taught.customer[before]) == set(CUSTOMERS) == set(judged.customer)
    assert 0 < len(alone) < len(CUSTOMERS)


def test_an_unknown_contact_is_refused():
    with pytest.raises(ConfigError, match="unknown contact 'flowers'"):
        load_project("demo", ["label.treated_by=[flowers]"])
