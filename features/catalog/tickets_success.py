"""How tickets end: opened again, passed around, scored 服务质量."""

from ibis.expr import types as ir

from features.facts import Facts
from features.signal import derived, signal
from features.tables import TICKETS
from features.terms import Term
from features.values import Values


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
def reopened(t: Facts) -> Term:
    """Number of tickets that were opened again."""
    return t.count(t.is_known("reopened_at"))


@signal(
    TICKETS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the solved tickets of the last {days} days were opened again",
        "zh": "近 {days} 天工单重开率 {value}",
    },
    example="""
    opened_at | resolved_at | reopened_at
    -10d      | -8d         | -7d
    -20d      | -16d        |
    -30d      |             |
    => 365d: 1/2
    """,
)
def reopened_share(t: Facts) -> Term:
    """Share of solved tickets that were opened again."""
    return t.share(t.is_known("reopened_at"), of=t.is_known("resolved_at"))


@signal(
    TICKETS,
    days=(365,),
    unit="departments",
    empty=None,
    risk="rises",
    say={
        "en": "A ticket of the last {days} days went through {value} departments on average",
        "zh": "近 {days} 天工单平均流转 {value} 个部门",
    },
    example="""
    opened_at | resolved_at | departments
    -10d      | -8d         | 2
    -20d      | -16d        | 5
    -30d      | +1d         | 9
    => 365d: 3.5
    """,
)
def departments_mean(t: Facts) -> Term:
    """Mean number of departments that a solved ticket went through."""
    return t.mean(t.departments)


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
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days were passed around many departments",
        "zh": "近 {days} 天有 {value} 个工单跨多个部门流转",
    },
    example="""
    opened_at | resolved_at | departments
    -10d      | -8d         | 2
    -20d      | -16d        | 5
    -30d      | +1d         | 9
    => 365d: 1
    """,
)
def passed_around(t: Facts) -> Term:
    """Number of tickets that went through many departments (5 unless configured)."""
    return t.count(t.departments >= t.thresholds.many_departments)


@signal(
    TICKETS,
    days=(
        90,
        365,
    ),
    unit="points of 5",
    empty=None,
    risk="falls",
    say={
        "en": "Scored our service {value} of 5 on average in the last {days} days",
        "zh": "近 {days} 天服务评分平均 {value} 分（满分 5 分）",
    },
    example="""
    opened_at | scored_at | satisfaction
    -10d      | -8d       | 2
    -100d     | -96d      | 5
    -30d      | +1d       | 1
    => 90d: 2, 365d: 3.5
    """,
)
def satisfaction_mean(t: Facts) -> Term:
    """Mean score given to the service."""
    return t.mean(t.satisfaction)


@signal(
    TICKETS,
    unit="points of 5",
    empty=None,
    risk="falls",
    say={
        "en": "Last scored our service {value} of 5",
        "zh": "最近一次服务评分 {value} 分（满分 5 分）",
    },
    example="""
    opened_at | scored_at | satisfaction
    -10d      | -8d       | 2
    -20d      | -16d      | 5
    -5d       | +1d       | 1
    => 2
    """,
)
def satisfaction_last(t: Facts) -> Term:
    """Last score given to the service."""
    return t.latest(t.satisfaction)


@signal(
    TICKETS,
    days=(365,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "Scored our service 2 or lower {value} times in the last {days} days",
        "zh": "近 {days} 天有 {value} 次服务评分不高于 2 分",
    },
    example="""
    opened_at | scored_at | satisfaction
    -10d      | -8d       | 2
    -20d      | -16d      | 5
    -5d       | +1d       | 1
    => 365d: 1
    """,
)
def low_scores(t: Facts) -> Term:
    """Number of tickets scored 1 or 2 of 5."""
    return t.count(t.satisfaction <= 2)


@derived(
    TICKETS,
    days=(90,),
    unit="points of 5",
    empty=None,
    risk="falls",
    say={
        "en": "Service scores of the last {days} days are {value} points above those of the year",
        "en_below": "Service scores of the last {days} days are {value} points below those of the year",
        "zh": "近 {days} 天服务评分较近一年高 {value} 分",
        "zh_below": "近 {days} 天服务评分较近一年低 {value} 分",
    },
    example="""
    opened_at | scored_at | satisfaction
    -10d      | -8d       | 2
    -100d     | -96d      | 5
    => 90d: -1.5
    """,
)
def satisfaction_change(s: Values) -> ir.Value:
    """Mean score of the window minus that of the last year."""
    return s(satisfaction_mean) - s(satisfaction_mean, 365)
