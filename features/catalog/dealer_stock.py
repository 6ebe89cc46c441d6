"""The dealer's stock: whether the goods still turn over, against the industry 渠道库存."""

from ibis.expr import types as ir

from features.catalog import profile
from features.facts import Facts
from features.signal import derived, signal
from features.tables import STOCK
from features.terms import Term, ratio
from features.values import Values


@signal(
    STOCK,
    days=(
        90,
        365,
    ),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Sold {value} times the stock on hand in the last {days} days",
        "zh": "近 {days} 天库存周转率为 {value}",
    },
    example="""
    measured_at | units_on_hand | units_sold
    -10d        | 100           | 40
    -40d        | 100           | 60
    -100d       | 100           | 20
    => 90d: 0.5, 365d: 0.4
    """,
)
def turnover(t: Facts) -> Term:
    """Units sold over units on hand, summed over the counts."""
    return t.sum(t.units_sold) / t.sum(t.units_on_hand)


@derived(
    STOCK,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Stock of the last {days} days turned over {value} times as fast as in the year",
        "zh": "近 {days} 天库存周转率为近一年的 {value} 倍",
    },
    example="""
    measured_at | units_on_hand | units_sold
    -10d        | 100           | 20
    -100d       | 100           | 60
    => 90d: 1/2
    """,
)
def turnover_change(s: Values) -> ir.Value:
    """Turnover of the window over that of the last year."""
    return ratio(s(turnover), s(turnover, 365))


@derived(
    STOCK,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Stock turns over {value} times as fast as in the industry",
        "zh": "近 {days} 天库存周转率为行业均值的 {value} 倍",
    },
    example="""
    measured_at | customer_id | units_on_hand | units_sold
    -10d        |             | 100           | 20
    -10d        | b           | 100           | 40
    -10d        | c           | 100           | 60
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_turnover
    -400d        | b           | example_turnover
    -400d        | c           | example_turnover
    => 90d: 1/2
    """,
)
def turnover_against_industry(s: Values) -> ir.Value:
    """Turnover over the mean of the customers of the same industry at the same cutoff."""
    return ratio(s(turnover), s.peers_mean(s(turnover), s(profile.industry)))


@signal(
    STOCK,
    days=(90,),
    unit="units",
    empty=None,
    risk="falls",
    say={
        "en": "Sold {value} units on in the last {days} days",
        "zh": "近 {days} 天售出 {value} 件",
    },
    example="""
    measured_at | units_sold
    -10d        | 40
    -40d        | 60
    -100d       | 60
    => 90d: 100
    """,
)
def sold(t: Facts) -> Term:
    """Units that the dealer sold on."""
    return t.sum(t.units_sold)


@derived(
    STOCK,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Units sold on in the last {days} days were {value} times those of the {days} days before",
        "zh": "近 {days} 天售出件数为此前 {days} 天的 {value} 倍",
    },
    example="""
    measured_at | units_sold
    -10d        | 40
    -100d       | 20
    => 90d: 2
    """,
)
def sold_change(s: Values) -> ir.Value:
    """Units sold in the window over those of the window before."""
    return s.change(sold)


@signal(
    STOCK,
    days=(90,),
    unit="units",
    empty=None,
    risk="rises",
    say={
        "en": "{value} units of a category on hand on average in the last {days} days",
        "zh": "近 {days} 天每品类平均库存 {value} 件",
    },
    example="""
    measured_at | units_on_hand
    -10d        | 40
    -40d        | 60
    => 90d: 50
    """,
)
def on_hand_mean(t: Facts) -> Term:
    """Mean units on hand of a count."""
    return t.mean(t.units_on_hand)


@derived(
    STOCK,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "Stock of the last {days} days is {value} times that of the year",
        "zh": "近 {days} 天库存水平为近一年的 {value} 倍",
    },
    example="""
    measured_at | units_on_hand
    -10d        | 90
    -140d       | 30
    => 90d: 1.5
    """,
)
def on_hand_change(s: Values) -> ir.Value:
    """Mean units on hand of the window over that of the last year."""
    return ratio(s(on_hand_mean), s(on_hand_mean, 365))


@derived(
    STOCK,
    days=(90,),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The stock lasts {value} days at the pace of the last {days} days",
        "zh": "按近 {days} 天销速，库存可售 {value} 天",
    },
    example="""
    measured_at | units_on_hand | units_sold
    -10d        | 100           | 90
    => 90d: 100
    """,
)
def days_of_stock(s: Values) -> ir.Value:
    """Mean units on hand over units sold a day."""
    return ratio(s(on_hand_mean) * float(s.days), s(sold))


@signal(
    STOCK,
    days=(180,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the counts of the last {days} days saw no sale",
        "zh": "近 {days} 天零销售的盘点占比 {value}",
    },
    example="""
    measured_at | units_sold
    -10d        | 0
    -40d        | 60
    => 180d: 1/2
    """,
)
def no_sale_share(t: Facts) -> Term:
    """Share of counts without a unit sold since the count before."""
    return t.share(t.units_sold == 0)


@signal(
    STOCK,
    days=(180,),
    unit="counts",
    empty=0,
    say={
        "en": "Was out of stock at {value} counts of the last {days} days",
        "zh": "近 {days} 天有 {value} 次盘点缺货",
    },
    example="""
    measured_at | units_on_hand
    -10d        | 0
    -40d        | 60
    => 180d: 1
    """,
)
def out_of_stock(t: Facts) -> Term:
    """Number of counts without a unit on hand."""
    return t.count(t.units_on_hand == 0)


@signal(
    STOCK,
    days=(180,),
    unit="categories",
    empty=0,
    risk="falls",
    say={
        "en": "Stocks {value} categories of ours in the last {days} days",
        "zh": "近 {days} 天在售 {value} 个品类",
    },
    example="""
    measured_at | category
    -10d        | paint
    -40d        | tools
    -41d        | paint
    => 180d: 2
    """,
)
def categories(t: Facts) -> Term:
    """Number of different categories counted."""
    return t.distinct(t.category)


@signal(
    STOCK,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Last reported its stock {value} days ago",
        "zh": "距上次上报库存已 {value} 天",
    },
    example="""
    measured_at | category
    -10d        | paint
    -40d        | tools
    => 10
    """,
)
def days_since_count(t: Facts) -> Term:
    """Days since the last stock count."""
    return t.days_since_last()
