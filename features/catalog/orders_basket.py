"""What is bought: baskets, categories, discounts, returns 客单与退货."""

from features.facts import Facts
from features.signal import signal
from features.tables import ORDERS
from features.terms import Term


@signal(
    ORDERS,
    days=(
        90,
        365,
    ),
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
    days=(365,),
    unit="lines",
    empty=None,
    risk="falls",
    say={
        "en": "An order had {value} lines on average in the last {days} days",
        "zh": "近 {days} 天每单平均 {value} 行",
    },
    example="""
    ordered_at | lines
    -1d        | 4
    -2d        | 2
    => 365d: 3
    """,
)
def lines_per_order(t: Facts) -> Term:
    """Mean number of order lines."""
    return t.mean(t.lines)


@signal(
    ORDERS,
    days=(365,),
    unit="currency",
    empty=None,
    say={
        "en": "A unit cost {value} on average in the last {days} days",
        "zh": "近 {days} 天平均单价 {value}",
    },
    example="""
    ordered_at | amount | quantity
    -1d        | 40     | 4
    -2d        | 20     | 1
    => 365d: 12
    """,
)
def unit_price_mean(t: Facts) -> Term:
    """Amount ordered over units bought."""
    return t.sum(t.amount) / t.sum(t.quantity)


@signal(
    ORDERS,
    days=(365,),
    unit="categories",
    empty=0,
    risk="falls",
    say={
        "en": "Bought from {value} categories in the last {days} days",
        "zh": "近 {days} 天采购 {value} 个品类",
    },
    example="""
    ordered_at | category
    -1d        | paint
    -2d        | tools
    -3d        | paint
    => 365d: 2
    """,
)
def categories(t: Facts) -> Term:
    """Number of different main categories."""
    return t.distinct(t.category)


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


@signal(
    ORDERS,
    days=(365,),
    unit="channels",
    empty=0,
    risk="falls",
    say={
        "en": "Ordered through {value} channels in the last {days} days",
        "zh": "近 {days} 天通过 {value} 个渠道下单",
    },
    example="""
    ordered_at | channel
    -1d        | web
    -2d        | phone
    -3d        | web
    => 365d: 2
    """,
)
def channels(t: Facts) -> Term:
    """Number of different order channels."""
    return t.distinct(t.channel)


@signal(
    ORDERS,
    unit="category",
    empty=None,
    say={
        "en": "Last ordered through {value}",
        "zh": "最近一次下单渠道为 {value}",
    },
    example="""
    ordered_at | channel
    -20d       | web
    -10d       | phone
    => phone
    """,
)
def channel_last(t: Facts) -> Term:
    """Channel of the last order."""
    return t.latest(t.channel)


@signal(
    ORDERS,
    days=(
        90,
        365,
    ),
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
    -100d      | 100    | 0
    => 90d: 0.4, 365d: 0.2
    """,
)
def discount_share(t: Facts) -> Term:
    """Discount dependence: discounts as a share of the price before discount."""
    discount = t.sum(t.discount_amount).or_else(0)
    return discount / (discount + t.sum(t.amount))


@signal(
    ORDERS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the orders of the last {days} days came with a discount",
        "zh": "近 {days} 天享受折扣的订单占 {value}",
    },
    example="""
    ordered_at | discount_amount
    -20d       | 40
    -30d       | 0
    -40d       | 0
    -50d       |
    => 365d: 1/4
    """,
)
def discounted_order_share(t: Facts) -> Term:
    """Share of orders with any discount."""
    return t.share(t.discount_amount > 0)


@signal(
    ORDERS,
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "The first order came with {value} off",
        "zh": "首单折扣率 {value}",
    },
    example="""
    ordered_at | amount | discount_amount
    -20d       | 100    | 0
    -30d       | 60     | 40
    => 0.4
    """,
)
def first_discount_share(t: Facts) -> Term:
    """Discount of the first order as a share of its price before discount."""
    return t.earliest(t.discount_amount / (t.discount_amount + t.amount).nullif(0.0))


@signal(
    ORDERS,
    days=(
        90,
        365,
    ),
    unit="orders",
    empty=0,
    risk="rises",
    say={
        "en": "Sent {value} orders of the last {days} days back",
        "zh": "近 {days} 天的订单中有 {value} 单退货",
    },
    example="""
    ordered_at | returned_at
    -20d       | -10d
    -30d       | +1d
    -100d      | -90d
    => 90d: 1, 365d: 2
    """,
)
def returns(t: Facts) -> Term:
    """Number of orders that came back by the cutoff."""
    return t.count(t.is_known("returned_at"))


@signal(
    ORDERS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the orders of the last {days} days came back",
        "zh": "近 {days} 天订单退货率 {value}",
    },
    example="""
    ordered_at | returned_at
    -20d       | -10d
    -30d       | +1d
    => 365d: 1/2
    """,
)
def return_share(t: Facts) -> Term:
    """Share of orders that came back by the cutoff."""
    return t.share(t.is_known("returned_at"))


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
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "Last sent goods back {value} days ago",
        "zh": "距上次退货已 {value} 天",
    },
    example="""
    ordered_at | returned_at
    -20d       | -10d
    -30d       | +1d
    => 10
    """,
)
def days_since_return(t: Facts) -> Term:
    """Days since goods last came back."""
    return t.days_since_last(at="returned_at")
