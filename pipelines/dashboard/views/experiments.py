"""Experiments on customers: whether acting helps, how surely, and whether to keep, change or stop."""

from __future__ import annotations

from typing import Any

from evaluation.gates.words import Words
from pipelines.actions.experiments_words import WIDEST_RETURN
from pipelines.dashboard import acted
from pipelines.dashboard.numbers import dated
from pipelines.dashboard.screen import Screen
from pipelines.dashboard.store import Mart
from pipelines.report.blocks import Block, Cell, Figure, Figures, Mark, Paragraph, Picture, Pictures, Table
from pipelines.report.drawing import Axis, Span, interval_chart
from pipelines.report.names import band
from pipelines.report.numbers import NOTHING, count, decimal, money, percent, same

NONE_YET = Words(
    "Nobody knows yet whether acting helps: no experiment is set up.", "尚未设置实验，无法得知干预是否有效。"
)
DO = Words(
    "Keep a random part of the high-risk customers without a call; only the comparison shows what calling brings "
    "(experiments.plans in the configuration).",
    "请随机保留一部分高风险客户不做干预，只有与之对比才能看出干预的效果（在配置的 experiments.plans 中设置）。",
)
NOT_ASSIGNED = Words(
    "Nobody is assigned yet: churnlab experiments assign {name}", "尚未分组，请运行 churnlab experiments assign {name}"
)
NOT_MEASURED = Words(
    "Not measured yet: windows of {days} days have to be over.", "尚无结果：须等 {days} 天观察期结束。"
)
EFFECTS, BALANCE = (
    Words("All effects in figures", "全部效果数据"),
    Words("Were the arms alike before?", "分组前两组是否相似？"),
)
ALIKE = Words("The arms were alike: no difference above a tenth of the spread.", "两组在分组前相似：差异均不明显。")
UNLIKE = Words(
    "The arms were not alike in all; the effect is adjusted for score and band.",
    "两组在分组前不完全相似；效果已按评分与风险等级调整。",
)
FEW = Words("too few", "人数太少")
NO_EFFECT = Words("no effect", "无效果")
EVERYONE = Words("everyone", "全部客户")
KNOWN = {
    "score_before": Words("risk of leaving", "流失概率"),
    "value_before": Words("value", "客户价值"),
    "stratum": Words("band", "风险等级"),
}
SIGNS = {"keep": "✓ ", "change": "◆ ", "stop": "▲ "}
WAITING = Words("Not measured yet", "尚无结果的实验")
WAITING_NOTE = Words(
    "Every playbook leaves a part of its customers alone; windows have to be over before its effect is told.",
    "每个方案都随机保留一部分客户不干预；观察期结束后才能得出效果。",
)
NO_END = Words("as long as the playbook is used", "方案使用期间持续进行")
UNDER_WAY = Words("under way", "进行中")


def view(screen: Screen) -> None:
    """Draw every experiment."""
    with screen.mart() as mart:
        found = acted.experiments(mart)
        if not found:
            screen.answer(NONE_YET, DO)
            return
        only = found[0] if len(found) == 1 else None
        screen.answer(_answer(found), None if only is None else _reason(only))
        waiting = [each for each in found if only is None and not each["measured"]]
        for each in (each for each in found if each not in waiting):
            if only is None:
                screen.heading(_title(each), _reason(each))
            figures, *others = _blocks(screen, mart, each)
            screen.draw(figures)
            screen.draw(*others)
        if waiting:
            screen.heading(WAITING, WAITING_NOTE)
            screen.draw(_waiting_table(waiting))


def _waiting_table(waiting: list[dict[str, Any]]) -> Table:
    head = [
        Words("experiment", "实验"),
        Words("since", "开始日期"),
        Words("assigned", "已分组"),
        Words("treated", "干预组"),
        Words("left alone", "对照组"),
        Words("window", "观察期"),
    ]
    rows: list[list[Cell]] = [
        [
            Words(each["title_en"], each["title_zh"]),
            dated(each["starts_on"]),
            *(count(each[name]) for name in ("assigned", "treated", "control")),
            Words(f"{each['window_days']} days", f"{each['window_days']} 天"),
        ]
        for each in waiting
    ]
    return Table(head, rows, frozenset({2, 3, 4, 5}))


