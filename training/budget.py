"""A time budget that many steps share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Clock = Callable[[], float]

MARGIN = 1.1


@dataclass(frozen=True)
class Budget:
    """Seconds that may be spent.

    Parameters
    ----------
    seconds
        The whole budget; none means no limit.
    clock
        Gives the present time in seconds.
    """

    seconds: float | None = None
    clock: Clock = time.monotonic
    started: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "started", self.clock())

    def spent(self) -> float:
        """Seconds since the budget was opened."""
        return self.clock() - self.started

    def left(self) -> float:
        """Seconds that remain, below zero once overdrawn; infinite without a limit."""
        return math.inf if self.seconds is None else self.seconds - self.spent()

    def part(self, share: float) -> Budget:
        """Open a budget of its own over a share of what remains."""
        left = self.left()
        return Budget(None if math.isinf(left) else max(left * share, 0.0), self.clock)

    def less(self, seconds: float) -> Budget:
        """Open a budget of its own over what remains, so many seconds withheld."""
        left = self.left()
        return Budget(None if math.isinf(left) else max(left - seconds, 0.0), self.clock)

    def allows(self, seconds: float) -> bool:
        """Whether work foreseen to take so many seconds ends in time; foresight errs, so a tenth more must be left."""
        return self.left() > seconds * MARGIN
