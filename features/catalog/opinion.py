"""What customers say when asked: level, drift and tags 反馈."""

from ibis.expr import types as ir

from features.facts import Facts
from features.signal import derived, signal
from features.tables import FEEDBACK
from features.terms import Term
from features.values import Values


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
    unit="points of 10",
    empty=None,
    say={
        "en": "First recommended us with {value} of 10",
        "zh": "首次 NPS 评分 {value} 分",
    },
    example="""
    given_at | kind | score
    -10d     | nps  | 9
    -20d     | nps  | 4
    => 4
    """,
)
def nps_first(t: Facts) -> Term:
    """First answer to the recommendation question, 0-10."""
    return t.earliest(t.score, t.kind == "nps")


@derived(
    FEEDBACK,
    unit="points of 10",
    empty=None,
    risk="falls",
    say={
        "en": "The recommendation rose by {value} points since the first answer",
        "en_below": "The recommendation fell by {value} points since the first answer",
        "zh": "NPS 评分较首次上升 {value} 分",
        "zh_below": "NPS 评分较首次下降 {value} 分",
    },
    example="""
    given_at | kind | score
    -10d     | nps  | 4
    -20d     | nps  | 9
    => -5
    """,
)
def nps_drift(s: Values) -> ir.Value:
    """Last answer to the recommendation question minus the first."""
    return s(nps_last) - s(nps_first)


@signal(
    FEEDBACK,
    days=(365,),
    unit="points of 10",
    empty=None,
    risk="falls",
    say={
        "en": "The lowest recommendation of the last {days} days was {value} of 10",
        "zh": "近 {days} 天最低 NPS 评分 {value} 分",
    },
    example="""
    given_at | kind | score
    -10d     | nps  | 4
    -20d     | nps  | 9
    => 365d: 4
    """,
)
def nps_min(t: Facts) -> Term:
    """Lowest answer to the recommendation question."""
    return t.min(t.score, t.kind == "nps")


@signal(
    FEEDBACK,
    days=(365,),
    unit="answers",
    empty=0,
    risk="rises",
    say={
        "en": "Was a detractor in {value} surveys of the last {days} days",
        "zh": "近 {days} 天有 {value} 次 NPS 为贬损者（0-6 分）",
    },
    example="""
    given_at | kind | score
    -10d     | nps  | 6
    -20d     | nps  | 9
    -30d     | csat | 1
    => 365d: 1
    """,
)
def detractor_answers(t: Facts) -> Term:
    """Number of answers of 6 or lower to the recommendation question."""
    return t.count((t.kind == "nps") & (t.score <= 6))


@signal(
    FEEDBACK,
    days=(
        90,
        365,
    ),
    unit="points of 5",
    empty=None,
    risk="falls",
    say={
        "en": "Satisfaction was {value} of 5 on average in the last {days} days",
        "zh": "近 {days} 天满意度平均 {value} 分（满分 5 分）",
    },
    example="""
    given_at | kind | score
    -10d     | csat | 5
    -100d    | csat | 4
    -5d      | nps  | 1
    => 90d: 5, 365d: 4.5
    """,
)
def csat_mean(t: Facts) -> Term:
    """Mean satisfaction, 1-5."""
    return t.mean(t.score, t.kind == "csat")


@signal(
    FEEDBACK,
    unit="points of 5",
    empty=None,
    risk="falls",
    say={
        "en": "The last satisfaction was {value} of 5",
        "zh": "最近一次满意度 {value} 分（满分 5 分）",
    },
    example="""
    given_at | kind | score
    -10d     | csat | 5
    -100d    | csat | 4
    => 5
    """,
)
def csat_last(t: Facts) -> Term:
    """Last satisfaction, 1-5."""
    return t.latest(t.score, t.kind == "csat")


