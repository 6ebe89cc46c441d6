"""Signals of drawn histories equal what plain Python finds row by row, wherever a row lies around the cutoff."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import pstdev
from zoneinfo import ZoneInfo

import duckdb
import ibis
import pyarrow as pa
import pytest
from histories import DAY, EDGES_DAYS, OFFSETS, arrow_tables, population
from hypothesis import given, settings
from hypothesis import strategies as st

from features.compute import Panel, compute
from features.signal import columns_of, discover
from features.tables import KNOWN_AT, TABLES
from pipelines.ingest.reading import Convention, settled, value

COLUMNS = columns_of(discover().values())
CUSTOMERS = ["a", "b", "c", "d"]
SILENT = "without any event"
CUTOFFS = (
    [datetime(2024, 2, 29), datetime(2024, 3, 1), datetime(2024, 3, 31)],  # A leap day, and clocks go forward.
    [datetime(2024, 10, 27, 1), datetime(2024, 11, 3, 6, 30, 0, 1)],  # Clocks go back; different times of day.
    [datetime(2025, 3, 1)],
)
NEVER_NEGATIVE = st.one_of(st.sampled_from([timedelta(), OFFSETS[3], DAY]), st.timedeltas(timedelta(), 60 * DAY))


# What plain Python finds in the rows of one customer.


def happened(table, row):
    return row[TABLES[table].happened_at]


def known(table, row):
    return max(row[KNOWN_AT] or happened(table, row), happened(table, row))


def seen(table, rows, cutoff):
    """Rows known before the cutoff, without what was learned later, oldest first, with their gaps in days."""
    hidden = TABLES[table].late_columns
    visible = [
        {name: None if name in hidden and not is_before(row[hidden[name]], cutoff) else row[name] for name in row}
        for row in sorted(rows, key=lambda row: happened(table, row))
        if known(table, row) < cutoff
    ]
    last, last_of_deal = None, {}
    for row in visible:
        at = happened(table, row)
        row["at"], row["gap"] = at, days(last, at)
        row["gap of deal"] = days(last_of_deal.get(row.get("deal_id")), at)
        last = last_of_deal[row.get("deal_id")] = at
    return visible


def is_before(time, cutoff):
    return time is not None and time < cutoff


def days(start, end):
    return None if start is None or end is None else (end - start) / DAY


def known_values(rows, name):
    return [row[name] for row in rows if row[name] is not None]


def mean(values):
    return math.fsum(values) / len(values) if values else None


def over(above, below):
    return above / below if below and above is not None else None


def total(values):
    return math.fsum(values) if values else None


def newest(rows, name):
    some = [(row["at"], row[name]) for row in rows if row[name] is not None]
    return max(some)[1] if some else None


def since(instants, cutoff, pick=max):
    return days(pick(instants), cutoff) if instants else None


def evenness(values, possible):
    counts = Counter(values)
    shares = [count / len(values) for count in counts.values()]
    return -sum(share * math.log(share) for share in shares) / math.log(possible) if values else None


def faded(rows, cutoff, half_life, weight=lambda row: 1.0):
    weights = [weight(row) * 2.0 ** (-days(row["at"], cutoff) / half_life) for row in rows if weight(row) is not None]
    return total(weights)


def between(rows, start, end):
    return [found for row in rows if (found := days(row[start], row[end])) is not None]


def of_type(rows, kind):
    return [row for row in rows if row["event_type"] == kind]


def active_days(rows, cutoff):
    return len({math.ceil((cutoff - row["at"]) / DAY) for row in rows})


def habit(rows, cutoff):
    instants = [row["at"] for row in rows]
    steps = active_days(rows, cutoff) - 1
    return over(days(min(instants), max(instants)), max(steps, 0)) if rows else None


def unfinished(rows):
    return [row for row in rows if row["resolved_at"] is None]


USAGE = {
    "logins": lambda rows, cutoff: len(of_type(rows, "login")),
    "events": lambda rows, cutoff: len(rows),
    "minutes": lambda rows, cutoff: total(known_values(rows, "duration_minutes")) or 0,
    "session_minutes_mean": lambda rows, cutoff: mean(known_values(rows, "duration_minutes")),
    "session_minutes_max": lambda rows, cutoff: max(known_values(rows, "duration_minutes"), default=None),
    "features_used": lambda rows, cutoff: len(set(known_values(rows, "feature"))),
    "setup_steps": lambda rows, cutoff: len(set(known_values(of_type(rows, "setup"), "feature"))),
    "active_days": active_days,
    "error_share": lambda rows, cutoff: over(len(of_type(rows, "error")), len(rows)),
    "weekend_share": lambda rows, cutoff: over(sum(row["at"].weekday() >= 5 for row in rows), len(rows)),
    "weekday_evenness": lambda rows, cutoff: evenness([row["at"].weekday() for row in rows], 7),
    "days_since_last": lambda rows, cutoff: since([row["at"] for row in rows], cutoff),
    "days_since_first": lambda rows, cutoff: since([row["at"] for row in rows], cutoff, min),
    "days_since_login": lambda rows, cutoff: since([row["at"] for row in of_type(rows, "login")], cutoff),
    "gap_days_mean": habit,
    "logins_decayed": lambda rows, cutoff: faded(of_type(rows, "login"), cutoff, 30) or 0,
}
TICKETS = {
    "tickets": lambda rows, cutoff: len(rows),
    "open_tickets": lambda rows, cutoff: len(unfinished(rows)),
    "oldest_open_days": lambda rows, cutoff: since([row["at"] for row in unfinished(rows)], cutoff, min) or 0,
    "resolution_days_mean": lambda rows, cutoff: mean(between(rows, "opened_at", "resolved_at")),
    "resolution_days_max": lambda rows, cutoff: max(between(rows, "opened_at", "resolved_at"), default=None),
    "reopened_share": lambda rows, cutoff: over(
        sum(row["reopened_at"] is not None and row["resolved_at"] is not None for row in rows),
        len(known_values(rows, "resolved_at")),
    ),
    "departments_mean": lambda rows, cutoff: mean(known_values(rows, "departments")),
    "satisfaction_last": lambda rows, cutoff: newest(rows, "satisfaction"),
    "repeated": lambda rows, cutoff: len(known_values(rows, "topic")) - len(set(known_values(rows, "topic"))),
    "gap_days_mean": lambda rows, cutoff: mean(known_values(rows, "gap")),
}
ORDERS = {
    "spend": lambda rows, cutoff: total(known_values(rows, "amount")) or 0,
    "returns": lambda rows, cutoff: len(known_values(rows, "returned_at")),
    "refund_share": lambda rows, cutoff: over(
        total(known_values(rows, "refund_amount")) or 0, total(known_values(rows, "amount"))
    ),
    "days_since_return": lambda rows, cutoff: since(known_values(rows, "returned_at"), cutoff),
    "order_days": active_days,
    "category_last": lambda rows, cutoff: newest(rows, "category"),
    "gap_days_mean": lambda rows, cutoff: mean(known_values(rows, "gap")),
    "gap_days_std": lambda rows, cutoff: pstdev(known_values(rows, "gap")) if known_values(rows, "gap") else None,
    "gap_days_max": lambda rows, cutoff: max(known_values(rows, "gap"), default=None),
    "gap_days_last": lambda rows, cutoff: newest(rows, "gap"),
    "spend_decayed": lambda rows, cutoff: faded(rows, cutoff, 90, lambda row: row["amount"]) or 0,
}
DEALS = {
    "deals": lambda rows, cutoff: len(set(known_values(rows, "deal_id"))),
    "days_in_stage_mean": lambda rows, cutoff: mean(known_values(rows, "gap of deal")),
    "days_in_stage_max": lambda rows, cutoff: max(known_values(rows, "gap of deal"), default=None),
    "won_amount": lambda rows, cutoff: total(known_values([r for r in rows if r["stage"] == "won"], "amount")) or 0,
    "stage_last": lambda rows, cutoff: newest(rows, "stage"),
}
ORACLES = {"usage_events": USAGE, "tickets": TICKETS, "orders": ORDERS, "deals": DEALS}
LOOSE = {"orders__gap_days_std__ever": 2e-6}
"""A spread below a millionth of the values is none: tolerance as a share of the largest gap."""


# Drawn rows.


def instants(cutoffs):
    edges = st.builds(lambda cutoff, back: cutoff - back * DAY, st.sampled_from(cutoffs), st.sampled_from(EDGES_DAYS))
    offsets = st.one_of(st.sampled_from(OFFSETS), st.timedeltas(-40 * DAY, 10 * DAY))
    return st.builds(lambda edge, offset: edge + offset, edges, offsets)


def values(column):
    if column.type == "string":
        found = st.sampled_from(column.allowed or ("x", "y", "价格"))
    elif column.type == "boolean":
        found = st.booleans()
    elif column.type == "int64":
        found = st.integers(int(column.minimum or 0), int(column.maximum or 20))
    else:
        found = st.integers(int(column.minimum or 0) * 4, int(column.maximum or 50) * 4).map(lambda number: number / 4)
    return found if column.required else st.none() | found


def rows_of(table, cutoffs):
    """Rows whose later times and knowledge times lie at the cutoffs too, or soon after they happened."""
    read = frozenset().union(*(COLUMNS[name].signal.columns_read for name in columns_in(table.name)))
    facts = [column for column in table.columns if column.name in read and column.type != "timestamp"]
    times = [column.name for column in table.columns if column.type == "timestamp"] + [KNOWN_AT]
    fixed = {column.name: values(column) for column in facts}
    later = st.none() | NEVER_NEGATIVE | instants(cutoffs)

    def finish(row, at, laters):
        row |= {name: at + late if isinstance(late, timedelta) else late for name, late in laters.items()}
        return row | {table.happened_at: at}

    drawn = st.builds(
        finish,
        st.fixed_dictionaries({"customer_id": st.sampled_from(CUSTOMERS), **fixed}),
        instants(cutoffs),
        st.fixed_dictionaries(dict.fromkeys(times, later)),
    )
    return st.lists(drawn, min_size=20, max_size=40).map(lambda rows: [*rows, *map(dict, rows[:3])])


@st.composite
def histories(draw, table):
    """Rows of one table, three of them twice, and the cutoffs."""
    cutoffs = draw(st.sampled_from(CUTOFFS))
    return draw(rows_of(TABLES[table], cutoffs)), cutoffs


def computed(tables, cutoffs, columns, customers=(*CUSTOMERS, SILENT)):
    """Values by customer and cutoff, in a database whose own zone is not UTC."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'America/New_York'")
    backend = ibis.duckdb.from_connection(connection)
    sources = {name: backend.create_table(name, rows) for name, rows in tables.items()}
    people = backend.create_table("people", population([(who, cutoff) for who in customers for cutoff in cutoffs]))
    panel = Panel([COLUMNS[name] for name in columns], cutoffs)
    found = [row for _, table in compute(backend, sources, people, panel) for row in table.to_pyarrow().to_pylist()]
    return {(row["customer_id"], row["cutoff"]): row for row in found}


