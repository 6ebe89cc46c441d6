"""What may be chosen: gains, limits on numbers of actions, and a budget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.errors import JudgementError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
NEVER = -np.inf


@dataclass(frozen=True)
class Limit:
    """How many actions of some playbooks there may be.

    Parameters
    ----------
    name
        Such as an owner or a channel.
    playbooks
        Positions of the playbooks that it counts.
    most
        Number of actions, at least 0.
    """

    name: str
    playbooks: tuple[int, ...]
    most: int


@dataclass(frozen=True, eq=False)
class Problem:
    """What may be chosen.

    Parameters
    ----------
    gain
        Shape (customers, playbooks): expected value kept less cost, in currency; -inf where an action is not allowed.
    cost
        Shape (playbooks,), at least 0.
    limits
        Limits on numbers of actions; a playbook may be under several.
    budget
        Sum of costs, ``None`` for no limit.

    Raises
    ------
    JudgementError
        For shapes that differ, missing gains, and limits or a budget below 0.
    """

    gain: FloatArray
    cost: FloatArray
    limits: tuple[Limit, ...] = ()
    budget: float | None = None

    def __post_init__(self) -> None:
        if self.gain.ndim != 2 or self.cost.shape != self.gain.shape[1:]:
            raise JudgementError(f"gain has shape {self.gain.shape} and cost {self.cost.shape}; a column a playbook.")
        if np.isnan(self.gain).any() or not (self.cost >= 0).all():
            raise JudgementError("gains must not be missing, and costs not below 0.")
        wrong = [limit.name for limit in self.limits if limit.most < 0]
        if wrong or (self.budget is not None and self.budget < 0):
            raise JudgementError(f"limits must be at least 0; below are {', '.join(wrong) or 'the budget'}.")

    @property
    def playbooks(self) -> int:
        """Number of playbooks."""
        return self.gain.shape[1]

    def price(self, prices: FloatArray) -> FloatArray:
        """Price of an action of each playbook, by the prices of the limits and, last, of a unit of budget."""
        total = prices[-1] * self.cost
        for limit, price in zip(self.limits, prices, strict=False):
            total[list(limit.playbooks)] += price
        return total

    def room(self) -> FloatArray:
        """How much of each limit there is, the budget last."""
        return np.array([*(float(limit.most) for limit in self.limits), self.budget if self.budget is not None else 0])


def constraints(problem: Problem, customer: IntArray, playbook: IntArray) -> tuple[Any, FloatArray]:
    """One action a customer, the limits, and the budget, over candidates as columns."""
    from scipy.sparse import csr_array, vstack

    columns, ones = np.arange(customer.size), np.ones(customer.size)
    rows = [csr_array((ones, (customer, columns)), shape=(len(problem.gain), customer.size))]
    rows += [csr_array(np.isin(playbook, limit.playbooks).astype(np.float64)[None, :]) for limit in problem.limits]
    if problem.budget is not None:
        rows.append(csr_array(problem.cost[playbook][None, :]))
    room = problem.room() if problem.budget is not None else problem.room()[:-1]
    return vstack(rows).tocsr(), np.concatenate([np.ones(len(problem.gain)), room])
