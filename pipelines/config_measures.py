"""How the customer base is measured: the section ``measures`` of the configuration."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipelines.config_section import Days, Section, Share
from pipelines.ingest.nearest import nearest
from pipelines.zones import zone_names

Yardstick = tuple[Share, Share, Literal["month", "quarter", "year"]]
"""Healthy churn of an industry: from, to, in each of which period."""


Limits = Annotated[list[float], Field(min_length=4, max_length=4)]
Node = Literal["first_purchase", "quarterly_renewal", "yearly_expiry", "complaint"]


class MeasuresSettings(Section):
    """How the customer base is measured."""

    zone: str
    data_begin: datetime | None
    silence_days: Days | None
    revenue_months: Annotated[int, Field(ge=1, le=36)]
    most_periods: Annotated[int, Field(ge=1, le=600)]
    minimum_customers: Annotated[int, Field(ge=1)]
    yardstick: str | None
    yardsticks: dict[str, Yardstick]
    rfm: dict[Literal["recency_days", "frequency", "monetary"], Limits] | None
    tiers: dict[str, Annotated[float, Field(gt=0, lt=1)]]
    new_days: Days
    change_share: Annotated[float, Field(gt=0)]
    tags: dict[str, Annotated[list[str], Field(min_length=1)]]
    most_clusters: Annotated[int, Field(ge=0, le=12)]
    nodes: dict[Node, tuple[int, int]]
    lifetime_months: Annotated[int, Field(ge=1, le=600)]
    discount_share: Annotated[float, Field(ge=0, lt=1)]

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in zone_names():
            raise ValueError(f"unknown time zone '{zone}'; nearest: {nearest(zone, zone_names())}")
        return zone

    @field_validator("yardsticks")
    @classmethod
    def _in_order(cls, yardsticks: dict[str, Yardstick]) -> dict[str, Yardstick]:
        for name, (low, high, _) in yardsticks.items():
            if low > high:
                raise ValueError(f"yardstick '{name}' goes from {low:g} to {high:g}; write the smaller one first")
        return yardsticks

    @field_validator("rfm")
    @classmethod
    def _whole_and_ascending(cls, rfm: dict[str, list[float]] | None) -> dict[str, list[float]] | None:
        for name in ("recency_days", "frequency", "monetary") if rfm is not None else ():
            limits = (rfm or {}).get(name)
            if limits is None or sorted(set(limits)) != limits:
                raise ValueError(f"rfm.{name} needs four limits that rise; given {limits}; or set rfm to null")
        return rfm

    @field_validator("nodes")
    @classmethod
    def _forward(cls, nodes: dict[Node, tuple[int, int]]) -> dict[Node, tuple[int, int]]:
        for name, (start, end) in nodes.items():
            if start >= end:
                raise ValueError(f"node '{name}' goes from day {start} to day {end}; write the earlier one first")
        return nodes

    @model_validator(mode="after")
    def _known_yardstick(self) -> Self:
        if self.yardstick is not None and self.yardstick not in self.yardsticks:
            near = nearest(self.yardstick, self.yardsticks)
            raise ValueError(f"yardstick '{self.yardstick}' is not among measures.yardsticks; nearest: {near}")
        return self
