"""Return on cost: every part by hand, an interval that holds, and a decision that follows from them."""

import numpy as np
import pandas as pd
import pytest

from evaluation.action.effect import effect
from evaluation.action.peeking import at_any_look
from evaluation.action.roi import Worth, decide, monthly_returns, return_on_cost
from evaluation.errors import JudgementError
from evaluation.model.bootstrap import Interval

TERMS = Worth(acquisition_cost=40, referrals=0.1, referral_margin=50)


def campaign(seed: int, rows: int = 2_000, lift: float = 0.1):
    random = np.random.default_rng(seed)
    treated = random.random(rows) < 0.7
    margin = random.choice([100.0, 200.0], rows)
    risk = random.beta(2, 5, rows)
    stayed = (random.random(rows) < 1 - risk + lift * treated).astype(float)
    reached = treated & (random.random(rows) < 0.8)
    return stayed, treated, margin, reached * (5 + 15 * (random.random(rows) < 0.3)), risk


def test_every_part_is_what_the_definition_says():
    stayed, treated, margin, cost, _ = campaign(0)
    lift = stayed[treated].mean() - stayed[~treated].mean()
    kept = (stayed * margin)[treated].mean() - (stayed * margin)[~treated].mean()
    count = treated.sum()

    found = return_on_cost(stayed, treated, margin, cost, TERMS, fixed_cost=500)

    assert found.margin == pytest.approx(kept * count)
    assert found.acquisition == pytest.approx(lift * 40 * count)
    assert found.referrals == pytest.approx(lift * 5 * count)
    assert found.cost == pytest.approx(cost.sum() + 500)
    by_hand = (found.margin + found.acquisition + found.referrals - found.cost) / found.cost
    assert found.roi.estimate == pytest.approx(by_hand)


def test_the_interval_holds_the_true_return_in_95_of_100_campaigns():
    # 0.1 more stay, each worth 150 + 45 on average; spent 0.8 * (5 + 0.3 * 15) for each treated.
    truth = 0.1 * 195 / (0.8 * 9.5) - 1
    held = 0
    for seed in range(200):
        stayed, treated, margin, cost, risk = campaign(seed, lift=0.1)
        clipped = np.minimum(1 - risk + 0.1, 1).mean() - (1 - risk).mean()
        roi = return_on_cost(stayed, treated, margin, cost, TERMS, before=np.column_stack([risk, margin])).roi
        held += roi.low <= (truth + 1) * clipped / 0.1 - 1 <= roi.high

    assert 0.9 <= held / 200 <= 0.99


@pytest.mark.parametrize(
    ("lift", "roi", "is_over", "decision"),
    [
        (0.3, (0.5, 0.2, 0.8), True, "keep"),
        (0.3, (0.5, 0.2, 0.8), False, "wait"),
        (0.3, (-0.5, -0.8, -0.2), True, "stop"),
        (0.3, (0.1, -0.2, 0.4), True, "change"),
        (0.0, (0.1, -0.2, 0.4), True, "change"),
        (-0.3, (0.5, 0.2, 0.8), True, "stop"),
    ],
)
def test_the_decision_follows_from_effect_and_return(lift, roi, is_over, decision):
    random = np.random.default_rng(1)
    treated = np.arange(1_000) % 2 == 0
    found = effect((random.random(1_000) < 0.5 + lift * treated).astype(float), treated)

    assert decide(found, Interval(*roi), is_over=is_over) == decision


def test_before_its_end_an_experiment_stops_only_for_harm_that_holds_at_any_look():
    treated = np.arange(1_000) % 2 == 0
    found = effect((np.random.default_rng(0).random(1_000) < 0.5).astype(float), treated)
    assert found.verdict == "less"  # a single look may be wrong, as this one is
    high = at_any_look(found, 0.05)[1]
    harmed = effect(np.where(treated, np.arange(1_000) % 8 < 4, 1.0), treated)

    decisions = [
        decide(each, Interval(0.5, 0.2, 0.8), is_over=False, high_at_any_look=at_any_look(each, 0.05)[1])
        for each in (found, harmed)
    ]

    assert high > 0
    assert decisions == ["wait", "stop"]


def test_of_too_few_nothing_is_decided():
    found = effect([1, 0] * 20, [1, 0] * 20)

    assert decide(found, Interval(0.5, 0.2, 0.8), is_over=True) == "wait"


def test_months_are_summed_before_they_are_divided():
    told = monthly_returns(
        pd.DataFrame(
            {
                "month": ["2026-01", "2026-01", "2026-02"],
                "strategy": ["call", "coupon", "call"],
                "benefit": [300.0, 0.0, 10.0],
                "cost": [100.0, 100.0, 0.0],
            }
        )
    )

    assert told["roi"].to_list()[0] == 0.5
    assert np.isnan(told["roi"].to_list()[1])
    assert told["strategies"].to_list() == [2, 1]


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: Worth(referrals=-1), "referrals must be at least 0"),
        (lambda: return_on_cost([1, 0] * 4, [1, 1, 0, 0] * 2, [1] * 8, [0] * 8), "cost nothing"),
        (lambda: return_on_cost([1, 0] * 4, [1, 1, 0, 0] * 2, [1] * 8, [-1] * 8), "costs must be at least 0"),
    ],
)
def test_a_return_that_cannot_be_computed_says_why(work, message):
    with pytest.raises(JudgementError, match=message):
        work()
