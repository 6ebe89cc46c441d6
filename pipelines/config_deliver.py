"""Where scores are brought: the section ``deliver`` of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from pipelines.addresses import holds_password
from pipelines.config_section import Section
from pipelines.ingest.nearest import nearest


class DestinationSettings(Section):
    """One place where scores are brought; what a kind needs of this, its own file says."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
    kind: str
    path: Path | None = None
    url: str | None = None
    schema_: Annotated[str | None, Field(alias="schema", pattern=r"^\w[\w $-]{0,62}$")] = None

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        from pipelines.destinations.known import KINDS, kind_named

        if self.kind not in KINDS:
            raise ValueError(f"unknown kind '{self.kind}' (known: {nearest(self.kind, KINDS)})")
        needs = kind_named(self.kind)
        for field, given in {"path": self.path, "url": self.url}.items():
            if (given is not None) != (field == needs.place):
                raise ValueError(f"a destination of kind {self.kind} needs {needs.place} and no other place")
        if self.schema_ is not None and not needs.has_schema:
            raise ValueError(f"a destination of kind {self.kind} has no schema")
        if self.url is not None and holds_password(self.url):
            raise ValueError("url holds a password; write it as ${NAME}, which is taken from the environment")
        return self


class DeliverSettings(Section):
    """Where scores are brought, and how patiently."""

    destinations: list[DestinationSettings] = Field(default_factory=list)
    batch_rows: Annotated[int, Field(ge=10, le=1_000_000)]
    retry_s: Annotated[float, Field(ge=0, le=3600)]

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        names = [each.name for each in self.destinations]
        if len(set(names)) < len(names):
            raise ValueError(f"two destinations have the same name; names are {', '.join(names)}")
        return self
