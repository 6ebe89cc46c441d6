"""Prices of limits at which every customer's choice is independent of the others', and the bound that they lead to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evaluation.action.choice_problem import NEVER, FloatArray, Limit, Problem, constraints

SAMPLED = 3_000
"""Customers whose LP gives the first prices."""


def first_prices(problem: Problem, seed: int) -> FloatArray:
    """Prices of the limits in the LP over some customers, who share the limits in proportion."""
    from scipy.optimize import linprog

    customers = len(problem.gain)
    some = np.random.default_rng(seed).permutation(customers)[:SAMPLED]
    share = some.size / customers
    part = Problem(problem.gain[np.sort(some)], problem.cost, problem.limits, problem.budget)
    customer, playbook = np.nonzero(part.gain > 0)
    rows, most = constraints(part, customer, playbook)
    most[len(part.gain) :] *= share
    solved = linprog(-part.gain[customer, playbook], A_ub=rows, b_ub=most, bounds=(0, 1), method="highs")
    prices = np.zeros(len(problem.limits) + 1)
    if solved.status == 0:
        of_limits = -solved.ineqlin.marginals[len(part.gain) :]
        prices[: of_limits.size] = np.maximum(of_limits, 0)
    return prices


def dual(problem: Problem, prices: FloatArray) -> float:
    """Give the bound that prices lead to."""
    reduced = _best_reduced(problem.gain, problem.price(prices))
    return float(prices @ problem.room() + np.maximum(reduced, 0).sum())


def _best_reduced(gain: FloatArray, price: FloatArray, columns: Sequence[int] | None = None) -> FloatArray:
    """Largest gain less price of each customer, column by column so that no second table is held."""
    best = np.full(len(gain), NEVER)
    for column in range(gain.shape[1]) if columns is None else columns:
        np.maximum(best, gain[:, column] - price[column], out=best)
    return best


def swept(problem: Problem, prices: FloatArray) -> FloatArray:
    """Move each price, the others kept, to where the bound is lowest."""
    prices = prices.copy()
    for place, limit in enumerate(problem.limits):
        prices[place] = 0.0
        prices[place] = _limit_price(problem, problem.price(prices), limit)
    if problem.budget is not None:
        prices[-1] = _budget_price(problem, prices)
    return prices


def _limit_price(problem: Problem, price: FloatArray, limit: Limit) -> float:
    """Price at which as many customers as the limit allows still want one of its playbooks."""
    others = [column for column in range(problem.playbooks) if column not in limit.playbooks]
    inside = _best_reduced(problem.gain, price, limit.playbooks)
    leaves_at = inside - np.maximum(_best_reduced(problem.gain, price, others), 0)
    wanting = leaves_at[leaves_at > 0]
    if wanting.size <= limit.most:
        return 0.0
    return float(np.partition(wanting, wanting.size - limit.most - 1)[wanting.size - limit.most - 1])


def _budget_price(problem: Problem, prices: FloatArray) -> float:
    """Price of a unit of money at which what customers want costs the budget, by halving."""
    assert problem.budget is not None
    prices = prices.copy()
    prices[-1] = 0.0
    if _spent(problem, prices) <= problem.budget:
        return 0.0
    paid = problem.cost[problem.cost > 0].min(initial=np.inf)
    low, high = 0.0, float(problem.gain.max() / paid)
    for _ in range(30):
        prices[-1] = (low + high) / 2
        if _spent(problem, prices) > problem.budget:
            low = prices[-1]
        else:
            high = prices[-1]
    return high


def _spent(problem: Problem, prices: FloatArray) -> float:
    """Cost of what customers want at prices."""
    price = problem.price(prices)
    best, cost = np.zeros(len(problem.gain)), np.zeros(len(problem.gain))
    for column in range(problem.playbooks):
        reduced = problem.gain[:, column] - price[column]
        better = reduced > best
        best[better], cost[better] = reduced[better], problem.cost[column]
    return float(cost.sum())
