"""When the job is due: a time of day or a minute of the hour, in a zone; and the record of what was installed."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pipelines.errors import ConfigError
from pipelines.records import read_record

RECORD = "schedule.json"
Every = Literal["day", "hour"]
Kind = Literal["systemd", "cron", "kubernetes", "airflow"]
KINDS: tuple[Kind, ...] = ("systemd", "cron", "kubernetes", "airflow")


@dataclass(frozen=True)
class Plan:
    """When the job is due.

    Parameters
    ----------
    hour, minute
        Time of day; of an hourly job the minute alone counts.
    every
        ``day`` or ``hour``.
    zone
        IANA name; ``None`` is the zone of the machine.
    """

    hour: int
    minute: int
    every: Every = "day"
    zone: str | None = None

    @classmethod
    def of(cls, at: str, every: str, zone: str | None) -> Plan:
        """Read what a person asks for.

        Raises
        ------
        ConfigError
            If the time, the rhythm or the zone is none.

        Examples
        --------
        >>> Plan.of("06:30", "day", "Europe/Berlin").cron
        '30 6 * * *'
        """
        found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", at)
        if found is None:
            raise ConfigError(f"--at {at} is no time of day", allowed="00:00 to 23:59", do="write such as --at 06:00")
        if every not in ("day", "hour"):
            raise ConfigError(f"--every {every} is no rhythm", allowed="day, hour", do="choose one")
        if zone is not None:
            _checked_zone(zone)
        return cls(int(found[1]), int(found[2]), "hour" if every == "hour" else "day", zone)

    @property
    def cron(self) -> str:
        """The five fields of cron."""
        return f"{self.minute} {'*' if self.every == 'hour' else self.hour} * * *"

    @property
    def at(self) -> str:
        """The time of day, or the minute of the hour."""
        return f"*:{self.minute:02d}" if self.every == "hour" else f"{self.hour:02d}:{self.minute:02d}"

    def next_after(self, instant: datetime) -> datetime:
        """Give the first time after an instant at which the job is due.

        Parameters
        ----------
        instant
            UTC, without a zone.

        Returns
        -------
        datetime
            UTC, without a zone. A time of day that a change of the clock leaves out is an hour later then.
        """
        return self._neighbour(instant, 1)

    def last_before(self, instant: datetime) -> datetime:
        """Give the last time at or before an instant (UTC, without a zone) at which the job was due."""
        return self._neighbour(instant, -1)

    def _neighbour(self, instant: datetime, direction: int) -> datetime:
        step = timedelta(hours=1) if self.every == "hour" else timedelta(days=1)
        local = instant.replace(tzinfo=UTC).astimezone(self._zone)
        wall = local.replace(tzinfo=None, minute=self.minute, second=0, microsecond=0)
        wall = wall if self.every == "hour" else wall.replace(hour=self.hour)
        due = sorted({self._utc(wall + number * step) for number in range(-2, 3)})
        if direction > 0:
            return next(each for each in due if each > instant)
        return next(each for each in reversed(due) if each <= instant)

    def _utc(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self._zone).astimezone(UTC).replace(tzinfo=None)

    @property
    def _zone(self) -> tzinfo:
        return ZoneInfo(self.zone or machine_zone())


@dataclass(frozen=True)
class Installed:
    """A schedule that was installed.

    Parameters
    ----------
    kind
        By what the job is run.
    plan
        When.
    files
        Files that were written for it.
    is_active
        Whether it runs by itself from here on, or the files are for somebody to take elsewhere.
    installed_at
        UTC, without a zone.
    """

    kind: Kind
    plan: Plan
    files: tuple[str, ...]
    is_active: bool
    installed_at: datetime

    def save(self, home: Path) -> None:
        """Keep the record in the project's folder."""
        home.mkdir(parents=True, exist_ok=True)
        beside = home / f".{RECORD}.{os.getpid()}"
        beside.write_text(json.dumps(asdict(self), indent=1, default=str), encoding="utf-8")
        os.replace(beside, home / RECORD)


def installed(home: Path) -> Installed | None:
    """Read the record of a project's schedule, ``None`` where there is none.

    Raises
    ------
    NotReady
        If it is damaged.
    """
    path = home / RECORD
    if not path.exists():
        return None
    return read_record(path, Installed, "move it away and install the schedule again: churnlab schedule install")


def machine_zone() -> str:
    """Give the IANA name of this machine's zone; UTC where it has none."""
    named = os.environ.get("TZ", "").lstrip(":")
    place = os.path.realpath("/etc/localtime")
    for name in (named, place.partition("zoneinfo/")[2]):
        try:
            return ZoneInfo(name).key
        except (ValueError, OSError, KeyError):
            continue
    return "Etc/UTC"


def same_clock(one: str, other: str, year: int) -> bool:
    """Whether two zones show the same time all through a year.

    >>> same_clock("Europe/Berlin", "Europe/Paris", 2026), same_clock("Europe/Berlin", "Etc/UTC", 2026)
    (True, False)
    """
    days = (datetime(year, 1, 1, 12) + timedelta(days=number) for number in range(366))
    return all(day.replace(tzinfo=ZoneInfo(one)).utcoffset() == _offset(day, other) for day in days)


def _offset(day: datetime, zone: str) -> timedelta | None:
    return day.replace(tzinfo=ZoneInfo(zone)).utcoffset()


def _checked_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise ConfigError(
            f"--zone {zone} is no time zone", allowed="an IANA name such as Europe/Berlin", do="correct it"
        ) from None
