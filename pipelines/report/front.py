"""How the report opens: one sentence, whether the model may be used, and the four figures that decide."""

from __future__ import annotations

from evaluation.gates.words import Words
from pipelines.report.blocks import Figure, Figures, Front
from pipelines.report.numbers import NOTHING, day, decimal, money, percent, percent_range
from pipelines.report.sections.gates import verdict, worst
from pipelines.report.terms import Judged, family


def front(judged: Judged) -> Front:
    """Open the report."""
    return Front(_answer(judged), worst(judged), verdict(judged), _basis(judged), _figures(judged))


def _answer(judged: Judged) -> Words:
    line, base = judged.contacts["capacity"], percent(judged.best["base_rate"])
    found, rate = percent(line["recall"]), percent(line["rate"])
    when = judged.horizon
    return Words(
        f"Contacting the {line['contacted']:,} riskiest customers reaches {found.en} of those who leave{when.en}; "
        f"{rate.en} of the contacted left, against {base.en} of all customers.",
        f"联系风险最高的 {line['contacted']:,} 位客户，可覆盖{when.zh} {found.zh} 的流失客户；"
        f"所联系客户的流失率为 {rate.zh}，而全体客户为 {base.zh}。",
    )


def _basis(judged: Judged) -> Words:
    figures, calendar = judged.best, judged.record["calendar"]
    model = family(judged.record["best"])
    if calendar["flat"]:
        at = Words("", "")
    else:
        at = Words(f" as of {day(calendar['test_cutoff'])}", f"（截至 {day(calendar['test_cutoff'])}）")
    return Words(
        f"Judged on {figures['rows']:,.0f} customers that it had never seen{at.en}, of whom "
        f"{figures['positives']:,.0f} left; the model is {model.en}.",
        f"评估对象为{model.zh}，样本为 {figures['rows']:,.0f} 位模型从未见过的客户{at.zh}，"
        f"其中 {figures['positives']:,.0f} 位流失。",
    )


def _figures(judged: Judged) -> Figures:
    return Figures([_auc(judged), _top(judged), _level(judged), _profit(judged)])


def _auc(judged: Judged) -> Figure:
    ends, best = judged.record["intervals"]["roc_auc"], judged.best["roc_auc"]
    interval = Words(f"{ends['low']:.2f} to {ends['high']:.2f}", f"{ends['low']:.2f} 至 {ends['high']:.2f}")
    against = judged.record["against_rule"]
    rule = Words("", "")
    if against is not None:
        other = decimal(judged.record["test"]["recency_rule"]["roc_auc"], 2)
        rule = Words(f"; the recency rule {other.en}", f"；最近活跃规则 {other.zh}")
    label = Words("Leaver ranked above stayer (AUC)", "流失者排在留存者之前（AUC）")
    note = Words(f"95 % interval {interval.en}{rule.en}", f"95% 区间 {interval.zh}{rule.zh}")
    return Figure(decimal(best, 2), label, note)


def _top(judged: Judged) -> Figure:
    line = judged.contacts["10pct"]
    label = Words("Leavers found in the riskiest 10 %", "风险最高 10% 中的流失客户占比")
    interval = percent_range(line["recall_low"], line["recall_high"])
    note = Words(f"95 % interval {interval.en}", f"95% 区间 {interval.zh}")
    return Figure(percent(line["recall"]), label, note)


def _level(judged: Judged) -> Figure:
    curve = judged.tables["reliability"]
    said = float((curve["rows"] * curve["mean_probability"]).sum() / curve["rows"].sum())
    left = percent(judged.best["base_rate"])
    label = Words("Mean risk that the model gave", "模型给出的平均流失概率")
    return Figure(percent(said), label, Words(f"{left.en} did leave", f"实际流失 {left.zh}"))


def _profit(judged: Judged) -> Figure:
    found = judged.record["money"]
    label = Words("Profit of acting on it", "据此行动的利润")
    if not found["applies"]:
        return Figure(NOTHING, label, Words("nothing says what a customer is worth", "没有客户价值数据"))
    policy, currency = found["policy"], found["currency"]
    low, high = money(policy["low"], currency), money(policy["high"], currency)
    note = Words(
        f"{policy['contacted']:,} contacts; 95 % interval {low.en} to {high.en}",
        f"联系 {policy['contacted']:,} 人；95% 区间 {low.zh} 至 {high.zh}",
    )
    return Figure(money(policy["profit"], currency), label, note)
