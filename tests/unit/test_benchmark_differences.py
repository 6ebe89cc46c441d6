"""The comparison over several seeds that benchmarks print."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from evaluation.model.bootstrap import paired_difference
from evaluation.model.ranking import roc_auc

DIFFERENCES = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "model_differences.py"))


def seed_rows(number: int, level: float):
    """Rows of one seed: ours sees the risk with less noise than the peer."""
    random = np.random.default_rng(number)
    log_odds = random.normal(level, 1.5, 400)
    label = (random.random(400) < 1 / (1 + np.exp(-log_odds))).astype(int)
    ours, theirs = (1 / (1 + np.exp(-log_odds - random.normal(0, noise, 400))) for noise in (0.3, 3.0))
    return DIFFERENCES["Judged"](label, np.array([f"c{at}" for at in range(400)]), ours, theirs)


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss"])
def test_one_seed_is_judged_as_any_pair_of_models_is(metric):
    rows = seed_rows(1, 0.0)
    found = DIFFERENCES["mean_advantage"]([rows], metric)
    known = paired_difference(rows.label, rows.ours, rows.theirs, rows.customer, metric=metric)
    assert found.estimate == pytest.approx(known.estimate)
    assert [found.low, found.high] == pytest.approx([known.low, known.high], abs=0.1 * (known.high - known.low))
    assert found.standing == "ahead"


def test_rows_of_different_seeds_are_not_ranked_against_each_other():
    seeds = [seed_rows(1, -2.0), seed_rows(2, 2.0)]
    found = DIFFERENCES["mean_advantage"](seeds, "roc_auc")
    by_seed = [roc_auc(rows.label, rows.ours) - roc_auc(rows.label, rows.theirs) for rows in seeds]
    assert found.estimate == pytest.approx(np.mean(by_seed))
    pooled = [np.concatenate([getattr(rows, side) for rows in seeds]) for side in ("label", "ours", "theirs")]
    assert found.estimate != pytest.approx(roc_auc(pooled[0], pooled[1]) - roc_auc(pooled[0], pooled[2]), abs=0.01)


def test_the_peer_that_is_better_leaves_ours_behind():
    rows = seed_rows(3, 0.0)
    turned = DIFFERENCES["Judged"](rows.label, rows.customer, rows.theirs, rows.ours)
    found = DIFFERENCES["mean_advantage"]([turned], "log_loss")
    assert found.high < 0
    assert found.standing == "BEHIND"
