"""Who the customers are: traits that never change, drawn once for each customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo.causes import CHAINS, COMPETITOR, CONTACT, PAYMENTS, TICKETS, USAGE
from pipelines.demo.clock import Clock
from pipelines.demo.conditions import Conditions
from pipelines.demo.segments import (
    CHANNELS,
    INDUSTRIES,
    LAST_DAY_OF_MONTH,
    REGIONS,
    SIZES,
    Choice,
    column,
    shares,
)

SHARE_OF_NEW_CUSTOMERS = 0.40
MEAN_TENURE_DAYS = 520
LONGEST_TENURE_DAYS = 4 * 365
TRIAL_DAYS = 30
TRIAL_SHARE = 0.45
DISCOUNTS = np.array([0.0, 0.1, 0.2, 0.3, 0.4])
DISCOUNT_SHARES = np.array([0.42, 0.22, 0.16, 0.12, 0.08])


@dataclass(frozen=True)
class Population:
    """Traits of ``n`` customers; every array has length ``n``."""

    number: np.ndarray
    industry: np.ndarray
    size: np.ndarray
    region: np.ndarray
    channel: np.ndarray
    employees: np.ndarray
    owner: np.ndarray
    acquisition_cost: np.ndarray
    seats: np.ndarray
    seat_price: np.ndarray
    has_csm: np.ndarray
    set_up_done: np.ndarray
    breadth: np.ndarray
    is_dealer: np.ndarray
    daily_uses: np.ndarray
    order_interval_days: np.ndarray
    conditions: Conditions

    def __len__(self) -> int:
        return len(self.number)


def draw_population(rng: np.random.Generator, clock: Clock, numbers: np.ndarray) -> Population:
    """Draw the traits of customers with the given running numbers."""
    n = len(numbers)
    industry, size = _choose(rng, INDUSTRIES, n), _choose(rng, SIZES, n)
    region, channel = _choose(rng, REGIONS, n), _choose(rng, CHANNELS, n)
    employees = np.rint(column(SIZES, "scale")[size] * 40 * rng.lognormal(0, 0.5, n)).astype(np.int64) + 1
    term = _draw_terms(rng, size)
    has_csm = rng.random(n) < column(SIZES, "csm_share")[size]
    set_up_done = rng.random(n) < 0.78
    paid_day = _draw_paid_days(rng, clock, n)
    has_trial = rng.random(n) < TRIAL_SHARE
    is_dealer = (channel == CHANNELS.index("reseller")) & (rng.random(n) < 0.6)
    billing = _draw_billing(rng, term)
    return Population(
        number=numbers,
        industry=industry,
        size=size,
        region=region,
        channel=channel,
        employees=employees,
        owner=_draw_owner(rng, region),
        acquisition_cost=np.round(column(SIZES, "scale")[size] * 900 * rng.lognormal(0, 0.4, n), 2),
        seats=np.maximum(1, np.rint(employees * rng.uniform(0.1, 0.4, n))).astype(np.int64),
        seat_price=np.round(rng.uniform(60, 140, n), 0),
        has_csm=has_csm,
        set_up_done=set_up_done,
        breadth=rng.integers(3, 10, n),
        is_dealer=is_dealer,
        daily_uses=column(SIZES, "daily_uses")[size] * rng.lognormal(-0.04, 0.28, n),
        order_interval_days=_draw_order_interval(rng, industry, is_dealer),
        conditions=Conditions(
            started_day=np.where(has_trial, paid_day - TRIAL_DAYS, paid_day),
            paid_day=paid_day,
            term_months=term,
            billing_months=billing,
            offer_lead_days=np.select([term == 12, term == 3], [rng.integers(40, 76, n), 30], 21),
            first_discount=rng.choice(DISCOUNTS, n, p=DISCOUNT_SHARES),
            hazard_factor=_hazard_factor(rng, industry, size, channel, has_csm, set_up_done),
            onset_factors=_onset_factors(has_csm, set_up_done, size, billing),
        ),
    )


def _choose(rng: np.random.Generator, choice: Choice, n: int) -> np.ndarray:
    return rng.choice(len(choice), n, p=shares(choice))


def _draw_terms(rng: np.random.Generator, size: np.ndarray) -> np.ndarray:
    yearly = column(SIZES, "yearly_share")[size]
    drawn = rng.random(len(size))
    return np.where(drawn < yearly, 12, np.where(drawn < yearly + (1 - yearly) * 0.35, 3, 1))


def _draw_billing(rng: np.random.Generator, term: np.ndarray) -> np.ndarray:
    drawn = rng.random(len(term))
    of_yearly = np.where(drawn < 0.45, 1, np.where(drawn < 0.75, 3, 12))
    of_quarterly = np.where(drawn < 0.4, 1, 3)
    return np.select([term == 12, term == 3], [of_yearly, of_quarterly], 1)


def _draw_paid_days(rng: np.random.Generator, clock: Clock, n: int) -> np.ndarray:
    """First paid days: some before the window, some spread over it, never after the 28th of a month."""
    is_new = rng.random(n) < SHARE_OF_NEW_CUSTOMERS
    later = rng.uniform(clock.first_day, clock.end_day - 10, n)
    tenure = np.minimum(rng.exponential(MEAN_TENURE_DAYS, n), LONGEST_TENURE_DAYS)
    days = np.floor(np.where(is_new, later, clock.first_day - 1 - tenure)).astype(np.int64)
    dates = clock.origin + days
    day_of_month = (dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    return days - np.maximum(day_of_month - (LAST_DAY_OF_MONTH - 1), 0)


def _draw_owner(rng: np.random.Generator, region: np.ndarray) -> np.ndarray:
    """Owner code within the names of the customer's language."""
    return rng.integers(0, 12, len(region)) + np.where(column(REGIONS, "is_chinese")[region] > 0, 0, 12)


