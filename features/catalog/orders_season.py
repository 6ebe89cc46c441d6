"""What the customer bought a year ago in the season that lies ahead, and in all the time before 去年同期采购."""

import ibis
from ibis.expr import types as ir

from features.catalog import orders_recency, orders_volume
from features.facts import Facts
from features.signal import derived, signal
from features.tables import ORDERS
from features.terms import Term, ratio
from features.values import Values

# The quarter that began 360 days ago: four quarters of 90 days back, as all quarters of the catalog are counted.
SEASON_DAYS = 90
QUARTERS_SINCE = 3


@derived(
    ORDERS,
    unit="orders",
    empty=None,
    risk="falls",
    say={
        "en": "Placed {value} orders a year ago in the quarter that lies ahead",
        "zh": "去年同期（未来一季）下单 {value} 次",
    },
    example="""
    ordered_at | amount
    -269d      | 10
    -271d      | 10
    -359d      | 10
    -361d      | 10
    => 2
    """,
)
def season_orders(s: Values) -> ir.Value:
    """Orders of the 90 days that began 360 days ago; null where nobody's orders reach back so far."""
    return _if_on_record(s, s.before(orders_volume.orders, SEASON_DAYS, QUARTERS_SINCE))


@derived(
    ORDERS,
    unit="currency",
    empty=None,
    risk="falls",
    say={
        "en": "Spent {value} a year ago in the quarter that lies ahead",
        "zh": "去年同期（未来一季）消费 {value}",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -300d      | 20.5
    -359d      | 30
    -400d      | 40
    => 50.5
    """,
)
def season_spend(s: Values) -> ir.Value:
    """Amount ordered in the 90 days that began 360 days ago; null where nobody's orders reach back so far."""
    return _if_on_record(s, s.before(orders_volume.spend, SEASON_DAYS, QUARTERS_SINCE))


@derived(
    ORDERS,
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "{value} of the last year's orders fell into the quarter that lies ahead",
        "zh": "近一年订单的 {value} 集中在未来一季的去年同期",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -300d      | 10
    -310d      | 10
    -364d      | 10
    -700d      | 10
    => 1/2
    """,
)
def season_share(s: Values) -> ir.Value:
    """Orders of the 90 days that began 360 days ago over those of the last year; null as they are."""
    return ratio(s(season_orders), s(orders_volume.orders, 365))


@signal(
    ORDERS,
    unit="orders",
    empty=0,
    risk="falls",
    say={
        "en": "Placed {value} orders so far",
        "zh": "累计下单 {value} 次",
    },
    example="""
    ordered_at | amount
    -1d        | 10
    -400d      | 10
    -800d      | 10
    0d         | 10
    => 3
    """,
)
def orders_so_far(t: Facts) -> Term:
    """Number of orders since the first; with its age, the customer's own rate."""
    return t.count()


def _if_on_record(s: Values, value: ir.Value) -> ir.Value:
    """Null where nobody's orders reach back to the quarter: none of them then says nothing of the season."""
    oldest = s.peers_largest(s(orders_recency.days_since_first))
    return ibis.ifelse(oldest >= SEASON_DAYS * (QUARTERS_SINCE + 1), value, ibis.null("float64"))
