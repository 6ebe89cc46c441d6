"""The canonical tables: what each column means, its unit and limits, and from when it is known.

Every other room reads this file: ingest maps onto it, validation generates its expectations from it, the simulator
fills it, and the point-in-time guard takes the knowledge times from it. All times are UTC without a zone, to the
microsecond. Any subset of the tables makes a project; only ``customers`` is derived when nobody brings it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Type = Literal["string", "int64", "float64", "boolean", "timestamp"]

KNOWN_AT = "known_at"


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Parameters
    ----------
    name
        Column name, lower snake case.
    type
        Storage type; ``timestamp`` is UTC without zone.
    meaning
        One sentence for the dictionary.
    unit
        Unit of a number, such as ``days`` or ``currency``.
    required
        Whether a mapping must provide the column, and whether it may hold nulls.
    known_from
        The time column of the same row from which this value is known; empty means: from when the row is known.
    static
        The value never changes during the relationship, so that it may be used at any cutoff.
    minimum, maximum
        Inclusive limits.
    allowed
        The values a category may take.
    not_before
        A time column of the same row that this time may not precede.
    """

    name: str
    type: Type
    meaning: str
    unit: str = ""
    required: bool = False
    known_from: str = ""
    static: bool = False
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()
    not_before: str = ""


@dataclass(frozen=True)
class Table:
    """A canonical table.

    Parameters
    ----------
    name
        Table name, plural where a row is a thing.
    meaning
        What one row is.
    key
        Columns that identify a row.
    happened_at
        The column that says when the fact happened; windows are cut on it.
    columns
        All columns but ``known_at``, which every table has: when the row was learned, by default ``happened_at``.
    """

    name: str
    meaning: str
    key: tuple[str, ...]
    happened_at: str
    columns: tuple[Column, ...] = field(repr=False)

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        if name == KNOWN_AT:
            return _KNOWN_AT
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return name == KNOWN_AT or any(column.name == name for column in self.columns)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """All columns with ``known_at`` last."""
        return (*self.columns, _KNOWN_AT)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that a mapping must provide."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def late_columns(self) -> dict[str, str]:
        """Columns learned later than their row, with the time column from which they are known."""
        return {column.name: column.known_from for column in self.columns if column.known_from}


_KNOWN_AT = Column(KNOWN_AT, "timestamp", "When the row was learned; equal to the time it happened unless mapped.")


def _text(name: str, meaning: str, **more: object) -> Column:
    return Column(name, "string", meaning, **more)  # type: ignore[arg-type]


def _number(name: str, meaning: str, unit: str, **more: object) -> Column:
    return Column(name, "float64", meaning, unit, **more)  # type: ignore[arg-type]


def _count(name: str, meaning: str, unit: str, **more: object) -> Column:
    return Column(name, "int64", meaning, unit, **more)  # type: ignore[arg-type]


def _time(name: str, meaning: str, **more: object) -> Column:
    return Column(name, "timestamp", meaning, **more)  # type: ignore[arg-type]


def _flag(name: str, meaning: str, **more: object) -> Column:
    return Column(name, "boolean", meaning, **more)  # type: ignore[arg-type]


def _later(name: str, meaning: str, after: str, **more: object) -> Column:
    """Declare a time that is itself unknown until it comes."""
    return _time(name, meaning, known_from=name, not_before=after, **more)


_CUSTOMER = _text("customer_id", "The customer that the row is about.", required=True)


def _read_from(source: str) -> tuple[Column, ...]:
    """Columns that are read from the text of a row when it is taken in."""
    subjects = {
        "price": "The price",
        "competitor": "A competitor",
        "slowness": "Slowness",
        "complexity": "Difficulty of use",
        "fault": "A fault",
        "poor_service": "Poor service",
        "leaving": "Leaving",
    }
    return (
        _number("sentiment", f"Mood of the {source}: -1 complaint, 1 praise.", "score", minimum=-1, maximum=1),
        *(_flag(f"mentions_{name}", f"{what} is mentioned in the {source}.") for name, what in subjects.items()),
    )


