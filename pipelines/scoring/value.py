"""The margin that each customer who is scored is worth: as set, else of its lifetime, else of some months."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.config import EvaluateSettings
from pipelines.customer_value import months_covered, value_column

if TYPE_CHECKING:
    import pandas as pd

LIFETIME = "_lifetime_values"


@dataclass(frozen=True)
class Value:
    """How the value of a customer is found.

    Parameters
    ----------
    column
        Signal that says what a customer pays; none where one amount holds for all, or nothing says it.
    factor
        From that column to the margin of all months, in the project's currency.
    same
        The margin that holds for all, if one is set.
    lifetime
        Whether the temporary table :data:`LIFETIME` says it.
    """

    column: str | None
    factor: float = 1.0
    same: float | None = None
    lifetime: bool = False

    @classmethod
    def of(cls, settings: EvaluateSettings, available: Collection[str], *, lifetime: bool = False) -> Value:
        """Choose how: what is set comes first, then lifetime values where there are some, then a usual column."""
        if settings.value is not None:
            return cls(None, same=settings.value * settings.margin_share)
        if lifetime and settings.value_column is None:
            return cls(None, lifetime=True)
        column = value_column(settings, available)
        if column is None or column not in available:
            return cls(None)
        return cls(column, settings.margin_share * settings.value_months / months_covered(column))

    def expression(self, rows: str) -> str:
        """Write the value as SQL over a table with a column ``value``; who has none is worth the median.

        Parameters
        ----------
        rows
            Quoted name of the table.
        """
        if self.lifetime:
            return f"coalesce({LIFETIME}.value, (SELECT median(value) FROM {LIFETIME}))"
        if self.column is None:
            return "NULL" if self.same is None else f"{self.same!r}::DOUBLE"
        known = f"(SELECT median(value) FROM {rows} WHERE isfinite(value))"
        return f"greatest(coalesce(CASE WHEN isfinite(value) THEN value END, {known}), 0) * {self.factor!r}"

    @property
    def join(self) -> str:
        """What the table has to be joined with."""
        return f"LEFT JOIN {LIFETIME} USING (customer_id)" if self.lifetime else ""


def keep_lifetime_values(connection: Any, found: pd.DataFrame) -> bool:
    """Put lifetime values, columns ``customer_id`` and ``value``, beside the signals; give whether there are any."""
    connection.register("_found", found[["customer_id", "value"]])
    try:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {LIFETIME} AS SELECT * FROM _found")
    finally:
        connection.unregister("_found")
    return not found.empty
