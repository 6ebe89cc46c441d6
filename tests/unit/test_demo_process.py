"""The parts that the demo company is made of, each against an independent calculation."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.demo.causes import (
    CHAINS,
    LAG_STEPS,
    PAYMENTS,
    PRICE,
    QUIET_HAZARD,
    offer_probabilities,
    step_probabilities,
)
from pipelines.demo.clock import STEP_DAYS, clock_for, months_before
from pipelines.demo.conditions import Conditions
from pipelines.demo.points import rhythm
from pipelines.demo.risk import churn_probability
from pipelines.demo.terms import add_months, anniversaries, exposure

CLOCK = clock_for(date(2026, 11, 1), 24)
DAYS = st.integers(-1200, CLOCK.end_day - 1)


def conditions(onset_factor=1.0, **changes):
    """One customer with a monthly contract from 10 January 2025."""
    start = int((np.datetime64("2025-01-10") - CLOCK.origin).astype(int))
    values = {
        "started_day": start,
        "paid_day": start,
        "term_months": 1,
        "billing_months": 1,
        "offer_lead_days": 21,
        "first_discount": 0.0,
        "hazard_factor": 1.0,
    } | changes
    arrays = {name: np.array([value]) for name, value in values.items()}
    return Conditions(**arrays, onset_factors=np.full((1, len(CHAINS)), onset_factor))


def month_later(day, months):
    """Move a date by months, the slow and simple way."""
    total = day.year * 12 + day.month - 1 + months
    return day.replace(year=total // 12, month=total % 12 + 1)


@given(start=DAYS, months=st.sampled_from([1, 3, 12]), day=DAYS)
def test_anniversaries_agree_with_a_walk_through_the_calendar(start, months, day):
    origin = CLOCK.origin.astype(object)
    begin = origin + timedelta(days=start)
    begin = begin.replace(day=min(begin.day, 28))
    start, today = (begin - origin).days, origin + timedelta(days=max(day, start))
    cycle = 0
    while month_later(begin, (cycle + 1) * months) <= today:
        cycle += 1
    found = anniversaries(CLOCK, np.array([start]), months, np.array([(today - origin).days]))
    assert found.cycle[0, 0] == cycle
    assert found.days_left[0, 0] == (month_later(begin, (cycle + 1) * months) - today).days
    assert found.is_boundary[0, 0] == (cycle > 0 and month_later(begin, cycle * months) == today)
    added = add_months(CLOCK, np.array([start]), np.array([months]))[0]
    assert origin + timedelta(days=int(added)) == month_later(begin, months)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [(date(2026, 3, 31), 1, "2026-02-28"), (date(2024, 2, 29), 12, "2023-02-28"), (date(2026, 1, 1), 24, "2024-01-01")],
)
def test_months_before_stay_within_the_month(day, months, expected):
    assert months_before(day, months) == np.datetime64(expected)


@pytest.mark.parametrize("regularity", [1.0, 6.0])
def test_a_rhythm_keeps_its_rate_and_its_regularity(regularity):
    random = np.random.default_rng(0)
    intensity = np.zeros((4000, 60), dtype=np.float32)
    intensity[:, :20], intensity[:, 40:] = 0.2, 0.4
    rows, moments = rhythm(random, intensity, regularity)
    assert not ((moments >= 20) & (moments < 40)).any()
    assert (np.diff(rows + moments / 100) > 0).all()
    early = np.bincount(rows[moments < 20], minlength=4000)
    late = np.bincount(rows[moments >= 40], minlength=4000)
    assert early.mean() == pytest.approx(4, rel=0.05)
    assert late.mean() == pytest.approx(8, rel=0.05)
    # A renewal process has a variance of about the mean over the shape of its gaps.
    assert late.var() == pytest.approx(8 / regularity, rel=0.15)


def test_a_rhythm_without_intensity_has_no_events():
    rows, moments = rhythm(np.random.default_rng(0), np.zeros((3, 10), dtype=np.float32), 2.0)
    assert len(rows) == len(moments) == 0


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
def test_transitions_are_probabilities(chain):
    matrix = step_probabilities(chain, np.array([0.0, chain.onset, 1.0]))
    assert (matrix >= 0).all()
    assert matrix.sum(axis=2) == pytest.approx(1)


@given(discount=st.floats(0, 0.4))
def test_a_deep_first_discount_makes_a_steep_first_renewal_likelier(discount):
    chances = offer_probabilities(np.array([discount, discount]), np.array([True, False]))
    assert chances.sum(axis=1) == pytest.approx(1)
    assert chances[0, 2] >= offer_probabilities(np.array([0.0]), np.array([True]))[0, 2]


def test_yearly_customers_are_exposed_near_the_end_of_their_term():
    yearly = conditions(term_months=12, billing_months=12)
    ends = int((np.datetime64("2026-01-10") - CLOCK.origin).astype(int))
    found = exposure(CLOCK, yearly, np.arange(ends - 200, ends + 1))
    assert found.notice[0, -20] > 5 * found.notice[0, 0]
    assert np.flatnonzero(found.lapse[0]).tolist() == [200]


def test_nobody_is_exposed_before_the_start():
    found = exposure(CLOCK, conditions(), np.arange(CLOCK.end_day))
    started = conditions().started_day[0]
    assert found.notice[0, :started].sum() == 0
    assert found.lapse[0, : started + 1].sum() == 0


def survival_by_simulation(chain, onset, level, weeks):
    """Let 40,000 futures of one chain run week by week, felt ``LAG_STEPS`` weeks after it moved."""
    random = np.random.default_rng(level)
    limits = step_probabilities(chain, np.array([onset]))[0].cumsum(axis=1)
    felt, total = np.full(40_000, level), np.zeros(40_000)
    for week, exposed in enumerate(weeks):
        if week > LAG_STEPS:
            felt = (random.random(40_000)[:, None] > limits[felt][:, :2]).sum(axis=1)
        total += np.array(chain.hazards)[felt] * exposed
    return np.exp(-total).mean()


@pytest.mark.parametrize("index", range(len(CHAINS)), ids=lambda index: CHAINS[index].name)
@pytest.mark.parametrize("level", [1, 2])
def test_the_risk_equals_many_simulated_futures(index, level):
    cutoff, horizon, factor = CLOCK.first_day + 320, 90, 1.5
    onset_factor = 0.0 if index == PAYMENTS else 3.0  # failed payments begin with invoices only
    customer = conditions(hazard_factor=factor, onset_factor=onset_factor)
    levels = np.zeros((1, LAG_STEPS + 1, PRICE + 1), dtype=np.int64)
    without = 1 - churn_probability(CLOCK, customer, levels, cutoff, horizon)[0]
    levels[0, :, index] = level
    with_cause = 1 - churn_probability(CLOCK, customer, levels, cutoff, horizon)[0]

    daily = exposure(CLOCK, customer, np.arange(cutoff, cutoff + horizon))
    step = np.arange(cutoff, cutoff + horizon) // STEP_DAYS
    weeks = factor * np.bincount(step - step[0], (daily.notice + daily.lapse)[0])
    chain, onset = CHAINS[index], CHAINS[index].onset * onset_factor
    simulated = [survival_by_simulation(chain, onset, start, weeks) for start in (0, level)]
    assert with_cause < without
    assert with_cause / without == pytest.approx(simulated[1] / simulated[0], abs=0.003)


def test_a_customer_without_causes_or_offers_leaves_by_the_quiet_hazard_alone():
    levels = np.zeros((1, LAG_STEPS + 1, PRICE + 1), dtype=np.int64)
    cutoff = CLOCK.first_day + 320
    customer = conditions(onset_factor=0.0)
    days = exposure(CLOCK, customer, np.arange(cutoff, cutoff + 60))
    expected = 1 - np.exp(-QUIET_HAZARD * (days.notice + days.lapse).sum())
    assert churn_probability(CLOCK, customer, levels, cutoff, 60)[0] == pytest.approx(expected, rel=1e-5)
