"""Alerts and planned actions: what rules warn of, and what was decided; what to do where there is none yet."""

from __future__ import annotations

from typing import Any

from evaluation.gates.words import Words
from pipelines.dashboard import acted
from pipelines.dashboard.numbers import dated
from pipelines.dashboard.screen import Screen
from pipelines.report import names
from pipelines.report.blocks import Cell, Paragraph, Table
from pipelines.report.numbers import money, same

NONE_YET = Words("No alert has been raised and no action planned yet.", "尚无预警与行动任务。")
ALERTS, TASKS, EXPERIMENTS = (
    Words("Open alerts", "待处理预警"),
    Words("Planned actions", "行动任务"),
    Words("Experiments", "实验"),
)
DO_ALERTS = Words(
    "churnlab rules list tells the rules that warn; churnlab act raises their alerts and plans what to do.",
    "预警规则可用 churnlab rules list 查看；运行 churnlab act 生成预警并安排行动。",
)
DO_EXPERIMENTS = Words(
    "Keep a random part of the high-risk customers without a call; only the comparison shows what calling brings.",
    "请随机保留一部分高风险客户不做干预，只有与之对比才能看出干预的效果。",
)
SHOWN = 30


def view(screen: Screen) -> None:
    """Draw open alerts and planned actions."""
    with screen.mart() as mart:
        found = acted.totals(mart)
        if not found["alerts"] and not found["tasks"]:
            screen.answer(NONE_YET, DO_ALERTS)
        else:
            screen.answer(_answer(found))
            screen.heading(ALERTS)
            screen.draw(alert_table(acted.open_alerts(mart, SHOWN), named=True))
            screen.heading(TASKS)
            screen.draw(task_table(screen, acted.planned(mart, SHOWN), named=True))
    screen.heading(EXPERIMENTS)
    screen.draw(Paragraph(DO_EXPERIMENTS))


def alert_table(alerts: list[dict[str, Any]], named: bool = False) -> Table:
    """Draw alerts, with the customer's name where they are several customers'."""
    head = [Words("alert", "预警"), Words("severity", "严重程度"), Words("raised", "日期"), Words("state", "状态")]
    rows: list[list[Cell]] = [
        [
            Words(row["sentence_en"] or "", row["sentence_zh"] or ""),
            names.severity(row["severity"]),
            dated(row["fired_date"]),
            names.action_state(row["alert_state"]),
        ]
        for row in alerts
    ]
    return _with_names(Table(head, rows), alerts) if named else Table(head, rows)


def task_table(screen: Screen, tasks: list[dict[str, Any]], named: bool = False) -> Table:
    """Draw actions, with the customer's name where they are several customers'."""
    currency = screen.project.currency
    head = [
        Words("what to do", "行动"),
        Words("for", "负责人"),
        Words("planned for", "计划日期"),
        Words("expected to bring", "预期收益"),
        Words("state", "状态"),
    ]
    rows: list[list[Cell]] = [
        [
            Words(row["message_en"] or row["playbook"], row["message_zh"] or row["playbook"]),
            same(row["task_owner"] or "–"),
            dated(row["planned_for"]),
            money(row["expected_value"], currency),
            names.action_state(row["task_state"]),
        ]
        for row in tasks
    ]
    return _with_names(Table(head, rows), tasks) if named else Table(head, rows)


def _with_names(table: Table, found: list[dict[str, Any]]) -> Table:
    rows = [[same(row["shown_name"]), *cells] for row, cells in zip(found, table.rows, strict=True)]
    return Table([Words("customer", "客户"), *table.head], rows)


def _answer(found: dict[str, Any]) -> Words:
    return Words(
        f"{found['alerts']:,} alerts are open, {found['high']:,} of high severity; "
        f"{found['tasks']:,} actions are planned.",
        f"待处理预警 {found['alerts']:,} 条，其中高严重程度 {found['high']:,} 条；已计划行动 {found['tasks']:,} 项。",
    )
