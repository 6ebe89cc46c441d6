"""Reasons: grouped, ordered, in both languages, beside what is usual."""

import numpy as np
import pandas as pd
import pytest
from peers_in_memory import taken, usual_values

from evaluation.errors import JudgementError
from evaluation.model.reason_words import shown
from evaluation.model.reasons import reasons
from features.signal import columns_of, discover

KNOWN = columns_of(discover().values())
NAMES = [
    "usage__logins__7d",
    "usage__logins__30d",
    "tickets__open_tickets__90d",
    "contracts__renewal_price_gap__ever",
    "payments__late_payments__90d",
]
SIGNALS = pd.DataFrame([[1.0, 3.0, 2.0, 0.25, 0.0], [9.0, 40.0, 0.0, np.nan, 1.0]], columns=NAMES)
CONTRIBUTIONS = np.array([[0.2, 0.3, 0.45, 0.1, -0.4], [-0.2, -0.3, -0.1, 0.2, -0.1]])


@pytest.fixture
def told():
    return reasons(SIGNALS, CONTRIBUTIONS, KNOWN, usual_values(SIGNALS))


def test_signals_of_a_family_count_together_and_the_weightiest_speaks(told):
    first = told[told["row"] == 0]
    assert first["signal"].tolist() == ["usage__logins__30d", "tickets__open_tickets__90d", NAMES[3]]
    assert first["contribution"].tolist() == pytest.approx([0.5, 0.45, 0.1])
    assert first["position"].tolist() == [1, 2, 3]


def test_only_what_raises_the_risk_is_a_reason(told):
    assert told.loc[told["row"] == 1, "signal"].tolist() == ["contracts__renewal_price_gap__ever"]


def test_a_reason_is_said_with_the_own_value_and_the_usual_one(told):
    tickets = told.iloc[1]
    assert tickets["sentence_en"] == "2 tickets of the last 90 days are still unsolved (usual: 1)"
    assert tickets["sentence_zh"] == "近 90 天有 2 个工单未解决（通常为 1 个）"
    assert told.iloc[2]["sentence_zh"] == "续约报价比首次签约价高 25%"


def test_what_is_missing_is_said_to_be_unknown(told):
    unknown = told.iloc[3]
    assert unknown["value"] == ""
    assert unknown["sentence_en"].startswith("Not known: ")
    assert unknown["sentence_zh"].startswith("暂无数据：")


def test_usual_is_asked_of_the_segment_if_it_is_large_enough():
    signals = pd.DataFrame({"x": [1.0] * 40 + [5.0] * 40 + [9.0]})
    segment = pd.Series(["a"] * 40 + ["b"] * 40 + ["tiny"])
    usual = usual_values(signals, segment)
    assert [usual.of(row, "x") for row in (0, 40, 80)] == [1.0, 5.0, 5.0]
    chosen = [80, 0, 40]
    told = reasons(signals.iloc[chosen] + 1, np.ones((3, 1)), {}, taken(usual, chosen))
    assert told["sentence_en"].tolist() == ["x: 10 (usual: 5)", "x: 2 (usual in a: 1)", "x: 6 (usual in b: 5)"]
    assert told["sentence_zh"].iloc[1] == "x：2（a 客户通常为 1）"


def test_other_shapes_are_refused():
    with pytest.raises(JudgementError, match="do not fit"):
        reasons(SIGNALS, CONTRIBUTIONS[:, :2], KNOWN, usual_values(SIGNALS))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_signal_can_be_said(language):
    for column in KNOWN.values():
        value = "retail" if column.signal.is_category else 1.5
        text = column.signal.say[language].format(value=shown(value, column.signal.unit, language), days=column.days)
        assert "{" not in text
