"""Orders of goods with each customer's own rhythm, and add-ons to the plan."""

from __future__ import annotations

import numpy as np

from pipelines.demo.causes import COMPETITOR, USAGE
from pipelines.demo.columns import Values, Words, numbered
from pipelines.demo.cut import seen
from pipelines.demo.points import office_time, rhythm
from pipelines.demo.seasons import day_factors
from pipelines.demo.segments import SIZES, column
from pipelines.demo.world import World

GOODS = ["spare_parts", "consumables", "packaging", "devices"]
CATEGORIES = [*GOODS, "services"]
CHANNELS = ["web_shop", "sales_desk", "edi", "phone"]
ADD_ON_RATE = 0.0022
RETURN_SHARE = 0.03


def demand(world: World) -> np.ndarray:
    """How much of the usual demand remains on each day; (n, days)."""
    return world.effect(USAGE, (1.0, 0.7, 0.4), inertia=0.5) * world.effect(COMPETITOR, (1.0, 0.8, 0.6), inertia=0.5)


def orders(rng: np.random.Generator, world: World) -> dict[str, Values]:
    """Write one row an order."""
    activity = day_factors(world) * world.presence * demand(world)
    rate = (1.4 / world.population.order_interval_days).astype(np.float32)
    customer, moment = rhythm(rng, activity * rate[:, None], regularity=4.0)
    extra_customer, extra_moment = rhythm(rng, activity * np.float32(ADD_ON_RATE), regularity=1.0)
    is_add_on = np.arange(len(customer) + len(extra_customer)) >= len(customer)
    customer = np.concatenate([customer, extra_customer])
    ordered_at = office_time(rng, np.concatenate([moment, extra_moment]))
    columns: dict[str, Values] = {
        "order_id": numbered("O", world.chunk, len(customer)),
        "customer_id": customer,
        "ordered_at": ordered_at,
        **_basket(rng, world, customer, is_add_on),
        "is_add_on": is_add_on,
    }
    returned = (rng.random(len(customer)) < RETURN_SHARE) & ~is_add_on
    columns["returned_at"] = np.where(returned, ordered_at + rng.uniform(3, 30, len(customer)), np.nan)
    columns["refund_amount"] = np.round(np.asarray(columns["amount"]) * rng.choice([0.2, 0.5, 1.0], len(customer)), 2)
    return seen("orders", columns, world)


def _basket(rng: np.random.Generator, world: World, customer: np.ndarray, is_add_on: np.ndarray) -> dict[str, Values]:
    """Fill the orders: what they hold and cost."""
    n, count = len(world.population), len(customer)
    usual = (column(SIZES, "scale")[world.population.size] ** 0.7 * 800 * rng.lognormal(0, 0.4, n))[customer]
    gross = np.where(is_add_on, usual * 0.3, usual) * rng.lognormal(0, 0.35, count)
    discount = np.where(rng.random(count) < 0.25, rng.choice([0.05, 0.1, 0.15, 0.2], count), 0.0)
    lines = np.where(is_add_on, 1, 1 + rng.poisson(2.5, count))
    favourite = rng.integers(0, len(CATEGORIES), n)[customer]
    strays = rng.random(count) < 0.3
    return {
        "amount": np.round(gross * (1 - discount), 2),
        "discount_amount": np.round(gross * discount, 2),
        "quantity": np.where(is_add_on, 1.0, lines * np.ceil(rng.gamma(2.0, 6.0, count))),
        "lines": lines,
        "distinct_products": np.maximum(1, lines - rng.binomial(2, 0.3, count)),
        "category": Words(np.where(strays, rng.integers(0, len(CATEGORIES), count), favourite), CATEGORIES),
        "channel": Words(rng.choice(len(CHANNELS), count, p=[0.45, 0.3, 0.15, 0.1]), CHANNELS),
    }
