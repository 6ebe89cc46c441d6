"""The latent process: levels of each cause week by week, and who leaves when, how and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.demo.causes import (
    CHAIN_HAZARDS,
    CHAINS,
    LAG_STEPS,
    PAYMENTS,
    PRICE,
    PRICE_HAZARDS,
    QUIET,
    QUIET_HAZARD,
    offer_probabilities,
)
from pipelines.demo.clock import STEP_DAYS, Clock
from pipelines.demo.conditions import Conditions
from pipelines.demo.terms import Exposure, anniversaries, exposure, standing_offers

NOT_LEFT = np.iinfo(np.int32).max
WEEKS_A_MONTH = 52.18 / 12
EARLY_EXIT_DAYS = 60
"""A yearly customer who gives notice longer than this before the end is let go after 30 days."""


@dataclass(frozen=True)
class Lives:
    """What the latent process did to ``n`` customers.

    Parameters
    ----------
    levels
        Level of each cause in each week, the price offer last; int8, shape (n, steps, chains + 1).
    offer_levels
        Level of the price offer at each yearly review; shape (n, reviews).
    exposure
        Daily exposure; see ``terms.Exposure``.
    weekly_notice, weekly_lapse
        The same by week; shape (n, steps).
    hazard
        Sum over causes of the hazard for one week of exposure, the customer's factor included; shape (n, steps).
    churn_step, cause
        Week of the loss and cause code; ``NOT_LEFT`` and -1 for those who stay; shape (n,).
    notice_day, left_day
        Whole day of the notice and first day without service, ``NOT_LEFT`` where there is none.
    """

    levels: np.ndarray
    offer_levels: np.ndarray
    exposure: Exposure
    weekly_notice: np.ndarray
    weekly_lapse: np.ndarray
    hazard: np.ndarray
    churn_step: np.ndarray
    cause: np.ndarray
    notice_day: np.ndarray
    left_day: np.ndarray

    @property
    def churned_day(self) -> np.ndarray:
        """Day that counts as the loss: the notice, or the end of a term that is not renewed."""
        return np.minimum(self.notice_day, self.left_day)


def live(rng: np.random.Generator, clock: Clock, conditions: Conditions) -> Lives:
    """Run the latent process over the whole time axis."""
    offer_levels = _draw_offers(rng, clock, conditions)
    levels = np.concatenate(
        [_run_chains(rng, clock, conditions), _offer_levels_by_step(clock, conditions, offer_levels)[:, :, None]],
        axis=2,
    )
    daily = exposure(clock, conditions, np.arange(clock.end_day))
    notice, lapse = daily.by_step()
    felt = felt_levels(levels)
    parts = hazard_parts(felt, conditions.hazard_factor)
    hazard = parts.sum(axis=2)
    churn_step = _draw_churn_steps(rng, clock, hazard * (notice + lapse))
    cause = _draw_causes(rng, parts, felt, churn_step)
    notice_day, left_day = _draw_days(rng, clock, conditions, daily, churn_step)
    return Lives(levels, offer_levels, daily, notice, lapse, hazard, churn_step, cause, notice_day, left_day)


def felt_levels(levels: np.ndarray) -> np.ndarray:
    """Levels that the hazard follows: the causes of ``LAG_STEPS`` weeks ago and the offer of today; same shape."""
    felt = np.zeros_like(levels)
    felt[:, LAG_STEPS:, :PRICE] = levels[:, :-LAG_STEPS, :PRICE]
    felt[:, :, PRICE] = levels[:, :, PRICE]
    return felt


def hazard_parts(felt: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Hazard of each cause for one week of exposure.

    Parameters
    ----------
    felt
        Levels that the hazard follows, by week and cause; shape (n, steps, chains + 1).
    factor
        The customers' own factors; shape (n,).

    Returns
    -------
    np.ndarray
        Float32, shape (n, steps, chains + 2): the chains, the price offer, and quiet leaving last.
    """
    parts = np.empty((*felt.shape[:2], QUIET + 1), dtype=np.float32)
    for chain in range(PRICE):
        parts[:, :, chain] = CHAIN_HAZARDS.astype(np.float32)[chain][felt[:, :, chain]]
    parts[:, :, PRICE] = PRICE_HAZARDS.astype(np.float32)[felt[:, :, PRICE]]
    parts[:, :, QUIET] = QUIET_HAZARD
    parts *= factor.astype(np.float32)[:, None, None]
    return parts


def _draw_offers(rng: np.random.Generator, clock: Clock, conditions: Conditions) -> np.ndarray:
    """Draw the level of each yearly price review of each customer; shape (n, reviews)."""
    last = anniversaries(clock, conditions.paid_day, 12, np.array([clock.end_day + 366]))
    reviews = int(last.cycle.max()) + 1
    drawn = rng.random((len(conditions), reviews))
    levels = np.empty(drawn.shape, dtype=np.int8)
    for review in range(reviews):
        chances = offer_probabilities(conditions.first_discount, np.full(len(conditions), review == 0))
        levels[:, review] = (drawn[:, review, None] > chances.cumsum(axis=1)[:, :2]).sum(axis=1)
    return levels


def _offer_levels_by_step(clock: Clock, conditions: Conditions, offer_levels: np.ndarray) -> np.ndarray:
    offers = standing_offers(clock, conditions, np.arange(clock.steps) * STEP_DAYS)
    review = np.clip(offers.review, 0, offer_levels.shape[1] - 1)
    return np.where(offers.stands, np.take_along_axis(offer_levels, review, axis=1), 0).astype(np.int8)


