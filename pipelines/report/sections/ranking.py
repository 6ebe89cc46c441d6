"""How many leavers are found by contacting so many customers."""

from __future__ import annotations

import numpy as np

from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Cell, Paragraph, Picture, Pictures, Section, Table
from pipelines.report.drawing import Axis, Line, Span, interval_chart, line_chart
from pipelines.report.numbers import NOTHING, count, decimal, percent, times
from pipelines.report.terms import Judged, family

SIZES = {
    "1pct": Words("riskiest 1 %", "风险最高 1%"),
    "5pct": Words("riskiest 5 %", "风险最高 5%"),
    "10pct": Words("riskiest 10 %", "风险最高 10%"),
    "20pct": Words("riskiest 20 %", "风险最高 20%"),
    "capacity": Words("as many as can be contacted", "可联系的人数"),
}


def section(judged: Judged) -> Section:
    """Tell the gain curve, the lift at several sizes, and every model beside the rule."""
    fifth = judged.contacts["20pct"]
    found = percent(fifth["recall"])
    answer = Words(
        f"Calling the riskiest fifth of customers reaches {found.en} of those who leave; a random fifth reaches 20 %.",
        f"联系风险最高的五分之一客户，可覆盖 {found.zh} 的流失客户；随机联系只能覆盖 20%。",
    )
    blocks: list[Block | None] = [Pictures([_gain(judged), _rates(judged)]), _contacts(judged)]
    blocks += [_advantage(judged), _models(judged)]
    title = Words("Who comes first", "排序：谁最先流失")
    return Section("ranking", title, answer, [block for block in blocks if block is not None])


def _gain(judged: Judged) -> Picture:
    curve = judged.tables["gain"]
    x = curve["share"].to_numpy()
    best, model = curve["best_recall"].to_numpy(), curve["recall"].to_numpy()
    low, high = curve["low"].to_numpy(), curve["high"].to_numpy()
    lines = [
        Line(x, x, "chance", Words("at random", "随机联系"), 0.72, below=True),
        Line(x, best, "best", Words("knowing the future", "完全预知"), min(judged.best["base_rate"] + 0.08, 0.5)),
        Line(x, model, "model", Words("the model", "模型"), 0.3, below=True, low=low, high=high),
    ]
    if "rule_recall" in curve:
        rule = curve["rule_recall"].to_numpy()
        lines.append(Line(x, rule, "rule", family("recency_rule"), 0.62, below=bool(np.interp(0.62, x, rule) < 0.6)))
    ten = judged.contacts["10pct"]
    said = percent(ten["recall"])
    title = Words(f"The riskiest 10 % hold {said.en} of the leavers", f"风险最高的 10% 客户包含了 {said.zh} 的流失客户")
    caption = Words(
        "Across: share of customers contacted, riskiest first. Up: share of all leavers among them. Shaded: 95 % "
        "interval.",
        "横轴：按风险从高到低联系的客户占比；纵轴：其中包含的流失客户占全部流失客户的比例；阴影：95% 置信区间。",
    )
    across = Axis(0, 1, Words("customers contacted", "联系的客户占比"), percent)
    drawing = line_chart(lines, across, Axis(0, 1, Words("leavers found", "找到的流失客户"), percent), marked=0.1)
    return Picture(title, caption, drawing)


def _rates(judged: Judged) -> Picture:
    """Draw what share of the riskiest left, beside the average."""
    base, shown = judged.best["base_rate"], [judged.contacts[name] for name in ("1pct", "5pct", "10pct", "20pct")]
    rows = [
        Span(SIZES[line["name"]], line["low"] * base, line["rate"], line["high"] * base, percent(line["rate"]))
        for line in shown
    ]
    first, highest = percent(shown[0]["rate"]), max(line["high"] for line in shown) * base
    title = Words(f"Of the riskiest 1 %, {first.en} left", f"风险最高的 1% 中有 {first.zh} 流失")
    caption = Words(
        "Share that left among the riskiest customers, with its 95 % interval. Dotted: all customers.",
        "风险最高的客户中的流失比例及其 95% 置信区间；虚线为全体客户。",
    )
    across = Axis(0, min(1.0, 1.05 * highest), Words("share that left", "流失率"), percent)
    average = percent(base)
    reference = base, Words(f"all {average.en}", f"全体 {average.zh}")
    return Picture(title, caption, interval_chart(rows, across, reference))


def _contacts(judged: Judged) -> Table:
    head = [
        Words("contacted", "联系对象"),
        Words("customers", "客户数"),
        Words("of them leave", "其中流失"),
        Words("times the average", "相对平均的倍数"),
        Words("95 % interval", "95% 区间"),
        Words("best possible", "理论上限"),
        Words("rule", "规则"),
        Words("of all leavers", "占全部流失"),
    ]
    rows: list[list[Cell]] = []
    for line in judged.record["contacts"]:
        interval = Words(f"{line['low']:.1f} to {line['high']:.1f}", f"{line['low']:.1f} 至 {line['high']:.1f}")
        rule = NOTHING if line["rule_lift"] is None else decimal(line["rule_lift"], 1)
        rows.append(
            [
                SIZES[line["name"]],
                count(line["contacted"]),
                percent(line["rate"]),
                decimal(line["lift"], 1),
                interval,
                decimal(line["best_lift"], 1),
                rule,
                percent(line["recall"]),
            ]
        )
    return Table(head, rows, frozenset(range(1, 8)))


def _advantage(judged: Judged) -> Paragraph | None:
    against = judged.record["against_rule"]
    if against is None:
        return None
    gain, low, high = (decimal(against[key], 2).en for key in ("estimate", "low", "high"))
    rule = judged.record["rule"]
    words = Words(
        f"Beside the rule that anyone could write down ({rule} alone) the model gains {gain} in AUC, 95 % interval "
        f"{low} to {high}, on the same customers.",
        f"与人人都能写出的一行规则（只看 {rule}）相比，模型的 AUC 高出 {gain}"
        f"（同一批客户，95% 区间 {low} 至 {high}）。",
    )
    return Paragraph(words)


def _models(judged: Judged) -> Table:
    head = [
        Words("model", "模型"),
        Words("AUC", "AUC"),
        Words("PR-AUC", "PR-AUC"),
        Words("log loss", "对数损失"),
        Words("KS", "KS"),
        Words("lift at 10 %", "前 10% 提升度"),
    ]
    rows: list[list[Cell]] = []
    for name, figures in judged.record["test"].items():
        said = family(name)
        chosen = Words(f"{said.en}, chosen by validation", f"{said.zh}（验证选出）")
        numbers = [decimal(figures[key], 3) for key in ("roc_auc", "pr_auc", "log_loss", "ks")]
        lift = times(figures["lift_at_10pct"])
        rows.append([chosen if name == judged.record["best"] else said, *numbers, lift])
    return Table(head, rows, frozenset(range(1, 6)), Words("Every model in figures", "所有模型的指标"))
