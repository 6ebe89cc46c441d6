"""Variance of the ROC AUC: against the textbook sums, the bootstrap, and its rate of false alarms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from evaluation.errors import JudgementError
from evaluation.model.bootstrap import draws
from evaluation.model.influence import group_aucs, roc_auc_influence
from evaluation.model.ranking import roc_auc_of
from evaluation.model.rows import Rows


def placements(of, others):
    """Share of others below each score, ties counting half: DeLong's structural components."""
    below = (others[None, :] < of[:, None]).mean(axis=1)
    return below + (others[None, :] == of[:, None]).mean(axis=1) / 2


def test_contributions_are_delongs_components():
    random = np.random.default_rng(0)
    label = random.integers(0, 2, 60)
    score = (random.normal(size=60) + label).round(1)
    auc, contribution = roc_auc_influence(label, score)
    left, stayed = score[label == 1], score[label == 0]
    of_leavers = placements(left, stayed)
    of_stayers = 1 - placements(stayed, left)
    assert auc == pytest.approx(roc_auc_score(label, score))
    assert contribution.sum() == pytest.approx(0)
    assert contribution[label == 1] == pytest.approx((of_leavers - auc) / left.size)
    assert contribution[label == 0] == pytest.approx((of_stayers - auc) / stayed.size)


def test_standard_errors_equal_those_of_drawing_customers_again():
    random = np.random.default_rng(1)
    customer = np.repeat(np.arange(500), 3)
    trait = random.normal(size=500)[customer]
    label = (random.random(1500) < expit(trait)).astype(int)
    group = np.tile([0, 0, 1], 500)
    found = group_aucs(label, trait, customer, group)
    resampled = []
    for number in (0, 1):
        rows = Rows.of(label[group == number], trait[group == number])
        codes = rows.clusters(customer[group == number])
        resampled.append([roc_auc_of(draw) for draw in draws(rows, codes, 1000, seed=2)])
    expected = np.cov(resampled)
    assert np.sqrt(np.diag(found.covariance)) == pytest.approx(np.sqrt(np.diag(expected)), rel=0.1)
    assert found.covariance[0, 1] == pytest.approx(expected[0, 1], rel=0.25)
    difference, error = found.difference(0, 1)
    assert difference == pytest.approx(found.auc[0] - found.auc[1])
    assert error == pytest.approx(np.std(np.subtract(*resampled)), rel=0.12)


def test_equal_groups_of_the_same_customers_seldom_look_different():
    chances = []
    for seed in range(300):
        random = np.random.default_rng(seed)
        customer = np.tile(np.arange(150), 3)
        trait = random.normal(size=150)[customer]
        label = (random.random(450) < expit(trait)).astype(int)
        chances.append(group_aucs(label, trait, customer, np.repeat([0, 1, 2], 150)).chance_of_spread())
    assert np.mean(np.array(chances) < 0.05) <= 0.09
    assert 0.4 <= np.mean(np.array(chances) < 0.5) <= 0.6


def test_groups_that_differ_are_seen_and_rows_of_no_group_are_left_out():
    random = np.random.default_rng(3)
    trait = random.normal(size=900)
    label = (random.random(900) < expit(2 * trait)).astype(int)
    group = np.repeat([0, 1, -1], 300)
    score = np.where(group == 1, random.normal(size=900), trait)
    found = group_aucs(label, score, np.arange(900), group)
    assert found.auc == pytest.approx([roc_auc_score(label[group == g], score[group == g]) for g in (0, 1)])
    assert found.chance_of_spread() < 0.001


def test_one_group_is_nothing_to_compare():
    with pytest.raises(JudgementError, match="at least 2; given 1"):
        group_aucs([0, 1], [0.1, 0.2], [1, 2], [0, 0])
