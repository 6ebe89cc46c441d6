"""Whether tickets come faster: against before, against peers, against use 服务量变化."""

from ibis.expr import types as ir

from features.catalog import profile, tickets_volume, usage_level
from features.facts import Facts
from features.signal import derived, signal
from features.tables import TICKETS
from features.terms import Term, ratio
from features.values import Values


@signal(
    TICKETS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "Usually asks for help every {value} days",
        "zh": "平均每 {value} 天提交一次工单",
    },
    example="""
    opened_at | topic
    -10d      | billing
    -20d      | login
    -50d      | billing
    => 20
    """,
)
def gap_days_mean(t: Facts) -> Term:
    """Mean days between two tickets."""
    return t.mean(t.days_since_previous())


@derived(
    TICKETS,
    days=(
        30,
        90,
    ),
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "Tickets of the last {days} days were {value} times those of the {days} days before",
        "zh": "近 {days} 天工单数为此前 {days} 天的 {value} 倍",
    },
    example="""
    opened_at | topic
    -10d      | billing
    -40d      | login
    -50d      | billing
    => 30d: 1/2, 90d: none
    """,
)
def tickets_change(s: Values) -> ir.Value:
    """Tickets of the window over those of the window before."""
    return s.change(tickets_volume.tickets)


@derived(
    TICKETS,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "Asks for help {value} times as often as firms of the same industry",
        "zh": "近 {days} 天工单数为同行平均的 {value} 倍",
    },
    example="""
    opened_at | customer_id
    -1d       |
    -2d       |
    -3d       | b
    customers
    signed_up_at | customer_id | industry
    -400d        |             | example_tickets
    -400d        | b           | example_tickets
    -400d        | c           | example_tickets
    => 90d: 2
    """,
)
def tickets_against_peers(s: Values) -> ir.Value:
    """Tickets over the mean of the customers of the same industry at the same cutoff."""
    return ratio(s(tickets_volume.tickets), s.peers_mean(s(tickets_volume.tickets), s(profile.industry)))


@derived(
    TICKETS,
    days=(90,),
    unit="ratio",
    empty=None,
    risk="rises",
    say={
        "en": "{value} tickets for each use of the product in the last {days} days",
        "zh": "近 {days} 天每次使用对应 {value} 个工单",
    },
    example="""
    opened_at | topic
    -10d      | billing
    usage_events
    happened_at | event_type
    -10d        | login
    -11d        | login
    => 90d: 1/2
    """,
)
def tickets_per_use(s: Values) -> ir.Value:
    """Tickets over uses of the product."""
    return ratio(s(tickets_volume.tickets), s(usage_level.events))
