"""Whatever the cutoffs, gap and horizon: nothing that was unknown at a fold's cutoff teaches that fold."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from training.errors import TrainingError
from training.splits import rolling_origin, stratified

DAY = np.timedelta64(1, "D")


@st.composite
def panels(draw):
    days = draw(st.lists(st.integers(0, 400), min_size=2, max_size=12, unique=True))
    rows = draw(st.lists(st.sampled_from(days), min_size=len(days), max_size=60))
    cutoff = np.datetime64("2025-01-01", "us") + np.array([*days, *rows]) * DAY
    return cutoff, np.datetime64("2025-01-01", "us") + max(days) * DAY


@given(panels(), st.integers(0, 40), st.integers(1, 120), st.integers(1, 5))
def test_every_training_window_is_over_at_the_cutoff_that_the_fold_predicts_from(panel, gap, horizon, validations):
    cutoff, test_cutoff = panel
    try:
        split = rolling_origin(
            cutoff, test_cutoff=test_cutoff, gap_days=gap, horizon_days=horizon, validations=validations
        )
    except TrainingError:
        assume(False)

    known_after = cutoff + (gap + horizon) * DAY

    def assert_open(rows, at):
        begun, over = cutoff + gap * DAY < at, known_after <= at
        assert rows.tolist() == np.flatnonzero(begun & ~over).tolist()

    assert (known_after[split.train] <= test_cutoff).all()
    assert (cutoff[split.test] == test_cutoff).all()
    assert 1 <= len(split.folds) <= validations
    for fold in split.folds:
        (validated_at,) = np.unique(cutoff[fold.validation])
        assert (known_after[fold.train] <= validated_at).all()
        assert known_after[fold.validation].max() <= test_cutoff
        assert len(fold.train)
        # All rows that could teach do teach, and all rows of the cutoff judge.
        assert len(fold.train) == (known_after <= validated_at).sum()
        assert len(fold.validation) == (cutoff == validated_at).sum()
        assert_open(fold.open_windows.rows, validated_at)
    assert_open(split.open_windows.rows, test_cutoff)


@given(st.integers(1, 120), st.integers(10, 100), st.floats(0.1, 0.9), st.integers(2, 5), st.integers(0, 5))
def test_a_stratified_split_puts_each_row_on_one_side(left, stayed, share, folds, seed):
    label = np.array([1] * left + [0] * stayed)
    try:
        split = stratified(label, test_share=share, folds=folds, seed=seed)
    except TrainingError:
        assume(False)

    together = np.sort(np.concatenate([split.train, split.test]))
    np.testing.assert_array_equal(together, np.arange(len(label)))
    assert abs(label[split.test].sum() - share * left) <= 1
    for fold in split.folds:
        assert not set(fold.train) & set(fold.validation)
        assert set(fold.train) | set(fold.validation) == set(split.train)
        assert abs(label[fold.validation].sum() - label[split.train].sum() / folds) < 1
