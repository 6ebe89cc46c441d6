"""The month that is reviewed, and what to say of one that cannot be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from evaluation.gates.words import Words
from pipelines.errors import ConfigError

LAST = "last"
_ENGLISH = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True)
class Month:
    """A month of the project's time zone.

    Parameters
    ----------
    first_day
        Its first day.
    zone
        IANA name of the time zone whose midnights begin and end it.
    """

    first_day: date
    zone: str

    @property
    def name(self) -> str:
        """What it is called in tables, such as ``2026-10``."""
        return f"{self.first_day:%Y-%m}"

    @property
    def words(self) -> Words:
        """What it is called on the page."""
        year, month = self.first_day.year, self.first_day.month
        return Words(f"{_ENGLISH[month - 1]} {year}", f"{year} 年 {month} 月")

    @property
    def starts_at(self) -> datetime:
        """Instant at which it begins, UTC without zone."""
        from evaluation.business.periods import midnight

        return midnight(self.first_day, self.zone)

    @property
    def ends_at(self) -> datetime:
        """Instant at which the next one begins, UTC without zone."""
        return self.back(-1).starts_at

    def back(self, months: int) -> Month:
        """Give the month so many months before.

        >>> Month(date(2026, 1, 1), "UTC").back(1).name
        '2025-12'
        """
        from evaluation.business.periods import months_later

        return Month(months_later(self.first_day, -months), self.zone)


def month_of_review(asked: str, measured: Sequence[str], zone: str) -> Month:
    """Give the month that was asked for.

    Parameters
    ----------
    asked
        A month such as ``2026-10``, or ``last``: the last that the data cover to its end.
    measured
        The whole months of the data in which leaving is on record, ascending.
    zone
        The time zone of the measures.

    Raises
    ------
    ConfigError
        If it is no month, is not over in the data, or lies before them.
    """
    first, last = measured[0], measured[-1]
    allowed, do = f"{first} to {last}", f"choose one of these, or --month {LAST}"
    name = last if asked == LAST else asked
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", name) is None:
        raise ConfigError(f"--month {asked} is no month", allowed=f"a month such as {last}, or {LAST}", do=do)
    if name > last:
        raise ConfigError(f"{asked} is not over in the data", allowed=allowed, do=do)
    if name < first:
        raise ConfigError(f"{asked} lies before the data tell who left", allowed=allowed, do=do)
    return Month(date.fromisoformat(f"{name}-01"), zone)
