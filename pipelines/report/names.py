"""What bands, topics, severities, states and reasons are called on every page, in English and Chinese."""

from __future__ import annotations

from evaluation.gates.words import Words
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
    "done": Words("done", "已完成"),
}
LEAVING_REASONS = {
    "unknown": Words("not known", "原因不明"),
    "budget": Words("budget", "预算不足"),
    "price": Words("price", "价格"),
    "low_use": Words("hardly used", "使用少"),
    "no_need": Words("no need", "不再需要"),
    "other": Words("other", "其他"),
    "payment": Words("payment", "付款问题"),
    "unpaid": Words("unpaid", "欠费"),
    "service": Words("service", "服务"),
    "product": Words("product", "产品"),
    "competitor": Words("competitor", "转向竞品"),
    "closed": Words("closed down", "停业"),
}
STANDINGS = {
    "better": Words("better than what is healthy", "优于健康水平"),
    "within": Words("within what is healthy", "处于健康水平"),
    "worse": Words("worse than what is healthy", "高于健康水平"),
    "not sure": Words("about what is healthy; too close to say", "接近健康水平，差异不明显"),
}
SIGNS = {"better": "✓ ", "within": "✓ ", "worse": "▲ "}


def band(name: str | None) -> Mark:
    """Name a band with its sign; one of the company's own is called by its name."""
    return BANDS.get(name or "", Mark("●", same(name or "–"), "soft"))


def topic(name: str) -> Words:
    """Name a topic."""
    return TOPICS.get(name, same(name))


def severity(name: str | None) -> Mark:
    """Name a severity with its sign."""
    return SEVERITIES.get(name or "", Mark("●", same(name or "–"), "soft"))


def action_state(name: str | None) -> Words:
    """Name the state of an alert or a planned action."""
    return ACTION_STATES.get(name or "", same(name or ""))


def leaving_reason(name: str) -> Words:
    """Name a reason for leaving; one of the company's own stays as it is."""
    return LEAVING_REASONS.get(name, same(name.replace("_", " ")))
