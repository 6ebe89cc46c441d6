"""What must not change a signal does not: later rows, the order of rows, the date itself, other customers.

A few signals stand for all: together they use every operation, option and late column of the catalogue.
"""

from datetime import datetime, timedelta
from random import Random

import duckdb
import ibis
import pytest
from histories import DAY, MICROSECOND, arrow_tables, history, instant, population, shifted
from representatives import representatives

from features.compute import Panel, compute
from features.declared import DerivedSignal, RowSignal, unbound_rows
from features.facts import Facts
from features.signal import columns_of, discover
from features.tables import KNOWN_AT, TABLES

CUTOFF = datetime(2024, 3, 31)
WEEKS = 35 * DAY
ODD = timedelta(days=100, hours=3, minutes=7, microseconds=1)
CUSTOMERS = [f"c{number}" for number in range(30)]
SILENT = "without any row"
COLUMNS = representatives()

RELATIVE = {
    "contracts__price_per_seat_against_peers",
    "orders__frequency_score",
    "orders__learned_silence_limit",
    "orders__monetary_score",
    "orders__recency_score",
    "orders__rfm_score",
    "orders__season_orders",
    "orders__season_share",
    "orders__season_spend",
    "orders__silence_above_peers",
    "orders__silence_over_own_limit",
    "orders__spend_against_peers",
    "stock__turnover_against_industry",
    "tickets__tickets_against_peers",
    "usage__active_days_below_peers",
    "usage__breadth_against_peers",
    "usage__events_against_peers",
    "usage__learned_silence_limit",
    "usage__silence_over_own_limit",
}
"""Signals that compare with other customers. All others must not depend on them."""

CALENDAR = {"orders__weekday_evenness", "usage__weekday_evenness", "usage__weekend_share"}
"""Signals that know the day of the week. All others must not depend on the date."""

KNOWN_WITHOUT_ROWS = {"orders__month_against_own_past", "usage__week_against_own_past"}
"""Derived signals that have a value for a customer without rows: nothing is as usual where nothing was before."""


def computed(tables, who, columns=COLUMNS, zone="UTC"):
    """Values by customer and cutoff."""
    connection = duckdb.connect()
    connection.execute(f"SET TimeZone = '{zone}'")
    backend = ibis.duckdb.from_connection(connection)
    sources = {name: backend.create_table(name, rows) for name, rows in tables.items()}
    people = backend.create_table("people", population(who))
    panel = Panel(columns, sorted({cutoff for _, cutoff in who}))
    rows = [row for _, table in compute(backend, sources, people, panel) for row in table.to_pyarrow().to_pylist()]
    return {(row.pop("customer_id"), row.pop("cutoff")): row for row in rows}


def known(table, row):
    happened = row[TABLES[table].happened_at]
    return max(row[KNOWN_AT] or happened, happened)


def renamed(rows, ending):
    return {name: [row | {"customer_id": row["customer_id"] + ending} for row in some] for name, some in rows.items()}


def with_another_future(random, rows):
    """Change what becomes known at or after the cutoff, and bring further rows that do."""
    return {
        name: [_with_other_later_values(random, TABLES[name], row) for row in some if known(name, row) < CUTOFF]
        + [row for row in later if known(name, row) >= CUTOFF]
        for (name, some), later in zip(rows.items(), _later(random).values(), strict=True)
    }


def _later(random):
    rows = history(random, CUSTOMERS, [CUTOFF])
    for name, table in TABLES.items():
        for row in rows[name]:
            row[random.choice((KNOWN_AT, table.happened_at))] = CUTOFF + random.choice((0, 1, 10)) * DAY
    return rows


def _with_other_later_values(random, table, row):
    late = {name for name, time in table.late_columns.items() if (row[time] or CUTOFF) >= CUTOFF}
    changed = {
        name: random.choice((None, CUTOFF, CUTOFF + MICROSECOND, CUTOFF + 9 * DAY))
        for name in late
        if table[name].type == "timestamp"
    }
    numbers = {name: 4 for name in late if table[name].type in ("int64", "float64")}
    return row | changed | numbers


def moved(rows, length):
    return {name: shifted(some, length) for name, some in rows.items()}


def together(*histories):
    return {name: [row for rows in histories for row in rows[name]] for name in TABLES}


@pytest.fixture(scope="module")
def past():
    return history(Random(20), CUSTOMERS, [CUTOFF])


@pytest.fixture(scope="module")
def rows(past):
    """Each customer as it is, with another future, and both of them at later dates."""
    both = together(past, renamed(with_another_future(Random(21), past), " later"))
    return together(both, renamed(moved(both, WEEKS), " weeks"), renamed(moved(both, ODD), " odd"))


