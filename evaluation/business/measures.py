"""The measures of a period: what each divides by what, its interval, and when there are too few to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.gates.words import Words
from evaluation.model.segments import MINIMUM_CUSTOMERS, TOO_FEW
from evaluation.model.shares import two_sided_z, wilson_interval

FloatArray = NDArray[np.float64]
TOLD = "told"
KEYS = ("period", "starts_at", "ends_at", "segmentation", "segment")


@dataclass(frozen=True)
class Measure:
    """A measure: a sum of columns divided by a column.

    Parameters
    ----------
    name
        Its name in tables.
    words
        Its name for people.
    top
        Columns of the dividend, each with 1 or -1.
    bottom
        Column of the divisor.
    kind
        ``share``: part of a count, with Wilson's interval; ``ratio``: amounts of customers, whose interval says how far
        the ratio moves with the customers drawn.
    customers
        Column with the number of customers it rests on.
    formula
        How it is computed, for people.
    """

    name: str
    words: Words
    top: Mapping[str, int]
    bottom: str
    kind: Literal["share", "ratio"]
    customers: str
    formula: Words

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it needs."""
        return (*self.top, self.bottom)

    @property
    def moments(self) -> tuple[str, str, str]:
        """Names of the sums of squares and products that a ratio's interval needs."""
        return f"_{self.name}_yy", f"_{self.name}_xy", f"_{self.name}_xx"

    def dividend(self, columns: Mapping[str, FloatArray]) -> FloatArray:
        """Add up the columns of the dividend."""
        return np.sum([sign * columns[name] for name, sign in self.top.items()], axis=0)


def _measure(
    name: str,
    en: str,
    zh: str,
    top: Mapping[str, int],
    bottom: str,
    formula_en: str,
    formula_zh: str,
    kind: Literal["share", "ratio"] = "share",
    customers: str = "",
) -> Measure:
    return Measure(name, Words(en, zh), top, bottom, kind, customers or bottom, Words(formula_en, formula_zh))


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        _measure(
            "churn_rate",
            "churn rate",
            "流失率",
            {"customers_lost": 1},
            "customers_opening",
            "customers at the beginning who left in the period / customers at the beginning",
            "期初客户中本期流失的客户数 / 期初客户数",
        ),
        _measure(
            "active_churn_rate",
            "active churn rate",
            "主动流失率",
            {"customers_lost_active": 1},
            "customers_opening",
            "customers at the beginning who gave notice or did not renew / customers at the beginning",
            "期初客户中主动终止或未续约的客户数 / 期初客户数",
        ),
        _measure(
            "passive_churn_rate",
            "passive churn rate",
            "被动流失率",
            {"customers_lost": 1, "customers_lost_active": -1},
            "customers_opening",
            "customers at the beginning who fell silent / customers at the beginning",
            "期初客户中沉默流失的客户数 / 期初客户数",
        ),
        _measure(
            "retention_rate",
            "retention rate (CRR)",
            "留存率",
            {"customers_closing": 1, "customers_new": -1, "customers_returned": -1},
            "customers_opening",
            "(customers at the end - new - returned) / customers at the beginning",
            "（期末客户数 − 新增客户数 − 回流客户数）/ 期初客户数",
        ),
        _measure(
            "gross_revenue_churn_rate",
            "gross revenue churn",
            "总收入流失率",
            {"revenue_lost": 1, "revenue_contraction": 1},
            "revenue_opening",
            "monthly revenue lost with customers or shrunk / monthly revenue at the beginning",
            "（流失收入 + 缩减收入）/ 期初月度经常性收入",
            "ratio",
            "customers_opening",
        ),
        _measure(
            "net_revenue_churn_rate",
            "net revenue churn",
            "净收入流失率",
            {"revenue_lost": 1, "revenue_contraction": 1, "revenue_expansion": -1},
            "revenue_opening",
            "(lost + shrunk - grown monthly revenue of customers at the beginning) / monthly revenue at the beginning",
            "（流失收入 + 缩减收入 − 扩张收入）/ 期初月度经常性收入",
            "ratio",
            "customers_opening",
        ),
        _measure(
            "renewal_rate",
            "renewal rate",
            "续约率",
            {"terms_renewed": 1},
            "terms_due",
            "terms that were renewed / terms that ended in the period and are decided",
            "已续约的到期合同数 / 本期到期且已有结果的合同数",
        ),
        _measure(
            "repeat_purchase_rate",
            "repeat purchase rate",
            "重复购买率",
            {"repeat_buyers": 1},
            "buyers",
            "customers with two or more orders / customers with one or more",
            "本期购买两次及以上的客户数 / 本期购买过的客户数",
        ),
        _measure(
            "quarterly_repurchase_rate",
            "quarterly repurchase rate",
            "季度复购率",
            {"quarter_buyers_again": 1},
            "quarter_buyers_before",
            "customers who bought in the three months before and again in the last three / "
            "customers who bought in the three months before",
            "上一季度购买且本季度再次购买的客户数 / 上一季度购买的客户数",
        ),
        _measure(
            "average_order_value",
            "average order value",
            "客单价",
            {"spend": 1},
            "orders",
            "amount of the orders less what was given back / orders",
            "订单净额 / 订单数",
            "ratio",
            "buyers",
        ),
        _measure(
            "active_rate",
            "active rate",
            "活跃率",
            {"active_customers": 1},
            "customers_closing",
            "customers at the end who did something in the period / customers at the end",
            "期末客户中本期有活动的客户数 / 期末客户数",
        ),
    )
}


