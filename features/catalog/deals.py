"""Deals in the funnel: movement, and where it breaks 商机."""

from features.facts import Facts
from features.signal import signal
from features.tables import DEALS
from features.terms import Term


@signal(
    DEALS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "No deal has moved for {value} days",
        "zh": "商机已 {value} 天无进展",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | quote
    -20d       | b       | lead
    => 10
    """,
)
def days_since_movement(t: Facts) -> Term:
    """Days since a deal last entered a stage."""
    return t.days_since_last()


@signal(
    DEALS,
    days=(365,),
    unit="deals",
    empty=0,
    risk="falls",
    say={
        "en": "{value} deals were won in the last {days} days",
        "zh": "近 {days} 天赢单 {value} 个",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | won
    -20d       | b       | lost
    -400d      | c       | won
    => 365d: 1
    """,
)
def won(t: Facts) -> Term:
    """Number of deals won."""
    return t.count(t.stage == "won")


@signal(
    DEALS,
    days=(365,),
    unit="deals",
    empty=0,
    risk="rises",
    say={
        "en": "{value} deals were lost in the last {days} days",
        "zh": "近 {days} 天丢单 {value} 个",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | won
    -20d       | b       | lost
    -400d      | c       | lost
    => 365d: 1
    """,
)
def lost(t: Facts) -> Term:
    """Number of deals lost."""
    return t.count(t.stage == "lost")
