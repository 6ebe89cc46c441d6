"""The contract: its clock, its price and what was agreed 合同."""

from features.facts import Facts
from features.signal import signal
from features.tables import CONTRACTS
from features.terms import Term


@signal(
    CONTRACTS,
    unit="days",
    empty=None,
    risk="falls",
    core=True,
    say={
        "en": "{value} days to the end of the term",
        "zh": "距合同到期还有 {value} 天",
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


@signal(
    CONTRACTS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "Under contract for {value} days",
        "zh": "签约已 {value} 天",
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
    unit="currency",
    empty=None,
    say={
        "en": "Pays {value} a month",
        "zh": "当前月费 {value}",
    },
    example="""
    started_at | monthly_price
    -400d      | 80
    -35d       | 100
    => 100
    """,
)
def monthly_price(t: Facts) -> Term:
    """Monthly price of the newest term."""
    return t.latest(t.monthly_price)


@signal(
    CONTRACTS,
    unit="share",
    empty=None,
    say={
        "en": "Has a discount of {value}",
        "zh": "当前折扣率 {value}",
    },
    example="""
    started_at | discount_share
    -400d      | 0.3
    -35d       | 0.1
    => 0.1
    """,
)
def discount_share(t: Facts) -> Term:
    """Discount of the newest term as a share of the list price."""
    return t.latest(t.discount_share)


@signal(
    CONTRACTS,
    unit="share",
    empty=None,
    risk="rises",
    core=True,
    say={
        "en": "The renewal offer is {value} above the first price",
        "zh": "续约报价比首次价格高 {value}",
    },
    example="""
    started_at | monthly_price | renewal_offered_at | renewal_price
    -400d      | 80            | -40d               | 100
    -35d       | 100           | -1d                | 120
    => 0.5
    """,
)
def renewal_price_gap(t: Facts) -> Term:
    """Price betrayal: newest renewal offer over the cheapest monthly price ever paid, minus 1."""
    return t.latest(t.renewal_price) / t.min(t.monthly_price) - 1


@signal(
    CONTRACTS,
    unit="seats",
    empty=None,
    say={
        "en": "Has {value} seats",
        "zh": "当前席位数 {value}",
    },
    example="""
    started_at | seats
    -400d      | 5
    -35d       | 8
    => 8
    """,
)
def seats(t: Facts) -> Term:
    """Seats of the newest term."""
    return t.latest(t.seats)


@signal(
    CONTRACTS,
    unit="flag",
    empty=None,
    risk="falls",
    say={
        "en": "Renews by itself: {value} (1 yes, 0 no)",
        "zh": "是否自动续约:{value}(1 是,0 否)",
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


@signal(
    CONTRACTS,
    unit="category",
    empty=None,
    say={
        "en": "Is on the plan {value}",
        "zh": "当前套餐为 {value}",
    },
    example="""
    started_at | plan
    -400d      | basic
    -35d       | team
    => team
    """,
)
def plan(t: Facts) -> Term:
    """Plan of the newest term."""
    return t.latest(t.plan)


@signal(
    CONTRACTS,
    unit="category",
    empty=None,
    say={
        "en": "Is billed by the {value}",
        "zh": "计费周期为 {value}",
    },
    example="""
    started_at | billing_period
    -400d      | month
    -35d       | year
    => year
    """,
)
def billing_period(t: Facts) -> Term:
    """Billing period of the newest term."""
    return t.latest(t.billing_period)
