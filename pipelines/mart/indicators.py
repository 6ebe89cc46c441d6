"""The twelve core indicators and what a customer pays, computed for the customers of a scoring run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.gates.words import Words
from features.signal import SignalColumn

MOST_DAYS = 90
"""The longest window that is shown of a core signal; one that has only longer ones is shown by its shortest."""


@dataclass(frozen=True)
class Indicator:
    """A core signal as people see it: its column and short name."""

    column: SignalColumn
    label: Words


LABELS = {
    "orders__days_since_last": Words("Days since the last order", "距上次下单天数"),
    "orders__silence_ratio": Words("Silence against own order rhythm", "未下单时长与自身间隔之比"),
    "orders__spend": Words("Spend", "消费金额"),
    "contracts__days_to_end": Words("Days to the end of the term", "距合同到期天数"),
    "contracts__renewal_price_gap": Words("Renewal offer above first price", "续约报价较首签涨幅"),
    "payments__late_payments": Words("Invoices paid late", "逾期付款笔数"),
    "usage__logins": Words("Logins", "登录次数"),
    "usage__days_since_login": Words("Days since the last login", "距上次登录天数"),
    "usage__fading": Words("Recent use against own habit", "近期使用强度与自身习惯之比"),
    "tickets__open_tickets": Words("Unsolved tickets", "未解决工单数"),
    "interactions__days_since_outreach": Words("Days since we reached out", "距我方主动联系天数"),
    "feedback__nps_mean": Words("Recommendation (NPS answers)", "推荐意愿评分（NPS）"),
}
WINDOW = Words(" in {days} days", "（近 {days} 天）")


def indicators(known: Mapping[str, SignalColumn], tables: Mapping[str, Any]) -> list[Indicator]:
    """Choose a column of each core signal whose table the data bring, with its name for people."""
    found: dict[str, list[SignalColumn]] = {}
    for column in known.values():
        if column.signal.core and column.signal.tables <= set(tables):
            found.setdefault(column.signal.name, []).append(column)
    return [_indicator(columns) for columns in found.values()]


def _indicator(columns: list[SignalColumn]) -> Indicator:
    by_days = sorted(columns, key=lambda column: column.days or 0)
    chosen = next((column for column in reversed(by_days) if (column.days or 0) <= MOST_DAYS), by_days[0])
    label = LABELS.get(chosen.signal.name, Words(chosen.signal.measure, chosen.signal.measure))
    if chosen.days is None:
        return Indicator(chosen, label)
    en, zh = WINDOW.en.format(days=chosen.days), WINDOW.zh.format(days=chosen.days)
    return Indicator(chosen, Words(label.en + en, label.zh + zh))
