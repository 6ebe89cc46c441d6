"""The month in figures."""

from __future__ import annotations

from functools import partial
from typing import Any

from evaluation.business.measures import MEASURES
from evaluation.gates.words import NOTHING as SILENT
from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Cell, Paragraph, Picture, Pictures, Section, Table
from pipelines.report.drawing import columns_chart
from pipelines.report.numbers import NOTHING, count, money, percent, percent_range, same
from pipelines.review.figures.base import RATES
from pipelines.review.figures.facts import Facts
from pipelines.review.sections.commands import typed
from pipelines.review.sections.opening import identity

PARTS = ("active_churn_rate", "passive_churn_rate")
TITLE = Words("The month in figures", "本月概览")
NOT_SCORED = Words(
    "No scoring run has finished in this month, so that no value at risk can be told: "
    "churnlab score --as-of {day} -p {project}.",
    "本月没有完成的评分，无法给出风险金额：请运行 churnlab score --as-of {day} -p {project}。",
)


def section(facts: Facts) -> Section:
    """Tell who was there, came and left, and the rates beside those of before."""
    drawn = [_came_and_left(facts), *_revenue(facts)]
    blocks: list[Block] = [Pictures(drawn), _rates(facts), Paragraph(_stake(facts))]
    return Section("month", TITLE, _answer(facts), blocks)


def _answer(facts: Facts) -> Words:
    row = facts.base.month
    change = row["customers_closing"] - row["customers_opening"]
    size = f"{abs(change):,.0f}"
    end = Words("ended as it began", "期末与期初持平")
    if change:
        end = Words(
            f"ended with {size} {'more' if change > 0 else 'fewer'} customers than it began with",
            f"期末客户比期初{'多' if change > 0 else '少'} {size} 位",
        )
    how = identity(facts)
    return Words(f"The month {end.en}: {how.en}.", f"{end.zh}：{how.zh}。")


def _came_and_left(facts: Facts) -> Picture:
    rows = [
        (same(row["period"]), row["customers_new"] + row["customers_returned"], row["customers_lost"])
        for row in facts.base.flows
    ]
    _, came, left = rows[-1]
    title = Words(f"{came:,.0f} customers came, {left:,.0f} left", f"新增与回流 {came:,.0f} 位，流失 {left:,.0f} 位")
    caption = Words(
        "Upwards: customers who came or came back in each month; downwards: who left.",
        "向上：每月新增与回流的客户；向下：流失的客户。",
    )
    drawing = columns_chart(
        rows, Words("came", "新增与回流"), Words("left", "流失"), Words("customers", "客户数"), count
    )
    return Picture(title, caption, drawing)


def _revenue(facts: Facts) -> list[Picture]:
    """Draw the monthly revenue that came and left; nothing where it is not told."""
    rows = [
        (same(row["period"]), _added(row, "new", "returned", "expansion"), _added(row, "lost", "contraction"))
        for row in facts.base.flows
        if row["revenue_opening"] is not None
    ]
    if not rows:
        return []
    came, left = (money(amount, facts.currency) for amount in rows[-1][1:])
    title = Words(f"{came.en} of monthly revenue came, {left.en} left", f"月收入增加 {came.zh}，减少 {left.zh}")
    caption = Words(
        "Upwards: monthly revenue of who came or came back, and what others grew by; downwards: of who left, and what "
        "others shrank by.",
        "向上：新增、回流客户与增购带来的月收入；向下：流失与缩减的月收入。",
    )
    words, unit = (Words("came", "增加"), Words("left", "减少")), Words("monthly revenue", "月收入")
    return [Picture(title, caption, columns_chart(rows, *words, unit, partial(money, currency=facts.currency)))]


def _added(row: dict[str, Any], *names: str) -> float:
    return sum(row[f"revenue_{name}"] or 0.0 for name in names)


def _rates(facts: Facts) -> Table:
    head = [
        Words("rate", "指标"),
        Words("this month", "本月"),
        Words("95 % interval", "95% 区间"),
        Words("the month before", "上月"),
        Words("a year before", "去年同月"),
        Words("healthy", "健康水平"),
    ]
    rows = [_row(facts, name) for name in RATES if _is_shown(facts, name)]
    return Table(head, rows, frozenset({1, 2, 3, 4, 5}))


def _is_shown(facts: Facts, measure: str) -> bool:
    """Whether a rate is told; active and passive churn only where both occur."""
    passive = facts.base.rate("passive_churn_rate", facts.month.name)
    active = facts.base.rate("active_churn_rate", facts.month.name)
    if measure in PARTS and not (passive and active and passive["value"] and active["value"]):
        return False
    return (measure, facts.month.name) in facts.base.rates


def _row(facts: Facts, measure: str) -> list[Cell]:
    found, month = facts.base.rate(measure, facts.month.name), facts.month
    few = Words("too few to say", "样本太少")
    ends = percent_range(found["low"], found["high"]) if found else SILENT
    others = [facts.base.rate(measure, month.back(months).name) for months in (1, 12)]
    words = MEASURES[measure].words
    now: Cell = percent(found["value"]) if found else few
    before: list[Cell] = [percent(each["value"]) if each else NOTHING for each in others]
    return [words, now, ends, *before, _healthy(facts) if measure == "churn_rate" else SILENT]


def _healthy(facts: Facts) -> Words:
    last = facts.base.trend[-1] if facts.base.trend else None
    return SILENT if last is None else percent_range(last["yardstick_low"], last["yardstick_high"])


def _stake(facts: Facts) -> Words:
    now, month = facts.base.now, facts.month
    if now is None:
        day = f"{month.ends_at:%Y-%m-%d}"
        return typed(NOT_SCORED, facts, day=day)
    high, everyone = f"{now.high:,}", f"{now.customers:,}"
    stake = money(now.high_value_at_risk, facts.currency)
    worth = SILENT if now.high_value_at_risk is None else Words(f", with {stake.en} at risk", f"，风险金额 {stake.zh}")
    before = SILENT
    if facts.base.before is not None:
        was = f"{facts.base.before.high:,}"
        before = Words(f"; {was} the month before", f"；上月为 {was} 位")
    return Words(
        f"{high} of {everyone} customers are in band high{worth.en}{before.en}.",
        f"{everyone} 位客户中有 {high} 位处于高风险{worth.zh}{before.zh}。",
    )
