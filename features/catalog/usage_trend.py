"""Whether use fades: against the time before and against the own past 使用衰减."""

import ibis
from ibis.expr import types as ir

from features.catalog import usage_level
from features.facts import Facts
from features.shapes import falling_streak, how_many, slope_over_mean, standardised, streak, variation
from features.signal import derived, signal
from features.tables import USAGE_EVENTS
from features.terms import Term, ratio
from features.values import Values

WEEKS = 8


@derived(
    USAGE_EVENTS,
    days=(
        7,
        30,
    ),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Logins of the last {days} days were {value} times those of the {days} days before",
        "zh": "近 {days} 天登录次数为此前 {days} 天的 {value} 倍",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -8d         | login
    -9d         | login
    -40d        | login
    => 7d: 1/2, 30d: 3
    """,
)
def logins_change(s: Values) -> ir.Value:
    """Logins of the window over those of the window before; 1 is no change."""
    return s.change(usage_level.logins)


@derived(
    USAGE_EVENTS,
    days=(
        7,
        30,
        90,
    ),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Use of the last {days} days was {value} times that of the {days} days before",
        "zh": "近 {days} 天使用次数为此前 {days} 天的 {value} 倍",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -8d         | error
    -40d        | login
    -100d       | login
    => 7d: 1, 30d: 2, 90d: 3
    """,
)
def events_change(s: Values) -> ir.Value:
    """Uses of the window over those of the window before; 1 is no change."""
    return s.change(usage_level.events)


