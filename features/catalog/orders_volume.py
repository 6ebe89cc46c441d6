"""How often and for how much the customer buys 采购频次与金额."""

from features.facts import Facts
from features.signal import signal
from features.tables import ORDERS
from features.terms import Term


@signal(
    ORDERS,
    days=(
        30,
        90,
        180,
        365,
    ),
    unit="orders",
    empty=0,
    risk="falls",
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
    days=(
        30,
        90,
        180,
        365,
    ),
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
    days=(
        90,
        365,
    ),
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
    """Number of different days, counted back from the cutoff, with an order."""
    return t.active_days()


@signal(
    ORDERS,
    days=(
        90,
        365,
    ),
    unit="currency",
    empty=None,
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
    days=(365,),
    unit="currency",
    empty=None,
    say={
        "en": "The largest order of the last {days} days was worth {value}",
        "zh": "近 {days} 天最大一单金额 {value}",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -45d       | 25
    -400d      | 60
    => 365d: 25
    """,
)
def order_value_max(t: Facts) -> Term:
    """Value of the largest order."""
    return t.max(t.amount)


@signal(
    ORDERS,
    unit="currency",
    empty=None,
    risk="falls",
    say={
        "en": "The last order was worth {value}",
        "zh": "最近一单金额 {value}",
    },
    example="""
    ordered_at | amount
    -10d       | 30
    -45d       | 25
    +1d        | 60
    => 30
    """,
)
def order_value_last(t: Facts) -> Term:
    """Value of the last order."""
    return t.latest(t.amount)


@signal(
    ORDERS,
    days=(365,),
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "Order values of the last {days} days vary by {value} of their mean",
        "zh": "近 {days} 天客单价波动幅度为均值的 {value}",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -45d       | 30
    => 365d: 1/2
    """,
)
def order_value_variation(t: Facts) -> Term:
    """Coefficient of variation of the order values."""
    return t.std(t.amount) / t.mean(t.amount)


@signal(
    ORDERS,
    days=(
        90,
        365,
    ),
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
    days=(365,),
    unit="orders",
    empty=0,
    risk="falls",
    say={
        "en": "Bought {value} add-ons in the last {days} days",
        "zh": "近 {days} 天购买增值服务 {value} 次",
    },
    example="""
    ordered_at | is_add_on
    -1d        | yes
    -2d        | no
    => 365d: 1
    """,
)
def add_on_orders(t: Facts) -> Term:
    """Number of orders of an add-on."""
    return t.count(t.is_add_on)


@signal(
    ORDERS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "Has ordered only once: {value}",
        "zh": "仅下过一次单：{value}",
    },
    example="""
    ordered_at | amount
    -300d      | 5
    => 1
    """,
)
def only_one_order(t: Facts) -> Term:
    """Whether there was exactly one order, 1 or 0."""
    return t.count().map(lambda orders: (orders == 1).cast("float64"))


@signal(
    ORDERS,
    unit="orders",
    empty=0,
    risk="falls",
    say={
        "en": "Recent orders weigh {value} (each halves every 90 days)",
        "zh": "近期订单加权数为 {value}（每 90 天减半）",
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
    unit="currency",
    empty=0,
    risk="falls",
    say={
        "en": "Recent spending weighs {value} (halved every 90 days)",
        "zh": "近期消费加权额为 {value}（每 90 天减半）",
    },
    example="""
    ordered_at | amount
    -90d       | 10
    -180d      | 40
    => 15
    """,
)
def spend_decayed(t: Facts) -> Term:
    """Amount ordered, counting half as much for every 90 days of age."""
    return t.decayed(t.amount, 90)
