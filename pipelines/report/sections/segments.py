"""The same judgement within each segment."""

from __future__ import annotations

from typing import Any

import pandas as pd

from evaluation.gates.words import Words
from pipelines.report.blocks import Cell, Mark, Picture, Pictures, Section, Table
from pipelines.report.drawing import Axis, Span, interval_chart
from pipelines.report.numbers import count, decimal, percent, same
from pipelines.report.terms import Judged, lines_of, measure_of, segmentation

TITLE = Words("Segment by segment", "分客群表现")
JUDGED, PICTURES = "judged", 4
CLASSES = ("tenure_months", "value_tier")
ORDER = ("0-3", "3-6", "6-12", "12-24", "24+", "lowest", "low", "high", "highest")
FEW = Mark("·", Words("too few to say", "样本太少，不下结论"), "soft")


def section(judged: Judged) -> Section | None:
    """Tell base rate, ranking and level of each segment; nothing where customers are not divided."""
    table = judged.tables["segments"]
    if table.empty:
        return None
    table = table.assign(said=pd.Series([_named(line, judged) for line in lines_of(table)], table.index, dtype=object))
    drawn = list(dict.fromkeys(table["segmentation"]))[:PICTURES]
    pictures = [_picture(name, table[table["segmentation"] == name], judged) for name in drawn]
    return Section("segments", TITLE, _answer(table), [Pictures(pictures), _table(table)])


def _named(line: dict[str, Any], judged: Judged) -> Words:
    return judged.names.words(line["segment"], measure_of(line["segmentation"]))


def _answer(table: pd.DataFrame) -> Words:
    seen = table[table["verdict"] == JUDGED]
    few = len(table) - len(seen)
    if seen.empty:
        return Words("Every segment is too small to say.", "所有客群的样本都太少，不下结论。")
    if seen["segmentation"].isin(CLASSES).all():
        return _range(seen)
    worst = lines_of(seen[~seen["segmentation"].isin(CLASSES)].nsmallest(1, "roc_auc"))[0]
    group, name = segmentation(worst["segmentation"]), worst["said"]
    low, high = f"{worst['roc_auc_low']:.2f}", f"{worst['roc_auc_high']:.2f}"
    return Words(
        f"Of {len(table)} segments the model ranks worst in {group.en}: {name.en} (AUC {worst['roc_auc']:.2f}, 95 % "
        f"interval {low} to {high}){f'; too small to say: {few}' if few else ''}.",
        f"{len(table)} 个客群中，模型在“{group.zh}：{name.zh}”的排序最弱（AUC {worst['roc_auc']:.2f}，"
        f"95% 区间 {low} 至 {high}）{f'；{few} 个客群样本太少，不下结论' if few else ''}。",
    )


def _range(seen: pd.DataFrame) -> Words:
    """Say where the most and the fewest leave; within classes of what foretells leaving every model ranks worse."""
    least, most = (lines_of(seen.sort_values("base_rate").iloc[[place]])[0] for place in (0, -1))
    said = [(segmentation(line["segmentation"]), line["said"], percent(line["base_rate"])) for line in (most, least)]
    (group, name, high), (other, last, low) = said
    return Words(
        f"Most leave in {group.en}: {name.en} ({high.en}), fewest in {other.en}: {last.en} ({low.en}).",
        f"流失率最高的是“{group.zh}：{name.zh}”（{high.zh}），最低的是“{other.zh}：{last.zh}”（{low.zh}）。",
    )


def _picture(name: str, lines: pd.DataFrame, judged: Judged) -> Picture:
    ordered = lines.sort_values("base_rate", ascending=False)
    if name in CLASSES:
        ordered = lines.sort_values("segment", key=lambda found: found.map({each: n for n, each in enumerate(ORDER)}))
    rows = [_span(line) for line in lines_of(ordered)]
    seen = lines[lines["customers"] > 0]
    highest = lines_of(seen.nlargest(1, "base_rate"))[0] if len(seen) else None
    group = segmentation(name)
    title = group if highest is None else _title(group, highest)
    caption = Words(
        "AUC within the segment with its 95 % interval; at the right the share that left. Dotted: all customers.",
        "各客群内的 AUC 及其 95% 置信区间；右侧为流失率；虚线为全体客户。",
    )
    across = Axis(0.4, 1.0, Words("AUC", "AUC"), lambda value: decimal(value, 1), [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    everyone = judged.best["roc_auc"], Words("all", "全体")
    return Picture(title, caption, interval_chart(rows, across, everyone))


def _title(group: Words, highest: dict[str, Any]) -> Words:
    rate, name = percent(highest["base_rate"]), highest["said"]
    return Words(f"{group.en}: {name.en} leaves most ({rate.en})", f"{group.zh}：{name.zh}流失率最高（{rate.zh}）")


def _span(line: dict[str, Any]) -> Span:
    name = line["said"]
    if line["verdict"] != JUDGED:
        return Span(name, None, None, None, Words("too few", "样本太少"))
    low, auc, high = (line[key] for key in ("roc_auc_low", "roc_auc", "roc_auc_high"))
    return Span(name, low, auc, high, percent(line["base_rate"]))


def _table(table: pd.DataFrame) -> Table:
    head = [
        Words("divided by", "划分方式"),
        Words("segment", "客群"),
        Words("customers", "客户数"),
        Words("left", "流失数"),
        Words("share that left", "流失率"),
        Words("mean risk given", "平均预测概率"),
        Words("AUC", "AUC"),
        Words("95 % interval", "95% 区间"),
        Words("lift at 10 %", "前 10% 提升度"),
        Words("log loss", "对数损失"),
    ]
    rows = [_row(line) for line in lines_of(table)]
    return Table(head, rows, frozenset(range(2, 10)), Words("All segments in figures", "所有客群的指标"))


def _row(line: dict[str, Any]) -> list[Cell]:
    said: list[Cell] = [segmentation(line["segmentation"]), line["said"]]
    said += [count(line["customers"]), count(line["positives"]), percent(line["base_rate"])]
    said.append(percent(line["mean_probability"]))
    if line["verdict"] != JUDGED:
        return [*said, FEW, same(""), same(""), same("")]
    low, high = f"{line['roc_auc_low']:.2f}", f"{line['roc_auc_high']:.2f}"
    interval = Words(f"{low} to {high}", f"{low} 至 {high}")
    return [
        *said,
        decimal(line["roc_auc"], 3),
        interval,
        decimal(line["lift_at_10pct"], 1),
        decimal(line["log_loss"], 3),
    ]
