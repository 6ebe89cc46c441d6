"""How much the product is used 使用量."""

from features.facts import Facts
from features.signal import signal
from features.tables import USAGE_EVENTS
from features.terms import Term


@signal(
    USAGE_EVENTS,
    days=(
        7,
        30,
        90,
    ),
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
    days=(
        7,
        30,
        90,
        365,
    ),
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
    -20d        | error
    -80d        | login
    -400d       | login
    => 7d: 1, 30d: 2, 90d: 3, 365d: 3
    """,
)
def events(t: Facts) -> Term:
    """Number of uses of any kind."""
    return t.count()


@signal(
    USAGE_EVENTS,
    days=(
        7,
        30,
        90,
    ),
    unit="days",
    empty=0,
    risk="falls",
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
    """Number of different days, counted back from the cutoff, with any use."""
    return t.active_days()


@signal(
    USAGE_EVENTS,
    days=(
        30,
        90,
    ),
    unit="uses",
    empty=0,
    risk="falls",
    say={
        "en": "Used features {value} times in the last {days} days",
        "zh": "近 {days} 天使用功能 {value} 次",
    },
    example="""
    happened_at | event_type
    -1d         | feature
    -2d         | login
    -40d        | feature
    => 30d: 1, 90d: 2
    """,
)
def feature_uses(t: Facts) -> Term:
    """Number of uses of a feature."""
    return t.count(t.event_type == "feature")


@signal(
    USAGE_EVENTS,
    days=(
        30,
        90,
    ),
    unit="exports",
    empty=0,
    risk="rises",
    say={
        "en": "Exported data {value} times in the last {days} days",
        "zh": "近 {days} 天导出数据 {value} 次",
    },
    example="""
    happened_at | event_type
    -1d         | export
    -2d         | login
    -40d        | export
    => 30d: 1, 90d: 2
    """,
)
def exports(t: Facts) -> Term:
    """Number of data exports, which often come before a move."""
    return t.count(t.event_type == "export")


@signal(
    USAGE_EVENTS,
    days=(
        30,
        90,
    ),
    unit="errors",
    empty=0,
    risk="rises",
    say={
        "en": "Met {value} errors in the last {days} days",
        "zh": "近 {days} 天遇到 {value} 次报错",
    },
    example="""
    happened_at | event_type
    -1d         | error
    -2d         | login
    -40d        | error
    => 30d: 1, 90d: 2
    """,
)
def errors(t: Facts) -> Term:
    """Number of errors that users met."""
    return t.count(t.event_type == "error")


@signal(
    USAGE_EVENTS,
    days=(
        30,
        90,
    ),
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
    days=(90,),
    unit="visits",
    empty=0,
    risk="falls",
    say={
        "en": "Visited the community {value} times in the last {days} days",
        "zh": "近 {days} 天访问社区 {value} 次",
    },
    example="""
    happened_at | event_type
    -1d         | community
    -2d         | login
    -100d       | community
    => 90d: 1
    """,
)
def community_visits(t: Facts) -> Term:
    """Number of visits to the user community."""
    return t.count(t.event_type == "community")


@signal(
    USAGE_EVENTS,
    days=(
        7,
        30,
        90,
    ),
    unit="minutes",
    empty=0,
    risk="falls",
    say={
        "en": "Spent {value} minutes in the product in the last {days} days",
        "zh": "近 {days} 天在产品中共停留 {value} 分钟",
    },
    example="""
    happened_at | duration_minutes
    -1d         | 10
    -20d        | 20
    -50d        | 60
    => 7d: 10, 30d: 30, 90d: 90
    """,
)
def minutes(t: Facts) -> Term:
    """Total time of use."""
    return t.sum(t.duration_minutes)


@signal(
    USAGE_EVENTS,
    days=(
        30,
        90,
    ),
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
    days=(90,),
    unit="minutes",
    empty=None,
    risk="falls",
    say={
        "en": "The longest session of the last {days} days took {value} minutes",
        "zh": "近 {days} 天最长一次使用 {value} 分钟",
    },
    example="""
    happened_at | duration_minutes
    -1d         | 10
    -2d         | 25
    -100d       | 60
    => 90d: 25
    """,
)
def session_minutes_max(t: Facts) -> Term:
    """Length of the longest session."""
    return t.max(t.duration_minutes)


@signal(
    USAGE_EVENTS,
    days=(90,),
    unit="share",
    empty=None,
    say={
        "en": "{value} of all uses in the last {days} days fell on a weekend",
        "zh": "近 {days} 天周末使用占比为 {value}",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -2d         | login
    -3d         | login
    -4d         | login
    => 90d: 1/2
    """,
)
def weekend_share(t: Facts) -> Term:
    """Share of uses on Saturday and Sunday (UTC)."""
    return t.share(t.weekday() >= 5)


@signal(
    USAGE_EVENTS,
    days=(90,),
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "Use spreads over the days of the week with an evenness of {value} in the last {days} days",
        "zh": "近 {days} 天一周内使用分布的均匀度为 {value}",
    },
    example="""
    happened_at | event_type
    -7d         | login
    -14d        | login
    -21d        | feature
    => 90d: 0
    """,
)
def weekday_evenness(t: Facts) -> Term:
    """Evenness of use over the days of the week: entropy over its maximum, 0 all on one day, 1 all days alike."""
    return t.entropy(t.weekday(), range(7))
