"""The days ahead: which are worked on, and how many actions each owner and each channel can still take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from evaluation.action.choice import Limit
from pipelines.actions.playbook import Playbook

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Slot = tuple[str, str, date]


def working_days(first: date, days: int, quiet_weekdays: Iterable[str], quiet_dates: Iterable[date]) -> list[date]:
    """Days from the first on that are not quiet.

    >>> [f"{day:%a}" for day in working_days(date(2026, 6, 5), 4, ["saturday", "sunday"], [])]
    ['Fri', 'Mon']
    """
    weekdays, dates = {WEEKDAYS.index(name) for name in quiet_weekdays}, set(quiet_dates)
    ahead = (first + timedelta(days=count) for count in range(days))
    return [day for day in ahead if day.weekday() not in weekdays and day not in dates]


@dataclass
class Diary:
    """What is planned, day by day.

    Parameters
    ----------
    days
        Days that actions are planned for.
    owners, channels
        Actions a day by name; those not named have no limit.
    taken
        Actions already planned, by kind of limit, name and day.
    """

    days: Sequence[date]
    owners: Mapping[str, int]
    channels: Mapping[str, int]
    taken: Counter[Slot] = field(default_factory=Counter)

    def take(self, owner: str, channel: str, day: date, count: int = 1) -> None:
        """Note actions on a day."""
        self.taken["owner", owner, day] += count
        self.taken["channel", channel, day] += count

    def book(self, playbook: Playbook) -> date | None:
        """Take a place on the first day that has one; none if no day has."""
        owner, channel = playbook.definition.owner, playbook.definition.channel
        for day in self.days:
            if self._left("owner", owner, day) >= 1 and self._left("channel", channel, day) >= 1:
                self.take(owner, channel, day)
                return day
        return None

    def limits(self, playbooks: Sequence[Playbook]) -> tuple[Limit, ...]:
        """How many actions still fit, for each owner and channel with a limit and for each playbook."""
        slots = ((each.name, place, self.slots(each)) for place, each in enumerate(playbooks))
        return (
            *self._shared("owner", self.owners, playbooks),
            *self._shared("channel", self.channels, playbooks),
            *(Limit(name, (place,), most) for name, place, most in slots if most is not None),
        )

    def slots(self, playbook: Playbook) -> int | None:
        """Places on days on which both owner and channel have one; none where neither has a limit."""
        owner, channel = playbook.definition.owner, playbook.definition.channel
        if owner not in self.owners and channel not in self.channels:
            return None if self.days else 0
        both = (min(self._left("owner", owner, day), self._left("channel", channel, day)) for day in self.days)
        return int(sum(max(left, 0) for left in both))

    def _shared(self, kind: str, names: Mapping[str, int], playbooks: Sequence[Playbook]) -> Iterable[Limit]:
        for name in names:
            places = tuple(place for place, each in enumerate(playbooks) if getattr(each.definition, kind) == name)
            if places:
                left = sum(max(self._left(kind, name, day), 0) for day in self.days)
                yield Limit(f"{kind} {name}", places, int(left))

    def _left(self, kind: str, name: str, day: date) -> float:
        names = self.owners if kind == "owner" else self.channels
        return names[name] - self.taken[kind, name, day] if name in names else float("inf")
