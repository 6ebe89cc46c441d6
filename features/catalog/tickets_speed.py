"""Quality of service: how fast tickets are answered and solved 服务时效."""

from ibis.expr import types as ir

from features.facts import Facts
from features.signal import derived, signal
from features.tables import TICKETS
from features.terms import Term, ratio
from features.values import Values

MINUTES_PER_DAY = 24 * 60
HOURS_PER_DAY = 24


@signal(
    TICKETS,
    days=(
        90,
        365,
    ),
    unit="minutes",
    empty=None,
    risk="rises",
    say={
        "en": "The first answer took {value} minutes on average in the last {days} days",
        "zh": "近 {days} 天平均首次响应 {value} 分钟",
    },
    example="""
    opened_at | first_response_at
    -10d      | -9d 23h 50m
    -100d     | -99d 23h 40m
    -5d       | +1d
    => 90d: 10, 365d: 15
    """,
)
def first_response_minutes(t: Facts) -> Term:
    """Mean minutes to the first answer, of the tickets answered."""
    return t.mean(t.days_between("opened_at", "first_response_at") * MINUTES_PER_DAY)


@signal(
    TICKETS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the tickets of the last {days} days waited longer than agreed for a first answer",
        "zh": "近 {days} 天首次响应超时的工单占比 {value}",
    },
    example="""
    opened_at | first_response_at
    -10d      | -9d
    -20d      | -19d 23h 50m
    -100d     |
    => 365d: 1/2
    """,
)
def slow_response_share(t: Facts) -> Term:
    """Share of answered tickets whose first answer took longer than agreed (15 minutes unless configured)."""
    minutes = t.days_between("opened_at", "first_response_at") * MINUTES_PER_DAY
    return t.share(minutes > t.thresholds.first_response_minutes, of=minutes.notnull())


@signal(
    TICKETS,
    days=(90,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days have had no answer",
        "zh": "近 {days} 天有 {value} 个工单无人响应",
    },
    example="""
    opened_at | first_response_at
    -10d      | -9d
    -20d      |
    -30d      | +1d
    => 90d: 2
    """,
)
def unanswered(t: Facts) -> Term:
    """Number of tickets without a first answer by the cutoff."""
    return t.count(~t.is_known("first_response_at"))


@signal(
    TICKETS,
    days=(
        90,
        365,
    ),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Tickets of the last {days} days took {value} days to solve on average",
        "zh": "近 {days} 天工单平均 {value} 天解决",
    },
    example="""
    opened_at | resolved_at
    -10d      | -8d
    -100d     | -96d
    -30d      | +1d
    => 90d: 2, 365d: 3
    """,
)
def resolution_days_mean(t: Facts) -> Term:
    """Mean days from opening to solution, of those solved."""
    return t.mean(t.days_between("opened_at", "resolved_at"))


@signal(
    TICKETS,
    days=(365,),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The longest ticket of the last {days} days took {value} days",
        "zh": "近 {days} 天最久的工单耗时 {value} 天",
    },
    example="""
    opened_at | resolved_at
    -10d      | -8d
    -20d      | -16d
    => 365d: 4
    """,
)
def resolution_days_max(t: Facts) -> Term:
    """Most days from opening to solution."""
    return t.max(t.days_between("opened_at", "resolved_at"))


@signal(
    TICKETS,
    days=(
        90,
        365,
    ),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days took longer than agreed",
        "zh": "近 {days} 天有 {value} 个工单超时解决",
    },
    example="""
    opened_at | resolved_at
    -10d      | -7d 23h
    -20d      | -16d
    -30d      | -28d
    -100d     | -90d
    => 90d: 2, 365d: 3
    """,
)
def slow_resolutions(t: Facts) -> Term:
    """Number of tickets that took longer than agreed to solve (48 hours unless configured)."""
    return t.count(t.days_between("opened_at", "resolved_at") * HOURS_PER_DAY > t.thresholds.resolution_hours)


@signal(
    TICKETS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the tickets of the last {days} days took longer than agreed",
        "zh": "近 {days} 天超时解决的工单占比 {value}",
    },
    example="""
    opened_at | resolved_at
    -10d      | -9d
    -20d      | -16d
    -30d      |
    => 365d: 1/2
    """,
)
def overtime_share(t: Facts) -> Term:
    """Share of solved tickets that took longer than agreed (48 hours unless configured)."""
    hours = t.days_between("opened_at", "resolved_at") * HOURS_PER_DAY
    return t.share(hours > t.thresholds.resolution_hours, of=hours.notnull())


@derived(
    TICKETS,
    days=(90,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "The share of overtime in the last {days} days is {value} above that of the year",
        "en_below": "The share of overtime in the last {days} days is {value} below that of the year",
        "zh": "近 {days} 天工单超时率较近一年高 {value}",
        "zh_below": "近 {days} 天工单超时率较近一年低 {value}",
    },
    example="""
    opened_at | resolved_at
    -10d      | -5d
    -120d     | -119d
    => 90d: 1/2
    """,
)
def overtime_change(s: Values) -> ir.Value:
    """Overtime rate rising: share of the window minus that of the last year."""
    return s(overtime_share) - s(overtime_share, 365)


@derived(
    TICKETS,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "First answers of the last {days} days took {value} times as long as those of the year",
        "zh": "近 {days} 天首次响应时长为近一年的 {value} 倍",
    },
    example="""
    opened_at | first_response_at
    -10d      | -9d 23h 40m
    -100d     | -100d
    => 90d: 2
    """,
)
def first_response_change(s: Values) -> ir.Value:
    """Mean minutes to the first answer in the window over that of the last year."""
    return ratio(s(first_response_minutes), s(first_response_minutes, 365))
