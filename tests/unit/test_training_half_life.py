"""When a past is forgotten: only where that helps on every fold, and clearly."""

import numpy as np
import pandas as pd
import pytest

from training import logistic_search
from training.budget import Budget
from training.encoding import learn_encoding
from training.examples import Examples
from training.folds import Folds
from training.logistic_search import choose_half_life
from training.splits import rolling_origin

SIZE = 200
HELPS, HARMS, NOTHING = 1.0, -0.5, 0.0


@pytest.fixture(scope="module")
def folds() -> Folds:
    cutoffs = np.repeat(np.datetime64("2026-01-01", "us") + np.arange(5) * np.timedelta64(30, "D"), SIZE)
    label = (np.arange(5 * SIZE) % 2).astype(np.int8)
    customer = np.tile(np.arange(SIZE), 5).astype(str).astype(object)
    examples = Examples(pd.DataFrame({"signal": np.arange(5.0 * SIZE)}), label, customer, cutoffs)
    split = rolling_origin(cutoffs, test_cutoff="2026-05-01", gap_days=0, horizon_days=30, validations=2)
    return Folds(examples, split)


def chosen(folds: Folds, monkeypatch: pytest.MonkeyPatch, *helps: float) -> float | None:
    """Half-life chosen when a shorter one moves the log odds of each fold so far towards the truth."""

    def judge(folds, encoding, variants, budget):
        for variant in variants:
            moved = [0.0 if variant.half_life_days is None else own for own in helps]
            signs = [2.0 * folds.examples.label[fold.validation] - 1.0 for fold in folds.split.folds]
            log_odds = [sign * (0.5 + own) for sign, own in zip(signs, moved, strict=True)]
            yield logistic_search._Judged(variant, log_odds, folds.mean_loss(log_odds), 0.0)

    monkeypatch.setattr(logistic_search, "_judge", judge)
    return choose_half_life(folds, learn_encoding(folds.examples.features), Budget(), choices=(None, 90.0))


def test_what_helps_on_every_fold_is_chosen(folds, monkeypatch):
    assert chosen(folds, monkeypatch, HELPS, HELPS) == 90.0


def test_what_helps_in_one_season_only_is_not(folds, monkeypatch):
    assert chosen(folds, monkeypatch, HELPS, HARMS) is None
    assert chosen(folds, monkeypatch, HELPS, NOTHING) is None


def test_without_a_gain_nothing_is_forgotten(folds, monkeypatch):
    assert chosen(folds, monkeypatch, NOTHING, NOTHING) is None
