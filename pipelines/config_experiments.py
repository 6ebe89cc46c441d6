"""What is tried on customers, and who is left alone: the section ``experiments`` of the configuration."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from features.tables import INTERACTIONS
from pipelines.config_section import Days, Section, Share

Amount = Annotated[float, Field(ge=0)]
Inside = Annotated[float, Field(gt=0, lt=1)]
_CONTACTS = next(column.allowed for column in INTERACTIONS.columns if column.name == "kind") or ()


class ExperimentPlan(Section):
    """One experiment: a strategy tried on customers of some bands, some of them held back.

    With neither a last day nor a size it goes on, and is decided by what holds however often one looks.
    """

    playbook: str
    title: dict[Literal["en", "zh"], str]
    bands: Annotated[list[str], Field(min_length=1)]
    control_share: Inside = 0.2
    window_days: Days = 60
    starts_on: date
    ends_on: date | None = None
    size: Annotated[int, Field(ge=100)] | None = None
    smallest_effect: Annotated[float, Field(gt=0, lt=1)] = 0.02
    reached_by: list[str] = Field(default_factory=list)
    contact_cost: Amount = 0.0
    fixed_cost: Amount = 0.0

    @property
    def is_standing(self) -> bool:
        """Whether it has no end."""
        return self.ends_on is None and self.size is None

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.ends_on is not None and self.size is not None:
            raise ValueError("an experiment ends on a day or at a size: give one of ends_on and size, or none")
        if self.ends_on is not None and self.ends_on <= self.starts_on:
            raise ValueError(f"ends_on {self.ends_on} is not after starts_on {self.starts_on}")
        return self

    @model_validator(mode="after")
    def _contacts(self) -> Self:
        for kind in self.reached_by:
            if kind not in _CONTACTS:
                raise ValueError(f"reached_by names unknown contact '{kind}'; contacts are {', '.join(_CONTACTS)}")
        return self


class ExperimentsSettings(Section):
    """Experiments on customers, and what keeping one is worth beside the own margin."""

    hold_out_share: Share
    hold_out_since: date | None
    acquisition_cost: Amount
    referrals: Amount
    referral_margin: Amount
    plans: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")], ExperimentPlan] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _hold_out(self) -> Self:
        if self.hold_out_share and self.hold_out_since is None:
            raise ValueError("hold_out_share needs hold_out_since: the day from which the hold-out is left alone")
        return self
