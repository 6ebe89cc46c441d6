"""The contract's clock: its end, its renewal and its beginnings 合同节点."""

import ibis
from ibis.expr import types as ir

from features.facts import Facts
from features.signal import derived, signal
from features.tables import CONTRACTS
from features.terms import Term, ratio
from features.values import Values


@signal(
    CONTRACTS,
    unit="days",
    empty=None,
    risk="falls",
    core=True,
    say={
        "en": "{value} days to the end of the term",
        "en_below": "The term ended {value} days ago",
        "zh": "距合同到期还有 {value} 天",
        "zh_below": "合同已到期 {value} 天",
    },
    example="""
    started_at | ends_at
    -400d      | -35d
    -35d       | +330d
    => 330
    """,
)
def days_to_end(t: Facts) -> Term:
    """Days to the agreed end of the newest term, negative once it has passed."""
    return t.days_until("ends_at")


@derived(
    CONTRACTS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "The term ends within 30 days: {value}",
        "zh": "合同将在 30 天内到期：{value}",
    },
    example="""
    started_at | ends_at
    -335d      | +30d
    => 1
    """,
)
def ends_within_30_days(s: Values) -> ir.Value:
    """Whether the newest term ends within 30 days, 1 or 0."""
    return s(days_to_end).between(0, 30).cast("float64")


@derived(
    CONTRACTS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "The term ends within 90 days: {value}",
        "zh": "合同将在 90 天内到期：{value}",
    },
    example="""
    started_at | ends_at
    -335d      | +91d
    => 0
    """,
)
def ends_within_90_days(s: Values) -> ir.Value:
    """Whether the newest term ends within 90 days, 1 or 0."""
    return s(days_to_end).between(0, 90).cast("float64")


@signal(
    CONTRACTS,
    unit="days",
    empty=None,
    say={
        "en": "The term began {value} days ago",
        "zh": "当前合同已履行 {value} 天",
    },
    example="""
    started_at | ends_at
    -400d      | -35d
    -35d       | +330d
    => 35
    """,
)
def days_since_start(t: Facts) -> Term:
    """Days since the newest term began."""
    return t.days_since_last()


@signal(
    CONTRACTS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "Under contract for {value} days",
        "zh": "首次签约距今 {value} 天",
    },
    example="""
    started_at | ends_at
    -400d      | -35d
    -35d       | +330d
    => 400
    """,
)
def days_since_first_term(t: Facts) -> Term:
    """Days since the first term began."""
    return t.days_since_first()


@signal(
    CONTRACTS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "The term lasts {value} days",
        "zh": "当前合同期 {value} 天",
    },
    example="""
    started_at | ends_at
    -400d      | -35d
    -35d       | +330d
    => 365
    """,
)
def term_days(t: Facts) -> Term:
    """Agreed length of the newest term."""
    return t.latest(t.days_between("started_at", "ends_at"))


@derived(
    CONTRACTS,
    unit="share",
    empty=None,
    risk="rises",
    say={
        "en": "{value} of the term has passed",
        "zh": "当前合同期已过 {value}",
    },
    example="""
    started_at | ends_at
    -25d       | +75d
    => 0.25
    """,
)
def term_passed(s: Values) -> ir.Value:
    """Share of the newest term that has passed, above 1 after its end."""
    return ratio(s(days_since_start), s(term_days))


@signal(
    CONTRACTS,
    unit="terms",
    empty=0,
    risk="falls",
    say={
        "en": "Is in term number {value}",
        "zh": "累计签约 {value} 期",
    },
    example="""
    started_at | contract_id
    -400d      | a
    -35d       | b
    => 2
    """,
)
def terms(t: Facts) -> Term:
    """Number of terms begun."""
    return t.count()


@signal(
    CONTRACTS,
    unit="terms",
    empty=0,
    risk="falls",
    say={
        "en": "Renewed {value} times",
        "zh": "已续约 {value} 次",
    },
    example="""
    started_at | contract_id | renewal_of
    -400d      | a           |
    -35d       | b           | a
    => 1
    """,
)
def renewals(t: Facts) -> Term:
    """Number of terms that renewed an earlier one."""
    return t.count(t.renewal_of.notnull())


@signal(
    CONTRACTS,
    unit="terms",
    empty=0,
    risk="rises",
    say={
        "en": "Stopped and came back {value} times",
        "zh": "曾中断后回归 {value} 次",
    },
    example="""
    started_at | ended_at
    -400d      | -300d
    -35d       |
    => 1
    """,
)
def interruptions(t: Facts) -> Term:
    """Number of terms after which service stopped without a next one, known by the cutoff."""
    return t.count(t.is_known("ended_at"))


@signal(
    CONTRACTS,
    unit="days",
    empty=None,
    say={
        "en": "The renewal offer went out {value} days ago",
        "zh": "续约方案已发出 {value} 天",
    },
    example="""
    started_at | renewal_offered_at
    -400d      | -40d
    -35d       | +1d
    => 40
    """,
)
def days_since_offer(t: Facts) -> Term:
    """Days since a renewal offer last went out."""
    return t.days_since_last(at="renewal_offered_at")


@signal(
    CONTRACTS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "The renewal offer went out {value} days before the end of the term",
        "zh": "续约方案在到期前 {value} 天发出",
    },
    example="""
    started_at | ends_at | renewal_offered_at
    -400d      | -35d    | -95d
    -35d       | +330d   |
    => 60
    """,
)
def offer_lead_days(t: Facts) -> Term:
    """Days from the newest renewal offer to the agreed end of its term."""
    return t.latest(t.days_between("renewal_offered_at", "ends_at"))


@derived(
    CONTRACTS,
    unit="flag",
    empty=0,
    risk="rises",
    say={
        "en": "The term ends within 60 days and no renewal was offered: {value}",
        "zh": "60 天内到期但尚未洽谈续约：{value}",
    },
    example="""
    started_at | ends_at | renewal_offered_at
    -400d      | -335d   | -340d
    -335d      | +30d    |
    => 1
    """,
)
def renewal_talk_late(s: Values) -> ir.Value:
    """Whether the newest term ends within 60 days without a renewal offer made since it began, 1 or 0."""
    no_offer = s(days_since_offer).fill_null(1e9) > s(days_since_start)
    return (s(days_to_end).between(0, 60) & no_offer).cast("float64")


@derived(
    CONTRACTS,
    unit="days",
    empty=0,
    risk="rises",
    say={
        "en": "The renewal offer has waited {value} days for an answer",
        "zh": "续约方案已等待答复 {value} 天",
    },
    example="""
    started_at | ends_at | renewal_offered_at
    -335d      | +30d    | -20d
    => 20
    """,
)
def offer_waits_days(s: Values) -> ir.Value:
    """Days since the renewal offer of the newest term; 0 without one."""
    is_open = s(days_since_offer) < s(days_since_start)
    return ibis.ifelse(is_open.fill_null(False), s(days_since_offer), 0.0)


@signal(
    CONTRACTS,
    unit="flag",
    empty=None,
    risk="falls",
    say={
        "en": "Renews by itself: {value}",
        "zh": "自动续约：{value}",
    },
    example="""
    started_at | auto_renew
    -400d      | no
    -35d       | yes
    => 1
    """,
)
def auto_renew(t: Facts) -> Term:
    """Whether the newest term renews by itself, 1 or 0."""
    return t.latest(t.auto_renew)
