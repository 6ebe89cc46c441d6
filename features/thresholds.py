"""Limits that a business sets: what is too slow, too many or too silent. The defaults come with the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_SILENCE_DAYS = MappingProxyType(
    {"manufacturing": 30.0, "制造业": 30.0, "fast_moving_goods": 15.0, "fmcg": 15.0, "快消": 15.0}
)


@dataclass(frozen=True)
class Thresholds:
    """Limits used by signals.

    Parameters
    ----------
    first_response_minutes
        Agreed time to the first answer to a ticket.
    resolution_hours
        Agreed time to the solution of a ticket.
    many_departments
        From how many departments on a ticket counts as passed around.
    deal_stalled_days
        From how many days without movement on a deal counts as stalled.
    many_tickets
        How many tickets in 30 days call for escalation.
    silence_days
        Silence after which a customer of an industry counts as silent, in days.
    default_silence_days
        The same for other industries.
    """

    first_response_minutes: float = 15.0
    resolution_hours: float = 48.0
    many_departments: int = 5
    deal_stalled_days: float = 7.0
    many_tickets: int = 3
    silence_days: Mapping[str, float] = field(default_factory=lambda: _SILENCE_DAYS)
    default_silence_days: float = 30.0
