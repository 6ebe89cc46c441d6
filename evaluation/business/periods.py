"""The periods that measures are told for: whole months, quarters or years of a time zone, or one of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.errors import JudgementError

Unit = Literal["month", "quarter", "year", "all"]
Instants = NDArray[np.int64]
MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}
QUARTER_MONTHS = 3
NEVER = np.iinfo(np.int64).max
_DAY = 86_400_000_000


@dataclass(frozen=True)
class Periods:
    """Periods that follow each other without a gap.

    Parameters
    ----------
    first_days
        First day of each period in the zone, and of the one after the last: one more than there are periods.
    unit
        Length of a period; ``all`` for a single one of any length.
    zone
        IANA name of the time zone whose midnights divide the periods, such as ``Asia/Shanghai``. Data are UTC.
    """

    first_days: tuple[date, ...]
    unit: Unit
    zone: str

    @property
    def names(self) -> list[str]:
        """What each period is called: ``2026-10``, ``2026-Q4``, ``2026``, or its days."""
        return [
            _name(first, last, self.unit) for first, last in zip(self.first_days, self.first_days[1:], strict=False)
        ]

    @property
    def edges(self) -> list[datetime]:
        """Instants in UTC without zone at which periods begin, and at which the last one ends."""
        return [midnight(day, self.zone) for day in self.first_days]

    @property
    def months(self) -> float:
        """Length of a period in months; the mean where they differ."""
        if self.unit != "all":
            return float(MONTHS[self.unit])
        return (self.first_days[-1] - self.first_days[0]).days / (365.25 / 12)

    def __len__(self) -> int:
        return len(self.first_days) - 1

    def edges_back(self, months: int) -> list[datetime]:
        """Instants so many months before each edge."""
        return [midnight(months_later(day, -months), self.zone) for day in self.first_days]


def whole_periods(first: datetime, last: datetime, unit: Unit, zone: str) -> Periods:
    """Give the whole periods between two instants.

    Parameters
    ----------
    first, last
        UTC without zone; a period counts where it begins at `first` or later and ends at `last` or earlier.
    unit
        ``month``, ``quarter`` or ``year``; ``all`` is one period of whole days.
    zone
        IANA name of the time zone.

    Raises
    ------
    JudgementError
        If no period fits.

    Examples
    --------
    >>> months = whole_periods(datetime(2026, 1, 31, 16), datetime(2026, 4, 2), "month", "Asia/Shanghai")
    >>> months.names, months.edges[0]
    (['2026-02', '2026-03'], datetime.datetime(2026, 1, 31, 16, 0))
    """
    day = local_day(first, zone)
    days = [day] if midnight(day, zone) >= first else [date.fromordinal(day.toordinal() + 1)]
    if unit == "all":
        days.append(local_day(last, zone))
    else:
        days = _begins(days[0], unit)
        while midnight(days[-1], zone) <= last:
            days.append(months_later(days[-1], MONTHS[unit]))
        days.pop()
    if len(days) < 2 or days[0] >= days[-1]:
        raise JudgementError(
            f"no whole {'period' if unit == 'all' else unit} lies between {first:%Y-%m-%d %H:%M} and "
            f"{last:%Y-%m-%d %H:%M} UTC; allowed: a longer stretch. Choose a shorter unit or other ends."
        )
    return Periods(tuple(days), unit, zone)


def midnight(day: date, zone: str) -> datetime:
    """Give the first instant of a day in a zone, as UTC without zone; where midnight is left out, when the day begins.

    >>> midnight(date(2026, 7, 1), "Europe/Berlin")
    datetime.datetime(2026, 6, 30, 22, 0)
    """
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC).replace(tzinfo=None)


def local_day(instant: datetime, zone: str) -> date:
    """Give the day of an instant (UTC without zone) in a zone."""
    return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


def day_of(instant: datetime, zone: str) -> datetime:
    """Give the instant at which the day of an instant began in a zone; both UTC without zone."""
    return midnight(local_day(instant, zone), zone)


def month_of(instant: datetime, zone: str) -> datetime:
    """Give the instant at which the month of an instant began in a zone; both UTC without zone."""
    return midnight(local_day(instant, zone).replace(day=1), zone)


def months_later(day: date, months: int) -> date:
    """Give the same day so many months later, or the last of that month where it has no such day.

    >>> months_later(date(2026, 1, 31), 1), months_later(date(2026, 1, 31), -2)
    (datetime.date(2026, 2, 28), datetime.date(2025, 11, 30))
    """
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    following = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))


def microseconds(instants: Iterable[datetime]) -> Instants:
    """Give instants as microseconds since 1970, shape (instants,)."""
    return np.array(list(instants), dtype="datetime64[us]").astype(np.int64)


def instants(column: pd.Series[Any]) -> Instants:
    """Read a column of times as microseconds since 1970; `NEVER` where there is none."""
    times = column.to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(times), NEVER, times.astype(np.int64))


def days_between(start: Instants | int, end: Instants | int) -> NDArray[np.float64]:
    """Days from one instant in microseconds to another."""
    return np.asarray(end - np.asarray(start), dtype=np.float64) / _DAY


def _begins(day: date, unit: Unit) -> list[date]:
    """The first beginning of a unit at or after a day."""
    length = MONTHS[unit]
    begin = date(day.year, (day.month - 1) // length * length + 1, 1)
    return [begin if begin == day else months_later(begin, length)]


def _name(first: date, after: date, unit: Unit) -> str:
    if unit == "month":
        return f"{first:%Y-%m}"
    if unit == "quarter":
        return f"{first.year}-Q{(first.month + 2) // 3}"
    if unit == "year":
        return str(first.year)
    return f"{first} to {date.fromordinal(after.toordinal() - 1)}"
