"""From rules that fire to alerts: what is worth telling, in which words, to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import ibis

from pipelines.actions.alert_statements import (
    ALERTS_OF_FIRED,
    begin_due,
    begin_fired,
    due_of_rule,
    few_rows,
    fired_rows,
    kept_within,
)
from pipelines.actions.playbook import Playbook
from pipelines.actions.rule import Rule
from pipelines.actions.scene import Scene, fired_column
from pipelines.actions.statements import LOST, TIER
from pipelines.warehouse.sql import identifier, statement

if TYPE_CHECKING:
    from pipelines.actions.decide import Circumstances

SEVERITY = {"high": 3.0, "medium": 2.0, "low": 1.0}
"""What an alert weighs by its severity; beside it count the rule's proven lift and the customer's value at risk."""


def firing_shares(connection: Any, scenes: Iterable[Scene]) -> dict[str, float]:
    """Give the share of customers for whom each rule fires, those about the lost left out."""
    found: dict[str, float] = {}
    for scene in scenes:
        if scene.audience == LOST or not scene.rules:
            continue
        counts = ", ".join(f"avg({identifier(fired_column(name))}::INTEGER)" for name in scene.rules)
        shares = connection.execute(statement("SELECT", counts, "FROM", identifier(scene.name))).fetchone()
        found |= {name: share or 0.0 for name, share in zip(scene.rules, shares, strict=True)}
    return found


def choose_alerts(
    connection: Any, scenes: Iterable[Scene], playbooks: Iterable[Playbook], around: Circumstances
) -> int:
    """Write into a temporary table which rules are worth telling of which customers; give how many are not told.

    Left out are what the cool-down silences, nodes of a customer's life that a playbook answers to, and what is above
    ``act.alerts_a_week``.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse.
    scenes
        Everyone, with the rules asked.
    playbooks
        Those that are switched on.
    around
        What else it depends on.
    """
    answered = {rule for each in playbooks for rule in each.definition.who.rules}
    asked = [
        (scene, rule, _weight(rule, around.lifts))
        for scene in scenes
        for rule in scene.rules.values()
        if not (rule.definition.kind == "lifecycle" and rule.name in answered)
    ]
    connection.execute(begin_due())
    for scene, rule, weight in asked:
        connection.execute(*due_of_rule(scene.name, fired_column(rule.name), rule, weight, around.instant))
    most = around.settings.alerts_a_week
    return 0 if most is None else int(connection.execute(*kept_within(around.instant, most)).fetchone()[0])


def _weight(rule: Rule, lifts: Mapping[str, float]) -> float:
    return SEVERITY[rule.definition.severity] * lifts.get(rule.name, 1.0)


def list_fired(connection: Any, scenes: Iterable[Scene], around: Circumstances) -> None:
    """Write what fires for customers with an alert or an action into a temporary table, in the words of the rules."""
    connection.execute(begin_fired())
    for scene in scenes:
        few = f"_few_{scene.audience}"
        connection.execute(few_rows(few, scene.name))
        kinds = scene.table.schema()
        for rule in scene.rules.values():
            # Of a table with the rule's own columns alone: compiling takes longer the more there are.
            asked = ("customer_id", TIER, fired_column(rule.name), *rule.signals)
            rows = ibis.table({name: kinds[name] for name in asked}, name=few)
            said = {f"sentence_{language}": rule.said(rows, language) for language in ("en", "zh")}
            fires = rows.filter(rows[fired_column(rule.name)]).select("customer_id", TIER, **said)
            spoken = scene.backend.compile(fires)
            connection.execute(*fired_rows(spoken, rule, around.instant, around.settings.vip_tiers))


def raise_alerts(connection: Any) -> int:
    """Add what was listed and is worth telling to the alerts; give the number of new ones."""
    return int(connection.execute(ALERTS_OF_FIRED).fetchone()[0])