@derived(
    FEEDBACK,
    days=(90,),
    unit="points of 5",
    empty=None,
    risk="falls",
    say={
        "en": "Satisfaction of the last {days} days is {value} points above that of the year",
        "en_below": "Satisfaction of the last {days} days is {value} points below that of the year",
        "zh": "近 {days} 天满意度较近一年高 {value} 分",
        "zh_below": "近 {days} 天满意度较近一年低 {value} 分",
    },
    example="""
    given_at | kind | score
    -10d     | csat | 3
    -100d    | csat | 4
    => 90d: -0.5
    """,
)
def csat_change(s: Values) -> ir.Value:
    """Mean satisfaction of the window minus that of the last year."""
    return s(csat_mean) - s(csat_mean, 365)


@signal(
    FEEDBACK,
    days=(365,),
    unit="answers",
    empty=0,
    risk="falls",
    say={
        "en": "Answered {value} surveys in the last {days} days",
        "zh": "近 {days} 天回答问卷 {value} 次",
    },
    example="""
    given_at | kind
    -10d     | csat
    -20d     | nps
    -30d     | comment
    => 365d: 2
    """,
)
def answers(t: Facts) -> Term:
    """Number of survey answers."""
    return t.count(t.kind.isin(["nps", "csat"]))


@signal(
    FEEDBACK,
    days=(365,),
    unit="comments",
    empty=0,
    say={
        "en": "Left {value} comments in the last {days} days",
        "zh": "近 {days} 天留言 {value} 条",
    },
    example="""
    given_at | kind
    -10d     | csat
    -30d     | comment
    => 365d: 1
    """,
)
def comments(t: Facts) -> Term:
    """Number of comments."""
    return t.count(t.kind == "comment")


@signal(
    FEEDBACK,
    unit="days",
    empty=None,
    risk="rises",
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


@signal(
    FEEDBACK,
    unit="category",
    empty=None,
    say={
        "en": "Last chose the tag {value}",
        "zh": "最近一次选择的标签为 {value}",
    },
    example="""
    given_at | tag
    -10d     | slow
    -5d      |
    => slow
    """,
)
def tag_last(t: Facts) -> Term:
    """Tag of the newest feedback that has one."""
    return t.latest(t.tag)


@signal(
    FEEDBACK,
    days=(365,),
    unit="tags",
    empty=0,
    say={
        "en": "Chose {value} different tags in the last {days} days",
        "zh": "近 {days} 天选择了 {value} 种标签",
    },
    example="""
    given_at | tag
    -10d     | slow
    -5d      | slow
    -20d     | easy
    => 365d: 2
    """,
)
def tags(t: Facts) -> Term:
    """Number of different tags chosen."""
    return t.distinct(t.tag)


@signal(
    FEEDBACK,
    days=(365,),
    unit="answers",
    empty=0,
    risk="rises",
    say={
        "en": "Called the product too complex {value} times in the last {days} days",
        "zh": "近 {days} 天标记“太复杂” {value} 次",
    },
    example="""
    given_at | tag
    -10d     | too_complex
    -5d      | slow
    => 365d: 1
    """,
)
def tagged_complex(t: Facts) -> Term:
    """Number of feedbacks with a tag that names complexity."""
    return t.count(t.tag.lower().contains("complex") | t.tag.contains("复杂"))


@signal(
    FEEDBACK,
    days=(365,),
    unit="answers",
    empty=0,
    risk="rises",
    say={
        "en": "Called the product slow {value} times in the last {days} days",
        "zh": "近 {days} 天标记“太慢” {value} 次",
    },
    example="""
    given_at | tag
    -10d     | too_complex
    -5d      | slow
    => 365d: 1
    """,
)
def tagged_slow(t: Facts) -> Term:
    """Number of feedbacks with a tag that names slowness."""
    return t.count(t.tag.lower().contains("slow") | t.tag.contains("慢"))


@signal(
    FEEDBACK,
    days=(365,),
    unit="answers",
    empty=0,
    risk="rises",
    say={
        "en": "Called the product too expensive {value} times in the last {days} days",
        "zh": "近 {days} 天标记“太贵” {value} 次",
    },
    example="""
    given_at | tag
    -10d     | too_expensive
    -5d      | slow
    => 365d: 1
    """,
)
def tagged_expensive(t: Facts) -> Term:
    """Number of feedbacks with a tag that names the price."""
    return t.count(t.tag.lower().contains("expensive") | t.tag.contains("贵"))
