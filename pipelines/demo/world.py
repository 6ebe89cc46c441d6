"""One chunk of customers with everything that was decided about them; the tables are written from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pipelines.demo.clock import STEP_DAYS, Clock, business_hour
from pipelines.demo.conditions import Conditions
from pipelines.demo.population import Population
from pipelines.demo.states import NOT_LEFT, Lives

AFTER_NOTICE = 0.35
"""What remains of usage, orders and calls between notice and the end of service."""


@dataclass(frozen=True)
class World:
    """A chunk of customers, their latent lives and the moments that follow from them."""

    chunk: int
    clock: Clock
    population: Population
    lives: Lives
    notice_at: np.ndarray
    left_at: np.ndarray

    @property
    def conditions(self) -> Conditions:
        """Contract conditions of the customers."""
        return self.population.conditions

    @property
    def started_at(self) -> np.ndarray:
        """First moment of the relationship, in days."""
        return self.conditions.started_day.astype(float)

    @cached_property
    def presence(self) -> np.ndarray:
        """Presence on each day: 0 before and after, 1 as a customer, less after notice; shape (n, days)."""
        days = np.arange(self.clock.end_day, dtype=np.int32)
        here = (days >= self.conditions.started_day[:, None]) & (days < self.lives.left_day[:, None])
        noticed = days >= self.lives.notice_day[:, None]
        return here * np.where(noticed, np.float32(AFTER_NOTICE), np.float32(1))

    def effect(self, cause: int, factors: tuple[float, float, float], inertia: float = 0.0) -> np.ndarray:
        """Follow a cause's level by a factor, day by day.

        Parameters
        ----------
        cause
            Cause index.
        factors
            Factor at each level.
        inertia
            Part of last week's value that remains: 0 follows at once.

        Returns
        -------
        np.ndarray
            Float32, shape (n, days).
        """
        weekly = np.array(factors, dtype=np.float32)[self.lives.levels[:, :, cause]]
        for step in range(1, weekly.shape[1]) if inertia else ():
            weekly[:, step] = inertia * weekly[:, step - 1] + (1 - inertia) * weekly[:, step]
        return self.daily(weekly)

    def daily(self, weekly: np.ndarray) -> np.ndarray:
        """Repeat weekly values for each day of the time axis; (n, steps) to (n, days)."""
        return np.repeat(weekly, STEP_DAYS, axis=1)[:, : self.clock.end_day]

    def onset(self, cause: int) -> np.ndarray:
        """Tell the days of the week in which a cause begins; bool, shape (n, days)."""
        present = self.lives.levels[:, :, cause] > 0
        begins = present.copy()
        begins[:, 1:] &= ~present[:, :-1]
        return self.daily(begins)

    def relief(self, rows: np.ndarray, days: np.ndarray, cause: int) -> np.ndarray:
        """First day of the first week without the cause, for customers at moments; NaN when it lasts to the end."""
        steps = np.arange(self.clock.steps)
        clear = np.where(self.lives.levels[:, :, cause] == 0, steps, self.clock.steps)
        following = np.minimum.accumulate(clear[:, ::-1], axis=1)[:, ::-1]
        step = following[rows, np.clip(days.astype(np.int64) // STEP_DAYS, 0, self.clock.steps - 1)]
        return np.where(step < self.clock.steps, step * float(STEP_DAYS), np.nan)

    def level(self, rows: np.ndarray, days: np.ndarray, cause: int) -> np.ndarray:
        """Level of a cause for customers at moments (float days)."""
        steps = np.clip(days.astype(np.int64) // STEP_DAYS, 0, self.clock.steps - 1)
        return self.lives.levels[rows, steps, cause]


def make_world(rng: np.random.Generator, chunk: int, clock: Clock, population: Population, lives: Lives) -> World:
    """Fix the moments of notice and of leaving (float days, NaN for never)."""
    noticed = lives.notice_day != NOT_LEFT
    notice_at = np.where(noticed, business_hour(rng, np.where(noticed, lives.notice_day, 0)), np.nan)
    left_at = np.where(lives.left_day != NOT_LEFT, lives.left_day.astype(float), np.nan)
    return World(chunk, clock, population, lives, notice_at, left_at)
