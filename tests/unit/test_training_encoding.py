import numpy as np
import pandas as pd
import pytest

from training.encoding import Encoding, learn_encoding
from training.errors import TrainingError


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "spend": [1.5, np.nan, np.inf],
            "flag": pd.array([True, None, False], dtype="boolean"),
            "count": pd.array([3, None, 5], dtype="Int64"),
            "plan": ["pro", None, "basic"],
            "region": pd.Categorical(["north", "south", None], categories=["west", "south", "north"]),
        }
    )


def test_numbers_flags_and_categories_become_a_matrix_with_holes_where_values_are_missing():
    matrix = learn_encoding(frame()).matrix(frame(), dtype=np.float64)

    expected = [[1.5, 1, 3, 1, 0], [np.nan, np.nan, np.nan, np.nan, 1], [np.nan, 0, 5, 0, np.nan]]
    np.testing.assert_array_equal(matrix, expected)


def test_a_category_unseen_in_training_is_missing_and_not_the_first_one():
    encoding = learn_encoding(frame())

    matrix = encoding.matrix(frame().assign(plan=["enterprise", "basic", "pro"]))

    np.testing.assert_array_equal(matrix[:, 3], [np.nan, 0, 1])


def test_categories_are_those_that_occur_in_an_order_of_their_own():
    encoding = learn_encoding(frame())

    assert encoding.columns[3].categories == ("basic", "pro")
    assert encoding.columns[4].categories == ("north", "south")


def test_declared_categories_of_any_type_are_read_like_the_same_texts():
    texts = pd.DataFrame({"floor": ["10", None, "2", "9", "10"]})
    declared = texts.assign(floor=pd.Categorical([10, None, 2, 9, 10], categories=[9, 7, 10, 2]))
    encoding = learn_encoding(texts.head(3))

    assert learn_encoding(declared.head(3)) == encoding
    expected = [[0], [np.nan], [1], [np.nan], [0]]  # "10" before "2"; 9 was not there in training
    np.testing.assert_array_equal(encoding.matrix(declared), expected)
    np.testing.assert_array_equal(encoding.matrix(texts), expected)


def test_columns_may_come_in_any_order_and_with_others_between():
    encoding = learn_encoding(frame())
    shuffled = frame()[["region", "plan", "count", "flag", "spend"]].assign(other=1)

    np.testing.assert_array_equal(encoding.matrix(shuffled), encoding.matrix(frame()))


def test_json_gives_the_same_encoding_back():
    encoding = learn_encoding(frame())

    assert Encoding.from_json(encoding.to_json()) == encoding


def test_a_column_without_values_at_scoring_time_is_missing_whatever_its_type():
    encoding = learn_encoding(frame())
    empty = frame().assign(plan=[None] * 3, spend=pd.Series([None] * 3, dtype="object"))

    matrix = encoding.matrix(empty)

    assert np.isnan(matrix[:, [0, 3]]).all()


@pytest.mark.parametrize(
    ("values", "learnt"), [({"plan": [1, 2, 3]}, "categories"), ({"spend": ["a", "b", "c"]}, "numbers")]
)
def test_a_column_that_changed_its_kind_is_refused(values, learnt):
    encoding = learn_encoding(frame())

    with pytest.raises(TrainingError, match=f"allowed: {learnt}, as in training"):
        encoding.matrix(frame().assign(**values))


def test_a_column_of_times_is_refused_with_a_way_out():
    times = pd.DataFrame({"seen_at": pd.to_datetime(["2026-01-01"])})

    with pytest.raises(TrainingError, match="days before the cutoff"):
        learn_encoding(times)


def test_an_absent_column_is_named():
    with pytest.raises(TrainingError, match="'plan'"):
        learn_encoding(frame()).matrix(frame().drop(columns="plan"))