def onset_by_step(clock: Clock, conditions: Conditions, steps: np.ndarray) -> np.ndarray:
    """Weekly chance that each cause begins; failed payments begin only with an invoice.

    Returns
    -------
    np.ndarray
        Shape (n, steps, chains).
    """
    onset = np.array([chain.onset for chain in CHAINS])
    by_step = np.repeat((onset * conditions.onset_factors)[:, None, :], len(steps), axis=1)
    by_step[:, :, PAYMENTS] *= invoices_by_step(clock, conditions, steps) * (
        conditions.billing_months[:, None] * WEEKS_A_MONTH
    )
    return by_step


def invoices_by_step(clock: Clock, conditions: Conditions, steps: np.ndarray) -> np.ndarray:
    """Tell in which weeks an invoice is issued; bool, shape (n, steps)."""
    first, last = steps * STEP_DAYS - 1, steps * STEP_DAYS + STEP_DAYS - 1
    before = anniversaries(clock, conditions.paid_day, conditions.billing_months, first).cycle
    after = anniversaries(clock, conditions.paid_day, conditions.billing_months, last).cycle
    return (after > before) & (after >= 0)


def _run_chains(rng: np.random.Generator, clock: Clock, conditions: Conditions) -> np.ndarray:
    """Move every chain week by week; int8, shape (n, steps, chains)."""
    steps = np.arange(clock.steps)
    onset = onset_by_step(clock, conditions, steps)
    started = conditions.started_day[:, None] <= steps * STEP_DAYS
    ease, worsen = (np.array([getattr(c, name) for c in CHAINS]) for name in ("ease", "worsen"))
    relieve, heal = (np.array([getattr(c, name) for c in CHAINS]) for name in ("relieve", "heal"))
    levels = np.zeros((len(conditions), len(steps), len(CHAINS)), dtype=np.int8)
    level = np.zeros((len(conditions), len(CHAINS)), dtype=np.int8)
    for step in steps[1:]:
        drawn = rng.random(level.shape)
        mild, severe = level == 1, level == 2
        rises = np.where(mild, drawn < worsen, (level == 0) & (drawn < onset[:, step]))
        clears = (mild & (drawn > 1 - ease)) | (severe & (drawn < heal))
        relieved = severe & (drawn > 1 - relieve)
        level = np.where(clears, 0, level + rises - relieved).astype(np.int8) * started[:, step, None]
        levels[:, step] = level
    return levels


def _draw_churn_steps(rng: np.random.Generator, clock: Clock, weekly_hazard: np.ndarray) -> np.ndarray:
    """First week in which the accumulated hazard passes an exponential draw; the burn-in is free of it."""
    counted = weekly_hazard.copy()
    counted[:, : clock.first_step] = 0
    total = counted.cumsum(axis=1, dtype=np.float64)
    limit = rng.exponential(size=len(total))
    leaves = total[:, -1] > limit
    return np.where(leaves, (total > limit[:, None]).argmax(axis=1), NOT_LEFT)


def _draw_causes(rng: np.random.Generator, parts: np.ndarray, felt: np.ndarray, churn_step: np.ndarray) -> np.ndarray:
    """Pick the competing cause that ended it; -1 for those who stay.

    Who leaves without a cause while another one stands at its severe level is booked to that one, so that quiet leavers
    are quiet.
    """
    cause = np.full(len(churn_step), -1)
    rows = np.flatnonzero(churn_step != NOT_LEFT)
    at = parts[rows, churn_step[rows]].astype(np.float64)
    drawn = rng.random(len(rows)) * at.sum(axis=1)
    picked = (drawn[:, None] > at.cumsum(axis=1)).sum(axis=1)
    has_severe = (felt[rows, churn_step[rows]] == 2).any(axis=1)
    picked = np.where((picked == QUIET) & has_severe, at[:, :QUIET].argmax(axis=1), picked)
    cause[rows] = np.minimum(picked, QUIET)
    return cause


def _draw_days(
    rng: np.random.Generator, clock: Clock, conditions: Conditions, daily: Exposure, churn_step: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pick the day within the week, whether notice was given, and when service stops."""
    notice_day = np.full(len(churn_step), NOT_LEFT)
    left_day = np.full(len(churn_step), NOT_LEFT)
    rows = np.flatnonzero(churn_step != NOT_LEFT)
    days = np.minimum(churn_step[rows, None] * STEP_DAYS + np.arange(STEP_DAYS), clock.end_day - 1)
    is_new = np.diff(days, axis=1, prepend=-1) > 0
    weights = np.stack([daily.notice[rows[:, None], days], daily.lapse[rows[:, None], days]], axis=2)
    weights = (weights * is_new[:, :, None]).reshape(len(rows), 2 * STEP_DAYS).astype(np.float64)
    drawn = rng.random(len(rows)) * weights.sum(axis=1)
    slot = np.minimum((drawn[:, None] > weights.cumsum(axis=1)).sum(axis=1), 2 * STEP_DAYS - 1)
    day = days[np.arange(len(rows)), slot // 2]
    lapsed = slot % 2 == 1
    notice_day[rows[~lapsed]] = day[~lapsed]
    left_day[rows] = np.where(lapsed, day, _service_end(clock, conditions.take(rows), day))
    return notice_day, left_day


def _service_end(clock: Clock, conditions: Conditions, notice_day: np.ndarray) -> np.ndarray:
    """Service runs to the end of the term; long before the end of a year it is stopped after 30 days."""
    cycle = anniversaries(clock, conditions.paid_day, conditions.term_months, notice_day[:, None])
    left = np.where(notice_day < conditions.paid_day, conditions.paid_day - notice_day, cycle.days_left[:, 0])
    return notice_day + np.where(left > EARLY_EXIT_DAYS, 30, left)
