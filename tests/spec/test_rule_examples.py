"""Every shipped rule fires exactly where its examples say, and never on what was not known before the instant."""

from __future__ import annotations

from dataclasses import replace

import ibis
import pytest

from features.example import EXAMPLE_CUTOFF, Example
from features.signal import columns_of, discover
from features.tables import KNOWN_AT
from pipelines.actions.rule_proof import FIRES, firing_examples, read_examples
from pipelines.actions.rulebook import load_rules

KNOWN = columns_of(discover([]).values())
RULES = load_rules(KNOWN)
EXAMPLES = {
    f"{name}#{position}": (name, example)
    for name, rule in RULES.items()
    for position, example in enumerate(read_examples(rule), start=1)
}
EMPTY = "nobody knows anything"


def learned_at_the_cutoff(example: Example) -> Example:
    """The same rows, each learned at the very instant of the alert."""
    rows = {table: [{**row, KNOWN_AT: EXAMPLE_CUTOFF} for row in some] for table, some in example.rows.items()}
    return replace(example, rows=rows)


@pytest.fixture(scope="module")
def fired():
    known = {key: example for key, (_, example) in EXAMPLES.items()}
    late = {f"late {key}": learned_at_the_cutoff(example) for key, example in known.items()}
    nobody = {EMPTY: Example({}, {None: "quiet"})}
    return set(firing_examples(ibis.duckdb.connect(), list(RULES.values()), KNOWN, {**known, **late, **nobody}))


@pytest.mark.parametrize("key", EXAMPLES)
def test_a_rule_does_what_its_example_says(fired, key):
    name, example = EXAMPLES[key]
    assert ((name, key) in fired) == (example.expected[None] == FIRES)


@pytest.mark.parametrize("key", EXAMPLES)
def test_what_is_learned_at_the_instant_changes_nothing(fired, key):
    name, _ = EXAMPLES[key]
    assert ((name, f"late {key}") in fired) == ((name, EMPTY) in fired)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_shows_where_it_fires_and_where_it_does_not(name):
    verdicts = {example.expected[None] for key, (rule, example) in EXAMPLES.items() if rule == name}
    assert verdicts == {"fires", "quiet"}


@pytest.mark.parametrize("name", RULES)
def test_sentences_are_of_their_language(name):
    definition = RULES[name].definition
    for words in (definition.title, definition.say):
        assert words.en.isascii()
        assert any("\u4e00" <= letter <= "\u9fff" for letter in words.zh)
        assert not set(",;:!?") & set(words.zh)
