"""What is done about a score: the section ``act`` of the configuration."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipelines.config_section import Days, Section

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Most = Annotated[int, Field(ge=0)]


class ActSettings(Section):
    """Rules, playbooks, and the limits within which actions are chosen."""

    enabled: bool
    rule_folders: list[Path]
    playbook_folders: list[Path]
    tiers: dict[str, Annotated[float, Field(gt=0, lt=1)]]
    vip_tiers: list[str]
    alerts_a_week: Most | None
    noisy_share: Annotated[float, Field(gt=0, le=1)]
    plan_days: Days
    budget: Annotated[float, Field(ge=0)] | None
    owners_a_day: dict[str, Most]
    channels_a_day: dict[str, Most]
    most_contacts: Annotated[int, Field(ge=1)]
    contact_days: Days
    contact_kinds: list[str]
    quiet_weekdays: list[Weekday]
    quiet_dates: list[date]
    no_contact: Path | None
    control_share: Annotated[float, Field(ge=0, lt=1)]
