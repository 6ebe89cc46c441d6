"""How the figures were made: what leaving is, what the data cover, who was scored and who was not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.review.scene import Scene


@dataclass(frozen=True, eq=False)
class Made:
    """How the figures were made.

    Parameters
    ----------
    data_begin, data_end
        Instants that the data cover, UTC.
    recorded_since
        First month in which leaving is on record.
    churn
        Definitions of leaving, as configured.
    horizon_days, gap_days
        The outcome window of the scores.
    left_out
        Customers without a score at the end of the month: ``outcome``, ``reason``, ``customers``.
    """

    data_begin: datetime
    data_end: datetime
    recorded_since: str
    churn: list[dict[str, Any]]
    horizon_days: int
    gap_days: int
    left_out: list[dict[str, Any]]


def made(scene: Scene) -> Made:
    """Read how the figures of a month were made."""
    window, label = scene.material.window, scene.project.label
    since = scene.row("SELECT min(period) AS since FROM from_customer_flows")["since"]
    return Made(
        data_begin=scene.material.first,
        data_end=window.data_end,
        recorded_since=since,
        churn=[each.model_dump() for each in label.churn] if label is not None else [],
        horizon_days=window.horizon_days,
        gap_days=window.gap_days,
        left_out=_left_out(scene),
    )


def _left_out(scene: Scene) -> list[dict[str, Any]]:
    if scene.now is None:
        return []
    return scene.rows(
        "SELECT outcome, reason, sum(customers)::BIGINT AS customers FROM from_score_coverage "
        "WHERE outcome <> 'scored' AND run_id = ? GROUP BY outcome, reason ORDER BY customers DESC, outcome, reason",
        [scene.now.run_id],
    )
