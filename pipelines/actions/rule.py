"""An early-warning rule: a condition over signals, what is said when it fires, who is told, and how it is proven."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import ibis
from ibis.expr import types as ir
from pydantic import Field

from features.signal import SignalColumn
from pipelines.actions.entries import Entry, checked
from pipelines.actions.expression import Comparison, Expression, Kind, comparison_with, parse
from pipelines.actions.sentences import check_template, places, sentence
from pipelines.config_section import Days, Section
from pipelines.errors import ConfigError

INDUSTRY = "customers__industry__ever"
THRESHOLD = "threshold"
Text = Annotated[str, Field(min_length=1, max_length=300)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=63)]


class Words(Section):
    """The same in English and Chinese."""

    en: Text
    zh: Text

    def __getitem__(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


class RuleDefinition(Section):
    """What a rule's entry may say."""

    title: Words
    kind: Literal["warning", "lifecycle"] = "warning"
    audience: Literal["customers", "lost"] = "customers"
    when: str
    threshold: float | None = None
    threshold_by_industry: dict[str, float] = Field(default_factory=dict)
    say: Words
    severity: Literal["low", "medium", "high"]
    owner: Name
    cooldown_days: Days
    escalate: Literal["never", "vip", "always"] = "never"
    enabled: bool = True
    examples: list[str] = Field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule that was read and checked.

    Parameters
    ----------
    name
        Its name.
    definition
        What its entry says.
    condition
        The parsed condition.
    units
        Unit of each signal that condition and sentences read.
    where
        File and line.
    """

    name: str
    definition: RuleDefinition
    condition: Expression
    units: Mapping[str, str]
    where: str

    @property
    def signals(self) -> tuple[str, ...]:
        """Names of the signals that it needs."""
        industry = (INDUSTRY,) if self.definition.threshold_by_industry else ()
        return tuple(dict.fromkeys((*(name for name in self.units if name != THRESHOLD), *industry)))

    @cached_property
    def tunable(self) -> Comparison | None:
        """The comparison with the threshold, where there is one."""
        return comparison_with(self.condition, THRESHOLD)

    def fires(self, signals: ir.Table, threshold: float | None = None) -> ir.BooleanValue:
        """Give whether it fires for each row of a table of signals; another threshold holds for all industries."""
        return self.condition.compiled(self._values(signals, threshold))

    def said(self, signals: ir.Table, language: str) -> ir.StringValue:
        """Give the sentence for each row of a table of signals."""
        return sentence(self.definition.say[language], self._values(signals, None), self.units, language)

    def _values(self, signals: ir.Table, threshold: float | None) -> dict[str, ir.Value]:
        values: dict[str, ir.Value] = {name: signals[name] for name in self.units if name != THRESHOLD}
        if THRESHOLD in self.units:
            values[THRESHOLD] = self._threshold(signals, threshold)
        return values

    def _threshold(self, signals: ir.Table, other: float | None) -> ir.Value:
        default = ibis.literal(float(self.definition.threshold or 0.0) if other is None else other)
        own = self.definition.threshold_by_industry
        if other is not None or not own:
            return default
        return ibis.cases(*((signals[INDUSTRY] == name, value) for name, value in own.items()), else_=default)


def read_rule(entry: Entry, known: Mapping[str, SignalColumn]) -> Rule:
    """Read a rule.

    Parameters
    ----------
    entry
        Its entry.
    known
        The signals that there are.

    Raises
    ------
    ConfigError
        With file and line of what is wrong.
    """
    definition = checked(RuleDefinition, entry)
    kinds = SignalKinds(known, has_threshold=definition.threshold is not None)
    try:
        condition = parse(definition.when, kinds)
    except ConfigError as error:
        raise entry.refusal(error, "when") from error
    _check_threshold(entry, definition, condition)
    for language in ("en", "zh"):
        try:
            check_template(definition.say[language], kinds)
        except ConfigError as error:
            raise entry.refusal(error, "say", language) from error
    return Rule(entry.name, definition, condition, _units(condition, definition, known), entry.where())


def needed_signals(rules: Iterable[Rule], known: Mapping[str, SignalColumn]) -> list[SignalColumn]:
    """Signals that rules read, each once."""
    return [known[name] for name in dict.fromkeys(name for rule in rules for name in rule.signals)]


class SignalKinds(Mapping[str, Kind]):
    """What may be named in a condition, and whether it is a number or a text; a signal is asked only when named."""

    def __init__(self, known: Mapping[str, SignalColumn], *, has_threshold: bool = False) -> None:
        self._known, self._more = known, (THRESHOLD,) if has_threshold else ()

    def __getitem__(self, name: str) -> Kind:
        if name in self._more:
            return "number"
        column = self._known[name]
        return "text" if column.signal.value_type(column.days) == "string" else "number"

    def __iter__(self) -> Iterator[str]:
        return iter((*self._known, *self._more))

    def __len__(self) -> int:
        return len(self._known) + len(self._more)

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._more


def _units(condition: Expression, definition: RuleDefinition, known: Mapping[str, SignalColumn]) -> dict[str, str]:
    said = [name for language in ("en", "zh") for name in places(definition.say[language])]
    names = dict.fromkeys((*condition.names, *said))
    compared = comparison_with(condition, THRESHOLD)
    units = {THRESHOLD: known[compared.signal].signal.unit if compared else ""}
    return {name: units[name] if name in units else known[name].signal.unit for name in names}


def _check_threshold(entry: Entry, definition: RuleDefinition, condition: Expression) -> None:
    used = THRESHOLD in condition.names
    if definition.threshold is not None and not used:
        raise entry.refusal(ConfigError("there is a threshold that the condition does not name"), "threshold")
    if definition.threshold_by_industry and not used:
        error = ConfigError("threshold_by_industry needs a threshold in the condition", do="add threshold: NUMBER")
        raise entry.refusal(error, "threshold_by_industry")


def inactive_because(rule: Rule, known: Mapping[str, SignalColumn], tables: Collection[str]) -> str:
    """Give the reason why a rule cannot fire in a project; empty if it can."""
    if not rule.definition.enabled:
        return "switched off"
    missing = {known[name].signal.table.name for name in rule.signals} - {*tables}
    return f"the data bring no {', '.join(sorted(missing))}" if missing else ""
