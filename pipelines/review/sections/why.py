"""Why: reasons for leaving, reasons of scores, what was known in advance, and the rules that fired."""

from __future__ import annotations

from typing import Any

from evaluation.gates.words import NOTHING as SILENT
from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Cell, Mark, Paragraph, Picture, Pictures, Section, Table
from pipelines.report.drawing import bar_chart
from pipelines.report.names import band, leaving_reason, topic
from pipelines.report.numbers import count, decimal, percent, percent_range, same
from pipelines.review.figures.ahead import share_interval
from pipelines.review.figures.facts import Facts
from pipelines.review.sections.commands import typed

TITLE = Words("Why", "原因")
SHOWN, FEWEST, SAID_DAYS = 6, 30, 30
FEW = Words("too few to say", "样本太少")
NO_REASONS = Words("Nobody left in this month.", "本月没有客户流失。")
NO_SCORES = Words(
    "No score stands before the month, so that nobody can have been found in advance: "
    "churnlab score --from {first} -p {project}.",
    "此前没有评分，无法判断是否提前发现：请运行 churnlab score --from {first} -p {project}。",
)
NO_CALIBRATION = Words(
    "No scores are old enough to say whether what they foretold came true: churnlab score --from {first} -p {project}.",
    "尚无足够早的评分可用于核对预测：请运行 churnlab score --from {first} -p {project}。",
)
NO_ALERTS = Words(
    "No rule has fired in this month: churnlab act -p {project} asks them.",
    "本月没有规则触发：请运行 churnlab act -p {project}。",
)
TOO_LATE = Words(
    "These scores were made afterwards, by a model that may have learnt from what came: they prove nothing.",
    "这些评分为事后补算，模型可能已学到之后的结果，不能作为提前发现的证明。",
)
ALSO_LATE = Words("These scores were made afterwards, too.", "同为事后补算。")


def section(facts: Facts) -> Section:
    """Tell why customers left and may leave, and whether that was known in advance."""
    drawn = [_reasons_drawn(facts)] if facts.why.left else []
    drawn += [_scores_drawn(facts)] if facts.why.scores else []
    blocks: list[Block] = [Pictures(drawn)] if drawn else []
    blocks += [*_found(facts), *_foretold(facts), *_rules(facts)]
    if facts.why.moves:
        blocks.append(_moves(facts))
    return Section("why", TITLE, _answer(facts), blocks)


def _answer(facts: Facts) -> Words:
    left = facts.base.month["customers_lost"]
    if not left:
        return NO_REASONS
    known = facts.why.known
    said = Words(
        "Why they left is not on record: no reason was given with a notice.", "流失原因没有记录：解约时未说明原因。"
    )
    if known:
        first, number = leaving_reason(known[0]["reason"], facts.project.value_names), known[0]["customers"]
        said = Words(
            f"The reason known of most who left is {first.en} ({number:,} of {left:,.0f}).",
            f"已知的首要流失原因是“{first.zh}”（{left:,.0f} 位中 {number:,} 位）。",
        )
    return said + _in_advance(facts)


def _in_advance(facts: Facts) -> Words:
    """Say how many of the leavers had been in band high before, and whether some scores were made too late to count."""
    row = next((each for each in facts.ahead.found if each["days"] == SAID_DAYS), None)
    if row is None or not row["scored"]:
        return SILENT
    of = percent(row["high"] / row["leavers"])
    late = row["in_time"] < row["scored"]
    doubt = Words(" (scores made afterwards)", "（评分为事后补算）") if late else SILENT
    return Words(
        f"{SAID_DAYS} days before they left, {row['high']:,} of {row['leavers']:,} ({of.en}) "
        f"were in band high{doubt.en}.",
        f"流失前 {SAID_DAYS} 天，{row['leavers']:,} 位中有 {row['high']:,} 位（{of.zh}）已处于高风险{doubt.zh}。",
    )


