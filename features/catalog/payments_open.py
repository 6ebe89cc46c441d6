"""Payments that fail or stay open, and what is paid back 未付与退款."""

from ibis.expr import types as ir

from features.catalog import payments
from features.facts import Facts
from features.signal import derived, signal
from features.tables import PAYMENTS
from features.terms import Term, ratio
from features.values import Values


@signal(
    PAYMENTS,
    days=(
        90,
        365,
    ),
    unit="invoices",
    empty=0,
    risk="rises",
    say={
        "en": "{value} payments failed in the last {days} days",
        "zh": "近 {days} 天有 {value} 笔扣款失败",
    },
    example="""
    issued_at | failed_at
    -60d      | -30d
    -60d      | +1d
    -60d      |
    -200d     | -199d
    => 90d: 1, 365d: 2
    """,
)
def failed_payments(t: Facts) -> Term:
    """Number of invoices with a failed attempt to collect."""
    return t.count(t.is_known("failed_at"))


@signal(
    PAYMENTS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the invoices of the last {days} days had a failed payment",
        "zh": "近 {days} 天扣款失败占比 {value}",
    },
    example="""
    issued_at | failed_at
    -60d      | -30d
    -60d      | +1d
    => 365d: 1/2
    """,
)
def failed_share(t: Facts) -> Term:
    """Share of invoices with a failed attempt to collect."""
    return t.share(t.is_known("failed_at"))


@signal(
    PAYMENTS,
    days=(90,),
    unit="invoices",
    empty=0,
    risk="rises",
    say={
        "en": "{value} invoices of the last {days} days failed and are still unpaid",
        "zh": "近 {days} 天有 {value} 笔扣款失败后仍未付款",
    },
    example="""
    issued_at | failed_at | paid_at
    -60d      | -30d      | -20d
    -50d      | -40d      |
    => 90d: 1
    """,
)
def failed_and_unpaid(t: Facts) -> Term:
    """Number of invoices with a failed attempt that were not paid by the cutoff."""
    return t.count(t.is_known("failed_at") & ~t.is_known("paid_at"))


@signal(
    PAYMENTS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "A payment last failed {value} days ago",
        "zh": "距上次扣款失败已 {value} 天",
    },
    example="""
    issued_at | failed_at
    -60d      | -30d
    -60d      | -40d
    => 30
    """,
)
def days_since_failure(t: Facts) -> Term:
    """Days since a payment last failed."""
    return t.days_since_last(at="failed_at")


@signal(
    PAYMENTS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Last paid {value} days ago",
        "zh": "距上次付款已 {value} 天",
    },
    example="""
    issued_at | paid_at
    -60d      | -30d
    -60d      | -40d
    => 30
    """,
)
def days_since_payment(t: Facts) -> Term:
    """Days since the last payment."""
    return t.days_since_last(at="paid_at")


@signal(
    PAYMENTS,
    days=(
        90,
        365,
    ),
    unit="invoices",
    empty=0,
    risk="rises",
    say={
        "en": "{value} invoices of the last {days} days are still open",
        "zh": "近 {days} 天有 {value} 笔账单未付",
    },
    example="""
    issued_at | paid_at
    -60d      | -50d
    -100d     |
    -20d      | +5d
    => 90d: 1, 365d: 2
    """,
)
def open_invoices(t: Facts) -> Term:
    """Number of invoices that were not paid by the cutoff."""
    return t.count(~t.is_known("paid_at"))


@signal(
    PAYMENTS,
    days=(365,),
    unit="currency",
    empty=0,
    risk="rises",
    say={
        "en": "{value} of the last {days} days is still unpaid",
        "zh": "近 {days} 天未付金额 {value}",
    },
    example="""
    issued_at | amount | paid_at
    -60d      | 10     | -50d
    -90d      | 20     |
    -20d      | 5      | +5d
    => 365d: 25
    """,
)
def open_amount(t: Facts) -> Term:
    """Amount of the invoices that were not paid by the cutoff."""
    return t.sum(t.amount, ~t.is_known("paid_at"))


@derived(
    PAYMENTS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the amount of the last {days} days is still unpaid",
        "zh": "近 {days} 天未付金额占比 {value}",
    },
    example="""
    issued_at | amount | paid_at
    -60d      | 75     | -50d
    -90d      | 25     |
    => 365d: 1/4
    """,
)
def open_share(s: Values) -> ir.Value:
    """Amount not paid by the cutoff over the amount invoiced."""
    return ratio(s(open_amount), s(payments.invoiced))


@signal(
    PAYMENTS,
    unit="days",
    empty=0,
    risk="rises",
    say={
        "en": "The oldest open invoice is {value} days past due",
        "zh": "最早未付账单已逾期 {value} 天",
    },
    example="""
    issued_at | due_at | paid_at
    -60d      | -30d   |
    -50d      | -10d   |
    -90d      | -60d   | -50d
    => 30
    """,
)
def days_past_due(t: Facts) -> Term:
    """Days since the oldest unpaid invoice fell due; 0 if none is past due."""
    return t.days_since_first(~t.is_known("paid_at"), at="due_at").at_least(0)


@signal(
    PAYMENTS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the amount invoiced in the last {days} days was given back",
        "zh": "近 {days} 天退款占开票额的 {value}",
    },
    example="""
    issued_at | amount | refunded_at | refund_amount
    -60d      | 75     | -50d        | 25
    -90d      | 25     | +1d         | 25
    => 365d: 1/4
    """,
)
def refund_share(t: Facts) -> Term:
    """Refunds known at the cutoff as a share of the amount invoiced."""
    return t.sum(t.refund_amount).or_else(0) / t.sum(t.amount)


@signal(
    PAYMENTS,
    days=(365,),
    unit="invoices",
    empty=0,
    risk="rises",
    say={
        "en": "{value} invoices of the last {days} days were given back",
        "zh": "近 {days} 天退款 {value} 笔",
    },
    example="""
    issued_at | refunded_at
    -60d      | -50d
    -90d      | +1d
    => 365d: 1
    """,
)
def refunds(t: Facts) -> Term:
    """Number of invoices that were given back by the cutoff."""
    return t.count(t.is_known("refunded_at"))


@signal(
    PAYMENTS,
    days=(365,),
    unit="methods",
    empty=0,
    risk="rises",
    say={
        "en": "Paid in {value} different ways in the last {days} days",
        "zh": "近 {days} 天使用 {value} 种付款方式",
    },
    example="""
    issued_at | method
    -60d      | card
    -90d      | transfer
    -95d      | card
    => 365d: 2
    """,
)
def methods(t: Facts) -> Term:
    """Number of different ways of payment."""
    return t.distinct(t.method)


@signal(
    PAYMENTS,
    unit="category",
    empty=None,
    say={
        "en": "Last paid by {value}",
        "zh": "最近一次付款方式为 {value}",
    },
    example="""
    issued_at | method
    -60d      | card
    -90d      | transfer
    => card
    """,
)
def method_last(t: Facts) -> Term:
    """Way of payment of the newest invoice."""
    return t.latest(t.method)