def _draw_order_interval(rng: np.random.Generator, industry: np.ndarray, is_dealer: np.ndarray) -> np.ndarray:
    """Usual days between goods orders; infinite for customers who buy no goods."""
    usual = column(INDUSTRIES, "order_interval_days")[industry]
    buys = is_dealer | (rng.random(len(industry)) < column(INDUSTRIES, "buyer_share")[industry])
    return np.where(buys, usual * rng.lognormal(0, 0.3, len(industry)), np.inf)


def _hazard_factor(
    rng: np.random.Generator,
    industry: np.ndarray,
    size: np.ndarray,
    channel: np.ndarray,
    has_csm: np.ndarray,
    set_up_done: np.ndarray,
) -> np.ndarray:
    """Each customer's own factor on the hazard, with one planted segment that leaves far more often."""
    factor = (
        column(INDUSTRIES, "hazard")[industry] * column(SIZES, "hazard")[size] * column(CHANNELS, "hazard")[channel]
    )
    factor = factor * np.where(has_csm, 0.85, 1.05) * np.where(set_up_done, 0.92, 1.3)
    factor = factor * np.where(in_planted_segment(industry, size), 1.8, 1.0)
    return factor * rng.lognormal(-0.005, 0.1, len(industry))


def in_planted_segment(industry: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Tell the segment that was planted to leave more often: micro and small customers in education."""
    return (industry == INDUSTRIES.index("education")) & (size <= SIZES.index("small"))


def _onset_factors(
    has_csm: np.ndarray, set_up_done: np.ndarray, size: np.ndarray, billing_months: np.ndarray
) -> np.ndarray:
    """How much more often each cause begins for a customer; shape (n, chains)."""
    factors = np.ones((len(size), len(CHAINS)))
    factors[:, USAGE] = np.where(set_up_done, 0.85, 1.5)
    factors[:, TICKETS] = 0.8 + 0.1 * size
    factors[:, PAYMENTS] = np.where(billing_months == 12, 0.0, 1.3 - 0.15 * size)
    factors[:, CONTACT] = np.where(has_csm, 0.5, 1.2)
    factors[:, COMPETITOR] = 0.8 + 0.1 * size
    return factors
