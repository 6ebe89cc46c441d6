"""Who the customer is: what was known when the relationship began, and its age."""

from features.facts import Facts
from features.signal import signal
from features.tables import CUSTOMERS
from features.terms import Term


@signal(
    CUSTOMERS,
    unit="days",
    empty=None,
    risk="falls",
    say={
        "en": "A customer for {value} days",
        "zh": "成为客户已 {value} 天",
    },
    example="""
    signed_up_at
    -100d
    => 100
    """,
)
def tenure_days(t: Facts) -> Term:
    """Days since the relationship began."""
    return t.days_since_first()


@signal(
    CUSTOMERS,
    unit="category",
    empty=None,
    say={
        "en": "Works in the industry {value}",
        "zh": "所属行业为 {value}",
    },
    example="""
    signed_up_at | industry
    -100d        | retail
    => retail
    """,
)
def industry(t: Facts) -> Term:
    """Industry."""
    return t.latest(t.industry)


@signal(
    CUSTOMERS,
    unit="category",
    empty=None,
    say={
        "en": "Company size: {value}",
        "zh": "企业规模为 {value}",
    },
    example="""
    signed_up_at | company_size
    -100d        | small
    => small
    """,
)
def company_size(t: Facts) -> Term:
    """Size class at sign-up."""
    return t.latest(t.company_size)


@signal(
    CUSTOMERS,
    unit="category",
    empty=None,
    say={
        "en": "Is in the region {value}",
        "zh": "所在地区为 {value}",
    },
    example="""
    signed_up_at | region
    -100d        | north
    => north
    """,
)
def region(t: Facts) -> Term:
    """Region at sign-up."""
    return t.latest(t.region)


@signal(
    CUSTOMERS,
    unit="category",
    empty=None,
    say={
        "en": "Was won through the channel {value}",
        "zh": "获客渠道为 {value}",
    },
    example="""
    signed_up_at | channel
    -100d        | web
    => web
    """,
)
def channel(t: Facts) -> Term:
    """Channel that won the customer."""
    return t.latest(t.channel)


@signal(
    CUSTOMERS,
    unit="people",
    empty=None,
    say={
        "en": "Has {value} employees",
        "zh": "员工 {value} 人",
    },
    example="""
    signed_up_at | employees
    -100d        | 40
    => 40
    """,
)
def employees(t: Facts) -> Term:
    """Employees at sign-up."""
    return t.latest(t.employees)


@signal(
    CUSTOMERS,
    unit="currency",
    empty=None,
    say={
        "en": "Winning the customer cost {value}",
        "zh": "获客成本 {value}",
    },
    example="""
    signed_up_at | acquisition_cost
    -100d        | 40.5
    => 40.5
    """,
)
def acquisition_cost(t: Facts) -> Term:
    """What winning the customer cost."""
    return t.latest(t.acquisition_cost)
