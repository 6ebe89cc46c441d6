"""What each customer who is scored is worth: what it pays in `evaluate.value_months`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pipelines.config import EvaluateSettings
from pipelines.customer_value import months_covered, value_column


@dataclass(frozen=True)
class Value:
    """How the value of a customer is found.

    Parameters
    ----------
    column
        Signal that says what a customer pays; none where one amount holds for all, or nothing says it.
    factor
        From that column to the amount of all months, in the project's currency.
    same
        The amount that holds for all, if one is set.
    """

    column: str | None
    factor: float = 1.0
    same: float | None = None

    @classmethod
    def of(cls, settings: EvaluateSettings, available: Collection[str]) -> Value:
        """Choose how, as the settings say and as far as columns are available."""
        if settings.value is not None:
            return cls(None, same=settings.value)
        column = value_column(settings, available)
        if column is None or column not in available:
            return cls(None)
        return cls(column, settings.value_months / months_covered(column))

    def expression(self, rows: str) -> str:
        """Write the value as SQL over a table with a column ``value``; who has none is worth the median.

        Parameters
        ----------
        rows
            Quoted name of the table.
        """
        if self.column is None:
            return "NULL" if self.same is None else f"{self.same!r}::DOUBLE"
        known = f"(SELECT median(value) FROM {rows} WHERE isfinite(value))"
        return f"greatest(coalesce(CASE WHEN isfinite(value) THEN value END, {known}), 0) * {self.factor!r}"
