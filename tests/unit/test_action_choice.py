"""Choosing: against brute force on small cases, against the bound on larger ones; limits hold always."""

from __future__ import annotations

import ctypes
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.action import choice as choice_module
from evaluation.action.choice import NEVER, NOBODY, Limit, Problem, choose, expected_gain, greedy
from evaluation.action.choice_output import silenced
from evaluation.errors import JudgementError


def brute_force(problem):
    """Best value over every assignment."""
    best = 0.0
    for chosen in product(range(NOBODY, problem.playbooks), repeat=len(problem.gain)):
        if holds(problem, np.array(chosen)):
            best = max(best, value_of(problem, np.array(chosen)))
    return best


def value_of(problem, chosen):
    return sum(problem.gain[customer, playbook] for customer, playbook in enumerate(chosen) if playbook != NOBODY)


def holds(problem, chosen):
    taken = chosen[chosen != NOBODY]
    if not np.isfinite(value_of(problem, chosen)):
        return False
    if problem.budget is not None and problem.cost[taken].sum() > problem.budget * (1 + 1e-9):
        return False
    return all(np.isin(taken, limit.playbooks).sum() <= limit.most for limit in problem.limits)


def priced(problem):
    """Choose at prices, however few there are to choose from and however wide the gap."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice_module, "SOLVABLE", -1)
        return choose(problem, exact_most=-1)


@st.composite
def problems(draw, customers=5, playbooks=3):
    rows, columns = draw(st.integers(1, customers)), draw(st.integers(1, playbooks))
    gains = st.integers(-3, 20).map(float) | st.just(NEVER)
    gain = np.array(draw(st.lists(st.lists(gains, min_size=columns, max_size=columns), min_size=rows, max_size=rows)))
    cost = np.array(draw(st.lists(st.integers(0, 9).map(float), min_size=columns, max_size=columns)))
    subsets = st.sets(st.integers(0, columns - 1), min_size=1).map(lambda some: tuple(sorted(some)))
    limits = draw(st.lists(st.builds(Limit, st.just("some"), subsets, st.integers(0, 4)), max_size=3))
    return Problem(gain, cost, tuple(limits), draw(st.none() | st.integers(0, 30).map(float)))


@settings(max_examples=60)
@given(problems())
def test_small_cases_are_solved_exactly(problem):
    choice = choose(problem)
    assert choice.is_exact
    assert holds(problem, choice.playbook)
    assert choice.value == pytest.approx(value_of(problem, choice.playbook))
    assert choice.value == pytest.approx(brute_force(problem))


@settings(max_examples=120)
@given(problems())
def test_priced_choices_hold_every_limit_and_no_choice_exceeds_their_bound(problem):
    choice = priced(problem)
    assert holds(problem, choice.playbook)
    assert choice.value == pytest.approx(value_of(problem, choice.playbook))
    assert choice.value <= brute_force(problem) + 1e-9 <= choice.bound + 1e-6


@settings(max_examples=60)
@given(problems(customers=12, playbooks=4))
def test_nothing_worth_doing_could_be_added(problem):
    for choice in (choose(problem), priced(problem), greedy(problem)):
        for customer, playbook in zip(*np.nonzero(problem.gain > 0), strict=True):
            if choice.playbook[customer] == NOBODY:
                more = choice.playbook.copy()
                more[customer] = playbook
                assert not holds(problem, more)


def company(customers, seed):
    """Customers with risk and value as they are, twelve playbooks from a letter to a visit, owners and channels."""
    drawn = np.random.default_rng(seed)
    cost = np.r_[drawn.uniform(0.5, 5, 5), drawn.uniform(20, 60, 4), drawn.uniform(150, 400, 3)]
    effect = np.r_[drawn.uniform(0.02, 0.08, 5), drawn.uniform(0.1, 0.2, 4), drawn.uniform(0.2, 0.35, 3)]
    allowed = drawn.random((customers, 12)) < 0.3
    gain = expected_gain(drawn.beta(1, 12, customers), drawn.lognormal(7, 1, customers), effect, cost, allowed)
    owners = (Limit(f"owner {each}", tuple(range(each, 12, 4)), customers // 40) for each in range(4))
    channels = (Limit("call", (5, 6, 7, 8), customers // 30), Limit("visit", (9, 10, 11), customers // 150))
    return Problem(gain, cost, (*owners, *channels), customers * 1.5)


@pytest.mark.parametrize("seed", range(4))
def test_large_cases_are_within_one_percent_of_the_bound(seed):
    problem = company(20_000, seed)
    choice = choose(problem)
    assert not choice.is_exact
    assert holds(problem, choice.playbook)
    assert 0 <= choice.gap < 0.01
    assert choice.value > 1.02 * greedy(problem).value


@pytest.mark.parametrize("customers", [300, 600, 1_200])
def test_cases_of_every_size_are_within_one_percent_of_the_bound(customers):
    problem = company(customers, 3)
    choice = choose(problem)
    assert holds(problem, choice.playbook)
    assert choice.gap <= 0.01


def test_the_same_problem_gives_the_same_choice():
    problem = company(3_000, 1)
    assert np.array_equal(choose(problem).playbook, choose(problem).playbook)


def test_whom_contact_drives_away_is_left_alone_whatever_the_risk():
    gain = expected_gain([0.99, 0.99], [1e6, 1e6], [[-0.01, 0.2], [0.2, 0.2]], [0, 1], np.ones((2, 2), bool))
    assert gain[0, 0] == NEVER
    assert choose(Problem(gain, np.zeros(2), (Limit("second", (1,), 0),))).playbook.tolist() == [NOBODY, 0]


def test_nothing_to_gain_is_nothing_done():
    choice = choose(Problem(np.array([[-1.0, NEVER]]), np.zeros(2)))
    assert (choice.playbook.tolist(), choice.value, choice.gap) == ([NOBODY], 0.0, 0.0)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Problem(np.zeros((2, 2)), np.zeros(3)),
        lambda: Problem(np.array([[np.nan]]), np.zeros(1)),
        lambda: Problem(np.zeros((1, 1)), np.array([-1.0])),
        lambda: Problem(np.zeros((1, 1)), np.zeros(1), (Limit("x", (0,), -1),)),
        lambda: Problem(np.zeros((1, 1)), np.zeros(1), (), -5.0),
    ],
)
def test_impossible_problems_are_refused(wrong):
    with pytest.raises(JudgementError):
        wrong()


def test_what_the_solver_prints_in_c_is_kept_from_the_terminal(capfd):
    libc = ctypes.CDLL(None)
    print("before")
    with silenced():
        libc.puts(b"doubts of the solver")
    libc.puts(b"after")
    libc.fflush(None)
    told = capfd.readouterr().out
    assert "doubts" not in told
    assert "before" in told
    assert "after" in told


def test_a_solver_that_fails_gives_the_output_back(capfd):
    with pytest.raises(JudgementError), silenced():
        raise JudgementError("no solution")
    print("after")
    assert "after" in capfd.readouterr().out
