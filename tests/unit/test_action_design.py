"""Size, power, balance and peeking: against formulas of the textbook and drawn experiments."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from evaluation.action.assignment import Arms, two_arms
from evaluation.action.balance import sample_ratio, standardised_differences
from evaluation.action.design import Design, detectable_effect, duration_days, power, sample_size
from evaluation.action.effect import effect, explained_share
from evaluation.action.peeking import at_any_look, sequence_half_width
from evaluation.errors import JudgementError


def test_sizes_are_those_of_the_textbook():
    # Fleiss, Levin and Paik (2003): n of a group = (1.96 + 0.8416)^2 (p q + p' q') / (p - p')^2.
    for control_rate, treated_rate in ((0.1, 0.05), (0.3, 0.25), (0.04, 0.03)):
        spread = control_rate * (1 - control_rate) + treated_rate * (1 - treated_rate)
        of_group = (1.959964 + 0.841621) ** 2 * spread / (control_rate - treated_rate) ** 2
        design = Design(control_rate=control_rate)

        assert sample_size(design, treated_rate - control_rate) == math.ceil(2 * of_group)
        assert power(design, treated_rate - control_rate, 2 * of_group) == pytest.approx(0.8, abs=1e-6)
        assert detectable_effect(design, 2 * of_group) == pytest.approx(treated_rate - control_rate, rel=1e-5)


def test_power_is_the_share_of_drawn_experiments_that_find_the_effect():
    design, customers, random = Design(control_rate=0.2, control_share=0.3), 1_500, np.random.default_rng(0)
    found = []
    for _ in range(500):
        treated = random.random(customers) >= 0.3
        left = (random.random(customers) < np.where(treated, 0.14, 0.2)).astype(float)
        found.append(effect(left, treated).verdict != "no_difference_shown")

    assert np.mean(found) == pytest.approx(power(design, -0.06, customers), abs=0.06)


def test_a_score_taken_before_saves_the_customers_that_it_explains():
    random = np.random.default_rng(0)
    risk = random.beta(0.5, 2, 20_000)
    left = (random.random(20_000) < risk).astype(float)
    explained = explained_share(left, risk)

    saved = sample_size(Design(control_rate=0.2, explained=explained), -0.02)

    assert explained == pytest.approx(np.corrcoef(left, risk)[0, 1] ** 2)
    assert saved / sample_size(Design(control_rate=0.2), -0.02) == pytest.approx(1 - explained, abs=0.001)


def test_a_small_control_share_needs_more_customers_and_few_customers_show_nothing():
    assert sample_size(Design(control_rate=0.1, control_share=0.1), -0.03) > 2 * sample_size(
        Design(control_rate=0.1), -0.03
    )
    assert math.isnan(detectable_effect(Design(control_rate=0.05), 40))
    assert duration_days(1_000, 1_000, 30) == 37


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: Design(control_rate=1.2), "control_rate must be above 0"),
        (lambda: Design(control_rate=0.1, explained=1), "explained must be at least 0"),
        (lambda: Design(control_rate=0.1, power=0.04), "power must be above 0.05"),
        (lambda: sample_size(Design(control_rate=0.1), -0.2), r"gives -0.1; rates lie in"),
        (lambda: sample_size(Design(control_rate=0.1), 0), "an effect of 0"),
        (lambda: power(Design(control_rate=0.1), -0.05, 0), "customers must be above 0"),
        (lambda: duration_days(100, 0, 30), "weekly_flow must be above 0"),
        (lambda: sample_ratio({"treated": 4, "vip": 4}, two_arms(0.5)), "arms are control, treated"),
        (lambda: standardised_differences(pd.DataFrame({"a": [1, 2]}), [1, 0]), "each arm needs 2 rows"),
        (lambda: sequence_half_width(0, 0.1), "error must be above 0"),
    ],
)
def test_what_cannot_be_planned_says_why(work, message):
    with pytest.raises(JudgementError, match=message):
        work()


def test_lost_customers_of_one_arm_raise_the_alarm():
    three = Arms({"control": 0.2, "coupon": 0.4, "call": 0.4})
    seen = {"control": 190, "coupon": 430, "call": 380}

    assert sample_ratio(seen, three).p_value == pytest.approx(chisquare([190, 430, 380], [200, 400, 400]).pvalue)
    assert not sample_ratio({"control": 102, "treated": 898}, two_arms(0.1)).is_mismatched
    assert sample_ratio({"control": 100, "treated": 700}, two_arms(0.1)).p_value > 0.001
    assert sample_ratio({"control": 1_000, "treated": 8_000}, two_arms(0.1)).is_mismatched


def test_arms_are_compared_in_everything_known_before():
    random = np.random.default_rng(0)
    treated = random.random(4_000) < 0.5
    known = pd.DataFrame(
        {
            "score": random.normal(size=4_000) + 0.4 * treated,
            "tenure": random.normal(size=4_000),
            "industry": np.where(random.random(4_000) < np.where(treated, 0.5, 0.3), "retail", "software"),
            "same": 1.0,
        }
    )

    found = standardised_differences(known, treated)

    spread = np.sqrt((known["score"][treated].var() + known["score"][~treated].var()) / 2)
    by_hand = (known["score"][treated].mean() - known["score"][~treated].mean()) / spread
    score = found[found["name"] == "score"].iloc[0]
    assert score["difference"] == pytest.approx(by_hand)
    assert set(found[found["is_large"]]["name"]) == {"score", "industry"}
    assert "same" not in set(found["name"])


def test_few_customers_differ_by_chance_without_an_alarm():
    alarms = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        known = pd.DataFrame({"score": random.normal(size=60)})
        alarms += standardised_differences(known, np.arange(60) % 2)["is_large"].any()

    assert alarms <= 3


def peeked(seed: int, lift: float) -> tuple[bool, bool]:
    """Look 30 times at a growing experiment: would the usual interval, and the sequence, ever have found something?"""
    random = np.random.default_rng(seed)
    treated, drawn = np.arange(6_000) % 2 == 1, random.random(6_000)
    left = (drawn < np.where(treated, 0.2 + lift, 0.2)).astype(float)
    looks = [effect(left[:seen], treated[:seen]) for seen in range(200, 6_001, 200)]
    usual = any(found.low > 0 or found.high < 0 for found in looks)
    ends = [at_any_look(found, typical_effect=0.03) for found in looks]
    return usual, any(low > 0 or high < 0 for low, high in ends)


def test_looking_thirty_times_finds_nothing_that_is_not_there():
    usual, sequence = np.array([peeked(seed, 0.0) for seed in range(150)]).mean(axis=0)

    assert usual > 0.15  # what the sequence is for
    assert sequence <= 0.05


def test_looking_often_still_finds_what_is_there():
    assert np.mean([peeked(seed, -0.05)[1] for seed in range(20)]) > 0.8


def test_the_sequence_is_wider_than_one_look_and_says_nothing_of_too_few():
    found = effect([1.0, 0.0] * 30, [1, 0] * 30)

    assert at_any_look(found, 0.1) == (-math.inf, math.inf)
    assert all(sequence_half_width(0.01, effect) > 1.96 * 0.01 for effect in (0.001, 0.01, 0.1, 1.0))
