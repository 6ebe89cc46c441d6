"""A customer's risk over time, and how often the product was used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from evaluation.gates.words import Words
from pipelines.dashboard import queries
from pipelines.dashboard.row import risk
from pipelines.dashboard.store import Mart
from pipelines.report.blocks import Block, Paragraph, Picture, Pictures
from pipelines.report.drawing import Axis, Line, bar_chart, line_chart
from pipelines.report.numbers import percent, same

ONE_SCORE = Words(
    "Scored once so far; the curve begins with the next scoring.", "目前仅有一次评分，下次评分后显示曲线。"
)


def curves(mart: Mart, found: dict[str, Any]) -> list[Block]:
    """Draw a customer's risk at each scoring, and its use of the product in each month."""
    pictures = []
    scores = queries.history(mart, found["customer_id"], found["horizon_days"])
    if len(scores) > 1:
        pictures.append(_risk_curve(scores))
    used = queries.usage(mart, found["customer_id"])
    if used:
        pictures.append(_usage_bars(used[-6:]))
    once: list[Block] = [] if len(scores) > 1 else [Paragraph(ONE_SCORE, "soft")]
    return [*once, *([Pictures(pictures)] if pictures else [])]


def day_axis(days: Sequence[date], title: Words) -> Axis:
    """Give an axis of days, marked at the first, the middle and the last."""
    places = [float(each.toordinal()) for each in (days[0], days[len(days) // 2], days[-1])]
    return Axis(places[0], places[-1], title, _month_and_day, sorted(set(places)))


def _month_and_day(ordinal: float) -> Words:
    return same(date.fromordinal(round(ordinal)).strftime("%m-%d"))


def _risk_curve(scores: Sequence[dict[str, Any]]) -> Picture:
    days = [row["score_date"] for row in scores]
    values = np.array([row["probability"] for row in scores])
    first, last = risk(values[0]), risk(values[-1])
    title = Words(f"Risk: {first.en} on {days[0]}, {last.en} now", f"流失概率：{days[0]} 为 {first.zh}，现为 {last.zh}")
    caption = Words("Risk of leaving at each scoring.", "每次评分时的流失概率。")
    up = Axis(0, min(1.0, float(values.max()) * 1.25 + 0.01), Words("risk of leaving", "流失概率"), percent)
    places = np.array([day.toordinal() for day in days], float)
    line = Line(places, values, "model", last, float(places[-1]), anchor="end")
    return Picture(title, caption, line_chart([line], day_axis(days, Words("day of scoring", "评分日期")), up))


def _usage_bars(used: Sequence[dict[str, Any]]) -> Picture:
    rows = [(same(f"{row['happened_at']:%Y-%m}"), row["amount"], same(f"{row['amount']:,.0f}")) for row in used]
    ends = [(f"{row['amount']:,.0f}", row["happened_at"]) for row in (used[0], used[-1])]
    (first, begin), (last, end) = ends
    title = Words(
        f"Used the product {first} times in {begin:%B}, {last} times in {end:%B}",
        f"产品使用：{begin.month} 月 {first} 次，{end.month} 月 {last} 次",
    )
    return Picture(title, Words("Uses of the product by month.", "每月产品使用次数。"), bar_chart(rows))
