"""One customer: how likely to leave, why, what moved the score, what one can act on, what happened."""

from __future__ import annotations

from typing import Any

import streamlit as st

from evaluation.gates.words import Words
from pipelines.dashboard import acted, names, queries
from pipelines.dashboard.curves import curves
from pipelines.dashboard.drawn import html
from pipelines.dashboard.numbers import indicator_value
from pipelines.dashboard.row import change, risk
from pipelines.dashboard.screen import Screen
from pipelines.dashboard.store import Mart
from pipelines.dashboard.views.actions import alert_table, task_table
from pipelines.report import names as spoken
from pipelines.report.blocks import (
    Block,
    Cell,
    Figure,
    Figures,
    Mark,
    Paragraph,
    Point,
    Points,
    Table,
)
from pipelines.report.numbers import NOTHING, day, money, same

CHOOSE = Words(
    "Choose a customer on the page of customers at risk, or type an id.",
    "请在“流失风险客户”页面选择客户，或输入客户编号。",
)
WHICH = Words("Customer id", "客户编号")
NOT_FOUND = Words(
    "There is no scored customer with this id among those you may see.", "您可查看的客户中没有该编号的评分客户。"
)
WHY, MOVED = Words("Why", "为何可能流失"), Words("What changed since {before}", "自 {before} 以来的变化")
LEVERS = Words("What goes with a lower risk", "哪些改善与较低风险相关")
NO_PROMISE = Words(
    "As seen in similar customers; no promise of what acting would do.", "来自相似客户的经验，仅为关联，并非承诺。"
)
NO_REASON = Words("No reasons are written for this band.", "该风险等级不生成原因说明。")
HAPPENED = Words("What happened", "客户动态")
NO_EVENTS = Words("Nothing is known of the last {days} days.", "近 {days} 天无记录。")
ALERTS, TASKS = Words("Alerts", "预警"), Words("Actions", "行动")
MOST_EVENTS = 60
TEXT_IS = {("contracts", "cancelled"): "leaving_reason", ("contracts", None): "plan", ("orders", None): "category"}
"""Category of the text of an event, by kind and detail, where it is the value of one."""


def view(screen: Screen) -> None:
    """Draw a customer."""
    customer_id = st.query_params.get("customer", "")
    with screen.mart() as mart:
        found = queries.customer(mart, customer_id) if customer_id else {}
        if not found:
            _ask(screen, customer_id)
            return
        told = queries.drivers(mart, found)
        _head(screen, found)
        screen.draw(_figures(screen, mart, found))
        left, right = st.columns([1, 1], gap="large")
        with left:
            screen.heading(WHY)
            screen.draw(_sentences(screen, told["reason"]) if told["reason"] else Paragraph(NO_REASON, "soft"))
            _moves(screen, found, told["move"])
            if told["lever"]:
                screen.heading(LEVERS, NO_PROMISE)
                screen.draw(_sentences(screen, told["lever"]))
        with right:
            screen.draw(*curves(mart, found))
        _done(screen, mart, found)
        screen.draw(*_indicators(screen, mart, found))
        _events(screen, queries.events(mart, customer_id))


def _ask(screen: Screen, customer_id: str) -> None:
    screen.answer(NOT_FOUND if customer_id else CHOOSE)
    with st.form("which", border=False):
        typed = st.text_input(screen.say(WHICH), value=customer_id, max_chars=80)
        if st.form_submit_button(screen.say(Words("Show", "查看"))) and typed:
            st.query_params["customer"] = typed.strip()
            st.rerun()


def _head(screen: Screen, found: dict[str, Any]) -> None:
    name, said = found["customer_name"] or found["customer_id"], risk(found["probability"])
    days = found["horizon_days"]
    ahead = Words(f" in the next {days} days", f"未来 {days} 天") if days else Words("", "")
    answer = Words(f"{name}: {said.en} likely to leave{ahead.en}.", f"{name}：{ahead.zh}流失概率 {said.zh}。")
    about = [screen.named(found[key], key) for key in ("industry", "company_size", "region") if found[key]]
    parts = [same(found["customer_id"]), *about]
    if found["owner"]:
        parts.append(Words(f"looked after by {found['owner']}", f"负责人 {found['owner']}"))
    if found["signed_up_date"]:
        since = day(found["signed_up_date"])
        parts.append(Words(f"customer since {since}", f"{since} 成为客户"))
    screen.answer(answer, Words(" · ".join(part.en for part in parts), " · ".join(part.zh for part in parts)))


