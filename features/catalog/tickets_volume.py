"""Service: how many tickets, of which kind, and whether the same trouble returns 服务量."""

from ibis.expr import types as ir

from features.facts import Facts
from features.signal import derived, signal
from features.tables import TICKETS
from features.terms import Term
from features.values import Values


@signal(
    TICKETS,
    days=(
        30,
        90,
        365,
    ),
    unit="tickets",
    empty=0,
    risk="rises",
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
    days=(
        90,
        365,
    ),
    unit="tickets",
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
    unit="days",
    empty=0,
    risk="rises",
    say={
        "en": "The oldest unsolved ticket has waited {value} days",
        "zh": "最早未解决工单已等待 {value} 天",
    },
    example="""
    opened_at | resolved_at
    -10d      | -5d
    -20d      | +5d
    -30d      |
    => 30
    """,
)
def oldest_open_days(t: Facts) -> Term:
    """Age of the oldest ticket that was not solved by the cutoff; 0 if there is none."""
    return t.days_since_first(~t.is_known("resolved_at"))


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


@derived(
    TICKETS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "Asked for help in the last year but not for 90 days: {value}",
        "zh": "近一年提交过工单但已 90 天未再提交：{value}",
    },
    example="""
    opened_at | ticket_type
    -95d      | problem
    => 1
    """,
)
def stopped_asking(s: Values) -> ir.Value:
    """Request drop-off: whether there were tickets in the last year and none in the last 90 days, 1 or 0."""
    return ((s(tickets, 90) == 0) & (s(tickets, 365) > 0)).cast("float64")


@derived(
    TICKETS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "Three or more tickets in 30 days: {value}",
        "zh": "30 天内提交 3 个及以上工单：{value}",
    },
    example="""
    opened_at | ticket_type
    -5d       | problem
    -6d       | problem
    -7d       | problem
    => 1
    """,
)
def many_at_once(s: Values) -> ir.Value:
    """Whether there were three or more tickets in 30 days, which calls for escalation, 1 or 0."""
    return (s(tickets, 30) >= s.thresholds.many_tickets).cast("float64")


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
        "en": "Complained {value} times in the last {days} days",
        "zh": "近 {days} 天投诉 {value} 次",
    },
    example="""
    opened_at | ticket_type
    -10d      | complaint
    -20d      | problem
    -100d     | complaint
    => 90d: 1, 365d: 2
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
        "en": "{value} of the tickets of the last {days} days were complaints",
        "zh": "近 {days} 天投诉类工单占比 {value}",
    },
    example="""
    opened_at | ticket_type
    -10d      | complaint
    -20d      | problem
    => 365d: 1/2
    """,
)
def complaint_share(t: Facts) -> Term:
    """Share of tickets that were complaints."""
    return t.share(t.ticket_type == "complaint")


@signal(
    TICKETS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "Last complained {value} days ago",
        "zh": "距上次投诉已 {value} 天",
    },
    example="""
    opened_at | ticket_type
    -10d      | complaint
    -5d       | problem
    => 10
    """,
)
def days_since_complaint(t: Facts) -> Term:
    """Days since the last complaint."""
    return t.days_since_last(t.ticket_type == "complaint")


@signal(
    TICKETS,
    days=(90,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "Reported {value} problems in the last {days} days",
        "zh": "近 {days} 天反馈问题 {value} 次",
    },
    example="""
    opened_at | ticket_type
    -10d      | problem
    -20d      | question
    => 90d: 1
    """,
)
def problems(t: Facts) -> Term:
    """Number of problems reported."""
    return t.count(t.ticket_type == "problem")


@signal(
    TICKETS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the tickets of the last {days} days were urgent or of high priority",
        "zh": "近 {days} 天紧急或高优先级工单占比 {value}",
    },
    example="""
    opened_at | priority
    -10d      | urgent
    -20d      | high
    -30d      | normal
    -40d      | low
    => 365d: 1/2
    """,
)
def urgent_share(t: Facts) -> Term:
    """Share of tickets of high priority or urgent."""
    return t.share(t.priority.isin(["high", "urgent"]))


@signal(
    TICKETS,
    days=(365,),
    unit="topics",
    empty=0,
    risk="rises",
    say={
        "en": "Asked about {value} different topics in the last {days} days",
        "zh": "近 {days} 天涉及 {value} 类问题",
    },
    example="""
    opened_at | topic
    -10d      | billing
    -20d      | login
    -30d      | billing
    => 365d: 2
    """,
)
def topics(t: Facts) -> Term:
    """Number of different topics."""
    return t.distinct(t.topic)


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
        "en": "Came back {value} times with the same topic in the last {days} days",
        "zh": "近 {days} 天同类问题重复出现 {value} 次",
    },
    example="""
    opened_at | topic
    -10d      | billing
    -20d      | login
    -30d      | billing
    -100d     | billing
    => 90d: 1, 365d: 2
    """,
)
def repeated(t: Facts) -> Term:
    """The same trouble again: tickets with a topic, less the number of different topics."""
    return t.count(t.topic.notnull()) - t.distinct(t.topic)
