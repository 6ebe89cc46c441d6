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
PLACES = st.integers(min_value=0, max_value=3)


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
        outbox = Outbox(Path(), "demo", ZoneInfo("UTC"), LEASE, clock=self.time.clock)
        outbox._connection = self.connection
        return outbox

    @initialize(lasts=st.integers(0, 2))
    def begin(self, lasts: int) -> None:
        create(self.connection)
        for place in range(4):
            self.decide(place, 0, lasts, place == 3)

    @rule(place=PLACES, first=st.integers(-1, 1), lasts=st.integers(0, 2), control=st.booleans())
    def decide(self, place: int, first: int, lasts: int, control: bool) -> None:
        """Decide about a customer, perhaps again and for another day."""
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

    @rule(who=st.integers(0, 1), lane=st.sampled_from(LANES), most=st.integers(1, 5))
    def claim(self, who: int, lane: Route, most: int) -> None:
        self.senders[who].tidy()
        self.states_follow_each_other()
        for message in self.senders[who].claim(lane, most):
            now, today = self.time.now, self.time.now.date()
            assert self.leased.get(message.key, now) <= now, "two senders have one message"
            assert message.planned_for <= today <= message.due
            assert self.states.get(message.key, "planned") == "planned"
            assert self._arm(message.key) == "treated"
            assert self.doubtful.get(message.key, lane.transport) == lane.transport, "it was tried by another way"
            assert message.key not in self.doubtful or lane.is_repeatable, (
                "a mail that may have been sent is sent again"
            )
            self.doubtful[message.key] = lane.transport
            self.leased[message.key] = now + LEASE
            self.held[who][message.key] = message

    @rule(who=st.integers(0, 1), fate=st.sampled_from(["sent", "delivered", "failed", "postpone", "release"]))
    def mark(self, who: int, fate: str) -> None:
        """Say what became of one message, in time or long after the lease."""
        if not self.held[who]:
            return
        key, _ = self.held[who].popitem()
        outbox, in_time = self.senders[who], self.leased[key] > self.time.now
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

    @rule(place=PLACES)
    def retry(self, place: int) -> None:
        key = f"demo-{place:016x}"
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
TestSending.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)
