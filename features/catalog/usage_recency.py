"""How long the product has been silent, against habit 沉默."""

import ibis
from ibis.expr import types as ir

from features.catalog import profile, usage_level
from features.facts import Facts
from features.signal import derived, signal
from features.tables import USAGE_EVENTS
from features.terms import Term, ratio
from features.values import Values


@signal(
    USAGE_EVENTS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Last used the product {value} days ago",
        "zh": "距上次使用产品已 {value} 天",
    },
    example="""
    happened_at | event_type
    -12d        | login
    -2d         | feature
    +1d         | login
    => 2
    """,
)
def days_since_last(t: Facts) -> Term:
    """Days since the last use of any kind."""
    return t.days_since_last()


@signal(
    USAGE_EVENTS,
    unit="days",
    empty=None,
    risk="rises",
    core=True,
    say={
        "en": "Last logged in {value} days ago",
        "zh": "距上次登录已 {value} 天",
    },
    example="""
    happened_at | event_type
    -12d 12h    | login
    -30d        | login
    -2d         | feature
    => 12.5
    """,
)
def days_since_login(t: Facts) -> Term:
    """Days since the last login."""
    return t.days_since_last(t.event_type == "login")


@signal(
    USAGE_EVENTS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "First used the product {value} days ago",
        "zh": "首次使用产品距今 {value} 天",
    },
    example="""
    happened_at | event_type
    -12d        | login
    -30d        | login
    => 30
    """,
)
def days_since_first(t: Facts) -> Term:
    """Days since the first use."""
    return t.days_since_first()


@signal(
    USAGE_EVENTS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Last used a feature {value} days ago",
        "zh": "距上次使用功能已 {value} 天",
    },
    example="""
    happened_at | event_type
    -12d        | feature
    -2d         | login
    => 12
    """,
)
def days_since_feature_use(t: Facts) -> Term:
    """Days since a feature was last used."""
    return t.days_since_last(t.event_type == "feature")


@signal(
    USAGE_EVENTS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "Last exported data {value} days ago",
        "zh": "距上次导出数据已 {value} 天",
    },
    example="""
    happened_at | event_type
    -12d        | export
    -2d         | login
    => 12
    """,
)
def days_since_export(t: Facts) -> Term:
    """Days since the last data export."""
    return t.days_since_last(t.event_type == "export")


@signal(
    USAGE_EVENTS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Last visited the community {value} days ago",
        "zh": "距上次访问社区已 {value} 天",
    },
    example="""
    happened_at | event_type
    -12d        | community
    -2d         | login
    => 12
    """,
)
def days_since_community(t: Facts) -> Term:
    """Days since the last visit to the user community."""
    return t.days_since_last(t.event_type == "community")


@derived(
    USAGE_EVENTS,
    days=(
        7,
        14,
    ),
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "No login for {days} days although there were before: {value}",
        "zh": "曾登录但已连续 {days} 天未登录：{value}",
    },
    example="""
    happened_at | event_type
    -10d        | login
    -2d         | feature
    => 7d: 1, 14d: 0
    """,
)
def login_stopped(s: Values) -> ir.Value:
    """Whether nobody logged in during the window, but somebody did in the window before."""
    return ((s(usage_level.logins) == 0) & (s.before(usage_level.logins) > 0)).cast("float64")


@signal(
    USAGE_EVENTS,
    days=(90,),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Usually used every {value} days over the last {days} days",
        "zh": "近 {days} 天平均每 {value} 天使用一次",
    },
    example="""
    happened_at | event_type
    -10d        | login
    -10d 1h     | login
    -20d        | login
    -50d        | login
    => 90d: 40/3
    """,
)
def gap_days_mean(t: Facts) -> Term:
    """Mean days between two active days."""
    return (t.days_since_first() - t.days_since_last()) / (t.active_days() - 1).at_least(0)


@derived(
    USAGE_EVENTS,
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "Silent for {value} times the usual gap between uses",
        "zh": "未使用时长为自身平均使用间隔的 {value} 倍",
    },
    example="""
    happened_at | event_type
    -10d        | login
    -20d        | login
    -30d        | login
    => 1
    """,
)
def silence_ratio(s: Values) -> ir.Value:
    """Days since the last use over the mean days between active days of the last 90 days."""
    return ratio(s(days_since_last), s(gap_days_mean, 90))


@derived(
    USAGE_EVENTS,
    unit="probability",
    empty=None,
    risk="falls",
    say={
        "en": "So long a silence had a chance of {value} if nothing had changed",
        "zh": "若习惯未变，出现如此长沉默的概率仅为 {value}",
    },
    example="""
    happened_at | event_type
    0d          | login
    -10d        | login
    -20d        | login
    => 0.36787944117144233
    """,
)
def silence_probability(s: Values) -> ir.Value:
    """Chance of a silence at least as long if uses came at random at the customer's own rate (exponential gaps)."""
    return (-ratio(s(days_since_last), s(gap_days_mean, 90))).exp()


@derived(
    USAGE_EVENTS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Silent for {value} days more than is usual in the industry",
        "en_below": "{value} days short of the silence that is unusual in the industry",
        "zh": "沉默天数超出行业阈值 {value} 天",
        "zh_below": "沉默天数距行业阈值还差 {value} 天",
    },
    example="""
    happened_at | event_type
    -40d        | login
    customers
    signed_up_at | industry
    -400d        | fast_moving_goods
    => 25
    """,
)
def silence_over_limit(s: Values) -> ir.Value:
    """Days since the last use minus the silence that counts as such in the industry (configurable)."""
    return s(days_since_last) - s.silence_days(s(profile.industry))


@derived(
    USAGE_EVENTS,
    unit="days",
    empty=None,
    say={
        "en": "A silence of more than {value} days is unusual for this customer",
        "zh": "按自身与同行节奏，沉默超过 {value} 天即属异常",
    },
    example="""
    happened_at | event_type | customer_id
    -10d        | login      |
    -20d        | login      |
    -30d        | login      |
    -10d        | login      | b
    -30d        | login      | b
    -5d         | login      | c
    -35d        | login      | c
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_rhythm
    -400d        | b           | example_rhythm
    -400d        | c           | example_rhythm
    => 48.75
    """,
)
def learned_silence_limit(s: Values) -> ir.Value:
    """Three times the usual gap: own mean of 90 days drawn to the industry's in proportion to 5 / (5 + active days)."""
    own, weight = s(gap_days_mean, 90), s(usage_level.active_days, 90)
    usual = s.peers_mean(own, s(profile.industry))
    return 3.0 * ratio(own.fill_null(0) * weight + usual * 5.0, ibis.ifelse(own.notnull(), weight, 0.0) + 5.0)


@derived(
    USAGE_EVENTS,
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "Silent for {value} times what is usual for this customer and its industry",
        "zh": "沉默时长为自身与同行习惯阈值的 {value} 倍",
    },
    example="""
    happened_at | event_type | customer_id
    -65d        | login      |
    -10d        | login      | b
    -30d        | login      | b
    -5d         | login      | c
    -25d        | login      | c
    -25d        | login      | d
    -45d        | login      | d
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_limit
    -400d        | b           | example_limit
    -400d        | c           | example_limit
    -400d        | d           | example_limit
    => 13/12
    """,
)
def silence_over_own_limit(s: Values) -> ir.Value:
    """Days since the last use over the learned limit."""
    return ratio(s(days_since_last), s(learned_silence_limit))
