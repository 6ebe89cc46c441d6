"""Why customers left, why others may, what moved the scores, and which rules fired."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.review.scene import NOW, Scene

MOST_RULES = 6
_LEFT = """
    SELECT reason, sum(customers)::BIGINT AS customers,
           coalesce(sum(customers) FILTER (source = 'stated'), 0)::BIGINT AS stated
    FROM from_leaving_reasons WHERE period = ? GROUP BY reason ORDER BY customers DESC, reason
"""
_FIRST_REASONS = f"""
    SELECT split_part(signal, '__', 1) AS topic, count(*) AS customers
    FROM from_churn_reasons SEMI JOIN (SELECT customer_id FROM {NOW} WHERE band = 'high') high USING (customer_id)
    WHERE as_of = ? AND model_version = ? AND horizon_days = ? AND position = 1
    GROUP BY topic ORDER BY customers DESC, topic
"""
_MOVES = """
    SELECT split_part(signal, '__', 1) AS topic, count(DISTINCT customer_id) AS customers,
           sum(greatest(change, 0)) AS raised, sum(least(change, 0)) AS lowered,
           sum(from_data) AS from_data, sum(from_time) AS from_time, sum(from_model) AS from_model
    FROM from_churn_moves SEMI JOIN (SELECT as_of, model_version FROM from_score_runs WHERE status = 'finished') runs
         USING (as_of, model_version)
    WHERE as_of > ? AND as_of <= ? AND signal IS NOT NULL
    GROUP BY topic ORDER BY sum(abs(change)) DESC, topic
"""
_RULES = """
    SELECT rule, count(*) AS alerts, count(DISTINCT customer_id) AS customers,
           count(*) FILTER (severity = 'high') AS high
    FROM from_alerts WHERE fired_as_of > ? AND fired_as_of <= ? GROUP BY rule ORDER BY alerts DESC, rule LIMIT ?
"""


@dataclass(frozen=True, eq=False)
class Why:
    """Why.

    Parameters
    ----------
    left
        Reasons of those who left in the month: ``reason``, ``customers``, ``stated`` (with the notice).
    scores
        Customers in band high by what the first reason of their score has to do with: ``topic``, ``customers``.
    moves
        What moved the scores in the month: ``topic``, ``customers``, ``raised``, ``lowered`` (sums of probabilities)
        and the parts ``from_data``, ``from_time``, ``from_model``.
    rules
        Rules that fired most: ``rule``, ``alerts``, ``customers``, ``high``.
    """

    left: list[dict[str, Any]]
    scores: list[dict[str, Any]]
    moves: list[dict[str, Any]]
    rules: list[dict[str, Any]]

    @property
    def known(self) -> list[dict[str, Any]]:
        """Reasons that say something."""
        return [row for row in self.left if row["reason"] not in ("unknown", "other")]


def why(scene: Scene) -> Why:
    """Read why, for a month."""
    run, inside = scene.now, scene.inside
    key = None if run is None else [run.as_of, run.model_version, run.horizon_days]
    return Why(
        left=scene.rows(_LEFT, [scene.month.name]),
        scores=[] if key is None else scene.rows(_FIRST_REASONS, key),
        moves=scene.rows(_MOVES, inside),
        rules=scene.rows(_RULES, [*inside, MOST_RULES]),
    )
