"""Seats and plan: how many, how many are used, what one costs 席位与套餐."""

from ibis.expr import types as ir

from features.catalog import profile, terms_price, usage_breadth, usage_level
from features.facts import Facts
from features.signal import derived, signal
from features.tables import CONTRACTS
from features.terms import Term, ratio
from features.values import Values


@signal(
    CONTRACTS,
    unit="seats",
    empty=None,
    say={
        "en": "Has {value} seats",
        "zh": "当前席位数 {value}",
    },
    example="""
    started_at | seats
    -400d      | 5
    -35d       | 8
    => 8
    """,
)
def seats(t: Facts) -> Term:
    """Seats of the newest term."""
    return t.latest(t.seats)


@signal(
    CONTRACTS,
    unit="seats",
    empty=None,
    say={
        "en": "Had {value} seats at most",
        "zh": "历史最多席位数 {value}",
    },
    example="""
    started_at | seats
    -400d      | 9
    -35d       | 8
    => 9
    """,
)
def most_seats(t: Facts) -> Term:
    """Most seats of any term."""
    return t.max(t.seats)


@derived(
    CONTRACTS,
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "Kept {value} of its most seats",
        "zh": "现有席位为历史最高的 {value}",
    },
    example="""
    started_at | seats
    -400d      | 10
    -35d       | 8
    => 0.8
    """,
)
def seats_kept(s: Values) -> ir.Value:
    """Seats of the newest term over the most of any term."""
    return ratio(s(seats), s(most_seats))


@derived(
    CONTRACTS,
    days=(30,),
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "Used {value} of its seats in the last {days} days",
        "zh": "近 {days} 天席位使用率 {value}",
    },
    example="""
    started_at | seats
    -35d       | 4
    usage_events
    happened_at | user_id
    -1d         | ann
    => 30d: 1/4
    """,
)
def seats_used(s: Values) -> ir.Value:
    """People who used the product over the seats of the newest term."""
    return ratio(s(usage_breadth.users), s(seats))


@derived(
    CONTRACTS,
    unit="currency",
    empty=None,
    say={
        "en": "Pays {value} a seat and month",
        "zh": "每席位月费 {value}",
    },
    example="""
    started_at | monthly_price | seats
    -35d       | 100           | 8
    => 12.5
    """,
)
def price_per_seat(s: Values) -> ir.Value:
    """Monthly price over seats of the newest term."""
    return ratio(s(terms_price.monthly_price), s(seats))


@derived(
    CONTRACTS,
    days=(30,),
    unit="currency",
    empty=None,
    risk="rises",
    say={
        "en": "Each use of the last {days} days cost {value}",
        "zh": "近 {days} 天单次使用成本 {value}",
    },
    example="""
    started_at | monthly_price
    -35d       | 100
    usage_events
    happened_at | event_type
    -1d         | login
    -2d         | login
    => 30d: 50
    """,
)
def price_per_use(s: Values) -> ir.Value:
    """Monthly price over the uses of the window."""
    return ratio(s(terms_price.monthly_price), s(usage_level.events))


@derived(
    CONTRACTS,
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "Pays {value} times as much a seat as firms of the same industry",
        "zh": "每席位月费为同行平均的 {value} 倍",
    },
    example="""
    started_at | customer_id | monthly_price | seats
    -35d       |             | 100           | 10
    -35d       | b           | 100           | 5
    -35d       | c           | 300           | 10
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_price
    -400d        | b           | example_price
    -400d        | c           | example_price
    => 1/2
    """,
)
def price_per_seat_against_peers(s: Values) -> ir.Value:
    """Price a seat over the mean of the customers of the same industry at the same cutoff."""
    return ratio(s(price_per_seat), s.peers_mean(s(price_per_seat), s(profile.industry)))


@signal(
    CONTRACTS,
    unit="category",
    empty=None,
    say={
        "en": "Is on the plan {value}",
        "zh": "当前套餐为 {value}",
    },
    example="""
    started_at | plan
    -400d      | basic
    -35d       | team
    => team
    """,
)
def plan(t: Facts) -> Term:
    """Plan of the newest term."""
    return t.latest(t.plan)


@signal(
    CONTRACTS,
    unit="plans",
    empty=0,
    say={
        "en": "Has had {value} different plans",
        "zh": "先后使用过 {value} 种套餐",
    },
    example="""
    started_at | plan
    -400d      | basic
    -35d       | team
    => 2
    """,
)
def plans(t: Facts) -> Term:
    """Number of different plans."""
    return t.distinct(t.plan)


@signal(
    CONTRACTS,
    unit="category",
    empty=None,
    say={
        "en": "Is billed by the {value}",
        "zh": "计费周期为 {value}",
    },
    example="""
    started_at | billing_period
    -400d      | month
    -35d       | year
    => year
    """,
)
def billing_period(t: Facts) -> Term:
    """Billing period of the newest term."""
    return t.latest(t.billing_period)
