"""The customers table."""

from __future__ import annotations

import numpy as np

from pipelines.demo.columns import Numbered, Values, Words
from pipelines.demo.names import COMPANY_NAMES, OWNERS, name_codes
from pipelines.demo.segments import CHANNELS, INDUSTRIES, REGIONS, SIZES, column
from pipelines.demo.world import World

LATE_SHARE = 0.06


def customer_ids(world: World) -> Numbered:
    """Give the identifiers of all customers of the chunk, in order."""
    return Numbered("C", world.population.number)


def customers(rng: np.random.Generator, world: World) -> dict[str, Values]:
    """Write one row a customer; a few are entered in the CRM some days late."""
    population = world.population
    n = len(population)
    signed_up_at = world.started_at - rng.uniform(0.3, 0.7, n)
    late = np.where(rng.random(n) < LATE_SHARE, rng.uniform(0.5, 4, n), 0.0)
    is_chinese = column(REGIONS, "is_chinese")[population.region] > 0
    return {
        "customer_id": np.arange(n),
        "signed_up_at": signed_up_at,
        "name": Words(name_codes(rng, population.industry, is_chinese), COMPANY_NAMES),
        "industry": Words(population.industry, INDUSTRIES.names),
        "company_size": Words(population.size, SIZES.names),
        "region": Words(population.region, REGIONS.names),
        "channel": Words(population.channel, CHANNELS.names),
        "owner": Words(population.owner, OWNERS),
        "employees": population.employees,
        "acquisition_cost": population.acquisition_cost,
        "known_at": signed_up_at + late,
    }
