"""Deals in the funnel: movement, steps, and where it breaks 商机."""

import ibis
from ibis.expr import types as ir

from features.facts import Facts
from features.signal import derived, signal
from features.tables import DEALS
from features.terms import Term, ratio
from features.values import Values


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
    say={
        "en": "{value} deals in the last {days} days",
        "zh": "近 {days} 天商机 {value} 个",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | quote
    -20d       | a       | lead
    -30d       | b       | lead
    => 365d: 2
    """,
)
def deals(t: Facts) -> Term:
    """Number of different deals that moved."""
    return t.distinct(t.deal_id)


@signal(
    DEALS,
    days=(365,),
    unit="deals",
    empty=0,
    say={
        "en": "{value} deals of the last {days} days are open",
        "zh": "近 {days} 天仍有 {value} 个商机在推进",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | won
    -20d       | a       | lead
    -30d       | b       | lead
    => 365d: 1
    """,
)
def open_deals(t: Facts) -> Term:
    """Number of deals that moved and were neither won nor lost."""
    return t.distinct(t.deal_id) - t.distinct(t.deal_id, t.stage.isin(["won", "lost"]))


@derived(
    DEALS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "An open deal has not moved for longer than usual: {value}",
        "zh": "在推进的商机停滞过久：{value}",
    },
    example="""
    entered_at | deal_id | stage
    -8d        | a       | quote
    => 1
    """,
)
def stalled(s: Values) -> ir.Value:
    """Whether there is an open deal and none has moved for 7 days (unless configured), 1 or 0."""
    is_stalled = s(days_since_movement) > s.thresholds.deal_stalled_days
    return (is_stalled & (s(open_deals, 365) > 0)).cast("float64")


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


@signal(
    DEALS,
    days=(365,),
    unit="share",
    empty=None,
    risk="falls",
    say={
        "en": "{value} of the deals decided in the last {days} days were won",
        "zh": "近 {days} 天赢单率 {value}",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | won
    -20d       | b       | lost
    => 365d: 1/2
    """,
)
def win_share(t: Facts) -> Term:
    """Deals won over deals won or lost."""
    return t.share(t.stage == "won", of=t.stage.isin(["won", "lost"]))


@signal(
    DEALS,
    days=(365,),
    unit="leads",
    empty=0,
    risk="falls",
    say={
        "en": "{value} new leads in the last {days} days",
        "zh": "近 {days} 天新增线索 {value} 条",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | quote
    -20d       | a       | lead
    => 365d: 1
    """,
)
def leads(t: Facts) -> Term:
    """Number of new leads."""
    return t.count(t.stage == "lead")


@signal(
    DEALS,
    days=(365,),
    unit="quotes",
    empty=0,
    say={
        "en": "{value} quotes in the last {days} days",
        "zh": "近 {days} 天报价 {value} 次",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | quote
    -20d       | a       | lead
    => 365d: 1
    """,
)
def quotes(t: Facts) -> Term:
    """Number of deals that reached the quote."""
    return t.count(t.stage == "quote")


@signal(
    DEALS,
    days=(365,),
    unit="deals",
    empty=0,
    say={
        "en": "{value} deals reached contract approval in the last {days} days",
        "zh": "近 {days} 天进入合同审批 {value} 个",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | contract_approval
    -20d       | a       | quote
    => 365d: 1
    """,
)
def approvals(t: Facts) -> Term:
    """Number of deals that reached contract approval."""
    return t.count(t.stage == "contract_approval")


@derived(
    DEALS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the quotes of the last {days} days went no further",
        "zh": "近 {days} 天报价后中断的占比 {value}",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | contract_approval
    -20d       | a       | quote
    -30d       | b       | quote
    => 365d: 1/2
    """,
)
def broken_after_quote(s: Values) -> ir.Value:
    """Quotes that did not reach contract approval in the window, as a share of the quotes."""
    return ratio(ibis.greatest(s(quotes) - s(approvals), 0.0), s(quotes))


@derived(
    DEALS,
    days=(365,),
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the contract approvals of the last {days} days were not won",
        "zh": "近 {days} 天卡在合同审批的占比 {value}",
    },
    example="""
    entered_at | deal_id | stage
    -10d       | a       | won
    -20d       | a       | contract_approval
    -30d       | b       | contract_approval
    => 365d: 1/2
    """,
)
def broken_in_approval(s: Values) -> ir.Value:
    """Deals in contract approval that were not won in the window, as a share of those."""
    return ratio(ibis.greatest(s(approvals) - s(won), 0.0), s(approvals))
