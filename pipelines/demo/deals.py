"""Deals through the funnel: renewals of yearly contracts and extensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.tables import DEALS
from pipelines.demo.causes import COMPETITOR, USAGE
from pipelines.demo.columns import ROWS_A_CHUNK, Numbered, Values, Words
from pipelines.demo.contracts import Terms
from pipelines.demo.cut import seen
from pipelines.demo.points import office_time, rhythm
from pipelines.demo.world import World

STAGES = list(DEALS["stage"].allowed)
_LEAD, _QUALIFIED, _QUOTE, _APPROVAL, _WON, _LOST = range(len(STAGES))
EXTENSION_RATE = 0.0020
LATE_SHARE = 0.1


@dataclass(frozen=True)
class Entries:
    """Entries of deals into stages; ``moment`` is NaN where a stage was not reached."""

    deal: np.ndarray
    customer: np.ndarray
    stage: np.ndarray
    moment: np.ndarray
    amount: np.ndarray


def deals(rng: np.random.Generator, world: World, terms: Terms) -> dict[str, Values]:
    """Write one row for each entry of a deal into a stage."""
    renewals = _renewals(rng, world, terms)
    extensions = _extensions(rng, world, first_deal=len(terms.customer))
    parts = [renewals, extensions]
    moment = np.concatenate([part.moment for part in parts])
    reached = np.flatnonzero(~np.isnan(moment))
    moment = moment[reached]
    late = np.where(rng.random(len(moment)) < LATE_SHARE, rng.uniform(0.5, 7, len(moment)), 0.0)
    columns: dict[str, Values] = {
        "deal_id": Numbered("D", np.concatenate([p.deal for p in parts])[reached] + world.chunk * ROWS_A_CHUNK),
        "customer_id": np.concatenate([part.customer for part in parts])[reached],
        "entered_at": moment,
        "stage": Words(np.concatenate([part.stage for part in parts])[reached], STAGES),
        "amount": np.concatenate([part.amount for part in parts])[reached],
        "known_at": moment + late,
    }
    return seen("deals", columns, world)


def _renewals(rng: np.random.Generator, world: World, terms: Terms) -> Entries:
    """Lay out renewal deals: quoted with the offer, approved later where it is steep, won with the next term."""
    rows = np.flatnonzero(terms.has_review & (world.conditions.term_months[terms.customer] == 12))
    customer, end = terms.customer[rows], terms.end_day[rows].astype(float)
    quoted = end - world.conditions.offer_lead_days[customer] + rng.uniform(0.4, 0.7, len(rows))
    slow = np.array([1.0, 1.6, 3.0])[terms.offer_level[rows]]
    slow *= np.array([1.0, 1.3, 2.0])[world.level(customer, quoted, COMPETITOR)]
    approval = quoted + 9 * slow * rng.lognormal(0, 0.6, len(rows))
    gone = np.fmin(np.fmin(world.notice_at, world.left_at), np.inf)[customer]
    won = np.where(gone > end, end + rng.uniform(0.3, 0.7, len(rows)), np.nan)
    noticed = world.notice_at[customer]
    lost = np.where((noticed > quoted) & (noticed < end), noticed + 0.05, np.nan)
    approval = np.where(approval < np.minimum(end, gone), approval, np.nan)
    moments = np.stack([quoted, approval, won, lost], axis=1)
    moments[gone <= quoted] = np.nan
    return _entries(rows, customer, moments, [_QUOTE, _APPROVAL, _WON, _LOST], terms.next_price[rows] * 12)


def _extensions(rng: np.random.Generator, world: World, first_deal: int) -> Entries:
    """Draw deals for more seats or modules; keen users have more of them, and some get stuck."""
    keen = world.effect(USAGE, (1.0, 0.6, 0.25)) * world.presence
    customer, moment = rhythm(rng, keen * np.float32(EXTENSION_RATE), 1.0)
    count = len(customer)
    steps = np.maximum(1.0, rng.lognormal(np.log([6, 9, 14, 12]), 0.7, (count, 4)))
    moments = office_time(rng, moment[:, None] + np.concatenate([np.zeros((count, 1)), steps.cumsum(axis=1)], axis=1))
    stuck_after = np.where(rng.random(count) < 0.25, rng.integers(0, 4, count), 9)
    moments[np.arange(5) > stuck_after[:, None]] = np.nan
    last = np.where(rng.random(count) < 0.55, _WON, _LOST)
    amount = np.round(
        world.population.seats[customer] * world.population.seat_price[customer] * rng.uniform(1, 4, count), 2
    )
    entries = _entries(
        np.arange(count) + first_deal, customer, moments, [_LEAD, _QUALIFIED, _QUOTE, _APPROVAL, -1], amount
    )
    stage = np.where(entries.stage < 0, np.repeat(last, 5), entries.stage)
    return Entries(entries.deal, entries.customer, stage, entries.moment, entries.amount)


def _entries(
    deal: np.ndarray, customer: np.ndarray, moments: np.ndarray, stages: list[int], amount: np.ndarray
) -> Entries:
    """Lay out deals with moments of shape (deals, stages) as one row an entry."""
    width = len(stages)
    return Entries(
        np.repeat(deal, width),
        np.repeat(customer, width),
        np.tile(stages, len(deal)),
        moments.ravel(),
        np.repeat(np.round(amount, 2), width),
    )
