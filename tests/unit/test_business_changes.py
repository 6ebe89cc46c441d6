"""Whether churn changed beyond chance: found where it did, and where it did not only as rarely as promised."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.business.changes import LESS, MORE, NO_DIFFERENCE, churn_changes, difference_interval
from evaluation.model.segments import TOO_FEW


def flows(rows):
    """Rows of (period, segment, opening, lost)."""
    columns = ["period", "segment", "customers_opening", "customers_lost"]
    return pd.DataFrame(rows, columns=columns).assign(segmentation="industry")


def test_a_segment_is_compared_with_itself_before():
    found = churn_changes(
        flows(
            [
                *[(month, "rose", 1000, 20) for month in ("1", "2")],
                *[(month, "fell", 1000, 100) for month in ("1", "2")],
                *[(month, "same", 1000, 30) for month in ("1", "2")],
                ("1", "small", 20, 1),
                ("3", "rose", 1000, 80),
                ("3", "fell", 1000, 50),
                ("3", "same", 1000, 31),
                ("3", "small", 20, 10),
                ("3", "came", 500, 10),
            ]
        ),
        "3",
        ["1", "2"],
    ).set_index("segment")
    assert found.verdict.to_dict() == {
        "rose": MORE,
        "fell": LESS,
        "same": NO_DIFFERENCE,
        "small": TOO_FEW,
        "came": TOO_FEW,
    }
    assert found.loc["rose", ["rate", "rate_before", "change"]].to_list() == [0.08, 0.02, 0.06]
    assert list(found.index[:3]) == ["rose", "fell", "same"]
    assert found.loc["small", ["rate", "low"]].isna().all()


def test_intervals_are_wider_the_more_segments_are_looked_at():
    rows = [(month, name, 500, 20) for month in ("1", "2") for name in "abcdefgh"]
    alone = churn_changes(flows([row for row in rows if row[1] == "a"]), "2", ["1"])
    among = churn_changes(flows(rows), "2", ["1"]).set_index("segment").loc[["a"]].reset_index()
    assert among.high[0] > alone.high[0]
    assert among.low[0] < alone.low[0]


def test_no_change_is_found_by_chance_in_few_reviews_of_many_segments():
    random, reviews, segments = np.random.default_rng(7), 400, 20
    lost, before = random.binomial(400, 0.03, (reviews, segments)), random.binomial(4800, 0.03, (reviews, segments))
    level = 1 - 0.05 / segments
    low, high = difference_interval(
        lost.astype(float), np.full(lost.shape, 400.0), before.astype(float), np.full(lost.shape, 4800.0), level
    )
    assert ((low > 0) | (high < 0)).any(axis=1).mean() < 0.07


def test_the_interval_covers_the_true_difference():
    random = np.random.default_rng(11)
    lost, before = random.binomial(300, 0.08, 4000), random.binomial(3000, 0.05, 4000)
    low, high = difference_interval(
        lost.astype(float), np.full(4000, 300.0), before.astype(float), np.full(4000, 3000.0)
    )
    assert 0.93 < ((low <= 0.03) & (high >= 0.03)).mean() < 0.97
