"""Deals on their way: time in stages, how they end, and for how much 商机进展与结果."""

from ibis.expr import types as ir

from features.facts import Facts
from features.signal import derived, signal
from features.tables import DEALS
from features.terms import Term
from features.values import Values


@signal(
    DEALS,
    days=(365,),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "A deal of the last {days} days stayed {value} days in a stage",
        "zh": "近 {days} 天商机平均每阶段停留 {value} 天",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | won
    -20d       | a       | quote
    -15d       | b       | quote
    -35d       | b       | lead
    => 365d: 15
    """,
)
def days_in_stage_mean(t: Facts) -> Term:
    """Mean days from one stage of a deal to its next."""
    return t.mean(t.days_since_previous("deal_id"))


@signal(
    DEALS,
    days=(365,),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "A deal of the last {days} days stayed in a stage for {value} days",
        "zh": "近 {days} 天商机单阶段最长停留 {value} 天",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | won
    -20d       | a       | quote
    -15d       | b       | quote
    -35d       | b       | lead
    => 365d: 20
    """,
)
def days_in_stage_max(t: Facts) -> Term:
    """Most days from one stage of a deal to its next."""
    return t.max(t.days_since_previous("deal_id"))


@signal(
    DEALS,
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "The last deal was won {value} days ago",
        "zh": "距上次赢单已 {value} 天",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | won
    -5d        | b       | lost
    => 10
    """,
)
def days_since_won(t: Facts) -> Term:
    """Days since a deal was last won."""
    return t.days_since_last(t.stage == "won")


@signal(
    DEALS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "The last deal was lost {value} days ago",
        "zh": "距上次丢单已 {value} 天",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | won
    -5d        | b       | lost
    => 5
    """,
)
def days_since_lost(t: Facts) -> Term:
    """Days since a deal was last lost."""
    return t.days_since_last(t.stage == "lost")


@signal(
    DEALS,
    days=(
        180,
        365,
    ),
    unit="currency",
    empty=0,
    risk="falls",
    say={
        "en": "Deals worth {value} were won in the last {days} days",
        "zh": "近 {days} 天赢单金额 {value}",
    },
    example="""
    entered_at | stage | amount
    -10d       | won   | 10
    -200d      | won   | 5
    -5d        | lost  | 7
    => 180d: 10, 365d: 15
    """,
)
def won_amount(t: Facts) -> Term:
    """Amount of the deals won."""
    return t.sum(t.amount, t.stage == "won")


@derived(
    DEALS,
    days=(180,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Deals won in the last {days} days were worth {value} times those of the {days} days before",
        "zh": "近 {days} 天赢单金额为此前 {days} 天的 {value} 倍",
    },
    example="""
    entered_at | stage | amount
    -10d       | won   | 10
    -200d      | won   | 5
    => 180d: 2
    """,
)
def won_amount_change(s: Values) -> ir.Value:
    """Amount won in the window over that of the window before."""
    return s.change(won_amount)


@signal(
    DEALS,
    days=(365,),
    unit="currency",
    empty=0,
    say={
        "en": "{value} was quoted in the last {days} days",
        "zh": "近 {days} 天报价金额 {value}",
    },
    example="""
    entered_at | stage | amount
    -10d       | quote | 10
    -5d        | lost  | 7
    => 365d: 10
    """,
)
def quoted_amount(t: Facts) -> Term:
    """Amount of the quotes."""
    return t.sum(t.amount, t.stage == "quote")


@signal(
    DEALS,
    unit="category",
    empty=None,
    say={
        "en": "The newest step in the funnel was {value}",
        "zh": "商机最新阶段为 {value}",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | won
    -5d        | b       | lead
    => lead
    """,
)
def stage_last(t: Facts) -> Term:
    """Stage that a deal last entered."""
    return t.latest(t.stage)


@signal(
    DEALS,
    days=(90,),
    unit="movements",
    empty=0,
    risk="falls",
    say={
        "en": "Deals moved {value} times in the last {days} days",
        "zh": "近 {days} 天商机推进 {value} 次",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | won
    -20d       | a       | quote
    -100d      | a       | lead
    => 90d: 2
    """,
)
def movements(t: Facts) -> Term:
    """Number of stages entered."""
    return t.count()
