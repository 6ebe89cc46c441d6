"""Statements about alerts: which are worth telling (outside the cool-down, the gravest first), and their rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from pipelines.actions.rule import Rule
from pipelines.actions.statements import CHOSEN, DUE, FIRED, PROBABILITY, TIER, VALUE, Query
from pipelines.warehouse.actions import ALERTS, MANAGERS, OPEN, SCHEMA
from pipelines.warehouse.sql import identifier

WEEK = timedelta(days=7)
_COLUMNS = ", ".join(ALERTS)
ALERTS_OF_FIRED = (
    f"INSERT INTO {SCHEMA}.alerts ({_COLUMNS}) SELECT {_COLUMNS} FROM {FIRED} SEMI JOIN {DUE} USING (customer_id, rule)"
)
"""Adds what was listed and is worth telling."""


def begin_due() -> str:
    """Make the temporary table of what may be told."""
    return f"CREATE OR REPLACE TEMP TABLE {DUE} (customer_id VARCHAR, rule VARCHAR, owner VARCHAR, priority DOUBLE)"


def begin_fired() -> str:
    """Make the temporary table of alerts in the words of the rules."""
    typed = ", ".join(f"{identifier(name)} {kind}" for name, kind in ALERTS.items())
    return f"CREATE OR REPLACE TEMP TABLE {FIRED} ({typed})"


def due_of_rule(scene: str, fires: str, rule: Rule, weight: float, instant: datetime) -> Query:
    """Add the customers for whom a rule fires, but for those alerted by it in the cool-down.

    Parameters
    ----------
    scene, fires
        Table of everyone, and its column that says whether the rule fires.
    rule
        The rule.
    weight
        What an alert of it weighs; the priority is weight x risk x value, without a value weight x risk.
    instant
        When. Before and after count alike, so that a late run for an earlier instant repeats nothing.
    """
    silence = timedelta(days=rule.definition.cooldown_days)
    query = (
        f"INSERT INTO {DUE} SELECT customer_id, ?, ?, ? * coalesce({PROBABILITY}, 0) * coalesce({VALUE}, 1) "
        f"FROM {identifier(scene)} ANTI JOIN (SELECT customer_id FROM {SCHEMA}.alerts "
        "WHERE rule = ? AND fired_as_of > ? AND fired_as_of < ?) old USING (customer_id) "
        f"WHERE {identifier(fires)}"
    )
    return query, [rule.name, rule.definition.owner, weight, rule.name, instant - silence, instant + silence]


def kept_within(instant: datetime, customers_a_week: int) -> Query:
    """Leave each owner the customers of the highest priority, as many as it may still be told of in these days.

    The count of the statement is that of the alerts left out; they compete again when it is next decided.
    """
    return (
        f"""
        DELETE FROM {DUE} WHERE (owner, customer_id) NOT IN (
            SELECT (owner, customer_id) FROM (
                SELECT owner, customer_id, coalesce(told, 0)
                       + row_number() OVER (PARTITION BY owner ORDER BY max(priority) DESC, customer_id) AS place
                FROM {DUE} LEFT JOIN (
                    SELECT owner, count(DISTINCT customer_id) AS told FROM {SCHEMA}.alerts
                    WHERE fired_as_of > ? AND fired_as_of < ? GROUP BY owner
                ) USING (owner)
                GROUP BY owner, customer_id, told
            ) WHERE place <= ?
        )
        """,
        [instant - WEEK, instant + WEEK, customers_a_week],
    )


def few_rows(name: str, scene: str) -> str:
    """Keep the customers of a scene who have an alert or an action in a temporary table."""
    return (
        f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS FROM {identifier(scene)} SEMI JOIN "
        f"(SELECT customer_id FROM {CHOSEN} UNION SELECT customer_id FROM {DUE}) USING (customer_id)"
    )


def fired_rows(spoken: str, rule: Rule, instant: datetime, vip_tiers: Collection[str]) -> Query:
    """Add the sentences of a rule for its customers, with what is the same for all of them.

    Parameters
    ----------
    spoken
        Query of ``customer_id``, tier, ``sentence_en`` and ``sentence_zh``.
    rule
        The rule.
    instant
        When it fires.
    vip_tiers
        Tiers whose alerts go to the managers' board, where a rule says so.
    """
    definition = rule.definition
    query = (
        f"INSERT INTO {FIRED} BY NAME "
        "SELECT left(md5(customer_id || '|' || ? || '|' || ?), 16) AS alert_id, customer_id, ? AS rule, "
        f"? AS fired_as_of, ? AS severity, ? AS owner, sentence_en, sentence_zh, '{OPEN}' AS state, "
        f"CASE WHEN ? OR list_contains(?::VARCHAR[], {TIER}) THEN '{MANAGERS}' END AS escalated_to FROM ({spoken})"
    )
    escalated = list(vip_tiers) if definition.escalate == "vip" else []
    same = [rule.name, instant.isoformat(), rule.name, instant, definition.severity, definition.owner]
    return query, [*same, definition.escalate == "always", escalated]
