"""What a customer pays: the column that says it, and how many months it covers."""

from __future__ import annotations

from collections.abc import Iterable

from features.errors import DefinitionError
from features.signal import parse
from pipelines.config import EvaluateSettings

VALUES = ("contracts__monthly_price__ever", "orders__spend__365d")
DAYS_A_MONTH = 365.25 / 12


def value_column(settings: EvaluateSettings, available: Iterable[str]) -> str | None:
    """Name the column that says what a customer pays: the one set, else the first usual one that is available."""
    there = set(available)
    return settings.value_column or next((name for name in VALUES if name in there), None)


def months_covered(column: str) -> float:
    """Months that a column covers: those of its window; a column without one is taken as an amount a month.

    >>> round(months_covered("orders__spend__365d"), 1), months_covered("contracts__monthly_price__ever")
    (12.0, 1.0)
    >>> months_covered("MonthlyCharges")
    1.0
    """
    try:
        days = parse(column)[2]
    except DefinitionError:
        return 1.0
    return 1.0 if days is None else days / DAYS_A_MONTH
