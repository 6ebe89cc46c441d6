"""Retention: how many stayed, who came and left, and what it cost, beside what is healthy."""

from __future__ import annotations

from typing import Any

from evaluation.business.measures import MEASURES
from evaluation.gates.words import Words
from pipelines.dashboard import measured
from pipelines.dashboard.numbers import dated
from pipelines.dashboard.screen import Screen
from pipelines.dashboard.staying import nodes, pictures
from pipelines.dashboard.store import Mart
from pipelines.report.blocks import Cell, Pictures, Table
from pipelines.report.names import STANDINGS
from pipelines.report.numbers import NOTHING, count, money, percent
from pipelines.report.trend import churn_trend

NOTHING_YET = Words("Nothing has been measured about the customer base yet.", "尚未计算客户经营指标。")
DO = Words("Measure it: churnlab measures, then churnlab mart.", "请先运行 churnlab measures，再运行 churnlab mart。")
WHOLE = Words("Figures of the whole company.", "以下为全公司数据。")
FEW = Words("too few to say", "样本太少")
FLOWS = Words("Who came and left", "客户增减")
RATES = Words("The measures", "经营指标")
NODES = Words("When in their life customers leave", "客户在哪些节点流失")
PERIODS, SHOWN_MONTHS = 12, 24


def view(screen: Screen) -> None:
    """Draw rates and flows."""
    with screen.mart() as mart:
        churn = [row for row in measured.rates(mart, "churn_rate") if row["measure_value"] is not None]
        if not churn:
            screen.answer(NOTHING_YET, DO)
            return
        screen.answer(_answer(churn[-1]), WHOLE)
        trend = [churn_trend(churn[-SHOWN_MONTHS:])] if len(churn) > 1 else []
        screen.draw(Pictures([*trend, *pictures(mart, screen.project.value_names)]))
        around = nodes(mart)
        if around is not None:
            screen.heading(NODES)
            screen.draw(around)
        screen.heading(RATES)
        screen.draw(_rates(screen, mart))
        screen.heading(FLOWS)
        screen.draw(_flows(screen, measured.flows(mart, PERIODS)))


def _answer(last: dict[str, Any]) -> Words:
    kept, low, high = (
        percent(1 - last["measure_value"]),
        percent(last["yardstick_low"]),
        percent(last["yardstick_high"]),
    )
    left, period = percent(last["measure_value"]), last["period_name"]
    standing = STANDINGS.get(last["standing"] or "")
    beside = Words(f"; healthy is {low.en} to {high.en}", f"；健康水平为 {low.zh} 至 {high.zh}")
    if standing is not None:
        beside = Words(f"; {standing.en} ({low.en} to {high.en})", f"；{standing.zh}（{low.zh} 至 {high.zh}）")
    return Words(
        f"{kept.en} of customers stayed in {period}, {left.en} left{beside.en}.",
        f"{period} 留存率 {kept.zh}，流失率 {left.zh}{beside.zh}。",
    )


def _rates(screen: Screen, mart: Mart) -> Table:
    found = {row["measure_name"]: row for row in measured.last_rates(mart)}
    head = [
        Words("measure", "指标"),
        Words("last month", "最近一月"),
        Words("95 % interval", "95% 区间"),
        Words("month before", "上一月"),
        Words("how it is computed", "计算方式"),
    ]
    rows: list[list[Cell]] = []
    for name, measure in MEASURES.items():
        row = found.get(name)
        if row is None or row["measure_value"] is None:
            continue
        say = _say(screen, name)
        low, high = say(row["value_low"]), say(row["value_high"])
        few = row["verdict"] not in (None, "told")
        ends = Words(f"{low.en} to {high.en}", f"{low.zh} 至 {high.zh}")
        label = Words(measure.words.en[0].upper() + measure.words.en[1:], measure.words.zh)
        rows.append(
            [
                label,
                FEW if few else say(row["measure_value"]),
                NOTHING if few else ends,
                say(row["before"]),
                measure.formula,
            ]
        )
    return Table(head, rows, frozenset({1, 2, 3}))


def _say(screen: Screen, name: str) -> Any:
    if name == "average_order_value":
        return lambda value: money(value, screen.project.currency)
    return lambda value: percent(value)


def _flows(screen: Screen, rows: list[dict[str, Any]]) -> Table:
    head = [
        Words("month", "月份"),
        Words("at the beginning", "期初客户"),
        Words("new", "新增"),
        Words("returned", "回流"),
        Words("lost", "流失"),
        Words("at the end", "期末客户"),
        Words("monthly revenue lost", "流失月收入"),
        Words("monthly revenue at the end", "期末月收入"),
    ]
    cells: list[list[Cell]] = [
        [
            dated(row["period_name"]),
            *(count(row[f"customers_{part}"] or 0) for part in ("opening", "new", "returned", "lost", "closing")),
            money(row["revenue_lost"], screen.project.currency),
            money(row["revenue_closing"], screen.project.currency),
        ]
        for row in rows
    ]
    return Table(head, cells, frozenset(range(1, 8)))
