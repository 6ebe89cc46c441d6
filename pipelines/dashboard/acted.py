"""What the pages read about alerts and planned actions."""

from __future__ import annotations

from typing import Any

from pipelines.dashboard.store import Mart
from pipelines.warehouse.sql import statement

_OPEN = "alert_state = 'open' AND coalesce(alert_owner = $1 OR $1 IS NULL, false)"
_GRAVEST = "CASE severity WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END"
_WAITING = "task_state NOT IN ('held_back', 'delivered', 'expired', 'done')"


def _with_names(table: str, condition: str, chosen: str, order: str) -> str:
    """Ask for rows that are chosen first and only then joined to the names of their customers."""
    rows = statement("FROM", table, "WHERE", condition, chosen)
    names = "SELECT chosen.*, coalesce(customer_name, customer_id) AS shown_name FROM"
    return statement(names, "(", rows, ") chosen LEFT JOIN dim_customer USING (customer_id)", order)


def totals(mart: Mart) -> dict[str, Any]:
    """Count open alerts, those of high severity, actions that are planned, and those whose sending failed."""
    (alerts,) = mart.summary("""
        SELECT count(*) AS alerts, count(*) FILTER (severity = 'high') AS high,
               count(DISTINCT customer_id) AS customers, count(*) FILTER (escalated_to IS NOT NULL) AS escalated
        FROM fact_alert WHERE alert_state = 'open'
    """)
    (tasks,) = mart.summary("""
        SELECT count(*) FILTER (task_state = 'planned') AS tasks, count(*) FILTER (task_state = 'failed') AS failed
        FROM fact_action_task
    """)
    return alerts | tasks


def teams(mart: Mart) -> list[dict[str, Any]]:
    """Give who has open alerts or waiting actions, most alerts first: team, names, alerts of high severity, actions."""
    return mart.summary(
        statement(
            "SELECT team, any_value(said_en) AS said_en, any_value(said_zh) AS said_zh, sum(alerts)::BIGINT AS alerts,",
            "sum(high)::BIGINT AS high, sum(tasks)::BIGINT AS tasks FROM (",
            "SELECT alert_owner AS team, alert_owner_en AS said_en, alert_owner_zh AS said_zh, count(*) AS alerts,",
            "count(*) FILTER (severity = 'high') AS high, 0 AS tasks",
            "FROM fact_alert WHERE alert_state = 'open' GROUP BY ALL UNION ALL",
            "SELECT task_owner, task_owner_en, task_owner_zh, 0, 0, count(*)",
            f"FROM fact_action_task WHERE {_WAITING} GROUP BY ALL",
            ") WHERE team IS NOT NULL GROUP BY team ORDER BY alerts DESC, team",
        )
    )


def rules(mart: Mart, team: str | None, most: int) -> list[dict[str, Any]]:
    """Give the rules whose alerts are open, for a team or all: names, severity, alerts, those escalated."""
    query = statement(
        "SELECT rule_en, rule_zh, severity, count(*) AS alerts, count(escalated_to) AS escalated",
        f"FROM fact_alert WHERE {_OPEN} GROUP BY rule_en, rule_zh, severity",
        f"ORDER BY {_GRAVEST}, alerts DESC, rule_en LIMIT $2",
    )
    return mart.summary(query, [team, most])


def open_alerts(mart: Mart, team: str | None, most: int) -> list[dict[str, Any]]:
    """Give open alerts of a team or all: the most severe first, those of them escalated, the newest."""
    order = f"ORDER BY {_GRAVEST}, escalated_to IS NULL, fired_date DESC, alert_id"
    return mart.summary(_with_names("fact_alert", _OPEN, f"{order} LIMIT $2", order), [team, most])


def waiting(mart: Mart, team: str | None, most: int) -> list[dict[str, Any]]:
    """Give actions of a team or all that are not over: those that failed first, then the soonest."""
    order = "ORDER BY task_state <> 'failed', due_date, expected_value DESC NULLS LAST, action_id"
    condition = f"{_WAITING} AND coalesce(task_owner = $1 OR $1 IS NULL, false)"
    return mart.summary(_with_names("fact_action_task", condition, f"{order} LIMIT $2", order), [team, most])


def alerts_of(mart: Mart, customer_id: str) -> list[dict[str, Any]]:
    """Give a customer's alerts, the newest first."""
    return mart.rows("FROM fact_alert WHERE customer_id = ? ORDER BY fired_date DESC, alert_id", [customer_id])


def tasks_of(mart: Mart, customer_id: str) -> list[dict[str, Any]]:
    """Give a customer's actions, the newest first."""
    return mart.rows("FROM fact_action_task WHERE customer_id = ? ORDER BY planned_for DESC, action_id", [customer_id])


def experiments(mart: Mart) -> list[dict[str, Any]]:
    """Give experiments, the newest first."""
    return mart.rows("FROM fact_experiment ORDER BY starts_on DESC NULLS LAST, experiment")


def effects(mart: Mart, experiment: str) -> list[dict[str, Any]]:
    """Give effects of an experiment, those on everyone before those by segment."""
    query = (
        "FROM fact_experiment_effect WHERE experiment = ? ORDER BY segment_name <> 'all', measure_name, segment_name"
    )
    return mart.rows(query, [experiment])


def balance(mart: Mart, experiment: str) -> list[dict[str, Any]]:
    """Give how alike the arms of an experiment were, the largest difference first."""
    query = "FROM fact_experiment_balance WHERE experiment = ? ORDER BY abs(difference) DESC NULLS LAST, known_value"
    return mart.rows(query, [experiment])
