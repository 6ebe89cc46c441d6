"""How the ids of several systems are joined: what a user writes in YAML under ``data.identity``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipelines.ingest.mapping import Mapping, Reading, Strict
from pipelines.ingest.nearest import nearest

Action = Literal["merge", "review", "off"]
System = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


class IdentitySource(Reading):
    """The list of customers of one system: an id a row, and what tells who it is.

    Parameters
    ----------
    key
        Source column with the system's own id.
    references
        Other system to the source column that holds its id for the same customer.
    tax_id, email, phone, name
        Source columns. `name` must name the same kind of thing in all systems: companies, or people.
    country_code
        Dialling code of numbers that name none, such as ``"86"``.
    """

    key: str
    references: dict[str, str] = Field(default_factory=dict)
    tax_id: str | None = None
    email: str | None = None
    phone: str | None = None
    name: str | None = None
    country_code: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$")] | None = None

    def columns(self) -> dict[str, str]:
        """Kind of evidence to source column, without references."""
        named = {"tax_id": self.tax_id, "email": self.email, "phone": self.phone, "name": self.name}
        return {kind: column for kind, column in named.items() if column is not None}


class Rules(Strict):
    """What happens to two ids that agree in a kind of evidence and are contradicted by no other.

    Parameters
    ----------
    reference, tax_id, email, phone, name
        ``merge`` joins them, ``review`` asks a person, ``off`` ignores it.
    """

    reference: Action = "merge"
    tax_id: Action = "merge"
    email: Action = "merge"
    phone: Action = "merge"
    name: Action = "review"


class Linkage(Strict):
    """Probable pairs by Splink (the extra ``linkage``).

    Parameters
    ----------
    review_above
        Probability from which a person is asked.
    merge_above
        Probability from which ids are joined; empty: never without a person.
    """

    review_above: Annotated[float, Field(gt=0, lt=1)] = 0.9
    merge_above: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.merge_above is not None and self.merge_above < self.review_above:
            raise ValueError(f"merge_above {self.merge_above} is below review_above {self.review_above}")
        return self


class Identity(Strict):
    """Which systems there are and how their ids are joined.

    Parameters
    ----------
    main
        System whose ids the project uses; every other id appears as ``system:id`` until it is joined to one.
    sources
        System to its list of customers.
    rules
        What each kind of evidence may do.
    distinct
        Systems in which no customer has two ids.
    most_shared
        A value that more ids share proves nothing: a switchboard, a placeholder.
    review
        The file of doubtful pairs; ``identity_review.csv`` in the project's workspace when empty.
    linkage
        Probable pairs; empty: none are looked for.
    """

    main: System
    sources: dict[System, IdentitySource] = Field(min_length=1)
    rules: Rules = Field(default_factory=Rules)
    distinct: list[str] = Field(default_factory=list)
    most_shared: Annotated[int, Field(ge=2, le=100)] = 10
    review: str | None = None
    linkage: Linkage | None = None

    @field_validator("review")
    @classmethod
    def _csv(cls, value: str | None) -> str | None:
        if value is not None and not value.endswith(".csv"):
            raise ValueError(f"review '{value}' is no .csv file")
        return value

    @model_validator(mode="after")
    def _known(self) -> Self:
        for system in (
            self.main,
            *self.distinct,
            *(name for each in self.sources.values() for name in each.references),
        ):
            _check_system(self, system)
        return self

    def ordered(self) -> list[str]:
        """Systems with the main one first, then by name: the order in the YAML decides nothing."""
        return sorted(self.sources, key=lambda name: (name != self.main, name))

    def prefix(self, system: str) -> str:
        """What stands before an id of a system wherever ids of several meet."""
        return "" if system == self.main else f"{system}:"


def check_systems(identity: Identity | None, mapping: Mapping | None) -> None:
    """Refuse a table's source whose ids are of a system that nobody describes.

    Raises
    ------
    ValueError
        With the nearest neighbours.
    """
    if identity is not None and mapping is None:
        raise ValueError("data.identity joins the ids of tables: it needs data.mapping")
    sources = [source for each in (mapping.tables.values() if mapping else ()) for source in each]
    for system in [source.ids_of for source in sources if source.ids_of is not None]:
        if identity is None:
            raise ValueError(f"ids_of: {system} needs data.identity, which says whose ids these are")
        _check_system(identity, system)


def _check_system(identity: Identity, system: str) -> None:
    if system not in identity.sources:
        raise ValueError(f"unknown system '{system}'; identity.sources has {nearest(system, identity.sources)}")
