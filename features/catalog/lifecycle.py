"""Where the customer stands in its life with us, over all tables 生命周期节点."""

import ibis
from ibis.expr import types as ir

from features.catalog import contact, opinion, orders_recency, orders_volume, profile, tickets_volume, usage_recency
from features.shapes import how_many
from features.signal import derived
from features.tables import CUSTOMERS
from features.terms import ratio
from features.values import Values


@derived(
    CUSTOMERS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "In the first 30 days: {value}",
        "zh": "处于前 30 天：{value}",
    },
    example="""
    signed_up_at
    -29d
    => 1
    """,
)
def in_first_30_days(s: Values) -> ir.Value:
    """Whether the relationship is younger than 30 days, 1 or 0."""
    return (s(profile.tenure_days) < 30).cast("float64")


@derived(
    CUSTOMERS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "In month 3 to 6 of the relationship: {value}",
        "zh": "处于第 3 至 6 个月：{value}",
    },
    example="""
    signed_up_at
    -90d
    => 1
    """,
)
def in_months_3_to_6(s: Values) -> ir.Value:
    """Whether the relationship is 90 to 180 days old, when many leave, 1 or 0."""
    return s(profile.tenure_days).between(90, 180).cast("float64")


@derived(
    CUSTOMERS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "{value} days to the next anniversary",
        "zh": "距下一个签约周年还有 {value} 天",
    },
    example="""
    signed_up_at
    -400d
    => 330.5
    """,
)
def days_to_next_anniversary(s: Values) -> ir.Value:
    """Days to the next full year of the relationship."""
    years = (s(profile.tenure_days) / 365.25).floor() + 1
    return years * 365.25 - s(profile.tenure_days)


@derived(
    CUSTOMERS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "First used the product {value} days after joining",
        "zh": "加入后 {value} 天才首次使用",
    },
    example="""
    signed_up_at
    -100d
    usage_events
    happened_at | event_type
    -90d        | login
    -80d        | login
    => 10
    """,
)
def days_to_first_use(s: Values) -> ir.Value:
    """Days from the beginning of the relationship to the first use."""
    return s(profile.tenure_days) - s(usage_recency.days_since_first)


@derived(
    CUSTOMERS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "First ordered {value} days after joining",
        "zh": "加入后 {value} 天才首次下单",
    },
    example="""
    signed_up_at
    -100d
    orders
    ordered_at | amount
    -70d       | 10
    => 30
    """,
)
def days_to_first_order(s: Values) -> ir.Value:
    """Days from the beginning of the relationship to the first order."""
    return s(profile.tenure_days) - s(orders_recency.days_since_first)


@derived(
    CUSTOMERS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "No sign of life of any kind for {value} days",
        "zh": "已 {value} 天没有任何互动",
    },
    example="""
    signed_up_at
    -100d
    orders
    ordered_at | amount
    -70d       | 10
    tickets
    opened_at | ticket_type
    -20d      | question
    => 20
    """,
)
def days_since_any_sign(s: Values) -> ir.Value:
    """Days since the customer last used, ordered, asked, spoke or answered."""
    return ibis.least(
        s(usage_recency.days_since_last),
        s(orders_recency.days_since_last),
        s(tickets_volume.days_since_last),
        s(contact.days_since_inbound),
        s(opinion.days_since_last),
    )


@derived(
    CUSTOMERS,
    unit="channels",
    empty=0,
    risk="rises",
    say={
        "en": "Gone silent on {value} channels for 30 days",
        "zh": "已有 {value} 个渠道沉默 30 天",
    },
    example="""
    signed_up_at
    -100d
    orders
    ordered_at | amount
    -70d       | 10
    tickets
    opened_at | ticket_type
    -20d      | question
    feedback
    given_at | kind
    -31d     | nps
    => 2
    """,
)
def silent_channels(s: Values) -> ir.Value:
    """Number of channels (use, orders, tickets, contacts, feedback) that were alive once and silent for 30 days."""
    silences = (
        s(usage_recency.days_since_last),
        s(orders_recency.days_since_last),
        s(tickets_volume.days_since_last),
        s(contact.days_since_last),
        s(opinion.days_since_last),
    )
    return how_many((silence >= 30).fill_null(False) for silence in silences)


@derived(
    CUSTOMERS,
    days=(365,),
    unit="currency",
    empty=None,
    risk="falls",
    say={
        "en": "Spent {value} an employee in the last {days} days",
        "zh": "近 {days} 天人均采购 {value}",
    },
    example="""
    signed_up_at | employees
    -400d        | 20
    orders
    ordered_at | amount
    -70d       | 10
    => 365d: 0.5
    """,
)
def spend_per_employee(s: Values) -> ir.Value:
    """Amount ordered over the number of employees."""
    return ratio(s(orders_volume.spend), s(profile.employees))


@derived(
    CUSTOMERS,
    days=(365,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Sales of the last {days} days are {value} times what winning the customer cost",
        "zh": "近 {days} 天消费为获客成本的 {value} 倍",
    },
    example="""
    signed_up_at | acquisition_cost
    -400d        | 20
    orders
    ordered_at | amount
    -70d       | 10
    => 365d: 0.5
    """,
)
def acquisition_cost_recovered(s: Values) -> ir.Value:
    """Amount ordered over the cost of winning the customer."""
    return ratio(s(orders_volume.spend), s(profile.acquisition_cost))