CUSTOMERS = Table(
    "customers",
    "One customer",
    ("customer_id",),
    "signed_up_at",
    (
        _CUSTOMER,
        _time("signed_up_at", "When the relationship began.", required=True),
        _text("name", "Name for the screens; never a signal.", static=True),
        _text("industry", "Industry 行业.", static=True),
        _text("company_size", "Size class at sign-up 规模.", static=True),
        _text("region", "Region at sign-up.", static=True),
        _text("channel", "Channel that won the customer.", static=True),
        _text("owner", "Who looks after the customer; never a signal."),
        _count("employees", "Employees at sign-up.", "people", static=True, minimum=0),
        _number("acquisition_cost", "What winning the customer cost.", "currency", static=True, minimum=0),
    ),
)

CONTRACTS = Table(
    "contracts",
    "One term of a contract or subscription; a renewal is a new row",
    ("contract_id",),
    "started_at",
    (
        _text("contract_id", "The term.", required=True),
        _CUSTOMER,
        _time("started_at", "First instant of the term.", required=True),
        _time("ends_at", "Agreed end of the term; empty for an open-ended one.", not_before="started_at"),
        _text("plan", "Plan or package."),
        _text("billing_period", "How often it is billed.", allowed=("month", "quarter", "year")),
        _number("monthly_price", "Price a month after discount.", "currency", minimum=0),
        _number("list_price", "Price a month before discount.", "currency", minimum=0),
        _number("discount_share", "Part of the list price taken off.", "share", minimum=0, maximum=1),
        _count("seats", "Seats or licences.", "seats", minimum=0),
        _flag("auto_renew", "Renews by itself."),
        _flag("is_trial", "A free trial."),
        _text("renewal_of", "The term that this one renews; empty for a first one."),
        _later("renewal_offered_at", "When the renewal offer went out.", "started_at"),
        _number("renewal_price", "Monthly price offered then.", "currency", known_from="renewal_offered_at"),
        _later("cancelled_at", "When the customer gave notice.", "started_at"),
        _text("cancel_reason", "Reason given with the notice.", known_from="cancelled_at"),
        _later("ended_at", "When service in fact stopped without a next term.", "started_at"),
    ),
)

ORDERS = Table(
    "orders",
    "One order",
    ("order_id",),
    "ordered_at",
    (
        _text("order_id", "The order.", required=True),
        _CUSTOMER,
        _time("ordered_at", "When it was placed.", required=True),
        _number("amount", "Paid amount, after discount.", "currency"),
        _number("discount_amount", "Discount given.", "currency", minimum=0),
        _number("quantity", "Units bought.", "units"),
        _count("lines", "Order lines.", "lines", minimum=0),
        _count("distinct_products", "Different products.", "products", minimum=0),
        _text("category", "Main product category."),
        _text("channel", "Where it was placed."),
        _flag("is_add_on", "An add-on to a plan."),
        _later("returned_at", "When goods came back.", "ordered_at"),
        _number("refund_amount", "Money given back.", "currency", known_from="returned_at", minimum=0),
    ),
)

PAYMENTS = Table(
    "payments",
    "One invoice and what became of it",
    ("payment_id",),
    "issued_at",
    (
        _text("payment_id", "The invoice.", required=True),
        _CUSTOMER,
        _time("issued_at", "When it was issued.", required=True),
        _time("due_at", "When it falls due.", not_before="issued_at"),
        _number("amount", "Amount due.", "currency"),
        _text("method", "Way of payment."),
        _later("failed_at", "First failed attempt to collect.", "issued_at"),
        _later("paid_at", "When it was paid.", "issued_at"),
        _later("refunded_at", "When it was given back.", "issued_at"),
        _number("refund_amount", "Amount given back.", "currency", known_from="refunded_at", minimum=0),
    ),
)

