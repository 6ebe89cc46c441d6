"""Days ahead and plans: no owner and no channel gets more on a day than it can take, whatever is asked."""

from __future__ import annotations

from collections import Counter
from datetime import date
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.action.choice import NEVER
from pipelines.actions.diary import Diary, working_days
from pipelines.actions.plan import plan

FIRST = date(2026, 6, 1)  # a Monday


def playbook(name, owner, channel, cost):
    return SimpleNamespace(name=name, definition=SimpleNamespace(owner=owner, channel=channel, cost=cost))


PLAYBOOKS = [
    playbook("visit", "sales", "visit", 8.0),
    playbook("offer", "sales", "phone", 3.0),
    playbook("call", "support", "phone", 2.0),
    playbook("letter", "marketing", "email", 0.5),
]
caps = st.fixed_dictionaries({}, optional={name: st.integers(0, 3) for name in ("sales", "support", "phone", "visit")})


@st.composite
def cases(draw):
    rows = draw(st.integers(1, 14))
    gains = st.integers(-2, 30).map(float) | st.just(NEVER)
    gain = draw(st.lists(st.lists(gains, min_size=4, max_size=4), min_size=rows, max_size=rows))
    days = working_days(FIRST, draw(st.integers(1, 7)), ["saturday", "sunday"], [])
    limits = draw(caps)
    owners = {name: most for name, most in limits.items() if name in ("sales", "support")}
    channels = {name: most for name, most in limits.items() if name in ("phone", "visit")}
    taken = draw(st.lists(st.tuples(st.sampled_from(PLAYBOOKS), st.sampled_from(days)), max_size=4))
    return np.array(gain), days, owners, channels, taken, draw(st.none() | st.integers(0, 40).map(float))


def diary_of(days, owners, channels, taken):
    diary = Diary(days, owners, channels)
    for each, day in taken:
        diary.take(each.definition.owner, each.definition.channel, day)
    return diary


@settings(max_examples=80)
@given(cases())
def test_no_limit_is_exceeded_and_nothing_worth_doing_is_left(case):
    gain, days, owners, channels, taken, budget = case
    asked = gain.copy()
    diary = diary_of(days, owners, channels, taken)
    decided = plan(gain, PLAYBOOKS, diary, budget)
    chosen = [PLAYBOOKS[place] for place in decided.playbook]
    assert len(set(decided.customer.tolist())) == len(chosen), "a customer gets one action"
    assert all(
        np.isfinite(asked[customer, place]) for customer, place in zip(decided.customer, decided.playbook, strict=True)
    )
    before = Counter(
        (kind, getattr(each.definition, kind), day) for each, day in taken for kind in ("owner", "channel")
    )
    load = before.copy()
    for each, day in zip(chosen, decided.day, strict=True):
        assert day in days
        load["owner", each.definition.owner, day] += 1
        load["channel", each.definition.channel, day] += 1
    for (kind, name, day), count in load.items():
        most = (owners if kind == "owner" else channels).get(name, np.inf)
        assert count <= max(most, before[kind, name, day])
    spent = sum(each.definition.cost for each in chosen)
    assert budget is None or spent <= budget + 1e-9
    assert plan(gain, PLAYBOOKS, diary, None if budget is None else budget - spent).customer.size == 0


def test_quiet_days_are_left_out():
    days = working_days(date(2026, 6, 5), 5, ["saturday", "sunday"], [date(2026, 6, 8)])
    assert days == [date(2026, 6, 5), date(2026, 6, 9)]


def test_the_most_valuable_come_first():
    gain = np.array([[NEVER, NEVER, value, NEVER] for value in (1.0, 9.0, 5.0)])
    decided = plan(gain, PLAYBOOKS, Diary(working_days(FIRST, 2, [], []), {"support": 1}, {}), None)
    assert decided.customer.tolist() == [1, 2]
    assert decided.day == [date(2026, 6, 1), date(2026, 6, 2)]


def test_without_days_nothing_is_planned():
    assert plan(np.full((2, 4), 5.0), PLAYBOOKS, Diary([], {}, {}), None).customer.size == 0
