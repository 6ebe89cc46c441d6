"""The page that opens: how many may leave, what that is worth, whether it grows, why, and whom to speak with first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from evaluation.gates.words import Words
from pipelines.dashboard import acted, measured, queries
from pipelines.dashboard.filters import Filters
from pipelines.dashboard.numbers import indicator_value
from pipelines.dashboard.row import customer_row
from pipelines.dashboard.screen import Screen
from pipelines.dashboard.store import Mart
from pipelines.dashboard.trends import high_risk_trend
from pipelines.report.blocks import Block, Cell, Figure, Figures, Mark, Paragraph, Picture, Pictures, Table
from pipelines.report.drawing import bar_chart
from pipelines.report.names import SIGNS, STANDINGS, topic
from pipelines.report.numbers import NOTHING, count, day, money, percent
from pipelines.report.trend import churn_trend

FIRST = Words("Whom to speak with first", "优先联系的客户")
FIRST_NOTE = Words("High-risk customers with the most value at risk.", "高风险客户中风险金额最高的几位。")
FIRST_NOTE_RISK = Words("Customers with the highest risk.", "流失概率最高的几位客户。")
ALL_AT_RISK = Words("All customers at risk", "查看全部高风险客户")
CORE = Words("The twelve core indicators", "十二项核心指标")
CORE_NOTE = Words(
    "In the middle of all customers, and of those at high risk (median).", "全部客户与高风险客户的中位数对比。"
)
FEW = Words("too few to say", "样本太少")
SHOWN, FEWEST = 5, 30


def view(screen: Screen) -> None:
    """Draw the overview."""
    with screen.mart() as mart:
        found = queries.newest(mart)
        screen.answer(_answer(screen, found), _freshness(mart, found))
        if not found["customers"]:
            return
        churn = measured.rates(mart, "churn_rate")
        screen.draw(_figures(screen, found, churn))
        _alerts(screen, acted.totals(mart))
        screen.draw(*_pictures(mart, churn))
        _first(screen, mart, found)
        _indicators(screen, mart)


def _answer(screen: Screen, found: dict[str, Any]) -> Words:
    high = f"{found['high']:,}"
    if not found["customers"]:
        return Words("No customer has been scored whom you may see.", "暂无您可查看的评分客户。")
    days, since = found["horizon_days"], found["previous_score_date"]
    ahead = Words(f" in the next {days} days", f"未来 {days} 天内") if days else Words("", "")
    stake = money(found["high_value_at_risk"], screen.project.currency)
    worth = Words(f" with {stake.en} at risk", f"，风险金额 {stake.zh}")
    if found["high_value_at_risk"] is None:
        worth = Words("", "")
    new = Words("", "")
    if since is not None:
        new = Words(
            f"; {found['newly_high']:,} are new since {since}", f"，其中 {found['newly_high']:,} 位为 {since} 以来新增"
        )
    return Words(
        f"{high} customers{worth.en} are likely to leave{ahead.en}{new.en}.",
        f"{ahead.zh}有 {high} 位客户流失风险高{worth.zh}{new.zh}。",
    )


def _freshness(mart: Mart, found: dict[str, Any]) -> Words | None:
    """Say as of when the scores are, who was scored, and whether they have expired."""
    run = queries.last_run(mart)
    if not run or not found["customers"]:
        return None
    said = Words(
        f"As of {found['score_date']}: {run['scored']:,} of {run['eligible']:,} customers scored.",
        f"截至 {found['score_date']}，{run['eligible']:,} 位客户中已评分 {run['scored']:,} 位。",
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    if found["valid_until"] is not None and found["valid_until"] < now:
        until = day(found["valid_until"])
        said += Words(f"▲ Out of date since {until}: score again.", f"▲ 评分已于 {until} 过期，请重新评分。")
    return said


def _figures(screen: Screen, found: dict[str, Any], churn: list[dict[str, Any]]) -> Figures:
    currency, everyone = screen.project.currency, found["customers"]
    high, leavers = percent(found["high"] / everyone), percent(found["expected_leavers"] / everyone)
    figures = [
        Figure(
            count(found["high"]),
            Words("High-risk customers", "高风险客户"),
            Words(f"{high.en} of {everyone:,}", f"占 {everyone:,} 位客户的 {high.zh}"),
        ),
        Figure(
            Words(f"{found['expected_leavers']:,.0f}", f"{found['expected_leavers']:,.0f}"),
            Words("Expected to leave, all bands", "预计流失（全部等级）"),
            Words(f"{leavers.en} of all customers", f"占全部客户的 {leavers.zh}"),
        ),
        _value(found, currency),
        _churn(churn),
    ]
    return Figures(figures)


def _value(found: dict[str, Any], currency: str) -> Figure:
    if found["value_at_risk"] is None:
        paid = money(found["high_monthly_value"], currency)
        return Figure(paid, Words("High-risk customers pay a month", "高风险客户月付金额"), Words("", ""))
    part = money(found["high_value_at_risk"], currency)
    note = Words(f"{part.en} of it with high-risk customers", f"其中高风险客户 {part.zh}")
    return Figure(money(found["value_at_risk"], currency), Words("Value at risk", "风险金额"), note)


def _churn(churn: list[dict[str, Any]]) -> Figure:
    """Say the last month's churn rate beside what is healthy."""
    label = Words("Churn rate of the company", "公司流失率")
    if not churn or churn[-1]["measure_value"] is None:
        return Figure(NOTHING, label, Words("not measured", "暂无数据"))
    last = churn[-1]
    label = Words(f"Churn rate in {last['period_name']}", f"{last['period_name']} 流失率")
    if (last["base_customers"] or 0) < FEWEST:
        return Figure(NOTHING, label, FEW)
    low, high = percent(last["yardstick_low"]), percent(last["yardstick_high"])
    note = Words(f"healthy: {low.en} to {high.en}", f"健康水平 {low.zh} 至 {high.zh}")
    standing = STANDINGS.get(last["standing"] or "")
    if standing is not None:
        sign = SIGNS.get(last["standing"], "")
        note = Words(f"{sign}{standing.en} ({low.en} to {high.en})", f"{sign}{standing.zh}（{low.zh} 至 {high.zh}）")
    return Figure(percent(last["measure_value"]), label, note)


