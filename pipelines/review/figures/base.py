"""The customers of the month: who was there, came and left, at what rates, and the value at risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipelines.review.scene import BEFORE, NOW, Run, Scene

TREND_MONTHS = 13
RATES = ("churn_rate", "active_churn_rate", "passive_churn_rate", "gross_revenue_churn_rate", "net_revenue_churn_rate")
_FLOWS = """
    SELECT period, starts_at::DATE AS first_day, COLUMNS('^customers_(opening|new|returned|lost|closing)$'),
           COLUMNS('^revenue_(opening|new|returned|expansion|contraction|lost|closing)$')
    FROM from_customer_flows WHERE segmentation = 'all' AND starts_at <= ? ORDER BY starts_at DESC LIMIT ?
"""
_RATES = """
    SELECT period, measure, value, low, high, count, verdict FROM from_measures
    WHERE segmentation = 'all' AND list_contains(?, measure) AND list_contains(?, period)
"""
_TREND = """
    SELECT period AS period_name, starts_at::DATE AS period_start, value AS measure_value, low AS value_low,
           high AS value_high, yardstick_low, yardstick_high, standing, yardstick AS yardstick_name
    FROM from_yardsticks WHERE segmentation = 'all' AND measure = 'churn_rate' AND starts_at <= ?
    ORDER BY starts_at DESC LIMIT ?
"""


@dataclass(frozen=True)
class Stake:
    """What is at risk at the end of a month.

    Parameters
    ----------
    run
        The scoring run.
    customers, high
        Customers scored, and those in band high.
    value_at_risk, high_value_at_risk
        Of all, and of those in band high; None where nothing says what a customer is worth.
    """

    run: Run
    customers: int
    high: int
    value_at_risk: float | None
    high_value_at_risk: float | None


@dataclass(frozen=True, eq=False)
class Base:
    """The customer base.

    Parameters
    ----------
    flows
        Customers and monthly revenue of up to 13 months, ascending; the last is the month itself.
    rates
        Measure and month (``2026-10``) to value, interval, count and verdict.
    trend
        Churn rate of up to 13 months beside the yardstick, ascending.
    now, before
        What is at risk at the end of the month, and of the month before; None where nobody was scored then.
    """

    flows: list[dict[str, Any]]
    rates: dict[tuple[str, str], dict[str, Any]]
    trend: list[dict[str, Any]]
    now: Stake | None
    before: Stake | None

    @property
    def month(self) -> dict[str, Any]:
        """Customers and monthly revenue of the month."""
        return self.flows[-1]

    @property
    def standing(self) -> str | None:
        """How the churn rate stands beside what is healthy; None where that is not told."""
        return self.trend[-1]["standing"] if self.trend and self.trend[-1]["measure_value"] is not None else None

    def rate(self, measure: str, month: str) -> dict[str, Any] | None:
        """Give a measure of a month; None where it is not told or rests on too few."""
        found = self.rates.get((measure, month))
        return found if found is not None and found["verdict"] == "told" else None


def base(scene: Scene) -> Base:
    """Read the customer base of a month."""
    month = scene.month
    names = [month.name, month.back(1).name, month.back(12).name]
    found = scene.rows(_RATES, [list(RATES), names])
    until = [month.starts_at, TREND_MONTHS]
    return Base(
        flows=scene.rows(_FLOWS, until)[::-1],
        rates={(row["measure"], row["period"]): row for row in found},
        trend=scene.rows(_TREND, until)[::-1],
        now=_stake(scene, scene.now, NOW),
        before=_stake(scene, scene.before, BEFORE),
    )


def _stake(scene: Scene, run: Run | None, table: str) -> Stake | None:
    if run is None:
        return None
    row = scene.row(f"""
        SELECT count(*) AS customers, count(*) FILTER (band = 'high') AS high, sum(value_at_risk) AS value_at_risk,
               sum(value_at_risk) FILTER (band = 'high') AS high_value_at_risk FROM {table}
    """)
    return Stake(run, **row)
