"""What the pages read about the customer base as a whole: rates beside their yardstick, who came and left."""

from __future__ import annotations

from typing import Any

from pipelines.dashboard.store import Mart


def rates(mart: Mart, measure: str) -> list[dict[str, Any]]:
    """Give a measure of the whole over time."""
    return mart.rows(
        "FROM fact_business_measure WHERE segmentation = 'all' AND measure_name = ? ORDER BY period_start", [measure]
    )


def last_rates(mart: Mart) -> list[dict[str, Any]]:
    """Give every measure of the whole in the last period, and in the one before as `before`."""
    return mart.rows("""
        SELECT *, lag(measure_value) OVER (PARTITION BY measure_name ORDER BY period_start) AS before
        FROM fact_business_measure WHERE segmentation = 'all'
        QUALIFY row_number() OVER (PARTITION BY measure_name ORDER BY period_start DESC) = 1
    """)


def flows(mart: Mart, periods: int) -> list[dict[str, Any]]:
    """Give who came and left in the last periods, the newest first."""
    return mart.rows("FROM fact_customer_flow WHERE segmentation = 'all' ORDER BY period_start DESC LIMIT ?", [periods])


def moves(mart: Mart, segmentation: str) -> list[dict[str, Any]]:
    """Give who went from which segment to which in the last period, the most frequent first; also who stayed."""
    return mart.rows(
        """
        FROM fact_segment_movement WHERE segmentation = $1 AND period_name = (
          SELECT max(period_name) FROM fact_segment_movement WHERE segmentation = $1
        )
        ORDER BY customers DESC, segment_from, segment_to
        """,
        [segmentation],
    )


def sizes(mart: Mart, segmentation: str, periods: int) -> list[dict[str, Any]]:
    """Give the customers of each segment at the end of the last periods, the oldest first."""
    return mart.rows(
        """
        SELECT period_name, segment_name, segment_en, segment_zh, customers_closing AS customers FROM fact_customer_flow
        WHERE segmentation = $1 AND period_start IN (
          SELECT DISTINCT period_start FROM fact_customer_flow ORDER BY period_start DESC LIMIT $2
        )
        ORDER BY period_start, segment_name
        """,
        [segmentation, periods],
    )


def churn_by(mart: Mart, segmentation: str, periods: int) -> list[dict[str, Any]]:
    """Give for each segment who was there at the beginning of the last periods and left, summed over them."""
    return mart.rows(
        """
        SELECT segment_name, sum(customers_opening) AS opening, sum(customers_lost) AS lost
        FROM fact_customer_flow
        WHERE segmentation = $1 AND period_start IN (
          SELECT DISTINCT period_start FROM fact_customer_flow ORDER BY period_start DESC LIMIT $2
        )
        GROUP BY segment_name
        """,
        [segmentation, periods],
    )