@derived(
    USAGE_EVENTS,
    days=(30,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Active days of the last {days} days were {value} times those of the {days} days before",
        "zh": "近 {days} 天活跃天数为此前 {days} 天的 {value} 倍",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -40d        | login
    -41d        | login
    => 30d: 1/2
    """,
)
def active_days_change(s: Values) -> ir.Value:
    """Active days of the window over those of the window before."""
    return s.change(usage_level.active_days)


@derived(
    USAGE_EVENTS,
    days=(30,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Time in the product in the last {days} days was {value} times that of the {days} days before",
        "zh": "近 {days} 天使用时长为此前 {days} 天的 {value} 倍",
    },
    example="""
    happened_at | duration_minutes
    -1d         | 10
    -40d        | 30
    -41d        | 10
    => 30d: 1/4
    """,
)
def minutes_change(s: Values) -> ir.Value:
    """Time of use of the window over that of the window before."""
    return s.change(usage_level.minutes)


@derived(
    USAGE_EVENTS,
    days=(30,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "A session of the last {days} days was {value} times as long as in the {days} days before",
        "zh": "近 {days} 天单次使用时长为此前 {days} 天的 {value} 倍",
    },
    example="""
    happened_at | duration_minutes
    -1d         | 10
    -40d        | 30
    -41d        | 10
    => 30d: 1/2
    """,
)
def session_minutes_change(s: Values) -> ir.Value:
    """Time a use of the window over that of the window before."""
    return ratio(s.change(usage_level.minutes), s.change(usage_level.events))


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
    """Recent rate of use (half-life 14 days) over the longer one (half-life 56 days); 1 is a steady habit."""
    return t.decayed(1.0, 14) * 56 / (t.decayed(1.0, 56) * 14)


@signal(
    USAGE_EVENTS,
    unit="logins",
    empty=0,
    risk="falls",
    say={
        "en": "Recent logins weigh {value} (each halves every 30 days)",
        "zh": "近期登录加权数为 {value}（每 30 天减半）",
    },
    example="""
    happened_at | event_type
    -30d        | login
    -60d        | login
    -1d         | feature
    => 0.75
    """,
)
def logins_decayed(t: Facts) -> Term:
    """Number of logins, each counting half as much for every 30 days of age."""
    return t.decayed(1.0, 30, t.event_type == "login")


@derived(
    USAGE_EVENTS,
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "Use grows by {value} of its mean from week to week",
        "en_below": "Use falls by {value} of its mean from week to week",
        "zh": "使用量每周增长均值的 {value}",
        "zh_below": "使用量每周下降均值的 {value}",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -50d        | login
    => 0
    """,
)
def weekly_slope(s: Values) -> ir.Value:
    """Slope of a straight line through the weekly uses of eight weeks, over their mean."""
    return slope_over_mean(s.parts(usage_level.events, 7, WEEKS))


@derived(
    USAGE_EVENTS,
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "Weekly use varies by {value} of its mean",
        "zh": "每周使用量波动幅度为均值的 {value}",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -8d         | login
    -15d        | login
    -22d        | login
    -29d        | login
    -36d        | login
    -43d        | login
    -50d        | login
    => 0
    """,
)
def weekly_variation(s: Values) -> ir.Value:
    """Coefficient of variation of the weekly uses of eight weeks."""
    return variation(s.parts(usage_level.events, 7, WEEKS))


@derived(
    USAGE_EVENTS,
    unit="deviations",
    empty=None,
    risk="falls",
    say={
        "en": "Last week's use is {value} standard deviations above the customer's own eight weeks before",
        "en_below": "Last week's use is {value} standard deviations below the customer's own eight weeks before",
        "zh": "上周使用量比自身此前八周高 {value} 个标准差",
        "zh_below": "上周使用量比自身此前八周低 {value} 个标准差",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -1d         | feature
    -8d         | login
    -15d        | login
    -22d        | login
    -29d        | login
    => 3/2
    """,
)
def week_against_own_past(s: Values) -> ir.Value:
    """Uses of the last week minus the mean of the eight before, over their standard deviation (at least one use)."""
    last, *before = s.parts(usage_level.events, 7, WEEKS + 1)
    return standardised(last, before, smallest=1.0)


@derived(
    USAGE_EVENTS,
    unit="weeks",
    empty=0,
    risk="falls",
    say={
        "en": "Used in {value} of the last 12 weeks",
        "zh": "近 12 周中有 {value} 周使用",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -2d         | login
    -30d        | login
    -90d        | login
    => 2
    """,
)
def active_weeks(s: Values) -> ir.Value:
    """Number of the last twelve weeks with any use."""
    return how_many(week > 0 for week in s.parts(usage_level.events, 7, 12))


@derived(
    USAGE_EVENTS,
    unit="weeks",
    empty=0,
    risk="falls",
    say={
        "en": "Used {value} weeks in a row (counted up to 8)",
        "zh": "已连续 {value} 周使用（最多计 8 周）",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -8d         | login
    -30d        | login
    => 2
    """,
)
def active_week_streak(s: Values) -> ir.Value:
    """Number of weeks in a row with use up to the cutoff, at most eight."""
    return streak([week > 0 for week in s.parts(usage_level.events, 7, WEEKS)])


@derived(
    USAGE_EVENTS,
    unit="months",
    empty=0,
    risk="rises",
    say={
        "en": "Use has fallen for {value} months in a row (counted up to 3)",
        "zh": "使用量已连续 {value} 个月下降（最多计 3 个月）",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -31d        | login
    -32d        | login
    -61d        | login
    -62d        | login
    => 1
    """,
)
def falling_months(s: Values) -> ir.Value:
    """Number of periods of 30 days in a row in which use was below the period before, at most three."""
    return falling_streak(s.parts(usage_level.events, 30, 4), factor=1.0)


@derived(
    USAGE_EVENTS,
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "The last 30 days saw {value} of the use of the best month of the last six",
        "zh": "近 30 天使用量为近半年最佳月份的 {value}",
    },
    example="""
    happened_at | event_type
    -1d         | login
    -100d       | login
    -101d       | login
    => 1/2
    """,
)
def share_of_best_month(s: Values) -> ir.Value:
    """Uses of the last 30 days over the most of six such periods."""
    months = s.parts(usage_level.events, 30, 6)
    return ratio(months[0], ibis.greatest(*months))


@derived(
    USAGE_EVENTS,
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "The last month holds {value} of the quarter's time in the product",
        "zh": "近 30 天使用时长占近 90 天的 {value}",
    },
    example="""
    happened_at | duration_minutes
    -1d         | 10
    -40d        | 30
    => 1/4
    """,
)
def minutes_decline_in_quarter(s: Values) -> ir.Value:
    """Time of use of the last 30 days over that of the last 90; a third is a steady habit."""
    return ratio(s(usage_level.minutes, 30), s(usage_level.minutes, 90))
