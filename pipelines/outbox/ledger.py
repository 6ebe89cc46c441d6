"""The interface of the outbox, for our own senders and for connectors: claim, then say what became of it.

A claim is a lease. Who ends before saying what became of a message loses it when the lease is over, and the next sender
gets it with the same key. The warehouse is open only while rows are read and written, never while something is sent.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.actions.consent import load_refusals
from pipelines.actions.statements import INTERNAL, refused
from pipelines.errors import ConnectionFailed, NotReady
from pipelines.lock import workspace_lock
from pipelines.outbox.message import Message
from pipelines.warehouse import outbox as table
from pipelines.warehouse.duckdb_file import FILE, transaction, warehouse
from pipelines.warehouse.outbox import DELIVERED, EXPIRED, FAILED, PLANNED, SENT, Route

PAST_DUE = "its last day is over"
PAST_DUE_TRIED = "its last day is over; it was tried and may have arrived"
NO_CONTACT = "the customer does not want to be contacted"
ELSEWHERE = "it may have arrived by another transport, to which it was routed before"
IN_DOUBT = "it may have arrived: its sender ended before saying so"
OPENINGS, OPENING_WAIT_S = 12, 5.0
"""How often, and with which waits, the warehouse is tried while somebody reads it: what was sent has to be kept."""


def utc_now() -> datetime:
    """Give the instant, UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Clock:
    """Time and chance, so that tests can put their own in place.

    Parameters
    ----------
    now
        The instant, UTC without a zone.
    sleep
        Waits, seconds.
    chance
        A number from 0 to 1.
    """

    now: Callable[[], datetime] = utc_now
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random


