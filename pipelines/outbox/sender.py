"""Sends what is due: what does not arrive is tried again after longer and longer waits, and who is down may rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pipelines.config_outbox import OutboxSettings
from pipelines.errors import Incomplete
from pipelines.outbox.ledger import Outbox
from pipelines.outbox.message import Message, Outcome
from pipelines.outbox.transport import Transport
from pipelines.warehouse.outbox import DELIVERED, EXPIRED, FAILED, SENT, Route

Lanes = Sequence[tuple[Route, Transport]]
ERRORS_TOLD = 5
MOST_DOUBLINGS = 40
SHORTEST_WAIT_S = 0.01


@dataclass
class Dispatch:
    """What became of one run of sending.

    Parameters
    ----------
    states
        State to the number of messages that came to it.
    left
        Messages that should have left by now and have not.
    next_at
        When the first of them can be tried again, UTC; ``None`` where that is not known.
    errors
        Transport and what went wrong, to how often.
    is_limited
        Whether a limit of attempts was reached, so that something may be left without any fault.
    """

    states: Counter[str] = field(default_factory=Counter)
    left: int = 0
    next_at: datetime | None = None
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    is_limited: bool = False

    @property
    def said(self) -> str:
        """What happened, in one line."""
        parts = [f"{self.states[state]:,} {state}" for state in (SENT, DELIVERED)]
        parts += [f"{self.states[state]:,} {state}" for state in (FAILED, EXPIRED) if self.states[state]]
        after = f" (not before {self.next_at:%Y-%m-%d %H:%M:%S} UTC)" if self.next_at else ""
        return ", ".join([*parts, f"{self.left:,} still to be sent{after}"] if self.left else parts)

    def raise_failures(self, project: str) -> None:
        """Raise what did not leave.

        Raises
        ------
        Incomplete
            If messages failed, or should have left and have not.
        """
        if not self.states[FAILED] and (not self.left or (self.is_limited and not self.errors)):
            return
        met = [
            f"{name}: {error}" + (f" ({count:,} times)" if count > 1 else "")
            for (name, error), count in self.errors.most_common(ERRORS_TOLD)
        ]
        raise Incomplete(
            "; ".join([f"Not everything left the outbox: {self.said}", *met]),
            allowed="every message sent or delivered",
            do=f"mend what is named, then churnlab outbox send -p {project}; churnlab outbox list -p {project} names "
            "the messages, churnlab outbox retry plans what has failed again",
        )


@dataclass
class Sender:
    """One run of sending.

    Parameters
    ----------
    outbox
        The outbox.
    lanes
        The transports, each with what it takes.
    settings
        How patiently.
    limit
        Attempts in this run at most; ``None`` for no limit.
    """

    outbox: Outbox
    lanes: Lanes
    settings: OutboxSettings
    limit: int | None = None
    _dispatch: Dispatch = field(default_factory=Dispatch, init=False)
    _closed: set[str] = field(default_factory=set, init=False)
    _downs: Counter[str] = field(default_factory=Counter, init=False)

    def run(self) -> Dispatch:
        """Send until nothing is due, or patience ends; what is left is the next run's."""
        self.outbox.tidy()
        waited_s = 0.0
        while moments := self._moments():
            now = self.outbox.clock.now()
            if any(self._drain(*self.lanes[place]) for place, moment in moments.items() if moment <= now):
                continue
            self._dispatch.next_at = min(moments.values())
            wait_s = max((min(moments.values()) - now).total_seconds(), SHORTEST_WAIT_S)
            if waited_s + wait_s > self.settings.patience_s:
                break
            self.outbox.clock.sleep(wait_s)
            self._dispatch.next_at, waited_s = None, waited_s + wait_s
        self._dispatch.states = self.outbox.changed
        return self._dispatch

    def _moments(self) -> dict[int, datetime]:
        """Give when something can next be sent, by place of the lane; count what should have left."""
        with self.outbox.opened():
            unsent = [self.outbox.unsent(route) for route, _ in self.lanes]
        self._dispatch.left = sum(count for count, _ in unsent)
        self._dispatch.is_limited = self.limit == 0
        if self.limit == 0:
            return {}
        return {
            place: moment
            for place, (_, moment) in enumerate(unsent)
            if moment is not None and self.lanes[place][1].name not in self._closed
        }

    def _drain(self, route: Route, transport: Transport) -> bool:
        """Send one batch after the other, for as long as the receiver takes them; tell whether there was any."""
        messages = self._claim(route, transport)
        any_sent = bool(messages)
        while messages:
            outcomes = transport.send(messages)
            alike: dict[Outcome, list[Message]] = {}
            for each in messages:
                alike.setdefault(outcomes[each.key], []).append(each)
            with self.outbox.opened():
                for outcome, several in alike.items():
                    self._keep(route, several, outcome)
                messages = self._claim(route, transport)
        return any_sent

    def _claim(self, route: Route, transport: Transport) -> list[Message]:
        if transport.name in self._closed or self.limit == 0:
            return []
        claimed = self.outbox.claim(route, transport.batch if self.limit is None else min(transport.batch, self.limit))
        if self.limit is not None:
            self.limit -= len(claimed)
        return claimed

    def _keep(self, route: Route, messages: Sequence[Message], outcome: Outcome) -> None:
        """Write down what became of messages that fared alike."""
        name, keys = route.transport, [each.key for each in messages]
        if outcome.error:
            self._dispatch.errors[name, outcome.error] += len(keys)
        match outcome.fate:
            case "sent":
                self.outbox.mark_sent(keys)
            case "delivered":
                self.outbox.mark_delivered(keys)
            case "untried":
                self.outbox.release(keys)
            case "closed":
                self._closed.add(name)
                self.outbox.release(keys, outcome.error)
            case "failed":
                self.outbox.mark_failed(keys, outcome.error)
            case "again" | "down":
                self._keep_for_later(route, messages, outcome)
        if outcome.fate in ("sent", "delivered"):
            self._downs[name] = 0

    def _keep_for_later(self, route: Route, messages: Sequence[Message], outcome: Outcome) -> None:
        for each in messages:
            attempt = each.attempts + 1
            if attempt >= self.settings.attempts:
                self.outbox.mark_failed([each.key], f"{outcome.error}, at attempt {attempt}")
            else:
                self.outbox.postpone(each.key, self._back_off_s(attempt, outcome.wait_s), outcome.error)
        if outcome.fate == "down":
            self._downs[route.transport] += 1
            self.outbox.rest(route, self._back_off_s(self._downs[route.transport], outcome.wait_s))

    def _back_off_s(self, attempt: int, asked_s: float | None) -> float:
        """Give a wait that doubles with each attempt, less up to half by chance; never less than was asked for."""
        doubled = self.settings.retry_wait_s * 2 ** min(attempt - 1, MOST_DOUBLINGS)
        own = min(doubled, self.settings.longest_wait_s) * (1 - self.outbox.clock.chance() / 2)
        return max(own, asked_s or 0.0)
