"""The values of core indicators as people say them."""

from __future__ import annotations

from typing import Any

from evaluation.gates.words import Words
from pipelines.report.numbers import NOTHING, money, percent, same


def dated(instant: Any) -> Words:
    """Say a day so that no line breaks within it; a dash where it is not known."""
    return NOTHING if instant is None else same(str(instant)[:10].replace("-", "\N{NON-BREAKING HYPHEN}"))


def indicator_value(indicator: dict[str, Any], value: float | None, currency: str) -> Words:
    """Say a value of an indicator in its unit; a dash where it is not known.

    Parameters
    ----------
    indicator
        A row of ``dim_indicator``.
    value
        In the indicator's unit.
    currency
        Of the project.
    """
    if value is None:
        return NOTHING
    if indicator["unit"] == "currency":
        return money(value, currency)
    if indicator["unit"] == "share":
        return percent(value)
    if indicator["unit"] == "days":
        text = f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
        return Words(f"{text} days", f"{text} 天")
    return same(f"{value:,.0f}" if value >= 100 or float(value).is_integer() else f"{value:.2g}")
