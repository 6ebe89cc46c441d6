"""Survey answers and comments; a good score is no proof that a customer stays."""

from __future__ import annotations

import numpy as np

from features.tables import FEEDBACK
from pipelines.demo.causes import COMPETITOR, CONTACT, PAYMENTS, PRICE, TICKETS, USAGE
from pipelines.demo.columns import Values, Words, numbered
from pipelines.demo.cut import seen
from pipelines.demo.phrases import COMMENT_TAGS
from pipelines.demo.points import office_time, rhythm
from pipelines.demo.texts import comment_texts, language
from pipelines.demo.world import World

KINDS = list(FEEDBACK["kind"].allowed)
RATES = {"nps": 0.0065, "csat": 0.004, "comment": 0.0025}
NPS_MEAN, NPS_SPREAD = 8.75, 1.5
PENALTY = {
    USAGE: (0.0, 0.2, 0.7),
    TICKETS: (0.0, 0.9, 2.4),
    PAYMENTS: (0.0, 0.1, 0.3),
    CONTACT: (0.0, 0.2, 0.6),
    COMPETITOR: (0.0, 0.2, 0.7),
    PRICE: (0.0, 0.5, 1.3),
}
_COMPLAINTS = {
    USAGE: ("too_complex", 0.45),
    TICKETS: ("poor_support", 0.6),
    CONTACT: ("no_contact", 0.45),
    PRICE: ("too_expensive", 0.6),
}
"""Tag that a severe cause brings up and how often."""


def feedback(rng: np.random.Generator, world: World) -> dict[str, Values]:
    """Write one row an answer or comment."""
    kind, customer, given_at = _moments(rng, world)
    score = _scores(rng, world, customer, given_at)
    csat = np.clip(np.rint(score / 2 + rng.normal(0, 0.3, len(score))), 1, 5)
    tag = _tags(rng, world, customer, given_at)
    writes = (kind == KINDS.index("comment")) | (rng.random(len(kind)) < 0.35)
    columns: dict[str, Values] = {
        "feedback_id": numbered("F", world.chunk, len(kind)),
        "customer_id": customer,
        "given_at": given_at,
        "kind": Words(kind, KINDS),
        "score": np.select([kind == KINDS.index("nps"), kind == KINDS.index("csat")], [score, csat], np.nan),
        "tag": Words(tag, COMMENT_TAGS),
        "text": comment_texts(rng, language(world, customer), np.where(writes, tag, -1)),
    }
    return seen("feedback", columns, world)


def _moments(rng: np.random.Generator, world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kind, customer and moment of every answer; some customers answer more than others."""
    willing = rng.gamma(2.0, 0.5, len(world.population)).astype(np.float32)
    activity = world.presence * willing[:, None]
    drawn = [rhythm(rng, activity * np.float32(RATES[kind]), 1.0) for kind in KINDS]
    kind = np.repeat(np.arange(len(KINDS)), [len(customer) for customer, _ in drawn])
    customer = np.concatenate([customer for customer, _ in drawn])
    return kind, customer, office_time(rng, np.concatenate([moment for _, moment in drawn]))


def _scores(rng: np.random.Generator, world: World, customer: np.ndarray, given_at: np.ndarray) -> np.ndarray:
    """Score from 0 to 10: the customer's own habit, less what goes wrong, plus noise."""
    habit = rng.normal(0, 0.7, len(world.population))[customer]
    penalty = sum(np.array(steps)[world.level(customer, given_at, cause)] for cause, steps in PENALTY.items())
    return np.clip(np.rint(NPS_MEAN + habit - penalty + rng.normal(0, NPS_SPREAD, len(customer))), 0, 10)


def _tags(rng: np.random.Generator, world: World, customer: np.ndarray, given_at: np.ndarray) -> np.ndarray:
    """Mostly praise, at times a complaint; a severe cause brings up its own."""
    usual = rng.choice(len(COMMENT_TAGS), len(customer), p=[0.28, 0.28, 0.22, 0.06, 0.06, 0.03, 0.05, 0.02])
    for cause, (tag, chance) in _COMPLAINTS.items():
        complains = (
            rng.random(len(customer)) < np.array([0.0, chance / 2, chance])[world.level(customer, given_at, cause)]
        )
        usual = np.where(complains, COMMENT_TAGS.index(tag), usual)
    return usual
