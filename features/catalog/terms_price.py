"""What was agreed: price and discount 价格."""

from ibis.expr import types as ir

from features.facts import Facts
from features.signal import derived, signal
from features.tables import CONTRACTS
from features.terms import Term, ratio
from features.values import Values


@signal(
    CONTRACTS,
    unit="currency",
    empty=None,
    say={
        "en": "Pays {value} a month",
        "zh": "当前月费 {value}",
    },
    example="""
    started_at | monthly_price
    -400d      | 80
    -35d       | 100
    => 100
    """,
)
def monthly_price(t: Facts) -> Term:
    """Monthly price of the newest term."""
    return t.latest(t.monthly_price)


@signal(
    CONTRACTS,
    unit="currency",
    empty=None,
    say={
        "en": "First paid {value} a month",
        "zh": "首次签约月费 {value}",
    },
    example="""
    started_at | monthly_price | is_trial
    -430d      | 0             | yes
    -400d      | 80            | no
    -35d       | 100           | no
    => 80
    """,
)
def first_monthly_price(t: Facts) -> Term:
    """Monthly price of the first term that was no trial."""
    return t.earliest(t.monthly_price, t.monthly_price > 0)


@derived(
    CONTRACTS,
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "The price is {value} above the first one",
        "en_below": "The price is {value} below the first one",
        "zh": "现价比首次签约高 {value}",
        "zh_below": "现价比首次签约低 {value}",
    },
    example="""
    started_at | monthly_price
    -400d      | 80
    -35d       | 100
    => 0.25
    """,
)
def price_growth(s: Values) -> ir.Value:
    """Monthly price of the newest term over that of the first, minus 1."""
    return ratio(s(monthly_price), s(first_monthly_price)) - 1.0


@signal(
    CONTRACTS,
    unit="currency",
    empty=None,
    say={
        "en": "Was offered {value} a month for the next term",
        "zh": "续约报价月费 {value}",
    },
    example="""
    started_at | renewal_offered_at | renewal_price
    -400d      | -40d               | 100
    -35d       | +1d                | 120
    => 100
    """,
)
def renewal_price(t: Facts) -> Term:
    """Newest renewal price offered by the cutoff."""
    return t.latest(t.renewal_price)


@derived(
    CONTRACTS,
    unit="share",
    empty=None,
    risk="rises",
    core=True,
    say={
        "en": "The renewal offer is {value} above the first price",
        "en_below": "The renewal offer is {value} below the first price",
        "zh": "续约报价比首次签约价高 {value}",
        "zh_below": "续约报价比首次签约价低 {value}",
    },
    example="""
    started_at | monthly_price | renewal_offered_at | renewal_price
    -400d      | 80            | -40d               | 100
    -35d       | 100           | -1d                | 120
    => 0.5
    """,
)
def renewal_price_gap(s: Values) -> ir.Value:
    """Price betrayal: newest renewal offer over the first monthly price, minus 1."""
    return ratio(s(renewal_price), s(first_monthly_price)) - 1.0


@derived(
    CONTRACTS,
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "The renewal offer is {value} above the price of today",
        "en_below": "The renewal offer is {value} below the price of today",
        "zh": "续约报价比现价高 {value}",
        "zh_below": "续约报价比现价低 {value}",
    },
    example="""
    started_at | monthly_price | renewal_offered_at | renewal_price
    -400d      | 80            | -40d               | 100
    -35d       | 100           | -1d                | 120
    => 0.2
    """,
)
def renewal_price_step(s: Values) -> ir.Value:
    """Newest renewal offer over the monthly price of the newest term, minus 1."""
    return ratio(s(renewal_price), s(monthly_price)) - 1.0


@signal(
    CONTRACTS,
    unit="share",
    empty=None,
    say={
        "en": "Has a discount of {value}",
        "zh": "当前折扣率 {value}",
    },
    example="""
    started_at | discount_share
    -400d      | 0.3
    -35d       | 0.1
    => 0.1
    """,
)
def discount_share(t: Facts) -> Term:
    """Discount of the newest term as a share of the list price."""
    return t.latest(t.discount_share)


@signal(
    CONTRACTS,
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "Began with a discount of {value}",
        "zh": "首次签约折扣率 {value}",
    },
    example="""
    started_at | discount_share
    -400d      | 0.3
    -35d       | 0.1
    => 0.3
    """,
)
def first_discount_share(t: Facts) -> Term:
    """Discount of the first term as a share of the list price."""
    return t.earliest(t.discount_share)


@derived(
    CONTRACTS,
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "The discount shrank by {value} since the first term",
        "zh": "折扣较首次签约缩减 {value}",
    },
    example="""
    started_at | discount_share
    -400d      | 0.3
    -35d       | 0.1
    => 0.2
    """,
)
def discount_lost(s: Values) -> ir.Value:
    """Discount of the first term minus that of the newest."""
    return s(first_discount_share) - s(discount_share)
