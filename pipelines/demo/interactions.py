"""Contacts between the company and its customers, some of them entered late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from features.tables import INTERACTIONS
from pipelines.demo.causes import COMPETITOR, CONTACT, PRICE, USAGE
from pipelines.demo.columns import Values, Words, numbered
from pipelines.demo.contracts import Terms
from pipelines.demo.cut import seen
from pipelines.demo.points import office_time, rhythm
from pipelines.demo.seasons import day_factors
from pipelines.demo.texts import NOTE_KINDS, language, notes
from pipelines.demo.world import World

KINDS = list(INTERACTIONS["kind"].allowed)
CHANNELS = ["mail", "telephone", "chat", "on_site"]
CONTACT_FACTORS = (1.0, 0.02, 0.01)
"""Proactive contact that remains when the relationship is neglected."""

LATE_SHARE = 0.12
_CHANNEL_SHARES = {"campaign": [1, 0, 0, 0], "visit": [0, 0, 0, 1], "offer": [0.8, 0.2, 0, 0]}
_USUAL_CHANNELS = [0.3, 0.5, 0.17, 0.03]
_REPLY_CHANCE = {"outreach": 0.6, "campaign": 0.16, "business_review": 0.9, "visit": 0.9, "offer": 0.45}
_MENTION_CHANCE = {
    "inbound": (0.012, 0.7, 0.85),
    "outreach": (0.003, 0.25, 0.45),
    "visit": (0.003, 0.25, 0.45),
    "business_review": (0.004, 0.2, 0.5),
}
_INBOUND_FACTORS = (1.0, 8.0, 11.0)
_ONSET_FACTOR = np.float32(25)


@dataclass(frozen=True)
class Contacts:
    """Contacts of one kind: customer rows and moments."""

    kind: str
    customer: np.ndarray
    moment: np.ndarray


def interactions(rng: np.random.Generator, world: World, terms: Terms) -> dict[str, Values]:
    """Write one row a contact."""
    parts = [*_rhythmic(rng, world), _campaigns(rng, world), _first_csm(rng, world), _offers(rng, world, terms)]
    customer = np.concatenate([part.customer for part in parts])
    moment = office_time(rng, np.concatenate([part.moment for part in parts]))
    kind = np.repeat([KINDS.index(part.kind) for part in parts], [len(part.customer) for part in parts])
    mentions = rng.random(len(kind)) < _by_kind_and_level(
        _MENTION_CHANCE, kind, world.level(customer, moment, COMPETITOR)
    )
    late = np.where(rng.random(len(kind)) < LATE_SHARE, rng.uniform(0.5, 10, len(kind)), 0.0)
    columns: dict[str, Values] = {
        "interaction_id": numbered("I", world.chunk, len(kind)),
        "customer_id": customer,
        "happened_at": moment,
        "kind": Words(kind, KINDS),
        "channel": Words(_channels(rng, kind), CHANNELS),
        "is_proactive": ~np.isin(kind, [KINDS.index("inbound"), KINDS.index("csm_assigned")]),
        "note": notes(rng, language(world, customer), _note_kinds(rng, world, customer, moment, kind, mentions)),
        "mentions_competitor": mentions,
        "replied_at": _replies(rng, world, customer, moment, kind),
        "known_at": moment + late,
    }
    return seen("interactions", columns, world)


def _rhythmic(rng: np.random.Generator, world: World) -> list[Contacts]:
    """Draw calls, reviews, visits and changes of the customer success manager, each in its own rhythm."""
    csm = world.population.has_csm
    at_work = day_factors(world) * world.presence * np.float32(1.3)
    kept_up = world.effect(CONTACT, CONTACT_FACTORS) * at_work
    calls_in = (world.effect(COMPETITOR, _INBOUND_FACTORS) + world.onset(COMPETITOR) * _ONSET_FACTOR) * at_work
    is_big = world.population.size >= 3
    paces = {
        "outreach": (kept_up, np.where(csm, 1 / 15, 1 / 22), 10.0),
        "business_review": (kept_up, np.where(csm, 1 / 91, 0), 12.0),
        "visit": (kept_up, np.where(is_big, 1 / 80, 1 / 400), 1.0),
        "csm_assigned": (at_work, np.where(csm, 1 / 360, 0), 4.0),
        "inbound": (calls_in, np.full(len(csm), 0.011), 1.0),
    }
    return [
        Contacts(kind, *rhythm(rng, activity * rate.astype(np.float32)[:, None], regularity))
        for kind, (activity, rate, regularity) in paces.items()
    ]


def _campaigns(rng: np.random.Generator, world: World) -> Contacts:
    """Send a mailing each month to most customers who are not neglected."""
    days = np.arange(world.clock.first_day + 9, world.clock.end_day, 30)
    reached = 0.8 * np.array(CONTACT_FACTORS)[world.lives.levels[:, days // 7, CONTACT]]
    reached *= world.presence[:, days] > 0
    customer, number = np.nonzero(rng.random(reached.shape) < reached)
    return Contacts("campaign", customer, days[number].astype(float))


def _first_csm(rng: np.random.Generator, world: World) -> Contacts:
    customer = np.flatnonzero(world.population.has_csm)
    return Contacts("csm_assigned", customer, world.started_at[customer] + rng.integers(0, 15, len(customer)))


def _offers(rng: np.random.Generator, world: World, terms: Terms) -> Contacts:
    """Talk the renewal offer through, unless the customer is neglected."""
    days = (terms.end_day - world.conditions.offer_lead_days[terms.customer]).astype(float)
    kept_up = np.array(CONTACT_FACTORS)[world.level(terms.customer, days, CONTACT)]
    told = terms.has_review & (rng.random(len(days)) < 0.85 * kept_up)
    return Contacts("offer", terms.customer[told], days[told])


def _by_kind_and_level(chances: Mapping[str, tuple[float, ...]], kind: np.ndarray, level: np.ndarray) -> np.ndarray:
    table = np.array([chances.get(name, (0.0, 0.0, 0.0)) for name in KINDS])
    return table[kind, level]


def _channels(rng: np.random.Generator, kind: np.ndarray) -> np.ndarray:
    shares = np.array([_CHANNEL_SHARES.get(name, _USUAL_CHANNELS) for name in KINDS], dtype=float)
    return (rng.random(len(kind))[:, None] > shares.cumsum(axis=1)[kind, :-1]).sum(axis=1)


def _note_kinds(
    rng: np.random.Generator,
    world: World,
    customer: np.ndarray,
    moment: np.ndarray,
    kind: np.ndarray,
    mentions: np.ndarray,
) -> np.ndarray:
    """Mailings carry no note; a competitor or a steep offer is noted, otherwise something usual."""
    steep = rng.random(len(kind)) < np.array([0.02, 0.3, 0.6])[world.level(customer, moment, PRICE)]
    note = np.select([mentions, steep], [NOTE_KINDS.index("competitor"), NOTE_KINDS.index("price")], 0)
    silent = np.isin(kind, [KINDS.index("campaign"), KINDS.index("csm_assigned")])
    return np.where(silent, -1, note)


def _replies(
    rng: np.random.Generator, world: World, customer: np.ndarray, moment: np.ndarray, kind: np.ndarray
) -> np.ndarray:
    """When the customer answered; those who use less answer less."""
    chance = np.array([_REPLY_CHANCE.get(name, 0.0) for name in KINDS])[kind]
    chance = chance * np.array([1.0, 0.8, 0.5])[world.level(customer, moment, USAGE)]
    replied = rng.random(len(kind)) < chance
    return np.where(replied, moment + rng.gamma(1.2, 1.0, len(kind)) + 0.01, np.nan)
