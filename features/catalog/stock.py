"""The dealer's stock: whether the goods still turn over 渠道."""

from features.facts import Facts
from features.signal import signal
from features.tables import STOCK
from features.terms import Term


@signal(
    STOCK,
    days=(90,),
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
    => 90d: 0.5
    """,
)
def turnover(t: Facts) -> Term:
    """Units sold over units on hand, summed over the counts."""
    return t.sum(t.units_sold) / t.sum(t.units_on_hand)


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
