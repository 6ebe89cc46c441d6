"""What a company can act on: groups of measures that one action moves, and why others are not among them.

A lever holds only what an action of ours sets anew within days. Left out on purpose:

- what the customer is: industry, size, region, age of the relationship;
- what the customer decides: logins, orders, opinions, replies, talk of leaving or of competitors;
- history that no action undoes: how slowly old tickets were solved, how late old invoices were paid;
- terms whose change serves us and not the customer, such as automatic renewal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Lever:
    """One action and the measures that it moves.

    Parameters
    ----------
    name
        Short name for tables.
    do
        What to do, in ``en`` and ``zh``, as a clause that a value follows.
    measures
        Names of signals without window; the first that the customer can improve on speaks for the lever.
    """

    name: str
    do: Mapping[str, str]
    measures: tuple[str, ...]


LEVERS: tuple[Lever, ...] = (
    Lever(
        "open_tickets",
        {"en": "Solve the open tickets", "zh": "解决未完结的工单"},
        ("tickets__open_tickets", "tickets__oldest_open_days", "tickets__unanswered"),
    ),
    Lever(
        "open_invoices",
        {"en": "Settle the open invoices with the customer", "zh": "与客户结清未付账单"},
        (
            "payments__failed_and_unpaid",
            "payments__days_past_due",
            "payments__open_invoices",
            "payments__open_amount",
            "payments__open_share",
        ),
    ),
    Lever(
        "outreach",
        {"en": "Speak with the customer", "zh": "主动联系客户"},
        (
            "interactions__days_since_outreach",
            "interactions__outreach",
            "interactions__days_since_last",
            "interactions__contacts",
            "interactions__silence_ratio",
            "interactions__contacts_change",
        ),
    ),
    Lever(
        "visit",
        {"en": "Visit the customer", "zh": "拜访客户"},
        ("interactions__days_since_visit", "interactions__visits"),
    ),
    Lever(
        "business_review",
        {"en": "Hold a business review", "zh": "开展业务回顾"},
        (
            "interactions__days_since_business_review",
            "interactions__business_reviews",
            "interactions__no_business_review",
        ),
    ),
    Lever(
        "success_manager",
        {"en": "Name a customer success manager", "zh": "指定客户成功经理"},
        ("interactions__never_had_manager",),
    ),
    Lever(
        "training",
        {"en": "Set up the key features together", "zh": "协助完成关键功能设置与培训"},
        ("usage__never_set_up", "usage__setup_steps", "usage__days_since_setup"),
    ),
    Lever(
        "renewal_price",
        {"en": "Offer a renewal nearer to today's price", "zh": "续约报价贴近现价"},
        ("contracts__renewal_price_step", "contracts__renewal_price_gap"),
    ),
    Lever(
        "renewal_talk",
        {"en": "Take up the renewal now", "zh": "尽快推进续约洽谈"},
        ("contracts__renewal_talk_late", "contracts__offer_waits_days"),
    ),
    Lever(
        "stalled_deal",
        {"en": "Take up the stalled deal", "zh": "推进停滞的商机"},
        ("deals__stalled", "deals__days_since_movement"),
    ),
)
