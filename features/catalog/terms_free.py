"""Free trials, and what came after 试用."""

from ibis.expr import types as ir

from features.catalog import orders_volume, usage_level
from features.facts import Facts
from features.signal import derived, signal
from features.tables import CONTRACTS
from features.terms import Term
from features.values import Values


@signal(
    CONTRACTS,
    unit="flag",
    empty=None,
    risk="rises",
    say={
        "en": "Is on a free trial: {value}",
        "zh": "处于试用期：{value}",
    },
    example="""
    started_at | is_trial
    -20d       | yes
    => 1
    """,
)
def is_trial(t: Facts) -> Term:
    """Whether the newest term is a free trial, 1 or 0."""
    return t.latest(t.is_trial)


@signal(
    CONTRACTS,
    unit="days",
    empty=None,
    say={
        "en": "The trial ended {value} days ago",
        "en_below": "The trial ends in {value} days",
        "zh": "试用结束已 {value} 天",
        "zh_below": "试用还有 {value} 天结束",
    },
    example="""
    started_at | ends_at | is_trial
    -50d       | -20d    | yes
    -20d       | +300d   | no
    => 20
    """,
)
def days_since_trial(t: Facts) -> Term:
    """Days since the agreed end of the newest trial, negative while it runs."""
    return t.days_until("ends_at", t.is_trial).map(lambda days: -days)


@derived(
    CONTRACTS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "Fewer than 3 logins a week after the trial: {value}",
        "zh": "试用结束后每周登录不足 3 次：{value}",
    },
    example="""
    started_at | ends_at | is_trial
    -50d       | -20d    | yes
    usage_events
    happened_at | event_type
    -1d         | login
    -2d         | login
    => 1
    """,
)
def few_logins_after_trial(s: Values) -> ir.Value:
    """Whether a trial ended within the last 90 days and the last week saw fewer than three logins, 1 or 0."""
    is_after = s(days_since_trial).between(0, 90)
    return (is_after & (s(usage_level.logins, 7) < 3)).cast("float64")


@derived(
    CONTRACTS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "Took a trial but bought no add-on in the last year: {value}",
        "zh": "用过试用但近一年未购买增值服务：{value}",
    },
    example="""
    started_at | ends_at | is_trial
    -50d       | -20d    | yes
    => 1
    """,
)
def trial_without_add_on(s: Values) -> ir.Value:
    """Whether a trial has ended and no add-on was ordered in the last year, 1 or 0."""
    return ((s(days_since_trial) >= 0) & (s(orders_volume.add_on_orders, 365) == 0)).cast("float64")
