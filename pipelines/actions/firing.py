"""From rules that fire to alerts: sentences, owners, escalation, and the cool-down."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import ibis
from ibis.expr import types as ir

from pipelines.actions.rule import Rule
from pipelines.actions.scene import Scene, fired_column
from pipelines.actions.statements import FIRED, TIER, chosen_rows
from pipelines.warehouse.actions import ALERTS, MANAGERS, OPEN, add_alerts
from pipelines.warehouse.sql import identifier, statement


@ibis.udf.scalar.builtin(name="md5", signature=(("string",), "string"))
def _md5(text):  # type: ignore[no-untyped-def]
    """Digest, DuckDB's name."""


def raise_alerts(connection: Any, scenes: Iterable[Scene], instant: datetime, vip_tiers: Collection[str]) -> int:
    """Add what fires to the alerts, but for what the cool-down silences; give the number of new ones.

    Parameters
    ----------
    connection
        DuckDB connection to the warehouse.
    scenes
        Everyone, with the rules asked.
    instant
        When.
    vip_tiers
        Tiers whose alerts go to the managers' board, where a rule says so.
    """
    return sum(
        add_alerts(
            connection,
            scene.backend.compile(_rows(scene.table, rule, instant, vip_tiers)),
            rule.name,
            instant,
            rule.definition.cooldown_days,
        )
        for scene in scenes
        for rule in scene.rules.values()
    )


def list_fired(connection: Any, scenes: Iterable[Scene], instant: datetime) -> None:
    """Write what fires for the chosen customers into a temporary table, silenced or not: messages tell of it."""
    columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in ALERTS.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {FIRED} ({columns})")
    for scene in scenes:
        chosen = f"_chosen_{scene.audience}"
        connection.execute(chosen_rows(chosen, scene.name))
        for rule in scene.rules.values():
            rows = _rows(scene.backend.table(chosen), rule, instant, ())
            connection.execute(statement("INSERT INTO", FIRED, scene.backend.compile(rows)))


def _rows(everyone: ir.Table, rule: Rule, instant: datetime, vip_tiers: Collection[str]) -> ir.Table:
    rows = everyone.filter(everyone[fired_column(rule.name)])
    definition = rule.definition
    columns: dict[str, ir.Value] = {
        "alert_id": _md5(rows.customer_id + f"|{rule.name}|{instant.isoformat()}").left(16),
        "customer_id": rows.customer_id,
        "rule": ibis.literal(rule.name),
        "fired_as_of": ibis.literal(instant, type="timestamp(6)"),
        "severity": ibis.literal(definition.severity),
        "owner": ibis.literal(definition.owner),
        "sentence_en": rule.said(rows, "en"),
        "sentence_zh": rule.said(rows, "zh"),
        "state": ibis.literal(OPEN),
        "escalated_to": _escalated(rows, definition.escalate, vip_tiers),
    }
    return rows.select(**{name: columns[name] for name in ALERTS})


def _escalated(rows: ir.Table, escalate: str, vip_tiers: Collection[str]) -> ir.Value:
    nobody = ibis.null("string")
    if escalate == "always":
        return ibis.literal(MANAGERS)
    if escalate == "vip" and vip_tiers:
        return rows[TIER].isin(list(vip_tiers)).ifelse(ibis.literal(MANAGERS), nobody)
    return nobody
