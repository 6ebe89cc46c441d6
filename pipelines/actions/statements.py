"""Statements of a decision over tables of the warehouse: names are constants or quoted, values are parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pipelines.warehouse.actions import SCHEMA
from pipelines.warehouse.sql import identifier, literal

Query = tuple[str, Sequence[Any]]
PLACE, PROBABILITY, BAND, VALUE, TIER, FAMILIES = "_place", "_probability", "_band", "_value", "_tier", "_families"
FIRED, DUE, REFUSED, CHOSEN, MEANT, HELD_OUT = "_fired", "_due", "_no_contact", "_chosen", "_meant", "_held_out"
STANDARD = "standard"
"""The tier of everyone below those that are named."""
CERTAIN = 1.0
"""Risk of those who have left already: what is at stake is all of their value."""
LOST = "lost"
"""Audience of those who were customers and are none now, and what stands in the place of their band."""
INTERNAL = "internal"
"""The channel of what we do without turning to the customer; consent and fatigue do not matter to it."""


_SCORED = (
    f"probability AS {PROBABILITY}, band AS {BAND}, scores.value AS {VALUE}, coalesce(families, []) AS {FAMILIES}",
    """
    LEFT JOIN (
        SELECT customer_id, probability, band, value FROM scores.churn_scores
        WHERE as_of = ? AND model_version = ? AND band IS NOT NULL
    ) scores USING (customer_id)
    LEFT JOIN (
        SELECT customer_id, list(DISTINCT split_part(signal, '__', 1)) AS families FROM scores.churn_reasons
        WHERE as_of = ? AND model_version = ? GROUP BY customer_id
    ) reasons USING (customer_id)
    """,
)
"""Columns and joins of scores and reasons of an instant and version."""
_UNSCORED = (
    f"{CERTAIN} AS {PROBABILITY}, '{LOST}' AS {BAND}, coalesce(scores.value, typical.value) AS {VALUE}, "
    f"[]::VARCHAR[] AS {FAMILIES}",
    """
    CROSS JOIN (
        SELECT median(value) AS value FROM scores.churn_scores
        WHERE as_of = ? AND model_version = ? AND band IS NOT NULL
    ) typical
    LEFT JOIN (
        SELECT customer_id, arg_max(value, as_of) AS value FROM scores.churn_scores
        WHERE as_of <= ? AND value IS NOT NULL GROUP BY customer_id
    ) scores USING (customer_id)
    """,
)
"""The same for those who have left."""


@dataclass(frozen=True)
class Restraint:
    """When customers are left alone.

    Parameters
    ----------
    instant
        When it is decided.
    first, last
        First and last day that actions are planned for.
    most_contacts
        Contacts of one customer in any `contact_days` days.
    contact_kinds
        Kinds of interactions that count as contacts too.
    """

    instant: datetime
    first: date
    last: date
    most_contacts: int
    contact_days: int
    contact_kinds: tuple[str, ...] = ()


def scene_rows(
    name: str, signals: str, audience: str, tiers: Mapping[str, float], score: tuple[datetime, str]
) -> Query:
    """Join signals with score and value, leave the hold-out away, and say each customer's tier and place.

    Parameters
    ----------
    name
        Temporary table that is made.
    signals
        Table of ``customer_id`` and signals.
    audience
        ``customers``, or ``lost``: who has no score, and the value of its last one, else that of a typical customer.
    tiers
        Tier to the share of customers, from the most valuable, down to which it reaches.
    score
        Instant and version of the scores.
    """
    columns, joins = _UNSCORED if audience == LOST else _SCORED
    query = (
        f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS "
        f"SELECT row_number() OVER (ORDER BY customer_id) - 1 AS {PLACE}, *, {_tier(tiers)} AS {TIER} "
        f"FROM (SELECT signals.*, {columns} FROM {identifier(signals)} signals {joins} "
        f"ANTI JOIN {HELD_OUT} USING (customer_id))"
    )
    instant, version = score
    return query, [instant, version, instant] if audience == LOST else [*score, *score]


def controls(experiments: Sequence[str]) -> Query:
    """Who is left alone by experiments."""
    return (
        f"SELECT customer_id FROM {SCHEMA}.experiment_assignments "
        "WHERE arm = 'control' AND list_contains(?, experiment)",
        [list(experiments)],
    )


def places(scene: str, customers: str) -> str:
    """Places of the customers of a query."""
    return f"SELECT {PLACE} FROM {identifier(scene)} SEMI JOIN ({customers}) USING (customer_id)"


def decided_already(restraint: Restraint) -> Query:
    """At one instant a customer gets one action, however often it is decided."""
    return f"SELECT customer_id FROM {SCHEMA}.planned_actions WHERE as_of = ?", [restraint.instant]


def had_before(restraint: Restraint, playbook: str, again_after_days: int) -> Query:
    """Who had the same action not long enough before, or has it soon after; a control counts as if it had it."""
    again = timedelta(days=again_after_days)
    return (
        f"SELECT customer_id FROM {SCHEMA}.planned_actions WHERE playbook = ? AND planned_for > ? AND planned_for < ?",
        [playbook, restraint.first - again, restraint.last + again],
    )


def refused(channel: str) -> Query:
    """Who does not want to be contacted through a channel."""
    return f"SELECT customer_id FROM {REFUSED} WHERE channel IS NULL OR channel = '' OR channel = ?", [channel]


def tired(restraint: Restraint, accepted: str) -> Query:
    """Who would be contacted too often in some window of days around one of the planned days."""
    days = timedelta(days=restraint.contact_days)
    contacts = (
        f"SELECT customer_id FROM {SCHEMA}.planned_actions WHERE channel <> '{INTERNAL}' AND arm <> 'control' "
        "AND state NOT IN ('failed', 'expired') AND planned_for > ? AND planned_for < ?"
    )
    values: list[Any] = [restraint.first - days, restraint.last + days]
    if restraint.contact_kinds:
        kinds = ", ".join("?" for _ in restraint.contact_kinds)
        contacts += (
            f" UNION ALL SELECT customer_id FROM {identifier(accepted)}.interactions WHERE kind IN ({kinds}) "
            "AND happened_at > ? AND happened_at < ? AND known_at < ?"
        )
        values += [*restraint.contact_kinds, restraint.first - days, restraint.instant, restraint.instant]
    query = f"SELECT customer_id FROM ({contacts}) GROUP BY customer_id HAVING count(*) >= ?"
    return query, [*values, restraint.most_contacts]


def known_effects(scene: str) -> str:
    """Measured effects of the customers of a scene."""
    return (
        f"SELECT {PLACE}, playbook, effect FROM {SCHEMA}.effects JOIN {identifier(scene)} USING (customer_id) "
        "WHERE effect IS NOT NULL"
    )


def said_of_chosen(accepted: str, instant: datetime) -> Query:
    """Give name, gravest alert (of the playbook's own rules first) and strongest reason of each chosen action."""
    query = f"""
        SELECT chosen.place, customers.name, alert_en, alert_zh, reason_en, reason_zh
        FROM {CHOSEN} chosen LEFT JOIN {identifier(accepted)}.customers USING (customer_id)
        LEFT JOIN (
            SELECT place, arg_max(sentence_en, weight) AS alert_en, arg_max(sentence_zh, weight) AS alert_zh
            FROM (
                SELECT chosen.place, sentence_en, sentence_zh, (
                    meant.rule IS NOT NULL, CASE severity WHEN 'high' THEN 2 WHEN 'medium' THEN 1 ELSE 0 END, fired.rule
                ) AS weight
                FROM {CHOSEN} chosen JOIN {FIRED} fired USING (customer_id)
                LEFT JOIN {MEANT} meant ON meant.playbook = chosen.playbook AND meant.rule = fired.rule
            ) GROUP BY place
        ) USING (place)
        LEFT JOIN (
            SELECT customer_id, arg_min(sentence_en, position) AS reason_en, arg_min(sentence_zh, position) AS reason_zh
            FROM scores.churn_reasons WHERE as_of = ? GROUP BY customer_id
        ) reasons USING (customer_id)
    """
    return query, [instant]


def _tier(tiers: Mapping[str, float]) -> str:
    """Place customers in tiers by value, the most valuable first; who has no value is in none of them."""
    position = f"(row_number() OVER (ORDER BY {VALUE} DESC NULLS LAST, customer_id) - 1) / count(*) OVER ()"
    ordered = sorted(tiers.items(), key=lambda tier: tier[1])
    cases = " ".join(f"WHEN {position} < {share!r} THEN {literal(name)}" for name, share in ordered)
    standard = literal(STANDARD)
    return f"CASE WHEN {VALUE} IS NULL THEN {standard} {cases} ELSE {standard} END"
