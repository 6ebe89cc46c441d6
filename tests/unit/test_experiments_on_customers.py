"""Experiments on customers: who takes part, what is written down, what is measured, and what follows from it."""

from datetime import date, datetime, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.actions.experiments import assign_customers, eligible, held_out, is_over
from pipelines.actions.experiments_outcomes import outcomes, over
from pipelines.actions.experiments_results import results
from pipelines.config import load_project
from pipelines.config_experiments import ExperimentPlan
from pipelines.errors import ConfigError
from pipelines.warehouse import actions
from pipelines.warehouse import experiments as ledger

DAY = datetime(2026, 1, 1)


def plan(**changes):
    given = {
        "playbook": "call",
        "title": {"en": "Call", "zh": "致电"},
        "bands": ["high", "medium"],
        "control_share": 0.3,
        "starts_on": date(2026, 1, 1),
        "size": 4_000,
        "contact_cost": 2.0,
    }
    return ExperimentPlan(**(given | changes))


@pytest.fixture
def warehouse():
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA scores")
        yield connection


def keep(connection, table, rows):
    connection.register("_rows", rows)
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM _rows")


def scored(connection, number=400, day=DAY, band=None):
    rows = pd.DataFrame(
        {
            "customer_id": [f"c{place:05}" for place in range(number)],
            "as_of": day,
            "band": [band or ("high", "medium", "low")[place % 3] for place in range(number)],
            "probability": [0.1 + place % 7 / 20 for place in range(number)],
            "value": 100.0,
        }
    )
    keep(connection, "scores.churn_scores_current", rows)


def test_customers_keep_their_arm_when_bands_change_others_come_and_the_work_is_done_twice(warehouse):
    first = {}
    for number, band in ((200, None), (200, None), (200, "high"), (400, "medium")):
        scored(warehouse, number, band=band)
        found = assign_customers(warehouse, "spring", plan(), eligible(warehouse, "spring", plan(), 0.0))
        for row in found.itertuples():
            assert first.setdefault(row.customer_id, (row.arm, row.stratum)) == (row.arm, row.stratum)
        assert len(ledger.rows_of(warehouse, ledger.ASSIGNMENTS, "spring")) == len(first)

    assert len(first) == 400
    written = ledger.rows_of(warehouse, ledger.ASSIGNMENTS, "spring").set_index("customer_id")
    assert {customer: (row.arm, row.stratum) for customer, row in written.iterrows()} == first
    assert written.loc["c00000", "score_before"] == 0.1


def test_what_breaks_off_leaves_nothing_and_is_dealt_the_same_again(warehouse, monkeypatch):
    scored(warehouse)
    people = eligible(warehouse, "spring", plan(), 0.0)
    ledger.create(warehouse)
    real = ledger.add
    monkeypatch.setattr(ledger, "add", lambda *given: (real(*given), 1 / 0))

    with pytest.raises(ZeroDivisionError):
        assign_customers(warehouse, "spring", plan(), people)

    assert ledger.rows_of(warehouse, ledger.ASSIGNMENTS).empty
    monkeypatch.undo()
    once = assign_customers(warehouse, "spring", plan(), people)
    assert once["is_new"].all()


def test_only_its_bands_take_part_up_to_the_size_and_never_the_hold_out(warehouse):
    scored(warehouse, 3_000)
    people = eligible(warehouse, "spring", plan(), 0.2)

    found = assign_customers(warehouse, "spring", plan(size=500), people)
    again = assign_customers(warehouse, "spring", plan(size=500), people)

    assert set(people["band"]) == {"high", "medium"}
    assert not held_out(list(people["customer_id"]), 0.2).any()
    assert 0.15 < held_out([f"c{place:05}" for place in range(3_000)], 0.2).mean() < 0.25
    assert len(found) == 500
    assert set(again["customer_id"]) == set(found["customer_id"])
    assert not again["is_new"].any()


