"""When a challenger becomes champion: the section ``promote`` of the configuration."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipelines.config_section import Section


class PromoteSettings(Section):
    """When a challenger becomes champion."""

    loss: Literal["log_loss", "brier", "profit"]
    margin: Annotated[float, Field(ge=0)]
    level: Annotated[float, Field(gt=0.5, lt=1)]
    replicates: Annotated[int, Field(ge=100)]
