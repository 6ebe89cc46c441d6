"""What the pages read from the mart."""

from __future__ import annotations

from typing import Any

from pipelines.dashboard.filters import CATEGORIES, Filters
from pipelines.dashboard.store import Mart
from pipelines.warehouse.sql import identifier, statement

PAGE_ROWS = 25
DIVISIONS = (*CATEGORIES, "channel", "rfm_class", "lifecycle_stage", "tier")


def newest(mart: Mart) -> dict[str, Any]:
    """Give what the newest run found: customers, those in band high, new among them, expected leavers, values."""
    return _first(
        mart,
        """
        SELECT count(*) AS customers, max(score_date) AS score_date, max(horizon_days) AS horizon_days,
               max(model_version) AS model_version, max(valid_until) AS valid_until,
               max(previous_score_date) AS previous_score_date,
               count(*) FILTER (risk_band = 'high') AS high, sum(is_newly_high)::BIGINT AS newly_high,
               sum(probability) AS expected_leavers,
               sum(value_at_risk) AS value_at_risk,
               sum(value_at_risk) FILTER (risk_band = 'high') AS high_value_at_risk,
               sum(monthly_value) AS monthly_value,
               sum(monthly_value) FILTER (risk_band = 'high') AS high_monthly_value
        FROM churn_latest
        """,
    )


def _first(mart: Mart, query: str, parameters: Any = ()) -> dict[str, Any]:
    return next(iter(mart.summary(query, parameters)), {})


def last_run(mart: Mart) -> dict[str, Any]:
    """Give the newest scoring run."""
    return mart.row("SELECT * FROM fact_score_run ORDER BY score_date DESC, finished_at DESC NULLS LAST LIMIT 1")


def coverage(mart: Mart, run_id: str) -> list[dict[str, Any]]:
    """Give who was not scored in a run, and why; empty where the file is older than that ledger."""
    return mart.rows(
        "SELECT outcome, reason, customers FROM fact_score_coverage WHERE run_id = ? ORDER BY customers DESC", [run_id]
    )


def bands(mart: Mart) -> list[dict[str, Any]]:
    """Give the bands of the newest run, the riskiest first: customers, expected leavers, values."""
    return mart.summary("""
        SELECT risk_band, count(*) AS customers, sum(probability) AS expected_leavers,
               sum(value_at_risk) AS value_at_risk
        FROM churn_latest GROUP BY risk_band ORDER BY avg(probability) DESC
    """)


def trend(mart: Mart) -> list[dict[str, Any]]:
    """Give for each day of scores the customers in band high and the expected leavers."""
    return mart.summary("""
        SELECT score_date, count(*) AS customers, count(*) FILTER (risk_band = 'high') AS high,
               sum(probability) AS expected_leavers, sum(value_at_risk) AS value_at_risk
        FROM fact_churn_score_daily
        WHERE horizon_days = (SELECT max(horizon_days) FROM churn_latest)
        GROUP BY score_date ORDER BY score_date
    """)


def topics(mart: Mart) -> list[dict[str, Any]]:
    """Give of what the first reasons of customers in band high speak, the most frequent first."""
    return mart.summary("""
        SELECT topic, count(*) AS customers FROM fact_score_driver
        SEMI JOIN (FROM churn_latest WHERE risk_band = 'high')
          USING (customer_id, score_date, horizon_days, model_version)
        WHERE driver_type = 'reason' AND driver_position = 1
        GROUP BY topic ORDER BY customers DESC, topic
    """)


def core_indicators(mart: Mart, owner: str | None) -> list[dict[str, Any]]:
    """Give each core indicator in the middle of all customers and of those in band high."""
    return mart.rows(
        """
        SELECT named.*, everyone.median_value AS usual, everyone.customers, high.median_value AS of_high,
               high.customers AS high_customers
        FROM dim_indicator named
        JOIN fact_indicator_summary everyone
          ON everyone.indicator = named.indicator AND everyone.risk_band IS NULL
          AND everyone.owner IS NOT DISTINCT FROM $1
        LEFT JOIN fact_indicator_summary high
          ON high.indicator = named.indicator AND high.risk_band = 'high' AND high.owner IS NOT DISTINCT FROM $1
        ORDER BY indicator_position
        """,
        [owner],
    )


def count(mart: Mart, filters: Filters) -> dict[str, Any]:
    """Count the customers that filters leave, with their expected leavers and value at risk."""
    condition, values = filters.condition
    head = "SELECT count(*) AS customers, sum(probability) AS expected_leavers, sum(value_at_risk) AS value_at_risk,"
    part = "count(*) FILTER (risk_band = 'high') AS high FROM churn_latest WHERE"
    return _first(mart, statement(head, part, condition), values)


