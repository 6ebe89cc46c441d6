"""The relationship: how recently and how often we speak, who begins, and who answers 关系."""

from features.facts import Facts
from features.signal import signal
from features.tables import INTERACTIONS
from features.terms import Term


@signal(
    INTERACTIONS,
    unit="days",
    empty=None,
    risk="rises",
    core=True,
    say={
        "en": "We last reached out {value} days ago",
        "zh": "距我方上次主动联系已 {value} 天",
    },
    example="""
    happened_at | is_proactive
    -40d        | yes
    -10d        | no
    -90d        | yes
    => 40
    """,
)
def days_since_outreach(t: Facts) -> Term:
    """Days since our last contact that began with us."""
    return t.days_since_last(t.is_proactive)


@signal(
    INTERACTIONS,
    days=(90,),
    unit="contacts",
    empty=0,
    risk="falls",
    say={
        "en": "{value} contacts in the last {days} days",
        "zh": "近 {days} 天联系 {value} 次",
    },
    example="""
    happened_at | kind
    -40d        | outreach
    -10d        | inbound
    -100d       | visit
    => 90d: 2
    """,
)
def contacts(t: Facts) -> Term:
    """Number of contacts of any kind."""
    return t.count()


@signal(
    INTERACTIONS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The last business review was {value} days ago",
        "zh": "距上次业务回顾已 {value} 天",
    },
    example="""
    happened_at | kind
    -40d        | business_review
    -10d        | inbound
    => 40
    """,
)
def days_since_business_review(t: Facts) -> Term:
    """Days since the last business review."""
    return t.days_since_last(t.kind == "business_review")


@signal(
    INTERACTIONS,
    days=(365,),
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "Answered {value} of our messages of the last {days} days",
        "zh": "近 {days} 天对我方联系的回复率为 {value}",
    },
    example="""
    happened_at | is_proactive | replied_at
    -40d        | yes          | -39d
    -10d        | yes          |
    -20d        | yes          | +1d
    -5d         | yes          | -4d
    -5d         | no           | -4d
    => 365d: 1/2
    """,
)
def reply_share(t: Facts) -> Term:
    """Share of our contacts that the customer had answered by the cutoff."""
    return t.share(t.is_known("replied_at"), of=t.is_proactive)


@signal(
    INTERACTIONS,
    days=(90,),
    unit="contacts",
    empty=0,
    risk="rises",
    say={
        "en": "Named a competitor {value} times in the last {days} days",
        "zh": "近 {days} 天 {value} 次提及竞争对手",
    },
    example="""
    happened_at | mentions_competitor
    -40d        | yes
    -10d        | no
    -20d        |
    => 90d: 1
    """,
)
def competitor_mentions(t: Facts) -> Term:
    """Number of contacts in which a competitor was named."""
    return t.count(t.mentions_competitor)
