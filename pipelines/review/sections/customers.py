"""Who: the customers with the most value at risk."""

from __future__ import annotations

from typing import Any

from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Cell, Paragraph, Picture, Pictures, Section, Table
from pipelines.report.drawing import bar_chart
from pipelines.report.names import band
from pipelines.report.numbers import NOTHING, money, percent, same
from pipelines.report.spreadsheet import as_cell
from pipelines.review.figures.customers import MANY, SHOWN
from pipelines.review.figures.facts import Facts
from pipelines.review.sections.commands import typed

TITLE = Words("Who", "重点客户")
HYPHEN = "\N{NON-BREAKING HYPHEN}"
NOBODY = Words(
    "Nobody is scored at the end of this month: churnlab score --as-of {day} -p {project}.",
    "本月末没有评分：请运行 churnlab score --as-of {day} -p {project}。",
)
PARTS = {
    1: Words("the first {first}", "前 {first} 位"),
    2: Words("up to {many}", "至第 {many} 位"),
    3: Words("all others", "其余客户"),
}
WITHOUT_NAMES = Words(
    "Names are left out of this copy; the order is that of the list with names.",
    "本副本不含客户名称；顺序与含名称的名单一致。",
)


def section(facts: Facts) -> Section:
    """List the customers with the most value at risk, why, and what is planned."""
    found = facts.customers
    if not found.listed:
        day = f"{facts.month.ends_at:%Y-%m-%d}"
        return Section("who", TITLE, typed(NOBODY, facts, day=day), [])
    blocks: list[Block] = [Pictures([_gathered(facts), _bands(facts)])] if _total(facts) else []
    blocks.append(_table(facts))
    if not facts.names_customers:
        blocks.append(Paragraph(WITHOUT_NAMES, "soft"))
    return Section("who", TITLE, _answer(facts), blocks)


def _answer(facts: Facts) -> Words:
    listed, total = facts.customers.listed, _total(facts)
    unplanned = len(facts.customers.unplanned)
    plan = Words("an action lies ahead for each of them", "均已安排后续行动")
    if unplanned:
        plan = Words(f"for {unplanned} of them no action lies ahead", f"其中 {unplanned} 位没有后续行动")
    if not total:
        return Words(
            f"The {len(listed)} customers with the highest risk: {plan.en}.",
            f"流失风险最高的 {len(listed)} 位客户：{plan.zh}。",
        )
    first = facts.customers.gathered[0]["value_at_risk"] or 0.0
    stake, share = money(first, facts.currency), percent(first / total)
    return Words(
        f"{len(listed)} customers hold {stake.en} of the value at risk ({share.en}); {plan.en}.",
        f"{len(listed)} 位客户的风险金额合计 {stake.zh}（占 {share.zh}），{plan.zh}。",
    )


def _total(facts: Facts) -> float:
    return sum(row["value_at_risk"] or 0.0 for row in facts.customers.gathered)


def _gathered(facts: Facts) -> Picture:
    rows, total = facts.customers.gathered, _total(facts)
    bars = [(_part(row), row["value_at_risk"] or 0.0, _worth(facts, row, total)) for row in rows]
    first, share = rows[0]["customers"], percent((rows[0]["value_at_risk"] or 0.0) / total)
    title = Words(f"{first} customers hold {share.en} of the value at risk", f"{first} 位客户占风险金额的 {share.zh}")
    caption = Words(
        "Value at risk (what a customer is worth times its risk) of customers in the order of the list below.",
        "按下方名单顺序统计的风险金额（客户价值乘以流失概率）。",
    )
    return Picture(title, caption, bar_chart(bars))


def _bands(facts: Facts) -> Picture:
    rows, total, names = facts.customers.bands, _total(facts), facts.project.value_names
    bars = [(band(row["band"], names).words, row["value_at_risk"] or 0.0, _worth(facts, row, total)) for row in rows]
    first, customers = band(rows[0]["band"], names).words, rows[0]["customers"]
    share = percent((rows[0]["value_at_risk"] or 0.0) / total)
    title = Words(
        f"{share.en} lies with the {customers:,} customers at {first.en}",
        f"{first.zh}客户 {customers:,} 位，占 {share.zh}",
    )
    caption = Words(
        "Value at risk by band: many customers at little risk can hold much of it.",
        "各等级的风险金额：风险较低但数量多的客户也可能占很大部分。",
    )
    return Picture(title, caption, bar_chart(bars))


def _part(row: dict[str, Any]) -> Words:
    words = PARTS[row["part"]]
    return Words(words.en.format(first=SHOWN, many=MANY), words.zh.format(first=SHOWN, many=MANY))


def _worth(facts: Facts, row: dict[str, Any], total: float) -> Words:
    value = row["value_at_risk"] or 0.0
    said, share = money(value, facts.currency), percent(value / total)
    return Words(f"{said.en} · {share.en}", f"{said.zh} · {share.zh}")


def _table(facts: Facts) -> Table:
    head = [
        Words("customer", "客户"),
        Words("at risk", "风险金额"),
        Words("risk", "流失概率"),
        Words("band", "等级"),
        Words("why", "原因"),
        Words("owner", "负责人"),
        Words("planned", "计划"),
    ]
    rows = [_row(facts, place, row) for place, row in enumerate(facts.customers.listed, start=1)]
    return Table(head, rows, frozenset({1, 2}))


def _row(facts: Facts, place: int, row: dict[str, Any]) -> list[Cell]:
    name = as_cell(row["shown_name"]) if facts.names_customers else ""
    told = same(f"{place} · {name}") if name else Words(f"customer {place}", f"客户 {place}")
    owner = facts.project.value_names.words(as_cell(row["owner"]) or "–", "team")
    why = Words(row["sentence_en"] or "–", row["sentence_zh"] or "–")
    risk: list[Cell] = [money(row["value_at_risk"], facts.currency), percent(row["probability"])]
    return [told, *risk, band(row["band"], facts.project.value_names), why, owner, _plan(facts, row)]


def _plan(facts: Facts, row: dict[str, Any]) -> Words:
    if row["playbook"] is None:
        return NOTHING
    title, day = facts.playbook(row["playbook"]), f"{row['planned_for']:%m-%d}".replace("-", HYPHEN)
    late = Words("overdue: ", "已逾期：") if row["is_overdue"] else Words("", "")
    return Words(f"{late.en}{title.en}, {day}", f"{late.zh}{title.zh}，{day}")
