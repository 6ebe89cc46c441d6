"""A playbook: whom an action is for, what it is, what it costs, what is said, and who does it by when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from jinja2 import Template
from pydantic import Field

from features.signal import SignalColumn
from pipelines.actions.entries import Entry, checked
from pipelines.actions.expression import Expression, parse
from pipelines.actions.messages import compiled
from pipelines.actions.rule import Name, SignalKinds, Words
from pipelines.actions.rulebook import SHIPPED, layered
from pipelines.actions.statements import INTERNAL
from pipelines.config_section import Days, Section, Share
from pipelines.errors import ConfigError
from pipelines.ingest.nearest import nearest

LANGUAGES = ("en", "zh")


class Audience(Section):
    """Whom a playbook is for: every part that is given must hold."""

    bands: list[str] = Field(default_factory=list)
    minimum_probability: Share | None = None
    tiers: list[str] = Field(default_factory=list)
    rules: list[str] = Field(default_factory=list)
    reasons: list[str] = Field(default_factory=list)
    when: str | None = None


class Messages(Section):
    """The message in English and Chinese."""

    en: str
    zh: str


class PlaybookDefinition(Section):
    """What a playbook's entry may say."""

    title: Words
    audience: Literal["customers", "lost"] = "customers"
    who: Audience = Audience()
    action: Literal["coupon", "content", "call", "visit", "ticket_first", "training", "renewal_offer", "message"]
    channel: Name
    cost: Annotated[float, Field(ge=0)]
    effect: Annotated[float, Field(gt=-1, le=1)]
    owner: Name
    due_days: Annotated[int, Field(ge=0)]
    again_after_days: Days
    message: Messages
    enabled: bool = True


@dataclass(frozen=True, eq=False)
class Playbook:
    """A playbook that was read and checked.

    Parameters
    ----------
    name
        Its name.
    definition
        What its entry says.
    condition
        The parsed further condition, if there is one.
    templates
        Message by language.
    where
        File and line.
    """

    name: str
    definition: PlaybookDefinition
    condition: Expression | None
    templates: Mapping[str, Template]
    where: str

    @property
    def signals(self) -> tuple[str, ...]:
        """Signals that its condition reads."""
        return self.condition.names if self.condition else ()

    @property
    def is_contact(self) -> bool:
        """Whether it turns to the customer."""
        return self.definition.channel != INTERNAL


def load_playbooks(
    known: Mapping[str, SignalColumn],
    rules: Collection[str],
    bands: Collection[str],
    tiers: Collection[str],
    folders: Iterable[Path] = (),
) -> dict[str, Playbook]:
    """Read every playbook; an entry of a later folder changes what it names of one with the same name.

    Parameters
    ----------
    known
        The signals that there are.
    rules, bands, tiers
        Names that may be given in ``who``.
    folders
        Folders of the user's own, on top of the shipped playbooks.

    Raises
    ------
    ConfigError
        With file and line of what is wrong.
    """
    allowed = {"rules": rules, "bands": bands, "tiers": tiers, "reasons": {name.split("__")[0] for name in known}}
    entries = layered([SHIPPED / "playbooks", *folders])
    return {name: _read(entry, known, allowed) for name, entry in entries.items()}


def _read(entry: Entry, known: Mapping[str, SignalColumn], allowed: Mapping[str, Collection[str]]) -> Playbook:
    definition = checked(PlaybookDefinition, entry)
    for part, names in allowed.items():
        for name in getattr(definition.who, part):
            if name not in names:
                error = ConfigError(f"'{name}' is unknown", allowed=nearest(name, names), do="correct it")
                raise entry.refusal(error, "who", part)
    return Playbook(
        entry.name, definition, _condition(entry, definition, known), _templates(entry, definition), entry.where()
    )


def _condition(entry: Entry, definition: PlaybookDefinition, known: Mapping[str, SignalColumn]) -> Expression | None:
    if definition.who.when is None:
        return None
    try:
        return parse(definition.who.when, SignalKinds(known))
    except ConfigError as error:
        raise entry.refusal(error, "who", "when") from error


def _templates(entry: Entry, definition: PlaybookDefinition) -> dict[str, Template]:
    found = {}
    for language in LANGUAGES:
        try:
            found[language] = compiled(getattr(definition.message, language), definition.channel)
        except ConfigError as error:
            raise entry.refusal(error, "message", language) from error
    return found
