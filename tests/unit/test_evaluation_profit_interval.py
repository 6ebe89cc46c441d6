"""Intervals of a profit: against the normal approximation, and against drawing rows one by one."""

import numpy as np
import pytest

from evaluation.model.profit import Terms, contact_profit, profit_curve
from evaluation.model.profit_interval import profit_band, profit_interval

TERMS = Terms(contact_cost=1, offer_cost=10, acceptance_share=0.3)


@pytest.fixture(scope="module")
def campaign():
    random = np.random.default_rng(5)
    probability = random.beta(1, 6, 2000)
    label = (random.random(2000) < probability).astype(int)
    return label, probability, random.uniform(50, 500, 2000)


def test_the_interval_is_that_of_a_sum_of_independent_gains(campaign):
    label, probability, value = campaign
    contacted = probability > 0.2
    found = profit_interval(label, value, TERMS, contacted, np.arange(2000), replicates=2000)
    earned = np.where(contacted, contact_profit(label, value, TERMS), 0)
    half = 1.96 * earned.std() * np.sqrt(2000)
    assert found.estimate == pytest.approx(earned.sum())
    assert (found.low, found.high) == (
        pytest.approx(earned.sum() - half, abs=0.15 * half),
        pytest.approx(earned.sum() + half, abs=0.15 * half),
    )


def test_nobody_contacted_earns_nothing(campaign):
    label, _, value = campaign
    found = profit_interval(label, value, TERMS, np.zeros(2000, dtype=bool), np.arange(2000), replicates=20)
    assert (found.estimate, found.low, found.high) == (0, 0, 0)


def test_rows_of_one_customer_go_together(campaign):
    label, probability, value = campaign
    contacted = probability > 0.2
    twice = [np.tile(column, 2) for column in (label, value, contacted, np.arange(2000))]
    alone = profit_interval(label, value, TERMS, contacted, np.arange(2000), replicates=100)
    both = profit_interval(twice[0], twice[1], TERMS, twice[2], twice[3], replicates=100)
    assert both.high - both.low == pytest.approx(2 * (alone.high - alone.low))


def test_the_band_belongs_to_the_curve_and_closes_at_nobody(campaign):
    label, probability, value = campaign
    tied = probability.round(2)
    band = profit_band(label, tied, value, TERMS, np.arange(2000), points=11, replicates=200)
    curve = profit_curve(label, tied, value, TERMS, points=11)
    assert band["profit"].tolist() == curve["profit"].tolist()
    assert band.loc[0, ["low", "high"]].tolist() == [0, 0]
    assert (band["low"] <= band["profit"]).all()
    assert (band["profit"] <= band["high"]).all()
    everyone = profit_interval(label, value, TERMS, np.ones(2000, dtype=bool), np.arange(2000), replicates=200)
    assert band[["low", "high"]].iloc[-1].tolist() == pytest.approx([everyone.low, everyone.high], rel=1e-9)
