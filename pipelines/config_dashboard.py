"""Who may look at the dashboard: the section ``dashboard`` of the configuration."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipelines.config_section import Section


class DashboardSettings(Section):
    """Who may look, and who sees whose customers."""

    access: Literal["none", "password", "header"]
    user_header: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{0,60}$")]
    managers: list[str]
    owners: dict[str, str]
