"""What it brought."""

from __future__ import annotations

import math
from typing import Any

from evaluation.gates.words import NOTHING as SILENT
from evaluation.gates.words import Words
from pipelines.actions.experiments_words import DECISIONS, WIDEST_RETURN
from pipelines.report.blocks import Block, Cell, Mark, Paragraph, Picture, Pictures, Section, Table
from pipelines.report.drawing import Axis, Span, interval_chart
from pipelines.report.numbers import NOTHING, bare_points, count, listed, money, percent
from pipelines.review.figures.facts import Facts
from pipelines.review.sections.commands import typed

TITLE = Words("What it brought", "效果")
FEW = Words("too few to say", "样本太少")
MARKS = {"keep": ("✓", "good"), "change": ("◆", "amber"), "stop": ("▲", "bad")}
NOT_MEASURED = Words(
    "What acting brought is not known: no experiment has been measured. Customers left alone at random are what shows "
    "it: churnlab experiments list -p {project}.",
    "行动效果未知：尚无实验结果。只有与随机不干预的客户对比才能看出效果："
    "请使用 churnlab experiments list -p {project}。",
)
RUNNING = Words(
    "Under way with {customers} customers, and not measured yet: {names}. Once their windows are over: "
    "churnlab experiments measure NAME -p {project}.",
    "进行中，共 {customers} 位客户，尚未测量：{names}。"
    "观察期结束后请运行 churnlab experiments measure NAME -p {project}。",
)
SAID = 4
LATER = Words("* Measured after this month.", "* 在本月之后完成测量。")


def section(facts: Facts) -> Section:
    """Tell the effects that experiments showed, what they returned, and what was decided."""
    found = facts.brought
    if not found.decisions:
        return Section("brought", TITLE, typed(NOT_MEASURED, facts), _running(facts))
    shown = [row for row in found.decisions if _is_told(row)]
    blocks: list[Block] = [Pictures([_drawn(facts, shown)])] if shown else []
    blocks.append(_table(facts))
    blocks += [Paragraph(LATER, "soft")] if found.later else []
    return Section("brought", TITLE, _answer(facts), [*blocks, *_running(facts)])


def name_of(facts: Facts, row: dict[str, Any]) -> Words:
    """Name the experiment of a decision; with an asterisk where it was measured after the month."""
    name = facts.experiment(row["experiment"])
    return Words(f"{name.en}*", f"{name.zh}*") if row["experiment"] in facts.brought.later else name


def _is_told(row: dict[str, Any]) -> bool:
    effect = row["effect"]
    return effect is not None and effect["verdict"] != "too_few" and _is_known(effect["low"])


def _is_known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _is_sure(row: dict[str, Any]) -> bool:
    """Whether the experiment is over and what it returned is known well enough to name a sum."""
    ends = [row["roi_low"], row["roi_high"]]
    return row["decision"] != "wait" and all(map(_is_known, ends)) and ends[1] - ends[0] <= WIDEST_RETURN


def _answer(facts: Facts) -> Words:
    decided = [(decision, facts.brought.decided(decision)) for decision in DECISIONS]
    said = [_several(facts, decision, rows) for decision, rows in decided if rows]
    one = listed([Words(each.en, each.zh) for each in said])
    benefit, cost = (_sum(facts, name) for name in ("benefit", "cost"))
    money_said = SILENT
    if benefit is not None and cost is not None:
        kept, spent = money(benefit, facts.currency), money(cost, facts.currency)
        money_said = Words(f"; together they kept {kept.en} for {spent.en}", f"；合计保住 {kept.zh}，花费 {spent.zh}")
    return Words(f"Experiments say: {one.en}{money_said.en}.", f"实验结论：{one.zh}{money_said.zh}。")


def _several(facts: Facts, decision: str, rows: list[dict[str, Any]]) -> Words:
    names = listed([name_of(facts, row) for row in rows])
    word = DECISIONS[decision]
    return Words(f"{word['en']} “{names.en}”", f"{word['zh']}“{names.zh}”")


def _sum(facts: Facts, name: str) -> float | None:
    known = [row[name] for row in facts.brought.decisions if _is_sure(row) and _is_known(row[name])]
    return sum(known) if known else None


def _drawn(facts: Facts, rows: list[dict[str, Any]]) -> Picture:
    effects = [row["effect"] for row in rows]
    spans = [
        Span(name_of(facts, row), each["low"], each["estimate"], each["high"], bare_points(each["estimate"]))
        for row, each in zip(rows, effects, strict=True)
    ]
    low, high = min(each["low"] for each in effects), max(each["high"] for each in effects)
    x = Axis(min(low, 0.0), max(high, 0.0), Words("more who stayed, points", "留存变化（百分点）"), bare_points)
    first = effects[0]
    stayed, alone = percent(first["treated_mean"]), percent(first["control_mean"])
    title = Words(
        f"{stayed.en} of the treated stayed, {alone.en} of those left alone",
        f"干预组留存 {stayed.zh}，对照组 {alone.zh}",
    )
    caption = Words(
        "How many more stayed because of each strategy, against customers left alone at random, with 95 % intervals.",
        "与随机不干预的客户相比，各策略带来的留存变化及 95% 区间。",
    )
    return Picture(title, caption, interval_chart(spans, x, (0.0, Words("no effect", "无效果"))))


def _table(facts: Facts) -> Table:
    head = [
        Words("strategy", "策略"),
        Words("measured", "测量月份"),
        Words("customers", "客户数"),
        Words("more stayed, points (95 %)", "留存变化，百分点（95% 区间）"),
        Words("kept", "保住金额"),
        Words("cost", "成本"),
        Words("return", "回报率"),
        Words("decision", "决定"),
    ]
    return Table(head, [_row(facts, row) for row in facts.brought.decisions], frozenset({2, 4, 5}))


def _row(facts: Facts, row: dict[str, Any]) -> list[Cell]:
    kept = money(row["benefit"], facts.currency) if _is_sure(row) else NOTHING
    amounts: list[Cell] = [kept, money(row["cost"], facts.currency)]
    word, (sign, tone) = DECISIONS[row["decision"]], MARKS.get(row["decision"], ("●", "soft"))
    mark = Mark(sign, Words(word["en"], word["zh"]), tone)  # type: ignore[arg-type]
    month = Words(row["month"], row["month"])
    return [name_of(facts, row), month, count(row["measured"]), _effect(row), *amounts, _return(row), mark]


def _effect(row: dict[str, Any]) -> Words:
    if not _is_told(row):
        return FEW
    value, low, high = (bare_points(row["effect"][name]).en for name in ("estimate", "low", "high"))
    return Words(f"{value} ({low} to {high})", f"{value}（{low} 至 {high}）")


def _return(row: dict[str, Any]) -> Words:
    ends = [row[name] for name in ("roi", "roi_low", "roi_high")]
    if not all(_is_known(end) for end in ends):
        return NOTHING
    if ends[2] - ends[1] > WIDEST_RETURN:
        return Words("too uncertain to say", "误差过大，无法判断")
    value, low, high = (percent(end) for end in ends)
    return Words(f"{value.en} ({low.en} to {high.en})", f"{value.zh}（{low.zh} 至 {high.zh}）")


def _running(facts: Facts) -> list[Block]:
    found = facts.brought.running
    if not found:
        return []
    names = [facts.experiment(name) for name in found]
    if len(names) > SAID:
        others = len(names) - SAID + 1
        names = [*names[: SAID - 1], Words(f"{others} others", f"另外 {others} 项")]
    said, customers = listed(names), f"{sum(found.values()):,}"
    return [Paragraph(typed(RUNNING, facts, names=said, customers=customers))]
