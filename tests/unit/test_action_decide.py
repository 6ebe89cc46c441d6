"""Deciding again, later, after a crash or a move to another segment: nobody gets a message twice, nobody too many."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from acting_companies import CUSTOMERS, MONDAY, SETTINGS, Company, read_books

from pipelines.actions.experiments import held_out
from pipelines.config_act import ActSettings
from pipelines.errors import ConfigError

DAYS = 25


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    return read_books(tmp_path_factory.mktemp("playbooks"))


def days_of(company, count, seed=0):
    """Decide on every one of some days."""
    for day in range(count):
        instant = MONDAY + timedelta(days=day)
        company.morning(instant, seed).decide(instant)
    return company


@pytest.fixture(scope="module")
def month(books):
    return days_of(Company(books), DAYS)


def test_deciding_twice_changes_nothing(books):
    company = Company(books).morning(MONDAY)
    first = company.decide(MONDAY)
    assert first.alerts > 0
    assert len(first.actions) > 5
    before = company.table("planned_actions"), company.table("alerts")
    again = company.decide(MONDAY)
    assert (again.alerts, len(again.actions)) == (0, 0)
    for table, kept in zip(("planned_actions", "alerts"), before, strict=True):
        pd.testing.assert_frame_equal(company.table(table), kept)


@pytest.mark.parametrize("table", ["planned_actions", "alerts"])
def test_the_hold_out_is_neither_acted_on_nor_spoken_of(books, table):
    company = Company(books).morning(MONDAY)
    company.decide(MONDAY, hold_out_share=0.5)
    about = list(company.table(table)["customer_id"])
    assert len(about) > 2
    assert not held_out(about, 0.5).any()


def test_deciding_again_on_other_scores_gives_nobody_a_second_action(books):
    company = Company(books).morning(MONDAY)
    company.decide(MONDAY)
    company.morning(MONDAY, seed=9).decide(MONDAY)
    assert company.table("planned_actions")["customer_id"].is_unique


def test_a_crash_leaves_nothing_and_the_next_run_decides_the_same(books):
    whole = Company(books).morning(MONDAY)
    whole.decide(MONDAY)
    crashed = Company(books).morning(MONDAY)
    crashed.connection.begin()
    crashed.decide(MONDAY)
    crashed.connection.rollback()
    crashed.decide(MONDAY)
    pd.testing.assert_frame_equal(crashed.table("planned_actions"), whole.table("planned_actions"))


def test_nobody_gets_the_same_action_too_soon_whatever_segment_it_moves_to(month, books):
    _, playbooks = books
    for (_, name), days in month.table("planned_actions").groupby(["customer_id", "playbook"])["planned_for"]:
        gaps = days.sort_values().diff().dropna().dt.days
        assert (gaps >= playbooks[name].definition.again_after_days).all()


def test_fatigue_is_never_exceeded_in_any_window(month):
    actions = month.table("planned_actions")
    contacts = actions[(actions["channel"] != "internal") & (actions["arm"] != "control")]
    assert contacts.groupby("customer_id").size().max() > SETTINGS.most_contacts, "some are contacted over and over"
    for _, days in contacts.groupby("customer_id")["planned_for"]:
        for first in days:
            inside = (days >= first) & (days < first + pd.Timedelta(days=SETTINGS.contact_days))
            assert inside.sum() <= SETTINGS.most_contacts


def test_capacity_is_never_exceeded_and_quiet_days_are_quiet(month):
    actions = month.table("planned_actions")
    assert set(actions["planned_for"].dt.day_name()) <= {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}
    done = actions[actions["arm"] != "control"]
    for column, most in (("owner", SETTINGS.owners_a_day), ("channel", SETTINGS.channels_a_day)):
        for (name, _), count in done.groupby([column, "planned_for"]).size().items():
            assert count <= most.get(name, np.inf)


def test_the_budget_holds_over_every_window_that_was_planned(month):
    actions = month.table("planned_actions").query("arm != 'control'")
    for as_of in actions["as_of"].unique():
        end = as_of + pd.Timedelta(days=SETTINGS.plan_days)
        known = actions[
            (actions["as_of"] <= as_of) & (actions["planned_for"] >= as_of) & (actions["planned_for"] < end)
        ]
        assert known["cost"].sum() <= SETTINGS.budget + 1e-9


def test_an_arm_never_changes_and_the_control_gets_nothing(month):
    actions = month.table("planned_actions")
    assert actions.groupby(["customer_id", "playbook"])["arm"].nunique().max() == 1
    assert set(actions["arm"]) == {"control", "treated"}
    assert (actions["state"] == actions["arm"].map({"control": "held_back", "treated": "planned"})).all()


def test_alerts_come_once_in_the_cool_down_as_counted_by_hand(month, books):
    company, last, expected = Company(books), {}, 0
    for day in range(DAYS):
        instant = MONDAY + timedelta(days=day)
        company.morning(instant)
        tickets = company.connection.execute("FROM signals").df().set_index("customer_id")["tickets__tickets__30d"]
        for customer in tickets[tickets >= 3].index:
            if customer not in last or (instant - last[customer]).days >= 14:
                last[customer], expected = instant, expected + 1
    alerts = month.table("alerts")
    assert len(alerts) == expected
    assert alerts["alert_id"].is_unique
    assert set(alerts["escalated_to"]) == {"managers"}


def test_who_refused_is_not_contacted_and_a_missing_list_stops_everything(books, tmp_path):
    refusals = tmp_path / "refused.csv"
    names = [f"C{number:03d}" for number in range(CUSTOMERS)]
    refusals.write_text(
        "customer_id,channel\n" + "".join(f"{name},phone\n" for name in names) + "C001,\n", encoding="utf-8"
    )
    company = days_of(Company(books, SETTINGS.model_copy(update={"no_contact": refusals})), 4)
    actions = company.table("planned_actions")
    assert set(actions["channel"]) == {"email", "internal"}
    assert set(actions.loc[actions["customer_id"] == "C001", "channel"]) <= {"internal"}
    lost = Company(books, SETTINGS.model_copy(update={"no_contact": tmp_path / "lost.csv"})).morning(MONDAY)
    with pytest.raises(ConfigError, match="no file"):
        lost.decide(MONDAY)


def test_whom_contact_drives_away_is_left_alone_and_measured_effects_count(books):
    company = Company(books, SETTINGS.model_copy(update={"control_share": 0.0}))
    company.morning(MONDAY).connection.begin()
    company.decide(MONDAY)
    contacted = company.table("planned_actions").query("channel != 'internal'")["customer_id"].tolist()
    company.connection.rollback()
    from pipelines.warehouse.actions import create as create_actions

    create_actions(company.connection)
    company.connection.executemany("INSERT INTO actions.effects VALUES (?, '*', -0.01)", [[name] for name in contacted])
    company.decide(MONDAY)
    actions = company.table("planned_actions").query("channel != 'internal'")
    assert len(actions) > 0
    assert not set(actions["customer_id"]) & set(contacted)


def test_offers_that_were_made_already_count_as_contacts(books):
    company = Company(books).morning(MONDAY)
    offered = company.names[:40]
    rows = [[name, "offer", MONDAY - timedelta(days=days)] for name in offered for days in (1, 3)]
    company.connection.executemany(
        "INSERT INTO accepted.interactions VALUES (?, ?, ?, ?)", [[*row, row[-1]] for row in rows]
    )
    company.decide(MONDAY)
    contacts = company.table("planned_actions").query("channel != 'internal'")
    assert len(contacts) > 0
    assert not set(contacts["customer_id"]) & set(offered)


def test_what_is_learned_later_plays_no_part(books):
    company = Company(books).morning(MONDAY)
    company.connection.executemany(
        "INSERT INTO accepted.interactions VALUES (?, 'offer', ?, ?)",
        [[name, MONDAY - timedelta(days=1), MONDAY] for name in company.names for _ in range(2)],
    )
    company.decide(MONDAY)
    assert len(company.table("planned_actions").query("channel != 'internal'")) > 0


def test_messages_name_the_customer_and_why(month):
    row = month.table("planned_actions").query("playbook == 'ring' and message_en.str.contains('tickets')").iloc[0]
    assert row["message_en"].startswith(f"Ring Firm {row['customer_id']} by {row['due']:%Y-%m-%d}. ")
    assert "tickets in the last 30 days" in row["message_en"]
    assert "近 30 天提交" in row["message_zh"]


def test_tiers_are_shares_of_the_most_valuable(books):
    company = Company(books).morning(MONDAY)
    company.decide(MONDAY)
    rows = company.connection.execute("SELECT _tier, _value FROM _scene_customers ORDER BY _value DESC").fetchall()
    assert Counter(tier for tier, _ in rows) == {"platinum": 6, "gold": 12, "standard": 42}
    assert [tier for tier, _ in rows[:6]] == ["platinum"] * 6


def test_without_a_value_only_alerts_are_raised(books):
    company = Company(books).morning(MONDAY)
    company.connection.execute("UPDATE scores.churn_scores SET value = NULL")
    decision = company.decide(MONDAY)
    assert decision.alerts > 0
    assert len(decision.actions) == 0


def test_a_setting_that_allows_no_contact_is_refused():
    with pytest.raises(ValueError, match="most_contacts"):
        ActSettings.model_validate({**SETTINGS.model_dump(), "most_contacts": 0})
