"""The customers with the most value at risk at the end of the month, why, and what is planned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.review.scene import NOW, Scene

SHOWN, MANY = 20, 100
_LISTED = f"""
    WITH first AS (
      SELECT * FROM {NOW} ORDER BY value_at_risk DESC NULLS LAST, probability DESC, customer_id LIMIT ?
    ),
    told AS (
      SELECT customer_id, sentence_en, sentence_zh FROM from_churn_reasons SEMI JOIN first USING (customer_id)
      WHERE as_of = ? AND model_version = ? AND horizon_days = ? AND position = 1
    ),
    planned AS (
      SELECT customer_id, playbook, planned_for, planned_for < ? AS is_overdue
      FROM from_planned_actions SEMI JOIN first USING (customer_id)
      WHERE state = 'planned' AND as_of <= ?
      QUALIFY row_number() OVER (
        PARTITION BY customer_id
        ORDER BY is_overdue, CASE WHEN NOT is_overdue THEN planned_for END, planned_for DESC, action_id) = 1
    )
    SELECT first.*, coalesce(nullif(trim(name), ''), customer_id) AS shown_name, owner, industry, sentence_en,
           sentence_zh, playbook, planned_for, is_overdue
    FROM first LEFT JOIN from_customers USING (customer_id) LEFT JOIN told USING (customer_id)
    LEFT JOIN planned USING (customer_id)
    ORDER BY value_at_risk DESC NULLS LAST, probability DESC, customer_id
"""
_GATHERED = f"""
    SELECT CASE WHEN place <= ? THEN 1 WHEN place <= ? THEN 2 ELSE 3 END AS part, count(*) AS customers,
           sum(value_at_risk) AS value_at_risk
    FROM (SELECT value_at_risk, row_number() OVER (
            ORDER BY value_at_risk DESC NULLS LAST, probability DESC, customer_id) AS place FROM {NOW})
    GROUP BY part ORDER BY part
"""
_BANDS = f"""
    SELECT band, count(*) AS customers, sum(value_at_risk) AS value_at_risk FROM {NOW}
    GROUP BY band ORDER BY avg(probability) DESC
"""


@dataclass(frozen=True, eq=False)
class Customers:
    """Who.

    Parameters
    ----------
    listed
        Customers with the most value at risk, or with the highest risk where nothing says what a customer is worth.
    gathered
        Value at risk of the customers listed, of the next, and of all others: ``part`` (1, 2, 3), ``customers``,
        ``value_at_risk``.
    bands
        The same by ``band``, the highest first.
    """

    listed: list[dict[str, Any]]
    gathered: list[dict[str, Any]]
    bands: list[dict[str, Any]]

    @property
    def unplanned(self) -> list[dict[str, Any]]:
        """Customers listed for whom nothing is planned after the month."""
        return [row for row in self.listed if row["playbook"] is None or row["is_overdue"]]


def customers(scene: Scene) -> Customers:
    """Read the customers of a month's end."""
    run = scene.now
    if run is None:
        return Customers([], [], [])
    next_month = scene.month.back(-1)
    key = [SHOWN, run.as_of, run.model_version, run.horizon_days, next_month.first_day, next_month.starts_at]
    return Customers(scene.rows(_LISTED, key), scene.rows(_GATHERED, [SHOWN, MANY]), scene.rows(_BANDS))
