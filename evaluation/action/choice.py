"""Who gets which action: the most expected value kept, within capacities and a budget, at most one action a customer.

Small cases are solved exactly by HiGHS. Large ones are priced: a price on each limit makes every customer's choice
independent of the others', and whatever the prices, the value that they lead to is one that no choice within the limits
can exceed (Lagrangian duality; Fisher 1981). The prices start from an LP over some of the customers and are then moved
one at a time to where that bound is lowest. The choice is made greedily at these prices, and told beside the bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evaluation.action.choice_output import silenced
from evaluation.action.choice_prices import dual, first_prices, swept
from evaluation.action.choice_problem import NEVER, FloatArray, IntArray, Limit, Problem, constraints

__all__ = ["NEVER", "NOBODY", "Choice", "Limit", "Problem", "choose", "expected_gain", "greedy"]

NOBODY = -1
EXACT_MOST = 400
"""Candidates up to which the problem is solved exactly from the start."""
SOLVABLE = 5_000
"""Candidates up to which it is solved exactly where prices leave a wide gap, which the few of a small case can."""
SOLVING_NODES = 2_000
"""Branches that solving may look at, so that the choice is the same on a busy machine; the best found counts."""
SOLVING_S = 60.0
"""Seconds after which solving ends in any case, with the best found by then and its bound."""
WIDE_GAP = 0.01
PROVED = 1e-9
SWEEPS = 12
WANTED_GAP = 0.001
"""Share of the bound at which better prices are no longer looked for."""
SETTLED = 0.0003
"""Share by which the bound has to fall for the prices to be worth more work before choosing at them."""


@dataclass(frozen=True, eq=False)
class Choice:
    """Who gets what.

    Parameters
    ----------
    playbook
        Shape (customers,), position of the playbook, -1 for none.
    value
        Expected value kept less cost, summed.
    bound
        What no choice within the limits can exceed.
    is_exact
        Whether the choice is known to be the best.
    """

    playbook: IntArray
    value: float
    bound: float
    is_exact: bool

    @property
    def gap(self) -> float:
        """By what share of the bound a better choice could be better, at most."""
        return (self.bound - self.value) / self.bound if self.bound > 0 else 0.0


def expected_gain(
    probability: ArrayLike, value: ArrayLike, effect: ArrayLike, cost: ArrayLike, allowed: ArrayLike
) -> FloatArray:
    """Expected value kept less cost: risk x effect x value - cost; never for whom contact is known to do harm.

    Parameters
    ----------
    probability
        Shape (customers,), risk of leaving.
    value
        Shape (customers,), margin that keeping the customer is worth, in currency.
    effect
        Shape (customers, playbooks) or (playbooks,): share of the leavers whom the action keeps; below 0 it drives
        customers away, and is not allowed whatever the rest.
    cost
        Shape (playbooks,), of one action.
    allowed
        Shape (customers, playbooks), whether a customer may get an action.

    Returns
    -------
    numpy.ndarray
        Shape (customers, playbooks), -inf where not allowed.

    Examples
    --------
    >>> expected_gain([0.5], [100.0], [[0.2, -0.1]], [4.0, 0.0], [[True, True]])
    array([[  6., -inf]])
    """
    at_stake = np.asarray(probability, dtype=np.float64) * np.asarray(value, dtype=np.float64)
    effects = np.broadcast_to(np.asarray(effect, dtype=np.float64), np.shape(allowed))
    gain = effects * at_stake[:, None]
    gain -= np.asarray(cost, dtype=np.float64)
    gain[~np.asarray(allowed, dtype=np.bool_) | (effects < 0)] = NEVER
    return gain


def choose(problem: Problem, *, exact_most: int = EXACT_MOST, seed: int = 0) -> Choice:
    """Choose within the limits.

    Parameters
    ----------
    problem
        What may be chosen.
    exact_most
        Candidates (allowed actions with a gain above 0) up to which the best choice is found for sure.
    seed
        Draws the customers whose LP gives the first prices; it decides how fast, not whether the limits hold.

    Returns
    -------
    Choice
        Within every limit; nothing with a gain above 0 could be added to it.
    """
    worth = np.flatnonzero((problem.gain > 0).any(axis=1))
    playbook = np.full(len(problem.gain), NOBODY, dtype=np.int64)
    # Column by column in memory, as the work goes.
    inner = Problem(np.asfortranarray(problem.gain[worth]), problem.cost, problem.limits, problem.budget)
    if not worth.size:
        return Choice(playbook, 0.0, 0.0, True)
    candidates = int((inner.gain > 0).sum())
    found = _solved(inner, PROVED) if candidates <= exact_most else _priced(inner, seed)
    if found.gap > WIDE_GAP and candidates <= SOLVABLE:
        found = max(found, _solved(inner, WIDE_GAP / 2), key=lambda choice: choice.value)
    playbook[worth] = found.playbook
    return Choice(playbook, found.value, found.bound, found.is_exact)


def greedy(problem: Problem) -> Choice:
    """Take the largest gains first while the limits hold: what is compared with; its bound is that of no limits."""
    playbook = _filled(problem, np.zeros(problem.playbooks))
    return Choice(playbook, _value(problem, playbook), float(np.maximum(problem.gain.max(axis=1), 0).sum()), False)


def _solved(problem: Problem, gap: float) -> Choice:
    """Solve as an integer programme up to a gap; if that takes too long, give the best found and the bound proved."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    customer, playbook = np.nonzero(problem.gain > 0)
    rows, most = constraints(problem, customer, playbook)
    gain = problem.gain[customer, playbook]
    with silenced():
        solved = milp(
            -gain,
            integrality=np.ones(gain.size),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(rows, ub=most),
            options={"node_limit": SOLVING_NODES, "time_limit": SOLVING_S, "mip_rel_gap": gap},
        )
    chosen = np.full(len(problem.gain), NOBODY, dtype=np.int64)
    if solved.x is None:
        return Choice(chosen, 0.0, np.inf, False)
    taken = solved.x > 0.5
    chosen[customer[taken]] = playbook[taken]
    value = _value(problem, chosen)
    is_exact = solved.status == 0 and gap <= PROVED
    return Choice(chosen, value, value if is_exact else max(-solved.mip_dual_bound, value), is_exact)


