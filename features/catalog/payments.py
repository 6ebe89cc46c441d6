"""Payment discipline: late, failed, open and refunded invoices 支付."""

from features.facts import Facts
from features.signal import signal
from features.tables import PAYMENTS
from features.terms import Term


@signal(
    PAYMENTS,
    days=(90, 365),
    unit="invoices",
    empty=0,
    risk="rises",
    core=True,
    say={
        "en": "{value} invoices of the last {days} days were paid late",
        "zh": "近 {days} 天有 {value} 笔账单逾期付款",
    },
    example="""
    issued_at | due_at | paid_at
    -60d      | -30d   | -20d
    -60d      | -30d   | -40d
    -200d     | -170d  | -100d
    -60d      | -30d   |
    => 90d: 1, 365d: 2
    """,
)
def late_payments(t: Facts) -> Term:
    """Number of invoices that were paid after their due date."""
    return t.count(t.days_between("due_at", "paid_at") > 0)


@signal(
    PAYMENTS,
    days=(90, 365),
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
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Paid {value} days after the invoice on average in the last {days} days",
        "zh": "近 {days} 天平均付款周期 {value} 天",
    },
    example="""
    issued_at | paid_at
    -60d      | -50d
    -90d      | -70d
    -20d      | +5d
    => 365d: 15
    """,
)
def days_to_pay_mean(t: Facts) -> Term:
    """Mean days from invoice to payment, of those paid."""
    return t.mean(t.days_between("issued_at", "paid_at"))


@signal(
    PAYMENTS,
    days=(365,),
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
    -90d      |
    -20d      | +5d
    => 365d: 2
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
    risk="none",
    say={
        "en": "Was invoiced {value} in the last {days} days",
        "zh": "近 {days} 天开票 {value}",
    },
    example="""
    issued_at | amount
    -60d      | 50
    -90d      | 25
    +1d       | 100
    => 365d: 75
    """,
)
def invoiced(t: Facts) -> Term:
    """Amount invoiced."""
    return t.sum(t.amount)
