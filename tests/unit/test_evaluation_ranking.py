"""Ranking figures against scikit-learn, scipy and tables worked out by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.metrics import average_precision_score, roc_auc_score

from evaluation.errors import JudgementError
from evaluation.model import ranking


@pytest.fixture(params=["tied", "untied", "few"])
def scored(request):
    random = np.random.default_rng(7)
    size = 12 if request.param == "few" else 400
    score = random.normal(size=size)
    score = score.round(1) if request.param == "tied" else score
    label = (random.random(size) < 1 / (1 + np.exp(-score))).astype(int)
    return label, score, random.integers(0, 4, size).astype(float)


def test_roc_auc_equals_scikit_learn(scored):
    label, score, weight = scored
    assert ranking.roc_auc(label, score) == pytest.approx(roc_auc_score(label, score))
    assert ranking.roc_auc(label, score, weight) == pytest.approx(roc_auc_score(label, score, sample_weight=weight))


def test_pr_auc_equals_scikit_learn(scored):
    label, score, weight = scored
    expected = average_precision_score(label, score, sample_weight=weight)
    assert ranking.pr_auc(label, score) == pytest.approx(average_precision_score(label, score))
    assert ranking.pr_auc(label, score, weight) == pytest.approx(expected)


def test_ks_equals_scipy(scored):
    label, score, _ = scored
    assert ranking.ks(label, score) == pytest.approx(ks_2samp(score[label == 1], score[label == 0]).statistic)


def test_lift_and_recall_of_a_table_worked_out_by_hand():
    # scores 9 8 7 ... 0, leavers at 9, 7 and 2: base rate 0.3
    label = [1, 0, 1, 0, 0, 0, 0, 1, 0, 0]
    score = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert ranking.recall_at(label, score, 0.1) == pytest.approx(1 / 3)
    assert ranking.lift_at(label, score, 0.1) == pytest.approx(1 / 0.3)
    assert ranking.recall_at(label, score, 0.3) == pytest.approx(2 / 3)
    assert ranking.lift_at(label, score, 0.3) == pytest.approx((2 / 3) / 0.3)
    assert ranking.lift_at(label, score, 1.0) == pytest.approx(1)
    assert ranking.recall_at_capacity(label, score, 8) == pytest.approx(1)
    assert ranking.lift_at_capacity(label, score, 3) == pytest.approx((2 / 3) / 0.3)
    assert ranking.recall_at_capacity(label, score, 1000) == pytest.approx(1)


@pytest.mark.parametrize("capacity", [1, 2, 3, 4])
def test_ties_count_as_the_mean_over_every_order_of_the_tied_rows(capacity):
    label, score = np.array([1, 0, 1, 1, 0, 0]), np.array([3, 2, 2, 2, 2, 1])
    tied = np.flatnonzero(score == 2)
    found = []
    for order in permutations(tied):
        contacted = [0, *order, 5][:capacity]
        found.append(label[contacted].sum() / label.sum())
    assert ranking.recall_at_capacity(label, score, capacity) == pytest.approx(np.mean(found))


def test_roc_auc_with_ties_is_the_mean_over_every_order_of_the_tied_rows():
    label, score = np.array([1, 0, 1, 0, 1]), np.array([3.0, 2, 2, 2, 1])
    tied = np.flatnonzero(score == 2)
    values = []
    for order in permutations([0.0, 0.1, 0.2]):
        broken = score.copy()
        broken[tied] += order
        values.append(roc_auc_score(label, broken))
    assert ranking.roc_auc(label, score) == pytest.approx(np.mean(values))


def test_best_possible_lift_is_reached_by_a_model_that_knows_the_future():
    label = np.repeat([1, 0], [20, 80])
    for share in (0.05, 0.1, 0.2, 0.5, 1.0):
        assert ranking.lift_at(label, label, share) == pytest.approx(ranking.best_possible_lift(0.2, share))


def test_gain_curve_of_a_table_worked_out_by_hand():
    curve = ranking.gain_curve([1, 0, 1, 0], [4, 3, 2, 1], points=5)
    assert curve["share"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert curve["recall"].tolist() == [0, 0.5, 0.5, 1, 1]
    assert curve["best_recall"].tolist() == [0, 0.5, 1, 1, 1]
    assert np.isnan(curve["lift"][0])
    assert curve["lift"][1:].tolist() == pytest.approx([2, 1, 4 / 3, 1])


@pytest.mark.parametrize("share", [0, -0.1, 1.5, float("nan")])
def test_a_share_outside_its_range_is_refused(share):
    with pytest.raises(JudgementError, match=r"above 0 and at most 1.*top 10 %"):
        ranking.lift_at([1, 0], [1, 0], share)


@pytest.mark.parametrize("capacity", [0, -5])
def test_a_capacity_below_one_is_refused(capacity):
    with pytest.raises(JudgementError, match="at least 1 customer"):
        ranking.lift_at_capacity([1, 0], [1, 0], capacity)


def test_a_share_of_zero_has_no_best_lift():
    with pytest.raises(JudgementError, match="above 0"):
        ranking.best_possible_lift(0.2, 0)


@pytest.mark.parametrize(
    "measure",
    [ranking.roc_auc, ranking.pr_auc, ranking.ks, ranking.gain_curve, lambda *rows: ranking.lift_at(*rows, 0.1)],
)
@pytest.mark.parametrize(("label", "word"), [([1, 1, 1], "left"), ([0, 0, 0], "stayed")])
def test_rows_of_one_class_are_refused(measure, label, word):
    with pytest.raises(JudgementError, match=f"same label \\({word}\\)"):
        measure(label, [0.1, 0.2, 0.3])