def _reasons_drawn(facts: Facts) -> Picture:
    rows = facts.why.left[:SHOWN]
    bars = [
        (leaving_reason(row["reason"], facts.project.value_names), float(row["customers"]), count(row["customers"]))
        for row in rows
    ]
    stated, total = (sum(row[name] for row in facts.why.left) for name in ("stated", "customers"))
    title = Words(
        f"{stated:,} of {total:,} said why when they gave notice",
        f"{total:,} 位流失客户中 {stated:,} 位在解约时说明原因",
    )
    caption = Words(
        "Customers who left in the month by reason: said with the notice, else an invoice that stayed unpaid, else "
        "from unhappy feedback.",
        "本月流失客户的原因：解约时说明，其次为未付账单，再次来自不满的反馈。",
    )
    return Picture(title, caption, bar_chart(bars))


def _scores_drawn(facts: Facts) -> Picture:
    rows = facts.why.scores[:SHOWN]
    bars = [(topic(row["topic"]), float(row["customers"]), count(row["customers"])) for row in rows]
    share = percent(rows[0]["customers"] / sum(row["customers"] for row in facts.why.scores))
    first = topic(rows[0]["topic"])
    title = Words(
        f"Risk now has most often to do with {first.en} ({share.en})", f"当前风险最常见于“{first.zh}”（{share.zh}）"
    )
    caption = Words(
        "Customers in band high at the end of the month, by what the first reason of their score has to do with.",
        "月末高风险客户，按评分首要原因的类别划分。",
    )
    return Picture(title, caption, bar_chart(bars))


def _found(facts: Facts) -> list[Block]:
    rows = [row for row in facts.ahead.found if row["scored"]]
    if not rows:
        return [Paragraph(typed(NO_SCORES, facts, first=_before(facts)), "soft")]
    usual = facts.base.before
    beside = SILENT
    if usual is not None and usual.customers:
        share = percent(usual.high / usual.customers)
        beside = Words(f" Of all customers {share.en} were in it.", f"同期全部客户中高风险占 {share.zh}。")
    lead = Words(
        f"Who left in the month, by the band of their score so many days before.{beside.en}",
        f"本月流失客户在流失前若干天的评分等级。{beside.zh}",
    )
    if _is_late(facts):
        lead = lead + TOO_LATE
    head = [Words("days before", "流失前天数"), band("high").words, band("medium").words, band("low").words]
    head += [Words("not scored", "未评分"), Words("scored in time", "及时评分")]
    table: list[list[Cell]] = [
        [count(row["days"]), *(_part(row, number) for number in _by_band(row)), count(row["in_time"])] for row in rows
    ]
    return [Paragraph(lead), Table(head, table, frozenset(range(1, 6)))]


def _before(facts: Facts) -> str:
    """Give a day whose scores have their whole window before the end of the month."""
    return f"{facts.month.back(-1).starts_at - facts.ahead.reach:%Y-%m-%d}"


def _is_late(facts: Facts) -> bool:
    """Whether some scores of the leavers were made when they had left already."""
    return any(row["in_time"] < row["scored"] for row in facts.ahead.found)


def _by_band(row: dict[str, Any]) -> tuple[int, int, int, int]:
    low = row["scored"] - row["high"] - row["medium"]
    return row["high"], row["medium"], low, row["leavers"] - row["scored"]


def _part(row: dict[str, Any], number: int) -> Words:
    share = percent(number / row["leavers"])
    return Words(f"{number:,} ({share.en})", f"{number:,}（{share.zh}）")


def _foretold(facts: Facts) -> list[Block]:
    run, rows = facts.ahead.run, facts.ahead.foretold
    if run is None or not rows:
        return [Paragraph(typed(NO_CALIBRATION, facts, first=_before(facts)), "soft")]
    expected, came = (sum(row[name] for row in rows) for name in ("expected", "came"))
    day, days = f"{run.as_of:%Y-%m-%d}", facts.made.horizon_days
    lead = Words(
        f"Of {sum(row['customers'] for row in rows):,} customers scored as of {day}, {expected:,.0f} were expected to "
        f"leave within {days} days; {came:,} did.",
        f"截至 {day} 评分的 {sum(row['customers'] for row in rows):,} 位客户，预计 {days} 天内流失 {expected:,.0f} 位，"
        f"实际流失 {came:,} 位。",
    )
    if run.was_made_after(run.as_of + facts.ahead.reach):
        lead = lead + (ALSO_LATE if _is_late(facts) else TOO_LATE)
    head = [
        Words("band then", "当时等级"),
        Words("customers", "客户数"),
        Words("expected to leave", "预计流失"),
        Words("left", "实际流失"),
        Words("share who left, 95 %", "流失占比（95% 区间）"),
        Words("", ""),
    ]
    return [Paragraph(lead), Table(head, [_band_row(facts, row) for row in rows], frozenset({1, 2, 3, 4}))]


