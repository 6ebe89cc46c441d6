"""What was done: the alerts of the month, the actions decided in it, and what left the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.review.scene import Scene
from pipelines.warehouse.actions import SCHEMA

OUTBOX = "outbox"
_ALERTS = """
    SELECT count(*) AS alerts, count(*) FILTER (severity = 'high') AS high, count(*) FILTER (state = 'open') AS open,
           count(*) FILTER (severity = 'high' AND state = 'open') AS high_open,
           count(DISTINCT customer_id) AS customers
    FROM from_alerts WHERE fired_as_of > ? AND fired_as_of <= ?
"""
_STATES = """
    count(*) AS actions, count(*) FILTER (state = 'held_back') AS held_back,
    count(*) FILTER (state = 'planned') AS planned,
    count(*) FILTER (state IN ('failed', 'expired')) AS failed,
    actions - held_back - planned - failed AS handled,
    coalesce(sum(cost) FILTER (state <> 'held_back'), 0) AS cost,
    coalesce(sum(expected_value) FILTER (state <> 'held_back'), 0) AS expected_value,
    count(*) FILTER (state = 'planned' AND due < ?) AS overdue
    FROM from_planned_actions WHERE as_of > ? AND as_of <= ?
"""
_TOTAL = f"SELECT {_STATES}"
_BY_PLAYBOOK = f"SELECT playbook, {_STATES} GROUP BY playbook ORDER BY actions DESC, playbook"
_BY_OWNER = f"SELECT owner, {_STATES} GROUP BY owner ORDER BY actions DESC, owner"
_BY_STATE = """
    SELECT state, count(*) AS actions FROM from_planned_actions WHERE as_of > ? AND as_of <= ?
    GROUP BY state ORDER BY actions DESC, state
"""
_LEFT = f"""
    SELECT held.state, count(*) AS actions FROM {SCHEMA}.{OUTBOX} held
    JOIN from_planned_actions USING (action_id) WHERE as_of > ? AND as_of <= ?
    GROUP BY held.state ORDER BY actions DESC, held.state
"""


@dataclass(frozen=True, eq=False)
class Done:
    """What was done.

    Parameters
    ----------
    alerts
        ``alerts`` raised in the month, ``high`` of them, still ``open``, ``high_open``, and their ``customers``.
    total, playbooks, owners
        Actions decided in the month, of all and by playbook and owner: ``actions``, ``held_back`` (for comparison),
        ``planned``, ``failed`` (or expired), ``handled`` (sent, delivered or done), ``cost`` and ``expected_value`` of
        those not held back, ``overdue`` (still planned though due before the end of the month).
    states
        The same actions by state: ``state``, ``actions``.
    left
        Actions of the month in the outbox: ``state``, ``actions``; empty where there is no outbox.
    """

    alerts: dict[str, Any]
    total: dict[str, Any]
    playbooks: list[dict[str, Any]]
    owners: list[dict[str, Any]]
    states: list[dict[str, Any]]
    left: list[dict[str, Any]]


def done(scene: Scene) -> Done:
    """Read what was done in a month."""
    inside = scene.inside
    known = [scene.month.back(-1).first_day, *inside]
    return Done(
        alerts=scene.row(_ALERTS, inside),
        total=scene.row(_TOTAL, known),
        playbooks=scene.rows(_BY_PLAYBOOK, known),
        owners=scene.rows(_BY_OWNER, known),
        states=scene.rows(_BY_STATE, inside),
        left=scene.rows(_LEFT, inside) if scene.has(SCHEMA, OUTBOX) else [],
    )
