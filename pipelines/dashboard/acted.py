"""What the pages read about alerts and planned actions."""

from __future__ import annotations

from typing import Any

from pipelines.dashboard.store import Mart

_ALERTS = """
    SELECT alert.*, coalesce(customer_name, customer_id) AS shown_name
    FROM fact_alert alert LEFT JOIN dim_customer USING (customer_id)
"""
_TASKS = """
    SELECT task.*, coalesce(customer_name, customer_id) AS shown_name
    FROM fact_action_task task LEFT JOIN dim_customer USING (customer_id)
"""


def totals(mart: Mart) -> dict[str, Any]:
    """Count open alerts, those of high severity, and planned actions."""
    alerts = mart.row("""
        SELECT count(*) AS alerts, count(*) FILTER (severity = 'high') AS high FROM fact_alert
        WHERE alert_state = 'open'
    """)
    return alerts | mart.row("SELECT count(*) AS tasks FROM fact_action_task WHERE task_state = 'planned'")


def open_alerts(mart: Mart, most: int) -> list[dict[str, Any]]:
    """Give open alerts, the most severe and newest first."""
    order = """
        WHERE alert_state = 'open'
        ORDER BY CASE severity WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END, fired_date DESC, alert_id LIMIT ?
    """
    return mart.rows(_ALERTS + order, [most])


def planned(mart: Mart, most: int) -> list[dict[str, Any]]:
    """Give planned actions, the soonest first."""
    return mart.rows(_TASKS + " WHERE task_state = 'planned' ORDER BY planned_for, due_date, action_id LIMIT ?", [most])


def alerts_of(mart: Mart, customer_id: str) -> list[dict[str, Any]]:
    """Give a customer's alerts, the newest first."""
    return mart.rows(_ALERTS + " WHERE customer_id = ? ORDER BY fired_date DESC, alert_id", [customer_id])


def tasks_of(mart: Mart, customer_id: str) -> list[dict[str, Any]]:
    """Give a customer's actions, the newest first."""
    return mart.rows(_TASKS + " WHERE customer_id = ? ORDER BY planned_for DESC, action_id", [customer_id])
