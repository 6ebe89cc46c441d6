"""What to do next month: at most five sentences, by rules that are written down here and in the guide.

A rule looks at the figures and gives a sentence, or nothing. The first five sentences in the order of `RULES` are told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evaluation.business.changes import MORE
from evaluation.gates.words import Words
from pipelines.report.blocks import Mark, Point, Points, Section
from pipelines.report.names import leaving_reason
from pipelines.report.numbers import listed, money, percent
from pipelines.review.figures.ahead import share_interval
from pipelines.review.figures.facts import Facts
from pipelines.review.sections.brought import name_of
from pipelines.review.sections.changes import segment
from pipelines.review.sections.commands import typed
from pipelines.review.sections.why import hit_interval

TITLE = Words("What to do next month", "下月建议")
MOST, FEWEST, SURELY, SAID = 5, 30, 300, 3
NOTHING_TO_DO = Words(
    "Nothing in these figures asks for another way than that of this month.", "从数据看，下月无需调整现有做法。"
)


def section(facts: Facts) -> Section:
    """Tell what follows from the figures."""
    told = [said for rule in RULES if (said := rule(facts)) is not None][:MOST]
    if not told:
        return Section("next", TITLE, NOTHING_TO_DO, [])
    number = len(told)
    answer = Words(f"{number} thing{'s' if number > 1 else ''} to do, in this order:", f"按优先顺序，共 {number} 项：")
    points = [Point(Mark(f"{place}.", Words("", ""), ""), said) for place, said in enumerate(told, start=1)]
    return Section("next", TITLE, answer, [Points(points)])


def speak_first(facts: Facts) -> Words | None:
    """Customers of the list for whom no action lies ahead: speak with them."""
    rows = facts.customers.unplanned
    if not rows:
        return None
    value = sum(row["value_at_risk"] or 0.0 for row in rows)
    stake = money(value, facts.currency)
    worth = Words(f" ({stake.en} at risk)", f"（风险金额 {stake.zh}）") if value else Words("", "")
    who = "customer" if len(rows) == 1 else f"{len(rows)} customers"
    return Words(
        f"Speak with the {who} of the list for whom no action lies ahead{worth.en}.",
        f"联系名单中没有后续行动的 {len(rows)} 位客户{worth.zh}。",
    )


def look_into_segments(facts: Facts) -> Words | None:
    """Segments in which churn rose beyond chance: find out why."""
    rows = facts.changes.moved(MORE)[:2]
    if not rows:
        return None
    names = listed([_moved(facts, row) for row in rows])
    return Words(f"Find out why more than usual left in {names.en}.", f"查明{names.zh}流失率高于平常的原因。")


def stop_and_keep(facts: Facts) -> Words | None:
    """Experiments that are over: go on with what pays, end what does not."""
    found = [(word, facts.brought.decided(decision)) for decision, word in DECISIONS.items()]
    said = [
        Words(f"{word.en} “{name_of(facts, row).en}”", f"{word.zh}“{name_of(facts, row).zh}”")
        for word, rows in found
        for row in rows
    ]
    if not said:
        return None
    all_told = listed(said)
    return Words(f"By their experiments: {all_told.en}.", f"按实验结论：{all_told.zh}。")


def clear_overdue(facts: Facts) -> Words | None:
    """Actions still planned though due or that failed, and open alerts of high severity: do them or close them."""
    overdue, failed = (facts.done.total[name] for name in ("overdue", "failed"))
    alerts, parts = facts.done.alerts["high_open"], []
    if overdue:
        late = "action that is overdue" if overdue == 1 else "actions that are overdue"
        parts.append(Words(f"{overdue:,} {late}", f"{overdue:,} 项逾期行动"))
    if failed:
        parts.append(Words(f"{failed:,} failed {'action' if failed == 1 else 'actions'}", f"{failed:,} 项未成功的行动"))
    if alerts:
        is_open = "open alert" if alerts == 1 else "open alerts"
        parts.append(Words(f"{alerts:,} {is_open} of high severity", f"{alerts:,} 条待处理的高严重程度预警"))
    if not parts:
        return None
    both = listed(parts)
    return Words(f"Do or close {both.en}.", f"处理或关闭 {both.zh}。")


def quieten_rules(facts: Facts) -> Words | None:
    """Rules that fired most, whose earlier alerts on 300 customers or more hit no more often than chance: quieten."""
    usual, hits = facts.ahead.usual_rate, facts.ahead.hits
    if usual is None:
        return None
    known = [row for row in facts.why.rules if row["rule"] in hits and hits[row["rule"]]["customers"] >= SURELY]
    noisy = [row for row in known if hit_interval(hits[row["rule"]])[0] <= usual]
    if not noisy:
        return None
    names = listed([facts.rule(row["rule"]) for row in noisy[:SAID]])
    alerts = f"{sum(row['alerts'] for row in noisy[:SAID]):,}"
    return Words(
        f"Raise the threshold of rules that hit no more often than chance, or switch them off: {names.en} "
        f"({alerts} alerts this month).",
        f"提高命中率不高于平均水平的规则阈值，或将其停用：{names.zh}（本月 {alerts} 条预警）。",
    )


def answer_the_reason(facts: Facts) -> Words | None:
    """A reason that a fifth or more of at least thirty leavers gave or showed: have an answer to it."""
    known, left = facts.why.known, sum(row["customers"] for row in facts.why.left)
    if not known or left < FEWEST or known[0]["customers"] / left < 0.2:
        return None
    name = leaving_reason(known[0]["reason"], facts.project.value_names)
    share = percent(known[0]["customers"] / left)
    return Words(
        f"Have an answer ready to “{name.en}”, the reason known of {share.en} of those who left.",
        f"针对“{name.zh}”（占流失客户的 {share.zh}）准备应对方案。",
    )


def train_anew(facts: Facts) -> Words | None:
    """More or fewer left than the scores foretold, beyond chance: train the model anew."""
    rows = facts.ahead.foretold
    customers, expected, came = (sum(row[name] for row in rows) for name in ("customers", "expected", "came"))
    if customers < FEWEST:
        return None
    low, high = share_interval(came, customers)
    if low <= expected / customers <= high:
        return None
    said = Words(
        "Train the model anew (churnlab run -p {project}): it foretold {expected} leavers, and {came} left.",
        "重新训练模型（churnlab run -p {project}）：预计流失 {expected} 位，实际 {came} 位。",
    )
    return typed(said, facts, expected=f"{expected:,.0f}", came=f"{came:,}")


def begin_to_measure(facts: Facts) -> Words | None:
    """Actions are decided and no experiment was measured or is running: begin one."""
    if facts.brought.decisions or facts.brought.running or not facts.done.total["actions"]:
        return None
    said = Words(
        "Begin an experiment, so that a later review can say what acting brought "
        "(churnlab experiments list -p {project}).",
        "启动一项实验，使以后的回顾能够说明行动效果（churnlab experiments list -p {project}）。",
    )
    return typed(said, facts)


def score_the_customers(facts: Facts) -> Words | None:
    """Nobody was scored in the month: score."""
    if facts.base.now is not None:
        return None
    said = Words(
        "Score the customers each week (churnlab score -p {project}).",
        "每周为客户评分（churnlab score -p {project}）。",
    )
    return typed(said, facts)


DECISIONS = {"stop": Words("stop", "停止"), "keep": Words("keep", "继续"), "change": Words("change", "调整")}
RULES: tuple[Callable[[Facts], Words | None], ...] = (
    score_the_customers,
    speak_first,
    look_into_segments,
    stop_and_keep,
    clear_overdue,
    quieten_rules,
    answer_the_reason,
    train_anew,
    begin_to_measure,
)


def _moved(facts: Facts, row: dict[str, Any]) -> Words:
    name, now, usual = segment(facts, row), percent(row["rate"]), percent(row["rate_before"])
    return Words(f"{name.en} ({now.en} against {usual.en})", f"{name.zh}（{now.zh}，平常 {usual.zh}）")
