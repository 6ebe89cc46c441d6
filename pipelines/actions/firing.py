"""From rules that fire to alerts: sentences, owners, escalation, and the cool-down."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import ibis
from ibis.expr import types as ir

from pipelines.actions.rule import Rule
from pipelines.actions.scene import Scene
from pipelines.actions.statements import FIRED, TIER
from pipelines.warehouse.actions import ALERTS, MANAGERS, OPEN, add_alerts
from pipelines.warehouse.sql import identifier, statement


@ibis.udf.scalar.builtin(name="md5", signature=(("string",), "string"))
def _md5(text):  # type: ignore[no-untyped-def]
    """Digest, DuckDB's name."""


def list_fired(connection: Any, scenes: Iterable[Scene], instant: datetime, vip_tiers: Collection[str]) -> int:
    """Write what fires into a temporary table with the columns of alerts; give the number of rows.

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
    columns = ", ".join(f"{identifier(name)} {kind}" for name, kind in ALERTS.items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {FIRED} ({columns})")
    return sum(
        connection.execute(statement("INSERT INTO", FIRED, scene.backend.compile(rows))).fetchone()[0]
        for scene in scenes
        for rows in (_rows(scene, rule, instant, vip_tiers) for rule in scene.rules.values())
    )


def raise_alerts(connection: Any, rules: Iterable[Rule]) -> int:
    """Add what fires to the alerts, but for what the cool-down silences; give the number of new ones."""
    return add_alerts(connection, FIRED, {rule.name: rule.definition.cooldown_days for rule in rules})


def _rows(scene: Scene, rule: Rule, instant: datetime, vip_tiers: Collection[str]) -> ir.Table:
    rows = scene.table.filter(scene.fired(rule.name))
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
