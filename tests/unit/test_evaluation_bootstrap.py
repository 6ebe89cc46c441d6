"""Bootstrap intervals and paired differences: against drawing rows for real, and their rates over simulations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss, roc_auc_score

from evaluation.errors import JudgementError
from evaluation.model.bootstrap import draws, gain_band, interval, intervals, paired_difference
from evaluation.model.rows import Rows
from evaluation.model.scorecard import scorecard


def company(seed, customers=150, cutoffs=2, strength=1.0):
    """Rows of customers at several cutoffs whose outcome hangs on a trait of the customer."""
    random = np.random.default_rng(seed)
    customer = np.repeat(np.arange(customers), cutoffs)
    trait = random.normal(size=customers)[customer]
    label = (random.random(customer.size) < expit(strength * trait - 0.5)).astype(int)
    return label, trait, customer


def test_a_draw_equals_copying_the_drawn_customers_rows():
    label, trait, customer = company(0, customers=40, cutoffs=3)
    score = trait.round(1)
    random = np.random.default_rng(5)
    rows = Rows.of(label, score)
    for draw in draws(rows, rows.clusters(customer), 20, seed=5):
        chosen = random.integers(0, 40, 40)
        copied = np.concatenate([np.flatnonzero(customer == one) for one in chosen])
        expected = roc_auc_score(label[copied], score[copied])
        weighted = roc_auc_score(draw.label, draw.score, sample_weight=draw.weight)
        assert weighted == pytest.approx(expected)


def test_intervals_of_the_whole_scorecard_hold_its_figures():
    label, trait, customer = company(1, customers=400)
    found = intervals(label, expit(trait - 0.5), customer, capacity=50, replicates=50)
    card = scorecard(label, expit(trait - 0.5), capacity=50)
    assert list(found) == [name for name in card if name not in ("rows", "positives", "base_rate")]
    for name, one in found.items():
        assert one.estimate == card[name]
        assert one.low < one.high, name


def test_the_same_customers_seen_three_times_say_no_more_than_once():
    label, trait, customer = company(2, cutoffs=1)
    once = interval(label, trait, customer, seed=3)
    thrice = interval(np.tile(label, 3), np.tile(trait, 3), np.tile(customer, 3), seed=3)
    as_rows = interval(np.tile(label, 3), np.tile(trait, 3), np.arange(3 * label.size), seed=3)
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))
    assert as_rows.high - as_rows.low < 0.75 * (thrice.high - thrice.low)


def test_intervals_depend_on_the_seed_but_not_on_the_order_of_rows():
    label, trait, customer = company(3)
    shuffled = np.random.default_rng(0).permutation(label.size)
    straight = interval(label, trait, customer, seed=1)
    assert interval(label[shuffled], trait[shuffled], customer[shuffled], seed=1) == straight
    assert interval(label, trait, customer, seed=2) != straight


def test_a_wider_level_gives_a_wider_interval():
    label, trait, customer = company(4)
    narrow, wide = (interval(label, trait, customer, level=level) for level in (0.5, 0.95))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_intervals_cover_the_true_value_at_about_their_rate():
    label, trait, _ = company(99, customers=200_000, cutoffs=1)
    truth = roc_auc_score(label, trait)
    covered = []
    for seed in range(150):
        label, trait, customer = company(seed, customers=120)
        found = interval(label, trait, customer, replicates=100, seed=seed)
        covered.append(found.low <= truth <= found.high)
    assert 0.89 <= np.mean(covered) <= 0.99


def test_a_model_against_its_equal_is_declared_different_in_about_five_percent_of_runs():
    declared = []
    for seed in range(200):
        label, trait, customer = company(seed, customers=120)
        noise = np.random.default_rng(1000 + seed).normal(size=(2, label.size))
        found = paired_difference(label, trait + noise[0], trait + noise[1], customer, replicates=100, seed=seed)
        declared.append(found.declared)
    # 5 % and three standard errors of 200 runs
    assert np.mean(declared) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def test_a_model_against_itself_is_no_different():
    label, trait, customer = company(5)
    found = paired_difference(label, trait, trait, customer, replicates=20)
    assert (found.estimate, found.low, found.high, found.probability_better) == (0, 0, 0, 0.5)
    assert not found.declared


def test_a_clearly_better_model_is_declared_better_and_the_other_way_round():
    label, trait, customer = company(6, customers=400)
    noise = np.random.default_rng(0).normal(scale=3, size=label.size)
    better = paired_difference(label, trait, trait + noise, customer, replicates=200)
    worse = paired_difference(label, trait + noise, trait, customer, replicates=200)
    assert better.estimate == pytest.approx(roc_auc_score(label, trait) - roc_auc_score(label, trait + noise))
    assert better.declared
    assert better.probability_better == 1
    assert (worse.estimate, worse.low, worse.high) == pytest.approx((-better.estimate, -better.high, -better.low))
    assert worse.declared
    assert worse.probability_better == 0


def test_a_lower_log_loss_is_an_advantage():
    label, trait, customer = company(7)
    good, bad = expit(trait - 0.5), expit(4 * trait)
    found = paired_difference(label, good, bad, customer, metric="log_loss", replicates=50)
    assert found.estimate == pytest.approx(log_loss(label, bad) - log_loss(label, good))
    assert found.low > 0


def test_pairing_makes_the_interval_narrower_than_two_separate_ones():
    label, trait, customer = company(8, customers=300)
    noise = np.random.default_rng(0).normal(scale=0.3, size=label.size)
    paired = paired_difference(label, trait, trait + noise, customer, replicates=200)
    alone = interval(label, trait, customer)
    assert paired.high - paired.low < 0.6 * (alone.high - alone.low)


def test_gain_band_holds_the_curve_and_meets_at_both_ends():
    label, trait, customer = company(9)
    band = gain_band(label, trait, customer, points=11, replicates=100)
    assert (band["low"] <= band["recall"] + 1e-12).all()
    assert (band["recall"] <= band["high"] + 1e-12).all()
    ends = band.iloc[[0, -1]]
    assert ends["low"].tolist() == pytest.approx([0, 1])
    assert ends["high"].tolist() == pytest.approx([0, 1])


def test_draws_without_a_leaver_are_left_out():
    label = np.r_[1, np.zeros(9, dtype=int)]
    found = interval(label, np.arange(10.0)[::-1], np.arange(10), replicates=50)
    assert found.low == found.high == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"metric": "accuracy"}, "metric must be one of roc_auc, .*; given 'accuracy'"),
        ({"metric": "calibration_slope"}, "metric must be one of"),
        ({"replicates": 1}, "replicates must be at least 2"),
        ({"level": 1.0}, "level must be above 0 and below 1"),
        ({"cluster": np.zeros(4)}, "belong to one customer"),
        ({"cluster": np.zeros(3)}, "label 4, customer 3"),
        ({"first": [0.1, 0.2, 0.3]}, "label 4, score 3"),
        ({"label": [1, 1, 1, 1]}, "same label"),
        ({"second": [0.1, 0.2, 0.3, 7], "metric": "brier"}, r"\[0, 1\]"),
    ],
)
def test_what_cannot_be_compared_is_refused(settings, message):
    sound = {
        "label": [1, 0, 1, 0],
        "first": [0.9, 0.1, 0.8, 0.3],
        "second": [0.5, 0.4, 0.3, 0.2],
        "cluster": np.arange(4),
    }
    with pytest.raises(JudgementError, match=message):
        paired_difference(**(sound | settings))
