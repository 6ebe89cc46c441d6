"""The tables of what is done about scores.

Rows are added once and never written again by a decision: what has become of an alert or an action since is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

SCHEMA = "actions"

ALERTS: Mapping[str, str] = {
    "alert_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "rule": "VARCHAR",
    "fired_as_of": "TIMESTAMP",
    "severity": "VARCHAR",
    "owner": "VARCHAR",
    "sentence_en": "VARCHAR",
    "sentence_zh": "VARCHAR",
    "state": "VARCHAR",
    "escalated_to": "VARCHAR",
}
"""One row an alert. ``state`` begins as ``open``; ``escalated_to`` is ``managers`` or empty."""

PLANNED_ACTIONS: Mapping[str, str] = {
    "action_id": "VARCHAR",
    "customer_id": "VARCHAR",
    "playbook": "VARCHAR",
    "as_of": "TIMESTAMP",
    "action": "VARCHAR",
    "channel": "VARCHAR",
    "owner": "VARCHAR",
    "planned_for": "DATE",
    "due": "DATE",
    "cost": "DOUBLE",
    "expected_value": "DOUBLE",
    "arm": "VARCHAR",
    "message_en": "VARCHAR",
    "message_zh": "VARCHAR",
    "state": "VARCHAR",
}
"""One row an action that was decided. ``state`` begins as ``planned``, or as ``held_back`` for the control arm."""

EFFECTS: Mapping[str, str] = {"customer_id": "VARCHAR", "playbook": "VARCHAR", "effect": "DOUBLE"}
"""Effects known from experiments, for a playbook or (``*``) for any contact; below 0 it drives the customer away."""

TABLES = {"alerts": ALERTS, "planned_actions": PLANNED_ACTIONS, "effects": EFFECTS}
EVERY_CONTACT = "*"
OPEN, PLANNED, HELD_BACK = "open", "planned", "held_back"
MANAGERS = "managers"


def create(connection: Any) -> None:
    """Create the tables where they are missing."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for name, columns in TABLES.items():
        typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        connection.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{name} ({typed})")


def has(connection: Any, name: str) -> bool:
    """Whether there is a table of this name in the schema of actions."""
    query = "SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?"
    return connection.execute(query, [SCHEMA, name]).fetchone() is not None


def add_actions(connection: Any, rows: Any) -> int:
    """Add planned actions of a pandas frame or Arrow table whose id is new; give their number."""
    columns = ", ".join(PLANNED_ACTIONS)
    connection.register("_planned", rows)
    try:
        added = connection.execute(
            f"INSERT INTO {SCHEMA}.planned_actions ({columns}) SELECT {columns} FROM _planned new "
            f"WHERE NOT EXISTS (SELECT 1 FROM {SCHEMA}.planned_actions old WHERE old.action_id = new.action_id)"
        )
        return int(added.fetchone()[0])
    finally:
        connection.unregister("_planned")


def committed(connection: Any, instant: datetime, first: date, last: date) -> list[tuple[str, str, date, int, float]]:
    """Give owner, channel, day, number and cost of the actions decided for the days from first to last.

    What was held back takes no room, but for that of the same instant: deciding again must find the same room.
    """
    return connection.execute(
        f"SELECT owner, channel, planned_for, count(*), sum(cost) FROM {SCHEMA}.planned_actions "
        "WHERE planned_for BETWEEN ?::DATE AND ?::DATE AND (arm <> 'control' OR as_of = ?) GROUP BY ALL",
        [first, last, instant],
    ).fetchall()


def last_planned(connection: Any, playbook: str) -> dict[str, datetime]:
    """Give the last day for which a playbook's action was planned for each customer, of those that may reach them."""
    if not has(connection, "planned_actions"):
        return {}
    rows = connection.execute(
        f"SELECT customer_id, max(planned_for)::TIMESTAMP FROM {SCHEMA}.planned_actions "
        "WHERE playbook = ? AND arm <> 'control' AND state NOT IN ('failed', 'expired') GROUP BY customer_id",
        [playbook],
    )
    return dict(rows.fetchall())
