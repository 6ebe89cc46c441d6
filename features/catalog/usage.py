"""Use of the product: how much, how often, how broad, and whether it fades 使用衰减."""

from features.facts import Facts
from features.signal import signal
from features.tables import USAGE_EVENTS
from features.terms import Term


@signal(
    USAGE_EVENTS,
    days=(7, 30, 90),
    unit="logins",
    empty=0,
    risk="falls",
    core=True,
    say={
        "en": "Logged in {value} times in the last {days} days",
        "zh": "近 {days} 天登录 {value} 次",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -8d         | login
    -8d         | feature
    0d          | login
    => 7d: 1, 30d: 2, 90d: 2
    """,
)
def logins(t: Facts) -> Term:
    """Number of logins."""
    return t.count(t.event_type == "login")


@signal(
    USAGE_EVENTS,
    days=(7, 14, 30, 90, 365),
    unit="events",
    empty=0,
    risk="falls",
    say={
        "en": "Used the product {value} times in the last {days} days",
        "zh": "近 {days} 天使用产品 {value} 次",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -10d        | feature
    -20d        | error
    -80d        | login
    -400d       | login
    => 7d: 1, 14d: 2, 30d: 3, 90d: 4, 365d: 4
    """,
)
def events(t: Facts) -> Term:
    """Number of uses of any kind."""
    return t.count()


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
    days=(7, 30, 90),
    unit="days",
    empty=0,
    risk="falls",
    core=True,
    say={
        "en": "Active on {value} of the last {days} days",
        "zh": "近 {days} 天中有 {value} 天活跃",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -1d 1h      | feature
    -1d 2h      | feature
    -40d        | login
    => 7d: 2, 30d: 2, 90d: 3
    """,
)
def active_days(t: Facts) -> Term:
    """Number of different days (UTC) with any use."""
    return t.active_days()


@signal(
    USAGE_EVENTS,
    days=(30, 90),
    unit="features",
    empty=0,
    risk="falls",
    say={
        "en": "Used {value} different features in the last {days} days",
        "zh": "近 {days} 天使用了 {value} 个不同功能",
    },
    example="""
    happened_at | event_type | feature
    -1d         | feature    | export
    -2d         | feature    | export
    -3d         | feature    | share
    -4d         | login      |
    -60d        | feature    | report
    => 30d: 2, 90d: 3
    """,
)
def features_used(t: Facts) -> Term:
    """Breadth: number of different features used."""
    return t.distinct(t.feature)


@signal(
    USAGE_EVENTS,
    days=(30, 90),
    unit="people",
    empty=0,
    risk="falls",
    say={
        "en": "{value} people used the product in the last {days} days",
        "zh": "近 {days} 天有 {value} 人使用产品",
    },
    example="""
    happened_at | user_id
    -1d         | ann
    -2d         | bo
    -3d         | ann
    -70d        | cy
    => 30d: 2, 90d: 3
    """,
)
def users(t: Facts) -> Term:
    """Number of different people who used the product."""
    return t.distinct(t.user_id)


@signal(
    USAGE_EVENTS,
    days=(30, 90),
    unit="minutes",
    empty=None,
    risk="falls",
    say={
        "en": "A session lasted {value} minutes on average in the last {days} days",
        "zh": "近 {days} 天平均每次使用 {value} 分钟",
    },
    example="""
    happened_at | event_type | duration_minutes
    -1d         | login      | 10
    -2d         | feature    | 20
    -3d         | login      |
    -50d        | login      | 60
    => 30d: 15, 90d: 30
    """,
)
def session_minutes_mean(t: Facts) -> Term:
    """Mean length of a session."""
    return t.mean(t.duration_minutes)


@signal(
    USAGE_EVENTS,
    days=(30, 90),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of all uses in the last {days} days ended in an error",
        "zh": "近 {days} 天使用中出错的占比为 {value}",
    },
    example="""
    happened_at | event_type
    -1d         | error
    -2d         | login
    -3d         | feature
    -4d         | login
    -60d        | error
    => 30d: 1/4, 90d: 2/5
    """,
)
def error_share(t: Facts) -> Term:
    """Share of uses that were errors."""
    return t.share(t.event_type == "error")


@signal(
    USAGE_EVENTS,
    unit="ratio",
    empty=None,
    risk="falls",
    core=True,
    say={
        "en": "Use of late is {value} times the customer's own longer habit",
        "zh": "近期使用强度为自身长期习惯的 {value} 倍",
    },
    example="""
    happened_at | event_type
    -56d        | login
    -56d        | feature
    => 0.5
    """,
)
def fading(t: Facts) -> Term:
    """Recent rate of use (half-life 14 days) against the longer one (half-life 56 days); 1 is a steady habit."""
    return t.decayed(1.0, 14) * 56 / (t.decayed(1.0, 56) * 14)


@signal(
    USAGE_EVENTS,
    days=(365,),
    unit="steps",
    empty=0,
    risk="falls",
    say={
        "en": "Took {value} set-up steps in the last {days} days",
        "zh": "近 {days} 天完成 {value} 项关键功能设置",
    },
    example="""
    happened_at | event_type | feature
    -1d         | setup      | import
    -2d         | setup      | import
    -3d         | setup      | users
    -3d         | feature    | users
    => 365d: 2
    """,
)
def setup_steps(t: Facts) -> Term:
    """Number of different key features that were set up."""
    return t.distinct(t.feature, t.event_type == "setup")
