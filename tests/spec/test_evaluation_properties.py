"""What must hold of every judgement, whatever the rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from evaluation.model import calibration, ranking
from evaluation.model.profit import Terms, best_cut, contact_profit
from evaluation.model.rows import Rows
from evaluation.model.scorecard import METRICS, scorecard
from evaluation.model.stability import band_of, steady_band

RANKING = (
    "roc_auc",
    "pr_auc",
    "ks",
    "lift_at_1pct",
    "lift_at_5pct",
    "lift_at_10pct",
    "lift_at_20pct",
    "recall_at_10pct",
)

unhurried = settings(max_examples=60)

probability = some.integers(0, 20).map(lambda twentieths: twentieths / 20)
row = some.tuples(some.booleans(), probability, some.integers(0, 3))
rows_of_both_classes = some.lists(row, min_size=2, max_size=40).filter(
    lambda rows: {label for label, _, weight in rows if weight} == {True, False}
)


def columns(rows):
    label, score, weight = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return label, score, weight


@unhurried
@given(rows_of_both_classes)
def test_a_weight_equals_the_row_that_often(rows):
    label, score, weight = columns(rows)
    times = weight.astype(int)
    weighted = Rows.of_probabilities(label, score, weight)
    repeated = Rows.of_probabilities(np.repeat(label, times), np.repeat(score, times))
    for name, metric in METRICS.items():  # A fitted one ends where the likelihood is flat to the last digits.
        assert metric(weighted) == pytest.approx(metric(repeated), nan_ok=True, rel=1e-4, abs=1e-7), name


@unhurried
@given(rows_of_both_classes, some.randoms(use_true_random=False))
def test_no_figure_depends_on_the_order_of_the_rows(rows, random):
    shuffled = random.sample(rows, len(rows))
    for metric in METRICS.values():
        given_order = metric(Rows.of_probabilities(*columns(rows)))
        assert metric(Rows.of_probabilities(*columns(shuffled))) == pytest.approx(given_order, nan_ok=True, rel=1e-5)


@unhurried
@given(rows_of_both_classes)
def test_a_transform_that_keeps_the_order_keeps_every_ranking_figure(rows):
    label, score, weight = columns(rows)
    straight = Rows.of(label, score, weight)
    bent = Rows.of(label, np.exp(3 * score) - 7, weight)
    for name in RANKING:
        assert METRICS[name](bent) == pytest.approx(METRICS[name](straight)), name


@unhurried
@given(rows_of_both_classes)
def test_turning_the_score_round_mirrors_the_roc_auc(rows):
    label, score, weight = columns(rows)
    assert ranking.roc_auc(label, score, weight) + ranking.roc_auc(label, -score, weight) == pytest.approx(1)


@unhurried
@given(rows_of_both_classes)
def test_figures_stay_within_their_ranges(rows):
    label, score, weight = columns(rows)
    for share in (0.01, 0.3, 1.0):
        lift = ranking.lift_at(label, score, share, weight)
        base_rate = label @ weight / weight.sum()
        assert -1e-9 <= lift <= ranking.best_possible_lift(base_rate, share) + 1e-9
    for figure in (ranking.roc_auc, ranking.pr_auc, ranking.ks, calibration.brier, calibration.ece):
        assert -1e-9 <= figure(label, score, weight) <= 1 + 1e-9


@unhurried
@given(rows_of_both_classes, some.integers(2, 60))
def test_the_gain_curve_rises_from_nothing_to_everything_below_the_best(rows, points):
    label, score, weight = columns(rows)
    curve = ranking.gain_curve(label, score, weight, points=points)
    assert curve["recall"].iloc[0] == 0
    assert curve["recall"].iloc[-1] == pytest.approx(1)
    assert (curve["recall"].diff().dropna() >= -1e-12).all()
    assert (curve["recall"] <= curve["best_recall"] + 1e-9).all()


@unhurried
@given(rows_of_both_classes, some.none() | some.integers(1, 12))
def test_the_parts_of_the_brier_score_add_up_to_it(rows, bins):
    label, score, weight = columns(rows)
    parts = calibration.brier_parts(label, score, weight, bins=bins)
    assert parts.brier == pytest.approx(calibration.brier(label, score, weight))
    assert min(parts.reliability, parts.resolution, parts.uncertainty) >= 0


@unhurried
@given(rows_of_both_classes)
def test_the_intercept_balances_expected_and_real_leavers(rows):
    label, score, weight = columns(rows)
    score = np.clip(score, 0.05, 0.95)
    intercept = calibration.calibration_intercept(label, score, weight)
    corrected = 1 / (1 + np.exp(-(np.log(score / (1 - score)) + intercept)))
    assert weight @ corrected == pytest.approx(weight @ label, rel=1e-6)


@unhurried
@given(rows_of_both_classes)
def test_the_slope_is_where_the_likelihood_is_flat(rows):
    label, score, weight = columns(rows)
    score = np.clip(score, 0.05, 0.95)
    slope = calibration.calibration_slope(label, score, weight)
    assume(np.isfinite(slope))
    given_logit = np.log(score / (1 - score))
    offset = slope * given_logit
    intercept = calibration.calibration_intercept(label, 1 / (1 + np.exp(-offset)), weight)
    corrected = 1 / (1 + np.exp(-(offset + intercept)))
    assert (weight * (label - corrected)) @ given_logit == pytest.approx(0, abs=1e-3)


@unhurried
@given(rows_of_both_classes)
def test_a_scorecard_never_fails_on_rows_of_both_classes(rows):
    label, score, weight = columns(rows)
    card = scorecard(label[weight > 0], score[weight > 0], capacity=3)
    assert not {name for name, value in card.items() if np.isnan(value)} - {"calibration_slope"}


@unhurried
@given(some.lists(some.tuples(some.integers(-1, 2), probability), min_size=1), some.floats(0, 0.5))
def test_a_steady_band_moves_towards_the_plain_one_and_never_past_it(customers, margin):
    previous, score = (np.array(column) for column in zip(*customers, strict=True))
    plain, steady = band_of(score, [0.3, 0.6]), steady_band(previous, score, [0.3, 0.6], margin)
    before = np.where(previous < 0, plain, previous)
    assert (np.minimum(before, plain) <= steady).all()
    assert (steady <= np.maximum(before, plain)).all()


@unhurried
@given(rows_of_both_classes, some.floats(0, 50), some.floats(0, 50), some.floats(0, 1), some.floats(0, 500))
def test_no_campaign_earns_more_than_a_perfect_one_or_less_than_nobody(rows, contact_cost, offer_cost, share, value):
    label, score, _ = columns(rows)
    terms = Terms(contact_cost=contact_cost, offer_cost=offer_cost, acceptance_share=share)
    found = best_cut(label, score, value, terms)
    perfect = best_cut(label, contact_profit(label, value, terms), value, terms)
    assert 0 <= found.profit <= perfect.profit + 1e-6
    assert (found.contacted == 0) == (found.profit == 0)
