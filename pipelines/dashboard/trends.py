"""Curves over time that several pages show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from evaluation.gates.words import Words
from pipelines.dashboard.curves import day_axis
from pipelines.report.blocks import Picture
from pipelines.report.drawing import Axis, Line, line_chart
from pipelines.report.numbers import count, percent, same

HEALTHY = Words("healthy at most {share}", "健康水平上限 {share}")
STANDINGS = {
    "better": Words("better than what is healthy", "优于健康水平"),
    "within": Words("within what is healthy", "处于健康水平"),
    "worse": Words("worse than what is healthy", "高于健康水平"),
    "not sure": Words("about what is healthy; too close to say", "接近健康水平，差异不明显"),
}
SIGNS = {"better": "✓ ", "within": "✓ ", "worse": "▲ "}


def high_risk_trend(rows: Sequence[dict[str, Any]]) -> Picture:
    """Draw the customers in band high at each scoring."""
    days, values = [row["score_date"] for row in rows], np.array([row["high"] for row in rows], float)
    now, then = f"{values[-1]:,.0f}", f"{values[0]:,.0f}"
    title = Words(
        f"{now} high-risk customers now, {then} on {days[0]}", f"高风险客户现有 {now} 位，{days[0]} 为 {then} 位"
    )
    caption = Words("High-risk customers at each scoring.", "每次评分时的高风险客户数。")
    up = Axis(0, float(values.max()) * 1.25 or 1.0, Words("customers", "客户数"), count)
    places = np.array([day.toordinal() for day in days], float)
    line = Line(places, values, "model", same(now), float(places[-1]), anchor="end")
    return Picture(title, caption, line_chart([line], day_axis(days, Words("day of scoring", "评分日期")), up))


def churn_trend(rows: Sequence[dict[str, Any]]) -> Picture:
    """Draw the churn rate by month with its interval, beside what is healthy."""
    places = np.arange(len(rows), dtype=float)
    values = np.array([row["measure_value"] for row in rows], float)
    low, high = (np.array([row[name] for row in rows], float) for name in ("value_low", "value_high"))
    limit = rows[-1]["yardstick_high"]
    top = float(np.nanmax([*high, limit or 0])) * 1.2
    last, name = percent(values[-1]), rows[-1]["period_name"]
    title = Words(f"{last.en} of customers left in {name}", f"{name} 流失率 {last.zh}")
    caption = Words(
        "Churn rate of each month with its 95 % interval, all customers of the company.",
        "全公司每月流失率及其 95% 区间。",
    )
    lines = [Line(places, values, "model", last, places[-1], anchor="end", low=low, high=high)]
    if limit is not None:
        said = percent(limit)
        label = Words(HEALTHY.en.format(share=said.en), HEALTHY.zh.format(share=said.zh))
        lines.append(Line(places[[0, -1]], np.full(2, limit), "rule", label, 0.0))
    across = Axis(
        0, max(len(rows) - 1, 1), Words("month", "月份"), lambda place: same(_month(rows, place)), _ends(rows)
    )
    return Picture(title, caption, line_chart(lines, across, Axis(0, top, Words("churn rate", "流失率"), percent)))


def _ends(rows: Sequence[Any]) -> list[float]:
    last = len(rows) - 1
    return [float(place) for place in sorted({0, last // 2, last})]


def _month(rows: Sequence[dict[str, Any]], place: float) -> str:
    began: date = rows[round(place)]["period_start"]
    return f"{began:%Y-%m}"
