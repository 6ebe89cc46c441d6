"""What must hold of ties, of one class, of certainty, of empty segments, of bands and of drift, whatever the rows."""

from __future__ import annotations

from itertools import pairwise, permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from evaluation.errors import JudgementError
from evaluation.model import calibration, ranking
from evaluation.model.bootstrap import intervals
from evaluation.model.drift import population_stability_index
from evaluation.model.profit import Terms, best_targets, contact_profit, expected_contact_profit
from evaluation.model.rows import Rows
from evaluation.model.scorecard import METRICS
from evaluation.model.segments import TOO_FEW, scorecard_by_segment
from evaluation.model.stability import band_flips, band_of, steady_band

unhurried = settings(max_examples=40)
EDGES = [0.2, 0.5, 0.9]

fraction = some.integers(0, 10).map(lambda tenths: tenths / 10)
both_classes = some.lists(some.tuples(some.booleans(), fraction), min_size=2, max_size=6).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)
# A subnormal number does not survive other units.
MEASURED = some.floats(-5, 5, allow_subnormal=False)
probability = some.floats(0, 1)
customers = some.lists(some.tuples(some.integers(-1, 3), probability), min_size=1, max_size=30)


def columns(rows):
    label, score = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    return label, score


@unhurried
@given(both_classes, some.sampled_from([0.1, 0.25, 0.5, 0.8]))
def test_a_tie_is_worth_the_mean_over_all_orders_of_its_rows(rows, share):
    label, score = columns(rows)
    orders = [
        order for order in permutations(range(len(rows))) if all(score[a] >= score[b] for a, b in pairwise(order))
    ]
    contacted = share * len(rows)
    captured = [
        np.interp(contacted, np.arange(len(rows) + 1), np.r_[0, label[list(order)].cumsum()]) for order in orders
    ]
    assert ranking.recall_at(label, score, share) == pytest.approx(np.mean(captured) / label.sum())


@unhurried
@given(both_classes)
def test_the_roc_auc_counts_pairs(rows):
    label, score = columns(rows)
    pairs = [np.sign(one - other) / 2 + 0.5 for one in score[label == 1] for other in score[label == 0]]
    assert ranking.roc_auc(label, score) == pytest.approx(np.mean(pairs))


@unhurried
@given(some.lists(fraction, min_size=1, max_size=8), some.sampled_from([0.0, 1.0]))
def test_a_ranking_of_one_class_is_refused_and_its_probabilities_still_have_an_error(score, only):
    label = np.full(len(score), only)
    for figure in (ranking.roc_auc, ranking.pr_auc, ranking.ks):
        with pytest.raises(JudgementError, match="same label"):
            figure(label, score)
    assert calibration.brier(label, score) == pytest.approx(np.mean((label - np.array(score)) ** 2))
    assert np.isfinite(calibration.log_loss(label, score))


@unhurried
@given(some.lists(some.booleans(), min_size=2, max_size=30).filter(lambda labels: len(set(labels)) == 2))
def test_certainty_costs_nothing_where_it_is_right_and_a_finite_much_where_it_is_wrong(labels):
    label = np.array(labels, dtype=float)
    right, wrong = Rows.of_probabilities(label, label), Rows.of_probabilities(label, 1 - label)
    for name in ("log_loss", "brier", "ece"):
        assert METRICS[name](right) == pytest.approx(0, abs=1e-5)
        assert 0.9 < METRICS[name](wrong) < 100
    assert METRICS["roc_auc"](right) == 1
    assert METRICS["roc_auc"](wrong) == 0


