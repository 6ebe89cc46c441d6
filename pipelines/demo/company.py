"""The demo company: a seeded world written as ten related tables and, apart from them, its truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipelines.demo.clock import Clock, clock_for
from pipelines.demo.columns import Values, Words, to_array, to_arrow
from pipelines.demo.contracts import Terms, contracts, draw_terms
from pipelines.demo.customers import customer_ids, customers
from pipelines.demo.deals import deals
from pipelines.demo.feedback import feedback
from pipelines.demo.interactions import interactions
from pipelines.demo.orders import orders
from pipelines.demo.payments import payments
from pipelines.demo.population import draw_population
from pipelines.demo.responses import draw_responses
from pipelines.demo.states import live
from pipelines.demo.stock import stock
from pipelines.demo.tickets import tickets
from pipelines.demo.truth import conditions_table, hazard_table, responses_table, truth_table
from pipelines.demo.usage import usage_events
from pipelines.demo.world import World, make_world
from pipelines.demo.write import TableFiles
from pipelines.errors import ConfigError

CHUNK = 2_500
"""Customers simulated at once; part of the definition of the bytes, since each chunk has its own seeds."""

Progress = Callable[[str, float], None]


def simulate(
    folder: Path,
    truth_folder: Path,
    *,
    customers: int,
    months: int,
    seed: int,
    ends_on: date,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Simulate the company over ``[ends_on - months, ends_on)`` and write its tables and its truth.

    Parameters
    ----------
    folder
        Gets one Parquet file for each canonical table.
    truth_folder
        Gets ``truth.parquet``, ``responses.parquet``, ``hazard.parquet`` and ``conditions.parquet``; see ``truth``.
    customers
        Customers who ever belonged to the company in the window, at least 1.
    months
        Length of the window, at least 1.
    seed
        The same seed and settings give the same bytes.
    ends_on
        First day after the window.
    progress
        Called with a word and the part that is done, from 0 to 1.

    Returns
    -------
    dict of str to int
        Rows written for each table.

    Raises
    ------
    ConfigError
        If ``customers`` or ``months`` is below 1 or the seed is negative.
    """
    _check(customers, months, seed)
    clock = clock_for(ends_on, months)
    with TableFiles(folder) as tables, TableFiles(truth_folder) as truth:
        for chunk, first in enumerate(range(0, customers, CHUNK)):
            numbers = np.arange(first, min(first + CHUNK, customers))
            _write_chunk(tables, truth, clock, chunk, numbers, seed)
            if progress:
                progress("customers", float(numbers[-1] + 1) / customers)
    return tables.rows


def _check(customers: int, months: int, seed: int) -> None:
    for name, value, least in (("customers", customers, 1), ("months", months, 1), ("seed", seed, 0)):
        if value < least:
            raise ConfigError(
                f"The simulation got {name} = {value}",
                allowed=f"a whole number from {least}",
                do=f"set simulate.{name} to {least} or more",
            )


def _write_chunk(
    tables: TableFiles, truth: TableFiles, clock: Clock, chunk: int, numbers: np.ndarray, seed: int
) -> None:
    """Simulate some customers; every part draws from its own source of randomness."""
    sources = (np.random.default_rng(child) for child in np.random.SeedSequence([seed, chunk]).spawn(16))
    population = draw_population(next(sources), clock, numbers)
    lives = live(next(sources), clock, population.conditions)
    world = make_world(next(sources), chunk, clock, population, lives)
    truth.append("truth", truth_table(world, draw_responses(next(sources), population)))
    truth.append("hazard", hazard_table(world))
    truth.append("conditions", conditions_table(world))
    terms = draw_terms(next(sources), world)
    ids = to_array(customer_ids(world), pa.string()).to_pylist()
    for name, rows in _simulated(world, terms, sources):
        tables.append(name, to_arrow(name, {**rows, "customer_id": Words(np.asarray(rows["customer_id"]), ids)}, clock))
    truth.append("responses", responses_table(world, draw_responses(next(sources), population, "call")))


def _simulated(
    world: World, terms: Terms, sources: Iterator[np.random.Generator]
) -> Iterator[tuple[str, dict[str, Values]]]:
    """Simulate one table after the other; ``customer_id`` holds rows of the world."""
    yield "customers", customers(next(sources), world)
    yield "contracts", contracts(next(sources), world, terms)
    yield "orders", orders(next(sources), world)
    yield "payments", payments(next(sources), world, terms)
    yield "usage_events", usage_events(next(sources), world)
    yield "tickets", tickets(next(sources), world)
    yield "interactions", interactions(next(sources), world, terms)
    yield "feedback", feedback(next(sources), world)
    yield "deals", deals(next(sources), world, terms)
    yield "stock", stock(next(sources), world)
