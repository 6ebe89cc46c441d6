"""Use against customers of the same industry 使用与同行对比."""

from ibis.expr import types as ir

from features.catalog import profile, usage_breadth, usage_level
from features.signal import derived
from features.tables import USAGE_EVENTS
from features.terms import ratio
from features.values import Values


@derived(
    USAGE_EVENTS,
    days=(30,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Uses the product {value} times as much as firms of the same industry",
        "zh": "近 {days} 天使用量为同行平均的 {value} 倍",
    },
    example="""
    happened_at | customer_id
    -1d         |
    -2d         |
    -3d         | b
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_events
    -400d        | b           | example_events
    -400d        | c           | example_events
    => 30d: 2
    """,
)
def events_against_peers(s: Values) -> ir.Value:
    """Uses over the mean of the customers of the same industry at the same cutoff."""
    return ratio(s(usage_level.events), s.peers_mean(s(usage_level.events), s(profile.industry)))


@derived(
    USAGE_EVENTS,
    days=(30,),
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "More active days than {value} of the firms of the same industry in the last {days} days",
        "zh": "近 {days} 天活跃天数高于 {value} 的同行",
    },
    example="""
    happened_at | customer_id
    -1d         |
    -2d         |
    -3d         | b
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_days
    -400d        | b           | example_days
    -400d        | c           | example_days
    => 30d: 1
    """,
)
def active_days_below_peers(s: Values) -> ir.Value:
    """Share of the customers of the same industry with fewer active days."""
    return s.peers_share_below(s(usage_level.active_days), s(profile.industry))


@derived(
    USAGE_EVENTS,
    days=(30,),
    unit="deviations",
    empty=None,
    risk="falls",
    say={
        "en": "Uses more features than firms of the same industry, by {value} standard deviations",
        "en_below": "Uses fewer features than firms of the same industry, by {value} standard deviations",
        "zh": "近 {days} 天使用功能数比同行高 {value} 个标准差",
        "zh_below": "近 {days} 天使用功能数比同行低 {value} 个标准差",
    },
    example="""
    happened_at | customer_id | feature
    -1d         |             | reports
    -2d         |             | sharing
    -3d         | b           | reports
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_breadth
    -400d        | b           | example_breadth
    -400d        | c           | example_breadth
    => 30d: 1.224744871391589
    """,
)
def breadth_against_peers(s: Values) -> ir.Value:
    """Features used minus the mean of the industry, over its standard deviation."""
    used, industry = s(usage_breadth.features_used), s(profile.industry)
    return ratio(used - s.peers_mean(used, industry), s.peers_std(used, industry))
