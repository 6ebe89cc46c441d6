"""What bands, topics, severities, states and reasons are called on every page, in English and Chinese."""

from __future__ import annotations

from evaluation.gates.words import Words
from evaluation.value_names import SHIPPED, ValueNames
from pipelines.report.blocks import Mark
from pipelines.report.numbers import same

BANDS = {
    "high": Mark("▲", Words("high risk", "高风险"), "bad"),
    "medium": Mark("◆", Words("medium risk", "中风险"), "amber"),
    "low": Mark("●", Words("low risk", "低风险"), "soft"),
}
TOPICS = {
    "contracts": Words("contract", "合同与续约"),
    "customers": Words("firm itself", "客户属性"),
    "deals": Words("deals", "商机"),
    "feedback": Words("feedback", "反馈"),
    "interactions": Words("contact", "沟通联系"),
    "orders": Words("orders", "订单"),
    "payments": Words("payments", "付款"),
    "stock": Words("stock", "库存"),
    "tickets": Words("tickets", "服务工单"),
    "usage": Words("product use", "产品使用"),
}
SEVERITIES = {
    "high": Mark("▲", Words("high", "高"), "bad"),
    "medium": Mark("◆", Words("medium", "中"), "amber"),
    "low": Mark("●", Words("low", "低"), "soft"),
}
ACTION_STATES = {
    "open": Words("open", "待处理"),
    "planned": Words("planned", "已计划"),
    "held_back": Words("held back for comparison", "对照组，不干预"),
    "sent": Words("sent", "已发送"),
    "delivered": Words("delivered", "已送达"),
    "failed": Words("failed", "发送失败"),
    "expired": Words("expired", "已过期"),
    "done": Words("done", "已完成"),
}
STANDINGS = {
    "better": Words("better than what is healthy", "优于健康水平"),
    "within": Words("within what is healthy", "处于健康水平"),
    "worse": Words("worse than what is healthy", "高于健康水平"),
    "not sure": Words("about what is healthy; too close to say", "接近健康水平，差异不明显"),
}
LEFT_OUT = {
    "not known at this time": Words("not known at this time", "当时尚无记录"),
    "not a customer at this time": Words("not a customer at this time", "当时不是客户"),
    "already left": Words("already left", "已流失"),
}
SIGNS = {"better": "✓ ", "within": "✓ ", "worse": "▲ "}


def band(name: str | None, names: ValueNames = SHIPPED) -> Mark:
    """Name a band with its sign; one of the company's own by the name that it has among the values."""
    return BANDS.get(name or "", Mark("●", names.words(name or "–", "risk_band"), "soft"))


def topic(name: str) -> Words:
    """Name a topic."""
    return TOPICS.get(name, same(name))


def severity(name: str | None) -> Mark:
    """Name a severity with its sign."""
    return SEVERITIES.get(name or "", Mark("●", same(name or "–"), "soft"))


def action_state(name: str | None) -> Words:
    """Name the state of an alert or a planned action."""
    return ACTION_STATES.get(name or "", same(name or ""))


def leaving_reason(name: str, names: ValueNames = SHIPPED) -> Words:
    """Name a reason for leaving; one that nobody has named stays as it is."""
    return names.find(name, "leaving_reason") or same(name.replace("_", " "))


def left_out(reason: str) -> Words:
    """Name a reason for which a customer has no score."""
    return LEFT_OUT.get(reason, same(reason))