def _priced(problem: Problem, seed: int) -> Choice:
    """Find prices, choose at them, and stop when the bound says that little is left to gain."""
    prices = kept = first_prices(problem, seed)
    bound, value = np.inf, NEVER
    playbook = np.full(len(problem.gain), NOBODY, dtype=np.int64)
    for sweep in range(SWEEPS):
        reached = dual(problem, prices)
        is_settled = bound - reached <= SETTLED * bound or sweep == SWEEPS - 1
        if reached < bound:
            bound, kept = reached, prices
        if is_settled:
            chosen = _filled(problem, problem.price(kept))
            if (worth := _value(problem, chosen)) > value:
                playbook, value = chosen, worth
            if value >= (1 - WANTED_GAP) * bound:
                break
        prices = swept(problem, prices)
    return Choice(playbook, value, bound, False)


def _filled(problem: Problem, price: FloatArray) -> IntArray:
    """Choose greedily at prices, then add what still fits without them."""
    stock = _Stock(problem)
    for each in (price, np.zeros_like(price)):
        stock.fill(each)
    return stock.playbook


class _Stock:
    """What is chosen so far, and what is left of each limit."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._left = [limit.most for limit in problem.limits]
        self._money = np.inf if problem.budget is None else problem.budget
        self.playbook = np.full(len(problem.gain), NOBODY, dtype=np.int64)

    def fill(self, price: FloatArray) -> None:
        """Give customers what is worth most to them at prices, the most pressing first, until nothing fits."""
        while (columns := self._open()).size:
            free = np.flatnonzero(self.playbook == NOBODY)
            best, wanted = self._wanted(free, price, columns)
            asking = np.flatnonzero(best > 0)
            if not asking.size:
                return
            order = asking[np.argsort(-best[asking], kind="stable")]
            self._take(free[order], wanted[order])

    def _open(self) -> IntArray:
        """Playbooks of which one more action fits."""
        limits = zip(self._problem.limits, self._left, strict=True)
        full = {place for limit, left in limits if left < 1 for place in limit.playbooks}
        affordable = np.flatnonzero(self._problem.cost <= self._money)
        return np.array([place for place in affordable if place not in full], dtype=np.int64)

    def _wanted(self, free: IntArray, price: FloatArray, columns: IntArray) -> tuple[FloatArray, IntArray]:
        """Largest gain less price of each free customer, of gains above 0, and the playbook that gives it."""
        best, wanted = np.full(free.size, NEVER), np.full(free.size, NOBODY, dtype=np.int64)
        for column in columns:
            gain = self._problem.gain[free, column]
            reduced = np.where(gain > 0, gain - price[column], NEVER)
            better = reduced > best
            best[better], wanted[better] = reduced[better], column
        return best, wanted

    def _take(self, customers: IntArray, playbooks: IntArray) -> None:
        """Take the first of them until one does not fit; at least one fits."""
        fits = np.cumsum(self._problem.cost[playbooks]) <= self._money * (1 + 1e-12)
        for limit, left in zip(self._problem.limits, self._left, strict=True):
            fits &= np.cumsum(np.isin(playbooks, limit.playbooks)) <= left
        count = fits.size if fits.all() else int(fits.argmin())
        taken = playbooks[:count]
        self.playbook[customers[:count]] = taken
        self._money -= float(self._problem.cost[taken].sum())
        for place, limit in enumerate(self._problem.limits):
            self._left[place] -= int(np.isin(taken, limit.playbooks).sum())


def _value(problem: Problem, playbook: IntArray) -> float:
    chosen = np.flatnonzero(playbook != NOBODY)
    return float(problem.gain[chosen, playbook[chosen]].sum())
