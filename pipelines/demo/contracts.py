"""Contract terms with their prices, renewal offers, notices and ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo.causes import CAUSE_NAMES
from pipelines.demo.clock import business_hour
from pipelines.demo.columns import ROWS_A_CHUNK, Numbered, Values, Words, numbered
from pipelines.demo.cut import known
from pipelines.demo.terms import REVIEW_MONTHS, add_months, anniversaries
from pipelines.demo.world import World

GAPS = np.array([[0.0, 0.04], [0.07, 0.15], [0.20, 0.45]])
"""Price rise at a yearly review by level of the offer: lowest and highest."""

LIST_PRICE_RISE = 0.03
LATE_SHARE = 0.10
PLANS = ["trial", "starter", "team", "business", "enterprise"]
BILLING = {1: "month", 3: "quarter", 12: "year"}
REASONS = ["price", "competitor", "service", "low_use", "budget", "no_need", "payment", "other"]
_STATED = {
    "usage_decay": "low_use",
    "unresolved_tickets": "service",
    "failed_payments": "payment",
    "no_contact": "no_need",
    "competitor": "competitor",
    "price_gap": "price",
    "quiet": "budget",
}


@dataclass(frozen=True)
class Terms:
    """Contract terms of a chunk, in order of customer and time; every field has one entry a term.

    ``index`` is the term's number within its customer, -1 for a trial; ``first_row`` is the row of each customer's
    first paid term.
    """

    customer: np.ndarray
    index: np.ndarray
    start_day: np.ndarray
    end_day: np.ndarray
    price: np.ndarray
    list_price: np.ndarray
    seats: np.ndarray
    next_price: np.ndarray
    has_review: np.ndarray
    offer_level: np.ndarray
    first_row: np.ndarray

    @property
    def is_trial(self) -> np.ndarray:
        """Whether the term is a trial."""
        return self.index < 0


def draw_terms(rng: np.random.Generator, world: World) -> Terms:
    """Lay out every term that begins before the customer left or the window ended, and price it."""
    conditions = world.conditions
    stop = np.minimum(world.lives.left_day, world.clock.end_day)
    last = anniversaries(world.clock, conditions.paid_day, conditions.term_months, (stop - 1)[:, None]).cycle[:, 0]
    trials = conditions.has_trial.astype(np.int64)
    counts = np.maximum(last + 1, 0) + trials
    customer = np.repeat(np.arange(len(conditions)), counts)
    first = np.concatenate([[0], counts.cumsum()[:-1]])
    index = np.arange(len(customer)) - (first + trials)[customer]
    months = conditions.term_months[customer]
    paid_day = conditions.paid_day[customer]
    start = add_months(world.clock, paid_day, np.maximum(index, 0) * months)
    start = np.where(index < 0, conditions.started_day[customer], start)
    end = np.where(index < 0, paid_day, add_months(world.clock, paid_day, (index + 1) * months))
    review = np.maximum(index, 0) * months // REVIEW_MONTHS
    seat_prices, list_prices, seats = _price_paths(rng, world)
    has_review = (index >= 0) & ((index + 1) * months % REVIEW_MONTHS == 0)
    return Terms(
        customer=customer,
        index=index,
        start_day=start,
        end_day=end,
        price=np.round(seat_prices[customer, review] * seats[customer, review], 2),
        list_price=np.round(list_prices[customer, review] * seats[customer, review], 2),
        seats=seats[customer, review],
        next_price=np.round(seat_prices[customer, review + 1] * seats[customer, review], 2),
        has_review=has_review,
        offer_level=world.lives.offer_levels[customer, np.minimum(review, world.lives.offer_levels.shape[1] - 1)],
        first_row=first + trials,
    )


def _price_paths(rng: np.random.Generator, world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw monthly price and list price of a seat, and seats, after each yearly review; each (n, reviews + 1)."""
    population, levels = world.population, world.lives.offer_levels
    low, high = GAPS[levels, 0], GAPS[levels, 1]
    gaps = low + (high - low) * rng.random(levels.shape)
    growth = rng.choice([0.9, 1.0, 1.1, 1.25], levels.shape, p=[0.08, 0.62, 0.2, 0.1])
    seats = np.rint(population.seats[:, None] * _path(growth)).clip(1).astype(np.int64)
    list_seat = population.seat_price[:, None] * (1 + LIST_PRICE_RISE) ** np.arange(levels.shape[1] + 1)
    seat = (population.seat_price * (1 - population.conditions.first_discount))[:, None] * _path(1 + gaps)
    return seat, np.maximum(list_seat, seat), seats


