import itertools
import json

import numpy as np
import pytest

from training.errors import TrainingError
from training.splits import given, rolling_origin, stratified


def monthly(*months: str, customers: int = 4) -> np.ndarray:
    return np.repeat(np.array([f"{month}-01" for month in months], dtype="datetime64[us]"), customers)


def test_rolling_origin_by_hand():
    cutoff = monthly("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")

    split = rolling_origin(cutoff, test_cutoff="2026-06-01", gap_days=0, horizon_days=31, validations=2)

    months = cutoff.astype("datetime64[M]").astype(str)
    assert set(months[split.test]) == {"2026-06"}
    assert set(months[split.train]) == {"2026-01", "2026-02", "2026-03", "2026-04", "2026-05"}
    assert [set(months[fold.validation]) for fold in split.folds] == [{"2026-03"}, {"2026-05"}]
    # January's window of 31 days ends on 1 February; February's on 4 March, after the fold at 1 March.
    assert [set(months[fold.train]) for fold in split.folds] == [{"2026-01"}, {"2026-01", "2026-02", "2026-03"}]


def test_windows_open_at_the_instant_are_told_apart():
    cutoff = monthly("2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")

    split = rolling_origin(cutoff, test_cutoff="2026-06-01", gap_days=0, horizon_days=62, validations=1)

    months = cutoff.astype("datetime64[M]").astype(str)
    assert set(months[split.train]) == {"2025-12", "2026-01", "2026-02", "2026-03"}
    # April's window of 62 days ends on 2 June, a day after the test cutoff.
    assert set(months[split.open_windows.rows]) == {"2026-04", "2026-05"}
    # The fold validates on 1 March, when December's is over, and January's ends on 4 March.
    assert set(months[split.folds[0].train]) == {"2025-12"}
    assert set(months[split.folds[0].open_windows.rows]) == {"2026-01", "2026-02"}


def test_windows_that_begin_after_a_gap_are_open_only_once_they_have_begun():
    cutoff = monthly("2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")

    split = rolling_origin(cutoff, test_cutoff="2026-06-01", gap_days=31, horizon_days=31, validations=1)

    assert set(cutoff[split.open_windows.rows].astype("datetime64[M]").astype(str)) == {"2026-04"}


def test_rows_that_lie_elsewhere_are_followed_and_their_labels_forgotten():
    cutoff = monthly("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")
    split = rolling_origin(cutoff, test_cutoff="2026-06-01", gap_days=0, horizon_days=45, validations=2)
    last = len(cutoff) - 1

    turned = split.relocated(lambda rows: last - rows)

    assert (turned.train == last - split.train).all()
    assert (turned.test == last - split.test).all()
    assert (turned.open_windows.rows == last - split.open_windows.rows).all()
    for own, other in zip(split.folds, turned.folds, strict=True):
        assert (other.train == last - own.train).all()
        assert (other.validation == last - own.validation).all()
        assert (other.open_windows.rows == last - own.open_windows.rows).all()
        assert not len(other.open_windows)


def test_the_gap_counts_as_part_of_the_window():
    cutoff = monthly("2026-01", "2026-02", "2026-03", "2026-04", "2026-05")

    without = rolling_origin(cutoff, test_cutoff="2026-05-01", gap_days=0, horizon_days=30, validations=1)
    with_gap = rolling_origin(cutoff, test_cutoff="2026-05-01", gap_days=20, horizon_days=30, validations=1)

    assert len(without.train) == 16
    assert len(with_gap.train) == 12


def test_outcome_windows_of_validation_cutoffs_do_not_overlap():
    months = [f"2025-{month:02}" for month in range(1, 13)]
    split = rolling_origin(monthly(*months), test_cutoff="2025-12-01", gap_days=0, horizon_days=60, validations=3)

    cutoffs = [np.datetime64(fold.description.split("validate ")[1]) for fold in split.folds]

    assert all(later - earlier >= np.timedelta64(60, "D") for earlier, later in itertools.pairwise(cutoffs))


