"""Invoices for the running term and what became of them."""

from __future__ import annotations

import numpy as np

from pipelines.demo.causes import PAYMENTS
from pipelines.demo.columns import Values, Words, numbered
from pipelines.demo.contracts import Terms
from pipelines.demo.cut import seen
from pipelines.demo.terms import add_months, anniversaries
from pipelines.demo.world import World

METHODS = ["bank_transfer", "card", "direct_debit"]
FAIL_CHANCE = np.array([0.012, 0.9, 0.98])
"""Chance that collecting an invoice fails at first, by level of the cause."""

LATE_CHANCE = 0.12
REFUND_CHANCE = 0.006


def payments(rng: np.random.Generator, world: World, terms: Terms) -> dict[str, Values]:
    """Write one row an invoice, from issue to payment or failure."""
    customer, issued_day, amount = _invoices(world, terms)
    count = len(customer)
    issued_at = issued_day + rng.uniform(6 / 24, 11 / 24, count)
    due_days = rng.choice([14.0, 30.0], len(world.population), p=[0.6, 0.4])[customer]
    level = world.level(customer, issued_at, PAYMENTS)
    failed = rng.random(count) < FAIL_CHANCE[level]
    failed_at = np.where(failed, issued_at + rng.uniform(0.1, 1.5, count), np.nan)
    relieved_at = np.where(level > 0, world.relief(customer, issued_at, PAYMENTS), issued_at)
    paid_at = _paid_at(rng, issued_at, due_days, failed, relieved_at)
    refunded = rng.random(count) < REFUND_CHANCE
    columns: dict[str, Values] = {
        "payment_id": numbered("P", world.chunk, count),
        "customer_id": customer,
        "issued_at": issued_at,
        "due_at": np.floor(issued_at) + due_days,
        "amount": amount,
        "method": Words(rng.choice(3, len(world.population), p=[0.5, 0.3, 0.2])[customer], METHODS),
        "failed_at": failed_at,
        "paid_at": paid_at,
        "refunded_at": np.where(refunded, paid_at + rng.uniform(2, 20, count), np.nan),
        "refund_amount": np.round(amount * rng.uniform(0.1, 1.0, count), 2),
    }
    return seen("payments", columns, world)


def _invoices(world: World, terms: Terms) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give customer, day and amount of every invoice of a paid term that began."""
    conditions = world.conditions
    stop = np.minimum(world.lives.left_day, world.clock.end_day) - 1
    last = anniversaries(world.clock, conditions.paid_day, conditions.billing_months, stop[:, None]).cycle[:, 0]
    counts = np.maximum(last + 1, 0)
    customer = np.repeat(np.arange(len(conditions)), counts)
    number = np.arange(len(customer)) - np.repeat(counts.cumsum() - counts, counts)
    months = conditions.billing_months[customer]
    day = add_months(world.clock, conditions.paid_day[customer], number * months)
    term = terms.first_row[customer] + number * months // conditions.term_months[customer]
    return customer, day, np.round(terms.price[term] * months, 2)


def _paid_at(
    rng: np.random.Generator, issued_at: np.ndarray, due_days: np.ndarray, failed: np.ndarray, relieved_at: np.ndarray
) -> np.ndarray:
    """Most pay before the due date; who fails to pay does so when the trouble is over."""
    count = len(issued_at)
    in_time = rng.beta(3, 2, count) * due_days
    late = due_days + rng.gamma(1.5, 5.0, count)
    paid_at = issued_at + np.where(rng.random(count) < LATE_CHANCE, late, in_time)
    after_failure = np.maximum(issued_at + 2, relieved_at) + rng.gamma(1.5, 3.0, count)
    return np.where(failed, after_failure, paid_at)