def with_moments(columns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Add what the intervals of ratios need: squares and products of each customer's dividend and divisor."""
    found = dict(columns)
    for measure in MEASURES.values():
        if measure.kind == "ratio" and all(name in columns for name in measure.columns):
            y, x = measure.dividend(columns), columns[measure.bottom]
            found.update(zip(measure.moments, (y * y, x * y, x * x), strict=True))
    return found


def rates(flows: pd.DataFrame, *, minimum_customers: int = MINIMUM_CUSTOMERS, level: float = 0.95) -> pd.DataFrame:
    """Give every measure that the sums allow.

    Parameters
    ----------
    flows
        Sums by period and segment, as `evaluation.business.flows.flows` gives them.
    minimum_customers
        With fewer customers (or terms) a measure is ``too few to say``, and its value is missing.
    level
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        ``period``, ``starts_at``, ``ends_at``, ``segmentation``, ``segment``, ``measure``, ``value``, ``low``, ``high``
        (a share of 0 to 1, or an amount), ``count`` (customers or terms it rests on) and ``verdict`` (``told`` or
        ``too few to say``). What cannot be known, such as what came before the data, is left out.
    """
    parts = [
        _rate(measure, flows, minimum_customers, level)
        for measure in MEASURES.values()
        if all(name in flows for name in measure.columns)
    ]
    columns = [*KEYS, "measure", "value", "low", "high", "count", "verdict"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _rate(measure: Measure, flows: pd.DataFrame, minimum_customers: int, level: float) -> pd.DataFrame:
    known = flows[flows[measure.bottom].notna()]
    columns = {name: known[name].to_numpy(dtype=np.float64) for name in (*measure.columns, measure.customers)}
    y, x, count = measure.dividend(columns), columns[measure.bottom], columns[measure.customers]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = y / x
        if measure.kind == "share":
            low, high = wilson_interval(np.clip(value, 0, 1), x, level)
        else:
            moments = [known[name].to_numpy(dtype=np.float64) for name in measure.moments]
            low, high = ratio_interval(value, x, count, *moments, level=level)
    silent = (count < minimum_customers) | ~np.isfinite(value)
    found = known[list(KEYS)].assign(measure=measure.name, value=value, low=low, high=high)
    found.loc[silent, ["value", "low", "high"]] = np.nan
    return found.assign(count=count.astype(np.int64), verdict=np.where(silent, TOO_FEW, TOLD))


def ratio_interval(
    ratio: FloatArray,
    bottom: FloatArray,
    count: FloatArray,
    yy: FloatArray,
    xy: FloatArray,
    xx: FloatArray,
    *,
    level: float = 0.95,
) -> tuple[FloatArray, FloatArray]:
    """Interval of a ratio of sums over customers, by linearisation (Cochran 1977, Sampling Techniques, section 2.11).

    Parameters
    ----------
    ratio
        Sum of y over sum of x.
    bottom
        Sum of x.
    count
        Customers.
    yy, xy, xx
        Sums over customers of y squared, x times y, x squared.
    level
        Coverage.

    Examples
    --------
    >>> y, x = np.array([1.0, 2.0, 4.0]), np.array([2.0, 4.0, 8.0])
    >>> [end.item() for end in ratio_interval(np.array([0.5]), x.sum(), 3.0, y @ y, x @ y, x @ x)]
    [0.5, 0.5]
    """
    residual = np.maximum(yy - 2 * ratio * xy + ratio**2 * xx, 0.0)
    half = two_sided_z(level) * np.sqrt(count / np.maximum(count - 1, 1) * residual) / bottom
    return ratio - half, ratio + half
