"""The scorecard: order of its figures, agreement with the single measures, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import JudgementError
from evaluation.model import ranking
from evaluation.model.scorecard import scorecard

FIXED_ORDER = [
    "rows", "positives", "base_rate", "roc_auc", "pr_auc", "log_loss", "brier", "lift_at_1pct", "lift_at_5pct",
    "lift_at_10pct", "lift_at_20pct", "recall_at_10pct", "ks", "calibration_slope", "calibration_intercept", "ece",
]  # fmt: skip


@pytest.fixture
def scored():
    random = np.random.default_rng(0)
    probability = random.random(500)
    return (random.random(500) < probability).astype(int), probability


def test_figures_come_in_a_fixed_order(scored):
    assert list(scorecard(*scored)) == FIXED_ORDER
    assert list(scorecard(*scored, capacity=10)) == [*FIXED_ORDER, "lift_at_capacity", "recall_at_capacity"]


def test_every_figure_is_a_plain_number(scored):
    assert {type(value) for value in scorecard(*scored, capacity=10).values()} == {float}


def test_capacity_and_counts(scored):
    label, probability = scored
    card = scorecard(label, probability, capacity=37)
    assert (card["rows"], card["positives"], card["base_rate"]) == (500, label.sum(), label.mean())
    assert card["lift_at_capacity"] == ranking.lift_at_capacity(label, probability, 37)
    assert card["recall_at_capacity"] == ranking.recall_at_capacity(label, probability, 37)


def test_a_perfect_model_with_probabilities_0_and_1():
    label = np.repeat([1, 0], [10, 90])
    card = scorecard(label, label.astype(float))
    assert card["roc_auc"] == card["pr_auc"] == card["ks"] == 1
    assert card["brier"] == card["ece"] == 0
    assert card["log_loss"] == pytest.approx(0, abs=1e-12)
    assert card["lift_at_10pct"] == pytest.approx(10)


def test_a_constant_model_is_worth_nothing():
    label = np.repeat([1, 0], [20, 80])
    card = scorecard(label, np.full(100, 0.2))
    assert card["roc_auc"] == 0.5
    assert card["pr_auc"] == pytest.approx(0.2)
    assert card["lift_at_1pct"] == card["lift_at_20pct"] == pytest.approx(1)
    assert card["ks"] == pytest.approx(0)
    assert np.isnan(card["calibration_slope"])
    assert card["calibration_intercept"] == pytest.approx(0, abs=1e-6)


def test_pandas_columns_with_any_index_are_taken_as_they_stand(scored):
    label, probability = scored
    shuffled = pd.Series(probability, index=np.arange(500)[::-1])
    assert scorecard(pd.Series(label.astype(bool)), shuffled) == scorecard(label, probability)


@pytest.mark.parametrize(
    ("label", "probability", "message"),
    [
        ([], [], "is empty; there is nothing to judge"),
        ([1, 0, 1], [0.5, 0.5], "label 3, score 2"),
        ([1, 0], [0.5, np.nan], "probability has 1 missing or infinite values in 2 rows"),
        ([1, np.nan], [0.5, 0.5], "label has 1 missing"),
        ([1, 0], [0.5, np.inf], "missing or infinite"),
        ([1, 0], [0.5, 1.01], "predicted probability of leaving"),
        ([1, 0], [-0.2, 0.5], r"given -0.2 to 0.5"),
        ([1, 2], [0.5, 0.5], "must be 1 .left. or 0 .stayed.; given 2"),
        ([1, 1], [0.5, 0.5], "same label"),
        (["yes", "no"], [0.5, 0.5], "label must hold numbers"),
        ([1, 0], [[0.1, 0.9], [0.3, 0.7]], r"one column; given an array of shape \(2, 2\)"),
        ([True, pd.NA], [0.5, 0.5], "label must hold numbers without missing values"),
    ],
)
def test_what_cannot_be_judged_is_refused(label, probability, message):
    with pytest.raises(JudgementError, match=message):
        scorecard(label, probability)