USAGE_EVENTS = Table(
    "usage_events",
    "One use of the product",
    ("event_id",),
    "happened_at",
    (
        _text("event_id", "The event; made from its content where the source has none.", required=False),
        _CUSTOMER,
        _time("happened_at", "When it happened.", required=True),
        _text("event_type", "Kind of event.", allowed=("login", "feature", "setup", "export", "error", "community")),
        _text("feature", "Feature used."),
        _number("duration_minutes", "Length of the session or use.", "minutes", minimum=0),
        _text("user_id", "The person at the customer."),
    ),
)

TICKETS = Table(
    "tickets",
    "One service ticket",
    ("ticket_id",),
    "opened_at",
    (
        _text("ticket_id", "The ticket.", required=True),
        _CUSTOMER,
        _time("opened_at", "When it was opened.", required=True),
        _text("ticket_type", "Kind of ticket.", allowed=("question", "problem", "complaint", "request")),
        _text("priority", "Urgency.", allowed=("low", "normal", "high", "urgent")),
        _text("topic", "Subject class given at opening."),
        _text("text", "What the customer wrote."),
        *_read_from("text"),
        _later("first_response_at", "First answer by a person.", "opened_at"),
        _later("resolved_at", "When it was solved.", "opened_at"),
        _count("departments", "Departments that touched it.", "departments", known_from="resolved_at", minimum=0),
        _later("reopened_at", "When the customer opened it again.", "opened_at"),
        _later("scored_at", "When the customer scored the service.", "opened_at"),
        _number("satisfaction", "Score of the service.", "points of 5", known_from="scored_at", minimum=1, maximum=5),
    ),
)

INTERACTIONS = Table(
    "interactions",
    "One contact between us and the customer",
    ("interaction_id",),
    "happened_at",
    (
        _text("interaction_id", "The contact.", required=True),
        _CUSTOMER,
        _time("happened_at", "When it took place.", required=True),
        _text(
            "kind",
            "Kind of contact.",
            allowed=("outreach", "inbound", "visit", "campaign", "business_review", "csm_assigned", "offer"),
        ),
        _text("channel", "Mail, telephone, chat, on site."),
        _flag("is_proactive", "Began with us."),
        _text("note", "What was said."),
        *_read_from("note"),
        _later("replied_at", "When the customer answered.", "happened_at"),
    ),
)

FEEDBACK = Table(
    "feedback",
    "One answer to a survey or one comment",
    ("feedback_id",),
    "given_at",
    (
        _text("feedback_id", "The answer.", required=True),
        _CUSTOMER,
        _time("given_at", "When it was given.", required=True),
        _text("kind", "Survey or comment.", allowed=("nps", "csat", "comment")),
        _number("score", "0-10 for NPS, 1-5 for CSAT.", "points", minimum=0, maximum=10),
        _text("tag", "Tag chosen by the customer."),
        _text("text", "What the customer wrote."),
        *_read_from("text"),
    ),
)

DEALS = Table(
    "deals",
    "One entry of a deal into a stage",
    ("deal_id", "entered_at"),
    "entered_at",
    (
        _text("deal_id", "The deal.", required=True),
        _CUSTOMER,
        _time("entered_at", "When the deal entered the stage.", required=True),
        _text(
            "stage",
            "Stage of the funnel.",
            allowed=("lead", "qualified", "quote", "contract_approval", "won", "lost"),
        ),
        _number("amount", "Expected amount.", "currency", minimum=0),
    ),
)

STOCK = Table(
    "stock",
    "One stock count at a dealer",
    ("customer_id", "measured_at", "category"),
    "measured_at",
    (
        _CUSTOMER,
        _time("measured_at", "When it was counted.", required=True),
        _text("category", "Product category."),
        _number("units_on_hand", "Units in stock.", "units", minimum=0),
        _number("units_sold", "Units sold since the count before.", "units", minimum=0),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMERS,
        CONTRACTS,
        ORDERS,
        PAYMENTS,
        USAGE_EVENTS,
        TICKETS,
        INTERACTIONS,
        FEEDBACK,
        DEALS,
        STOCK,
    )
}
