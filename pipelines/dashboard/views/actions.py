"""Alerts and planned actions: what rules warn of, for whom, until when, and what became of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from evaluation.gates.words import Words
from pipelines.dashboard import acted, queries
from pipelines.dashboard.numbers import dated
from pipelines.dashboard.screen import Screen
from pipelines.report import names
from pipelines.report.blocks import Cell, Mark, Paragraph, Table, Tone
from pipelines.report.numbers import NOTHING, count, money, same

NONE_YET = Words("No alert has been raised and no action planned yet.", "尚无预警与行动任务。")
ALERTS, TASKS = Words("Open alerts", "待处理预警"), Words("Actions", "行动任务")
RULES = Words("Open alerts by rule", "按规则统计待处理预警")
DO_ALERTS = Words(
    "churnlab rules list tells the rules that warn; churnlab act raises their alerts and plans what to do.",
    "预警规则可用 churnlab rules list 查看；运行 churnlab act 生成预警并安排行动。",
)
TEAM = Words("For", "处理人")
NO_ALERTS, NO_TASKS = Words("No open alert.", "没有待处理预警。"), Words("No action waits.", "没有待办行动。")
FIRST = Words("The first {shown} of {all}, the gravest first.", "共 {all} 条，按严重程度显示前 {shown} 条。")
LATE = Words("late", "逾期")
ESCALATED = Words("managers", "管理层")
SHOWN, MOST_RULES = 30, 60
OPEN_STATES = ("planned", "failed")
LOOKS: dict[str, tuple[str, Tone]] = {"failed": ("▲", "bad"), "sent": ("→", "soft"), "delivered": ("✓", "good")}


def view(screen: Screen) -> None:
    """Draw open alerts and planned actions, of everyone or of one team."""
    with screen.mart() as mart:
        found = acted.totals(mart)
        several, now = acted.teams(mart), queries.newest(mart)["score_date"]
        if not several:
            screen.answer(NONE_YET, DO_ALERTS)
            return
        screen.answer(_answer(found), _load(several))
        team = _chosen(screen, several)
        screen.heading(ALERTS)
        rules = acted.rules(mart, team, MOST_RULES)
        alerts, everyone = acted.open_alerts(mart, team, SHOWN), sum(row["alerts"] for row in rules)
        if everyone > len(alerts):
            said = {"shown": len(alerts), "all": f"{everyone:,}"}
            screen.draw(Paragraph(Words(FIRST.en.format(**said), FIRST.zh.format(**said)), "soft"))
        screen.draw(alert_table(alerts, now, named=True) if alerts else Paragraph(NO_ALERTS, "soft"))
        if rules:
            screen.draw(_rule_table(rules))
        screen.heading(TASKS)
        tasks = acted.waiting(mart, team, SHOWN)
        screen.draw(task_table(screen, tasks, now, named=True) if tasks else Paragraph(NO_TASKS, "soft"))


def alert_table(alerts: list[dict[str, Any]], now: date | None, named: bool = False) -> Table:
    """Draw alerts as of a day, with the customer's name where they are several customers'."""
    head = [
        Words("alert", "预警"),
        Words("severity", "严重程度"),
        Words("for", "处理人"),
        Words("raised", "预警日期"),
        Words("action due", "行动截止"),
        Words("state", "状态"),
    ]
    rows: list[list[Cell]] = [
        [
            _titled(row["rule_en"], row["sentence_en"], row["rule_zh"], row["sentence_zh"]),
            names.severity(row["severity"]),
            Words(row["alert_owner_en"] or "–", row["alert_owner_zh"] or "–"),
            dated(row["fired_date"]),
            due(row["action_due_date"], now),
            _alert_state(row),
        ]
        for row in alerts
    ]
    return _with_names(Table(head, rows), alerts) if named else Table(head, rows)


def task_table(screen: Screen, tasks: list[dict[str, Any]], now: date | None, named: bool = False) -> Table:
    """Draw actions as of a day, with the customer's name where they are several customers'."""
    head = [
        Words("what to do", "行动"),
        Words("for", "负责人"),
        Words("through", "渠道"),
        Words("planned for", "计划日期"),
        Words("due", "截止日期"),
        Words("expected to bring", "预期收益"),
        Words("state", "状态"),
    ]
    rows: list[list[Cell]] = [
        [
            Words(row["playbook_en"], row["playbook_zh"])
            if named
            else _titled(row["playbook_en"], row["message_en"], row["playbook_zh"], row["message_zh"]),
            Words(row["task_owner_en"] or "–", row["task_owner_zh"] or "–"),
            Words(row["channel_en"] or "–", row["channel_zh"] or "–"),
            dated(row["planned_for"]),
            due(row["due_date"], now if row["task_state"] in OPEN_STATES else None),
            money(row["expected_value"], screen.project.currency),
            _task_state(row),
        ]
        for row in tasks
    ]
    return _with_names(Table(head, rows), tasks) if named else Table(head, rows)


def due(day: date | None, now: date | None) -> Cell:
    """Say until when something is due; late where that day was before the newest scoring."""
    if day is None:
        return NOTHING
    if now is not None and day < now:
        return Mark("▲", dated(day) + LATE, "bad")
    return dated(day)


def _titled(title_en: str | None, text_en: str | None, title_zh: str | None, text_zh: str | None) -> Words:
    """Put the title of a rule or a playbook before what it says of the customer."""
    return Words(
        ": ".join(part for part in (title_en, text_en) if part), "：".join(part for part in (title_zh, text_zh) if part)
    )


def _alert_state(row: dict[str, Any]) -> Cell:
    said = Words(row["alert_state_en"] or "–", row["alert_state_zh"] or "–")
    if row["escalated_to"] is None:
        return said
    return Mark("▲", Words(f"{said.en} · {ESCALATED.en}", f"{said.zh} · {ESCALATED.zh}"), "amber")


def _task_state(row: dict[str, Any]) -> Cell:
    said = Words(row["task_state_en"] or "–", row["task_state_zh"] or "–")
    at = row["delivered_at"] or row["sent_at"]
    if at is not None and row["task_state"] in ("sent", "delivered"):
        said = said + dated(at)
    if row["task_state"] == "failed" and row["attempts"]:
        said = said + Words(f"({row['attempts']} attempts)", f"（已尝试 {row['attempts']} 次）")
    look = LOOKS.get(row["task_state"])
    return said if look is None else Mark(look[0], said, look[1])


def _with_names(table: Table, found: list[dict[str, Any]]) -> Table:
    rows = [[same(row["shown_name"]), *cells] for row, cells in zip(found, table.rows, strict=True)]
    return Table([Words("customer", "客户"), *table.head], rows)


def _rule_table(rules: list[dict[str, Any]]) -> Table:
    head = [
        Words("rule", "规则"),
        Words("severity", "严重程度"),
        Words("open alerts", "待处理预警"),
        Words("escalated", "已升级"),
    ]
    rows: list[list[Cell]] = [
        [
            Words(row["rule_en"] or "–", row["rule_zh"] or "–"),
            names.severity(row["severity"]),
            count(row["alerts"]),
            count(row["escalated"]),
        ]
        for row in rules
    ]
    return Table(head, rows, frozenset({2, 3}), RULES)


def _chosen(screen: Screen, several: list[dict[str, Any]]) -> str | None:
    """Ask whose alerts and actions to show; everyone's at first."""
    said = {row["team"]: screen.say(Words(row["said_en"], row["said_zh"])) for row in several}
    asked = st.query_params.get("team")
    found: str | None = st.pills(
        screen.say(TEAM),
        list(said),
        default=asked if asked in said else None,
        format_func=said.__getitem__,
        key=f"team-{screen.visit}-{screen.language}",
    )
    return found


def _answer(found: dict[str, Any]) -> Words:
    failed = Words("", "")
    if found["failed"]:
        failed = Words(f", {found['failed']:,} could not be sent", f"，发送失败 {found['failed']:,} 项")
    return Words(
        f"{found['alerts']:,} alerts about {found['customers']:,} customers are open, {found['high']:,} of high "
        f"severity and {found['escalated']:,} with the managers; {found['tasks']:,} actions are planned{failed.en}.",
        f"{found['customers']:,} 位客户有待处理预警 {found['alerts']:,} 条，其中高严重程度 {found['high']:,} 条，"
        f"已升级至管理层 {found['escalated']:,} 条；已计划行动 {found['tasks']:,} 项{failed.zh}。",
    )


def _load(several: list[dict[str, Any]]) -> Words:
    """Say how the work is spread over teams."""
    return Words(
        "; ".join(f"{row['said_en']}: {row['alerts']:,} alerts, {row['tasks']:,} actions" for row in several) + ".",
        "；".join(f"{row['said_zh']}：预警 {row['alerts']:,} 条，行动 {row['tasks']:,} 项" for row in several) + "。",
    )
