"""Which alerts are told: few, the gravest first, each customer in one line; and what rules have proven before."""

from collections import defaultdict
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from acting_companies import KNOWN, MONDAY, SETTINGS, Company, read_books

from evaluation.action.rule_backtest import Outcomes, record_alerts
from pipelines.act_job import ActJob
from pipelines.actions.digest import digests, newest_alert
from pipelines.actions.firing import SEVERITY, choose_alerts
from pipelines.actions.proven import keep_lifts, read_lifts
from pipelines.actions.rulebook import load_rules

NODE = "three_days_after_complaint"


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    rules = load_rules(KNOWN)
    _, playbooks = read_books(tmp_path_factory.mktemp("playbooks"))
    names = ["many_tickets", "slow_first_response", "unresolved_for_two_days", "past_due", NODE]
    return {name: rules[name] for name in names}, playbooks


class Troubled(Company):
    """A company with several signals, drawn anew for each instant."""

    def morning(self, instant, seed=0):
        super().morning(instant, seed)
        drawn = np.random.default_rng([7, seed, instant.toordinal()])
        for name, height in (
            ("tickets__first_response_minutes__90d", 20),
            ("tickets__oldest_open_days__ever", 2),
            ("payments__days_past_due__ever", 20),
            ("tickets__days_since_complaint__ever", 9),
        ):
            column = pd.DataFrame({"value": drawn.exponential(height, len(self.names))})
            self.connection.register("column_of", column)
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE signals AS SELECT signals.*, value AS {name} "
                "FROM signals POSITIONAL JOIN column_of"
            )
        return self


def most(number, **changes):
    return SETTINGS.model_copy(update={"alerts_a_week": number, **changes})


def by_hand(company, decision_scene, rules, lifts, number):
    """Customers that each owner is told of: sort all by what they weigh, take the first."""
    rows = company.connection.execute(f"FROM {decision_scene}").df().set_index("customer_id")
    stakes = rows["_probability"] * rows["_value"]
    priority = defaultdict(lambda: defaultdict(float))
    for name, rule in rules.items():
        weight, mine = SEVERITY[rule.definition.severity] * lifts.get(name, 1.0), priority[rule.definition.owner]
        for customer in rows.index[rows[f"_fires_{name}"]]:
            mine[customer] = max(mine[customer], weight * stakes[customer])
    return {
        (owner, customer)
        for owner, found in priority.items()
        for customer in sorted(found, key=lambda each, found=found: (-found[each], each))[:number]
    }


@pytest.mark.parametrize("lifts", [{}, {"past_due": 9.0, "slow_first_response": 0.0}])
def test_an_owner_is_told_of_the_customers_with_most_at_stake(books, lifts):
    company = Troubled(books, most(5)).morning(MONDAY)
    company.lifts = lifts
    decision = company.decide(MONDAY)

    alerts = company.table("alerts")
    expected = by_hand(company, "_scene_customers", books[0], lifts, 5)
    assert {*zip(alerts["owner"], alerts["customer_id"], strict=True)} == expected
    assert alerts.groupby("owner")["customer_id"].nunique().max() == 5
    everything = Troubled(books, most(None)).morning(MONDAY).decide(MONDAY)
    assert decision.alerts + decision.untold == everything.alerts
    assert everything.untold == 0


def test_no_week_has_more_customers_an_owner_than_agreed_and_deciding_twice_tells_nothing_new(books):
    company = Troubled(books, most(4))
    for day in (0, 3, 6, 7):
        instant = MONDAY + timedelta(days=day)
        company.morning(instant)
        company.decide(instant)
        assert company.decide(instant).alerts == 0

    alerts = company.table("alerts")
    assert alerts["fired_as_of"].nunique() > 1
    for _, mine in alerts.groupby("owner"):
        for first in mine["fired_as_of"].unique():
            week = mine[(mine["fired_as_of"] >= first) & (mine["fired_as_of"] < first + np.timedelta64(7, "D"))]
            assert week["customer_id"].nunique() <= 4


