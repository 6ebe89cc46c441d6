"""Whether the silence since the last order is unusual for this customer 沉默与节奏."""

import math
from typing import Any

import ibis
from ibis.expr import types as ir

from features.catalog import orders_recency, orders_volume, profile
from features.facts import Facts
from features.shapes import at_most, how_many, streak
from features.signal import derived, signal
from features.tables import ORDERS
from features.terms import Term, ratio
from features.values import Values

FEWEST_DAYS = 0.04
"""An hour: gaps count as at least so long where their logarithm is taken."""


def _log_gap(t: Facts) -> Any:
    gap = t.days_since_previous()
    return ibis.ifelse(gap < FEWEST_DAYS, FEWEST_DAYS, gap).ln()


@derived(
    ORDERS,
    unit="ratio",
    empty=None,
    risk="rises",
    core=True,
    say={
        "en": "Silent for {value} times the usual gap between orders",
        "zh": "未下单时长已达自身平均间隔的 {value} 倍",
    },
    example="""
    ordered_at | amount
    -30d       | 10
    -40d       | 10
    -50d       | 10
    => 3
    """,
)
def silence_ratio(s: Values) -> ir.Value:
    """Days since the last order over the mean gap between orders: above 1 the next order is overdue."""
    return ratio(s(orders_recency.days_since_last), s(orders_recency.gap_days_mean))


@derived(
    ORDERS,
    unit="deviations",
    empty=None,
    risk="rises",
    say={
        "en": "Silent for {value} standard deviations longer than usual",
        "en_below": "Silent for {value} standard deviations shorter than usual",
        "zh": "沉默时长超出平均间隔 {value} 个标准差",
        "zh_below": "沉默时长低于平均间隔 {value} 个标准差",
    },
    example="""
    ordered_at | amount
    -40d       | 10
    -50d       | 10
    -80d       | 10
    => 2
    """,
)
def silence_deviations(s: Values) -> ir.Value:
    """Days since the last order minus the mean gap, over the spread of the gaps (at least a day)."""
    return (s(orders_recency.days_since_last) - s(orders_recency.gap_days_mean)) / ibis.greatest(
        s(orders_recency.gap_days_std), 1.0
    )


@signal(
    ORDERS,
    unit="log days",
    empty=None,
    say={
        "en": "The typical gap between orders has the logarithm {value}",
        "zh": "典型下单间隔的对数为 {value}",
    },
    example="""
    ordered_at | amount
    -10d       | 10
    -11d       | 10
    -12d       | 10
    => 0
    """,
)
def gap_log_mean(t: Facts) -> Term:
    """Mean of the natural logarithm of the gaps between orders in days; its exponential is the typical gap."""
    return t.mean(_log_gap(t))


@signal(
    ORDERS,
    unit="log days",
    empty=None,
    say={
        "en": "The logarithm of the gaps between orders varies by {value}",
        "zh": "下单间隔对数的标准差为 {value}",
    },
    example="""
    ordered_at | amount
    -10d       | 10
    -11d       | 10
    -12d       | 10
    => 0
    """,
)
def gap_log_std(t: Facts) -> Term:
    """Spread of the natural logarithm of the gaps between orders in days."""
    return t.std(_log_gap(t))


