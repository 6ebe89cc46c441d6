"""Everyone whom a decision is about, at one instant: signals, score, value, tier and which rules fire.

Customers and those who have left are two scenes: signals that compare customers must not mix them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipelines.actions.experiments import held_out
from pipelines.actions.rule import Rule
from pipelines.actions.statements import HELD_OUT, scene_rows
from pipelines.warehouse.sql import identifier, statement

if TYPE_CHECKING:
    from ibis.expr import types as ir


@dataclass(frozen=True)
class Scene:
    """Everyone of one audience.

    Parameters
    ----------
    backend
        Ibis backend on the warehouse.
    name
        Temporary table, one row a customer, ordered by the column of places from 0.
    audience
        ``customers`` or ``lost``.
    rules
        The rules that are asked of them; whether one fires is a column of its name.
    """

    backend: Any
    name: str
    audience: str
    rules: Mapping[str, Rule]

    @cached_property
    def table(self) -> ir.Table:
        """The rows."""
        return self.backend.table(self.name)

    def fired(self, rule: str) -> ir.BooleanValue:
        """Give whether a rule fires."""
        return self.table[fired_column(rule)]


def fired_column(rule: str) -> str:
    """Name of the column that says whether a rule fires.

    >>> fired_column("many_tickets")
    '_fires_many_tickets'
    """
    return f"_fires_{rule}"


def set_scene(
    backend: Any,
    connection: Any,
    signals: str,
    audience: str,
    rules: Mapping[str, Rule],
    tiers: Mapping[str, float],
    score: tuple[datetime, str],
    hold_out_share: float = 0.0,
) -> Scene:
    """Join signals, scores and value, and ask the rules of everyone but the hold-out.

    Parameters
    ----------
    backend, connection
        The warehouse, as Ibis and as DuckDB sees it.
    signals
        Temporary table of ``customer_id`` and signals.
    audience
        ``customers`` or ``lost``.
    rules
        Rules whose signals are there.
    tiers
        Tier to the share of customers, from the most valuable, down to which it reaches.
    score
        Instant and version of the scores.
    hold_out_share
        Share of all customers about whom nothing is told and for whom nothing is planned, so that models learn what
        happens anyway.
    """
    bare, name = f"_bare_{audience}", f"_scene_{audience}"
    _mark_hold_out(connection, signals, hold_out_share)
    connection.execute(*scene_rows(bare, signals, audience, tiers, score))
    table = backend.table(bare)
    fires = {fired_column(rule): each.fires(table) for rule, each in rules.items()}
    backend.create_table(name, table.mutate(**fires), temp=True, overwrite=True)
    connection.execute(statement("DROP TABLE", identifier(bare)))
    return Scene(backend, name, audience, rules)


def _mark_hold_out(connection: Any, signals: str, share: float) -> None:
    """Write who belongs to the lasting hold-out into a temporary table."""
    import pyarrow as pa

    everyone = connection.execute(statement("SELECT customer_id FROM", identifier(signals))) if share else None
    names = [name for (name,) in everyone.fetchall()] if everyone else []
    rows = pa.table({"customer_id": pa.array(names, pa.string()).filter(pa.array(held_out(names, share), pa.bool_()))})
    connection.register("_rows", rows)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {HELD_OUT} AS FROM _rows")
    connection.unregister("_rows")