@pytest.mark.parametrize(("answered", "count"), [(True, 0), (False, 1)])
def test_a_node_of_life_is_an_alert_only_where_no_playbook_answers_to_it(books, answered, count):
    rules, _ = books
    ask = SimpleNamespace(definition=SimpleNamespace(who=SimpleNamespace(rules=[NODE])))
    company = Troubled(books, most(None)).morning(MONDAY)
    company.decide(MONDAY)
    company.connection.execute("DELETE FROM actions.alerts")
    around = SimpleNamespace(instant=MONDAY, settings=most(None), lifts={})
    scene = SimpleNamespace(name="_scene_customers", audience="customers", rules=rules)
    choose_alerts(company.connection, [scene], [ask] if answered else [], around)
    told = company.connection.execute("SELECT count(DISTINCT rule) FROM _due WHERE rule = ?", [NODE]).fetchone()[0]
    assert told == count


def test_act_warns_of_rules_that_fire_for_nearly_everyone():
    job = SimpleNamespace(project=SimpleNamespace(act=SimpleNamespace(noisy_share=0.3)))
    firing = {"quiet": 0.29, "loud": 0.61, "louder": 0.7}
    (warning,) = ActJob.warnings(job, SimpleNamespace(firing=firing, choice=None))
    assert "louder 70%, loud 61%" in warning
    assert "churnlab rules test louder" in warning
    assert "quiet" not in warning


def test_a_customer_is_one_line_with_the_gravest_first(books):
    company = Troubled(books, most(None)).morning(MONDAY)
    company.connection.execute(
        "CREATE OR REPLACE VIEW scores.churn_scores_current AS SELECT * REPLACE (probability * value AS value_at_risk) "
        "FROM scores.churn_scores"
    )
    company.decide(MONDAY)
    connection = company.connection

    told = digests(connection, "accepted", None, "en", 1_000)

    alerts = company.table("alerts")
    assert newest_alert(connection) == MONDAY
    assert [each.customer_id for each in told] == list(dict.fromkeys(each.customer_id for each in told))
    assert {each.customer_id for each in told} == set(alerts["customer_id"])
    assert sum(len(each.sentences) for each in told) == len(alerts)
    stakes = [each.value_at_risk for each in told]
    assert stakes == sorted(stakes, reverse=True)
    several = next(each for each in told if len(each.owners) > 1)
    mine = alerts[alerts["customer_id"] == several.customer_id]
    gravest = min(mine["severity"], key=["high", "medium", "low"].index)
    assert several.severity == gravest
    assert several.sentences[0] in set(mine.loc[mine["severity"] == gravest, "sentence_en"])
    assert several.name == f"Firm {several.customer_id}"
    only = digests(connection, "accepted", "finance", "zh", 3)
    assert len(only) == 3
    assert all("finance" in each.owners for each in only)
    connection.execute("UPDATE actions.alerts SET state = 'done'")
    assert digests(connection, "accepted", None, "en", 5) == []


def test_what_a_rule_has_proven_counts_until_the_rule_is_changed(books, tmp_path):
    rules, _ = books
    customers = np.array([f"c{number}" for number in range(200)], dtype=object)
    left = np.arange(200) < 40
    outcomes = Outcomes(
        customers,
        np.full(200, np.datetime64("2026-01-01", "us")),
        left,
        np.where(left, np.datetime64("2026-01-20", "us"), np.datetime64("NaT", "us")),
    )
    good = record_alerts(outcomes, np.arange(200) < 40, 30)
    few = record_alerts(outcomes, np.arange(200) < 4, 30)

    assert read_lifts(tmp_path, rules) == {}
    keep_lifts(tmp_path, rules, {"many_tickets": good, "past_due": few})
    keep_lifts(tmp_path, rules, {"past_due": few})

    assert read_lifts(tmp_path, rules) == {"many_tickets": pytest.approx(5.0)}
    rule = rules["many_tickets"]
    changed = SimpleNamespace(
        condition=rule.condition, definition=rule.definition.model_copy(update={"threshold": 4.0})
    )
    assert read_lifts(tmp_path, {"many_tickets": changed}) == {}
