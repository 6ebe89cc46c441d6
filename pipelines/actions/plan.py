"""From what is allowed and what it is worth to actions on days: choose, put on days, until nothing more fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from evaluation.action.choice import NEVER, NOBODY, Choice, Problem, choose
from pipelines.actions.diary import Diary
from pipelines.actions.playbook import Playbook


@dataclass(frozen=True, eq=False)
class Plan:
    """What was decided.

    Parameters
    ----------
    customer
        Shape (actions,), places of customers.
    playbook
        Shape (actions,), places of playbooks.
    day
        Day of each action.
    gain
        Shape (actions,), expected value kept less cost.
    first
        The first choice, with its bound; later ones only fill what the days left over.
    """

    customer: NDArray[np.int64]
    playbook: NDArray[np.int64]
    day: list[date]
    gain: NDArray[np.float64]
    first: Choice | None


def plan(gain: NDArray[np.float64], playbooks: Sequence[Playbook], diary: Diary, budget: float | None) -> Plan:
    """Decide.

    Parameters
    ----------
    gain
        Shape (customers, playbooks), -inf where not allowed; what has been decided becomes -inf.
    playbooks
        One a column.
    diary
        What is planned already; what is decided is added.
    budget
        Money left, ``None`` for no limit.
    """
    cost = np.array([each.definition.cost for each in playbooks], dtype=np.float64)
    first: Choice | None = None
    decided: list[tuple[int, int, date, float]] = []
    while True:
        _close_full(gain, playbooks, diary, cost, budget)
        choice = choose(Problem(gain, cost, diary.limits(playbooks), budget))
        first = first or choice
        added = _put_on_days(choice, gain, playbooks, diary)
        if not added:
            break
        decided += added
        gain[[customer for customer, *_ in added]] = NEVER
        if budget is not None:
            budget = max(budget - float(sum(cost[place] for _, place, *_ in added)), 0.0)
    customers, places, days, gains = zip(*decided, strict=True) if decided else ((), (), (), ())
    return Plan(
        np.array(customers, dtype=np.int64),
        np.array(places, dtype=np.int64),
        list(days),
        np.array(gains, dtype=np.float64),
        first,
    )


def _close_full(
    gain: NDArray[np.float64],
    playbooks: Sequence[Playbook],
    diary: Diary,
    cost: NDArray[np.float64],
    budget: float | None,
) -> None:
    for place, each in enumerate(playbooks):
        if diary.slots(each) == 0 or (budget is not None and cost[place] > budget):
            gain[:, place] = NEVER


def _put_on_days(
    choice: Choice, gain: NDArray[np.float64], playbooks: Sequence[Playbook], diary: Diary
) -> list[tuple[int, int, date, float]]:
    """Give the most valuable actions the first days; what finds no day is left for another choice."""
    customers = np.flatnonzero(choice.playbook != NOBODY)
    gains = gain[customers, choice.playbook[customers]]
    added = []
    for at in np.argsort(-gains, kind="stable"):
        customer = int(customers[at])
        place = int(choice.playbook[customer])
        day = diary.book(playbooks[place])
        if day is not None:
            added.append((customer, place, day, float(gains[at])))
    return added