def test_newcomers_come_in_from_the_first_day_to_the_last(warehouse):
    tried = plan(size=None, starts_on=date(2026, 1, 2), ends_on=date(2026, 1, 4))
    taken = []
    for day in range(5):
        scored(warehouse, 30 * (day + 1), DAY + timedelta(days=day))
        taken.append(
            int(assign_customers(warehouse, "spring", tried, eligible(warehouse, "spring", tried, 0.0))["is_new"].sum())
        )

    assert taken == [0, 40, 20, 0, 0]


def test_who_had_the_action_of_late_is_no_newcomer(warehouse):
    scored(warehouse, 9, band="high")
    actions.create(warehouse)
    window = timedelta(days=plan().window_days)
    had = {
        "c00000": (DAY + timedelta(days=2), "treated", "planned"),
        "c00001": (DAY - window + timedelta(days=1), "treated", "sent"),
        "c00002": (DAY - window, "treated", "sent"),
        "c00003": (DAY, "control", "held_back"),
        "c00004": (DAY, "treated", "failed"),
    }
    for customer, (day, arm, state) in had.items():
        warehouse.execute(
            "INSERT INTO actions.planned_actions (action_id, customer_id, playbook, as_of, planned_for, arm, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [customer, customer, plan().playbook, DAY, day, arm, state],
        )
    everyone = warehouse.execute("FROM scores.churn_scores_current").df()

    dealt = assign_customers(warehouse, "spring", plan(), everyone)

    assert set(everyone["customer_id"]) - set(dealt["customer_id"]) == {"c00000", "c00001"}
    assert set(eligible(warehouse, "spring", plan(), 0.0)["customer_id"]) == set(dealt["customer_id"])


def test_outcomes_count_inside_the_window_alone(warehouse):
    warehouse.execute("CREATE SCHEMA accepted")
    end, moment = DAY + timedelta(days=60), timedelta(microseconds=1)
    orders = pd.DataFrame(
        [("a", DAY - moment, 1.0), ("a", DAY, 10.0), ("b", end - moment, 100.0), ("c", end, 1_000.0)],
        columns=["customer_id", "ordered_at", "amount"],
    )
    contacts = pd.DataFrame(
        [("a", DAY, "visit"), ("b", DAY, "campaign"), ("c", end, "visit"), ("d", DAY, "visit")],
        columns=["customer_id", "happened_at", "kind"],
    )
    keep(warehouse, "accepted.orders", orders)
    keep(warehouse, "accepted.interactions", contacts)
    assigned = pd.DataFrame({"experiment": "e", "customer_id": list("abcd"), "arm": ["treated"] * 3 + ["control"]})
    assigned["assigned_at"] = DAY
    left = pd.DataFrame({"customer_id": ["b"], "cutoff": [DAY]})
    tried = plan(reached_by=["visit"])

    finished = over(assigned, tried, end)
    found = outcomes(warehouse, tried, finished, left, {"orders", "interactions"}, "accepted").set_index("customer_id")

    assert over(assigned, tried, end - moment).empty
    assert found["retained"].tolist() == [True, False, True, True]
    assert found["repurchased"].tolist() == [True, True, False, False]
    assert found["revenue"].tolist() == [10, 100, 0, 0]
    assert found["reached"].tolist() == [True, False, False, False]
    assert found["cost"].tolist() == [2, 0, 0, 0]
    bare = outcomes(warehouse, plan(), finished, left, set(), "accepted")
    assert list(bare) == list(ledger.OUTCOMES.columns)
    assert bare["cost"].tolist() == [2, 2, 2, 0]
    assert bare["repurchased"].isna().all()