def columns_in(table):
    return [column for measure in ORACLES[table] for column in discover()[f"{table.split('_')[0]}__{measure}"].columns]


def expected(table, column, rows, cutoff):
    window = COLUMNS[column].days
    inside = [
        row for row in seen(table, rows, cutoff) if window is None or row["at"] >= cutoff - timedelta(days=window)
    ]
    return ORACLES[table][COLUMNS[column].signal.measure](inside, cutoff)


def agrees(value, wanted, loose):
    if value is None or wanted is None or isinstance(wanted, str):
        return value == wanted
    return math.isclose(value, wanted, rel_tol=1e-9, abs_tol=max(1e-9, 1000 * loose))


@pytest.mark.parametrize("table", ORACLES)
@given(data=st.data())
@settings(max_examples=4)
def test_the_engine_finds_what_plain_python_finds(table, data):
    rows, cutoffs = data.draw(histories(table))
    names = columns_in(table)
    found = computed(arrow_tables({table: rows}), cutoffs, names)
    wrong = {}
    for (who, cutoff), row in found.items():
        own = [one for one in rows if one["customer_id"] == who]
        for name in names:
            wanted = expected(table, name, own, cutoff)
            if not agrees(row[name], wanted, LOOSE.get(name, 0)):
                wrong[name, who, cutoff] = row[name], wanted
    assert len(found) == len(cutoffs) * (len(CUSTOMERS) + 1)
    assert wrong == {}


