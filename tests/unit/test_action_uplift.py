"""Uplift and Qini curves against counting by hand, policies against the truth, and learners on a known response."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evaluation.action.policy import policy_difference, policy_value, top_share, transformed_outcome
from evaluation.action.uplift import auuc, qini_coefficient, uplift_curve
from evaluation.errors import JudgementError
from training.errors import TrainingError
from training.uplift import LEARNERS, Experiment, UpliftSettings, cross_fitted_uplift, fit_uplift


def small(seed: int = 0, rows: int = 40, levels: int = 6):
    random = np.random.default_rng(seed)
    treated = random.permutation(np.arange(rows) % 3 > 0)
    return (random.random(rows) < 0.6).astype(float), treated.astype(float), random.integers(0, levels, rows) / 10


def counted(outcome, treated, score):
    """Radcliffe's and Gutierrez and Gerardy's curves, prefix by prefix."""
    knots = [(0.0, 0.0, 0.0)]
    for limit in sorted(set(score), reverse=True):
        inside = score >= limit
        of_treated, of_control = outcome[inside & (treated == 1)], outcome[inside & (treated == 0)]
        means = [part.mean() if part.size else 0.0 for part in (of_treated, of_control)]
        share = inside.mean()
        ratio = of_treated.size / of_control.size if of_control.size else 0.0
        qini = (of_treated.sum() - of_control.sum() * ratio) / treated.sum()
        knots.append((share, (means[0] - means[1]) * share, qini))
    return np.array(knots)


@pytest.mark.parametrize("seed", range(5))
def test_curves_are_what_counting_gives(seed):
    rows = small(seed)
    knots = counted(*rows)

    curve = uplift_curve(*rows, points=41)

    for column, name in ((1, "uplift"), (2, "qini")):
        assert curve[name].to_numpy() == pytest.approx(np.interp(curve["share"], knots[:, 0], knots[:, column]))
    area = np.trapezoid(knots[:, 1], knots[:, 0])
    between = np.trapezoid(knots[:, 2] - knots[:, 0] * knots[-1, 2], knots[:, 0])
    assert auuc(*rows, replicates=2).estimate == pytest.approx(area)
    assert qini_coefficient(*rows, replicates=2).estimate == pytest.approx(between)
    everyone = rows[0][rows[1] == 1].mean() - rows[0][rows[1] == 0].mean()
    assert curve.iloc[-1][["uplift", "qini", "random"]].to_list() == pytest.approx([everyone] * 3)


def test_ties_and_the_order_of_rows_do_not_matter():
    outcome, treated, score = small()
    order = np.random.default_rng(1).permutation(len(score))

    again = uplift_curve(outcome[order], treated[order], score[order])

    pd.testing.assert_frame_equal(again, uplift_curve(outcome, treated, score))
    constant = uplift_curve(outcome, treated, np.zeros(len(score)))
    assert constant["uplift"].to_numpy() == pytest.approx(constant["random"].to_numpy())


def company(seed: int, rows: int = 6_000, control_share: float = 0.4):
    """Risk is known; treatment helps customers without a manager, and drives away the small ones that are at risk."""
    random = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "score": random.beta(1.5, 3, rows),
            "managed": random.choice(["yes", "no"], rows),
            "size": random.choice([1.0, 2.0, 3.0], rows),
        }
    )
    uplift = features["score"] * np.where(features["size"] == 1, -0.5, np.where(features["managed"] == "no", 0.6, 0.0))
    treated = random.random(rows) >= control_share
    stayed = (random.random(rows) < 1 - features["score"] + treated * uplift.clip(None, features["score"])).to_numpy()
    propensity = np.full(rows, 1 - control_share)
    score = features["score"].to_numpy()
    return Experiment(features, stayed.astype(float), treated, propensity, score), uplift.to_numpy()


def test_intervals_hold_the_coefficient_and_a_policys_worth():
    big, true = company(0, rows=300_000)
    score = top_share(big.features["score"], 0.3)
    coefficient = qini_coefficient(big.outcome, big.treated, big.features["score"], replicates=2).estimate
    held = {"qini": 0, "policy": 0, "adjusted": 0}
    for seed in range(1, 101):
        drawn, _ = company(seed, rows=1_500)
        interval = qini_coefficient(drawn.outcome, drawn.treated, drawn.features["score"], replicates=100)
        held["qini"] += interval.low <= coefficient <= interval.high
        chosen = drawn.features["score"] >= big.features["score"][score].min()
        for name, expected in (("policy", None), ("adjusted", 1 - drawn.features["score"])):
            gains = transformed_outcome(drawn.outcome, drawn.treated, drawn.propensity, expected)
            worth = policy_value(gains, chosen)
            held[name] += worth.low <= (true * score).mean() <= worth.high

    assert all(0.88 <= count / 100 <= 1 for count in held.values()), held


def test_a_policy_is_worth_its_effect_less_its_cost():
    outcome, treated = np.array([1.0, 1, 0, 0, 1, 0, 1, 0]), np.array([1.0, 1, 1, 1, 0, 0, 0, 0])
    gains = transformed_outcome(outcome, treated, 0.5, np.zeros(8))

    assert gains.tolist() == [2, 2, 0, 0, -2, 0, -2, 0]
    assert policy_value(gains, np.ones(8)).estimate == 0
    assert policy_value(gains, treated, cost=0.1).estimate == pytest.approx((4 - 0.4) / 8)
    difference = policy_difference(gains, [1, 1, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 1, 0, 0, 0], cost=0.1)
    assert difference.estimate == pytest.approx((2 + 2) / 8)


def test_knowing_the_score_makes_a_policys_interval_narrower():
    drawn, _ = company(3)
    chosen = top_share(drawn.features["score"], 0.5)
    widths = [
        np.diff([interval.low, interval.high])[0]
        for expected in (None, 1 - drawn.features["score"])
        for interval in [policy_value(transformed_outcome(drawn.outcome, drawn.treated, 0.6, expected), chosen)]
    ]

    assert widths[1] < 0.95 * widths[0]


@pytest.mark.parametrize("learner", LEARNERS)
def test_each_learner_finds_whom_treatment_helps_and_whom_it_harms(learner):
    learnt, _ = company(0, rows=20_000)
    fresh, true = company(1, rows=20_000)

    predicted = fit_uplift(learnt, learner).predict(fresh.features, fresh.risk)

    assert np.corrcoef(predicted, true)[0, 1] > 0.8
    chosen, at_risk = predicted > 0.02, top_share(fresh.features["score"], np.mean(predicted > 0.02))
    assert (true[chosen] < 0).mean() < 0.02 < (true[at_risk] < 0).mean()
    gains = transformed_outcome(fresh.outcome, fresh.treated, fresh.propensity, 1 - fresh.features["score"])
    assert policy_difference(gains, chosen, at_risk).low > 0
    assert fit_uplift(learnt, learner).predict(fresh.features, fresh.risk).tolist() == predicted.tolist()


def test_without_different_responses_uplift_does_not_replace_risk():
    used = 0
    for seed in range(12):
        random = np.random.default_rng(seed)
        features = pd.DataFrame({"score": random.beta(1.5, 3, 1_500), "noise": random.normal(size=1_500)})
        treated = random.random(1_500) < 0.5
        stayed = (random.random(1_500) < 1 - features["score"] * np.where(treated, 0.7, 1)).astype(float).to_numpy()
        experiment = Experiment(features, stayed, treated, np.full(1_500, 0.5))
        predicted = cross_fitted_uplift(experiment, "t", UpliftSettings(folds=2))
        gains = transformed_outcome(stayed, treated, 0.5, 1 - features["score"])
        difference = policy_difference(gains, top_share(predicted, 0.3), top_share(features["score"], 0.3))
        used += difference.low > 0

    assert used <= 1


def test_cross_fitting_keeps_a_row_from_its_own_outcome():
    random = np.random.default_rng(0)
    features = pd.DataFrame({"place": np.arange(2_000.0)})
    treated = random.random(2_000) < 0.5
    noise = random.normal(size=2_000)
    experiment = Experiment(features, noise, treated, np.full(2_000, 0.5))
    own = transformed_outcome(noise, treated, 0.5)
    settings = UpliftSettings(smallest_leaf_share=1e-4, depth=8)

    seen = fit_uplift(experiment, "t", settings).predict(features)

    assert np.corrcoef(seen, own)[0, 1] > 0.3
    assert abs(np.corrcoef(cross_fitted_uplift(experiment, "t", settings), own)[0, 1]) < 0.1


@pytest.mark.parametrize(
    ("work", "error", "message"),
    [
        (lambda: uplift_curve([1, 0], [1, 1], [0, 1]), JudgementError, "rows of both arms"),
        (lambda: transformed_outcome([1, 0], [1, 0], 1.0), JudgementError, "propensity must be above 0"),
        (lambda: top_share([1, 2], 30), JudgementError, "30 %"),
        (lambda: auuc([1, 0], [1, 0], [1, 2], replicates=1), JudgementError, "replicates must be at least 2"),
        (lambda: fit_uplift(company(0, 1_000)[0], "s"), TrainingError, "learner 's'"),
        (lambda: company(0, 300), TrainingError, "an arm of 1.. rows"),
        (lambda: fit_uplift(company(0)[0]).predict(company(0)[0].features), TrainingError, "no risk to a model"),
        (lambda: replace(company(0)[0], risk=np.zeros(6_000)), TrainingError, "a risk of 0"),
    ],
)
def test_what_cannot_be_judged_or_learnt_says_why(work, error, message):
    with pytest.raises(error, match=message):
        work()
