"""The strength of each signal alone: numbers, gaps, categories, and identifiers that prove nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from evaluation.errors import JudgementError
from evaluation.model.signals import single_signal_auc

random = np.random.default_rng(0)
LABEL = random.integers(0, 2, 400)


def strength(values):
    return single_signal_auc(pd.DataFrame({"signal": values}), LABEL)["signal"]


def test_a_number_has_its_roc_auc_in_the_better_direction():
    values = LABEL + random.normal(size=400)
    expected = roc_auc_score(LABEL, values)
    assert strength(values) == pytest.approx(expected)
    assert strength(-values) == pytest.approx(expected)


def test_a_value_filled_for_leavers_only_is_found():
    closing_note = np.where(LABEL == 1, random.normal(size=400), np.nan)
    assert strength(closing_note) == pytest.approx(1)
    assert strength(np.where(LABEL == 1, "note", None)) == pytest.approx(1)


def test_the_outcome_spelled_as_a_category_is_found():
    assert strength(pd.Series(np.where(LABEL == 1, "lost", "active"))) > 0.99
    assert strength(pd.Categorical(np.where(LABEL == 1, "lost", "active"))) > 0.99
    assert strength(LABEL.astype(bool)) == 1


def test_an_identifier_of_each_row_tells_nothing():
    assert strength([f"customer {number}" for number in range(400)]) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("values", [np.zeros(400), np.full(400, np.nan), pd.Series([None] * 400, dtype=object)])
def test_a_signal_without_content_tells_nothing(values):
    assert strength(values) == 0.5


def test_infinite_and_nullable_numbers_are_taken():
    assert strength(np.where(LABEL == 1, np.inf, 0)) == 1
    assert strength(pd.array(np.where(LABEL == 1, 7, 3), dtype="Int64")) == 1
    assert strength(pd.array(LABEL == 1, dtype="boolean")) == 1


def test_signals_stand_strongest_first():
    frame = pd.DataFrame({"none": np.zeros(400), "all": LABEL, "some": LABEL + random.normal(size=400)})
    assert list(single_signal_auc(frame, LABEL)) == ["all", "some", "none"]


def test_another_number_of_rows_is_refused():
    with pytest.raises(JudgementError, match="label 400, signals 3"):
        single_signal_auc(pd.DataFrame({"signal": [1, 2, 3]}), LABEL)
