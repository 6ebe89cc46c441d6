"""Bands, flips and hysteresis of scores from cutoff to cutoff."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from evaluation.errors import JudgementError
from evaluation.model.stability import band_flips, band_of, rank_correlation, score_stability, steady_band

EDGES = [0.3, 0.6]


def table(**columns):
    return pd.DataFrame(
        [
            {"customer": customer, "cutoff": pd.Timestamp(f"2026-0{month}-01"), "probability": probability}
            for customer, scores in columns.items()
            for month, probability in enumerate(scores, start=1)
            if probability is not None
        ]
    )


def test_a_band_begins_at_its_edge():
    assert band_of([0, 0.29999, 0.3, 0.59999, 0.6, 1], EDGES).tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("previous", "probability", "band"),
    [
        # 20 % of the odds: 3/7 is passed at 3.6/7 (34.0 %) and 3/8.4 (26.3 %), 3/2 at 1.8 (64.3 %) and 1.25 (55.6 %).
        (0, 0.339, 0),
        (0, 0.341, 1),
        (1, 0.264, 1),
        (1, 0.262, 0),
        (0, 0.99, 2),  # two bands at once
        (2, 0.01, 0),
        (2, 0.556, 2),
        (2, 0.555, 1),
        (0, 0.64, 1),  # far enough for the middle band, not for the highest
        (-1, 0.34, 1),  # no band before: the plain one
    ],
)
def test_a_band_changes_only_when_the_edge_is_passed_by_the_margin(previous, probability, band):
    assert steady_band([previous], [probability], EDGES, margin=0.2).tolist() == [band]


def test_an_edge_near_certainty_can_still_be_passed():
    assert steady_band([0, 1], [0.99, 0.95], [0.96], margin=0.5).tolist() == [1, 1]


def test_without_margin_the_steady_band_is_the_plain_one():
    probability = np.random.default_rng(0).random(200)
    previous = np.random.default_rng(1).integers(-1, 3, 200)
    assert (steady_band(previous, probability, EDGES, 0) == band_of(probability, EDGES)).all()


def test_flips_of_a_table_worked_out_by_hand():
    found = band_flips([0, 0, 1, 2, 2], [0, 1, 1, 0, 1])
    assert found.customers == 5
    assert (found.flip_share, found.up_share, found.down_share) == pytest.approx((0.6, 0.2, 0.4))


def test_rank_correlation_equals_scipy():
    random = np.random.default_rng(2)
    first = random.normal(size=50).round(1)
    second = first + random.normal(size=50).round(1)
    assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert np.isnan(rank_correlation(first, np.zeros(50)))


def test_stability_follows_customers_from_cutoff_to_cutoff():
    scores = table(
        a=[0.1, 0.32, 0.1],  # flips up and down; steady stays
        b=[0.5, 0.5, 0.5],
        c=[0.7, 0.2, 0.2],  # a real fall: both flip once
        d=[None, 0.4, 0.1],  # joins late
        e=[0.9, None, 0.9],  # pauses: no pair of cutoffs
    )
    found = score_stability(scores.sample(frac=1, random_state=0), EDGES, margin=0.2)
    assert found["customers"].tolist() == [3, 4]
    assert found["flip_share"].tolist() == pytest.approx([2 / 3, 2 / 4])
    assert found["steady_flip_share"].tolist() == pytest.approx([1 / 3, 1 / 4])
    assert found["rank_correlation"][0] == pytest.approx(spearmanr([0.1, 0.5, 0.7], [0.32, 0.5, 0.2]).statistic)


def test_the_same_scores_again_flip_nobody():
    random = np.random.default_rng(3)
    scores = table(**{f"c{number}": [probability] * 4 for number, probability in enumerate(random.random(50))})
    found = score_stability(scores, EDGES)
    assert found["flip_share"].tolist() == [0, 0, 0]
    assert found["rank_correlation"].tolist() == pytest.approx([1, 1, 1])


def test_hysteresis_flips_fewer_under_noise_and_still_follows_a_real_change():
    random = np.random.default_rng(4)
    level = random.random(300)
    noisy = np.clip(level[:, None] + random.normal(0, 0.03, (300, 6)), 0, 1)
    noisy[level < 0.1, 5] = 0.95
    scores = table(**{f"c{number}": row for number, row in enumerate(noisy)})
    found = score_stability(scores, EDGES, margin=0.3)
    assert found["steady_flip_share"][:4].sum() < 0.5 * found["flip_share"][:4].sum()
    assert found["steady_flip_share"][4] >= np.mean(level < 0.1)


def test_cutoffs_without_a_customer_in_common_are_listed_as_such():
    found = score_stability(table(a=[0.1, None], b=[None, 0.2]), EDGES)
    assert found["customers"].tolist() == [0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: band_of([0.5], [0.6, 0.3]), r"edges must ascend within 0 and 1.*given \[0.6, 0.3\]"),
        (lambda: band_of([0.5], [0.0, 0.3]), "edges must ascend"),
        (lambda: band_of([50], EDGES), r"\[0, 1\]"),
        (lambda: steady_band([0], [0.5], EDGES, margin=-0.1), "margin must be at least 0"),
        (lambda: steady_band([3], [0.5], EDGES, margin=0), "band 3, but 2 edges make bands 0 to 2"),
        (lambda: band_flips([1], [1, 2]), "previous_band 1, band 2"),
        (lambda: score_stability(table(a=[0.1, 0.2])[["customer", "cutoff"]], EDGES), "scores lack probability"),
        (lambda: score_stability(table(a=[0.1]), EDGES), "2 cutoffs or more"),
        (lambda: score_stability(pd.concat([table(a=[0.1, 0.2])] * 2), EDGES), "two rows of one customer and cutoff"),
    ],
)
def test_what_cannot_be_followed_is_refused(call, message):
    with pytest.raises(JudgementError, match=message):
        call()
