"""Curves over time that several pages show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from evaluation.gates.words import Words
from pipelines.dashboard.curves import day_axis
from pipelines.report.blocks import Picture
from pipelines.report.drawing import Axis, Line, line_chart
from pipelines.report.numbers import count, same


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
