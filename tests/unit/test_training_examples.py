import numpy as np
import pandas as pd
import pytest

from training.errors import TrainingError
from training.examples import Examples


def examples(**changes) -> Examples:
    given = {
        "features": pd.DataFrame({"spend": [3.0, 1.0, 2.0], "plan": ["b", "a", None]}),
        "label": np.array([1, 0, 1], dtype=np.int8),
        "customer": np.array(["c3", "c1", "c2"], dtype=object),
        "cutoff": np.array(["2026-02-01", "2026-01-01", "2026-01-01"], dtype="datetime64[us]"),
        "weight": np.array([1.0, 2.0, 3.0]),
    }
    return Examples(**{**given, **changes})


def test_rows_are_taken_by_mask_or_by_position_with_all_their_parts():
    by_mask = examples().take(np.array([True, False, True]))
    by_position = examples().take(np.array([0, 2]))

    for taken in (by_mask, by_position):
        assert list(taken.customer) == ["c3", "c2"]
        assert list(taken.features["spend"]) == [3.0, 2.0]
        assert list(taken.weight) == [1.0, 3.0]
        assert len(taken) == 2


def test_the_canonical_order_is_the_same_however_rows_arrive():
    arrived = examples().take(np.array([2, 0, 1]))

    ordered = arrived.take(arrived.canonical_order())

    assert list(ordered.customer) == ["c1", "c2", "c3"]


def test_the_canonical_order_tells_rows_of_one_customer_apart_by_content():
    same = examples(customer=np.array(["c1"] * 3, dtype=object), cutoff=None, weight=None)
    other = same.take(np.array([1, 2, 0]))

    first = same.take(same.canonical_order())
    second = other.take(other.canonical_order())

    pd.testing.assert_frame_equal(first.features, second.features)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": np.array([1, 0], dtype=np.int8)}, "2 values of label for 3 rows"),
        ({"label": np.array([1, 0, 2], dtype=np.int8)}, "labels 2; allowed: 0"),
        ({"weight": np.array([1.0, -1.0, 1.0])}, "below zero"),
        ({"weight": np.array([1.0, np.nan, 1.0])}, "not a number"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(TrainingError, match=message):
        examples(**changes)
