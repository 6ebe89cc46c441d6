"""Why a score moved: parts of data, time and model that sum to the change, whatever the model and the calibration."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from evaluation.errors import JudgementError
from evaluation.model.moved import Answer, Legs, in_probability, moves
from evaluation.model.moved_words import moved_sentence
from features.signal import columns_of, discover

KNOWN = columns_of(discover().values())
NAMES = ["usage__logins__7d", "usage__logins__30d", "contracts__days_to_end__ever", "tickets__open_tickets__90d"]
WEIGHTS = np.array([-0.05, -0.1, -0.01, 0.6])
PARTS = ["from_data", "from_time", "from_model"]


def answer(values, bias=-2.0, slope=0.8):
    """What a calibrated logistic model says; its contributions are exact by construction."""
    signals = pd.DataFrame(values, columns=NAMES)
    parts = signals.to_numpy(dtype=float) * WEIGHTS
    return Answer(signals, expit(slope * (bias + parts.sum(axis=1)) - 0.3), parts)


def legs(then, waited, now, version="2", scored=None):
    then, waited, now = (answer(values) for values in (then, waited, now))
    return Legs(then.probability if scored is None else np.asarray(scored), then, waited, now, "1", version)


THEN, WAITED, NOW = [[3, 12, 40, 0]], [[0, 7, 30, 0]], [[1, 8, 30, 2]]


@settings(max_examples=60)
@given(
    arrays(float, (3, 4), elements=some.floats(-6, 6)),
    some.lists(some.floats(0, 1), min_size=6, max_size=6),
)
def test_parts_always_sum_to_the_change(log_odds, probabilities):
    before, after = np.array(probabilities[:3]), np.array(probabilities[3:])
    parts = in_probability(before, after, log_odds)
    assert np.isfinite(parts).all()
    assert parts.sum(axis=1) == pytest.approx(after - before, abs=1e-12)


@settings(max_examples=40)
@given(
    some.lists(some.lists(some.integers(0, 40), min_size=4, max_size=4), min_size=3, max_size=3),
    some.floats(0, 1),
    some.sampled_from(["1", "2"]),
    some.integers(0, 4),
)
def test_what_is_told_sums_to_new_less_old(rows, scored, version, most):
    given_legs = legs(*([row] for row in rows), version=version, scored=[scored])
    told = moves(given_legs, KNOWN, most=most)
    assert told["change"].sum() == pytest.approx(given_legs.change[0], abs=1e-12 if len(told) else 1e-8)
    assert told[PARTS].sum(axis=1).to_numpy() == pytest.approx(told["change"].to_numpy(), abs=1e-12)
    totals = told[PARTS].sum()
    stages = [scored, *(each.probability[0] for each in (given_legs.then, given_legs.waited, given_legs.now))]
    corrected = stages[1] - stages[0]
    assert totals["from_time"] == pytest.approx(stages[2] - stages[1], abs=1e-8)
    assert totals["from_model"] == pytest.approx(corrected if version == "2" else 0, abs=1e-8)
    assert totals["from_data"] == pytest.approx(stages[3] - stages[2] + (corrected if version == "1" else 0), abs=1e-8)


def test_only_days_that_pass_are_time_alone():
    told = moves(legs(THEN, WAITED, WAITED), KNOWN)
    assert (told["from_data"] == 0).all()
    assert told["from_time"].sum() > 0
    assert told["signal"].tolist()[0] == "usage__logins__30d"


def test_only_new_facts_are_data_alone():
    told = moves(legs(THEN, THEN, NOW), KNOWN)
    assert (told[["from_time", "from_model"]] == 0).all(axis=None)
    assert told["signal"].tolist()[0] == "tickets__open_tickets__90d"


def test_only_another_model_is_the_model_alone():
    told = moves(legs(THEN, THEN, THEN, scored=[0.5]), KNOWN)
    assert told["from_model"].tolist() == pytest.approx([answer(THEN).probability[0] - 0.5])
    assert told["sentence_en"].tolist() == ["The model was replaced: version 2 after version 1"]
    assert told["sentence_zh"].tolist() == ["模型已更换：由版本 1 改为版本 2"]


def test_facts_that_came_late_are_data_under_the_same_model():
    told = moves(legs(THEN, THEN, THEN, version="1", scored=[0.5]), KNOWN)
    assert told["from_data"].tolist() == pytest.approx([answer(THEN).probability[0] - 0.5])
    assert told["sentence_en"].tolist() == ["Earlier facts were entered late or corrected"]


def test_the_same_score_has_nothing_to_tell():
    assert moves(legs(THEN, THEN, THEN), KNOWN).empty


def test_windows_of_a_measure_are_one_and_the_rest_is_summed_up_last():
    told = moves(legs(THEN, WAITED, NOW), KNOWN, most=1)
    assert told["signal"].fillna("").tolist() == ["tickets__open_tickets__90d", ""]
    assert told["sentence_en"].tolist() == [
        "2 tickets of the last 90 days are still unsolved (before: 0)",
        "Everything else",
    ]
    assert told["sentence_zh"].tolist()[0] == "近 90 天有 2 个工单未解决（此前为 0 个）"
    everything = moves(legs(THEN, WAITED, NOW), KNOWN, most=9)
    assert set(everything["signal"]) == {NAMES[1], NAMES[2], NAMES[3]}


def test_small_steps_are_divided_like_the_slope_of_the_model():
    """For small steps the parts are the derivative of the probability times the step, known in closed form."""
    step = np.array([[0.01, 0, 0, 0.02]])
    told = moves(legs(THEN, THEN, np.array(THEN) + step), KNOWN)
    p = answer(THEN).probability[0]
    expected = p * (1 - p) * 0.8 * step[0] * WEIGHTS
    assert sorted(told["change"]) == pytest.approx(sorted(expected[[0, 3]]), rel=0.01)


def test_a_model_without_parts_tells_its_legs_as_a_whole():
    whole = legs(THEN, WAITED, NOW)
    bare = [Answer(each.signals, each.probability) for each in (whole.then, whole.waited, whole.now)]
    told = moves(Legs(whole.scored, *bare, "2", "2"), KNOWN)
    assert set(told["sentence_en"]) == {"New facts", "Time has passed"}
    assert told["change"].sum() == pytest.approx(whole.change[0])


def test_a_value_that_became_known_or_unknown_is_said_so():
    assert moved_sentence("x", None, 9, np.nan, "en") == "x: 9 (before: not known)"
    assert moved_sentence("x", None, 9, np.nan, "zh") == "x：9（此前暂无数据）"
    assert moved_sentence("x", None, np.nan, 9, "en") == "Not known: x (before: 9)"


def test_other_customers_are_refused():
    now = answer(NOW * 2)
    with pytest.raises(JudgementError, match=r"1 old scores and signals of shapes \(1, 4\), \(2, 4\)"):
        moves(Legs(np.array([0.1]), answer(THEN), answer(THEN), now, "1", "1"), KNOWN)