@pytest.fixture(scope="module")
def who():
    return [
        (customer + future + ending, CUTOFF + length)
        for customer in [*CUSTOMERS, SILENT]
        for future in ("", " later")
        for ending, length in (("", timedelta()), (" weeks", WEEKS), (" odd", ODD))
    ]


@pytest.fixture(scope="module")
def values(rows, who):
    return computed(arrow_tables(rows), who)


def differing(values, others):
    """Names of the signals whose values differ between pairs of rows."""
    return {
        column.signal.name
        for one, other in others
        for column in COLUMNS
        if not _same(values[one][column.name], values[other][column.name])
    }


def _same(one, other):
    return one == other or (isinstance(one, float) and one == pytest.approx(other, rel=1e-9, abs=1e-9))


def test_rows_that_come_later_change_nothing(values):
    cutoffs = {"": CUTOFF, " weeks": CUTOFF + WEEKS, " odd": CUTOFF + ODD}
    pairs = [
        ((customer + ending, cutoff), (f"{customer} later{ending}", cutoff))
        for customer in CUSTOMERS
        for ending, cutoff in cutoffs.items()
    ]
    assert differing(values, pairs) == set()


def test_whole_weeks_later_everything_is_the_same(values):
    pairs = [((customer, CUTOFF), (f"{customer} weeks", CUTOFF + WEEKS)) for customer in CUSTOMERS]
    assert differing(values, pairs) == set()


def test_at_another_date_all_but_days_of_the_week_is_the_same(values):
    pairs = [((customer, CUTOFF), (f"{customer} odd", CUTOFF + ODD)) for customer in CUSTOMERS]
    found = differing(values, pairs)
    assert found <= CALENDAR
    assert found, "histories without a single weekday prove nothing"


def test_the_list_of_signals_that_know_the_day_of_the_week_is_complete():
    class Spy(Facts):
        def _date(self):
            calendar.add(signal.name)
            return ibis.literal(0)

        hour = weekday = day_number = _date

    calendar = set()
    for signal in discover().values():
        if isinstance(signal, RowSignal):
            signal.definition(Spy(signal.table, unbound_rows(signal.table)))
    assert calendar == CALENDAR


def test_the_order_of_rows_and_the_zone_of_the_database_change_nothing(values, rows, who):
    random = Random(22)
    shuffled = {name: random.sample(some, len(some)) for name, some in rows.items()}
    assert computed(arrow_tables(shuffled), who, zone="Australia/Lord_Howe") == values


def test_other_customers_and_cutoffs_change_only_what_compares_with_peers(values, past):
    few = CUSTOMERS[::3]
    alone = computed(
        arrow_tables({name: [row for row in some if row["customer_id"] in few] for name, some in past.items()}),
        [(customer, CUTOFF) for customer in few],
    )
    unequal = {
        column.signal.name
        for who, row in alone.items()
        for column in COLUMNS
        if not _same(row[column.name], values[who][column.name])
    }
    assert unequal <= RELATIVE
    assert unequal, "peers that change nothing prove nothing"


def test_the_list_of_signals_that_compare_with_peers_is_complete():
    assert {signal.name for signal in discover().values() if signal.is_relative} == RELATIVE


@pytest.mark.parametrize("tables", [{}, arrow_tables({name: [] for name in TABLES})], ids=["missing", "empty"])
def test_without_rows_there_is_what_the_declaration_says(tables):
    columns = list(columns_of(discover().values()).values()) if not tables else COLUMNS
    (row,) = computed(tables, [(SILENT, CUTOFF)], columns).values()
    unequal = {column.signal.name for column in columns if row[column.name] != column.signal.empty}
    assert unequal <= KNOWN_WITHOUT_ROWS
    assert {type(value) for value in row.values()} <= {float, str, type(None)}, "a number is a double"
    assert all(isinstance(discover()[name], DerivedSignal) for name in unequal)


def test_a_customer_without_rows_among_others_has_what_it_has_alone(values):
    alone = computed({}, [(SILENT, CUTOFF)])[SILENT, CUTOFF]
    among = values[SILENT, CUTOFF]
    assert {column.signal.name for column in COLUMNS if alone[column.name] != among[column.name]} <= RELATIVE


def test_histories_lie_on_both_sides_of_the_cutoff_to_the_microsecond(past):
    distances = {instant(Random(seed), [CUTOFF]) - CUTOFF for seed in range(1000)}
    assert {-MICROSECOND, timedelta(), MICROSECOND} <= distances
    assert {known("tickets", row) < CUTOFF for row in past["tickets"]} == {True, False}
