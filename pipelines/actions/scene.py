"""Everyone whom a decision is about, at one instant: signals, score, value, tier and which rules fire.

Customers and those who have left are two scenes: signals that compare customers must not mix them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pipelines.actions.rule import Rule
from pipelines.actions.statements import scene_rows
from pipelines.warehouse.sql import identifier, statement

if TYPE_CHECKING:
    from ibis.expr import types as ir


@dataclass(frozen=True)
class ValueSource:
    """What a customer is worth where no score says it.

    Parameters
    ----------
    column
        Signal that says what a customer pays; none where one amount holds for all.
    factor
        From that column to the amount.
    same
        The amount that holds for all, if one is set.
    """

    column: str | None = None
    factor: float = 1.0
    same: float | None = None

    @property
    def expression(self) -> str:
        """SQL of the value over a table of signals."""
        if self.column is None:
            return "NULL::DOUBLE" if self.same is None else f"{self.same!r}::DOUBLE"
        return f"greatest(signals.{identifier(self.column)}, 0) * {self.factor!r}"


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
    values: ValueSource,
    score: tuple[datetime, str] | None,
) -> Scene:
    """Join signals, scores and value, and ask the rules.

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
    values
        What a customer without a score is worth.
    score
        Instant and version of the scores; none for those who have left.
    """
    bare, name = f"_bare_{audience}", f"_scene_{audience}"
    connection.execute(*scene_rows(bare, signals, tiers, values.expression, score))
    table = backend.table(bare)
    fires = {fired_column(rule): each.fires(table) for rule, each in rules.items()}
    backend.create_table(name, table.mutate(**fires), temp=True, overwrite=True)
    connection.execute(statement("DROP TABLE", identifier(bare)))
    return Scene(backend, name, audience, rules)
