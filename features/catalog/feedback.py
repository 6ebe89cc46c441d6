"""What customers say when asked: level and tags 反馈."""

from features.facts import Facts
from features.signal import signal
from features.tables import FEEDBACK
from features.terms import Term


@signal(
    FEEDBACK,
    days=(365,),
    unit="points of 10",
    empty=None,
    risk="falls",
    core=True,
    say={
        "en": "Recommends us with {value} of 10 on average in the last {days} days",
        "zh": "近 {days} 天平均 NPS 评分 {value} 分",
    },
    example="""
    given_at | kind | score
    -10d     | nps  | 9
    -20d     | nps  | 4
    -30d     | csat | 1
    -400d    | nps  | 1
    => 365d: 6.5
    """,
)
def nps_mean(t: Facts) -> Term:
    """Mean answer to the recommendation question, 0-10."""
    return t.mean(t.score, t.kind == "nps")


@signal(
    FEEDBACK,
    unit="points of 10",
    empty=None,
    risk="falls",
    say={
        "en": "Last recommended us with {value} of 10",
        "zh": "最近一次 NPS 评分 {value} 分",
    },
    example="""
    given_at | kind | score
    -10d     | nps  | 9
    -20d     | nps  | 4
    -5d      | csat | 1
    => 9
    """,
)
def nps_last(t: Facts) -> Term:
    """Last answer to the recommendation question, 0-10."""
    return t.latest(t.score, t.kind == "nps")


@signal(
    FEEDBACK,
    days=(365,),
    unit="points of 5",
    empty=None,
    risk="falls",
    say={
        "en": "Satisfaction was {value} of 5 on average in the last {days} days",
        "zh": "近 {days} 天满意度平均 {value} 分(满分 5 分)",
    },
    example="""
    given_at | kind | score
    -10d     | csat | 5
    -20d     | csat | 4
    -5d      | nps  | 1
    => 365d: 4.5
    """,
)
def csat_mean(t: Facts) -> Term:
    """Mean satisfaction, 1-5."""
    return t.mean(t.score, t.kind == "csat")


@signal(
    FEEDBACK,
    unit="days",
    empty=None,
    say={
        "en": "Last gave feedback {value} days ago",
        "zh": "距上次反馈已 {value} 天",
    },
    example="""
    given_at | kind
    -10d     | csat
    -5d      | nps
    => 5
    """,
)
def days_since_last(t: Facts) -> Term:
    """Days since the last answer or comment."""
    return t.days_since_last()
