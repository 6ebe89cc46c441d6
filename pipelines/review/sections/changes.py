"""What changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from evaluation.business.changes import LESS, MORE
from evaluation.business.segment_words import SEGMENTATIONS, segment_words
from evaluation.gates.words import NOTHING as SILENT
from evaluation.gates.words import Words
from evaluation.model.segments import TOO_FEW
from pipelines.report.blocks import Block, Cell, Mark, Paragraph, Picture, Pictures, Section, Table
from pipelines.report.drawing import Axis, Span, interval_chart
from pipelines.report.names import BANDS, band
from pipelines.report.numbers import bare_points, count, joined, listed, percent, points
from pipelines.report.trend import churn_trend
from pipelines.review.figures.changes import RFM
from pipelines.review.figures.facts import Facts
from pipelines.review.sections.commands import typed

TITLE = Words("What changed", "变化")
SHOWN, SAID = 8, 3
VERDICTS = {
    MORE: Mark("▲", Words("more", "上升"), "bad"),
    LESS: Mark("✓", Words("fewer", "下降"), "good"),
}
BY_CHANCE = Words("may be chance", "可能是随机波动")
NO_MONTHS = Words("No month before is measured, so that nothing can be compared.", "此前没有已统计的月份，无法比较。")
NO_SEGMENTS = Words(
    "No industry, value tier or region is told: map these columns of the customers, "
    "and run churnlab measures -p {project}.",
    "没有行业、价值等级或地区数据：请映射客户表的这些列，并运行 churnlab measures -p {project}。",
)
GONE, NOT_THERE = Words("no customer now", "已非客户"), Words("not scored then", "当时未评分")
NO_BANDS = Words(
    "Movement between bands needs a scoring run in this month and in the one before: "
    "churnlab score --from {first} -p {project}.",
    "风险等级的变化需要本月与上月各有一次评分：请运行 churnlab score --from {first} -p {project}。",
)


def section(facts: Facts) -> Section:
    """Tell the trend, the segments that changed beyond chance, and the moves between bands and classes."""
    told = [row for row in facts.changes.segments if row["verdict"] != TOO_FEW]
    trend = [row for row in facts.base.trend if row["measure_value"] is not None]
    drawn = [churn_trend(trend)] if len(trend) > 1 else []
    drawn += [_segments_drawn(facts, told[:SHOWN])] if told else []
    blocks: list[Block] = [Pictures(drawn)] if drawn else []
    blocks.append(_segments(facts, told[:SHOWN]) if told else Paragraph(typed(NO_SEGMENTS, facts), "soft"))
    blocks += _bands(facts)
    if facts.changes.classes:
        blocks.append(_classes(facts))
    return Section("changes", TITLE, _answer(facts), blocks)


def segment(facts: Facts, row: dict[str, Any]) -> Words:
    """Name a segment."""
    return segment_words(row["segmentation"], row["segment"], facts.project.value_names)


def _answer(facts: Facts) -> Words:
    changes = facts.changes
    whole = changes.whole[1]
    if whole is None or not changes.usual_months:
        return NO_MONTHS
    usual, now = percent(whole["rate_before"]), percent(whole["rate"])
    months = changes.usual_months
    said = Words(
        f"Churn was {now.en} against a usual {usual.en} a month ({months} months before).",
        f"本月流失率 {now.zh}，此前 {months} 个月平均每月 {usual.zh}。",
    )
    up, down = (_several(facts, changes.moved(verdict)) for verdict in (MORE, LESS))
    if not up.en and not down.en:
        none = Words("No segment changed beyond chance.", "没有哪个客群的变化超出随机波动。")
        return said + (none if changes.segments else SILENT)
    rose = Words(f"It rose beyond chance in {up.en}.", f"{up.zh}上升，超出随机波动。") if up.en else SILENT
    fell = Words(f"It fell beyond chance in {down.en}.", f"{down.zh}下降，超出随机波动。") if down.en else SILENT
    return said + rose + fell


def _several(facts: Facts, rows: Sequence[dict[str, Any]]) -> Words:
    return listed([_told(facts, row) for row in rows[:SAID]])


def _told(facts: Facts, row: dict[str, Any]) -> Words:
    name, now, usual = segment(facts, row), percent(row["rate"]), percent(row["rate_before"])
    return Words(f"{name.en} ({now.en}, usually {usual.en})", f"{name.zh}（{now.zh}，通常 {usual.zh}）")


def _segments_drawn(facts: Facts, rows: Sequence[dict[str, Any]]) -> Picture:
    spans = [Span(segment(facts, row), row["low"], row["change"], row["high"], percent(row["rate"])) for row in rows]
    low, high = min(row["low"] for row in rows), max(row["high"] for row in rows)
    x = Axis(min(low, 0.0), max(high, 0.0), Words("difference from usual, points", "与平常相比（百分点）"), bare_points)
    moved = sum(row["verdict"] in (MORE, LESS) for row in facts.changes.segments)
    all_told = sum(row["verdict"] != TOO_FEW for row in facts.changes.segments)
    title = Words(
        f"{moved} of {all_told} segments changed beyond chance", f"{all_told} 个客群中 {moved} 个变化超出随机波动"
    )
    caption = Words(
        "The largest differences of the month's churn rate from that of the months before, with intervals that hold "
        "for all segments together; at the right the month's rate.",
        "本月流失率与此前各月相比差异最大的客群，区间对全部客群同时成立；右侧为本月流失率。",
    )
    return Picture(title, caption, interval_chart(spans, x, (0.0, Words("usual", "平常"))))


def _segments(facts: Facts, rows: Sequence[dict[str, Any]]) -> Table:
    head = [
        Words("segment", "客群"),
        Words("divided by", "划分方式"),
        Words("at the start", "期初"),
        Words("lost", "流失"),
        Words("this month", "本月"),
        Words("usual", "平常"),
        Words("difference", "差异"),
        Words("", ""),
    ]
    return Table(head, [_segment_row(facts, row) for row in rows], frozenset({2, 3, 4, 5, 6}))


def _segment_row(facts: Facts, row: dict[str, Any]) -> list[Cell]:
    rates: list[Cell] = [percent(row["rate"]), percent(row["rate_before"]), points(row["change"])]
    counts: list[Cell] = [count(row["opening"]), count(row["lost"])]
    kind = SEGMENTATIONS[row["segmentation"]]
    return [segment(facts, row), kind, *counts, *rates, VERDICTS.get(row["verdict"], BY_CHANCE)]


def _bands(facts: Facts) -> list[Block]:
    """Set the bands of the month before beside those of now."""
    rows, names = facts.changes.bands, facts.project.value_names
    if not rows:
        return [Paragraph(typed(NO_BANDS, facts, first=f"{facts.month.first_day - timedelta(days=7)}"), "soft")]
    known = {row[end] for row in rows for end in ("band_from", "band_to")}
    order = [name for name in (*BANDS, None) if name in known]
    shown = [*sorted(known - set(order), key=str), *order]
    counted = {(row["band_from"], row["band_to"]): row["customers"] for row in rows}
    head = [Words("band a month before", "上月等级")]
    head += [GONE if name is None else band(name, names).words for name in shown]
    cells: list[list[Cell]] = [
        [
            NOT_THERE if before is None else band(before, names),
            *(count(counted.get((before, now), 0)) for now in shown),
        ]
        for before in shown
    ]
    return [Paragraph(_crossed(counted)), Table(head, cells, frozenset(range(1, len(head))))]


def _crossed(counted: dict[tuple[str | None, str | None], int]) -> Words:
    """Say how many customers came into band high and how many left it."""
    came = sum(number for (before, now), number in counted.items() if now == "high" != before)
    down = sum(number for (before, now), number in counted.items() if before == "high" != now and now is not None)
    gone = counted.get(("high", None), 0)
    return Words(
        f"{came:,} customers came into band high since the month before, {down:,} came down from it, and {gone:,} of "
        "those in it are customers no more.",
        f"与上月相比，新进入高风险 {came:,} 位，风险下降 {down:,} 位，另有 {gone:,} 位已不再是客户。",
    )


def _classes(facts: Facts) -> Table:
    names = facts.project.value_names
    rows: list[list[Cell]] = [
        [
            joined(
                segment_words(RFM, row["segment_from"], names),
                segment_words(RFM, row["segment_to"], names),
                " → ",
                " → ",
            ),
            count(row["customers"]),
        ]
        for row in facts.changes.classes
    ]
    head = [Words("from → to", "从 → 到"), Words("customers", "客户数")]
    return Table(head, rows, frozenset({1}), Words("Moves between RFM classes", "RFM 分类之间的变化"))
