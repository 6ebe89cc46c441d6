"""How broad the use is: features, people, set-up 使用广度."""

from ibis.expr import types as ir

from features.catalog import usage_level
from features.facts import Facts
from features.signal import derived, signal
from features.tables import USAGE_EVENTS
from features.terms import Term, ratio
from features.values import Values


@signal(
    USAGE_EVENTS,
    days=(
        30,
        90,
        365,
    ),
    unit="features",
    empty=0,
    risk="falls",
    say={
        "en": "Used {value} different features in the last {days} days",
        "zh": "近 {days} 天使用了 {value} 个不同功能",
    },
    example="""
    happened_at | event_type | feature
    -1d         | feature    | reports
    -2d         | feature    | reports
    -3d         | feature    | sharing
    -4d         | login      |
    -60d        | feature    | budget
    => 30d: 2, 90d: 3, 365d: 3
    """,
)
def features_used(t: Facts) -> Term:
    """Number of different features used."""
    return t.distinct(t.feature)


@signal(
    USAGE_EVENTS,
    days=(
        30,
        90,
    ),
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
    days=(90,),
    unit="kinds",
    empty=0,
    risk="falls",
    say={
        "en": "Used the product in {value} different ways in the last {days} days",
        "zh": "近 {days} 天有 {value} 种使用方式",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -2d         | login
    -3d         | export
    => 90d: 2
    """,
)
def kinds_of_use(t: Facts) -> Term:
    """Number of different kinds of events."""
    return t.distinct(t.event_type)


@signal(
    USAGE_EVENTS,
    days=(365,),
    unit="steps",
    empty=0,
    risk="falls",
    say={
        "en": "Set up {value} key features in the last {days} days",
        "zh": "近 {days} 天完成 {value} 项关键功能设置",
    },
    example="""
    happened_at | event_type | feature
    -1d         | setup      | import
    -2d         | setup      | import
    -3d         | setup      | people
    -3d         | feature    | people
    => 365d: 2
    """,
)
def setup_steps(t: Facts) -> Term:
    """Number of different key features that were set up."""
    return t.distinct(t.feature, t.event_type == "setup")


@signal(
    USAGE_EVENTS,
    unit="flag",
    empty=1,
    risk="rises",
    say={
        "en": "Key feature never set up: {value}",
        "zh": "从未完成关键功能设置：{value}",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -300d       | setup
    => 0
    """,
)
def never_set_up(t: Facts) -> Term:
    """Whether no key feature was ever set up, 1 or 0."""
    return t.count(t.event_type == "setup").map(lambda steps: (steps == 0).cast("float64"))


@signal(
    USAGE_EVENTS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Last set up a feature {value} days ago",
        "zh": "距上次设置功能已 {value} 天",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -300d       | setup
    => 300
    """,
)
def days_since_setup(t: Facts) -> Term:
    """Days since a key feature was last set up."""
    return t.days_since_last(t.event_type == "setup")


@derived(
    USAGE_EVENTS,
    days=(30,),
    unit="uses",
    empty=None,
    risk="falls",
    say={
        "en": "Each person used the product {value} times in the last {days} days",
        "zh": "近 {days} 天人均使用 {value} 次",
    },
    example="""
    happened_at | user_id
    -1d         | ann
    -2d         | bo
    -3d         | ann
    => 30d: 3/2
    """,
)
def uses_per_user(s: Values) -> ir.Value:
    """Uses a person."""
    return ratio(s(usage_level.events), s(users))


@derived(
    USAGE_EVENTS,
    days=(
        30,
        90,
    ),
    unit="uses",
    empty=None,
    risk="falls",
    say={
        "en": "{value} uses on an active day of the last {days} days",
        "zh": "近 {days} 天活跃日平均使用 {value} 次",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -1d 1h      | login
    -2d         | login
    -40d        | login
    => 30d: 3/2, 90d: 4/3
    """,
)
def uses_per_active_day(s: Values) -> ir.Value:
    """Intensity: uses an active day."""
    return ratio(s(usage_level.events), s(usage_level.active_days))


@derived(
    USAGE_EVENTS,
    days=(30,),
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "Of the features used in 90 days, {value} were used in the last {days}",
        "zh": "近 90 天用过的功能中，近 {days} 天仍在使用的占 {value}",
    },
    example="""
    happened_at | feature
    -1d         | reports
    -40d        | sharing
    -50d        | budget
    -60d        | reports
    => 30d: 1/3
    """,
)
def features_kept(s: Values) -> ir.Value:
    """Features used in the window over those used in three times the window."""
    return ratio(s(features_used), s(features_used, 3 * s.days))


@derived(
    USAGE_EVENTS,
    days=(30,),
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "Of the people active in 90 days, {value} were active in the last {days}",
        "zh": "近 90 天的活跃用户中，近 {days} 天仍活跃的占 {value}",
    },
    example="""
    happened_at | user_id
    -1d         | ann
    -40d        | bo
    => 30d: 1/2
    """,
)
def users_kept(s: Values) -> ir.Value:
    """People active in the window over those active in three times the window."""
    return ratio(s(users), s(users, 3 * s.days))
