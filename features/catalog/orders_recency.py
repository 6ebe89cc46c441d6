"""How long no order has come, and the gaps between orders 沉默."""

from ibis.expr import types as ir

from features.facts import Facts
from features.signal import derived, signal
from features.tables import ORDERS
from features.terms import Term, ratio
from features.values import Values


@signal(
    ORDERS,
    unit="days",
    empty=None,
    risk="rises",
    core=True,
    say={
        "en": "Last ordered {value} days ago",
        "zh": "距上次下单已 {value} 天",
    },
    example="""
    ordered_at | amount
    -12d 12h   | 10
    -30d       | 10
    +1d        | 10
    => 12.5
    """,
)
def days_since_last(t: Facts) -> Term:
    """Recency: days since the last order."""
    return t.days_since_last()


@signal(
    ORDERS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "First ordered {value} days ago",
        "zh": "距首次下单已 {value} 天",
    },
    example="""
    ordered_at | amount
    -12d       | 10
    -30d       | 10
    => 30
    """,
)
def days_since_first(t: Facts) -> Term:
    """Age of the buying relationship: days since the first order."""
    return t.days_since_first()


@signal(
    ORDERS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Usually orders every {value} days",
        "zh": "平均每 {value} 天下单一次",
    },
    example="""
    ordered_at | amount
    -10d       | 10
    -20d       | 10
    -50d       | 10
    => 20
    """,
)
def gap_days_mean(t: Facts) -> Term:
    """Mean days between two orders of the whole history; missing for a single order."""
    return t.mean(t.days_since_previous())


@signal(
    ORDERS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The gap between orders varies by {value} days",
        "zh": "下单间隔波动 {value} 天",
    },
    example="""
    ordered_at | amount
    -10d       | 10
    -20d       | 10
    -50d       | 10
    => 10
    """,
)
def gap_days_std(t: Facts) -> Term:
    """Spread of the days between two orders."""
    return t.std(t.days_since_previous())


@signal(
    ORDERS,
    days=(365,),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The longest pause between orders of the last {days} days was {value} days",
        "zh": "近 {days} 天最长下单间隔 {value} 天",
    },
    example="""
    ordered_at | amount
    -10d       | 10
    -20d       | 10
    -50d       | 10
    => 365d: 30
    """,
)
def gap_days_max(t: Facts) -> Term:
    """Longest gap that ended in the window."""
    return t.max(t.days_since_previous())


@signal(
    ORDERS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The last order came {value} days after the one before",
        "zh": "最近两次下单间隔 {value} 天",
    },
    example="""
    ordered_at | amount
    -10d       | 10
    -20d       | 10
    -50d       | 10
    => 10
    """,
)
def gap_days_last(t: Facts) -> Term:
    """Days between the last two orders."""
    return t.latest(t.days_since_previous())


@derived(
    ORDERS,
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "The gap between orders varies by {value} of its mean",
        "zh": "下单间隔波动幅度为均值的 {value}",
    },
    example="""
    ordered_at | amount
    -10d       | 10
    -20d       | 10
    -50d       | 10
    => 1/2
    """,
)
def gap_variation(s: Values) -> ir.Value:
    """Regularity: coefficient of variation of the gaps between orders; 0 is a clockwork."""
    return ratio(s(gap_days_std), s(gap_days_mean))


@derived(
    ORDERS,
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "The last gap between orders was {value} times the usual one",
        "zh": "最近一次下单间隔为平均间隔的 {value} 倍",
    },
    example="""
    ordered_at | amount
    -10d       | 10
    -20d       | 10
    -50d       | 10
    => 1/2
    """,
)
def gap_change(s: Values) -> ir.Value:
    """Last gap between orders over the mean gap."""
    return ratio(s(gap_days_last), s(gap_days_mean))
