"""What the list of customers is cut and ordered by: a condition with parameters, never a value in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ORDERS = {
    "risk": "risk_rank, customer_id",
    "value": "value_at_risk DESC NULLS LAST, risk_rank, customer_id",
    "change": "probability - previous_probability DESC NULLS LAST, risk_rank, customer_id",
    "name": "coalesce(customer_name, customer_id), customer_id",
}
CATEGORIES = ("owner", "industry", "region", "company_size")


@dataclass(frozen=True)
class Filters:
    """What is asked of the list; empty parts leave all in.

    Parameters
    ----------
    search
        Part of an id or a name, in any case.
    bands, topics
        Bands of risk; tables of which a reason speaks.
    owner, industry, region, company_size
        Values of which one has to hold.
    only_new
        Only those newly in band high.
    order
        Key of `ORDERS`.
    """

    search: str = ""
    bands: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    company_size: tuple[str, ...] = ()
    only_new: bool = False
    order: str = "risk"

    @property
    def condition(self) -> tuple[str, list[Any]]:
        """SQL condition and its parameters.

        >>> Filters(bands=("high",), only_new=True).condition
        ('list_contains(?, risk_band) AND is_newly_high = 1', [['high']])
        """
        parts: list[str] = ["true"]
        values: list[Any] = []
        text = self.search.strip().lower()
        if text:
            parts.append("contains(search_text, ?)")
            values.append(text)
        if self.bands:
            parts.append("list_contains(?, risk_band)")
            values.append(list(self.bands))
        if self.topics:
            parts.append("list_has_any(string_split(reason_topics, ','), ?)")
            values.append(list(self.topics))
        for name in CATEGORIES:
            if getattr(self, name):
                parts.append(f"list_contains(?, {name})")
                values.append(list(getattr(self, name)))
        if self.only_new:
            parts.append("is_newly_high = 1")
        return " AND ".join(parts[1:] or parts), values

    @property
    def ordered_by(self) -> str:
        """SQL order; an unknown key is that of risk."""
        return ORDERS.get(self.order, ORDERS["risk"])