@dataclass
class Outbox:
    """The outbox of a project.

    Parameters
    ----------
    home
        The project's folder.
    project
        Its name.
    zone
        Zone whose midnights begin a day.
    lease
        How long a claimed message is nobody else's.
    no_contact
        File of those who refuse (``act.no_contact``).
    day
        The day as which to act; the clock's own by default.
    clock
        Time.
    wait_s
        How long to wait for another writer of the workspace, seconds.
    connection
        Open connection to a warehouse with the tables created, whose transactions are the caller's; without one the
        warehouse is opened for each call.

    Attributes
    ----------
    changed
        State to the number of messages that came to it through this object.
    """

    home: Path
    project: str
    zone: ZoneInfo
    lease: timedelta
    no_contact: Path | None = None
    day: date | None = None
    clock: Clock = field(default_factory=Clock)
    wait_s: float = 0.0
    connection: Any = field(default=None, repr=False)
    changed: Counter[str] = field(default_factory=Counter, init=False)
    _is_tidy: bool = field(default=False, init=False, repr=False)

    @property
    def today(self) -> date:
        """The day in the project's zone."""
        return self.day or self.clock.now().replace(tzinfo=UTC).astimezone(self.zone).date()

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """Open the warehouse in one transaction, for one or several calls.

        Raises
        ------
        Busy
            If another command writes to the workspace.
        ConnectionFailed
            If the warehouse cannot be opened.
        NotReady
            If there is none.
        """
        if self.connection is not None:
            yield self.connection
            return
        if not (self.home / FILE).exists():
            raise NotReady(f"Nothing was decided yet in {self.home}", do="run: churnlab act")
        with workspace_lock(self.home, "outbox", self.wait_s), self._insisted() as connection:
            self.connection = connection
            try:
                with transaction(connection):
                    table.create(connection)
                    yield connection
            finally:
                self.connection = None

    def tidy(self) -> int:
        """Take up what was decided; let expire what is past its day or no longer wanted. Give the number taken up.

        Raises
        ------
        ConfigError
            If the list of those who refuse is named and cannot be read: then nobody is contacted.
        """
        with self.opened() as connection:
            now = self.clock.now()
            added = table.take_up(connection, self.project, now)
            if self.no_contact is not None:
                self._withdraw(connection, now)
            for tried, why in (("attempts = 0", PAST_DUE), ("attempts > 0", PAST_DUE_TRIED)):
                past = table.free(connection, f"due < ? AND {tried}", [self.today], now)
                self._changed(past, EXPIRED, error=why)
            self._is_tidy = True
            return added

    def _withdraw(self, connection: Any, now: datetime) -> None:
        """Let expire what customers have refused since it was decided."""
        load_refusals(connection, self.no_contact)
        for channel in table.channels(connection) - {INTERNAL}:
            query, values = refused(channel)
            who = f"channel = ? AND held.customer_id IN ({query})"
            self._changed(table.free(connection, who, [channel, *values], now), EXPIRED, error=NO_CONTACT)

    def claim(self, route: Route, most: int | None) -> list[Message]:
        """Take messages that may be sent now; nobody else gets them until the lease is over.

        Parameters
        ----------
        route
            The transport and its channels.
        most
            Their number at most; ``None`` for all.

        Returns
        -------
        list of Message
            The least tried first, then by day, the most valuable first.
        """
        with self.opened() as connection:
            if not self._is_tidy:
                self.tidy()
            now = self.clock.now()
            for keys, why in zip(table.in_doubt(connection, route, now), (ELSEWHERE, IN_DOUBT), strict=True):
                self._changed(keys, FAILED, error=why)
            found = [Message.of(row) for row in table.due(connection, route, self.today, now, most)]
            table.lease(connection, route, [each.key for each in found], now, now + self.lease)
            return found

    def release(self, keys: Sequence[str], error: str | None = None) -> None:
        """Give messages back that were not tried, with the reason if there is one; it is not counted as an attempt."""
        with self.opened() as connection:
            table.release(connection, keys, error)

    def postpone(self, key: str, wait_s: float, error: str) -> None:
        """Have a message tried again, after so many seconds at the earliest."""
        with self.opened() as connection:
            table.postpone(connection, key, self.clock.now() + timedelta(seconds=wait_s), error)

    def rest(self, route: Route, wait_s: float) -> None:
        """Have nothing tried that is due of a route, for so many seconds: its receiver is down or asks for it."""
        with self.opened() as connection:
            table.rest(connection, route, self.today, self.clock.now() + timedelta(seconds=wait_s))

    def mark_sent(self, keys: Sequence[str]) -> int:
        """Say that messages are on their way; give the number of those that were not so far."""
        return self._changed(keys, SENT, sent_at=self.clock.now(), error=None)

    def mark_delivered(self, keys: Sequence[str]) -> int:
        """Say that receivers have messages; give the number of those that were not so far."""
        return self._changed(keys, DELIVERED, delivered_at=self.clock.now(), error=None)

    def mark_failed(self, keys: Sequence[str], error: str) -> int:
        """Say that messages do not arrive, and why; give the number of those that were not known to fail."""
        return self._changed(keys, FAILED, error=error)

    def retry(self, keys: Sequence[str]) -> int:
        """Plan failed messages again, as if they had never been tried; give their number."""
        return self._changed(keys, PLANNED, attempts=0, transport=None, error=None)

    def unsent(self, route: Route) -> tuple[int, datetime | None]:
        """Give the number of messages that should have left by now, and when the first may be tried again."""
        with self.opened() as connection:
            return table.unsent(connection, route, self.today)

    def _changed(self, keys: Sequence[str], to: str, **told: Any) -> int:
        if not keys:
            return 0
        with self.opened() as connection:
            count = table.change(connection, keys, to, **told)
        self.changed[to] += count
        return count

    @contextmanager
    def _insisted(self) -> Iterator[Any]:
        """Open the warehouse; once something may have been sent, again and again while somebody reads it."""
        with ExitStack() as stack:
            for left in reversed(range(OPENINGS if self._is_tidy else 1)):
                try:
                    connection = stack.enter_context(warehouse(self.home))
                    break
                except ConnectionFailed:
                    if not left:
                        raise
                    self.clock.sleep(OPENING_WAIT_S)
            yield connection
