"""Money: hand-worked campaigns, signs, brute force over targets, and empulse for the expected maximum profit."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import beta

from evaluation.errors import JudgementError
from evaluation.model.empc import empc
from evaluation.model.profit import (
    Terms,
    best_cut,
    best_targets,
    contact_profit,
    expected_contact_profit,
    profit_at_capacity,
    profit_curve,
)

TERMS = Terms(contact_cost=1, offer_cost=10, acceptance_share=0.3)
DEAR = Terms(contact_cost=5, offer_cost=40, acceptance_share=0.2, margin_share=0.5, stayer_acceptance_share=0.8)


def company(seed, customers=300):
    random = np.random.default_rng(seed)
    risk = random.normal(-1, 1.5, customers)
    label = (random.random(customers) < expit(risk)).astype(int)
    return label, expit(risk), random.lognormal(5, 1, customers)


def test_profit_of_one_contact_worked_out_by_hand():
    # leaver of value 300: 0.2 * (0.5 * 300 - 40) - 5 = 17; stayer: -0.8 * 40 - 5 = -37
    assert contact_profit([1, 0], [300, 300], DEAR).tolist() == pytest.approx([17, -37])
    assert expected_contact_profit([1, 0, 0.5], [300, 300, 300], DEAR).tolist() == pytest.approx([17, -37, -10])


def test_profit_curve_of_a_table_worked_out_by_hand():
    # gains in order of score: leaver 200 -> 56, stayer -11, leaver 100 -> 26, stayer -11
    curve = profit_curve([1, 0, 1, 0], [4, 3, 2, 1], [200, 50, 100, 50], TERMS, points=5)
    assert curve["contacted"].tolist() == [0, 1, 2, 3, 4]
    assert curve["profit"].tolist() == pytest.approx([0, 56, 45, 71, 60])
    assert curve["random"].tolist() == pytest.approx([0, 15, 30, 45, 60])
    assert curve["perfect"].tolist() == pytest.approx([0, 56, 82, 71, 60])


def test_best_cut_of_a_table_worked_out_by_hand():
    cut = best_cut([1, 0, 1, 0], [4, 3, 2, 1], [200, 50, 100, 50], TERMS)
    assert (cut.contacted, cut.share, cut.threshold, cut.profit) == (3, 0.75, 2, pytest.approx(71))


def test_nobody_is_contacted_where_nothing_can_be_earned():
    cut = best_cut([1, 0, 1, 0], [4, 3, 2, 1], 5, TERMS)
    assert (cut.contacted, cut.share, cut.threshold, cut.profit) == (0, 0, np.inf, 0)
    assert best_targets([0.9, 0.5], 5, TERMS).size == 0


@pytest.mark.parametrize("terms", [TERMS, DEAR])
@pytest.mark.parametrize("seed", range(10))
def test_perfect_is_never_below_the_model_and_nobody_targeted_is_zero(terms, seed):
    label, probability, value = company(seed)
    curve = profit_curve(label, expected_contact_profit(probability, value, terms), value, terms)
    assert (curve["perfect"] >= curve["profit"] - 1e-9).all()
    assert (curve["perfect"] >= curve["random"] - 1e-9).all()
    assert (curve.iloc[0][["profit", "random", "perfect"]] == 0).all()
    assert np.ptp(curve.iloc[-1][["profit", "random", "perfect"]]) == pytest.approx(0, abs=1e-6)
    perfect = best_cut(label, contact_profit(label, value, terms), value, terms)
    model = best_cut(label, probability, value, terms)
    assert perfect.profit >= model.profit >= 0
    assert perfect.profit == pytest.approx(np.maximum(contact_profit(label, value, terms), 0).sum())


def test_a_model_earns_more_than_chance_at_every_share_on_average():
    over_random = np.zeros(11)
    for seed in range(30):
        label, probability, value = company(seed)
        curve = profit_curve(label, probability, value, TERMS, points=11)
        over_random += curve["profit"] - curve["random"]
    assert (over_random[1:-1] > 0).all()


def test_a_score_of_ties_earns_what_chance_earns():
    label, _, value = company(0)
    curve = profit_curve(label, np.zeros(label.size), value, TERMS)
    assert curve["profit"].to_numpy() == pytest.approx(curve["random"].to_numpy())
    expected = np.mean(contact_profit(label, value, TERMS)) * 40
    assert profit_at_capacity(label, np.zeros(label.size), value, TERMS, 40) == pytest.approx(expected)


@pytest.mark.parametrize("capacity", [1, 3, 5, None])
def test_targets_earn_as_much_as_the_best_of_all_sets(capacity):
    random = np.random.default_rng(4)
    probability, value = random.random(8), random.lognormal(4, 1, 8)
    gains = expected_contact_profit(probability, value, DEAR)
    largest = 8 if capacity is None else capacity
    best = max(gains[list(chosen)].sum() for size in range(largest + 1) for chosen in combinations(range(8), size))
    assert gains[best_targets(probability, value, DEAR, capacity)].sum() == pytest.approx(best)


def test_targets_by_own_value_earn_more_than_the_same_number_by_risk():
    earned = {"value": 0.0, "risk": 0.0}
    for seed in range(30):
        label, probability, value = company(seed)
        gains = contact_profit(label, value, TERMS)
        earned["value"] += gains[best_targets(probability, value, TERMS, 30)].sum()
        earned["risk"] += profit_at_capacity(label, probability, value, TERMS, 30)
    assert earned["value"] > 1.2 * earned["risk"]


def test_truthful_probabilities_promise_what_is_earned():
    label, probability, value = company(1, customers=50_000)
    promised = expected_contact_profit(probability, value, TERMS).sum()
    assert contact_profit(label, value, TERMS).sum() == pytest.approx(promised, rel=0.05)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"value": 100, "offer_cost": 20, "contact_cost": 3, "alpha": 2, "beta": 3},
        {"value": 50, "offer_cost": 0, "contact_cost": 0, "alpha": 1, "beta": 1},
        {"value": 30, "offer_cost": 25, "contact_cost": 4, "alpha": 6, "beta": 14},
    ],
)
def test_expected_maximum_profit_equals_empulse(parameters, tied):
    from empulse.metrics import empc_score  # takes seconds, so only here

    theirs = {{"value": "clv", "offer_cost": "incentive_cost"}.get(name, name): x for name, x in parameters.items()}
    for seed in range(5):
        label, score, _ = company(seed, customers=250)
        score = score.round(1) if tied else score
        found = empc(label, score, **parameters)
        assert found.profit == pytest.approx(empc_score(label, score, **theirs), abs=1e-9)
        assert found.share == pytest.approx(empc_score.optimal_rate(label, score, **theirs), abs=1e-9)


def test_expected_maximum_profit_equals_the_mean_of_the_best_cuts_over_acceptances():
    label, score, _ = company(9)
    acceptances = beta.ppf((np.arange(500) + 0.5) / 500, 6, 14)
    best = [
        best_cut(label, score, 200, Terms(contact_cost=1, offer_cost=10, acceptance_share=acceptance)).profit
        for acceptance in acceptances
    ]
    assert empc(label, score).profit == pytest.approx(np.mean(best) / label.size, rel=1e-3)


def test_expected_maximum_profit_orders_perfect_model_and_chance():
    label, score, _ = company(2)
    perfect, model, chance = (empc(label, one).profit for one in (label, score, np.zeros(label.size)))
    assert perfect > model > chance >= 0
    assert perfect == pytest.approx(label.mean() * (0.3 * 190 - 1), rel=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Terms(contact_cost=-1, offer_cost=0, acceptance_share=0.3),
            "contact_cost must be at least 0",
        ),
        (lambda: Terms(contact_cost=1, offer_cost=float("nan"), acceptance_share=0.3), "offer_cost must be at least 0"),
        (lambda: Terms(contact_cost=1, offer_cost=0, acceptance_share=30), r"acceptance_share .* 0.3 means 30 %"),
        (lambda: contact_profit([1, 0], [100.0], TERMS), "label 2, value 1"),
        (lambda: contact_profit([1, 3], 100, TERMS), "label must be 1"),
        (lambda: contact_profit([1, 0], [100, np.nan], TERMS), "value has 1 missing"),
        (lambda: expected_contact_profit([0.5, 2], 100, TERMS), r"\[0, 1\]"),
        (lambda: profit_curve([1, 0], [0.5], 100, TERMS), "label 2, score 1"),
        (lambda: best_targets([0.5], 100, TERMS, -1), "capacity must be at least 0"),
        (lambda: profit_at_capacity([1, 0], [1, 0], 100, TERMS, 0), "at least 1 customer"),
        (lambda: empc([1, 1], [1, 0]), "same label"),
        (lambda: empc([1, 0], [1, 0], value=10, offer_cost=10), "no offer can pay"),
        (lambda: empc([1, 0], [1, 0], contact_cost=-1), "costs must be at least 0"),
        (lambda: empc([1, 0], [1, 0], alpha=0), "alpha and beta must be above 0"),
    ],
)
def test_what_cannot_be_counted_is_refused(call, message):
    with pytest.raises(JudgementError, match=message):
        call()