def _alerts(screen: Screen, found: dict[str, Any]) -> None:
    if not found["alerts"]:
        return
    said = Words(
        f"{found['alerts']:,} open alerts, {found['high']:,} of high severity; {found['tasks']:,} actions planned",
        f"待处理预警 {found['alerts']:,} 条，其中高严重程度 {found['high']:,} 条；已计划行动 {found['tasks']:,} 项",
    )
    screen.to_page("actions", said)


def _pictures(mart: Mart, churn: list[dict[str, Any]]) -> list[Block]:
    drawn: list[Picture] = []
    scorings = queries.trend(mart)
    if len(scorings) > 1:
        drawn.append(high_risk_trend(scorings))
    known = [row for row in churn if row["measure_value"] is not None][-13:]
    if len(known) > 1:
        drawn.append(churn_trend(known))
    why = queries.topics(mart)[:6]
    if why:
        drawn.append(_topics(why))
    return [Pictures(drawn)] if drawn else []


def _topics(why: list[dict[str, Any]]) -> Picture:
    rows = [(topic(row["topic"]), float(row["customers"]), count(row["customers"])) for row in why]
    top, total = topic(why[0]["topic"]), sum(row["customers"] for row in why)
    share = percent(why[0]["customers"] / total)
    title = Words(
        f"The first reason has most often to do with {top.en} ({share.en})", f"首要原因最常见于“{top.zh}”（{share.zh}）"
    )
    caption = Words("High-risk customers by what their first reason has to do with.", "高风险客户按首要原因类别划分。")
    return Picture(title, caption, bar_chart(rows))


def _first(screen: Screen, mart: Mart, found: dict[str, Any]) -> None:
    by_value = found["high_value_at_risk"] is not None
    screen.heading(FIRST, FIRST_NOTE if by_value else FIRST_NOTE_RISK)
    bands = ("high",) if found["high"] else ()
    for row in queries.listed(mart, Filters(bands=bands, order="value" if by_value else "risk"), 1, SHOWN):
        customer_row(screen, row)
    screen.to_page("risk", ALL_AT_RISK, {"band": list(bands)})


def _indicators(screen: Screen, mart: Mart) -> None:
    told = queries.core_indicators(mart, screen.viewer.owner)
    if not told:
        return
    screen.heading(CORE, CORE_NOTE)
    head = [Words("indicator", "指标"), Words("all", "全部客户"), Words("high risk", "高风险"), Words("", "")]
    rows: list[list[Cell]] = [
        [
            Words(row["label_en"], row["label_zh"]),
            indicator_value(row, row["usual"], screen.project.currency),
            _of_high(row, screen.project.currency),
            _compared(row),
        ]
        for row in told
    ]
    screen.draw(Table(head, rows, frozenset({1, 2})))
    screen.draw(Paragraph(Words("▲: as risk would have it.", "▲：朝风险方向偏离。"), "soft"))


def _of_high(row: dict[str, Any], currency: str) -> Words:
    return FEW if (row["high_customers"] or 0) < FEWEST else indicator_value(row, row["of_high"], currency)


def _compared(row: dict[str, Any]) -> Mark:
    """Say whether high-risk customers stand where risk lies; nothing where they do not, or are too few."""
    none = Mark("", Words("", ""), "soft")
    if (row["high_customers"] or 0) < FEWEST or row["of_high"] == row["usual"]:
        return none
    higher = row["of_high"] > row["usual"]
    if higher != (row["risk_direction"] == "rises"):
        return none
    return Mark("▲", Words("higher", "偏高") if higher else Words("lower", "偏低"), "amber")
