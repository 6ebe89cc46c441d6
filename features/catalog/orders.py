"""Purchases: recency, frequency, money, rhythm, baskets and returns 采购."""

from features.facts import Facts
from features.signal import signal
from features.tables import ORDERS
from features.terms import Term


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
def days_since_first_order(t: Facts) -> Term:
    """Age of the buying relationship: days since the first order."""
    return t.days_since_first()


@signal(
    ORDERS,
    days=(30, 90, 180, 365),
    unit="orders",
    empty=0,
    risk="falls",
    core=True,
    say={
        "en": "Placed {value} orders in the last {days} days",
        "zh": "近 {days} 天下单 {value} 次",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -45d       | 10
    -100d      | 10
    0d         | 10
    => 30d: 1, 90d: 2, 180d: 3, 365d: 3
    """,
)
def orders(t: Facts) -> Term:
    """Frequency: number of orders."""
    return t.count()


@signal(
    ORDERS,
    days=(30, 90, 180, 365),
    unit="currency",
    empty=0,
    risk="falls",
    core=True,
    say={
        "en": "Spent {value} in the last {days} days",
        "zh": "近 {days} 天消费 {value}",
    },
    example="""
    ordered_at | amount
    -1d        | 10.5
    -45d       | 20
    -100d      | 30
    0d         | 40
    => 30d: 10.5, 90d: 30.5, 180d: 60.5, 365d: 60.5
    """,
)
def spend(t: Facts) -> Term:
    """Monetary value: amount ordered."""
    return t.sum(t.amount)


@signal(
    ORDERS,
    days=(90, 365),
    unit="currency",
    empty=None,
    risk="none",
    say={
        "en": "An order was worth {value} on average in the last {days} days",
        "zh": "近 {days} 天平均客单价 {value}",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -45d       | 20
    -100d      | 60
    => 90d: 15, 365d: 30
    """,
)
def order_value_mean(t: Facts) -> Term:
    """Mean value of an order."""
    return t.mean(t.amount)


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
def days_between_orders_mean(t: Facts) -> Term:
    """Mean days between two orders of the whole history; missing for a single order."""
    return (t.days_since_first() - t.days_since_last()) / (t.count() - 1)


@signal(
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
def silence_ratio(t: Facts) -> Term:
    """Days since the last order over the mean gap between orders: above 1 the next order is overdue."""
    return t.days_since_last() * (t.count() - 1) / (t.days_since_first() - t.days_since_last())


@signal(
    ORDERS,
    days=(90, 365),
    unit="days",
    empty=0,
    risk="falls",
    say={
        "en": "Ordered on {value} different days in the last {days} days",
        "zh": "近 {days} 天中有 {value} 天下单",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -1d 2h     | 10
    -1d 3h     | 10
    -200d      | 10
    => 90d: 2, 365d: 3
    """,
)
def order_days(t: Facts) -> Term:
    """Number of different days (UTC) with an order."""
    return t.active_days()


@signal(
    ORDERS,
    days=(90, 365),
    unit="units",
    empty=0,
    risk="falls",
    say={
        "en": "Bought {value} units in the last {days} days",
        "zh": "近 {days} 天采购 {value} 件",
    },
    example="""
    ordered_at | quantity
    -1d        | 5
    -2d        | 7
    -200d      | 3
    => 90d: 12, 365d: 15
    """,
)
def units(t: Facts) -> Term:
    """Number of units bought."""
    return t.sum(t.quantity)


@signal(
    ORDERS,
    days=(90, 365),
    unit="products",
    empty=None,
    risk="falls",
    say={
        "en": "An order held {value} different products on average in the last {days} days",
        "zh": "近 {days} 天每单平均含 {value} 种商品",
    },
    example="""
    ordered_at | distinct_products
    -1d        | 4
    -2d        | 2
    -200d      | 9
    => 90d: 3, 365d: 5
    """,
)
def products_per_order(t: Facts) -> Term:
    """Breadth of the basket: mean number of different products in an order."""
    return t.mean(t.distinct_products)


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
    """Recent rate of spending (half-life 60 days) against the longer one (half-life 180 days); 1 is a steady habit."""
    return t.decayed(t.amount, 60) * 180 / (t.decayed(t.amount, 180) * 60)


@signal(
    ORDERS,
    unit="orders",
    empty=0,
    risk="falls",
    say={
        "en": "Recent orders weigh {value} (each halves every 90 days)",
        "zh": "近期订单加权数为 {value}(每 90 天减半)",
    },
    example="""
    ordered_at | amount
    -90d       | 10
    -180d      | 30
    => 0.75
    """,
)
def orders_decayed(t: Facts) -> Term:
    """Number of orders, each counting half as much for every 90 days of age."""
    return t.decayed(1.0, 90)


@signal(
    ORDERS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the money came back as refunds in the last {days} days",
        "zh": "近 {days} 天退款占消费的 {value}",
    },
    example="""
    ordered_at | amount | returned_at | refund_amount
    -20d       | 60     | -10d        | 20
    -30d       | 40     | +1d         | 40
    => 365d: 0.2
    """,
)
def refund_share(t: Facts) -> Term:
    """Refunds known at the cutoff as a share of the amount ordered."""
    return t.sum(t.refund_amount).or_else(0) / t.sum(t.amount)


@signal(
    ORDERS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the price was taken off in the last {days} days",
        "zh": "近 {days} 天平均折扣率 {value}",
    },
    example="""
    ordered_at | amount | discount_amount
    -20d       | 60     | 40
    -30d       | 100    | 0
    => 365d: 0.2
    """,
)
def discount_share(t: Facts) -> Term:
    """Discount dependence: discounts as a share of the price before discount."""
    return t.sum(t.discount_amount).or_else(0) / (t.sum(t.discount_amount).or_else(0) + t.sum(t.amount))


@signal(
    ORDERS,
    unit="category",
    empty=None,
    say={
        "en": "Last ordered from the category {value}",
        "zh": "最近一次采购品类为 {value}",
    },
    example="""
    ordered_at | category
    -20d       | tools
    -10d       | paint
    +1d        | wood
    => paint
    """,
)
def category_last(t: Facts) -> Term:
    """Main category of the last order."""
    return t.latest(t.category)
