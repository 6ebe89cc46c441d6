"""The relationship: how recently and how often we speak, and who begins 关系."""

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
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The last contact of any kind was {value} days ago",
        "zh": "距上次联系已 {value} 天",
    },
    example="""
    happened_at | kind
    -40d        | outreach
    -10d        | inbound
    => 10
    """,
)
def days_since_last(t: Facts) -> Term:
    """Days since the last contact of any kind."""
    return t.days_since_last()


@signal(
    INTERACTIONS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The customer last contacted us {value} days ago",
        "zh": "距客户上次主动联系已 {value} 天",
    },
    example="""
    happened_at | kind
    -40d        | inbound
    -10d        | outreach
    => 40
    """,
)
def days_since_inbound(t: Facts) -> Term:
    """Days since the customer last began a contact."""
    return t.days_since_last(t.kind == "inbound")


@signal(
    INTERACTIONS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The last visit was {value} days ago",
        "zh": "距上次拜访已 {value} 天",
    },
    example="""
    happened_at | kind
    -40d        | visit
    -10d        | outreach
    => 40
    """,
)
def days_since_visit(t: Facts) -> Term:
    """Days since the last visit."""
    return t.days_since_last(t.kind == "visit")


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
    unit="reviews",
    empty=0,
    risk="falls",
    say={
        "en": "{value} business reviews in the last {days} days",
        "zh": "近 {days} 天业务回顾 {value} 次",
    },
    example="""
    happened_at | kind
    -40d        | business_review
    -10d        | inbound
    -400d       | business_review
    => 365d: 1
    """,
)
def business_reviews(t: Facts) -> Term:
    """Number of business reviews; four a year is the rule."""
    return t.count(t.kind == "business_review")


@signal(
    INTERACTIONS,
    days=(90,),
    unit="flag",
    empty=1,
    risk="rises",
    say={
        "en": "No business review in the last {days} days: {value}",
        "zh": "近 {days} 天未做业务回顾：{value}",
    },
    example="""
    happened_at | kind
    -91d        | business_review
    -10d        | inbound
    => 90d: 1
    """,
)
def no_business_review(t: Facts) -> Term:
    """Whether there was no business review in the window, 1 or 0."""
    return t.count(t.kind == "business_review").map(lambda reviews: (reviews == 0).cast("float64"))


@signal(
    INTERACTIONS,
    days=(
        30,
        90,
        365,
    ),
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
    => 30d: 1, 90d: 2, 365d: 3
    """,
)
def contacts(t: Facts) -> Term:
    """Number of contacts of any kind."""
    return t.count()


@signal(
    INTERACTIONS,
    days=(
        90,
        365,
    ),
    unit="contacts",
    empty=0,
    risk="falls",
    say={
        "en": "We reached out {value} times in the last {days} days",
        "zh": "近 {days} 天我方主动联系 {value} 次",
    },
    example="""
    happened_at | is_proactive
    -40d        | yes
    -10d        | no
    -100d       | yes
    => 90d: 1, 365d: 2
    """,
)
def outreach(t: Facts) -> Term:
    """Number of contacts that began with us."""
    return t.count(t.is_proactive)


@signal(
    INTERACTIONS,
    days=(90,),
    unit="contacts",
    empty=0,
    risk="falls",
    say={
        "en": "The customer contacted us {value} times in the last {days} days",
        "zh": "近 {days} 天客户主动联系 {value} 次",
    },
    example="""
    happened_at | kind
    -40d        | inbound
    -10d        | visit
    -100d       | inbound
    => 90d: 1
    """,
)
def inbound(t: Facts) -> Term:
    """Number of contacts that began with the customer."""
    return t.count(t.kind == "inbound")


@signal(
    INTERACTIONS,
    days=(365,),
    unit="visits",
    empty=0,
    risk="falls",
    say={
        "en": "{value} visits in the last {days} days",
        "zh": "近 {days} 天拜访 {value} 次",
    },
    example="""
    happened_at | kind
    -40d        | visit
    -10d        | inbound
    => 365d: 1
    """,
)
def visits(t: Facts) -> Term:
    """Number of visits."""
    return t.count(t.kind == "visit")


@signal(
    INTERACTIONS,
    days=(365,),
    unit="channels",
    empty=0,
    risk="falls",
    say={
        "en": "Spoke with us on {value} different channels in the last {days} days",
        "zh": "近 {days} 天通过 {value} 种渠道沟通",
    },
    example="""
    happened_at | channel
    -40d        | mail
    -10d        | phone
    -20d        | mail
    => 365d: 2
    """,
)
def channels(t: Facts) -> Term:
    """Number of different channels of contact."""
    return t.distinct(t.channel)


@signal(
    INTERACTIONS,
    days=(365,),
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "{value} of the contacts of the last {days} days began with us",
        "zh": "近 {days} 天由我方发起的联系占 {value}",
    },
    example="""
    happened_at | is_proactive
    -40d        | yes
    -10d        | no
    -20d        | yes
    -30d        | yes
    => 365d: 3/4
    """,
)
def proactive_share(t: Facts) -> Term:
    """Share of contacts that began with us."""
    return t.share(t.is_proactive)
