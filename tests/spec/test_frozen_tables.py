"""Frozen tables: at their instant they say what the whole tables say, and later only days have passed."""

from datetime import datetime, timedelta
from random import Random

import duckdb
import ibis
import pandas as pd
import pytest
from histories import arrow_tables, history, population

from features.compute import Panel, compute
from features.frozen import frozen
from features.signal import columns_of, discover
from features.tables import TABLES

COLUMNS = columns_of(discover().values())
CUSTOMERS = ["a", "b", "c"]
THEN = datetime(2025, 3, 1)
LATER = THEN + timedelta(days=20)


@pytest.fixture
def engine():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return ibis.duckdb.from_connection(connection)


def signals(engine, tables, cutoff, names):
    people = engine.create_table("people", population([(who, cutoff) for who in CUSTOMERS]), temp=True, overwrite=True)
    panel = Panel([COLUMNS[name] for name in names], [cutoff])
    (_, frame), *_ = [(at, engine.to_pandas(table)) for at, table in compute(engine, tables, people, panel)]
    return frame.set_index("customer_id").sort_index().drop(columns="cutoff")


def whole_tables(engine, rows):
    return {
        name: engine.create_table(name, some, temp=True, overwrite=True) for name, some in arrow_tables(rows).items()
    }


def frozen_tables(tables, instant):
    return {name: frozen(rows, TABLES[name], instant) for name, rows in tables.items()}


@pytest.mark.parametrize("seed", [0, 1])
def test_at_their_instant_frozen_tables_say_what_the_whole_tables_say(engine, seed):
    tables = whole_tables(engine, history(Random(seed), CUSTOMERS, [THEN, LATER]))
    names = list(COLUMNS)[seed::9]
    found = signals(engine, frozen_tables(tables, THEN), THEN, names)
    pd.testing.assert_frame_equal(found, signals(engine, tables, THEN, names), rtol=1e-12)


def test_later_a_ticket_is_still_open_and_silence_has_grown(engine):
    ticket = {"customer_id": "a", "ticket_id": "t", "opened_at": THEN - timedelta(days=5)}
    solved = {"resolved_at": THEN + timedelta(days=1), "departments": 3}
    rows = {name: [] for name in TABLES} | {
        "customers": [{"customer_id": "a", "signed_up_at": datetime(2024, 1, 1)}],
        "tickets": [ticket | solved],
        "usage_events": [
            {"event_id": "1", "customer_id": "a", "happened_at": THEN - timedelta(days=2), "event_type": "login"},
            {"event_id": "2", "customer_id": "a", "happened_at": THEN, "event_type": "login"},
            {
                "event_id": "3",
                "customer_id": "a",
                "happened_at": THEN - timedelta(days=1),
                "event_type": "login",
                "known_at": THEN,
            },
        ],
    }
    names = ["tickets__open_tickets__90d", "tickets__oldest_open_days__ever", "usage__logins__30d"]
    names += ["usage__days_since_login__ever", "tickets__departments_max__365d"]
    tables = whole_tables(engine, rows)
    found = signals(engine, frozen_tables(tables, THEN), LATER, names).loc["a"]
    assert found.iloc[:4].tolist() == [1, 25, 1, 22]
    assert pd.isna(found.iloc[4])
    assert signals(engine, tables, LATER, names).loc["a"].tolist() == [0, 0, 3, 20, 3]


def test_a_table_without_known_at_and_late_columns_is_cut_by_when_things_happened(engine):
    rows = engine.create_table("some", pd.DataFrame({"happened_at": [THEN, THEN - timedelta(microseconds=1)]}))
    assert frozen(rows, TABLES["usage_events"], THEN).count().execute() == 1
