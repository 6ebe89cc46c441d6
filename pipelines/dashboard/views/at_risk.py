"""Customers at risk: searched, filtered, ordered, page by page; the whole list as a file."""

from __future__ import annotations

from typing import Any

import streamlit as st

from evaluation.gates.words import Words
from pipelines.dashboard import names, queries
from pipelines.dashboard.export import csv_of
from pipelines.dashboard.filters import CATEGORIES, Filters
from pipelines.dashboard.row import customer_row
from pipelines.dashboard.screen import Screen
from pipelines.report.names import band, topic
from pipelines.report.numbers import count, money

SEARCH = Words("Search by name or id", "按名称或编号搜索")
BAND = Words("Risk band", "风险等级")
MORE = Words("More filters and order", "更多筛选与排序")
TOPIC = Words("Reason has to do with", "原因涉及")
NEW = Words("Newly high since the last scoring", "仅看新增高风险")
ORDER = Words("Order", "排序")
ORDERS = {
    "risk": Words("Highest risk first", "流失概率从高到低"),
    "value": Words("Most value at risk first", "风险金额从高到低"),
    "change": Words("Risk grew most first", "概率上升最多优先"),
    "name": Words("By name", "按名称"),
}
ANY = Words("all", "全部")
DOWNLOAD = Words("Download this list (CSV)", "下载此名单（CSV）")
BEFORE, AFTER, PAGE = Words("Previous", "上一页"), Words("Next", "下一页"), Words("Page", "页码")
NOBODY = Words("No customer fits. Take a filter away.", "没有符合条件的客户，请减少筛选条件。")


def view(screen: Screen) -> None:
    """Draw the list."""
    with screen.mart() as mart:
        top = st.container()
        filters = _asked(screen, queries.choices(mart))
        found = queries.count(mart, filters)
        with top:
            _answer(screen, found)
        if not found["customers"]:
            st.info(screen.say(NOBODY))
            return
        pages = -(-found["customers"] // queries.PAGE_ROWS)
        page = min(st.session_state.get("page", 1), pages)
        for row in queries.listed(mart, filters, page):
            customer_row(screen, row)
    _foot(screen, filters, page, pages)


def _asked(screen: Screen, choices: dict[str, list[str]]) -> Filters:
    """Ask what to look for, beginning with what the address says, else with what was asked before."""
    begin, visit = _begin(screen, choices), f"{screen.visit}-{screen.language}-{st.query_params.to_dict()}"
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    values: dict[str, Any] = {
        "search": left.text_input(screen.say(SEARCH), value=begin.search, max_chars=80, key=f"search-{visit}"),
        "bands": right.pills(
            screen.say(BAND),
            choices["risk_band"],
            default=[name for name in begin.bands if name in choices["risk_band"]],
            format_func=lambda name: screen.say(band(name, screen.project.value_names).words),
            selection_mode="multi",
            key=f"bands-{visit}",
        ),
    }
    with st.expander(screen.say(MORE)):
        values.update(_more(screen, choices, begin, visit))
    asked: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    filters = Filters(**asked)
    if st.session_state.get("filters") != filters:
        st.session_state.update(filters=filters, page=1)
    return filters


def _begin(screen: Screen, choices: dict[str, list[str]]) -> Filters:
    """Give what the questions begin with; it stays the same for a visit, so that they keep what is chosen.

    A new address counts first, such as `?band=high&new=1`, then what was asked before, then band high.
    """
    address = st.query_params.to_dict()
    visit = (screen.visit, screen.language, address)
    if st.session_state.get("visit") != visit:
        begin = _from_address() if st.session_state.get("address") != address else None
        begin = begin or st.session_state.get("filters")
        begin = begin or Filters(bands=("high",) if "high" in choices["risk_band"] else ())
        st.session_state.update(visit=visit, address=address, begin=begin)
    found: Filters = st.session_state["begin"]
    return found


def _from_address() -> Filters | None:
    asked: dict[str, Any] = {
        "bands": tuple(st.query_params.get_all("band")),
        "topics": tuple(st.query_params.get_all("topic")),
        **{name: tuple(st.query_params.get_all(name)) for name in CATEGORIES},
        "search": st.query_params.get("search", ""),
        "only_new": st.query_params.get("new") == "1",
    }
    return Filters(**asked) if any(asked.values()) else None


def _more(screen: Screen, choices: dict[str, list[str]], begin: Filters, visit: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    columns = st.columns(2)
    questions = [(name, name, names.COLUMNS[name], _told(screen, name)) for name in CATEGORIES if choices[name]]
    questions.append(("topics", "topic", TOPIC, lambda name: screen.say(topic(name))))
    for place, (field, kind, label, told) in enumerate(questions):
        values[field] = columns[place % 2].multiselect(
            screen.say(label),
            choices[kind],
            default=[value for value in getattr(begin, field) if value in choices[kind]],
            format_func=told,
            placeholder=screen.say(ANY),
            key=f"{field}-{visit}",
        )
    values["order"] = columns[len(questions) % 2].selectbox(
        screen.say(ORDER),
        list(ORDERS),
        index=list(ORDERS).index(begin.order),
        format_func=lambda key: screen.say(ORDERS[key]),
        key=f"order-{visit}",
    )
    values["only_new"] = st.checkbox(screen.say(NEW), value=begin.only_new, key=f"new-{visit}")
    return values


def _told(screen: Screen, column: str) -> Any:
    """Say the values of a column; names of people stay as they are."""
    return str if column == "owner" else lambda value: screen.say(screen.named(value, column))


def _answer(screen: Screen, found: dict[str, Any]) -> None:
    customers, leavers = count(found["customers"]).en, f"{found['expected_leavers'] or 0:,.0f}"
    said = Words(
        f"{customers} customers; about {leavers} of them are likely to leave.",
        f"共 {customers} 位客户，预计约 {leavers} 位将流失。",
    )
    value = money(found["value_at_risk"], screen.project.currency)
    note = None
    if found["value_at_risk"] is not None:
        note = Words(f"Value at risk: {value.en}.", f"风险金额：{value.zh}。")
    screen.answer(said, note)


def _foot(screen: Screen, filters: Filters, page: int, pages: int) -> None:
    """Lead to the pages before and after, and give the list as a file."""
    before, middle, after, file = st.columns([1, 2, 1, 3], vertical_alignment="center")
    if before.button(screen.say(BEFORE), disabled=page <= 1, use_container_width=True):
        st.session_state["page"] = page - 1
        st.rerun()
    middle.markdown(f"{screen.say(PAGE)} {page:,} / {pages:,}")
    if after.button(screen.say(AFTER), disabled=page >= pages, use_container_width=True):
        st.session_state["page"] = page + 1
        st.rerun()
    name = f"{screen.project.name}-churn-risk.csv"
    file.download_button(
        screen.say(DOWNLOAD), lambda: csv_of(screen, filters), file_name=name, mime="text/csv", on_click="ignore"
    )
