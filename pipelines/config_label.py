"""What leaving is, and when customers are looked at: the section ``label`` of the configuration."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from features.tables import INTERACTIONS, TABLES
from pipelines.config_section import Days, Section
from pipelines.ingest.nearest import nearest


class ContractualChurn(Section):
    """Notice given or not renewed."""

    kind: Literal["contractual"]
    grace_days: Annotated[int, Field(ge=0)]


class InactivityChurn(Section):
    """Nothing happens for a whole window."""

    kind: Literal["inactivity"]
    table: str
    activity_days: Days | None

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.table not in TABLES:
            raise ValueError(
                f"churn by inactivity in unknown table '{self.table}'; nearest: {nearest(self.table, TABLES)}"
            )
        return self


class SpendDropChurn(Section):
    """Spend falls against the customer's own past."""

    kind: Literal["spend_drop"]
    drop_share: Annotated[float, Field(gt=0, le=1)]
    past_days: Days


Churn = Annotated[ContractualChurn | InactivityChurn | SpendDropChurn, Field(discriminator="kind")]
VARIANTS = {"contractual": ContractualChurn, "inactivity": InactivityChurn, "spend_drop": SpendDropChurn}
CONTACTS = next(column.allowed for column in INTERACTIONS.columns if column.name == "kind")


class LabelSettings(Section):
    """Who churns, and at which cutoffs customers are looked at."""

    churn: Annotated[list[Churn], Field(min_length=1)]
    horizon_days: Days
    gap_days: Annotated[int, Field(ge=0)]
    every_days: Days
    minimum_history_days: Annotated[int, Field(ge=0)]
    most_cutoffs: Days
    test_cutoff: datetime | None
    data_end: datetime | None
    open_windows: bool
    treated_by: list[str]

    @model_validator(mode="after")
    def _known_contacts(self) -> Self:
        for kind in self.treated_by:
            if kind not in CONTACTS:
                raise ValueError(f"label.treated_by names unknown contact '{kind}'; contacts are {', '.join(CONTACTS)}")
        return self
