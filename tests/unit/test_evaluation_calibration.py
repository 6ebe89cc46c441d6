"""Calibration figures against scikit-learn, scipy and processes whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from evaluation.errors import JudgementError
from evaluation.model import calibration
from evaluation.model.consistency import range_if_true
from evaluation.model.rows import Rows


@pytest.fixture(scope="module")
def truthful():
    """20,000 customers whose labels are drawn from the very probabilities given."""
    random = np.random.default_rng(11)
    probability = random.beta(1, 4, 20_000)
    return (random.random(probability.size) < probability).astype(int), probability


def test_log_loss_and_brier_equal_scikit_learn():
    random = np.random.default_rng(1)
    probability = np.r_[0.0, 1.0, 1.0, 0.0, random.random(300).round(2)]
    label = np.r_[1, 0, 1, 0, random.integers(0, 2, 300)]
    weight = random.random(304)
    for weights in (None, weight):
        expected = sklearn_log_loss(label, probability, sample_weight=weights)
        assert calibration.log_loss(label, probability, weights) == pytest.approx(expected)
        expected = brier_score_loss(label, probability, sample_weight=weights)
        assert calibration.brier(label, probability, weights) == pytest.approx(expected)


def test_brier_parts_of_a_table_worked_out_by_hand():
    # 4 customers given 0.25, 1 leaves; 4 given 0.5, 3 leave: base rate 0.5
    label = [1, 0, 0, 0, 1, 1, 1, 0]
    probability = [0.25] * 4 + [0.5] * 4
    parts = calibration.brier_parts(label, probability)
    assert parts.reliability == pytest.approx((4 * 0 + 4 * 0.25**2) / 8)
    assert parts.resolution == pytest.approx(0.25**2)
    assert parts.uncertainty == pytest.approx(0.25)
    assert parts.within_bins == pytest.approx(0)
    assert parts.brier == pytest.approx(brier_score_loss(label, probability))


def test_slope_equals_an_unpenalised_logistic_regression_on_the_logit():
    random = np.random.default_rng(2)
    probability = random.beta(2, 3, 2000)
    label = (random.random(2000) < expit(0.4 + 0.6 * logit(probability))).astype(int)
    weight = random.integers(0, 3, 2000)
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000)
    model.fit(logit(probability)[:, None], label, sample_weight=weight)
    assert calibration.calibration_slope(label, probability, weight) == pytest.approx(model.coef_[0, 0], rel=1e-4)


def test_intercept_makes_the_expected_leavers_equal_the_real_ones():
    random = np.random.default_rng(3)
    probability = random.beta(2, 5, 3000)
    label = (random.random(3000) < expit(logit(probability) - 0.7)).astype(int)
    intercept = calibration.calibration_intercept(label, probability)
    assert expit(logit(probability) + intercept).sum() == pytest.approx(label.sum())
    assert intercept == pytest.approx(-0.7, abs=0.15)


def test_truthful_probabilities_have_slope_one_and_no_error(truthful):
    label, probability = truthful
    assert calibration.calibration_slope(label, probability) == pytest.approx(1, abs=0.05)
    assert calibration.calibration_intercept(label, probability) == pytest.approx(0, abs=0.06)
    assert calibration.ece(label, probability) < 0.015


def test_probabilities_made_too_extreme_have_a_slope_of_one_half(truthful):
    label, probability = truthful
    extreme = expit(2 * logit(probability))
    assert calibration.calibration_slope(label, extreme) == pytest.approx(0.5, abs=0.03)


def test_reweighting_the_leavers_shifts_the_intercept_by_the_log_of_the_weight(truthful):
    label, probability = truthful
    reweighted = 4 * probability / (4 * probability + 1 - probability)
    assert calibration.calibration_intercept(label, reweighted) == pytest.approx(-np.log(4), abs=0.06)
    assert calibration.ece(label, reweighted) > 0.15


@pytest.mark.parametrize(
    ("label", "probability", "slope"),
    [
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], np.inf),
        ([0, 0, 1, 0, 1], [0.0, 0.2, 0.2, 0.2, 1.0], np.inf),
        ([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4], -np.inf),
        ([0, 1, 0, 1], [0.3, 0.3, 0.3, 0.3], np.nan),
    ],
)
def test_slope_says_so_when_no_finite_slope_exists(label, probability, slope):
    assert calibration.calibration_slope(label, probability) == pytest.approx(slope, nan_ok=True)


def test_slope_of_probabilities_0_and_1_that_are_sometimes_wrong_is_finite():
    slope = calibration.calibration_slope([0, 0, 0, 1, 1, 1, 1, 0], [0, 0, 0, 0, 1, 1, 1, 1])
    # by hand: P(left | 0) = 1/4, P(left | 1) = 3/4, so that the fitted logits are -log 3 and log 3
    end = logit(1 - np.finfo(float).eps)
    assert slope == pytest.approx(np.log(3) / end, rel=1e-3)


def test_ece_of_a_table_worked_out_by_hand():
    # two bins of equal mass: (0.1, 0.2 | none leaves), (0.6, 0.8 | one leaves)
    expected = 0.5 * 0.15 + 0.5 * abs(0.7 - 0.5)
    assert calibration.ece([0, 0, 1, 0], [0.1, 0.2, 0.6, 0.8], bins=2) == pytest.approx(expected)


def test_reliability_curve_has_wilson_intervals_as_scipy(truthful):
    label, probability = truthful[0][:500], truthful[1][:500]
    curve = calibration.reliability_curve(label, probability, bins=5, level=0.9)
    assert curve["rows"].sum() == 500
    assert curve["mean_probability"].is_monotonic_increasing
    for line in curve.itertuples():
        test = binomtest(round(line.observed_share * line.rows), line.rows)
        expected = test.proportion_ci(0.9, method="wilson")
        assert (line.low, line.high) == pytest.approx((expected.low, expected.high))


def test_reliability_intervals_widen_when_rows_repeat_the_same_customers(truthful):
    label, probability = truthful[0][:400], truthful[1][:400]
    customer = np.arange(400)
    once = calibration.reliability_curve(label, probability, customer, bins=4)
    thrice = calibration.reliability_curve(*(np.tile(column, 3) for column in (label, probability, customer)), bins=4)
    alone = calibration.reliability_curve(label, probability, bins=4)
    assert thrice[["low", "high"]].to_numpy() == pytest.approx(once[["low", "high"]].to_numpy(), abs=1e-9)
    assert once[["low", "high"]].to_numpy() == pytest.approx(alone[["low", "high"]].to_numpy())


def test_equal_probabilities_share_a_bin_whatever_their_order():
    label, probability = np.array([0, 1, 1, 0, 1, 0]), np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.1])
    curve = calibration.reliability_curve(label, probability, bins=3)
    assert curve["rows"].tolist() == [1, 5]


def test_chance_takes_a_truthful_model_no_farther_than_its_range(truthful):
    label, probability = truthful[0][:600], truthful[1][:600]
    for metric in (calibration.ece_of, calibration.calibration_slope_of):
        within = []
        for start in range(0, 18_000, 600):
            rows = Rows.of_probabilities(truthful[0][start : start + 600], truthful[1][start : start + 600])
            low, high = range_if_true(rows, metric, replicates=100, level=0.9)
            within.append(low <= metric(rows) <= high)
        assert 0.75 <= np.mean(within) <= 1
    extreme = Rows.of_probabilities(label, expit(2.5 * logit(probability)))
    assert calibration.calibration_slope_of(extreme) < range_if_true(extreme, calibration.calibration_slope_of)[0]
    assert calibration.ece_of(extreme) > range_if_true(extreme, calibration.ece_of)[1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: calibration.ece([0, 1], [0.1, 0.2], bins=0), "bins must be at least 1"),
        (lambda: calibration.reliability_curve([0, 1], [0.1, 0.2], level=95), "0.95 means a 95 % interval"),
        (lambda: calibration.log_loss([0, 1], [0.1, 1.2]), r"\[0, 1\]; given 0.1 to 1.2"),
        (lambda: calibration.calibration_slope([0, 0], [0.1, 0.2]), "same label"),
        (lambda: calibration.reliability_curve([0, 1], [0.1, 0.2], ["a", None]), "customer is missing in 1 rows"),
        (lambda: calibration.reliability_curve([0, 1], [0.1, 0.2], ["a"]), "label 2, customer 1"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_way_out(call, message):
    with pytest.raises(JudgementError, match=message):
        call()
