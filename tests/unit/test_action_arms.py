"""The experiments of playbooks: how they are made of the configuration, and what is seen of what was done."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace

import duckdb
import pandas as pd
import pytest
from acting_companies import MONDAY, SETTINGS, Company, read_books

from evaluation.model.bootstrap import Interval
from pipelines.actions.arms import every_plan, on_playbook
from pipelines.actions.experiments import is_settled
from pipelines.actions.experiments_outcomes import outcomes, over
from pipelines.config_experiments import ExperimentPlan
from pipelines.errors import ConfigError
from pipelines.warehouse.actions import create

DAY, END = datetime(2026, 1, 1), datetime(2026, 3, 2)
BANDS = ["high", "medium", "low"]


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    return read_books(tmp_path_factory.mktemp("playbooks"))


def plan(**changes):
    given = {
        "playbook": "ring",
        "title": {"en": "Ring", "zh": "致电"},
        "bands": ["high"],
        "starts_on": date(2026, 1, 1),
    }
    return ExperimentPlan(**(given | changes))


def test_each_playbook_has_an_experiment_of_its_own_beside_the_planned_ones(books):
    plans = every_plan({"spring": plan(size=100)}, books[1], BANDS, 0.2, 45)

    assert list(on_playbook(plans, "ring")) == ["spring", "ring"]
    assert (plans["write"].control_share, plans["write"].window_days, plans["write"].bands) == (0.2, 45, BANDS)
    assert plans["write"].is_standing
    assert plans["write"].title == {"en": "Write", "zh": "邮件"}
    assert list(every_plan({"spring": plan(size=100)}, books[1], BANDS, 0.0, 45)) == ["spring"]


@pytest.mark.parametrize(
    ("name", "playbook", "message"),
    [("spring", "rign", "which is no playbook"), ("write", "ring", "bears the name of a playbook")],
)
def test_a_plan_for_no_playbook_or_with_the_name_of_one_is_refused(books, name, playbook, message):
    with pytest.raises(ConfigError, match=message):
        every_plan({name: plan(playbook=playbook)}, books[1], BANDS, 0.2, 45)


def test_the_control_share_of_a_playbook_holds_within_each_band(books):
    everyone = {"owners_a_day": {}, "channels_a_day": {}, "budget": None, "control_share": 0.25}
    company = Company(books, SETTINGS.model_copy(update=everyone)).morning(MONDAY)
    company.decide(MONDAY)

    counts = (
        company.table("experiment_assignments")
        .groupby(["experiment", "stratum"])["arm"]
        .agg(["size", lambda arms: (arms == "control").sum()])
    )
    assert len(counts) >= 4
    for size, held in counts.to_numpy():
        assert abs(held - size / 4) < 2


def test_what_is_held_back_takes_no_room_of_later_decisions(books):
    company = Company(books, SETTINGS.model_copy(update={"control_share": 0.9})).morning(MONDAY)
    first = company.decide(MONDAY).actions
    later = MONDAY + timedelta(days=1)
    company.morning(later).decide(later)
    rings = company.table("planned_actions").query("playbook == 'ring'")

    held = (first.query("playbook == 'ring'")["arm"] == "control").sum()
    assert held > 0
    assert len(rings) > SETTINGS.channels_a_day["phone"] * 5, "more than would fit if controls took room"
    assert rings.query("arm != 'control'").groupby("planned_for").size().max() <= SETTINGS.channels_a_day["phone"]


def acted(rows):
    """A warehouse in which actions have come to states."""
    connection = duckdb.connect()
    create(connection)
    for customer, playbook, arm, state, cost, planned_for in rows:
        connection.execute(
            "INSERT INTO actions.planned_actions (customer_id, playbook, as_of, planned_for, arm, state, cost) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [customer, playbook, DAY, planned_for, arm, state, cost],
        )
    return connection


def test_who_was_reached_and_what_it_cost_is_read_from_what_became_of_the_actions():
    day, late = date(2026, 1, 3), date(2026, 3, 2)
    connection = acted(
        [
            ("sent", "ring", "treated", "sent", 5.0, day),
            ("twice", "ring", "treated", "delivered", 5.0, day),
            ("twice", "ring", "treated", "failed", 5.0, day),
            ("failed", "ring", "treated", "failed", 5.0, day),
            ("expired", "ring", "treated", "expired", 5.0, day),
            ("open", "ring", "treated", "planned", 5.0, day),
            ("late", "ring", "treated", "sent", 5.0, late),
            ("other", "write", "treated", "sent", 5.0, day),
            ("held", "ring", "control", "held_back", 5.0, day),
        ]
    )
    names = ["sent", "twice", "failed", "expired", "open", "late", "other", "held"]
    assigned = pd.DataFrame({"experiment": "ring", "customer_id": names, "arm": "treated", "assigned_at": DAY})
    assigned.loc[assigned["customer_id"] == "held", "arm"] = "control"
    nobody = pd.DataFrame({"customer_id": pd.Series(dtype=object), "cutoff": pd.Series(dtype="datetime64[us]")})

    found = outcomes(connection, plan(contact_cost=9.0), over(assigned, plan(), END), nobody, set(), "accepted")

    seen = found.set_index("customer_id").loc[names]
    assert seen["reached"].tolist() == [True, True, False, False, None, False, False, False]
    assert seen["cost"].tolist() == [5, 5, 0, 0, 5, 0, 0, 0]


@pytest.mark.parametrize(
    ("looks", "roi", "settled"),
    [
        ((-0.05, 0.09), None, False),
        ((0.01, 0.09), None, True),
        ((-0.09, -0.01), None, True),
        ((-0.01, 0.02), None, True),
        ((0.01, 0.09), (-0.5, 2.0), False),
        ((0.01, 0.09), (0.1, 2.0), True),
        ((-float("inf"), float("inf")), None, False),
    ],
)
def test_an_experiment_without_an_end_is_decided_by_what_holds_at_any_look(looks, roi, settled):
    told = Interval(sum(roi) / 2, *roi) if roi else None
    assert is_settled(SimpleNamespace(smallest_effect=0.02), looks, told) == settled


def test_the_lost_are_worth_what_they_were_when_last_scored_else_what_a_typical_customer_is(books):
    company = Company(books).morning(MONDAY)
    connection = company.connection
    connection.execute("UPDATE scores.churn_scores SET value = 100 + rowid")
    connection.execute(
        "INSERT INTO scores.churn_scores BY NAME SELECT 'gone' AS customer_id, as_of, '1' AS model_version, "
        "60 AS horizon_days, 0.5 AS probability, 'high' AS band, amount AS value "
        "FROM (VALUES (TIMESTAMP '2026-03-01', 7.0), (TIMESTAMP '2026-04-01', 8.0)) past(as_of, amount)"
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE signals AS FROM (VALUES ('gone'), ('unknown')) gone(customer_id)")
    from pipelines.actions.scene import set_scene
    from pipelines.warehouse.duckdb_file import backend

    scene = set_scene(backend(connection), connection, "signals", "lost", {}, {}, (MONDAY, "1"))

    rows = connection.execute(f"SELECT customer_id, _value, _band FROM {scene.name} ORDER BY ALL").fetchall()
    median = connection.execute("SELECT median(value) FROM scores.churn_scores WHERE as_of = ?", [MONDAY]).fetchone()[0]
    assert rows == [("gone", 8.0, "lost"), ("unknown", median, "lost")]
