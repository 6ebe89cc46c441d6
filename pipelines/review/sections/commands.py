"""Sentences that name a command, with the project that it is typed for."""

from __future__ import annotations

from evaluation.gates.words import Words
from pipelines.report.numbers import same
from pipelines.review.figures.facts import Facts


def typed(words: Words, facts: Facts, **values: Words | str) -> Words:
    """Fill ``{project}`` and other values into a sentence in both languages."""
    known = {"project": same(facts.project.name)}
    known |= {name: value if isinstance(value, Words) else same(value) for name, value in values.items()}
    return Words(
        words.en.format(**{name: value.en for name, value in known.items()}),
        words.zh.format(**{name: value.zh for name, value in known.items()}),
    )