def listed(mart: Mart, filters: Filters, page: int, rows: int = PAGE_ROWS) -> list[dict[str, Any]]:
    """Give one page of the list, counted from 1; whole rows are read of its customers alone."""
    condition, values = filters.condition
    order = statement("ORDER BY", filters.ordered_by)
    query = statement(
        "SELECT risk_rank, customer_id FROM churn_latest WHERE", condition, order, "LIMIT ? OFFSET ?"
    )  # fmt: skip
    found = mart.summary(query, [*values, rows, max(page - 1, 0) * rows])
    whole = statement(
        "FROM churn_latest WHERE list_contains(?, customer_id)", "AND risk_rank BETWEEN ? AND ?", order
    )  # fmt: skip
    ranks = [row["risk_rank"] for row in found]
    return mart.rows(whole, [[row["customer_id"] for row in found], min(ranks), max(ranks)]) if found else []


def choices(mart: Mart) -> dict[str, list[str]]:
    """Give the values that each filter can take, the most frequent first."""
    found = {name: _values(mart, name) for name in CATEGORIES}
    told = mart.summary(
        "SELECT topic FROM fact_score_driver WHERE driver_type = 'reason' GROUP BY topic ORDER BY count(*) DESC, topic"
    )
    return {**found, "risk_band": [row["risk_band"] for row in bands(mart)], "topic": [row["topic"] for row in told]}


def _values(mart: Mart, column: str) -> list[str]:
    name = identifier(column)
    there = statement("AS value FROM churn_latest WHERE", name, "IS NOT NULL GROUP BY", name)
    return [row["value"] for row in mart.summary(statement("SELECT", name, there, "ORDER BY count(*) DESC,", name))]


def customer(mart: Mart, customer_id: str) -> dict[str, Any]:
    """Give a customer's newest score; empty where there is none that the viewer may see."""
    return mart.row("FROM churn_latest WHERE customer_id = ?", [customer_id])


def history(mart: Mart, customer_id: str, horizon_days: int) -> list[dict[str, Any]]:
    """Give a customer's scores over time."""
    return mart.rows(
        """
        SELECT score_date, probability, probability_low, probability_high, risk_band, model_version
        FROM fact_churn_score_daily WHERE customer_id = ? AND horizon_days = ?
        ORDER BY score_date
        """,
        [customer_id, horizon_days],
    )


def shorter_horizons(mart: Mart, customer_id: str) -> list[dict[str, Any]]:
    """Give a customer's newest risk within horizons shorter than the whole."""
    return mart.rows(
        """
        SELECT horizon_days, probability FROM fact_churn_score_daily
        WHERE customer_id = ? AND is_latest = 1 AND risk_band IS NULL ORDER BY horizon_days
        """,
        [customer_id],
    )


def drivers(mart: Mart, found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Give reasons, moves and levers of a customer's newest score, by kind."""
    rows = mart.rows(
        """
        FROM fact_score_driver
        WHERE customer_id = ? AND score_date = ? AND horizon_days = ? AND model_version = ? ORDER BY driver_position
        """,
        [found[name] for name in ("customer_id", "score_date", "horizon_days", "model_version")],
    )
    return {kind: [row for row in rows if row["driver_type"] == kind] for kind in ("reason", "move", "lever")}


def events(mart: Mart, customer_id: str) -> list[dict[str, Any]]:
    """Give what happened with a customer, the newest first; use of the product is left to `usage`."""
    return mart.rows(
        "FROM fact_customer_event WHERE customer_id = ? AND event_kind <> 'usage' ORDER BY happened_at DESC",
        [customer_id],
    )


def usage(mart: Mart, customer_id: str) -> list[dict[str, Any]]:
    """Give how often a customer used the product in each month."""
    return mart.rows(
        "FROM fact_customer_event WHERE customer_id = ? AND event_kind = 'usage' ORDER BY happened_at", [customer_id]
    )


def own_indicators(mart: Mart, customer_id: str) -> list[dict[str, Any]]:
    """Give a customer's core indicators beside what is usual among all customers."""
    return mart.rows(
        """
        SELECT named.*, own.indicator_value AS own_value, everyone.median_value AS usual
        FROM fact_core_indicator own
        JOIN dim_indicator named USING (indicator)
        LEFT JOIN fact_indicator_summary everyone
          ON everyone.indicator = own.indicator AND everyone.owner IS NULL AND everyone.risk_band IS NULL
        WHERE own.customer_id = ? ORDER BY indicator_position
        """,
        [customer_id],
    )


def segments(mart: Mart, column: str) -> list[dict[str, Any]]:
    """Give the segments of a column: customers, mean risk, those in band high, values; the riskiest first.

    Raises
    ------
    ValueError
        If it is no column that divides customers.
    """
    if column not in DIVISIONS:
        raise ValueError(f"{column} divides no customers")
    name = identifier(column)
    query = statement(
        "SELECT coalesce(", name, ", '(missing)') AS segment, count(*) AS customers, avg(probability) AS mean_risk,",
        "stddev_samp(probability) AS spread, count(*) FILTER (risk_band = 'high') AS high,",
        "sum(value_at_risk) AS value_at_risk FROM churn_latest GROUP BY ALL ORDER BY mean_risk DESC",
    )  # fmt: skip
    return mart.summary(query)
