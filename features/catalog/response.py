"""How the customer responds to us: replies, campaigns, offers; competitors, price and mood in our notes 响应."""

from ibis.expr import types as ir

from features.facts import Facts
from features.signal import derived, signal
from features.tables import INTERACTIONS
from features.terms import Term
from features.values import Values


@signal(
    INTERACTIONS,
    days=(
        90,
        365,
    ),
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
    -100d       | yes          | -99d
    -5d         | no           | -4d
    => 90d: 1/3, 365d: 1/2
    """,
)
def reply_share(t: Facts) -> Term:
    """Share of our contacts that the customer had answered by the cutoff."""
    return t.share(t.is_known("replied_at"), of=t.is_proactive)


@derived(
    INTERACTIONS,
    days=(90,),
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "The share of answers in the last {days} days is {value} above that of the year",
        "en_below": "The share of answers in the last {days} days is {value} below that of the year",
        "zh": "近 {days} 天回复率较近一年高 {value}",
        "zh_below": "近 {days} 天回复率较近一年低 {value}",
    },
    example="""
    happened_at | is_proactive | replied_at
    -10d        | yes          |
    -100d       | yes          | -99d
    => 90d: -1/2
    """,
)
def reply_share_change(s: Values) -> ir.Value:
    """Share of answered contacts of the window minus that of the last year."""
    return s(reply_share) - s(reply_share, 365)


@signal(
    INTERACTIONS,
    days=(90,),
    unit="contacts",
    empty=0,
    risk="rises",
    say={
        "en": "{value} of our messages of the last {days} days are unanswered",
        "zh": "近 {days} 天我方有 {value} 次联系未获回复",
    },
    example="""
    happened_at | is_proactive | replied_at
    -40d        | yes          | -39d
    -10d        | yes          |
    -20d        | yes          | +1d
    -5d         | no           |
    => 90d: 2
    """,
)
def unanswered(t: Facts) -> Term:
    """Number of our contacts that were not answered by the cutoff."""
    return t.count(t.is_proactive & ~t.is_known("replied_at"))


@signal(
    INTERACTIONS,
    days=(365,),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Answered after {value} days on average in the last {days} days",
        "zh": "近 {days} 天平均 {value} 天回复",
    },
    example="""
    happened_at | is_proactive | replied_at
    -40d        | yes          | -39d
    -10d        | yes          | -7d
    -5d         | yes          | +5d
    => 365d: 2
    """,
)
def reply_days_mean(t: Facts) -> Term:
    """Mean days from our contact to the answer."""
    return t.mean(t.days_between("happened_at", "replied_at"), t.is_proactive)


@signal(
    INTERACTIONS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "Last answered {value} days ago",
        "zh": "距客户上次回复已 {value} 天",
    },
    example="""
    happened_at | replied_at
    -40d        | -39d
    -10d        |
    => 39
    """,
)
def days_since_reply(t: Facts) -> Term:
    """Days since the customer last answered."""
    return t.days_since_last(at="replied_at")


@signal(
    INTERACTIONS,
    days=(180,),
    unit="campaigns",
    empty=0,
    say={
        "en": "Was sent {value} campaigns in the last {days} days",
        "zh": "近 {days} 天触达营销活动 {value} 次",
    },
    example="""
    happened_at | kind
    -40d        | campaign
    -10d        | offer
    => 180d: 1
    """,
)
def campaigns(t: Facts) -> Term:
    """Number of campaigns sent."""
    return t.count(t.kind == "campaign")


@signal(
    INTERACTIONS,
    days=(180,),
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "Responded to {value} of the campaigns of the last {days} days",
        "zh": "近 {days} 天营销活动响应率 {value}",
    },
    example="""
    happened_at | kind     | replied_at
    -40d        | campaign | -39d
    -10d        | campaign |
    -10d        | outreach | -5d
    => 180d: 1/2
    """,
)
def campaign_reply_share(t: Facts) -> Term:
    """Share of campaigns that the customer responded to by the cutoff."""
    return t.share(t.is_known("replied_at"), of=t.kind == "campaign")


@signal(
    INTERACTIONS,
    days=(180,),
    unit="offers",
    empty=0,
    risk="rises",
    say={
        "en": "Was made {value} offers in the last {days} days",
        "zh": "近 {days} 天收到优惠方案 {value} 次",
    },
    example="""
    happened_at | kind
    -40d        | campaign
    -10d        | offer
    => 180d: 1
    """,
)
def offers(t: Facts) -> Term:
    """Number of offers made."""
    return t.count(t.kind == "offer")


@signal(
    INTERACTIONS,
    days=(180,),
    unit="offers",
    empty=0,
    risk="rises",
    say={
        "en": "{value} offers of the last {days} days are unanswered",
        "zh": "近 {days} 天有 {value} 次优惠方案未获回复",
    },
    example="""
    happened_at | kind  | replied_at
    -40d        | offer | -39d
    -10d        | offer |
    => 180d: 1
    """,
)
def offers_unanswered(t: Facts) -> Term:
    """Number of offers that were not answered by the cutoff."""
    return t.count((t.kind == "offer") & ~t.is_known("replied_at"))


@signal(
    INTERACTIONS,
    days=(
        90,
        365,
    ),
    unit="contacts",
    empty=0,
    risk="rises",
    say={
        "en": "Named a competitor {value} times in the last {days} days",
        "zh": "近 {days} 天提及竞争对手 {value} 次",
    },
    example="""
    happened_at | mentions_competitor
    -40d        | yes
    -10d        | no
    -20d        |
    -100d       | yes
    => 90d: 1, 365d: 2
    """,
)
def competitor_mentions(t: Facts) -> Term:
    """Number of contacts in which a competitor was named."""
    return t.count(t.mentions_competitor)


@signal(
    INTERACTIONS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "Last named a competitor {value} days ago",
        "zh": "距上次提及竞争对手已 {value} 天",
    },
    example="""
    happened_at | mentions_competitor
    -40d        | yes
    -10d        | no
    => 40
    """,
)
def days_since_competitor(t: Facts) -> Term:
    """Days since a competitor was last named."""
    return t.days_since_last(t.mentions_competitor)


@signal(
    INTERACTIONS,
    days=(180,),
    unit="contacts",
    empty=0,
    risk="rises",
    say={
        "en": "Spoke of prices {value} times in the last {days} days",
        "zh": "近 {days} 天谈及价格 {value} 次",
    },
    example="""
    happened_at | mentions_price
    -40d        | yes
    -10d        | no
    => 180d: 1
    """,
)
def price_mentions(t: Facts) -> Term:
    """Number of contacts in which prices were mentioned."""
    return t.count(t.mentions_price)


@signal(
    INTERACTIONS,
    days=(180,),
    unit="contacts",
    empty=0,
    risk="rises",
    say={
        "en": "Spoke of leaving {value} times in the last {days} days",
        "zh": "近 {days} 天流露离开意向 {value} 次",
    },
    example="""
    happened_at | mentions_leaving
    -40d        | yes
    -10d        | no
    => 180d: 1
    """,
)
def leaving_mentions(t: Facts) -> Term:
    """Number of contacts in which leaving was mentioned."""
    return t.count(t.mentions_leaving)


@signal(
    INTERACTIONS,
    days=(180,),
    unit="score",
    empty=None,
    risk="falls",
    say={
        "en": "The mood in our notes of the last {days} days is {value} (-1 complaint, 1 praise)",
        "zh": "近 {days} 天沟通记录情绪均值 {value}（-1 为抱怨，1 为好评）",
    },
    example="""
    happened_at | sentiment
    -40d        | -1
    -10d        | 0.5
    => 180d: -0.25
    """,
)
def sentiment_mean(t: Facts) -> Term:
    """Mean mood of the notes."""
    return t.mean(t.sentiment)
