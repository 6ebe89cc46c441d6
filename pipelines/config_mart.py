"""What the mart holds: the section ``mart`` of the configuration."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipelines.config_section import Days, Section


class MartSettings(Section):
    """How far back the mart of the dashboard and of BI tools reaches."""

    history_days: Days
    event_days: Annotated[int, Field(ge=0)]
