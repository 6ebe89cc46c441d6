"""The figures of a review are those that one counts by hand in a small company."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest
from reviews import END, RUNS, copied, measure_experiment, reviewed, scored_at, worth

from pipelines.errors import ConfigError
from pipelines.review.month import Month
from pipelines.review.page import read
from pipelines.review.scene import LEFT, opened
from pipelines.warehouse.duckdb_file import warehouse

OCTOBER = Month(date(2026, 10, 1), "UTC")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return reviewed(tmp_path_factory.mktemp("review"))


@pytest.fixture(scope="module")
def found(project):
    return read(project, OCTOBER)


def test_customers_of_the_month_as_counted_by_hand(found):
    row = found.base.month
    counted = [row[f"customers_{name}"] for name in ("opening", "new", "returned", "lost", "closing")]
    assert counted == [35, 2, 1, 3, 35]
    assert counted[0] + counted[1] + counted[2] - counted[3] == counted[4]


def test_rates_of_the_month_and_of_the_month_before(found):
    assert found.base.rate("churn_rate", "2026-10")["value"] == pytest.approx(3 / 35)
    assert found.base.rate("churn_rate", "2026-09")["value"] == pytest.approx(1 / 36)
    assert found.base.rate("gross_revenue_churn_rate", "2026-10")["value"] == pytest.approx(3 / 35)
    assert found.base.rate("net_revenue_churn_rate", "2026-10")["value"] == pytest.approx(3 / 35)


def test_the_trend_holds_thirteen_months_and_ends_with_the_month(found):
    names = [row["period_name"] for row in found.base.trend]
    assert names[0] == "2025-10"
    assert names[-1] == "2026-10"
    assert len(names) == 13


def test_value_at_risk_is_that_of_the_newest_run_of_each_month(found):
    for stake, instant in ((found.base.now, END), (found.base.before, RUNS[1])):
        risks = scored_at(instant)
        assert stake.run.as_of == instant
        assert stake.value_at_risk == pytest.approx(sum(worth(name) * risk for name, risk in risks.items()))
        assert stake.high == sum(risk >= 0.15 for risk in risks.values())


def test_leavers_are_those_whom_the_measures_count(project):
    with opened(project, OCTOBER) as scene:
        left = scene.rows(f"SELECT customer_id FROM {LEFT} ORDER BY customer_id")
    assert [row["customer_id"] for row in left] == ["c00", "c01", "c02"]


def test_the_bands_of_the_leavers_so_many_days_before(found):
    """14 days before, c00 had the score of September (high), c01 and c02 those of 1 October (high and medium)."""
    told = {row["days"]: (row["scored"], row["high"], row["medium"], row["in_time"]) for row in found.ahead.found}
    assert told[14] == (3, 2, 1, 3)
    assert told[30] == (2, 1, 0, 2)
    assert told[60] == (0, 0, 0, 0)


def test_a_score_made_after_its_customer_left_is_not_in_time(project, tmp_path):
    project = copied(project, tmp_path)
    with warehouse(project.home) as connection:
        connection.execute("UPDATE scores.score_runs SET finished_at = TIMESTAMP '2026-10-20' WHERE run_id = 'run0901'")
    row = next(row for row in read(project, OCTOBER).ahead.found if row["days"] == 30)
    assert (row["scored"], row["in_time"]) == (2, 0)


def test_what_was_foretold_beside_what_came(found):
    """Within the 60 days after 1 September c00, c01, c02 and c03 left; c02 had no score."""
    risks = scored_at(RUNS[0])
    told = {row["band"]: row for row in found.ahead.foretold}
    assert found.ahead.run.as_of == RUNS[0]
    assert sum(row["expected"] for row in told.values()) == pytest.approx(sum(risks.values()))
    assert {name: row["came"] for name, row in told.items()} == {"high": 2, "low": 1}


def test_a_score_whose_window_is_not_over_is_no_test(found):
    assert found.ahead.run.as_of + found.ahead.reach <= END


def test_moves_between_bands_count_everybody_once(found):
    moved = {(row["band_from"], row["band_to"]): row["customers"] for row in found.changes.bands}
    before, now = scored_at(RUNS[1]), scored_at(END)
    assert sum(moved.values()) == len(set(before) | set(now))
    assert moved["high", "high"] == 1
    assert moved["high", None] == 2
    assert moved["low", "high"] == 1
    assert moved[None, "low"] == 3


def test_reasons_of_the_leavers(found):
    assert [(row["reason"], row["customers"], row["stated"]) for row in found.why.left] == [
        ("price", 2, 2),
        ("unknown", 1, 0),
    ]


def test_the_first_reasons_of_those_in_band_high(found):
    assert found.why.scores == [{"topic": "payments", "customers": 1}, {"topic": "usage", "customers": 1}]


def test_rules_that_fired_in_the_month_and_what_earlier_alerts_hit(found):
    assert [(row["rule"], row["alerts"]) for row in found.why.rules] == [("many_tickets", 2), ("own_rule", 1)]
    hit = found.ahead.hits["many_tickets"]
    assert (hit["alerts"], hit["came"]) == (2, 1)
    assert found.ahead.usual_rate == pytest.approx(4 / 36)


def test_the_list_is_in_the_order_of_value_at_risk(found):
    risks = scored_at(END)
    stakes = sorted((worth(name) * risk for name, risk in risks.items()), reverse=True)
    assert [row["value_at_risk"] for row in found.customers.listed] == pytest.approx(stakes[:20])
    assert [row["customer_id"] for row in found.customers.listed[:3]] == ["c07", "c05", "c06"]
    assert sum(row["value_at_risk"] for row in found.customers.gathered) == pytest.approx(sum(stakes))


def test_what_lies_ahead_for_a_customer_and_what_is_overdue(found):
    planned = {row["customer_id"]: (row["playbook"], row["is_overdue"]) for row in found.customers.listed}
    assert planned["c06"] == ("care_call", False)
    assert planned["c05"] == ("care_call", True)
    assert planned["c07"] == (None, None)
    assert "c06" not in {row["customer_id"] for row in found.customers.unplanned}


def test_actions_and_alerts_of_the_month(found):
    total, alerts = found.done.total, found.done.alerts
    assert (total["actions"], total["planned"], total["handled"], total["held_back"]) == (4, 2, 1, 1)
    assert (total["cost"], total["overdue"]) == (880.0, 1)
    assert (alerts["alerts"], alerts["open"], alerts["high"], alerts["high_open"]) == (3, 2, 2, 1)


def test_what_was_not_delivered_is_no_deed(project, tmp_path):
    other = copied(project, tmp_path)
    with warehouse(other.home) as connection:
        connection.execute("UPDATE actions.planned_actions SET state = 'failed' WHERE action_id = 'p3'")
        connection.execute("UPDATE actions.planned_actions SET state = 'delivered' WHERE action_id = 'p2'")
    total = read(other, OCTOBER).done.total
    assert (total["planned"], total["handled"], total["failed"], total["held_back"]) == (1, 1, 1, 1)


def test_the_outbox_is_read_where_there_is_one(project, tmp_path):
    project = copied(project, tmp_path)
    assert read(project, OCTOBER).done.left == []
    with warehouse(project.home) as connection:
        connection.execute("CREATE TABLE actions.outbox (action_id VARCHAR, state VARCHAR)")
        connection.execute("INSERT INTO actions.outbox VALUES ('p1', 'sent'), ('p3', 'failed'), ('p5', 'sent')")
    assert read(project, OCTOBER).done.left == [{"state": "failed", "actions": 1}, {"state": "sent", "actions": 1}]


def test_experiments_of_the_month_and_later_ones(project, tmp_path):
    project = copied(project, tmp_path)
    with warehouse(project.home) as connection:
        money = {"margin_kept": 900.0, "variable_cost": 100.0, "fixed_cost": 50.0}
        measure_experiment(connection, "call_at_risk", "2026-10", "keep", (0.1, 0.02, 0.18), **money)
        measure_experiment(connection, "other", "2026-12", "stop", (-0.1, -0.2, -0.01))
    told = read(project, OCTOBER).brought
    assert [row["experiment"] for row in told.decisions] == ["other", "call_at_risk"]
    assert told.later == {"other"}
    assert (told.decisions[1]["benefit"], told.decisions[1]["cost"]) == (900.0, 150.0)
    assert told.decisions[1]["effect"]["estimate"] == 0.1


def test_reading_leaves_the_warehouse_as_it_was(project):
    def tables():
        with duckdb.connect(str(project.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()

    before = tables()
    read(project, OCTOBER)
    assert tables() == before


def test_a_flat_project_has_no_months():
    from pipelines.config import load_project
    from pipelines.review.measured import measured_months

    with pytest.raises(ConfigError, match="no time to measure over"):
        measured_months(load_project("telco"))
