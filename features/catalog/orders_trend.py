"""Whether buying fades: against the time before, against the own past, against peers; RFM scores 采购趋势."""

import ibis
from ibis.expr import types as ir

from features.catalog import orders_basket, orders_recency, orders_volume, profile
from features.facts import Facts
from features.shapes import falling_streak, fifth, slope_over_mean, standardised, variation
from features.signal import derived, signal
from features.tables import ORDERS
from features.terms import Term, ratio
from features.values import Values


@derived(
    ORDERS,
    days=(
        30,
        90,
    ),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Orders of the last {days} days were {value} times those of the {days} days before",
        "zh": "近 {days} 天下单次数为此前 {days} 天的 {value} 倍",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -40d       | 10
    -41d       | 10
    -100d      | 10
    => 30d: 1/2, 90d: 3
    """,
)
def orders_change(s: Values) -> ir.Value:
    """Orders of the window over those of the window before; 1 is no change."""
    return s.change(orders_volume.orders)


@derived(
    ORDERS,
    days=(
        30,
        90,
        180,
    ),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Spending of the last {days} days was {value} times that of the {days} days before",
        "zh": "近 {days} 天消费为此前 {days} 天的 {value} 倍",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -40d       | 20
    -100d      | 60
    -200d      | 45
    => 30d: 1/2, 90d: 1/2, 180d: 2
    """,
)
def spend_change(s: Values) -> ir.Value:
    """Amount ordered in the window over that of the window before; 0.6 is the quarterly drop that alarms."""
    return s.change(orders_volume.spend)


@derived(
    ORDERS,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Units bought in the last {days} days were {value} times those of the {days} days before",
        "zh": "近 {days} 天采购件数为此前 {days} 天的 {value} 倍",
    },
    example="""
    ordered_at | quantity
    -1d        | 5
    -100d      | 20
    => 90d: 1/4
    """,
)
def units_change(s: Values) -> ir.Value:
    """Units of the window over those of the window before."""
    return s.change(orders_volume.units)


@derived(
    ORDERS,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "An order of the last {days} days was worth {value} times one of the {days} days before",
        "zh": "近 {days} 天客单价为此前 {days} 天的 {value} 倍",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -2d        | 20
    -100d      | 30
    => 90d: 1/2
    """,
)
def order_value_change(s: Values) -> ir.Value:
    """Basket value drift: amount an order in the window over that of the window before."""
    return ratio(s.change(orders_volume.spend), s.change(orders_volume.orders))


@derived(
    ORDERS,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "The basket of the last {days} days is {value} times as broad as that of the year",
        "zh": "近 {days} 天每单商品种类为近一年的 {value} 倍",
    },
    example="""
    ordered_at | distinct_products
    -1d        | 2
    -100d      | 6
    => 90d: 1/2
    """,
)
def products_change(s: Values) -> ir.Value:
    """Different products an order in the window over those of the last year."""
    return ratio(s(orders_basket.products_per_order), s(orders_basket.products_per_order, 365))


@derived(
    ORDERS,
    days=(90,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "The discount of the last {days} days is {value} above that of the year",
        "en_below": "The discount of the last {days} days is {value} below that of the year",
        "zh": "近 {days} 天折扣率较近一年高 {value}",
        "zh_below": "近 {days} 天折扣率较近一年低 {value}",
    },
    example="""
    ordered_at | amount | discount_amount
    -20d       | 60     | 40
    -100d      | 100    | 0
    => 90d: 0.2
    """,
)
def discount_change(s: Values) -> ir.Value:
    """Discount share of the window minus that of the last year."""
    return s(orders_basket.discount_share) - s(orders_basket.discount_share, 365)


@signal(
    ORDERS,
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Spending of late is {value} times the customer's own longer habit",
        "zh": "近期消费为自身长期水平的 {value} 倍",
    },
    example="""
    ordered_at | amount
    -180d      | 10
    -180d      | 30
    => 0.75
    """,
)
def spend_fading(t: Facts) -> Term:
    """Recent rate of spending (half-life 60 days) over the longer one (half-life 180 days); 1 is a steady habit."""
    return t.decayed(t.amount, 60) * 180 / (t.decayed(t.amount, 180) * 60)


@derived(
    ORDERS,
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "Spending grows by {value} of its mean from month to month",
        "en_below": "Spending falls by {value} of its mean from month to month",
        "zh": "每月消费相对均值增长 {value}",
        "zh_below": "每月消费相对均值下降 {value}",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -151d      | 10
    => 0
    """,
)
def monthly_slope(s: Values) -> ir.Value:
    """Slope of a straight line through the spending of six periods of 30 days, over their mean."""
    return slope_over_mean(s.parts(orders_volume.spend, 30, 6))


@derived(
    ORDERS,
    unit="ratio",
    empty=None,
    risk="rises",
    say={"en": "Monthly spending varies by {value} of its mean", "zh": "每月消费波动幅度为均值的 {value}"},
    example="""
    ordered_at | amount
    -1d        | 10
    -31d       | 10
    -61d       | 10
    => 1
    """,
)
def monthly_variation(s: Values) -> ir.Value:
    """Coefficient of variation of the spending of six periods of 30 days."""
    return variation(s.parts(orders_volume.spend, 30, 6))


