"""The risk within shorter horizons, against what happened."""

from __future__ import annotations

from typing import Any

from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Cell, Paragraph, Section, Table
from pipelines.report.numbers import count, decimal, percent
from pipelines.report.terms import Judged, lines_of

FEW = 30
TITLE = Words("Sooner or later", "流失时间")
HEAD = [
    Words("within", "时间范围"),
    Words("left", "实际流失人数"),
    Words("share that left", "实际流失比例"),
    Words("mean risk given", "平均预测概率"),
    Words("AUC", "AUC"),
    Words("slope (ideal 1)", "校准斜率（理想值 1）"),
]
CONSISTENT = Words(
    "One model of the chance of each interval spreads the risk, so that the risk of a longer time is never the smaller "
    "one.",
    "同一个模型估计各时间段的流失可能，因此更长时间的流失概率不会低于更短时间的概率。",
)
TOO_FEW = Words("too few to say", "样本太少")


def section(judged: Judged) -> Section | None:
    """Tell each horizon; nothing where there is one alone."""
    if "horizons" not in judged.tables:
        return None
    lines = lines_of(judged.tables["horizons"])
    rows = [_row(line) for line in lines]
    blocks: list[Block] = [Table(HEAD, rows, frozenset(range(1, len(HEAD)))), Paragraph(CONSISTENT, "soft")]
    return Section("horizons", TITLE, _answer(lines), blocks)


def _answer(lines: list[dict[str, Any]]) -> Words:
    first, last = lines[0], lines[-1]
    share = percent(first["positives"] / last["positives"])
    expected = percent(first["mean_probability"] / last["mean_probability"])
    days, all_days = int(first["horizon_days"]), int(last["horizon_days"])
    return Words(
        f"Of those who left within {all_days} days, {share.en} had left within {days}; the model expected "
        f"{expected.en}.",
        f"在 {all_days} 天内流失的客户中，{share.zh} 在前 {days} 天内流失；模型预计为 {expected.zh}。",
    )


def _row(line: dict[str, Any]) -> list[Cell]:
    days = int(line["horizon_days"])
    is_few = line["positives"] < FEW
    figures = [TOO_FEW, TOO_FEW] if is_few else [decimal(line["roc_auc"]), decimal(line["calibration_slope"])]
    left, said = percent(line["base_rate"], 1), percent(line["mean_probability"], 1)
    return [Words(f"{days} days", f"{days} 天"), count(line["positives"]), left, said, *figures]