ZONES = {
    "Europe/Berlin": [datetime(2024, 3, 31), datetime(2024, 10, 27)],
    "America/New_York": [datetime(2024, 3, 10), datetime(2024, 11, 3)],
    "Australia/Lord_Howe": [datetime(2024, 4, 7), datetime(2024, 10, 6)],
    "Asia/Shanghai": [datetime(2024, 2, 29)],
}


@given(
    zone_and_night=st.sampled_from([(zone, night) for zone, nights in ZONES.items() for night in nights]),
    seconds=st.lists(st.integers(-3 * 86_400, 3 * 86_400), min_size=10, max_size=30),
)
@settings(max_examples=6)
def test_local_times_around_a_change_of_clocks_fall_into_the_right_window(zone_and_night, seconds):
    zone, night = ZoneInfo(zone_and_night[0]), zone_and_night[1]
    instants = [night + timedelta(seconds=each) for each in seconds]
    # Of an hour that comes twice, a text without zone means the second.
    instants = [instant for instant in instants if not is_first_of_two(in_zone(instant, zone))]
    read = settled(value("cell", "text", "time", Convention(timezone=zone.key)), "time")
    texts = pa.table({"cell": pa.array([f"{in_zone(instant, zone):%Y-%m-%d %H:%M:%S}" for instant in instants])})
    times = duckdb.sql(f"SELECT {read} FROM texts").fetchall() if len(texts) else []
    assert [time for (time,) in times] == instants
    rows = [{"customer_id": "a", "happened_at": time, KNOWN_AT: None} for (time,) in times]
    cutoffs = [night + timedelta(hours=hours) for hours in (0, 24)]
    names = ["usage__events__7d", "usage__days_since_last__ever"]
    found = computed(arrow_tables({"usage_events": rows}), cutoffs, names, ["a"])
    for cutoff in cutoffs:
        past = [instant for instant in instants if instant < cutoff]
        assert found["a", cutoff]["usage__events__7d"] == len(past)
        assert agrees(found["a", cutoff]["usage__days_since_last__ever"], since(past, cutoff), 0)


def test_a_time_with_a_zone_is_the_instant_that_it_names():
    zoned = pa.array([datetime(2025, 2, 28, 23, tzinfo=UTC)], pa.timestamp("us", tz="Asia/Shanghai"))
    table = pa.table({"customer_id": ["a"], "happened_at": zoned})
    found = computed({"usage_events": table}, CUTOFFS[2], ["usage__days_since_last__ever"], ["a"])
    assert found["a", CUTOFFS[2][0]]["usage__days_since_last__ever"] == pytest.approx(1 / 24, rel=1e-12)


def in_zone(instant, zone):
    return instant.replace(tzinfo=UTC).astimezone(zone)


def is_first_of_two(local):
    return local.replace(fold=1).utcoffset() != local.utcoffset()
