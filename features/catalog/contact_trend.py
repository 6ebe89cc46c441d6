"""Whether contact fades, and who looks after the customer 联系变化."""

from ibis.expr import types as ir

from features.catalog import contact
from features.facts import Facts
from features.signal import derived, signal
from features.tables import INTERACTIONS
from features.terms import Term, ratio
from features.values import Values


@signal(
    INTERACTIONS,
    unit="flag",
    empty=1,
    risk="rises",
    say={
        "en": "No account manager was ever assigned: {value}",
        "zh": "从未分配客户成功经理：{value}",
    },
    example="""
    happened_at | kind
    -40d        | csm_assigned
    -10d        | inbound
    => 0
    """,
)
def never_had_manager(t: Facts) -> Term:
    """Whether no customer success manager was ever assigned, 1 or 0."""
    return t.count(t.kind == "csm_assigned").map(lambda assigned: (assigned == 0).cast("float64"))


@signal(
    INTERACTIONS,
    days=(365,),
    unit="changes",
    empty=0,
    risk="rises",
    say={
        "en": "A new account manager {value} times in the last {days} days",
        "zh": "近 {days} 天更换客户成功经理 {value} 次",
    },
    example="""
    happened_at | kind
    -40d        | csm_assigned
    -10d        | csm_assigned
    => 365d: 2
    """,
)
def manager_changes(t: Facts) -> Term:
    """Number of times that a customer success manager was assigned."""
    return t.count(t.kind == "csm_assigned")


@signal(
    INTERACTIONS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "The account manager changed {value} days ago",
        "zh": "客户成功经理于 {value} 天前变更",
    },
    example="""
    happened_at | kind
    -40d        | csm_assigned
    => 40
    """,
)
def days_since_new_manager(t: Facts) -> Term:
    """Days since a customer success manager was assigned."""
    return t.days_since_last(t.kind == "csm_assigned")


@signal(
    INTERACTIONS,
    days=(365,),
    unit="days",
    empty=None,
    risk="rises",
    say={
        "en": "In the last {days} days there was a contact every {value} days",
        "zh": "近 {days} 天平均每 {value} 天联系一次",
    },
    example="""
    happened_at | kind
    -10d        | inbound
    -20d        | outreach
    -50d        | visit
    => 365d: 20
    """,
)
def gap_days_mean(t: Facts) -> Term:
    """Mean days between contacts, of the gaps that ended in the window."""
    return t.mean(t.days_since_previous())


@derived(
    INTERACTIONS,
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "No contact for {value} times the usual gap",
        "zh": "未联系时长为平均联系间隔的 {value} 倍",
    },
    example="""
    happened_at | kind
    -10d        | inbound
    -20d        | outreach
    => 1
    """,
)
def silence_ratio(s: Values) -> ir.Value:
    """Days since the last contact over the mean gap between contacts of the last year."""
    return ratio(s(contact.days_since_last), s(gap_days_mean, 365))


@derived(
    INTERACTIONS,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "Contacts of the last {days} days were {value} times those of the {days} days before",
        "zh": "近 {days} 天联系次数为此前 {days} 天的 {value} 倍",
    },
    example="""
    happened_at | kind
    -10d        | inbound
    -100d       | outreach
    -110d       | outreach
    => 90d: 1/2
    """,
)
def contacts_change(s: Values) -> ir.Value:
    """Contacts of the window over those of the window before."""
    return s.change(contact.contacts)


@derived(
    INTERACTIONS,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="falls",
    say={
        "en": "The customer's own contacts of the last {days} days were {value} times those of the {days} days before",
        "zh": "近 {days} 天客户主动联系次数为此前 {days} 天的 {value} 倍",
    },
    example="""
    happened_at | kind
    -10d        | inbound
    -100d       | inbound
    -110d       | outreach
    => 90d: 1
    """,
)
def inbound_change(s: Values) -> ir.Value:
    """Contacts begun by the customer in the window over those of the window before."""
    return s.change(contact.inbound)
