"""Ends of intervals from draws: plain quantiles, and those of figures that noise makes larger."""

import numpy as np
import pytest

from evaluation.model.bootstrap import interval
from evaluation.model.ends import quantile_ends, unbiased_ends


def test_a_tail_is_cut_off_both_ends_and_what_is_undefined_is_left_out():
    values = np.array([np.nan, *range(10)], dtype=float)[:, None]
    low, high = quantile_ends(values, 0.1)
    assert (low[0], high[0]) == (0, 9)
    assert np.isnan(quantile_ends(np.full((3, 1), np.nan), 0.1)).all()


def test_the_excess_of_the_draws_is_taken_off_twice():
    draws = np.linspace(0.10, 0.20, 101)  # mean 0.15: noise adds 0.03 to an estimate of 0.12
    low, high = unbiased_ends(0.12, draws, 0.05)
    assert (low, high) == pytest.approx((0.105 - 0.06, 0.195 - 0.06), abs=1e-3)


def test_the_interval_holds_its_estimate_and_does_not_fall_below_nothing():
    assert unbiased_ends(0.01, np.linspace(0.05, 0.06, 50), 0.05) == (0, pytest.approx(0.01))
    low, high = unbiased_ends(0.5, np.linspace(0.1, 0.2, 50), 0.05)  # draws below the estimate have no excess
    assert low <= 0.2
    assert high == 0.5


def test_true_probabilities_may_have_no_calibration_error_at_all():
    random = np.random.default_rng(0)
    probability = random.uniform(0.05, 0.5, 3000)
    label = (random.random(3000) < probability).astype(int)
    found = interval(label, probability, np.arange(3000), metric="ece")
    assert found.low == 0
    wrong = interval(label, probability / 2, np.arange(3000), metric="ece")
    assert wrong.low > 0.08
    assert wrong.low <= probability.mean() / 2 <= wrong.high
