"""What it is worth to act on the scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from evaluation.gates.words import Words
from pipelines.report.blocks import Cell, Code, Paragraph, Picture, Pictures, Section, Table
from pipelines.report.drawing import Axis, Line, Span, interval_chart, line_chart
from pipelines.report.numbers import count, money, percent
from pipelines.report.terms import Judged, family

TITLE = Words("What it is worth", "经济价值")
ORDERS = {
    "profit": Words("model, by gain", "模型，按收益"),
    "by_risk": Words("model, by risk", "模型，按风险"),
    "rule": family("recency_rule"),
    "random": Words("at random", "随机"),
    "perfect": Words("knowing the future", "完全预知"),
}
TERMS = {
    "contact_cost": Words("cost of a contact", "单次联系成本"),
    "offer_cost": Words("cost of an offer that is taken", "客户接受优惠的成本"),
    "acceptance_share": Words("leavers who take it and stay", "即将流失者接受并留下的比例"),
    "stayer_acceptance_share": Words("stayers who take it as well", "本会留存者同样接受的比例"),
    "margin_share": Words("margin", "毛利率"),
}
ROOM = 4
"""How many times as far as the best cut, or the capacity, the curve is drawn."""


def section(judged: Judged) -> Section:
    """Tell the profit of contacting customers, under the terms of the project."""
    found = judged.record["money"]
    if not found["applies"]:
        said = Words("Not judged: nothing says what a customer is worth.", "未评估：没有客户价值数据。")
        because = Words(found["because"]["en"], found["because"]["zh"])
        return Section("money", TITLE, said, [Paragraph(because, "soft")])
    return Section("money", TITLE, _answer(found), [Pictures([_curve(judged), _orders(found)]), _terms(found)])


def _answer(found: Mapping[str, Any]) -> Words:
    policy, currency = found["policy"], found["currency"]
    if not policy["contacted"]:
        return Words(
            "Under these terms no contact is expected to pay: the offer costs more than it keeps.",
            "按当前条件，联系任何客户都预计不会盈利：优惠成本高于挽回的毛利。",
        )
    profit, low, high = (money(policy[key], currency) for key in ("profit", "low", "high"))
    doubt = policy["low"] < 0 < policy["high"]
    who = _chosen(policy["contacted"], found["at_capacity"]["contacted"])
    return Words(
        f"Contacting {who.en} would have brought {profit.en} (95 % interval {low.en} to {high.en}"
        f"{', so that a loss cannot be ruled out' if doubt else ''}); {policy['leavers']:,} of them were about to "
        "leave.",
        f"若联系{who.zh}，可带来 {profit.zh}"
        f"（95% 区间 {low.zh} 至 {high.zh}{'，不排除亏损' if doubt else ''}）；"
        f"其中 {policy['leavers']:,} 位确实即将流失。",
    )


def _chosen(contacted: int, capacity: int) -> Words:
    if contacted < capacity:
        return Words(
            f"only the {contacted:,} customers of whom a gain was to be expected", f"预计有收益的 {contacted:,} 位客户"
        )
    return Words(
        f"the {contacted:,} customers with the largest expected gain, as many as can be contacted,",
        f"预计收益最高的 {contacted:,} 位客户（可联系人数上限）",
    )


def _curve(judged: Judged) -> Picture:
    found, best = judged.record["money"], judged.record["money"]["best_cut"]
    reach = float(
        min(1.0, max(ROOM * best["share"], 2 * found["at_capacity"]["contacted"] / judged.best["rows"], 0.05))
    )
    lines = _lines(judged, reach)
    highest = max(float(np.nanmax(line.y)) for line in lines)
    lowest = min(float(np.nanmin(line.y)) for line in lines)
    low, high = max(min(lowest, -0.05 * highest), -0.6 * highest), 1.15 * highest
    share = percent(best["share"])
    title = Words("No cut would have earned anything", "任何联系范围都不会盈利")
    if best["contacted"]:
        title = Words(f"The profit was highest at the first {share.en}", f"联系排在最前的 {share.zh} 客户时利润最高")
    caption = Words(
        "Across: share of customers contacted, the largest expected gain first. Up: profit. Shaded: 95 % interval. The "
        "highest point is known only afterwards: an upper end, no promise.",
        "横轴：按预计收益从高到低联系的客户占比；纵轴：利润；阴影：95% 置信区间。最高点只能事后得知，是上限而非承诺。",
    )
    across = Axis(0, reach, Words("customers contacted", "联系的客户占比"), percent)
    up = Axis(low, high, Words("profit", "利润"), lambda value: money(value, found["currency"]))
    drawn = line_chart([_within(line, low, high) for line in lines], across, up, marked=best["share"] or None)
    return Picture(title, caption, drawn)


def _lines(judged: Judged, reach: float) -> list[Line]:
    table = judged.tables["profit"]
    curve = table[table["share"] <= reach + 1e-9]
    x = curve["share"].to_numpy()
    low, high = (curve[end].to_numpy() for end in ("low", "high"))
    return [
        Line(x, curve["random"].to_numpy(), "chance", Words("at random", "随机联系"), 0.1 * reach, below=True),
        Line(x, curve["perfect"].to_numpy(), "best", Words("knowing the future", "完全预知"), 0.3 * reach),
        Line(x, curve["profit"].to_numpy(), "model", Words("the model", "模型"), 0.4 * reach, low=low, high=high),
    ]


def _within(line: Line, low: float, high: float) -> Line:
    """Cut a line where it leaves the drawing."""
    kept = np.where((line.y >= low) & (line.y <= high), line.y, np.nan)
    last = float(line.x[np.isfinite(kept)].max(initial=0.0))
    cut = replace(line, y=kept, at=min(line.at, 0.75 * last))
    if line.low is None or line.high is None:
        return cut
    return replace(cut, low=np.clip(line.low, low, high), high=np.clip(line.high, low, high))


def _orders(found: Mapping[str, Any]) -> Picture:
    """Draw what contacting as many as can be contacted earns, in several orders."""
    at, currency = found["at_capacity"], found["currency"]
    rows = [
        Span(name, at["low"] if key == "profit" else at[key], at[key], at["high"] if key == "profit" else at[key], said)
        for key, name in ORDERS.items()
        if key in at
        for said in [money(at[key], currency)]
    ]
    contacted, earned = count(at["contacted"]), money(at["profit"], currency)
    title = Words(
        f"Contacting {contacted.en} customers brings {earned.en}", f"联系 {contacted.zh} 位客户带来 {earned.zh}"
    )
    caption = Words(
        "As many as the team can contact (evaluate.capacity), chosen in different ways. Bar: 95 % interval. Below zero "
        "it pays to contact fewer.",
        "按团队可联系人数（evaluate.capacity），用不同方式选择客户；横线：95% 置信区间。若低于零，应减少联系人数。",
    )
    values = [value for row in rows for value in (row.low, row.high) if value is not None]
    low, high = min(*values, 0.0), max(*values, 0.0)
    across = Axis(low, high, Words("profit", "利润"), lambda value: money(value, currency), _ends(low, high))
    return Picture(title, caption, interval_chart(rows, across, (0.0, Words("nobody", "不联系"))))


def _ends(low: float, high: float) -> list[float]:
    """Mark zero and the ends, as far as they lie apart."""
    apart = 0.25 * (high - low)
    return [*([low] if low < -apart else []), 0.0, *([high] if high > apart else [])]


def _terms(found: Mapping[str, Any]) -> Table:
    terms, value, currency = found["terms"], found["value"], found["currency"]
    rows: list[list[Cell]] = []
    for key, name in TERMS.items():
        said = money(terms[key], currency) if key.endswith("_cost") else percent(terms[key])
        rows.append([name, said, Code(f"evaluate.{key}")])
    months = f"{value['months']:g}"
    pays = Words(f"what the customer in the middle pays in {months} months", f"中位客户 {months} 个月的付款")
    rows.append([pays, money(value["typical"], currency), Code(value["column"] or "evaluate.value")])
    rows.append([Words("the same on average", "同上，平均值"), money(value["mean"], currency), Code("")])
    if found["break_even_probability"] is not None:
        even = Words("risk from which contacting the customer in the middle pays", "联系中位客户的盈亏平衡流失概率")
        rows.append([even, percent(found["break_even_probability"]), Code("")])
    if found["empc"]:
        most = Words("expected maximum profit a customer (EMPC)", "每位客户的期望最大利润（EMPC）")
        rows.append([most, money(found["empc"]["profit_a_customer"], currency), Code("")])
    head = [Words("term", "条件"), Words("here", "取值"), Words("setting", "配置项")]
    return Table(head, rows, frozenset({1}), Words("The terms, and where to change them", "计算条件与修改位置"))