def _answer(found: list[dict[str, Any]]) -> Words:
    if len(found) == 1:
        said = _title(found[0])
        return Words(f"{said.en}.", f"{said.zh}。")
    decided = [each for each in found if each["decision"] not in (None, "wait")]
    return Words(
        f"{len(found)} experiments, {len(decided)} decided, {len(found) - len(decided)} still under way.",
        f"共 {len(found)} 项实验，已有结论 {len(decided)} 项，进行中 {len(found) - len(decided)} 项。",
    )


def _title(each: dict[str, Any]) -> Words:
    said = Words(each["decision_en"] or UNDER_WAY.en, each["decision_zh"] or UNDER_WAY.zh)
    sign = SIGNS.get(each["decision"] or "", "")
    return Words(f"{each['title_en']}: {sign}{said.en}", f"{each['title_zh']}：{sign}{said.zh}")


def _reason(each: dict[str, Any]) -> Words:
    return Words(each["reason_en"] or "", each["reason_zh"] or "")


def _blocks(screen: Screen, mart: Mart, each: dict[str, Any]) -> list[Block]:
    name = each["experiment"]
    if not each["assigned"]:
        return [Paragraph(Words(NOT_ASSIGNED.en.format(name=name), NOT_ASSIGNED.zh.format(name=name)))]
    effects, arms = acted.effects(mart, name), acted.balance(mart, name)
    blocks: list[Block] = [_figures(screen, each, effects)]
    if not effects:
        days = each["window_days"] or "–"
        return [*blocks, Paragraph(Words(NOT_MEASURED.en.format(days=days), NOT_MEASURED.zh.format(days=days)), "soft")]
    picture = _picture(screen, effects)
    blocks += [Pictures([picture])] if picture else []
    blocks.append(_effect_table(screen, effects))
    if arms:
        blocks += [Paragraph(UNLIKE if any(row["is_large"] for row in arms) else ALIKE), _balance_table(screen, arms)]
    return blocks


def _figures(screen: Screen, each: dict[str, Any], effects: list[dict[str, Any]]) -> Figures:
    wanted, ends = each["wanted_customers"], dated(each["ends_on"])
    until = NO_END if each["ends_on"] is None else Words(f"until {ends.en}", f"至 {ends.zh}")
    if wanted:
        until = Words(f"of {wanted:,} wanted", f"目标 {wanted:,} 位")
    stayed = next((row for row in effects if row["measure_name"] == "retained" and row["segment_name"] == "all"), None)
    arms = Words(
        f"{each['treated']:,} treated, {each['control']:,} left alone",
        f"干预组 {each['treated']:,}，对照组 {each['control']:,}",
    )
    return Figures(
        [
            Figure(count(each["assigned"]), Words("Customers assigned", "已分组客户"), until),
            Figure(count(each["measured"]), Words("Measured so far", "已有结果客户"), arms),
            _stayed(stayed),
            _return(screen, each),
        ]
    )


def _stayed(row: dict[str, Any] | None) -> Figure:
    label = Words("Stay because of it, of 100", "每百人因此多留存")
    if row is None or row["effect"] is None:
        return Figure(NOTHING, label, FEW if row else Words("not measured", "暂无数据"))
    low, high = _signed(row["effect_low"]), _signed(row["effect_high"])
    return Figure(same(_signed(row["effect"])), label, Words(f"{low} to {high} points", f"{low} 至 {high} 个百分点"))


def _return(screen: Screen, each: dict[str, Any]) -> Figure:
    label, cost = Words("Return on its cost", "投资回报率"), money(each["cost"], screen.project.currency)
    spent = Words(f"cost {cost.en}", f"成本 {cost.zh}") if each["cost"] is not None else Words("", "")
    if each["roi"] is None:
        return Figure(NOTHING, label, spent)
    if each["roi_high"] - each["roi_low"] > WIDEST_RETURN:
        unsure = Words("too uncertain to say", "误差过大，无法判断")
        return Figure(NOTHING, label, Words(f"{unsure.en}; {spent.en}", f"{unsure.zh}；{spent.zh}"))
    low, high = percent(each["roi_low"]), percent(each["roi_high"])
    return Figure(
        percent(each["roi"]), label, Words(f"{low.en} to {high.en}; {spent.en}", f"{low.zh} 至 {high.zh}；{spent.zh}")
    )


