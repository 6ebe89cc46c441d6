"""Product usage: logins, features, set-ups, exports, errors and community visits."""

from __future__ import annotations

import numpy as np

from features.tables import USAGE_EVENTS
from pipelines.demo.causes import TICKETS, USAGE
from pipelines.demo.columns import Values, Words
from pipelines.demo.points import rhythm
from pipelines.demo.seasons import day_factors
from pipelines.demo.world import World

LEVEL_FACTORS = (1.0, 0.36, 0.12)
"""Use that remains at each level of usage decay."""

INERTIA = 0.0
"""Part of last week's habit that is kept when the level changes."""

REGULARITY = 3.0

EVENT_TYPES = list(USAGE_EVENTS["event_type"].allowed)
FEATURES = [
    "dashboard", "order_entry", "reports", "stock_view", "approvals", "data_sync", "forecast", "mobile_app", "alerts",
]  # fmt: skip
SETUP_FEATURE = "data_sync"
USERS = [f"u{number:02d}" for number in range(1, 41)]
_LOGIN, _FEATURE, _SETUP, _EXPORT, _ERROR, _COMMUNITY = range(len(EVENT_TYPES))
_PICKED = np.array([_LOGIN, _FEATURE, _EXPORT, _COMMUNITY, _ERROR], dtype=np.int8)
_PICK_SHARES = np.array([0.50, 0.38, 0.05, 0.04, 0.03])
_ERROR_CHANCE = np.array([0.0, 0.06, 0.15], dtype=np.float32)
_BREADTH_FACTORS = np.array([1.0, 0.6, 0.35], dtype=np.float32)
_DURATION_FACTORS = np.array([1.0, 0.7, 0.45], dtype=np.float32)


def usage_events(rng: np.random.Generator, world: World) -> dict[str, Values]:
    """Write one row a use; times to the second, in order of customer and day."""
    customer, day = _occurrences(rng, world)
    setup_customer, setup_day = _setups(rng, world)
    is_setup = np.arange(len(customer) + len(setup_customer)) >= len(customer)
    customer = np.concatenate([customer, setup_customer])
    day = np.concatenate([day, setup_day])
    count = len(customer)
    moment = (rng.random(count, dtype=np.float32) + rng.random(count, dtype=np.float32)) * np.float32(0.27)
    level = world.level(customer, day, USAGE)
    kind = np.where(is_setup, _SETUP, _kinds(rng, world, customer, day)).astype(np.int8)
    return {
        "customer_id": customer,
        "happened_at": day + np.float64(0.31) + moment,
        "event_type": Words(kind, EVENT_TYPES),
        "feature": Words(_features(rng, world, customer, kind, level), FEATURES),
        "duration_minutes": _durations(rng, world, customer, kind, level),
        "user_id": Words(_users(rng, world, customer), USERS),
    }


def _intensity(rng: np.random.Generator, world: World) -> np.ndarray:
    """Give the expected uses a day within the window; (n, days of the window)."""
    n, steps = len(world.population), world.clock.steps
    habit = rng.standard_gamma(25.0, (n, steps), dtype=np.float32) / np.float32(25.0)
    pause = rng.random((n, steps), dtype=np.float32) < 0.003
    pause[:, 1:] |= pause[:, :-1].copy()
    habit *= np.where(pause, np.float32(0.45), np.float32(1))
    trend = rng.normal(0, 0.0015, (n, 1)).astype(np.float32) * np.arange(steps, dtype=np.float32)
    habit *= np.exp(trend) * world.population.daily_uses.astype(np.float32)[:, None]
    daily = world.daily(habit) * world.effect(USAGE, LEVEL_FACTORS, INERTIA) * day_factors(world) * world.presence
    return daily[:, world.clock.first_day :] * np.float32(1.38)


def _occurrences(rng: np.random.Generator, world: World) -> tuple[np.ndarray, np.ndarray]:
    """Place all uses but set-ups; habit keeps them more regular than chance."""
    customer, moment = rhythm(rng, _intensity(rng, world), REGULARITY)
    return customer, moment.astype(np.int64) + world.clock.first_day


def _setups(rng: np.random.Generator, world: World) -> tuple[np.ndarray, np.ndarray]:
    """Set the key feature up after the start and now and then again; some customers never do."""
    starter = np.flatnonzero(world.population.set_up_done)
    first = world.conditions.started_day[starter] + rng.integers(1, 22, len(starter))
    months = max(1, (world.clock.end_day - world.clock.first_day) // 60)
    again = np.repeat(starter, rng.poisson(0.5 * months, len(starter)))
    later = rng.integers(world.clock.first_day, world.clock.end_day, len(again))
    customer, day = np.concatenate([starter, again]), np.concatenate([first, later])
    inside = (day >= world.clock.first_day) & (day < world.clock.end_day)
    inside[inside] = world.presence[customer[inside], day[inside]] == 1
    return customer[inside], day[inside]


def _kinds(rng: np.random.Generator, world: World, customer: np.ndarray, day: np.ndarray) -> np.ndarray:
    picked = _PICKED[np.searchsorted(_PICK_SHARES.cumsum()[:-1], rng.random(len(customer), dtype=np.float32))]
    fails = rng.random(len(customer), dtype=np.float32) < _ERROR_CHANCE[world.level(customer, day, TICKETS)]
    picked[fails] = _ERROR
    return picked


def _features(
    rng: np.random.Generator, world: World, customer: np.ndarray, kind: np.ndarray, level: np.ndarray
) -> np.ndarray:
    breadth = world.population.breadth.astype(np.float32)[customer] * _BREADTH_FACTORS[level]
    code = (rng.random(len(customer), dtype=np.float32) * breadth).astype(np.int8)
    code[(kind == _LOGIN) | (kind == _COMMUNITY)] = -1
    code[kind == _SETUP] = FEATURES.index(SETUP_FEATURE)
    return code


def _durations(
    rng: np.random.Generator, world: World, customer: np.ndarray, kind: np.ndarray, level: np.ndarray
) -> np.ndarray:
    usual = rng.uniform(8, 26, len(world.population)).astype(np.float32)[customer]
    spread = np.exp(rng.standard_normal(len(customer), dtype=np.float32) * np.float32(0.4))
    minutes = usual * spread * _DURATION_FACTORS[level]
    minutes[kind == _ERROR] *= np.float32(0.2)
    return np.round(minutes.astype(np.float64), 1)


def _users(rng: np.random.Generator, world: World, customer: np.ndarray) -> np.ndarray:
    people = np.clip(world.population.seats**0.6, 1, len(USERS)).astype(np.float32)[customer]
    drawn = rng.random(len(customer), dtype=np.float32)
    return (drawn * drawn * people).astype(np.int8)
