"""Cutoff by cutoff, how early the warning comes, and how steady the scores are."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Cell, Paragraph, Picture, Pictures, Section, Table
from pipelines.report.drawing import Axis, Line, Span, interval_chart, line_chart
from pipelines.report.numbers import count, day, decimal, percent, same
from pipelines.report.terms import Judged, family, lines_of

TITLE = Words("Over time", "随时间的表现")
HONEST = Words(
    "At each earlier cutoff the model was fitted on outcomes that were over by then, as in use; its settings and its "
    "calibration were chosen on these cutoffs, which flatters them a little. The last cutoff chose nothing.",
    "在每个较早的截止时刻，模型只用当时已经结束的结果训练，与实际使用一致；但参数与校准是在这些时刻上选定的，因此略为乐观。"
    "最后一个截止时刻没有参与任何选择。",
)


def section(judged: Judged) -> Section | None:
    """Tell the backtest, the lead time and the stability of scores; nothing for a table without time."""
    if judged.record["over_time"] is None:
        return None
    pictures = [_backtest(judged), *([_lead(judged)] if "lead_time" in judged.tables else [])]
    blocks: list[Block] = [Pictures(pictures), Paragraph(HONEST, "soft"), _table(judged)]
    return Section("over-time", TITLE, _answer(judged), blocks)


def _answer(judged: Judged) -> Words:
    lead = judged.record["over_time"]["lead"]
    if lead is None:
        return Words(
            "Leaving has no exact day here, so that no lead time can be given; the order of customers is judged below.",
            "此处的流失没有确切日期，无法给出预警提前期；以下评估客户排序。",
        )
    found = lead["model"]
    if not math.isfinite(found["median_days"]):
        return Words("No leaver was flagged before the end.", "没有流失客户在流失前被预警。")
    share, alert = percent(found["flagged_share"]), percent(lead["alert_share"])
    days = f"{found['median_days']:.0f}"
    return Words(
        f"{share.en} of {lead['leavers']:,} leavers were on the list when they left, half of those for {days} days or "
        f"more, with {alert.en} of customers on it.",
        f"{lead['leavers']:,} 位流失客户中，{share.zh} 在流失时已在预警名单上，其中一半提前了至少 {days} 天；"
        f"名单占客户的 {alert.zh}。",
    )


def _backtest(judged: Judged) -> Picture:
    table = judged.tables["backtest"]
    rows = [_span(line) for line in lines_of(table)]
    known = table.dropna(subset=["roc_auc"])
    floor = min(0.5, math.floor(10 * float(known["roc_auc_low"].min())) / 10) if len(known) else 0.5
    low, high = (float(known["roc_auc"].agg(end)) for end in ("min", "max")) if len(known) else (0.5, 0.5)
    title = Words(
        f"AUC between {low:.2f} and {high:.2f} at {len(known)} cutoffs",
        f"{len(known)} 个截止时刻的 AUC 介于 {low:.2f} 与 {high:.2f}",
    )
    caption = Words(
        "How often a customer who leaves is ranked above one who stays; 0.5 is chance, 1 is perfect. Bars: 95 % "
        "interval.",
        "流失客户排在留存客户之前的概率：0.5 为随机，1 为完美；横线：95% 置信区间。",
    )
    across = Axis(
        floor, 1.0, Words("AUC", "AUC"), lambda value: decimal(value, 1), np.arange(floor, 1.01, 0.1).tolist()
    )
    return Picture(title, caption, interval_chart(rows, across, (0.5, Words("chance", "随机"))))


def _span(line: dict[str, Any]) -> Span:
    at, last = same(day(line["cutoff"])), not line["chose_settings"]
    if line["verdict"] != "judged":
        return Span(at, None, None, None, Words("too few", "样本太少"), last)
    auc = line["roc_auc"]
    return Span(at, line["roc_auc_low"], auc, line["roc_auc_high"], decimal(auc, 3), last)


def _lead(judged: Judged) -> Picture:
    curves = judged.tables["lead_time"]
    lines = []
    for who, look, at in (("rule", "rule", 3.0), ("model", "model", 60.0)):
        one = curves[curves["who"] == who]
        if len(one):
            x, y = one["days_before"].to_numpy(dtype=float), one["flagged_share"].to_numpy(dtype=float)
            label = Words("the model", "模型") if who == "model" else family("recency_rule")
            line = Line(x, y, look, label, at)
            banded = replace(line, low=one["low"].to_numpy(dtype=float), high=one["high"].to_numpy(dtype=float))
            lines.append(banded if who == "model" else line)
    alert = float(curves["alert_share"].iloc[0])
    flat = np.array([0.0, 120.0])
    lines.insert(0, Line(flat, np.full(2, alert), "chance", Words("at random", "随机"), 3.0, below=True))
    at60 = curves[(curves["who"] == "model") & (curves["days_before"] == 60)]["flagged_share"]
    said = percent(float(at60.iloc[0]) if len(at60) else float("nan"))
    title = Words(f"60 days before the end, {said.en} were on the list", f"流失前 60 天，{said.zh} 已在名单上")
    caption = Words(
        "Share of leavers who were on the list so many days before their end; scores are as old as the cutoffs lie "
        "apart.",
        "流失前若干天已在预警名单上的流失客户比例；评分每到一个截止时刻更新一次。",
    )
    across = Axis(0, 120, Words("days before the end", "距流失的天数"), count, [0, 30, 60, 90, 120])
    top = min(1.0, float(curves["high"].max()) * 1.1)
    return Picture(
        title, caption, line_chart(lines, across, Axis(0, top, Words("on the list", "已在名单"), percent), 60)
    )


def _table(judged: Judged) -> Table:
    moved = {day(line["to"]): line for line in judged.record["over_time"]["score_drift"]}
    stability = judged.tables.get("stability", pd.DataFrame(columns=["cutoff"]))
    steady = {day(line["cutoff"]): line for line in lines_of(stability)}
    rows: list[list[Cell]] = []
    for line in lines_of(judged.tables["backtest"]):
        at = day(line["cutoff"])
        flips, drift = steady.get(at, {}), moved.get(at, {})
        rows.append(
            [
                same(at),
                count(line["rows"]),
                percent(line["base_rate"]),
                decimal(line["log_loss"], 3),
                decimal(line["calibration_slope"], 2),
                decimal(line.get("baseline_roc_auc"), 3),
                decimal(flips.get("rank_correlation"), 2),
                percent(flips.get("steady_flip_share")),
                decimal(drift.get("psi"), 3),
            ]
        )
    head = [
        Words("cutoff", "截止时刻"),
        Words("customers", "客户数"),
        Words("left", "流失率"),
        Words("log loss", "对数损失"),
        Words("slope", "校准斜率"),
        Words("AUC of the rule", "规则 AUC"),
        Words("order kept (rank correlation)", "排序一致性（秩相关）"),
        Words("changed band", "风险等级变动"),
        Words("drift of scores (PSI)", "评分漂移（PSI）"),
    ]
    return Table(head, rows, frozenset(range(1, 9)), Words("Cutoff by cutoff", "逐个截止时刻"))
