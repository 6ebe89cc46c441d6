"""Brings instants to all destinations: what is lost is tried again, and one that fails keeps no other waiting."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TypeVar

from pipelines.config_deliver import DeliverSettings
from pipelines.destinations.destination import Change, Destination, Lost, Part
from pipelines.destinations.known import kind_named
from pipelines.destinations.source import Instant, Source
from pipelines.errors import ChurnLabError, ConnectionFailed, Incomplete, refusal

T = TypeVar("T")
Say = Callable[[str], None]
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 15.0


@dataclass
class Delivered:
    """What came of a delivery.

    Parameters
    ----------
    changes
        Destination to table to the rows by what became of them.
    failures
        Destination to why it was not served, or not to the end.
    left_out
        Rows whose key no database could hold.
    """

    changes: dict[str, dict[str, Change]] = field(default_factory=dict)
    failures: dict[str, ChurnLabError] = field(default_factory=dict)
    left_out: int = 0

    @property
    def served(self) -> list[str]:
        """Destinations that were served to the end."""
        return [name for name in self.changes if name not in self.failures]

    def raise_failures(self) -> None:
        """Raise what failed.

        Raises
        ------
        Incomplete
            If some destinations failed and others did not, or rows were left out.
        ChurnLabError
            The failure itself where no destination was served, of its own kind if all have the same.
        """
        if self.failures:
            raise self._failure()
        if self.left_out:
            raise Incomplete(
                f"{self.left_out:,} rows were not brought: their customer_id holds a NUL or is too long",
                allowed="up to 500 characters and no NUL",
                do="give these customers other ids in the source",
            )

    def _failure(self) -> ChurnLabError:
        first, *others = self.failures.values()
        if len(self.changes) == 1:
            return first
        all_alike = len(self.failures) == len(self.changes) and all(type(other) is type(first) for other in others)
        told = "; ".join(f"{name}: {error.given}" for name, error in self.failures.items())
        return (type(first) if all_alike else Incomplete)(
            f"{len(self.failures)} of {len(self.changes)} destinations were not served to the end: {told}",
            do=f"{first.do or 'mend what is named'}; then run churnlab deliver, which goes on where it ended",
        )


class Patience:
    """Tries again what was lost, with longer and longer waits, until a time is spent without success.

    Parameters
    ----------
    destination
        What is opened anew after each loss.
    retry_s
        The time.
    say
        Shows that one waits.
    sleep, now
        The clock.
    command
        What goes on with the work later.
    """

    def __init__(
        self,
        destination: Destination,
        retry_s: float,
        say: Say,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        command: str = "churnlab deliver",
    ) -> None:
        self._destination, self._retry_s, self._say = destination, retry_s, say
        self._sleep, self._now, self._command = sleep, now, command

    def open(self) -> None:
        """Open the destination to write, and bring its tables up to date."""
        self._insist(lambda: None, again=True)

    def write(self, part: Part) -> Change:
        """Write a part."""
        return self.do(lambda: self._destination.write(part))

    def do(self, work: Callable[[], T]) -> T:
        """Do some work on the open destination."""
        return self._insist(work, again=False)

    def _insist(self, work: Callable[[], T], again: bool) -> T:
        until, wait_s, name = self._now() + self._retry_s, _FIRST_WAIT_S, self._destination.settings.name
        while True:
            try:
                if again:
                    self._destination.open(read_only=False)
                    self._destination.prepare()
                    again = False
                return work()
            except Lost as error:
                self._destination.close()
                if self._now() + wait_s > until:
                    raise ConnectionFailed(
                        f"Destination {name} was not reached for {self._retry_s:g} s: {error}",
                        do=f"see that it runs, then run {self._command}, which goes on where it ended",
                    ) from None
                self._say(f"{name} does not answer, again in {wait_s:g} s")
                self._sleep(wait_s)
                again, wait_s = True, min(wait_s * 2, _LONGEST_WAIT_S)


def deliver(
    source: Source, instants: Sequence[Instant], settings: DeliverSettings, say: Say, *, dry_run: bool = False
) -> Delivered:
    """Bring instants from the warehouse to every destination, one after the other.

    Parameters
    ----------
    source
        The warehouse.
    instants
        What is brought, the oldest first.
    settings
        The destinations.
    say
        Shows what is being done.
    dry_run
        Only count what would change.

    Returns
    -------
    Delivered
        What came of it; nothing is raised for a destination that fails.
    """
    delivered = Delivered(left_out=sum(source.left_out(instant) for instant in instants))
    for each in settings.destinations:
        changes = delivered.changes[each.name] = {}
        destination = kind_named(each.kind)(each)
        try:
            with closing(destination):
                work = _compared if dry_run else _written
                for table, change in work(destination, source, instants, settings.retry_s, say):
                    changes[table] = changes.get(table, Change()) + change
        except (ChurnLabError, OSError) as error:
            delivered.failures[each.name] = _said(each.name, error)
    return delivered


def _said(name: str, error: ChurnLabError | OSError) -> ChurnLabError:
    """Say why a destination failed; the machine's own words need not name it."""
    if isinstance(error, ChurnLabError):
        return error
    if (said := refusal(error)) is None:
        raise error
    return type(said)(f"Destination {name}: {said.given}", do=said.do)


def _written(
    destination: Destination, source: Source, instants: Sequence[Instant], retry_s: float, say: Say
) -> Iterator[tuple[str, Change]]:
    patience = Patience(destination, retry_s, say)
    patience.open()
    for instant in instants:
        for part in source.parts(instant):
            say(f"{destination.settings.name}: {part.table.name} as of {instant.as_of:%Y-%m-%d}")
            yield part.table.name, patience.write(part)


def _compared(
    destination: Destination, source: Source, instants: Sequence[Instant], retry_s: float, say: Say
) -> Iterator[tuple[str, Change]]:
    try:
        destination.open(read_only=True)
        for instant in instants:
            for part in source.parts(instant):
                say(f"{destination.settings.name}: {part.table.name} as of {instant.as_of:%Y-%m-%d}")
                yield part.table.name, destination.compare(part)
    except Lost as error:
        raise ConnectionFailed(f"Destination {destination.settings.name}: {error}", do="see that it runs") from None