def _points(share: float | None) -> Words:
    """Say a difference of two shares with its sign."""
    if share is None:
        return NOTHING
    return Words(f"{_signed(share)} points", f"{_signed(share)} 个百分点")


def _signed(share: float) -> str:
    return f"{share * 100:+.1f}".replace("-", "\N{MINUS SIGN}")


def _segment(screen: Screen, row: dict[str, Any]) -> Words:
    if row["segment_name"] == "all":
        return EVERYONE
    return band(row["segment_name"], screen.project.value_names).words


def _picture(screen: Screen, effects: list[dict[str, Any]]) -> Picture | None:
    """Draw the effect on staying, of everyone and by band, beside no effect."""
    rows = [row for row in effects if row["measure_name"] == "retained"]
    ends = [row[name] for row in rows for name in ("effect_low", "effect_high") if row[name] is not None]
    if not ends:
        return None
    spans = [
        Span(_segment(screen, row), None, None, None, FEW)
        if row["effect"] is None
        else Span(_segment(screen, row), row["effect_low"], row["effect"], row["effect_high"], percent(row["effect"]))
        for row in rows
    ]
    across = Axis(
        min(*ends, 0.0) * 1.1, max(*ends, 0.0) * 1.1, Words("difference in the share who stay", "留存率之差"), percent
    )
    first = rows[0]
    title = Words(
        f"Staying, treated less left alone: {first['verdict_en']}", f"留存率：干预组减对照组，{first['verdict_zh']}"
    )
    caption = Words(
        "Effect with its 95 % interval; where it crosses the dotted line, chance may explain it.",
        "效果及其 95% 区间；若跨过虚线，则可能只是偶然。",
    )
    return Picture(title, caption, interval_chart(spans, across, (0.0, NO_EFFECT)))


def _effect_table(screen: Screen, effects: list[dict[str, Any]]) -> Table:
    head = [
        Words("effect on", "指标"),
        Words("of", "客户"),
        Words("treated", "干预组"),
        Words("left alone", "对照组"),
        Words("effect", "效果"),
        Words("95 % interval", "95% 区间"),
        Words("verdict", "结论"),
    ]
    rows: list[list[Cell]] = []
    for row in effects:
        said = (lambda value: money(value, screen.project.currency)) if row["measure_name"] == "revenue" else _points
        low, high = said(row["effect_low"]), said(row["effect_high"])
        ends = NOTHING if row["effect_low"] is None else Words(f"{low.en} to {high.en}", f"{low.zh} 至 {high.zh}")
        rows.append(
            [
                Words(row["measure_en"], row["measure_zh"]),
                _segment(screen, row),
                count(row["treated"]),
                count(row["control"]),
                said(row["effect"]),
                ends,
                Words(row["verdict_en"], row["verdict_zh"]),
            ]
        )
    return Table(head, rows, frozenset({2, 3, 4, 5}), EFFECTS)


def _balance_table(screen: Screen, arms: list[dict[str, Any]]) -> Table:
    head = [
        Words("known before", "分组前特征"),
        Words("treated", "干预组"),
        Words("left alone", "对照组"),
        Words("difference, in spreads", "标准化差异"),
        Words("", ""),
    ]
    rows: list[list[Cell]] = []
    for row in arms:
        known = KNOWN.get(row["known_name"], same(row["known_name"]))
        if row["known_value"]:
            value = band(row["known_value"], screen.project.value_names).words
            known = Words(f"{known.en}: {value.en}", f"{known.zh}：{value.zh}")
        said = (lambda value: money(value, screen.project.currency)) if row["known_name"] == "value_before" else percent
        mark = (
            Mark("▲", Words("large", "较大"), "amber") if row["is_large"] else Mark("✓", Words("small", "较小"), "good")
        )
        rows.append([known, said(row["treated_mean"]), said(row["control_mean"]), decimal(row["difference"]), mark])
    return Table(head, rows, frozenset({1, 2, 3}), BALANCE)
