"""How the review opens: who left, whether that is healthy, and five figures."""

from __future__ import annotations

from evaluation.business.changes import LESS, MORE, NO_DIFFERENCE
from evaluation.gates.words import NOTHING as SILENT
from evaluation.gates.words import Words
from pipelines.report.blocks import Figure, Figures, Front, Mark
from pipelines.report.names import STANDINGS
from pipelines.report.numbers import NOTHING, count, money, more_or_less, percent
from pipelines.review.figures.facts import Facts

MONTH_BEFORE = Words("the month before", "上月")
TONES = {"better": ("✓", "good"), "within": ("✓", "good"), "worse": ("▲", "bad")}
AGAINST = {
    MORE: Words("More left than in the month before, beyond chance.", "与上月相比，流失率上升，差异超出随机波动。"),
    LESS: Words("Fewer left than in the month before, beyond chance.", "与上月相比，流失率下降，差异超出随机波动。"),
    NO_DIFFERENCE: Words("The difference from the month before may be chance.", "与上月的差异可能只是随机波动。"),
}


def front(facts: Facts) -> Front:
    """Open the review."""
    sign, tone = TONES.get(facts.base.standing or "", ("◆", "amber"))
    mark = Mark(sign, SILENT, tone)  # type: ignore[arg-type]
    return Front(_answer(facts), mark, _verdict(facts), _against(facts), _figures(facts))


def identity(facts: Facts) -> Words:
    """Say how the customers at the end come about."""
    row = facts.base.month
    opening, new, returned, lost, closing = (
        f"{row[f'customers_{name}']:,.0f}" for name in ("opening", "new", "returned", "lost", "closing")
    )
    return Words(
        f"{opening} at the start + {new} new + {returned} returned − {lost} lost = {closing} at the end",
        f"期初 {opening} + 新增 {new} + 回流 {returned} − 流失 {lost} = 期末 {closing}",
    )


def _answer(facts: Facts) -> Words:
    row, month = facts.base.month, facts.month.words
    lost, opening = f"{row['customers_lost']:,.0f}", f"{row['customers_opening']:,.0f}"
    share, than = _share(facts), _than(facts)
    stake = facts.base.now.value_at_risk if facts.base.now else None
    value = money(stake, facts.currency)
    risk = SILENT if stake is None else Words(f"; {value.en} is at risk now", f"；当前风险金额 {value.zh}")
    return Words(
        f"{lost} of {opening} customers left in {month.en}{share.en}{than.en}{risk.en}.",
        f"{month.zh}，{opening} 位期初客户中流失 {lost} 位{share.zh}{than.zh}{risk.zh}。",
    )


def _share(facts: Facts) -> Words:
    rate = facts.base.rate("churn_rate", facts.month.name)
    if rate is None:
        return SILENT
    said = percent(rate["value"])
    return Words(f" ({said.en})", f"（{said.zh}）")


def _than(facts: Facts) -> Words:
    if len(facts.base.flows) < 2:
        return SILENT
    change = facts.base.month["customers_lost"] - facts.base.flows[-2]["customers_lost"]
    said = more_or_less(change, MONTH_BEFORE)
    return Words(f", {said.en}", f"，{said.zh}")


def _verdict(facts: Facts) -> Words:
    standing = STANDINGS.get(facts.base.standing or "")
    if standing is None:
        return Words("Too few customers to set churn beside what is healthy.", "客户数太少，无法与健康水平比较。")
    last = facts.base.trend[-1]
    low, high = percent(last["yardstick_low"]), percent(last["yardstick_high"])
    return Words(
        f"Churn is {standing.en} ({low.en} to {high.en} a month).",
        f"流失率{standing.zh}（每月 {low.zh} 至 {high.zh}）。",
    )


def _against(facts: Facts) -> Words:
    change = facts.changes.whole[0]
    return SILENT if change is None else AGAINST.get(change["verdict"], SILENT)


def _figures(facts: Facts) -> Figures:
    return Figures([_closing(facts), _lost(facts), _churn(facts), _revenue(facts), _stake(facts)])


def _closing(facts: Facts) -> Figure:
    row = facts.base.month
    start, new, returned = (f"{row[f'customers_{name}']:,.0f}" for name in ("opening", "new", "returned"))
    note = Words(f"{start} at the start, {new} new, {returned} returned", f"期初 {start}，新增 {new}，回流 {returned}")
    return Figure(count(row["customers_closing"]), Words("Customers at the end", "期末客户"), note)


def _lost(facts: Facts) -> Figure:
    label = Words("Customers lost", "流失客户")
    known = facts.base.flows[-2]["customers_lost"] if len(facts.base.flows) > 1 else None
    note = SILENT if known is None else Words(f"{known:,.0f} the month before", f"上月 {known:,.0f} 位")
    return Figure(count(facts.base.month["customers_lost"]), label, note)


def _churn(facts: Facts) -> Figure:
    label, rate = Words("Churn rate", "流失率"), facts.base.rate("churn_rate", facts.month.name)
    if rate is None:
        return Figure(NOTHING, label, Words("too few to say", "样本太少"))
    return Figure(percent(rate["value"]), label, _before(facts, "churn_rate"))


def _revenue(facts: Facts) -> Figure:
    label = Words("Net revenue churn", "净收入流失率")
    rate = facts.base.rate("net_revenue_churn_rate", facts.month.name)
    gross = facts.base.rate("gross_revenue_churn_rate", facts.month.name)
    if rate is None or gross is None:
        return Figure(NOTHING, label, Words("no prices or orders to tell by", "缺少价格或订单数据"))
    said = percent(gross["value"])
    return Figure(percent(rate["value"]), label, Words(f"gross {said.en}", f"总收入流失率 {said.zh}"))


def _stake(facts: Facts) -> Figure:
    now, before = facts.base.now, facts.base.before
    label = Words("Value at risk", "风险金额")
    if now is None or now.value_at_risk is None:
        return Figure(NOTHING, label, Words("not scored", "尚未评分") if now is None else Words("not known", "未知"))
    was = before.value_at_risk if before else None
    said = money(was, facts.currency)
    none = Words("not scored the month before", "上月未评分")
    note = none if was is None else Words(f"{said.en} a month before", f"上月末 {said.zh}")
    return Figure(money(now.value_at_risk, facts.currency), label, note)


def _before(facts: Facts, measure: str) -> Words:
    rate = facts.base.rate(measure, facts.month.back(1).name)
    said = percent(rate["value"]) if rate else NOTHING
    return Words(f"{said.en} the month before", f"上月 {said.zh}") if rate else SILENT