def _figures(screen: Screen, mart: Mart, found: dict[str, Any]) -> Figures:
    mark, currency = spoken.band(found["risk_band"], screen.project.value_names), screen.project.currency
    band = Figure(
        Words(f"{mark.sign} {mark.words.en}", f"{mark.sign} {mark.words.zh}"),
        Words("Band", "风险等级"),
        _place(mart, found),
    )
    moved = change(found)
    before = found["previous_probability"]
    earlier = NOTHING
    if before is not None:
        then = risk(before)
        earlier = Words(
            f"{then.en} on {day(found['previous_score_date'])}", f"{day(found['previous_score_date'])} 为 {then.zh}"
        )
    steady = (
        Words("hardly changed", "基本持平") if before is not None else Words("scored for the first time", "首次评分")
    )
    said = risk(found["probability"])
    figures = [
        Figure(said, Words("Risk of leaving", "流失概率"), moved if moved.en else steady),
        band,
        Figure(
            money(found["value_at_risk"] if found["value_at_risk"] is not None else found["monthly_value"], currency),
            Words("Value at risk", "风险金额")
            if found["value_at_risk"] is not None
            else Words("Pays a month", "月付金额"),
            _worth(found, currency),
        ),
        Figure(risk(before) if before is not None else NOTHING, Words("Time before", "上次评分"), earlier),
    ]
    sooner = queries.shorter_horizons(mart, found["customer_id"])
    if sooner:
        nearest = sooner[0]
        note = Words(
            "; ".join(f"{risk(row['probability']).en} in {row['horizon_days']} days" for row in sooner[1:]) or "",
            "；".join(f"{row['horizon_days']} 天内 {risk(row['probability']).zh}" for row in sooner[1:]) or "",
        )
        label = Words(f"Within {nearest['horizon_days']} days", f"{nearest['horizon_days']} 天内流失")
        figures[3] = Figure(risk(nearest["probability"]), label, note if note.en else earlier)
    return Figures(figures)


def _place(mart: Mart, found: dict[str, Any]) -> Words:
    everyone = queries.newest(mart)["customers"]
    return Words(
        f"place {found['risk_rank']:,} by risk, of {everyone:,} shown",
        f"风险排名第 {found['risk_rank']:,}，可见客户 {everyone:,}",
    )


def _worth(found: dict[str, Any], currency: str) -> Words:
    if found["value_at_risk"] is None or found["monthly_value"] is None:
        return Words("", "")
    said = money(found["monthly_value"], currency)
    return Words(f"pays {said.en} a month", f"月付 {said.zh}")


def _sentences(screen: Screen, told: list[dict[str, Any]]) -> Points:
    mark = Mark("–", Words("", ""), "soft")
    return Points([Point(mark, Words(row["sentence_en"], row["sentence_zh"])) for row in told])


def _moves(screen: Screen, found: dict[str, Any], moves: list[dict[str, Any]]) -> None:
    if not moves:
        return
    before = day(found["previous_score_date"]) if found["previous_score_date"] else "–"
    screen.heading(Words(MOVED.en.format(before=before), MOVED.zh.format(before=before)))
    rows: list[list[Cell]] = [
        [Words(row["sentence_en"], row["sentence_zh"]), same(f"{row['effect'] * 100:+.1f}")] for row in moves
    ]
    head = [Words("what moved the risk", "变化原因"), Words("points", "百分点")]
    screen.draw(Table(head, rows, frozenset({1})))


def _done(screen: Screen, mart: Mart, found: dict[str, Any]) -> None:
    """Show alerts and actions of the customer, where there are any."""
    alerts, tasks = acted.alerts_of(mart, found["customer_id"]), acted.tasks_of(mart, found["customer_id"])
    if alerts:
        screen.heading(ALERTS)
        screen.draw(alert_table(alerts, found["score_date"]))
    if tasks:
        screen.heading(TASKS)
        screen.draw(task_table(screen, tasks, found["score_date"]))


def _indicators(screen: Screen, mart: Mart, found: dict[str, Any]) -> list[Block]:
    rows: list[list[Cell]] = [
        [
            Words(row["label_en"], row["label_zh"]),
            indicator_value(row, row["own_value"], screen.project.currency),
            indicator_value(row, row["usual"], screen.project.currency),
        ]
        for row in queries.own_indicators(mart, found["customer_id"])
    ]
    head = [
        Words("core indicator", "核心指标"),
        Words("this customer", "该客户"),
        Words("usual (median)", "一般水平（中位数）"),
    ]
    return [Table(head, rows, frozenset({1, 2}), Words("The core indicators", "核心指标"))] if rows else []


def _events(screen: Screen, found: list[dict[str, Any]]) -> None:
    screen.heading(HAPPENED)
    if not found:
        days = screen.project.mart.event_days
        screen.draw(Paragraph(Words(NO_EVENTS.en.format(days=days), NO_EVENTS.zh.format(days=days)), "soft"))
        return
    lines = [_event(screen, row) for row in found[:MOST_EVENTS]]
    st.html(html("timeline.html", screen.language, lines=lines))


def _event(screen: Screen, row: dict[str, Any]) -> dict[str, Any]:
    amount = ""
    if row["amount"] is not None:
        amount = screen.money(row["amount"]) if row["event_kind"] in names.MONEY_EVENTS else f"{row['amount']:g}"
    return {
        "day": day(row["happened_at"]),
        "what": screen.say(names.event(row["event_kind"], row["event_detail"])),
        "amount": amount,
        "state": screen.say(names.state(row["event_state"])),
        "loud": row["event_state"] in names.WARNING_STATES,
        "text": _text(screen, row),
    }


def _text(screen: Screen, row: dict[str, Any]) -> str:
    """Give what was written; a value of a category by its name."""
    text = row["event_text"] or ""
    category = TEXT_IS.get((row["event_kind"], row["event_detail"])) or TEXT_IS.get((row["event_kind"], None))
    return screen.say(screen.named(text, category)) if category else text