@settings(max_examples=15)
@given(some.integers(0, 10**6))
def test_a_segment_without_rows_is_listed_and_changes_nothing(seed):
    random = np.random.default_rng(seed)
    label, score = (random.random(80) < 0.4).astype(float), random.random(80)
    names = random.choice(["a", "b"], 80)
    plain = scorecard_by_segment(label, score, np.arange(80), {"s": names}, replicates=20)
    wider = pd.Categorical(names, categories=["a", "b", "empty"])
    found = scorecard_by_segment(label, score, np.arange(80), {"s": wider}, replicates=20)
    empty = found[found["segment"] == "empty"].iloc[0]
    assert (empty["rows"], empty["verdict"]) == (0, TOO_FEW)
    assert np.isnan(empty["roc_auc"])
    pd.testing.assert_frame_equal(found[found["segment"] != "empty"].reset_index(drop=True), plain, check_dtype=False)


@settings(max_examples=6)
@given(some.integers(0, 10**6), some.sampled_from([0.8, 0.95]))
def test_every_interval_holds_its_figure_and_grows_with_its_level(seed, level):
    random = np.random.default_rng(seed)
    score = random.uniform(0.05, 0.6, 150)
    label = (random.random(150) < score).astype(float)
    narrow = intervals(label, score, np.arange(150), replicates=40, level=level - 0.2)
    wide = intervals(label, score, np.arange(150), replicates=40, level=level)
    for name, one in wide.items():
        assert one.low <= narrow[name].low + 1e-12, name
        assert narrow[name].high <= one.high + 1e-12, name
    for name in ("ks", "ece"):
        assert 0 <= wide[name].low <= wide[name].estimate <= wide[name].high


@unhurried
@given(customers, some.floats(0, 2))
def test_the_same_score_again_changes_no_band(rows, margin):
    before, score = (np.array(column) for column in zip(*rows, strict=True))
    once = steady_band(before, score, EDGES, margin)
    assert (steady_band(once, score, EDGES, margin) == once).all()
    assert band_flips(once, steady_band(once, score, EDGES, margin)).flip_share == 0


@unhurried
@given(customers, some.floats(0, 1), some.floats(0, 1))
def test_a_wider_margin_moves_nobody_further_and_a_higher_score_nobody_down(rows, margin, more):
    before, score = (np.array(column) for column in zip(*rows, strict=True))
    known = np.where(before < 0, band_of(score, EDGES), before)
    narrow, wide = (steady_band(known, score, EDGES, each) for each in (margin, margin + more))
    assert (np.abs(wide - known) <= np.abs(narrow - known)).all()
    higher = steady_band(known, np.minimum(score + 0.1, 1), EDGES, margin)
    assert (higher >= narrow).all()


@unhurried
@given(some.lists(MEASURED, min_size=5, max_size=60), some.lists(MEASURED, min_size=5, max_size=60))
def test_drift_is_none_against_itself_never_negative_and_the_same_in_other_units(before, after):
    assert population_stability_index(before, before) == pytest.approx(0)
    moved = population_stability_index(before, after)
    assert moved >= 0
    doubled = population_stability_index(np.array(before) * 2, np.array(after) * 2)
    assert doubled == pytest.approx(moved)


@unhurried
@given(
    some.lists(some.tuples(probability, some.floats(1, 1000)), min_size=1, max_size=20),
    some.floats(0, 50),
    some.floats(0, 1),
    some.integers(0, 20),
)
def test_the_best_targets_expect_more_than_any_others_of_their_number(rows, contact_cost, acceptance, capacity):
    chance, value = (np.array(column) for column in zip(*rows, strict=True))
    terms = Terms(contact_cost=contact_cost, offer_cost=5, acceptance_share=acceptance)
    expected = expected_contact_profit(chance, value, terms)
    chosen = best_targets(chance, value, terms, capacity)
    assert len(chosen) <= capacity
    best = np.sort(np.maximum(expected, 0))[::-1][:capacity].sum()
    assert expected[chosen].sum() == pytest.approx(best)


@unhurried
@given(some.lists(some.tuples(some.booleans(), some.floats(1, 1000)), min_size=1, max_size=20))
def test_knowing_the_outcome_expects_what_it_brings(rows):
    label, value = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    terms = Terms(contact_cost=1, offer_cost=5, acceptance_share=0.4)
    assert expected_contact_profit(label, value, terms) == pytest.approx(contact_profit(label, value, terms))
