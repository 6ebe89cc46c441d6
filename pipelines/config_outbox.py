"""How decided actions leave: the section ``outbox`` of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from pipelines.addresses import holds_password
from pipelines.config_section import Section
from pipelines.ingest.nearest import nearest
from pipelines.zones import zone_names

CSV = "csv"
"""The transport that is always there, for every channel that has no other."""
CONNECTOR = "connector"
"""Where channels go that our sender leaves to a program of the user's own."""
CUSTOMER_CHANNEL = "email"
"""The channel whose messages are written to the customer; all others are told to their owner."""


def _without_password(url: str) -> str:
    if holds_password(url):
        raise ValueError("url holds a password; write it as ${NAME}, which is taken from the environment")
    return url


def _known_zone(zone: str) -> str:
    if zone not in zone_names():
        raise ValueError(f"unknown time zone (known: {nearest(zone, sorted(zone_names()))})")
    return zone


Url = Annotated[str, AfterValidator(_without_password)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Named = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
Zone = Annotated[str, AfterValidator(_known_zone)]


class WebhookSettings(Section):
    """A place that takes each action by HTTP."""

    name: Named
    kind: Literal["webhook"]
    url: Url
    secret: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    allow_plain: bool = False
    ca_file: Path | None = None


class EmailSettings(Section):
    """A mail server, who sends, and where addresses are found."""

    name: Named
    kind: Literal["email"]
    url: Url
    sender: str
    addresses: Path | None = None
    owners: dict[str, str] = Field(default_factory=dict)
    subject: str | None = None
    subjects: dict[str, str] = Field(default_factory=dict)
    allow_plain: bool = False
    ca_file: Path | None = None


Transport = Annotated[WebhookSettings | EmailSettings, Field(discriminator="kind")]
VARIANTS = {"webhook": WebhookSettings, "email": EmailSettings}


class OutboxSettings(Section):
    """By which transport which channel leaves, and how patiently."""

    enabled: bool
    routes: dict[str, str]
    transports: list[Transport] = Field(default_factory=list)
    language: Literal["en", "zh"]
    zone: Zone
    attempts: Annotated[int, Field(ge=1, le=100)]
    retry_wait_s: Seconds
    longest_wait_s: Seconds
    patience_s: Annotated[float, Field(ge=0, le=86_400)]
    time_limit_s: Seconds
    lease_minutes: Annotated[int, Field(ge=1, le=1440)]

    @model_validator(mode="after")
    def _routed(self) -> Self:
        names = [CSV, CONNECTOR, *(each.name for each in self.transports)]
        if len(set(names)) < len(names):
            raise ValueError(f"two transports have the same name, or one is called {CSV} or {CONNECTOR}")
        for channel, name in self.routes.items():
            if name not in names:
                raise ValueError(f"routes sends {channel} to '{name}' (transports: {nearest(name, names)})")
        return self

    @property
    def time_zone(self) -> ZoneInfo:
        """Zone whose midnights begin a day."""
        return ZoneInfo(self.zone)
