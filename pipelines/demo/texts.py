"""Texts by language and subject: every combination of phrases once, picked by code."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from pipelines.demo.columns import Words
from pipelines.demo.phrases import (
    COMMENT_TAGS,
    COMMENTS,
    NOTES,
    TICKET_BODIES,
    TICKET_ENDINGS,
    TICKET_MOODS,
    TICKET_OPENINGS,
    TICKET_TOPICS,
)
from pipelines.demo.segments import REGIONS, column
from pipelines.demo.world import World

LANGUAGES = ("en", "zh")
NOTE_KINDS = ["routine", "competitor", "price"]


@dataclass(frozen=True)
class Library:
    """Texts in one list; a pool of equal meaning is ``texts[start[pool] : start[pool] + size[pool]]``."""

    texts: list[str]
    start: np.ndarray
    size: np.ndarray

    def pick(self, rng: np.random.Generator, pool: np.ndarray) -> Words:
        """Pick a text from each row's pool; pool -1 gives null."""
        code = self.start[pool] + (rng.random(len(pool)) * self.size[pool]).astype(np.int64)
        return Words(np.where(pool < 0, -1, code), self.texts)


def _library(pools: list[list[str]]) -> Library:
    size = np.array([len(pool) for pool in pools])
    return Library([text for pool in pools for text in pool], size.cumsum() - size, size)


def _ticket_pool(language: str, topic: str, mood: str) -> list[str]:
    parts = product(TICKET_OPENINGS[language][mood], TICKET_BODIES[language][topic], TICKET_ENDINGS[language][mood])
    return ["".join(part) for part in parts]


_TICKETS = _library(
    [_ticket_pool(la, topic, mood) for la in LANGUAGES for topic in TICKET_TOPICS for mood in TICKET_MOODS]
)
_COMMENTS = _library([COMMENTS[language][tag] for language in LANGUAGES for tag in COMMENT_TAGS])
_NOTES = _library([NOTES[language][kind] for language in LANGUAGES for kind in NOTE_KINDS])


def language(world: World, customer: np.ndarray) -> np.ndarray:
    """Language code of customers: 0 English, 1 Chinese."""
    return column(REGIONS, "is_chinese").astype(np.int64)[world.population.region[customer]]


def ticket_texts(rng: np.random.Generator, languages: np.ndarray, topic: np.ndarray, mood: np.ndarray) -> Words:
    """Pick what the customer wrote in a ticket."""
    return _TICKETS.pick(rng, (languages * len(TICKET_TOPICS) + topic) * len(TICKET_MOODS) + mood)


def comment_texts(rng: np.random.Generator, languages: np.ndarray, tag: np.ndarray) -> Words:
    """Pick what the customer wrote in a survey; tag -1 gives null."""
    return _COMMENTS.pick(rng, np.where(tag < 0, -1, languages * len(COMMENT_TAGS) + tag))


def notes(rng: np.random.Generator, languages: np.ndarray, kind: np.ndarray) -> Words:
    """Pick what was noted about a contact; kind -1 gives null."""
    return _NOTES.pick(rng, np.where(kind < 0, -1, languages * len(NOTE_KINDS) + kind))