def test_a_short_history_validates_on_other_customers_at_the_latest_cutoff():
    cutoff = monthly("2026-01", "2026-02", "2026-03", "2026-09", customers=20)
    customer = np.tile([f"c{number}" for number in range(20)], 4).astype(object)

    split = rolling_origin(cutoff, test_cutoff="2026-09-01", gap_days=0, horizon_days=180, customer=customer)

    assert len(split.folds) == 5
    for fold in split.folds:
        assert not set(customer[fold.train]) & set(customer[fold.validation])
        assert set(cutoff[fold.validation].astype("datetime64[M]").astype(str)) == {"2026-03"}
        assert cutoff[fold.train].max() < cutoff[fold.validation].min()
    assert split.describe()["settings"]["validated_on"] == "other customers"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"test_cutoff": "2026-07-15"}, "no row at the test cutoff"),
        ({"horizon_days": 365}, "no row whose outcome window of 365 days is over"),
        ({"horizon_days": 59}, "none 59 days after another"),
        ({"gap_days": -1}, "gap_days -1"),
        ({"validations": 0}, "validations 0"),
    ],
)
def test_an_empty_side_is_an_error_that_says_what_to_do(changes, message):
    cutoff = monthly("2026-01", "2026-02", "2026-04")

    with pytest.raises(TrainingError, match=message) as raised:
        rolling_origin(cutoff, **{"test_cutoff": "2026-04-01", "gap_days": 0, "horizon_days": 30, **changes})

    assert "To address this" in str(raised.value)


def test_a_split_can_be_logged():
    split = rolling_origin(
        monthly("2026-01", "2026-02", "2026-03"), test_cutoff="2026-03-01", gap_days=0, horizon_days=28
    )

    described = json.loads(json.dumps(split.describe()))

    assert described["kind"] == "rolling_origin"
    assert described["test_rows"] == 4
    assert described["folds"][0]["description"] == "learn 2026-01-01 to 2026-01-01, validate 2026-02-01"


def test_stratified_parts_hold_the_same_share_of_leavers():
    label = (np.arange(1000) % 10 == 0).astype(np.int8)

    split = stratified(label, test_share=0.3, seed=1, folds=5, repeats=2)

    assert len(split.test) == 300
    assert label[split.test].sum() == 30
    assert len(split.folds) == 10
    assert {int(label[fold.validation].sum()) for fold in split.folds} == {14}
    for start in (0, 5):
        together = np.sort(np.concatenate([fold.validation for fold in split.folds[start : start + 5]]))
        np.testing.assert_array_equal(together, split.train)


def test_rounds_of_cross_validation_are_shuffled_anew():
    split = stratified(np.arange(100) % 2, folds=2, repeats=2)

    assert not np.array_equal(split.folds[0].validation, split.folds[2].validation)


def test_rows_of_one_customer_stay_together():
    customer = np.repeat([f"c{number}" for number in range(60)], 3).astype(object)
    label = np.repeat(np.arange(60) % 3 == 0, 3).astype(np.int8)

    split = stratified(label, test_share=0.5, seed=2, folds=3, key=customer)

    assert not set(customer[split.train]) & set(customer[split.test])
    for fold in split.folds:
        assert not set(customer[fold.train]) & set(customer[fold.validation])


def test_a_keyed_split_follows_the_customers_and_not_the_rows_order():
    customer = np.array([f"c{number}" for number in range(50)], dtype=object)
    label = (np.arange(50) % 2).astype(np.int8)
    backwards = np.arange(50)[::-1]

    forward = stratified(label, seed=3, folds=2, key=customer)
    reverse = stratified(label[backwards], seed=3, folds=2, key=customer[backwards])

    assert set(customer[forward.test]) == set(customer[backwards][reverse.test])
    assert set(customer[forward.folds[0].train]) == set(customer[backwards][reverse.folds[0].train])


def test_a_table_may_bring_its_own_split():
    mask = np.arange(40) < 10

    split = given(mask, np.arange(40) % 2, folds=3)

    np.testing.assert_array_equal(split.test, np.arange(10))
    assert all(fold.train.min() >= 10 for fold in split.folds)


@pytest.mark.parametrize(
    ("mask", "folds", "message"),
    [
        (np.zeros(20, dtype=bool), 2, "20 training and 0 test rows"),
        (np.ones(20, dtype=bool), 2, "0 training and 20 test rows"),
        (np.arange(20) < 10, 1, "1 folds"),
        (np.arange(20) < 10, 6, "6 folds with 5 stayed and 5 left"),
    ],
)
def test_a_split_that_cannot_be_made_is_refused(mask, folds, message):
    with pytest.raises(TrainingError, match=message):
        given(mask, np.arange(20) % 2, folds=folds)


def test_a_share_outside_its_range_is_refused():
    with pytest.raises(TrainingError, match=r"test_share 1\.0"):
        stratified(np.arange(20) % 2, test_share=1.0)
