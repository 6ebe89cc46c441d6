"""The churn rate over time, beside what is healthy, as several pages draw it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from evaluation.gates.words import Words
from pipelines.report.blocks import Picture
from pipelines.report.drawing import Axis, Line, line_chart
from pipelines.report.numbers import percent, same

HEALTHY = Words("healthy at most {share}", "健康水平上限 {share}")


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
