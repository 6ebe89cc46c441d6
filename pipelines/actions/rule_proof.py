"""Prove rules by their examples: each is a customer of its own, computed by the code that computes every signal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from features.compute import Panel, compute
from features.errors import DefinitionError
from features.example import EXAMPLE_CUTOFF, Example, example_people, example_tables, read_example
from features.signal import SignalColumn
from features.tables import CUSTOMERS
from pipelines.actions.rule import Rule, needed_signals
from pipelines.errors import ConfigError

FIRES, QUIET = "fires", "quiet"


@dataclass(frozen=True)
class RuleProof:
    """What a rule did with one of its examples.

    Parameters
    ----------
    rule
        Name of the rule.
    position
        Number of the example, from 1.
    expected, fired
        Whether it should fire, and whether it did.
    """

    rule: str
    position: int
    expected: bool
    fired: bool

    @property
    def holds(self) -> bool:
        """Whether the two agree."""
        return self.expected == self.fired


def read_examples(rule: Rule) -> list[Example]:
    """Read a rule's examples: rows by table, then ``=> fires`` or ``=> quiet``.

    Raises
    ------
    ConfigError
        If one cannot be read.
    """
    found = []
    for position, text in enumerate(rule.definition.examples, start=1):
        try:
            example = read_example(text, CUSTOMERS)
        except DefinitionError as error:
            raise ConfigError(f"{rule.where}: {rule.name}: example {position}: {error}") from error
        if example.expected.get(None) not in (FIRES, QUIET):
            raise ConfigError(
                f"{rule.where}: {rule.name}: example {position} ends without a verdict",
                allowed=f"a last line '=> {FIRES}' or '=> {QUIET}'",
                do="say what the rule should do",
            )
        found.append(example)
    return found


def prove_rules(connection: Any, rules: Iterable[Rule], known: Mapping[str, SignalColumn]) -> list[RuleProof]:
    """Compute the examples of rules, all in one call.

    Parameters
    ----------
    connection
        Ibis backend of DuckDB; the examples' tables stay in it as ``example_...``.
    rules
        The rules; those without examples prove nothing.
    known
        The signals that there are.

    Returns
    -------
    list of RuleProof
        One for each rule and example.
    """
    rules = list(rules)
    examples = {
        (rule.name, position): example
        for rule in rules
        for position, example in enumerate(read_examples(rule), start=1)
    }
    fired = set(firing_examples(connection, rules, known, {f"{n}#{p}": e for (n, p), e in examples.items()}))
    return [
        RuleProof(name, position, example.expected[None] == FIRES, (name, f"{name}#{position}") in fired)
        for (name, position), example in examples.items()
    ]


def firing_examples(
    connection: Any, rules: list[Rule], known: Mapping[str, SignalColumn], examples: Mapping[str, Example]
) -> Iterator[tuple[str, str]]:
    """Give rule and customer wherever a rule fires for a customer of the examples, which are named by their keys."""
    if not examples:
        return
    tables = {name: connection.create_table(f"example_{name}", rows) for name, rows in example_tables(examples).items()}
    people = connection.create_table("example_people", example_people(examples))
    columns = needed_signals(rules, known)
    for _, signals in compute(connection, tables, people, Panel(columns, [EXAMPLE_CUTOFF])):
        kept = connection.create_table("example_signals", signals)
        for rule in rules:
            for customer in connection.to_pyarrow(kept.filter(rule.fires(kept)).customer_id).to_pylist():
                yield rule.name, customer
