"""How long customers stay, when in their life they leave, and why they say they left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evaluation.gates.words import Words
from evaluation.value_names import ValueNames
from pipelines.dashboard.store import Mart
from pipelines.report.blocks import Cell, Picture, Table
from pipelines.report.drawing import Axis, Canvas, Line, bar_chart, line_chart
from pipelines.report.names import leaving_reason
from pipelines.report.numbers import count, percent, percent_range, same, times

COHORTS, AGES, FEWEST = 12, 12, 30
NODES = {
    "first_purchase": Words("30 days after the first purchase", "首购后 30 天"),
    "quarterly_renewal": Words("before a quarterly renewal", "季度续约前"),
    "yearly_expiry": Words("before a yearly expiry", "年度到期前"),
    "complaint": Words("after a complaint", "投诉之后"),
}


def pictures(mart: Mart, names: ValueNames) -> list[Picture]:
    """Draw cohorts, the share who stay, and the reasons, as far as they are known."""
    cohorts = mart.rows(
        "FROM fact_cohort_retention WHERE age_months BETWEEN 0 AND ? ORDER BY cohort, age_months", [AGES]
    )
    staying = mart.rows("FROM fact_survival WHERE segmentation = 'all' ORDER BY age_months")
    why = mart.rows("""
        SELECT leaving_reason, sum(customers) AS customers FROM fact_leaving_reason
        WHERE period_name IN (SELECT DISTINCT period_name FROM fact_leaving_reason ORDER BY period_name DESC LIMIT 12)
        GROUP BY leaving_reason ORDER BY customers DESC, leaving_reason LIMIT 8
    """)
    drawn = [_staying(staying)] if len(staying) > 1 else []
    drawn += [_reasons(why, names)] if why else []
    return drawn + ([_cohorts(cohorts)] if cohorts else [])


def nodes(mart: Mart) -> Table | None:
    """Set leaving around the nodes of a customer's life beside leaving at other times."""
    found = mart.rows("FROM fact_lifecycle_node ORDER BY ratio DESC NULLS LAST")
    if not found:
        return None
    head = [
        Words("node", "节点"),
        Words("left in 30 days", "30 天流失率"),
        Words("at other times", "其他时间"),
        Words("times as often", "倍数"),
        Words("95 % interval", "95% 区间"),
    ]
    return Table(head, [_node(row) for row in found], frozenset({1, 2, 3, 4}))


def _node(row: dict[str, Any]) -> list[Cell]:
    low, high = times(row["ratio_low"]), times(row["ratio_high"])
    ends = Words(f"{low.en.removesuffix(' times')} to {high.en}", f"{low.zh} 至 {high.zh}")
    rates: list[Cell] = [percent(row["rate_at_node"]), percent(row["rate_else"])]
    return [NODES.get(row["node"], same(row["node"])), *rates, times(row["ratio"]), ends]


def _staying(rows: Sequence[dict[str, Any]]) -> Picture:
    months, values, low, high = (
        np.array([row[name] for row in rows], float)
        for name in ("age_months", "staying_share", "value_low", "value_high")
    )
    year = float(np.interp(12, months, values))
    said = percent(year)
    title = Words(f"{said.en} of customers stay a year", f"{said.zh} 的客户留存满一年")
    caption = Words(
        "Share of customers who stay so many months, with its 95 % interval (Kaplan-Meier).",
        "客户存续满相应月数的比例及 95% 区间（Kaplan-Meier）。",
    )
    line = Line(months, values, "model", said, 12.0, low=low, high=high)
    across = Axis(0, float(months[-1]), Words("months as a customer", "成为客户的月数"), count)
    return Picture(
        title, caption, line_chart([line], across, Axis(0, 1, Words("still there", "仍为客户"), percent), 12.0)
    )


def _reasons(rows: Sequence[dict[str, Any]], names: ValueNames) -> Picture:
    total = sum(row["customers"] for row in rows)
    said = {row["leaving_reason"]: leaving_reason(row["leaving_reason"], names) for row in rows}
    bars = [(said[row["leaving_reason"]], float(row["customers"]), count(row["customers"])) for row in rows]
    known = [row for row in rows if row["leaving_reason"] not in ("unknown", "other")] or list(rows)
    first, share = said[known[0]["leaving_reason"]], percent(known[0]["customers"] / total)
    title = Words(
        f"Known reason of most leavers: {first.en} ({share.en})", f"已知的首要流失原因：{first.zh}（{share.zh}）"
    )
    caption = Words(
        "Customers who left in the last twelve months, by reason: stated, unpaid, or from feedback.",
        "近十二个月流失客户的原因：客户说明、欠费或来自反馈。",
    )
    return Picture(title, caption, bar_chart(bars))


def _cohorts(rows: Sequence[dict[str, Any]]) -> Picture:
    """Draw the cohorts of the last months, the oldest first: the darker, the more are still there."""
    names = sorted({row["cohort"] for row in rows})[-COHORTS - 1 :]
    left, top, width, height = 66, 24, 28, 22
    canvas = Canvas(height=top + height * len(names) + 8)
    palest = min((row["retained_share"] for row in rows if row["customers"] >= FEWEST), default=0.0)
    for age in range(AGES + 1):
        canvas.text(left + width * (age + 0.5), 12, same(str(age)), "tick", "middle")
    for row in (row for row in rows if row["cohort"] in names):
        place = names.index(row["cohort"])
        x, y = left + width * row["age_months"], top + height * place
        few = row["customers"] < FEWEST
        shade = 0.0 if few else 0.1 + 0.9 * (row["retained_share"] - palest) / ((1 - palest) or 1)
        canvas.add("rect", "bar", x=x + 1, y=y + 1, width=width - 2, height=height - 2, fill_opacity=shade)
        said = "·" if few else f"{row['retained_share'] * 100:.0f}"
        canvas.text(x + width / 2, y + 15, same(said), "tick" if shade < 0.35 else "over", "middle")
    for place, name in enumerate(names):
        canvas.text(0, top + height * place + 15, same(name), "tick")
    newest = [row for row in rows if row["age_months"] == 3 and row["customers"] >= FEWEST]
    title = Words("Customers still there, by the month they came in", "各月新客户的留存情况")
    if newest:
        low, high = (pick(row["retained_share"] for row in newest) for pick in (min, max))
        ends = percent_range(low, high)
        title = Words(f"{ends.en} of new customers are there after 3 months", f"新客户 3 个月后的留存率为 {ends.zh}")
    caption = Words(
        "Rows: month they came in; columns: months later; figures: % still there. A dot: fewer than 30 customers.",
        "行为首次成为客户的月份，列为之后的月数，数字为仍在客户的百分比；圆点表示不足 30 位客户。",
    )
    return Picture(title, caption, canvas.drawn())
