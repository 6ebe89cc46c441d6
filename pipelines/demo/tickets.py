"""Service tickets: how often, how bad, how long, and what was written."""

from __future__ import annotations

import numpy as np

from features.tables import TICKETS as TICKETS_TABLE
from pipelines.demo.causes import COMPETITOR, PAYMENTS, TICKETS
from pipelines.demo.columns import Values, Words, numbered
from pipelines.demo.cut import seen
from pipelines.demo.phrases import TICKET_MOODS, TICKET_TOPICS
from pipelines.demo.points import office_time, rhythm
from pipelines.demo.seasons import day_factors
from pipelines.demo.texts import language, ticket_texts
from pipelines.demo.world import World

RATE = 0.0165
"""Tickets a day of an ordinary small customer."""

SIZE_FACTORS = np.array([0.8, 1.0, 1.3, 1.8, 2.6], dtype=np.float32)
LEVEL_FACTORS = (1.0, 4.0, 6.5)
FIRST_WEEKS_FACTOR = 2.0
ONSET_RATE = 0.4
"""Tickets a day in the week in which the trouble begins."""

TYPES = list(TICKETS_TABLE["ticket_type"].allowed)
PRIORITIES = list(TICKETS_TABLE["priority"].allowed)
_TYPE_SHARES = np.array([[0.44, 0.34, 0.06, 0.16], [0.25, 0.5, 0.18, 0.07], [0.1, 0.54, 0.32, 0.04]])
_PRIORITY_SHARES = np.array([[0.3, 0.52, 0.15, 0.03], [0.15, 0.45, 0.3, 0.1], [0.05, 0.3, 0.4, 0.25]])

# By level: median hours to the first answer, median days to the solution, chance that it waits for the trouble to end.
_ANSWER_HOURS = np.array([0.5, 2.2, 5.0])
_SOLVE_DAYS = np.array([0.9, 4.5, 21.0])
_STUCK_CHANCE = np.array([0.0, 0.55, 0.8])
_DEPARTMENTS = np.array([0.25, 1.1, 3.0])
_REOPEN_CHANCE = np.array([0.04, 0.15, 0.32])
_SATISFACTION = np.array([4.35, 3.7, 2.7])
_SCORED_CHANCE = 0.4


def tickets(rng: np.random.Generator, world: World) -> dict[str, Values]:
    """Write one row a ticket."""
    customer, moment = rhythm(rng, _intensity(world), regularity=1.0)
    opened_at = office_time(rng, moment)
    level = world.level(customer, opened_at, TICKETS)
    topic = _topics(rng, world, customer, opened_at, level)
    count = len(customer)
    columns: dict[str, Values] = {
        "ticket_id": numbered("T", world.chunk, count),
        "customer_id": customer,
        "opened_at": opened_at,
        "ticket_type": Words(_draw(rng, _TYPE_SHARES[level]), TYPES),
        "priority": Words(_draw(rng, _PRIORITY_SHARES[level]), PRIORITIES),
        "topic": Words(topic, TICKET_TOPICS),
        "text": ticket_texts(rng, language(world, customer), topic, _moods(rng, world, customer, opened_at, level)),
        **_handling(rng, opened_at, level, world.relief(customer, opened_at, TICKETS)),
    }
    return seen("tickets", columns, world)


def _intensity(world: World) -> np.ndarray:
    days = np.arange(world.clock.end_day, dtype=np.int32)
    is_early = days < world.conditions.started_day[:, None] + 45
    rate = np.float32(RATE) * SIZE_FACTORS[world.population.size][:, None]
    early = np.where(is_early, np.float32(FIRST_WEEKS_FACTOR), np.float32(1))
    usual = rate * early * world.effect(TICKETS, LEVEL_FACTORS)
    return (usual + world.onset(TICKETS) * np.float32(ONSET_RATE)) * day_factors(world) * world.presence


def _draw(rng: np.random.Generator, shares: np.ndarray) -> np.ndarray:
    """Draw one option a row from shares of shape (n, options)."""
    return (rng.random(len(shares))[:, None] > shares.cumsum(axis=1)[:, :-1]).sum(axis=1)


def _topics(
    rng: np.random.Generator, world: World, customer: np.ndarray, opened_at: np.ndarray, level: np.ndarray
) -> np.ndarray:
    """Any topic; in trouble the same one again and again; billing when payments fail."""
    any_topic = rng.integers(0, len(TICKET_TOPICS), len(customer))
    sore_point = rng.integers(1, 6, len(world.population))[customer]
    topic = np.where(rng.random(len(customer)) < np.array([0.1, 0.55, 0.8])[level], sore_point, any_topic)
    bills = rng.random(len(customer)) < np.array([0.0, 0.35, 0.5])[world.level(customer, opened_at, PAYMENTS)]
    return np.where(bills, TICKET_TOPICS.index("billing"), topic)


def _moods(
    rng: np.random.Generator, world: World, customer: np.ndarray, opened_at: np.ndarray, level: np.ndarray
) -> np.ndarray:
    upset = rng.random(len(customer)) < np.array([0.08, 0.4, 0.75])[level]
    looks_around = np.array([0.004, 0.25, 0.45])[world.level(customer, opened_at, COMPETITOR)]
    leaving = rng.random(len(customer)) < looks_around
    calm, is_upset, is_leaving = (TICKET_MOODS.index(mood) for mood in ("calm", "upset", "leaving"))
    return np.select([leaving, upset], [is_leaving, is_upset], calm)


def _handling(
    rng: np.random.Generator, opened_at: np.ndarray, level: np.ndarray, relieved_at: np.ndarray
) -> dict[str, Values]:
    """First answer, solution, departments, reopening and score."""
    count = len(opened_at)
    answer_days = _ANSWER_HOURS[level] / 24 * rng.lognormal(0, 0.9, count)
    solve_days = answer_days + _SOLVE_DAYS[level] * rng.lognormal(0, 0.8, count)
    resolved_at = opened_at + solve_days
    stuck = rng.random(count) < _STUCK_CHANCE[level]
    resolved_at = np.where(stuck, np.maximum(resolved_at, relieved_at + rng.uniform(0, 4, count)), resolved_at)
    reopened = rng.random(count) < _REOPEN_CHANCE[level]
    scored = rng.random(count) < _SCORED_CHANCE
    satisfaction = np.clip(np.rint(rng.normal(_SATISFACTION[level], 0.85)), 1, 5)
    return {
        "first_response_at": opened_at + answer_days,
        "resolved_at": resolved_at,
        "departments": 1.0 + rng.poisson(_DEPARTMENTS[level]),
        "reopened_at": np.where(reopened, resolved_at + rng.uniform(0.3, 8, count), np.nan),
        "scored_at": np.where(scored, resolved_at + rng.uniform(0.05, 3, count), np.nan),
        "satisfaction": satisfaction,
    }
