"""Segments and portraits: where the risk lies, and which traits together mark it."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from evaluation.gates.words import Words
from pipelines.dashboard import measured, names, queries
from pipelines.dashboard.judgement import judged_of
from pipelines.dashboard.movement import MOVING, TITLE, movement
from pipelines.dashboard.screen import Screen
from pipelines.dashboard.store import Mart
from pipelines.report.blocks import Cell, Paragraph, Picture, Pictures, Table
from pipelines.report.drawing import Axis, Span, interval_chart
from pipelines.report.numbers import count, money, percent
from pipelines.report.sections import portrait

DIVIDE = Words("Divide customers by", "客户分组方式")
FEWEST, MOST, MONTHS = 30, 15, 3
FEW = Words("too few to say", "样本太少")
ALIKE = Words("No segment stands out: all lie about {share}.", "各分组无明显差异，均在 {share} 左右。")
NO_PORTRAIT = Words("No group of traits stands out.", "没有突出的特征组合。")


def view(screen: Screen) -> None:
    """Draw the segments of one division, and the portraits of the high-risk groups."""
    with screen.mart() as mart:
        top = st.container()
        column = st.segmented_control(
            screen.say(DIVIDE),
            list(names.COLUMNS),
            default=_asked(),
            required=True,
            format_func=lambda name: screen.say(names.COLUMNS[name]),
            key=f"division-{screen.language}",
        )
        rows = [{**row, "said": screen.named(row["segment"], column)} for row in queries.segments(mart, column)]
        whole = queries.newest(mart)
        with top:
            screen.answer(_answer(rows, whole))
        if not rows:
            return
        screen.draw(Pictures([_picture(rows, whole, column)]), _table(screen, mart, rows, column))
        if column in MOVING:
            said, blocks = movement(mart, column)
            screen.heading(TITLE, said)
            screen.draw(*blocks)
    judged = judged_of(screen.project)
    drawn = None if judged is None else portrait.section(judged)
    screen.heading(portrait.TITLE, None if drawn is None else drawn.answer)
    screen.draw(*([Paragraph(NO_PORTRAIT, "soft")] if drawn is None else drawn.blocks))


def _asked() -> str:
    """Give the division that the address names, such as ``?by=rfm_class``; industry where it names none."""
    asked = st.query_params.get("by")
    return asked if asked in names.COLUMNS else "industry"


def _mean(whole: dict[str, Any]) -> float:
    return float(whole["expected_leavers"] or 0) / (whole["customers"] or 1)


def _ends(row: dict[str, Any]) -> tuple[float, float]:
    """95 % interval of the mean risk: how far it would move with other customers of the kind."""
    reach = 1.96 * (row["spread"] or 0) / math.sqrt(row["customers"])
    return max(row["mean_risk"] - reach, 0.0), min(row["mean_risk"] + reach, 1.0)


def _answer(rows: list[dict[str, Any]], whole: dict[str, Any]) -> Words:
    mean = percent(_mean(whole))
    above = [row for row in rows if row["customers"] >= FEWEST and _ends(row)[0] > _mean(whole)]
    if not above:
        return Words(ALIKE.en.format(share=mean.en), ALIKE.zh.format(share=mean.zh))
    first, risk = above[0]["said"], percent(above[0]["mean_risk"])
    return Words(
        f"Risk is highest in {first.en}: {risk.en} are expected to leave, against {mean.en} of all.",
        f"“{first.zh}”的风险最高：预计流失 {risk.zh}，全部客户为 {mean.zh}。",
    )


def _picture(rows: list[dict[str, Any]], whole: dict[str, Any], column: str) -> Picture:
    spans = []
    for row in rows[:MOST]:
        low, high = _ends(row)
        few = row["customers"] < FEWEST
        name, mean = row["said"], row["mean_risk"]
        spans.append(Span(name, None, None, None, FEW) if few else Span(name, low, mean, high, percent(mean)))
    top = max((span.high for span in spans if span.high is not None), default=_mean(whole)) * 1.1
    across = Axis(0, top, Words("expected to leave", "预计流失比例"), percent)
    name = names.COLUMNS[column]
    blank = " " if name.zh[0].isascii() else ""
    by = Words(name.en if name.en[:2].isupper() else name.en.lower(), f"{blank}{name.zh}")
    title = Words(f"Expected to leave, by {by.en}", f"按{by.zh}划分的预计流失比例")
    caption = Words(
        "Mean risk of each segment with its 95 % interval; the dotted line is the mean of all.",
        "各分组的平均流失概率及 95% 区间，虚线为全部客户平均值。",
    )
    return Picture(title, caption, interval_chart(spans, across, (_mean(whole), Words("all", "全部"))))


def _table(screen: Screen, mart: Mart, rows: list[dict[str, Any]], column: str) -> Table:
    lost = {row["segment_name"]: row for row in measured.churn_by(mart, column, MONTHS)}
    head = [
        names.COLUMNS[column],
        Words("customers", "客户数"),
        Words("high risk", "高风险"),
        Words("expected to leave", "预计流失"),
        Words("value at risk", "风险金额"),
        Words(f"left a month, last {MONTHS} months", f"近 {MONTHS} 个月月均流失率"),
    ]
    cells: list[list[Cell]] = [
        [
            row["said"],
            count(row["customers"]),
            count(row["high"]),
            FEW if row["customers"] < FEWEST else percent(row["mean_risk"]),
            money(row["value_at_risk"], screen.project.currency),
            _left(lost.get(row["segment"])),
        ]
        for row in rows
    ]
    return Table(head, cells, frozenset({1, 2, 3, 4, 5}))


def _left(found: dict[str, Any] | None) -> Words:
    if found is None or not found["opening"]:
        return Words("–", "–")
    return FEW if found["opening"] < FEWEST * MONTHS else percent(found["lost"] / found["opening"])
