"""What the mart holds and where else it is brought: the section ``mart`` of the configuration."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pipelines.config_deliver import DestinationSettings
from pipelines.config_section import Days, Section


class MartDestinationSettings(DestinationSettings):
    """A database into which the mart is brought."""

    kind: Literal["postgres"]
    schema_: Annotated[str, Field(alias="schema", pattern=r"^\w[\w $-]{0,62}$")] = "churn_mart"


class MartSettings(Section):
    """How far back the mart of the dashboard and of BI tools reaches, and into which databases it is brought."""

    history_days: Days
    event_days: Annotated[int, Field(ge=0)]
    destinations: list[MartDestinationSettings] = Field(default_factory=list)

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        names = [each.name for each in self.destinations]
        if len(set(names)) < len(names):
            raise ValueError(f"two destinations have the same name; names are {', '.join(names)}")
        return self
