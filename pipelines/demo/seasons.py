"""The rhythm of the year and of the week: seasons, holidays, weekends."""

from __future__ import annotations

import numpy as np

from pipelines.demo.clock import Clock
from pipelines.demo.segments import INDUSTRIES, REGIONS, column
from pipelines.demo.world import World

WORKING_WEEKEND = {"retail", "fast_moving_goods", "healthcare"}

# First day of the Chinese spring festival; the week that follows is a holiday.
_SPRING_FESTIVALS = [
    "2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06",
    "2028-01-26", "2029-02-13", "2030-02-03",
]  # fmt: skip


def day_factors(world: World) -> np.ndarray:
    """Factor of each day on activity for each customer; float32, shape (n, days)."""
    calendars = np.stack([_calendar(world.clock, chinese, weekend) for chinese in (0, 1) for weekend in (0, 1)])
    works_weekends = np.array([name in WORKING_WEEKEND for name in INDUSTRIES.names])[world.population.industry]
    is_chinese = column(REGIONS, "is_chinese")[world.population.region].astype(np.int64)
    return calendars[is_chinese * 2 + works_weekends]


def _calendar(clock: Clock, chinese: int, works_weekends: int) -> np.ndarray:
    dates = clock.origin + np.arange(clock.end_day)
    weekday = (dates.astype(np.int64) + 3) % 7
    factor = np.where(weekday >= 5, 0.45 if works_weekends else 0.12, 1.0)
    year_start = dates.astype("datetime64[Y]").astype("datetime64[D]")
    day_of_year = (dates - year_start).astype(np.int64)
    factor = factor * (1 + 0.08 * np.sin(2 * np.pi * (day_of_year - 60) / 365.25))
    holiday = _chinese_holidays(dates) if chinese else (day_of_year < 3) | (day_of_year > 356)
    return np.where(holiday, factor * 0.3, factor).astype(np.float32)


def _chinese_holidays(dates: np.ndarray) -> np.ndarray:
    month_day = dates.astype("datetime64[M]").astype(np.int64) % 12 * 100
    day = (dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    national = (month_day == 900) & (day < 7)
    since = dates[:, None] - np.array(_SPRING_FESTIVALS, dtype="datetime64[D]")
    return national | ((since >= np.timedelta64(-1, "D")) & (since < np.timedelta64(7, "D"))).any(axis=1)
