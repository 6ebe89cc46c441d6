"""What columns, kinds of events and their states are called."""

from __future__ import annotations

from evaluation.gates.words import Words
from pipelines.report.names import topic
from pipelines.report.numbers import same

COLUMNS = {
    "owner": Words("Account owner", "客户负责人"),
    "industry": Words("Industry", "行业"),
    "region": Words("Region", "地区"),
    "company_size": Words("Company size", "企业规模"),
    "channel": Words("Channel that won them", "获客渠道"),
    "rfm_class": Words("RFM class", "RFM 分类"),
    "lifecycle_stage": Words("Lifecycle stage", "生命周期阶段"),
    "tier": Words("Value tier", "价值等级"),
}
EVENTS = {
    ("contracts", "trial"): Words("Trial began", "开始试用"),
    ("contracts", "started"): Words("Contract began", "合同开始"),
    ("contracts", "renewed"): Words("Contract renewed", "合同续约"),
    ("contracts", "renewal_offered"): Words("Renewal offered", "发出续约报价"),
    ("contracts", "cancelled"): Words("Notice given", "提出解约"),
    ("contracts", "ended"): Words("Contract ended", "合同终止"),
    ("orders", "order"): Words("Order", "下单"),
    ("payments", "invoice"): Words("Invoice fell due", "账单到期"),
    ("tickets", "question"): Words("Ticket: question", "工单：咨询"),
    ("tickets", "problem"): Words("Ticket: problem", "工单：故障"),
    ("tickets", "complaint"): Words("Ticket: complaint", "工单：投诉"),
    ("tickets", "request"): Words("Ticket: request", "工单：需求"),
    ("interactions", "outreach"): Words("We reached out", "我方主动联系"),
    ("interactions", "inbound"): Words("Customer contacted us", "客户主动联系"),
    ("interactions", "visit"): Words("Visit", "上门拜访"),
    ("interactions", "campaign"): Words("Campaign", "营销活动"),
    ("interactions", "business_review"): Words("Business review", "业务回顾"),
    ("interactions", "csm_assigned"): Words("Customer success manager assigned", "分配客户成功经理"),
    ("interactions", "offer"): Words("Offer", "优惠方案"),
    ("feedback", "nps"): Words("Recommendation score (NPS)", "NPS 评分"),
    ("feedback", "csat"): Words("Satisfaction score", "满意度评分"),
    ("feedback", "comment"): Words("Comment", "留言"),
    ("deals", "lead"): Words("Deal: lead", "商机：线索"),
    ("deals", "qualified"): Words("Deal: qualified", "商机：已确认"),
    ("deals", "quote"): Words("Deal: quote", "商机：报价"),
    ("deals", "contract_approval"): Words("Deal: contract approval", "商机：合同审批"),
    ("deals", "won"): Words("Deal: won", "商机：赢单"),
    ("deals", "lost"): Words("Deal: lost", "商机：输单"),
}
STATES = {
    "returned": Words("returned", "已退货"),
    "failed": Words("payment failed", "扣款失败"),
    "paid_late": Words("paid late", "逾期付款"),
    "overdue": Words("overdue", "逾期未付"),
    "solved": Words("solved", "已解决"),
    "open": Words("open", "未解决"),
    "replied": Words("replied", "已回复"),
}
WARNING_STATES = ("failed", "overdue", "open", "paid_late")
MONEY_EVENTS = ("contracts", "orders", "payments", "deals")


def event(kind: str, detail: str | None) -> Words:
    """Name an event; a class of the company's own stays as it is."""
    return EVENTS.get((kind, detail or "")) or topic(kind) + same(detail or "")


def state(name: str | None) -> Words:
    """Name what became of an event."""
    return STATES.get(name or "", same(name or ""))
