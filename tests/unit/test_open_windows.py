"""Open windows: what is not known yet has no say, what is drawn follows the past, and harm is noticed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from training.encoding import learn_encoding
from training.examples import Examples
from training.open_windows import Probe, with_open_windows
from training.preparation import Plan
from training.splits import rolling_origin
from training.train import TrainSettings, train

DAY = np.timedelta64(1, "D")
FIRST = np.datetime64("2026-01-01T00:00:00", "us")
HORIZON_DAYS = 60
CUSTOMERS, CUTOFFS = 400, 8
# Out of 100 quiet customers 70 stay away for 60 days; out of 100 lively ones 10.
AWAY = {0: 0.10, 1: 0.70}


def shop(customers=CUSTOMERS, turns_at=CUTOFFS):
    """A shop looked at every 30 days; who orders again does so on a day between the 1st and the 60th.

    From one cutoff on it may be the lively ones who stay away.
    """
    random = np.random.default_rng(3)
    rows = CUTOFFS * customers
    quiet = random.integers(0, 2, rows)
    turned = np.repeat(np.arange(CUTOFFS) >= turns_at, customers)
    label = (random.random(rows) < np.where((quiet == 1) ^ turned, AWAY[1], AWAY[0])).astype(np.int8)
    cutoff = np.repeat(FIRST + 30 * DAY * np.arange(CUTOFFS), customers)
    ordered = cutoff + random.integers(1, HORIZON_DAYS, rows) * DAY
    return Examples(
        pd.DataFrame({"quiet": quiet.astype(float), "noise": random.normal(size=rows)}),
        label,
        np.tile([f"c{number}" for number in range(customers)], CUTOFFS).astype(object),
        cutoff,
        settled=np.where(label == 1, cutoff + HORIZON_DAYS * DAY, ordered),
    )


def split_of(examples):
    return rolling_origin(
        examples.cutoff,
        test_cutoff=examples.cutoff.max(),
        gap_days=0,
        horizon_days=HORIZON_DAYS,
        validations=2,
        customer=examples.customer,
    )


def judged(examples, split=None, seed=0):
    split = split_of(examples) if split is None else split
    return with_open_windows(examples, split, Plan(), Probe(learn_encoding(examples.features), seed))


def parts(examples):
    """Each fold and the final fit as a split of its own, which nothing judges, and the instant it predicts from."""
    split = split_of(examples)
    for part, asked in [*((fold, fold.validation) for fold in split.folds), (split, split.test)]:
        alone = replace(split, folds=(), train=part.train, test=asked, open_windows=part.open_windows)
        yield alone, examples.cutoff[asked].max()


def filled(examples, seed=0):
    """Open windows of the final fit."""
    return judged(examples, replace(split_of(examples), folds=()), seed).open_windows


def test_known_outcomes_stay_and_every_row_of_a_window_under_way_teaches():
    examples = shop()
    for part, at in parts(examples):
        own = judged(examples, part).open_windows
        under_way = (examples.cutoff < at) & (examples.cutoff + HORIZON_DAYS * DAY > at)
        assert own.rows.tolist() == np.flatnonzero(under_way).tolist()
        known = examples.settled[own.rows] < at
        assert (own.label[known] == examples.label[own.rows][known]).all()
        assert 0.2 < known.mean() < 0.8


def test_what_is_settled_later_has_no_say():
    examples = shop()
    for part, at in parts(examples):
        later = (examples.settled >= at) & (examples.cutoff + HORIZON_DAYS * DAY > at)
        other = replace(
            examples,
            label=np.where(later, 1 - examples.label, examples.label).astype(np.int8),
            settled=np.where(later, at + DAY, examples.settled),
        )
        first, second = (judged(rows, part).open_windows.label for rows in (examples, other))
        assert first.tolist() == second.tolist()
        assert len(first)


def test_drawn_outcomes_follow_what_became_of_customers_as_open_at_the_same_age():
    examples = shop(customers=4_000)
    own = filled(examples)
    drawn = examples.settled[own.rows] >= examples.cutoff.max()
    quiet = examples.features["quiet"].to_numpy()[own.rows] == 1
    # On 30 of the 59 days an order may still come: with p away for good, p / (p + (1 - p) * 30 / 59) of the silent are.
    for kind, share in AWAY.items():
        expected = share / (share + (1 - share) * 30 / 59)
        found = own.label[drawn & (quiet == bool(kind))]
        assert found.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / len(found)) + 0.02)


def test_the_share_that_leaves_is_that_of_the_whole_though_only_stayers_are_known():
    examples = shop(customers=4_000)
    own = filled(examples)
    known = examples.settled[own.rows] < examples.cutoff.max()
    assert examples.label[own.rows][known].mean() == 0
    assert own.label.mean() == pytest.approx(examples.label.mean(), abs=0.03)


def test_draws_follow_the_customer_not_the_place_and_change_with_the_seed():
    examples = shop()
    order = np.random.default_rng(0).permutation(len(examples))
    own, again = filled(examples), filled(examples.take(order))
    first = dict(zip(own.rows, own.label, strict=True))
    second = dict(zip(order[again.rows], again.label, strict=True))
    assert set(first) == set(second)
    # The booster itself draws rows by their place, so that probabilities differ a little.
    assert np.mean([first[row] == second[row] for row in first]) > 0.97
    assert (filled(examples, seed=1).label != own.label).any()


def test_without_early_outcomes_nothing_is_taught():
    examples = shop()
    assert not len(filled(replace(examples, settled=examples.cutoff + HORIZON_DAYS * DAY)))
    assert not len(filled(replace(examples, settled=None)))


def test_open_windows_teach_where_they_help_on_the_folds():
    """From the fifth cutoff on the lively ones stay away: before the last fold that is seen in open windows alone."""
    split = judged(shop(turns_at=4))
    assert len(split.open_windows) == CUSTOMERS
    assert [len(fold.open_windows) for fold in split.folds] == [CUSTOMERS] * 2


def test_open_windows_that_mislead_are_left_out():
    """Lively ones stay away at the fifth and the seventh cutoff alone, which are those of the open windows."""
    usual, turned = shop(), shop(turns_at=0)
    at = np.isin(usual.cutoff, FIRST + 30 * DAY * np.array([2, 4, 6]))
    mixed = replace(
        usual,
        label=np.where(at, turned.label, usual.label),
        settled=np.where(at, turned.settled, usual.settled),
    )
    split = judged(mixed)
    assert not len(split.open_windows)
    assert not any(len(fold.open_windows) for fold in split.folds)


def test_training_learns_from_open_windows_and_says_so():
    examples = shop(turns_at=4)
    settings = TrainSettings(families=("logistic",), half_life_days=None)
    trained, unaware = (
        train(rows, split_of(examples), settings) for rows in (examples, replace(examples, settled=None))
    )
    assert (trained.open_rows, unaware.open_rows) == (CUSTOMERS, 0)
    test = examples.take(split_of(examples).test)
    first, second = (model.models["logistic"].predict(test.features) for model in (trained, unaware))
    assert not np.allclose(first, second)
