"""The market that the demo company serves: industries, sizes, regions and channels with their habits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Choice:
    """Named options, each with a share and numbers that describe it."""

    options: dict[str, dict[str, Any]]

    def __len__(self) -> int:
        return len(self.options)

    @property
    def names(self) -> list[str]:
        """Names in order of their codes."""
        return list(self.options)

    def index(self, name: str) -> int:
        """Code of a name."""
        return self.names.index(name)


LAST_DAY_OF_MONTH = 28
"""Contracts never begin later in a month, so that every month has the day."""

INDUSTRIES = Choice(
    {
        "manufacturing": {"share": 0.22, "hazard": 0.92, "buyer_share": 0.75, "order_interval_days": 34},
        "fast_moving_goods": {"share": 0.16, "hazard": 1.0, "buyer_share": 0.85, "order_interval_days": 13},
        "retail": {"share": 0.16, "hazard": 1.08, "buyer_share": 0.7, "order_interval_days": 18},
        "software": {"share": 0.14, "hazard": 1.0, "buyer_share": 0.1, "order_interval_days": 60},
        "logistics": {"share": 0.12, "hazard": 0.97, "buyer_share": 0.45, "order_interval_days": 28},
        "education": {"share": 0.10, "hazard": 1.08, "buyer_share": 0.15, "order_interval_days": 70},
        "healthcare": {"share": 0.10, "hazard": 0.9, "buyer_share": 0.55, "order_interval_days": 25},
    }
)

SIZES = Choice(
    {
        "micro": {
            "share": 0.2,
            "hazard": 1.2,
            "scale": 0.2,
            "daily_uses": 0.48,
            "csm_share": 0.05,
            "yearly_share": 0.3,
        },
        "small": {
            "share": 0.36,
            "hazard": 1.05,
            "scale": 0.8,
            "daily_uses": 0.52,
            "csm_share": 0.2,
            "yearly_share": 0.45,
        },
        "medium": {
            "share": 0.28,
            "hazard": 0.95,
            "scale": 4,
            "daily_uses": 0.65,
            "csm_share": 0.5,
            "yearly_share": 0.6,
        },
        "large": {
            "share": 0.12,
            "hazard": 0.85,
            "scale": 20,
            "daily_uses": 0.75,
            "csm_share": 0.85,
            "yearly_share": 0.75,
        },
        "enterprise": {
            "share": 0.04,
            "hazard": 0.75,
            "scale": 90,
            "daily_uses": 1.1,
            "csm_share": 1.0,
            "yearly_share": 0.9,
        },
    }
)

REGIONS = Choice(
    {
        "east_china": {"share": 0.24, "is_chinese": 1},
        "south_china": {"share": 0.18, "is_chinese": 1},
        "north_china": {"share": 0.14, "is_chinese": 1},
        "southwest_china": {"share": 0.08, "is_chinese": 1},
        "southeast_asia": {"share": 0.12, "is_chinese": 0},
        "europe": {"share": 0.14, "is_chinese": 0},
        "north_america": {"share": 0.10, "is_chinese": 0},
    }
)

CHANNELS = Choice(
    {
        "direct_sales": {"share": 0.34, "hazard": 0.95},
        "reseller": {"share": 0.22, "hazard": 1.02},
        "online": {"share": 0.24, "hazard": 1.1},
        "referral": {"share": 0.12, "hazard": 0.85},
        "trade_fair": {"share": 0.08, "hazard": 1.02},
    }
)


def shares(choice: Choice) -> np.ndarray:
    """Share of each option; sums to 1."""
    return column(choice, "share")


def column(choice: Choice, name: str) -> np.ndarray:
    """One number of every option, in order of their codes."""
    return np.array([option[name] for option in choice.options.values()], dtype=float)
