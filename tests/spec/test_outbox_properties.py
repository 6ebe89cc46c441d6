"""Whatever happens in whatever order: states follow each other as they may, and nobody gets a message twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from outboxes import Time, planned

from pipelines.outbox.ledger import Outbox
from pipelines.outbox.message import Message
from pipelines.warehouse.actions import PLANNED_ACTIONS, add_actions
from pipelines.warehouse.outbox import Route, create

LEASE = timedelta(minutes=15)
CHANNELS = ("phone", "email", "internal")
MAIL = Route("post", ("email",), is_repeatable=False)
LANES = (Route("csv", ("email", "phone"), is_rest=True), Route("crm", ("phone", "email")), MAIL)
FOLLOW = {
    "planned": {"planned", "sent", "delivered", "failed", "expired"},
    "sent": {"sent", "delivered", "failed"},
    "failed": {"failed", "planned", "sent", "delivered", "expired"},
    "delivered": {"delivered"},
    "expired": {"expired"},
}


class Sending(RuleBasedStateMachine):
    """Two senders, of whom either may end at any moment, over one table in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.time = Time()
        self.connection = duckdb.connect()
        self.senders = [self._sender(), self._sender()]
        self.states: dict[str, str] = {}
        self.leased: dict[str, Any] = {}
        self.held: list[dict[str, Message]] = [{}, {}]
        self.doubtful: dict[str, str] = {}

    def _sender(self) -> Outbox:
        return Outbox(Path(), "demo", ZoneInfo("UTC"), LEASE, clock=self.time.clock, connection=self.connection)

    @initialize(firsts=st.lists(st.integers(-1, 1), min_size=3, max_size=3), lasts=st.integers(0, 2))
    def begin(self, firsts: list[int], lasts: int) -> None:
        """Decide about three customers, and hold a fourth back."""
        create(self.connection)
        for place, first in enumerate(firsts):
            self.decide(place, first, lasts, False)
        self.decide(3, 0, lasts, True)

    @rule(place=st.integers(0, 7), first=st.integers(-1, 1), lasts=st.integers(0, 2), control=st.booleans())
    def decide(self, place: int, first: int, lasts: int, control: bool) -> None:
        """Decide about a customer, perhaps again, for another day and arm."""
        day = self.time.now.date() + timedelta(days=first)
        row = planned(
            place,
            channel=CHANNELS[place % 3],
            planned_for=day,
            due=day + timedelta(days=lasts),
            arm="control" if control else "treated",
            state="held_back" if control else "planned",
        )
        add_actions(self.connection, pd.DataFrame([row], columns=list(PLANNED_ACTIONS)))

    @rule(minutes=st.sampled_from([1, 16, 16, 60 * 24]))
    def wait(self, minutes: int) -> None:
        self.time.sleep(minutes * 60)

    @rule(who=st.integers(0, 1), lanes=st.permutations(LANES), most=st.sampled_from([1, 5]))
    def claim(self, who: int, lanes: list[Route], most: int) -> None:
        self.senders[who].tidy()
        self.states_follow_each_other()
        for lane in lanes:
            for message in self.senders[who].claim(lane, most):
                self._check(message, lane)
                self.held[who][message.key] = message

    def _check(self, message: Message, lane: Route) -> None:
        key, now = message.key, self.time.now
        assert self.leased.get(key, now) <= now, "two senders have one message"
        assert message.planned_for <= now.date() <= message.due
        assert self.states.get(key, "planned") == "planned"
        assert self._arm(key) == "treated"
        assert self.doubtful.get(key, lane.transport) == lane.transport, "it was tried by another way"
        assert key not in self.doubtful or lane.is_repeatable, "a mail that may have been sent is sent again"
        self.doubtful[key] = lane.transport
        self.leased[key] = now + LEASE

    @rule(fate=st.sampled_from(["sent", "delivered", "failed", "postpone", "release"]))
    def mark(self, fate: str) -> None:
        """Say what became of messages, in time or long after the lease."""
        for outbox, held in zip(self.senders, self.held, strict=True):
            for key in held:
                # Planned again meanwhile, it is nobody's.
                self._mark(outbox, key, fate, self.leased.get(key, self.time.now) > self.time.now)
            held.clear()

    def _mark(self, outbox: Outbox, key: str, fate: str, in_time: bool) -> None:
        if fate == "sent":
            outbox.mark_sent([key])
        elif fate == "delivered":
            outbox.mark_delivered([key])
        elif fate == "failed":
            outbox.mark_failed([key], "no")
        elif in_time and fate == "postpone":
            outbox.postpone(key, 30, "later")
        elif in_time:
            outbox.release([key])
        if in_time:
            self.leased[key] = self.time.now
            if fate == "release" or (fate == "postpone" and self.doubtful[key] == MAIL.transport):
                self.doubtful.pop(key)

    @rule()
    def retry(self) -> None:
        """Try to plan everything again; only what has failed may be."""
        for key in list(self.states):
            if self.senders[0].retry([key]):
                self.doubtful.pop(key, None)
                self.leased.pop(key, None)

    @invariant()
    def states_follow_each_other(self) -> None:
        found = dict(self.connection.execute("SELECT key, state FROM actions.outbox").fetchall())
        for key, state in found.items():
            assert state in FOLLOW[self.states.get(key, "planned")], key
        assert set(self.states) <= set(found), "a message has vanished"
        self.states = found

    @invariant()
    def action_and_message_say_the_same(self) -> None:
        differing = self.connection.execute(
            "SELECT count(*) FROM actions.outbox o JOIN actions.planned_actions p USING (action_id) "
            "WHERE o.state <> p.state OR p.arm = 'control'"
        ).fetchone()
        twice = self.connection.execute("SELECT count(*) - count(DISTINCT action_id) FROM actions.outbox").fetchone()
        assert (differing, twice) == ((0,), (0,))

    def _arm(self, key: str) -> str:
        found = self.connection.execute(
            "SELECT arm FROM actions.planned_actions JOIN actions.outbox USING (action_id) WHERE key = ?", [key]
        )
        return found.fetchone()[0]  # type: ignore[index]


TestSending = Sending.TestCase
TestSending.settings = settings(max_examples=10, stateful_step_count=25, deadline=None)