def _band_row(facts: Facts, row: dict[str, Any]) -> list[Cell]:
    customers, came = row["customers"], row["came"]
    low, high = share_interval(came, customers)
    expected = row["expected"] / customers
    verdict = Mark("✓", Words("as expected", "与预计相符"), "good")
    if customers < FEWEST:
        verdict = Mark("", FEW, "soft")
    elif expected < low:
        verdict = Mark("▲", Words("more than expected", "高于预计"), "bad")
    elif expected > high:
        verdict = Mark("◆", Words("fewer than expected", "低于预计"), "amber")
    name = band(row["band"], facts.project.value_names)
    figures: list[Cell] = [count(customers), decimal(row["expected"], 0), count(came), percent_range(low, high)]
    return [name, *figures, verdict]


def _rules(facts: Facts) -> list[Block]:
    if not facts.why.rules:
        return [Paragraph(typed(NO_ALERTS, facts), "soft")]
    usual = facts.ahead.usual_rate
    lead = Words("Rules that fired most in the month.", "本月触发最多的预警规则。")
    if usual is not None:
        share = percent(usual)
        lead = lead + Words(
            f"Of earlier alerts, whose outcome is known by now, so many customers left; of all customers {share.en}.",
            f"命中率按结果已知的较早预警计算；同期全部客户的流失占比为 {share.zh}。",
        )
    head = [
        Words("rule", "规则"),
        Words("alerts", "预警"),
        Words("customers", "客户数"),
        Words("earlier alerts", "较早预警"),
        Words("of them left, 95 %", "其中流失（95% 区间）"),
    ]
    rows: list[list[Cell]] = [_rule_row(facts, row) for row in facts.why.rules]
    return [Paragraph(lead), Table(head, rows, frozenset({1, 2, 3, 4}))]


def _rule_row(facts: Facts, row: dict[str, Any]) -> list[Cell]:
    hit = facts.ahead.hits.get(row["rule"])
    before, share = SILENT, SILENT
    if hit is not None:
        before, share = count(hit["alerts"]), FEW
        if hit["customers"] >= FEWEST:
            low, high = hit_interval(hit)
            said, ends = percent(hit["came"] / hit["alerts"]), percent_range(low, high)
            share = Words(f"{said.en} ({ends.en})", f"{said.zh}（{ends.zh}）")
    return [facts.rule(row["rule"]), count(row["alerts"]), count(row["customers"]), before, share]


def hit_interval(hit: dict[str, Any]) -> tuple[float, float]:
    """Give the 95 % interval of the share of alerts whose customer left; it counts customers, not alerts."""
    return share_interval(hit["came"] / hit["alerts"] * hit["customers"], hit["customers"])


def _moves(facts: Facts) -> Table:
    head = [
        Words("what moved scores", "推动评分变化的因素"),
        Words("customers", "客户数"),
        Words("raised by", "推高"),
        Words("lowered by", "降低"),
        Words("new data", "新数据"),
        Words("time", "时间推移"),
        Words("model", "模型更换"),
    ]
    names = ("raised", "lowered", "from_data", "from_time", "from_model")
    rows: list[list[Cell]] = [
        [topic(row["topic"]), count(row["customers"]), *(_leavers(row[name]) for name in names)]
        for row in facts.why.moves[:SHOWN]
    ]
    title = Words("What moved the scores most, in expected leavers", "评分变化的主要原因（折合预计流失客户数）")
    return Table(head, rows, frozenset(range(1, 7)), title)


def _leavers(total: float | None) -> Words:
    if total is None:
        return same("–")
    return same(f"{total:+.1f}".replace("-", "−") if abs(total) >= 0.05 else "0")
