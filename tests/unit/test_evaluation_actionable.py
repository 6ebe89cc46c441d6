"""What would lower a score: only by what one can act on, only to what is seen, and by just what the model says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from peers_in_memory import counter, taken, usual_values
from scipy.special import expit

from evaluation.model.actionable import what_would_lower
from evaluation.model.levers import LEVERS, Lever
from features.signal import columns_of, discover

SIGNALS = discover()
KNOWN = columns_of(SIGNALS.values())
TICKETS, OLDEST = "tickets__open_tickets__90d", "tickets__oldest_open_days__ever"
OUTREACH, LOGINS = "interactions__days_since_outreach__ever", "usage__logins__30d"
WEIGHTS = {TICKETS: 0.5, OLDEST: 0.02, OUTREACH: 0.01, LOGINS: -0.2}


def predict(frame):
    return expit(-2 + sum(weight * frame[name].to_numpy(dtype=float) for name, weight in WEIGHTS.items()))


def company(customers=200):
    """Half have no open ticket; the first is worst off in everything."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            TICKETS: np.where(np.arange(customers) % 2, 0.0, random.integers(0, 2, customers)),
            OLDEST: 0.0,
            OUTREACH: random.integers(0, 60, customers).astype(float),
            LOGINS: random.integers(0, 20, customers).astype(float),
        }
    )
    frame.loc[frame[TICKETS] > 0, OLDEST] = 10.0
    frame.iloc[0] = [4, 30, 200, 0]
    return frame


def told_about(frame, rows, **settings):
    segment = settings.pop("segment", None)
    usual = usual_values(frame, segment)
    return what_would_lower(predict, frame.iloc[rows], KNOWN, taken(usual, rows), counter(frame, usual), **settings)


def test_each_lever_lowers_the_score_by_what_the_model_says():
    frame = company()
    told = told_about(frame, [0])
    assert told["lever"].tolist() == ["open_tickets", "outreach"]
    assert told["position"].tolist() == [1, 2]
    asked = frame.iloc[[0]].assign(**{TICKETS: 0.0, OLDEST: 0.0})
    assert told.loc[0, "probability_then"] == pytest.approx(predict(asked)[0])
    assert told.loc[0, "change"] == pytest.approx(predict(asked)[0] - predict(frame.iloc[[0]])[0])
    without_tickets = (frame[TICKETS] <= 0) & (frame[OLDEST] <= 0)
    assert told.loc[0, "similar_customers"] == without_tickets.sum()


def test_a_lever_is_said_in_both_languages_with_the_value_the_usual_one_and_both_scores():
    frame = company()
    first = told_about(frame, [0]).iloc[0]
    before, then = predict(frame.iloc[[0]])[0], first["probability_then"]
    assert first["sentence_en"] == (
        "Solve the open tickets. 4 tickets of the last 90 days are still unsolved; usual: 0, with which the score is "
        f"{then:.0%}, not {before:.0%}"
    )
    assert first["sentence_zh"] == (
        f"解决未完结的工单：近 90 天有 4 个工单未解决；客户通常为 0 个，此时流失概率为 {then:.0%}，而非 {before:.0%}"
    )


def test_what_the_customer_decides_is_no_lever():
    frame = company()
    frame.iloc[0] = [0, 0, 0, 0]  # worst logins, nothing else
    assert told_about(frame, [0]).empty


def test_a_customer_better_off_than_usual_has_nothing_to_gain():
    frame = company()
    best = int(((frame[TICKETS] == 0) & (frame[OUTREACH] < frame[OUTREACH].median())).idxmax())
    assert told_about(frame, [best]).empty


def test_usual_is_asked_of_the_peers_and_they_must_be_enough():
    frame = company()
    segment = pd.Series(np.where(np.arange(200) < 100, "retail", "finance"))
    frame.loc[segment == "retail", TICKETS] = 3.0
    frame.loc[segment == "retail", OLDEST] = 9.0
    frame.iloc[0] = [4, 30, 0, 0]
    told = told_about(frame, [0], segment=segment)
    assert told["target"].tolist() == ["3"]
    assert told["similar_customers"].tolist() == [99]
    assert "usual in retail: 3" in told.loc[0, "sentence_en"]
    assert "零售客户通常为 3" in told.loc[0, "sentence_zh"]
    rare = company()
    rare[TICKETS] = np.r_[4.0, np.zeros(20), np.full(179, 2.0)]
    rare[OLDEST] = np.r_[30.0, np.full(179, 10.0), np.zeros(20)]  # few have little of both
    both = Lever("both", LEVERS[0].do, LEVERS[0].measures)
    peers = usual_values(rare)
    given = (predict, rare.iloc[[0]], KNOWN, taken(peers, [0]), counter(rare, peers))
    peers.values[""][[TICKETS, OLDEST]] = [0.0, 0.0]
    assert what_would_lower(*given, levers=[both]).empty


def test_small_gains_and_more_than_asked_for_are_left_out():
    frame = company()
    assert len(told_about(frame, [0], most=1)) == 1
    assert told_about(frame, [0], least=0.99).empty


def test_every_lever_names_signals_that_are_there_and_that_have_a_direction():
    for lever in LEVERS:
        assert set(lever.do) == {"en", "zh"}
        for measure in lever.measures:
            assert SIGNALS[measure].risk != "none", measure
    measures = [measure for lever in LEVERS for measure in lever.measures]
    assert len(set(measures)) == len(measures)
