"""The model: how fresh its scores are, who was scored, whether its percentages hold, whether it may be used."""

from __future__ import annotations

from typing import Any

from evaluation.gates.words import Words
from pipelines.dashboard import queries
from pipelines.dashboard.judgement import judged_of
from pipelines.dashboard.screen import Screen
from pipelines.dashboard.store import Mart
from pipelines.report.blocks import Cell, Paragraph, Section, Table
from pipelines.report.front import front
from pipelines.report.names import left_out
from pipelines.report.numbers import NOTHING, count, same
from pipelines.report.sections import calibration, gates, over_time, ranking, reasons
from pipelines.report.sections.gates import verdict

NOT_JUDGED = Words("No model has been judged yet.", "尚无模型评估结果。")
RUN_IT = Words(
    "Run the line to train and judge one: churnlab run -p {name}", "请运行 churnlab run -p {name} 训练并评估模型。"
)
FRESH = Words("Scores: how fresh, and of whom", "评分的时效与覆盖")
OUTCOMES = {
    "scored": Words("scored", "已评分"),
    "excluded": Words("left out", "未纳入"),
    "failed": Words("failed", "失败"),
}
STATUS = {"finished": Words("finished", "已完成"), "incomplete": Words("incomplete", "未完成")}


def view(screen: Screen) -> None:
    """Draw what is known of the model."""
    judged = judged_of(screen.project)
    if judged is None:
        name = screen.project.name
        screen.answer(NOT_JUDGED, Words(RUN_IT.en.format(name=name), RUN_IT.zh.format(name=name)))
    else:
        opening = front(judged)
        screen.answer(opening.answer, verdict(judged) + opening.basis)
        screen.draw(opening.figures)
    screen.heading(FRESH)
    with screen.mart() as mart:
        screen.draw(_run(mart), *_coverage(mart))
    if judged is None:
        return
    for part in (calibration, ranking, reasons, over_time, gates):
        drawn: Section | None = part.section(judged)
        if drawn is not None:
            screen.heading(drawn.title, drawn.answer)
            screen.draw(*drawn.blocks)


def _run(mart: Mart) -> Table:
    run, found = queries.last_run(mart), queries.newest(mart)
    head = [Words("what", "项目"), Words("newest scoring", "最近一次评分")]
    rows: list[list[Cell]] = [
        [Words("scored as of", "评分截至"), _said(found["score_date"])],
        [Words("written at (UTC)", "写入时间（UTC）"), _said(run.get("finished_at"))],
        [Words("valid until (UTC)", "有效期至（UTC）"), _said(found["valid_until"])],
        [Words("model", "模型"), same(f"{run.get('model_name') or '–'} · {run.get('model_version') or '–'}")],
        [Words("status", "状态"), STATUS.get(run.get("run_status") or "", same(run.get("run_status") or "–"))],
        [Words("eligible customers", "应评分客户"), count(run.get("eligible") or 0)],
        [Words("scored", "已评分"), count(run.get("scored") or 0)],
        [Words("left out", "未纳入"), count(run.get("excluded") or 0)],
        [Words("failed", "失败"), count(run.get("failed") or 0)],
    ]
    return Table(head, rows, frozenset({1}))


def _said(instant: Any) -> Words:
    return NOTHING if instant is None else same(str(instant)[:16])


def _coverage(mart: Mart) -> list[Table | Paragraph]:
    told = queries.coverage(mart, queries.last_run(mart).get("run_id", ""))
    if not told:
        return []
    head = [Words("outcome", "结果"), Words("why", "原因"), Words("customers", "客户数")]
    rows: list[list[Cell]] = [
        [
            OUTCOMES.get(row["outcome"], same(row["outcome"])),
            left_out(row["reason"] or ""),
            count(row["customers"]),
        ]
        for row in told
    ]
    return [Table(head, rows, frozenset({2}))]
