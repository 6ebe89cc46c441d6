"""Whether the probabilities mean what they say."""

from __future__ import annotations

from typing import Any

from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Cell, Picture, Pictures, Section, Table
from pipelines.report.drawing import Axis, bar_chart, points_chart
from pipelines.report.numbers import decimal, percent, same
from pipelines.report.terms import Judged, lines_of

FEW, LARGEST_MISS = 30, 0.2
"""Relative distance of all expected from all real leavers from which the sentence says so."""


def section(judged: Judged) -> Section:
    """Tell what was said against what happened."""
    blocks: list[Block] = [Pictures([_reliability(judged), _levels(judged)]), _figures(judged)]
    return Section("calibration", Words("Do the percentages hold?", "概率是否可信"), _answer(judged), blocks)


def _answer(judged: Judged) -> Words:
    curve = judged.tables["reliability"]
    said = float((curve["rows"] * curve["mean_probability"]).sum())
    left = float((curve["rows"] * curve["observed_share"]).sum())
    level, high = Words("about as many", "两者基本一致"), said > left
    if abs(said - left) > LARGEST_MISS * left:
        level = (
            Words("its percentages are too high", "概率偏高")
            if high
            else Words("its percentages are too low", "概率偏低")
        )
    return Words(
        f"The model expected {said:,.0f} customers to leave and {left:,.0f} did: {level.en}.",
        f"模型预计流失 {said:,.0f} 人，实际流失 {left:,.0f} 人：{level.zh}。",
    )


def _reliability(judged: Judged) -> Picture:
    curve = judged.tables["reliability"]
    points = [
        (line["mean_probability"], line["observed_share"], line["low"], line["high"], _title(line))
        for line in lines_of(curve)
    ]
    top = min(1.0, 1.1 * float(max(curve["mean_probability"].max(), curve["high"].max())))
    across = Axis(0, top, Words("risk that the model gave", "模型给出的流失概率"), percent)
    up = Axis(0, top, Words("share that left", "实际流失比例"), percent)
    riskiest = curve.iloc[-1]
    given, left = percent(riskiest["mean_probability"]), percent(riskiest["observed_share"])
    title = Words(
        f"Of those given {given.en} on average, {left.en} left", f"平均预测 {given.zh} 的客户，实际流失 {left.zh}"
    )
    caption = Words(
        "Each dot is a tenth of the customers, with its 95 % interval. On the dotted line the model is right.",
        "每个点代表十分之一的客户，竖线为 95% 置信区间；落在虚线上即为完全准确。",
    )
    return Picture(title, caption, points_chart(points, across, up, Words("exactly right", "完全准确")))


def _levels(judged: Judged) -> Picture:
    """Draw how many customers were given which risk, and how many of them left."""
    table = judged.tables["risk_levels"]
    rows = [(_level(line["low"], line["high"]), line["customers"], _of_level(line)) for line in lines_of(table)]
    top = table.iloc[0]
    low = percent(top["low"])
    title = Words(
        f"{top['customers']:,.0f} customers were given {low.en} or more",
        f"{top['customers']:,.0f} 位客户的流失概率达到 {low.zh} 以上",
    )
    caption = Words(
        "Customers by the risk that the model gave, and the share of them that left.",
        "按模型给出的流失概率划分的客户数，以及其中实际流失的比例。",
    )
    return Picture(title, caption, bar_chart(rows))


def _level(low: float, high: float) -> Words:
    ends = [f"{100 * end:g}" for end in (low, high)]
    if high >= 1:
        return Words(f"{ends[0]} % and more", f"{ends[0]}% 及以上")
    return (
        Words(f"{ends[0]} to {ends[1]} %", f"{ends[0]}%–{ends[1]}%")
        if low > 0
        else Words(f"below {ends[1]} %", f"低于 {ends[1]}%")
    )


def _of_level(line: dict[str, Any]) -> Words:
    customers, left = f"{line['customers']:,.0f}", percent(line["left_share"])
    few = line["customers"] < FEW
    return Words(
        f"{customers}: {'too few to say' if few else left.en + ' left'}",
        f"{customers} 人，{'样本太少' if few else '流失 ' + left.zh}",
    )


def _title(line: dict[str, Any]) -> Words:
    given, left = percent(line["mean_probability"]), percent(line["observed_share"])
    return Words(f"given {given.en}, left {left.en}", f"预测 {given.zh}，实际 {left.zh}")


def _figures(judged: Judged) -> Table:
    intervals, chance = judged.record["intervals"], judged.record["calibration"]["by_chance"]
    brier = judged.record["calibration"]["brier"]
    head = [
        Words("figure", "指标"),
        Words("here", "本模型"),
        Words("95 % interval", "95% 区间"),
        Words("ideal", "理想值"),
        Words("a truthful model on so few customers", "完全准确的模型在同样人数下"),
    ]
    names = {
        "calibration_slope": (Words("slope", "校准斜率"), "1", 2),
        "calibration_intercept": (Words("intercept", "校准截距"), "0", 2),
        "ece": (Words("mean distance (ECE)", "平均偏差（ECE）"), "0", 3),
        "brier": (Words("Brier score", "Brier 分数"), "0", 4),
    }
    rows: list[list[Cell]] = []
    for key, (name, ideal, places) in names.items():
        ends = [f"{intervals[key][end]:.{places}f}" for end in ("low", "high")]
        by_chance = [f"{end:.{places}f}" for end in chance.get(key, [])]
        rows.append([name, decimal(intervals[key]["estimate"], places), _to(ends), same(ideal), _to(by_chance)])
    skill = Words(
        f"The model removes {brier['skill']:.0%} of the uncertainty: Brier {brier['brier']:.4f} = reliability "
        f"{brier['reliability']:.4f} - resolution {brier['resolution']:.4f} + uncertainty {brier['uncertainty']:.4f} "
        f"+ spread within bins {brier['within_bins']:.4f}",
        f"模型消除了 {brier['skill']:.0%} 的不确定性：Brier {brier['brier']:.4f} = 可靠性 {brier['reliability']:.4f} "
        f"- 分辨力 {brier['resolution']:.4f} + 不确定性 {brier['uncertainty']:.4f} "
        f"+ 组内离散 {brier['within_bins']:.4f}",
    )
    rows.append([skill, same(""), same(""), same(""), same("")])
    return Table(head, rows, frozenset({1, 2, 3, 4}), Words("In figures", "具体数值"))


def _to(ends: list[str]) -> Words:
    return Words(" to ".join(ends), " 至 ".join(ends))
