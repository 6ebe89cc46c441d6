"""Monthly stock counts at dealers; goods pile up where demand falls."""

from __future__ import annotations

import numpy as np

from pipelines.demo.columns import Values, Words
from pipelines.demo.cut import seen
from pipelines.demo.orders import GOODS, demand
from pipelines.demo.world import World

DAYS_BETWEEN_COUNTS = 30
LATE_SHARE = 0.2


def stock(rng: np.random.Generator, world: World) -> dict[str, Values]:
    """Write one row a dealer, count and category."""
    dealer, measured_day, category, usual = _counts(rng, world)
    count = len(dealer)
    sold_share = demand(world)[dealer, np.minimum(measured_day, world.clock.end_day - 1)].astype(float)
    measured_at = measured_day + rng.uniform(9 / 24, 18 / 24, count)
    late = np.where(rng.random(count) < LATE_SHARE, rng.uniform(0.5, 7, count), 0.0)
    piled_up = usual * (1.4 + 2.0 * (1 - sold_share)) * rng.lognormal(0, 0.2, count)
    columns: dict[str, Values] = {
        "customer_id": dealer,
        "measured_at": measured_at,
        "category": Words(category, GOODS),
        "units_on_hand": np.rint(piled_up),
        "units_sold": rng.poisson(usual * sold_share).astype(float),
        "known_at": measured_at + late,
    }
    return seen("stock", columns, world)


def _counts(rng: np.random.Generator, world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Dealer, day, category and usual monthly sales of each count; two categories a dealer."""
    dealers = np.flatnonzero(world.population.is_dealer)
    days = np.arange(world.clock.first_day, world.clock.end_day, DAYS_BETWEEN_COUNTS)
    first = rng.integers(0, len(GOODS), len(dealers))
    usual = rng.uniform(30, 300, (len(dealers), 2))
    offset = rng.integers(0, DAYS_BETWEEN_COUNTS, len(dealers))
    shape = (len(dealers), len(days), 2)
    measured = np.broadcast_to((days + offset[:, None])[:, :, None], shape)
    category = np.broadcast_to(((first[:, None] + np.array([0, 1])) % len(GOODS))[:, None, :], shape)
    return (
        np.broadcast_to(dealers[:, None, None], shape).ravel(),
        measured.ravel(),
        category.ravel(),
        np.broadcast_to(usual[:, None, :], shape).ravel(),
    )