@derived(
    ORDERS,
    unit="probability",
    empty=None,
    risk="falls",
    say={
        "en": "So long a pause had a chance of {value} if nothing had changed",
        "zh": "若习惯未变，出现如此长间隔的概率仅为 {value}",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -2d        | 10
    -3d        | 10
    => 1/2
    """,
)
def silence_probability(s: Values) -> ir.Value:
    """Chance of a gap as long as the silence: log-logistic with mean and spread (at least 0.25) of the own log gaps."""
    scale = ibis.greatest(s(gap_log_std), 0.25) * (3.0**0.5 / math.pi)
    distance = (ibis.greatest(s(orders_recency.days_since_last), FEWEST_DAYS).ln() - s(gap_log_mean)) / scale
    return 1.0 / (1.0 + at_most(distance, 500.0).exp())


@derived(
    ORDERS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "No order for {value} days more than is usual in the industry",
        "en_below": "{value} days short of the time without an order that is unusual in the industry",
        "zh": "未下单天数超出行业阈值 {value} 天",
        "zh_below": "未下单天数距行业阈值还差 {value} 天",
    },
    example="""
    ordered_at | amount
    -40d       | 10
    customers
    signed_up_at | industry
    -400d        | manufacturing
    => 10
    """,
)
def silence_over_limit(s: Values) -> ir.Value:
    """Days since the last order minus the silence that counts as such in the industry (configurable)."""
    return s(orders_recency.days_since_last) - s.silence_days(s(profile.industry))


@derived(
    ORDERS,
    unit="days",
    empty=None,
    say={
        "en": "A pause of more than {value} days is unusual for this customer",
        "zh": "按自身与同行节奏，超过 {value} 天未下单即属异常",
    },
    example="""
    ordered_at | amount | customer_id
    -10d       | 1      |
    -20d       | 1      |
    -30d       | 1      |
    -10d       | 1      | b
    -30d       | 1      | b
    -5d        | 1      | c
    -35d       | 1      | c
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_order_rhythm
    -400d        | b           | example_order_rhythm
    -400d        | c           | example_order_rhythm
    => 48.75
    """,
)
def learned_silence_limit(s: Values) -> ir.Value:
    """Three times the usual gap: own mean drawn to the industry's in proportion to 5 / (5 + orders of a year)."""
    own, weight = s(orders_recency.gap_days_mean), s(orders_volume.orders, 365)
    usual = s.peers_mean(own, s(profile.industry))
    return 3.0 * ratio(own.fill_null(0) * weight + usual * 5.0, ibis.ifelse(own.notnull(), weight, 0.0) + 5.0)


@derived(
    ORDERS,
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "No order for {value} times what is usual for this customer and its industry",
        "zh": "未下单时长为自身与同行习惯阈值的 {value} 倍",
    },
    example="""
    ordered_at | amount | customer_id
    -97d 12h   | 1      |
    -10d       | 1      | b
    -30d       | 1      | b
    -5d        | 1      | c
    -25d       | 1      | c
    -25d       | 1      | d
    -45d       | 1      | d
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_order_limit
    -400d        | b           | example_order_limit
    -400d        | c           | example_order_limit
    -400d        | d           | example_order_limit
    => 1.625
    """,
)
def silence_over_own_limit(s: Values) -> ir.Value:
    """Days since the last order over the learned limit."""
    return ratio(s(orders_recency.days_since_last), s(learned_silence_limit))


@derived(
    ORDERS,
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "Silent for longer than {value} of the firms of the same industry",
        "zh": "未下单时长超过 {value} 的同行",
    },
    example="""
    ordered_at | customer_id
    -20d       |
    -10d       | b
    -30d       | c
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_silence
    -400d        | b           | example_silence
    -400d        | c           | example_silence
    => 1/2
    """,
)
def silence_above_peers(s: Values) -> ir.Value:
    """Share of the customers of the same industry whose last order is more recent."""
    return s.peers_share_below(s(orders_recency.days_since_last), s(profile.industry))


@signal(
    ORDERS,
    days=(365,),
    unit="share",
    empty=None,
    say={
        "en": "Orders spread over the days of the week with an evenness of {value} in the last {days} days",
        "zh": "近 {days} 天下单在一周内分布的均匀度为 {value}",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -2d        | 10
    -3d        | 10
    -4d        | 10
    -5d        | 10
    -6d        | 10
    -7d        | 10
    => 365d: 1
    """,
)
def weekday_evenness(t: Facts) -> Term:
    """Evenness of orders over the days of the week: entropy over its maximum, 0 all on one day, 1 all days alike."""
    return t.entropy(t.weekday(), range(7))


@derived(
    ORDERS,
    unit="months",
    empty=0,
    risk="falls",
    say={
        "en": "Ordered in {value} of the last 12 months",
        "zh": "近 12 个月中有 {value} 个月下单",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -2d        | 10
    -100d      | 10
    => 2
    """,
)
def active_months(s: Values) -> ir.Value:
    """Number of the last twelve periods of 30 days with an order."""
    return how_many(month > 0 for month in s.parts(orders_volume.orders, 30, 12))


@derived(
    ORDERS,
    unit="months",
    empty=0,
    risk="falls",
    say={
        "en": "Ordered {value} months in a row (counted up to 6)",
        "zh": "已连续 {value} 个月下单（最多计 6 个月）",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -31d       | 10
    -100d      | 10
    => 2
    """,
)
def month_streak(s: Values) -> ir.Value:
    """Number of periods of 30 days in a row with an order up to the cutoff, at most six."""
    return streak([month > 0 for month in s.parts(orders_volume.orders, 30, 6)])


@derived(
    ORDERS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "A repeat customer without an order for 90 days: {value}",
        "zh": "复购客户已 90 天未再下单：{value}",
    },
    example="""
    ordered_at | amount
    -91d       | 10
    -200d      | 10
    => 1
    """,
)
def no_repurchase(s: Values) -> ir.Value:
    """Whether a customer with two or more orders a year has had none for 90 days, 1 or 0."""
    return ((s(orders_recency.days_since_last) >= 90) & (s(orders_volume.orders, 365) >= 2)).cast("float64")