@derived(
    ORDERS,
    unit="months",
    empty=0,
    risk="rises",
    say={
        "en": "Spending has fallen by 15 % or more for {value} months in a row (counted up to 3)",
        "zh": "消费已连续 {value} 个月下降 15% 以上（最多计 3 个月）",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -31d       | 20
    -61d       | 40
    -91d       | 41
    => 2
    """,
)
def falling_months(s: Values) -> ir.Value:
    """Number of periods of 30 days in a row with spending at least 15 % below the period before, at most three."""
    return falling_streak(s.parts(orders_volume.spend, 30, 4), factor=0.85)


@derived(
    ORDERS,
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "The last 90 days saw {value} of the spending of the best quarter of the year",
        "zh": "近 90 天消费为近一年最佳季度的 {value}",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -100d      | 40
    => 1/4
    """,
)
def share_of_best_quarter(s: Values) -> ir.Value:
    """Spending of the last 90 days over the most of four such periods."""
    quarters = s.parts(orders_volume.spend, 90, 4)
    return ratio(quarters[0], ibis.greatest(*quarters))


@derived(
    ORDERS,
    unit="deviations",
    empty=None,
    risk="falls",
    say={
        "en": "Orders of the last 30 days are {value} standard deviations above the six months before",
        "en_below": "Orders of the last 30 days are {value} standard deviations below the six months before",
        "zh": "近 30 天订单数比自身此前半年高 {value} 个标准差",
        "zh_below": "近 30 天订单数比自身此前半年低 {value} 个标准差",
    },
    example="""
    ordered_at | amount
    -31d       | 10
    -61d       | 10
    -91d       | 10
    -121d      | 10
    -151d      | 10
    -181d      | 10
    => -1
    """,
)
def month_against_own_past(s: Values) -> ir.Value:
    """Orders of 30 days minus the mean of the six such periods before, over their standard deviation (at least 1)."""
    last, *before = s.parts(orders_volume.orders, 30, 7)
    return standardised(last, before, smallest=1.0)


@derived(
    ORDERS,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Spends {value} times as much as firms of the same industry",
        "zh": "近 {days} 天消费为同行平均的 {value} 倍",
    },
    example="""
    ordered_at | customer_id | amount
    -1d        |             | 10
    -3d        | b           | 50
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_spend
    -400d        | b           | example_spend
    -400d        | c           | example_spend
    => 90d: 1/2
    """,
)
def spend_against_peers(s: Values) -> ir.Value:
    """Amount ordered over the mean of the customers of the same industry at the same cutoff."""
    return ratio(s(orders_volume.spend), s.peers_mean(s(orders_volume.spend), s(profile.industry)))


@derived(
    ORDERS,
    unit="score",
    empty=None,
    risk="falls",
    say={"en": "Recency score {value} of 5", "zh": "近度（R）得分 {value}（满分 5 分）"},
    example="""
    ordered_at | customer_id
    -3000d     |
    => 1
    """,
)
def recency_score(s: Values) -> ir.Value:
    """RFM: 5 for the fifth of all customers with the most recent orders, 1 for the last fifth."""
    return 6.0 - fifth(s.peers_share_below(s(orders_recency.days_since_last)))


@derived(
    ORDERS,
    days=(365,),
    unit="score",
    empty=None,
    risk="falls",
    say={"en": "Frequency score {value} of 5", "zh": "近 {days} 天频度（F）得分 {value}（满分 5 分）"},
    example="""
    ordered_at | amount
    -500d      | 1
    => 365d: 1
    """,
)
def frequency_score(s: Values) -> ir.Value:
    """RFM: 5 for the fifth of all customers with the most orders, 1 for the last fifth."""
    return fifth(s.peers_share_below(s(orders_volume.orders)))


@derived(
    ORDERS,
    days=(365,),
    unit="score",
    empty=None,
    risk="falls",
    say={"en": "Monetary score {value} of 5", "zh": "近 {days} 天额度（M）得分 {value}（满分 5 分）"},
    example="""
    ordered_at | amount
    -5d        | 1000000
    => 365d: 5
    """,
)
def monetary_score(s: Values) -> ir.Value:
    """RFM: 5 for the fifth of all customers with the highest spending, 1 for the last fifth."""
    return fifth(s.peers_share_below(s(orders_volume.spend)))


@derived(
    ORDERS,
    unit="score",
    empty=None,
    risk="falls",
    say={"en": "RFM score {value} of 15", "zh": "RFM 总分 {value}（满分 15 分）"},
    example="""
    ordered_at | amount
    -3001d     | 1
    => 3
    """,
)
def rfm_score(s: Values) -> ir.Value:
    """Sum of the recency, frequency and monetary scores of the last year."""
    return s(recency_score) + s(frequency_score, 365) + s(monetary_score, 365)
