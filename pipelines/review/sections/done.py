"""What was done."""

from __future__ import annotations

from typing import Any

from evaluation.gates.words import NOTHING as SILENT
from evaluation.gates.words import Words
from pipelines.report.blocks import Block, Cell, Paragraph, Picture, Pictures, Section, Table
from pipelines.report.drawing import bar_chart
from pipelines.report.names import action_state
from pipelines.report.numbers import count, listed, money
from pipelines.review.figures.facts import Facts
from pipelines.review.sections.commands import typed

TITLE = Words("What was done", "采取的行动")
SHOWN = 8
COLUMNS = {
    "planned": Words("planned", "已计划"),
    "overdue": Words("of them overdue", "其中逾期"),
    "handled": Words("sent or done", "已执行"),
    "failed": Words("failed", "未成功"),
    "held_back": Words("held back", "对照组"),
    "cost": Words("cost", "成本"),
    "expected_value": Words("expected to keep", "预计保住"),
}
AMOUNTS = ("cost", "expected_value")
NOTHING_DONE = Words(
    "No alert was raised and no action decided in this month: churnlab act -p {project} does both.",
    "本月没有预警，也没有安排行动：请运行 churnlab act -p {project}。",
)


def section(facts: Facts) -> Section:
    """Tell the alerts that were raised, the actions that were decided, and what became of them."""
    done = facts.done
    if not done.alerts["alerts"] and not done.total["actions"]:
        return Section("done", TITLE, typed(NOTHING_DONE, facts), [])
    blocks: list[Block] = []
    if done.playbooks:
        blocks.append(Pictures([_drawn(facts)]))
        names = [facts.playbook(row["playbook"]) for row in done.playbooks]
        blocks.append(_table(facts, Words("playbook", "策略"), names, done.playbooks, None))
        owners = [facts.project.value_names.words(row["owner"] or "–", "team") for row in done.owners]
        blocks.append(_table(facts, Words("owner", "负责人"), owners, done.owners, Words("By owner", "按负责人")))
    if done.left:
        blocks.append(Paragraph(_outbox(facts)))
    return Section("done", TITLE, _answer(facts), blocks)


def _answer(facts: Facts) -> Words:
    alerts, total = facts.done.alerts, facts.done.total
    still = "all of them" if alerts["open"] == alerts["alerts"] else f"{alerts['open']:,} of them"
    raised = Words(
        f"{alerts['alerts']:,} alerts about {alerts['customers']:,} customers were raised, {still} still open",
        f"共产生 {alerts['alerts']:,} 条预警，涉及 {alerts['customers']:,} 位客户，{alerts['open']:,} 条待处理",
    )
    if not alerts["alerts"]:
        raised = Words("No alert was raised", "没有产生预警")
    free, spent = total["actions"] - total["held_back"], money(total["cost"], facts.currency)
    acted = Words(
        f"{free:,} actions were decided for {spent.en}, {total['held_back']:,} more held back for comparison",
        f"安排行动 {free:,} 项，成本 {spent.zh}，另有 {total['held_back']:,} 项留作对照",
    )
    if not total["actions"]:
        acted = Words("no action was decided", "没有安排行动")
    states = _states(facts)
    return Words(f"{raised.en}; {acted.en}{states.en}.", f"{raised.zh}；{acted.zh}{states.zh}。")


def _states(facts: Facts) -> Words:
    """Say what has become of the actions; nothing where there are none."""
    total = facts.done.total
    if total["actions"] == total["held_back"]:
        return SILENT
    if not total["handled"] and not total["failed"]:
        return Words("; that any of them was done is not on record", "；尚无执行记录")
    known = [row for row in facts.done.states if row["state"] not in ("planned", "held_back")]
    said = listed([_state(row) for row in known])
    return Words(f"; {said.en}", f"；{said.zh}")


def _state(row: dict[str, Any]) -> Words:
    state = action_state(row["state"])
    return Words(f"{row['actions']:,} {state.en}", f"{state.zh} {row['actions']:,} 项")


def _drawn(facts: Facts) -> Picture:
    rows = [row for row in facts.done.playbooks if row["actions"] > row["held_back"]][:SHOWN]
    bars = [
        (facts.playbook(row["playbook"]), float(row["actions"] - row["held_back"]), _noted(facts, row)) for row in rows
    ]
    expected = money(facts.done.total["expected_value"], facts.currency)
    title = Words(f"Expected to keep {expected.en}", f"预计保住 {expected.zh}")
    caption = Words(
        "Actions of each playbook that were not held back, and their cost.", "各策略实际安排的行动数及成本。"
    )
    return Picture(title, caption, bar_chart(bars))


def _noted(facts: Facts, row: dict[str, Any]) -> Words:
    number, spent = row["actions"] - row["held_back"], money(row["cost"], facts.currency)
    return Words(f"{number:,} · {spent.en}", f"{number:,} · {spent.zh}")


def _table(facts: Facts, by: Words, names: list[Words], rows: list[dict[str, Any]], folded: Words | None) -> Table:
    """Set the actions beside each other; those that failed only where some did."""
    shown = {name: words for name, words in COLUMNS.items() if name != "failed" or facts.done.total["failed"]}
    cells: list[list[Cell]] = [
        [name, *(_cell(facts, column, row[column]) for column in shown)] for name, row in zip(names, rows, strict=True)
    ]
    return Table([by, *shown.values()], cells, frozenset(range(1, len(shown) + 1)), folded)


def _cell(facts: Facts, column: str, value: float) -> Words:
    return money(value, facts.currency) if column in AMOUNTS else count(value)


def _outbox(facts: Facts) -> Words:
    said = listed([_state(row) for row in facts.done.left])
    return Words(f"Of these actions the outbox holds {said.en}.", f"发件箱中：{said.zh}。")
