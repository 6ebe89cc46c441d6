"""Service: how many tickets, how fast they are answered and solved, and whether the same trouble returns 服务."""

from features.facts import Facts
from features.signal import signal
from features.tables import TICKETS
from features.terms import Term

SLA_RESPONSE_DAYS = 15 / (24 * 60)
SLA_RESOLUTION_DAYS = 2.0
MANY_DEPARTMENTS = 5


@signal(
    TICKETS,
    days=(30, 90, 365),
    unit="tickets",
    empty=0,
    risk="rises",
    core=True,
    say={
        "en": "Opened {value} tickets in the last {days} days",
        "zh": "近 {days} 天提交 {value} 个工单",
    },
    example="""
    opened_at | ticket_type
    -1d       | problem
    -40d      | question
    -100d     | problem
    0d        | problem
    => 30d: 1, 90d: 2, 365d: 3
    """,
)
def tickets(t: Facts) -> Term:
    """Number of tickets opened."""
    return t.count()


@signal(
    TICKETS,
    unit="days",
    empty=None,
    say={
        "en": "Opened the last ticket {value} days ago",
        "zh": "距上次提交工单已 {value} 天",
    },
    example="""
    opened_at | ticket_type
    -95d      | problem
    -100d     | question
    => 95
    """,
)
def days_since_last(t: Facts) -> Term:
    """Days since the last ticket; long silence after having asked is a sign of giving up."""
    return t.days_since_last()


@signal(
    TICKETS,
    unit="tickets",
    days=(90, 365),
    empty=0,
    risk="rises",
    core=True,
    say={
        "en": "{value} tickets of the last {days} days are still unsolved",
        "zh": "近 {days} 天有 {value} 个工单未解决",
    },
    example="""
    opened_at | resolved_at
    -10d      | -5d
    -20d      | +5d
    -30d      |
    -100d     |
    => 90d: 2, 365d: 3
    """,
)
def open_tickets(t: Facts) -> Term:
    """Number of tickets that were not solved by the cutoff."""
    return t.count(~t.is_known("resolved_at"))


@signal(
    TICKETS,
    days=(90,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} complaints in the last {days} days",
        "zh": "近 {days} 天投诉 {value} 次",
    },
    example="""
    opened_at | ticket_type
    -10d      | complaint
    -20d      | problem
    -100d     | complaint
    => 90d: 1
    """,
)
def complaints(t: Facts) -> Term:
    """Number of complaints."""
    return t.count(t.ticket_type == "complaint")


@signal(
    TICKETS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the tickets of the last {days} days waited more than 15 minutes for an answer",
        "zh": "近 {days} 天首次响应超过 15 分钟的工单占比为 {value}",
    },
    example="""
    opened_at | first_response_at
    -10d      | -9d
    -20d 10m  | -20d
    -100d     |
    => 365d: 1/2
    """,
)
def slow_response_share(t: Facts) -> Term:
    """Share of answered tickets whose first answer took longer than 15 minutes."""
    wait = t.days_between("opened_at", "first_response_at")
    return t.share(wait > SLA_RESPONSE_DAYS, of=wait.notnull())


@signal(
    TICKETS,
    days=(365,),
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
    -20d      | -16d
    -30d      | +1d
    => 365d: 3
    """,
)
def resolution_days_mean(t: Facts) -> Term:
    """Mean days from opening to solution, of those solved."""
    return t.mean(t.days_between("opened_at", "resolved_at"))


@signal(
    TICKETS,
    days=(365,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days took more than 48 hours",
        "zh": "近 {days} 天有 {value} 个工单超过 48 小时才解决",
    },
    example="""
    opened_at | resolved_at
    -10d      | -8d 1h
    -20d      | -16d
    -30d      | -28d
    => 365d: 1
    """,
)
def slow_resolutions(t: Facts) -> Term:
    """Number of tickets that took longer than 48 hours to solve."""
    return t.count(t.days_between("opened_at", "resolved_at") > SLA_RESOLUTION_DAYS)


@signal(
    TICKETS,
    days=(365,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days were opened again",
        "zh": "近 {days} 天有 {value} 个工单被重新打开",
    },
    example="""
    opened_at | resolved_at | reopened_at
    -10d      | -8d         | -7d
    -20d      | -16d        |
    -30d      | -28d        | +1d
    => 365d: 1
    """,
)
def reopened_tickets(t: Facts) -> Term:
    """Number of tickets that were opened again."""
    return t.count(t.is_known("reopened_at"))


@signal(
    TICKETS,
    days=(365,),
    unit="departments",
    empty=None,
    risk="rises",
    say={
        "en": "A ticket of the last {days} days went through {value} departments",
        "zh": "近 {days} 天单个工单最多流转 {value} 个部门",
    },
    example="""
    opened_at | resolved_at | departments
    -10d      | -8d         | 2
    -20d      | -16d        | 5
    -30d      | +1d         | 9
    => 365d: 5
    """,
)
def departments_max(t: Facts) -> Term:
    """Most departments that one solved ticket went through."""
    return t.max(t.departments)


@signal(
    TICKETS,
    days=(365,),
    unit="points of 5",
    empty=None,
    risk="falls",
    say={
        "en": "Scored our service {value} of 5 on average in the last {days} days",
        "zh": "近 {days} 天服务评分平均 {value} 分(满分 5 分)",
    },
    example="""
    opened_at | scored_at | satisfaction
    -10d      | -8d       | 2
    -20d      | -16d      | 5
    -30d      | +1d       | 1
    => 365d: 3.5
    """,
)
def satisfaction_mean(t: Facts) -> Term:
    """Mean score given to the service."""
    return t.mean(t.satisfaction)
