"""Who is a customer, and who leaves when: the spells that measures count say what the label says, at every instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import duckdb
import ibis
import pytest

from training.labels.contractual import Contractual
from training.labels.inactivity import Inactivity
from training.labels.outcome import Window, labels, risk_set
from training.labels.spells import spells
from training.labels.spend_drop import SpendDrop

START = datetime(2024, 1, 1)
DATA_END = datetime(2026, 1, 1)
DAY, MICROSECOND = timedelta(days=1), timedelta(microseconds=1)
CUSTOMERS = [f"C{number}" for number in range(25)]
INSTANTS = [START + timedelta(days=days, microseconds=extra) for days in (90, 211, 365) for extra in (0, 1)]


@pytest.fixture
def engine():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return ibis.duckdb.from_connection(connection)


def terms_of(random, customer, taken_back):
    """Terms one after the other: renewed at once, late, after the grace, or never; some with notice, some trials."""
    start, rows = START + DAY * random.randint(0, 200), []
    for number in range(random.randint(1, 6)):
        end = None if random.random() < 0.05 else start + DAY * random.choice((30, 60, 90))
        pause = random.choice((timedelta(), DAY * 9, DAY * 10, DAY * 10 + MICROSECOND, DAY * 60))
        may_end = end is not None and (taken_back or pause > DAY * 10)
        notice = start + (end - start) * random.random() if may_end and random.random() < 0.4 else None
        rows.append((f"{customer}-{number}", customer, start, end, notice, None, random.random() < 0.1, start))
        if end is None:
            break
        start = end + pause
    return rows


def contracts(engine, seed, taken_back=False):
    """With `taken_back`, notices that a new term within the grace takes back are among them."""
    random = Random(seed)
    rows = [row for customer in CUSTOMERS for row in terms_of(random, customer, taken_back)]
    engine.raw_sql(
        "CREATE OR REPLACE TABLE contracts (contract_id VARCHAR, customer_id VARCHAR, started_at TIMESTAMP,"
        " ends_at TIMESTAMP, cancelled_at TIMESTAMP, ended_at TIMESTAMP, is_trial BOOLEAN, known_at TIMESTAMP)"
    )
    engine.con.executemany("INSERT INTO contracts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return {"contracts": engine.table("contracts")}


def orders(engine, seed):
    random, rows = Random(seed), []
    for customer in CUSTOMERS:
        at = START + DAY * random.randint(0, 150)
        for _ in range(random.randint(1, 15)):
            rows.append((customer, at, float(random.choice((5, 10, 100))), at))
            at += random.choice((DAY * random.randint(0, 30), DAY * 60, DAY * 60 + MICROSECOND, DAY * 130))
    engine.raw_sql(
        "CREATE OR REPLACE TABLE orders (customer_id VARCHAR, ordered_at TIMESTAMP, amount DOUBLE, known_at TIMESTAMP)"
    )
    engine.con.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
    return {"orders": engine.table("orders")}


def read(engine, outcomes, tables, window, instants=()):
    frame = engine.to_pandas(spells(outcomes, tables, window, instants))
    return [tuple(None if value != value else value for value in row) for row in frame.itertuples(index=False)]


def here(found, instant):
    return {who for who, began, ended, _ in found if began < instant and (ended is None or ended >= instant)}


def ending_in(found, start, end):
    return {who for who, _, ended, _ in found if ended is not None and start <= ended < end}


def alive(engine, outcomes, tables, instant):
    return set(engine.to_pandas(risk_set(outcomes, tables, [instant])).customer_id)


def left(engine, outcomes, tables, instant, window):
    frame = engine.to_pandas(labels(outcomes, tables, [instant], window))
    return set(frame.customer_id[frame.churned == 1])


@pytest.mark.parametrize("seed", range(2))
def test_contracts_say_the_same_as_the_label(engine, seed):
    tables, outcomes, window = contracts(engine, seed), [Contractual(10)], Window(60, 0, DATA_END)
    found = read(engine, outcomes, tables, window)
    for instant in INSTANTS:
        customers = alive(engine, outcomes, tables, instant)
        assert here(found, instant) == customers
        assert ending_in(found, instant, instant + window.reach) & customers == left(
            engine, outcomes, tables, instant, window
        )


def as_they_stood(tables, instant):
    """Contracts without rows and notices from an instant on."""
    rows = tables["contracts"].filter(lambda t: t.known_at < ibis.literal(instant))
    notice = ibis.ifelse(rows.cancelled_at < ibis.literal(instant), rows.cancelled_at, ibis.null("timestamp"))
    return {"contracts": rows.mutate(cancelled_at=notice)}


@pytest.mark.parametrize("seed", range(2))
def test_what_becomes_of_a_notice_later_changes_no_customer_and_no_label(engine, seed):
    tables, outcomes, window = contracts(engine, seed, taken_back=True), [Contractual(10)], Window(60, 0, DATA_END)
    for instant in INSTANTS:
        by_then, by_the_end = as_they_stood(tables, instant), as_they_stood(tables, instant + window.reach)
        assert alive(engine, outcomes, tables, instant) == alive(engine, outcomes, by_then, instant)
        assert left(engine, outcomes, tables, instant, window) == left(engine, outcomes, by_the_end, instant, window)


def settled_by(engine, tables, instant, window, then):
    frame = engine.to_pandas(labels([Contractual(10)], tables, [instant], window))
    own = frame[frame.settled_at <= then]
    return dict(zip(own.customer_id, own.churned, strict=True))


@pytest.mark.parametrize("seed", range(2))
def test_which_labels_are_settled_and_how_is_told_by_what_is_known_by_then(engine, seed):
    tables, window, found = contracts(engine, seed, taken_back=True), Window(60, 0, DATA_END), {}
    for instant in INSTANTS[::2]:
        for then in (instant + DAY * 25, instant + DAY * 50):
            found = settled_by(engine, tables, instant, window, then)
            assert found == settled_by(engine, as_they_stood(tables, then + MICROSECOND), instant, window, then)
    assert found


@pytest.mark.parametrize("seed", range(2))
def test_silence_says_the_same_as_the_label(engine, seed):
    tables, outcomes, window = orders(engine, seed), [Inactivity("orders", 60)], Window(60, 0, DATA_END)
    found = read(engine, outcomes, tables, window)
    for instant in INSTANTS:
        until = instant + window.reach
        customers = alive(engine, outcomes, tables, instant)
        back = {who for who, began, *_ in found if instant <= began < until}
        assert here(found, instant) == customers
        assert (ending_in(found, instant, until) & customers) - back == left(engine, outcomes, tables, instant, window)


@pytest.mark.parametrize("seed", range(2))
def test_falling_spend_says_the_same_as_the_label(engine, seed):
    tables, outcomes, window = orders(engine, seed), [SpendDrop(0.5, 90)], Window(30, 0, DATA_END)
    instants = [START + DAY * days for days in range(90, 400, 30)]
    found = read(engine, outcomes, tables, window, instants)
    for instant, following in pairwise(instants):
        customers = alive(engine, outcomes, tables, instant)
        assert here(found, following) & customers == customers - left(engine, outcomes, tables, instant, window)


def test_any_earlier_order_makes_a_customer_until_silence_lasts_a_window(engine):
    engine.raw_sql("CREATE TABLE orders (customer_id VARCHAR, ordered_at TIMESTAMP, known_at TIMESTAMP)")
    for day in ("2024-01-01", "2024-05-01", "2024-08-01"):
        engine.con.execute("INSERT INTO orders VALUES ('a', ?, ?)", [day, day])
    found = read(engine, [Inactivity("orders", None)], {"orders": engine.table("orders")}, Window(100, 0, DATA_END))
    assert sorted(found) == [
        ("a", datetime(2024, 1, 1), datetime(2024, 4, 10), "silence"),
        ("a", datetime(2024, 5, 1), datetime(2024, 11, 9), "silence"),
    ]


def test_with_two_definitions_the_first_ending_counts_and_the_next_beginning(engine):
    tables = contracts(engine, 0) | orders(engine, 0)
    engine.raw_sql("DELETE FROM contracts")
    engine.raw_sql("DELETE FROM orders")
    term = ("1", "a", "2024-01-01", "2024-12-31", None, None, False, "2024-01-01")
    engine.con.execute("INSERT INTO contracts VALUES (?, ?, ?, ?, ?, ?, ?, ?)", term)
    for day in ("2024-01-02", "2024-02-01", "2024-08-01", "2024-12-20"):
        engine.con.execute("INSERT INTO orders VALUES ('a', ?, 1, ?)", [day, day])
    outcomes = [Contractual(0), Inactivity("orders", 60)]
    found = read(engine, outcomes, tables, Window(60, 0, DATA_END))
    assert sorted(found) == [
        ("a", datetime(2024, 1, 1), datetime(2024, 4, 1), "silence"),
        ("a", datetime(2024, 8, 1), datetime(2024, 9, 30), "silence"),
        ("a", datetime(2024, 12, 20), datetime(2024, 12, 31), "lapse"),
    ]


def test_what_would_end_after_the_data_has_not_ended(engine):
    tables = contracts(engine, 1)
    window = Window(60, 0, START + DAY * 300)
    found = read(engine, [Contractual(10)], tables, window)
    assert found
    assert all(began < window.data_end and (ended is None or ended < window.data_end) for _, began, ended, _ in found)
    assert all((ended is None) == (kind is None) for *_, ended, kind in found)
