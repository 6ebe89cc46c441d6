"""What tickets say: mood and subjects, read from their text when they are taken in 工单文本."""

from ibis.expr import types as ir

from features.facts import Facts
from features.signal import derived, signal
from features.tables import TICKETS
from features.terms import Term
from features.values import Values


@signal(
    TICKETS,
    days=(
        90,
        365,
    ),
    unit="score",
    empty=None,
    risk="falls",
    say={
        "en": "The mood of the tickets of the last {days} days is {value} (-1 complaint, 1 praise)",
        "zh": "近 {days} 天工单情绪均值 {value}（-1 为抱怨，1 为好评）",
    },
    example="""
    opened_at | sentiment
    -10d      | -1
    -20d      | 0.5
    -100d     | 0.5
    => 90d: -0.25, 365d: 0
    """,
)
def sentiment_mean(t: Facts) -> Term:
    """Mean mood of the texts."""
    return t.mean(t.sentiment)


@signal(
    TICKETS,
    unit="score",
    empty=None,
    risk="falls",
    say={
        "en": "The mood of the last ticket is {value} (-1 complaint, 1 praise)",
        "zh": "最近一个工单情绪为 {value}（-1 为抱怨，1 为好评）",
    },
    example="""
    opened_at | sentiment
    -10d      | -1
    -20d      | 0.5
    => -1
    """,
)
def sentiment_last(t: Facts) -> Term:
    """Mood of the last text."""
    return t.latest(t.sentiment)


@derived(
    TICKETS,
    days=(90,),
    unit="score",
    empty=None,
    risk="falls",
    say={
        "en": "The mood of the tickets of the last {days} days is {value} above that of the year",
        "en_below": "The mood of the tickets of the last {days} days is {value} below that of the year",
        "zh": "近 {days} 天工单情绪较近一年高 {value}",
        "zh_below": "近 {days} 天工单情绪较近一年低 {value}",
    },
    example="""
    opened_at | sentiment
    -10d      | -1
    -100d     | 1
    => 90d: -1
    """,
)
def sentiment_change(s: Values) -> ir.Value:
    """Mean mood of the window minus that of the last year."""
    return s(sentiment_mean) - s(sentiment_mean, 365)


@signal(
    TICKETS,
    days=(90,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "Wrote {value} tickets in anger in the last {days} days",
        "zh": "近 {days} 天有 {value} 个工单带负面情绪",
    },
    example="""
    opened_at | sentiment
    -10d      | -1
    -20d      | 0.5
    => 90d: 1
    """,
)
def negative(t: Facts) -> Term:
    """Number of texts with a mood of -0.5 or lower."""
    return t.count(t.sentiment <= -0.5)


@signal(
    TICKETS,
    days=(180,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days speak of prices",
        "zh": "近 {days} 天有 {value} 个工单提到价格",
    },
    example="""
    opened_at | mentions_price
    -10d      | yes
    -20d      | no
    -200d     | yes
    => 180d: 1
    """,
)
def mentions_price(t: Facts) -> Term:
    """Number of texts that speak of prices."""
    return t.count(t.mentions_price)


@signal(
    TICKETS,
    days=(180,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days speak of competitors",
        "zh": "近 {days} 天有 {value} 个工单提到竞争对手",
    },
    example="""
    opened_at | mentions_competitor
    -10d      | yes
    -20d      | no
    -200d     | yes
    => 180d: 1
    """,
)
def mentions_competitor(t: Facts) -> Term:
    """Number of texts that speak of competitors."""
    return t.count(t.mentions_competitor)


@signal(
    TICKETS,
    days=(180,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days speak of slowness",
        "zh": "近 {days} 天有 {value} 个工单提到速度慢",
    },
    example="""
    opened_at | mentions_slowness
    -10d      | yes
    -20d      | no
    -200d     | yes
    => 180d: 1
    """,
)
def mentions_slowness(t: Facts) -> Term:
    """Number of texts that speak of slowness."""
    return t.count(t.mentions_slowness)


@signal(
    TICKETS,
    days=(180,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days speak of difficulty of use",
        "zh": "近 {days} 天有 {value} 个工单提到难用",
    },
    example="""
    opened_at | mentions_complexity
    -10d      | yes
    -20d      | no
    -200d     | yes
    => 180d: 1
    """,
)
def mentions_complexity(t: Facts) -> Term:
    """Number of texts that speak of difficulty of use."""
    return t.count(t.mentions_complexity)


@signal(
    TICKETS,
    days=(180,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days speak of faults",
        "zh": "近 {days} 天有 {value} 个工单提到故障",
    },
    example="""
    opened_at | mentions_fault
    -10d      | yes
    -20d      | no
    -200d     | yes
    => 180d: 1
    """,
)
def mentions_fault(t: Facts) -> Term:
    """Number of texts that speak of faults."""
    return t.count(t.mentions_fault)


@signal(
    TICKETS,
    days=(180,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days speak of poor service",
        "zh": "近 {days} 天有 {value} 个工单提到服务差",
    },
    example="""
    opened_at | mentions_poor_service
    -10d      | yes
    -20d      | no
    -200d     | yes
    => 180d: 1
    """,
)
def mentions_poor_service(t: Facts) -> Term:
    """Number of texts that speak of poor service."""
    return t.count(t.mentions_poor_service)


@signal(
    TICKETS,
    days=(180,),
    unit="tickets",
    empty=0,
    risk="rises",
    say={
        "en": "{value} tickets of the last {days} days speak of leaving",
        "zh": "近 {days} 天有 {value} 个工单提到离开意向",
    },
    example="""
    opened_at | mentions_leaving
    -10d      | yes
    -20d      | no
    -200d     | yes
    => 180d: 1
    """,
)
def mentions_leaving(t: Facts) -> Term:
    """Number of texts that speak of leaving."""
    return t.count(t.mentions_leaving)