def played(lift, number=4_000, seed=0, cost=2.0):
    random = np.random.default_rng(seed)
    ids = [f"c{place:05}" for place in range(number)]
    assigned = pd.DataFrame({"experiment": "spring", "customer_id": ids, "arm": "treated", "stratum": "high"})
    assigned.loc[random.permutation(number)[: int(number * 0.3)], "arm"] = "control"
    assigned.loc[number // 2 :, "stratum"] = "medium"
    assigned["assigned_at"], assigned["value_before"] = DAY, 100.0
    assigned["score_before"] = random.beta(2, 6, number)
    treated = (assigned["arm"] == "treated").to_numpy()
    made = assigned[["experiment", "customer_id"]].assign(
        measured_until=DAY + timedelta(days=60),
        reached=treated,
        retained=random.random(number) < 1 - assigned["score_before"] + lift * treated,
        repurchased=None,
        revenue=float("nan"),
        cost=treated * cost,
    )
    return assigned, made


@pytest.mark.parametrize(
    ("lift", "changes", "decision", "word"),
    [
        (0.1, {}, "keep", "stay because of it, and it returns"),
        (-0.1, {}, "stop", "drives customers away"),
        (0.1, {"fixed_cost": 1e7}, "stop", "costs more than it keeps"),
        (0.0, {}, "change", "not shown to pay"),
        (0.1, {"size": 9_000}, "wait", "Not over"),
        (-0.2, {"size": 9_000}, "stop", "drives customers away"),
    ],
)
def test_the_decision_has_its_reason_in_both_languages(lift, changes, decision, word):
    shown = results(load_project("demo"), "spring", plan(**changes), *played(lift), datetime(2026, 4, 1))
    row = shown.decision.iloc[0]

    assert (row["decision"], row["month"]) == (decision, "2026-03")
    assert word in row["reason_en"]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in row["reason_zh"])
    overall = shown.effects.query("segment == 'all' and measure == 'retained'").iloc[0]
    assert overall["low"] < lift < overall["high"]
    assert overall["low_at_any_look"] < overall["low"]
    assert set(shown.effects["segment"]) == {"all", "high", "medium"}
    assert not shown.balance["is_large"].any()


def test_lost_customers_stop_any_reading():
    assigned, made = played(0.1)
    lost = assigned[(assigned["arm"] == "treated") & (assigned.index % 3 == 0)].index

    shown = results(load_project("demo"), "spring", plan(), assigned.drop(lost), made, datetime(2026, 4, 1))

    assert shown.decision.iloc[0]["decision"] == "wait"
    assert "Customers are missing from one arm" in shown.decision.iloc[0]["reason_en"]


def test_results_replace_those_before_at_once(warehouse):
    ledger.create(warehouse)
    shown = results(load_project("demo"), "spring", plan(), *played(0.1), datetime(2026, 4, 1))
    complete = shown.decision.reindex(columns=list(ledger.DECISIONS.columns))
    for _ in range(2):
        ledger.replace(warehouse, "spring", {ledger.DECISIONS: complete})

    assert len(ledger.rows_of(warehouse, ledger.DECISIONS)) == 1
    with pytest.raises(duckdb.Error):
        ledger.replace(warehouse, "spring", {ledger.DECISIONS: complete.drop(columns="reason_zh")})
    assert len(ledger.rows_of(warehouse, ledger.DECISIONS, "spring")) == 1


def test_an_experiment_is_over_when_all_its_outcomes_are_known():
    by_size, by_date = plan(size=200), plan(size=None, ends_on=date(2026, 3, 1))

    assert [is_over(by_size, 200, seen, DAY) for seen in (199, 200)] == [False, True]
    assert not is_over(by_size, 100, 100, DAY)
    assert [is_over(by_date, 50, 50, datetime(2026, month, 1)) for month in (2, 3)] == [False, True]
    assert not is_over(by_date, 0, 0, datetime(2026, 4, 1))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("experiments.plans.call_at_risk.control_share=1", "control_share"),
        ("experiments.plans.call_at_risk.ends_on=2026-12-01", "one of ends_on and size"),
        ("experiments.plans.call_at_risk.reached_by=[flowers]", "unknown contact 'flowers'"),
        ("experiments.hold_out_share=0.1", "needs hold_out_since"),
        ("train.treated=hold_out_only", "set experiments.hold_out_share"),
    ],
)
def test_a_plan_that_cannot_work_is_refused(setting, message):
    with pytest.raises(ConfigError, match=message):
        load_project("demo", [setting])