def _path(factors: np.ndarray) -> np.ndarray:
    """Multiply up, beginning with 1; (n, k) to (n, k + 1)."""
    return np.concatenate([np.ones((len(factors), 1)), factors.cumprod(axis=1)], axis=1)


def contracts(rng: np.random.Generator, world: World, terms: Terms) -> dict[str, Values]:
    """Write one row a term; a renewal is a new row, and some first contracts are entered late."""
    count = len(terms.customer)
    noticed = _noticed(world, terms)
    notice_at = np.where(noticed, world.notice_at[terms.customer], np.nan)
    offered_at = _offered_at(rng, world, terms)
    start = terms.start_day.astype(float)
    late = (rng.random(count) < LATE_SHARE) & (np.arange(count) == _first_rows(terms)[terms.customer])
    price = np.where(terms.is_trial, 0.0, terms.price)
    columns: dict[str, Values] = {
        "contract_id": numbered("K", world.chunk, count),
        "customer_id": terms.customer,
        "started_at": start,
        "ends_at": terms.end_day.astype(float),
        "plan": Words(_plan(terms), PLANS),
        "billing_period": Words(_billing(world, terms), list(BILLING.values())),
        "monthly_price": price,
        "list_price": terms.list_price,
        "discount_share": np.round(1 - price / terms.list_price, 4),
        "seats": terms.seats,
        "auto_renew": _auto_renew(rng, world)[terms.customer] & ~terms.is_trial,
        "is_trial": terms.is_trial,
        "renewal_of": _renewal_of(world, terms),
        "renewal_offered_at": offered_at,
        "renewal_price": terms.next_price,
        "cancelled_at": notice_at,
        "cancel_reason": _reasons(rng, world, terms, noticed),
        "ended_at": np.where(noticed, world.left_at[terms.customer], np.nan),
        "known_at": start + np.where(late, rng.uniform(0.5, 12, count), 0.0),
    }
    stop = np.full(count, float(world.clock.end_day))
    return known("contracts", columns, world, stop, np.ones(count, dtype=bool))


def _first_rows(terms: Terms) -> np.ndarray:
    """Row of each customer's first term, trial or paid; shape (n,)."""
    return np.searchsorted(terms.customer, np.arange(len(terms.first_row)))


def _noticed(world: World, terms: Terms) -> np.ndarray:
    """Tell which terms were running when notice was given."""
    day = world.lives.notice_day[terms.customer]
    return (terms.start_day <= day) & (day < terms.end_day)


def _offered_at(rng: np.random.Generator, world: World, terms: Terms) -> np.ndarray:
    """When the renewal offer of a yearly review went out; not after notice."""
    offered = business_hour(rng, terms.end_day - world.conditions.offer_lead_days[terms.customer])
    gone = np.fmin(world.notice_at, world.left_at)[terms.customer]
    return np.where(terms.has_review & ~(offered >= gone), offered, np.nan)


def _plan(terms: Terms) -> np.ndarray:
    return np.where(terms.is_trial, 0, 1 + np.digitize(terms.seats, [5, 25, 150]))


def _billing(world: World, terms: Terms) -> np.ndarray:
    return np.searchsorted(list(BILLING), world.conditions.billing_months)[terms.customer]


def _auto_renew(rng: np.random.Generator, world: World) -> np.ndarray:
    share = np.select([world.conditions.term_months == 1, world.conditions.term_months == 3], [0.95, 0.75], 0.4)
    return rng.random(len(share)) < share


def _renewal_of(world: World, terms: Terms) -> Numbered:
    rows = np.arange(len(terms.customer), dtype=np.int64)
    return Numbered("K", np.where(terms.index > 0, rows - 1 + world.chunk * ROWS_A_CHUNK, -1))


def _reasons(rng: np.random.Generator, world: World, terms: Terms, noticed: np.ndarray) -> Words:
    """Draw the reason that the customer gave: often the true one, often "other", sometimes none."""
    stated = np.array([REASONS.index(_STATED[name]) for name in CAUSE_NAMES])
    cause = world.lives.cause[terms.customer]
    drawn = rng.random(len(cause))
    any_reason = rng.integers(0, len(REASONS), len(cause))
    codes = np.select([drawn < 0.2, drawn < 0.38, drawn < 0.5], [-1, REASONS.index("other"), any_reason], stated[cause])
    return Words(np.where(noticed, codes, -1), REASONS)
