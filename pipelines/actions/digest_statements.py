"""Statements that gather alerts by customer."""

from __future__ import annotations

from pipelines.warehouse.actions import MANAGERS, OPEN, SCHEMA
from pipelines.warehouse.sql import identifier

NEWEST = f"SELECT max(fired_as_of) FROM {SCHEMA}.alerts"
_GRAVITY = "CASE severity WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END"


def digest_rows(accepted: str, language: str) -> str:
    """Gather the open alerts of the newest seven days by customer.

    Parameters
    ----------
    accepted
        Schema of the accepted tables.
    language
        ``en`` or ``zh``.

    Returns
    -------
    str
        Its parameters are the owner twice (null: all) and the number of customers.
    """
    said = identifier(f"sentence_{language}")
    return f"""
        SELECT customer_id, any_value(customers.name), list_sort(list(DISTINCT owner)),
               coalesce(bool_or(escalated_to = '{MANAGERS}'), false), arg_min(severity, {_GRAVITY}),
               any_value(probability), any_value(value_at_risk), list({said} ORDER BY {_GRAVITY}, rule)
        FROM {SCHEMA}.alerts
        LEFT JOIN (SELECT customer_id, name FROM {identifier(accepted)}.customers) customers USING (customer_id)
        LEFT JOIN (
            SELECT customer_id, probability, value_at_risk FROM scores.churn_scores_current WHERE band IS NOT NULL
        ) USING (customer_id)
        WHERE state = '{OPEN}' AND fired_as_of > ({NEWEST}) - INTERVAL 7 DAY
        GROUP BY customer_id HAVING ?::VARCHAR IS NULL OR list_contains(list(owner), ?)
        ORDER BY any_value(value_at_risk) DESC NULLS LAST, customer_id LIMIT ?
    """
