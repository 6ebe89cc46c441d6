"""Payment discipline: how late, how early, how long 支付."""

from ibis.expr import types as ir

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
    unit="currency",
    empty=0,
    say={
        "en": "Was invoiced {value} in the last {days} days",
        "zh": "近 {days} 天开票 {value}",
    },
    example="""
    issued_at | amount
    -60d      | 50
    -100d     | 25
    +1d       | 100
    => 90d: 50, 365d: 75
    """,
)
def invoiced(t: Facts) -> Term:
    """Amount invoiced."""
    return t.sum(t.amount)


@derived(
    PAYMENTS,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Invoices of the last {days} days were {value} times those of the {days} days before",
        "zh": "近 {days} 天开票额为此前 {days} 天的 {value} 倍",
    },
    example="""
    issued_at | amount
    -60d      | 50
    -100d     | 25
    => 90d: 2
    """,
)
def invoiced_change(s: Values) -> ir.Value:
    """Amount invoiced in the window over that of the window before."""
    return s.change(invoiced)


@signal(
    PAYMENTS,
    days=(
        90,
        365,
    ),
    unit="invoices",
    empty=0,
    risk="rises",
    core=True,
    say={
        "en": "Paid {value} invoices of the last {days} days late",
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
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "Paid {value} of the invoices of the last {days} days late",
        "zh": "近 {days} 天逾期付款占比 {value}",
    },
    example="""
    issued_at | due_at | paid_at
    -60d      | -30d   | -20d
    -60d      | -30d   | -40d
    -60d      | -30d   |
    => 365d: 1/2
    """,
)
def late_share(t: Facts) -> Term:
    """Share of the paid invoices that were paid after their due date."""
    lateness = t.days_between("due_at", "paid_at")
    return t.share(lateness > 0, of=lateness.notnull())


@derived(
    PAYMENTS,
    days=(90,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "The share of late payments in the last {days} days is {value} above that of the year",
        "en_below": "The share of late payments in the last {days} days is {value} below that of the year",
        "zh": "近 {days} 天逾期占比较近一年高 {value}",
        "zh_below": "近 {days} 天逾期占比较近一年低 {value}",
    },
    example="""
    issued_at | due_at | paid_at
    -60d      | -30d   | -20d
    -200d     | -180d  | -190d
    => 90d: 1/2
    """,
)
def late_share_change(s: Values) -> ir.Value:
    """Share of late payments in the window minus that of the last year."""
    return s(late_share) - s(late_share, 365)


@signal(
    PAYMENTS,
    days=(365,),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Paid {value} days after the due date on average in the last {days} days",
        "en_below": "Paid {value} days before the due date on average in the last {days} days",
        "zh": "近 {days} 天平均逾期 {value} 天付款",
        "zh_below": "近 {days} 天平均提前 {value} 天付款",
    },
    example="""
    issued_at | due_at | paid_at
    -60d      | -30d   | -20d
    -60d      | -30d   | -36d
    => 365d: 2
    """,
)
def days_late_mean(t: Facts) -> Term:
    """Mean days from due date to payment, negative for early payers."""
    return t.mean(t.days_between("due_at", "paid_at"))


@signal(
    PAYMENTS,
    days=(365,),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The latest payment of the last {days} days came {value} days after its due date",
        "en_below": "Every payment of the last {days} days came at least {value} days before its due date",
        "zh": "近 {days} 天最长逾期 {value} 天",
        "zh_below": "近 {days} 天每笔付款均至少提前 {value} 天",
    },
    example="""
    issued_at | due_at | paid_at
    -60d      | -30d   | -20d
    -60d      | -30d   | -36d
    => 365d: 10
    """,
)
def days_late_max(t: Facts) -> Term:
    """Most days from due date to payment."""
    return t.max(t.days_between("due_at", "paid_at"))


@signal(
    PAYMENTS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The last payment came {value} days after its due date",
        "en_below": "The last payment came {value} days before its due date",
        "zh": "最近一笔付款逾期 {value} 天",
        "zh_below": "最近一笔付款提前 {value} 天",
    },
    example="""
    issued_at | due_at | paid_at
    -60d      | -30d   | -20d
    -50d      | -20d   | -15d
    -20d      | -10d   |
    => 5
    """,
)
def days_late_last(t: Facts) -> Term:
    """Days from due date to payment of the newest paid invoice."""
    return t.latest(t.days_between("due_at", "paid_at"))


@signal(
    PAYMENTS,
    days=(365,),
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "Paid {value} of the invoices of the last {days} days a week or more early",
        "zh": "近 {days} 天提前一周以上付款的占 {value}",
    },
    example="""
    issued_at | due_at | paid_at
    -60d      | -30d   | -20d
    -60d      | -30d   | -37d
    => 365d: 1/2
    """,
)
def early_share(t: Facts) -> Term:
    """Share of the paid invoices that were paid seven or more days before their due date."""
    lateness = t.days_between("due_at", "paid_at")
    return t.share(lateness <= -7, of=lateness.notnull())


@signal(
    PAYMENTS,
    days=(
        90,
        365,
    ),
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
    -100d     | -80d
    -20d      | +5d
    => 90d: 10, 365d: 15
    """,
)
def days_to_pay_mean(t: Facts) -> Term:
    """Mean days from invoice to payment, of those paid."""
    return t.mean(t.days_between("issued_at", "paid_at"))


@signal(
    PAYMENTS,
    days=(365,),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The days to payment vary by {value} in the last {days} days",
        "zh": "近 {days} 天付款周期波动 {value} 天",
    },
    example="""
    issued_at | paid_at
    -60d      | -50d
    -90d      | -70d
    => 365d: 5
    """,
)
def days_to_pay_std(t: Facts) -> Term:
    """Spread of the days from invoice to payment."""
    return t.std(t.days_between("issued_at", "paid_at"))


@derived(
    PAYMENTS,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "Payments of the last {days} days took {value} times as long as those of the year",
        "zh": "近 {days} 天付款周期为近一年的 {value} 倍",
    },
    example="""
    issued_at | paid_at
    -60d      | -40d
    -190d     | -180d
    => 90d: 4/3
    """,
)
def days_to_pay_change(s: Values) -> ir.Value:
    """Payment term drift: mean days to payment in the window over that of the last year."""
    return ratio(s(days_to_pay_mean), s(days_to_pay_mean, 365))
