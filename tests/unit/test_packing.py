"""Counts that share a number stay apart, however many rows a customer has."""

from datetime import datetime, timedelta
from random import Random

import ibis
import pyarrow as pa
import pytest

from features import plan
from features.compute import Panel, compute
from features.packing import EXACT_BITS, Packing
from features.signal import columns_of, discover

CUTOFFS = [datetime(2026, 1, 1), datetime(2026, 2, 1), datetime(2026, 3, 1)]
EVERY = {column.name: column for column in columns_of(discover().values()).values()}
KINDS = {"logins": "login", "feature_uses": "feature", "exports": "export", "errors": "error"}
WANTED = {f"usage__{measure}__{days}d": (kind, days) for measure, kind in KINDS.items() for days in (30, 90)}


def events(rows, same_instant):
    """Rows of one busy customer and of one who has a single row; by the kind of use, so that fields can run over."""
    random = Random(rows)
    times = [CUTOFFS[0] - timedelta(days=1)] * rows
    if not same_instant:
        times = [CUTOFFS[0] + timedelta(days=random.uniform(-100, 70)) for _ in range(rows)]
    kinds = [random.choice([*KINDS.values(), "community"]) if not same_instant else "login" for _ in range(rows)]
    return [("busy", time, kind) for time, kind in zip(times, kinds, strict=True)] + [
        ("quiet", CUTOFFS[1] - timedelta(days=1), "error")
    ]


def counted(rows, cutoff, customer, kind, days):
    """Count by looking at every row."""
    since = cutoff - timedelta(days=days)
    return sum(who == customer and what == kind and since <= time < cutoff for who, time, what in rows)


@pytest.mark.parametrize("same_instant", [True, False])
@pytest.mark.parametrize("rows", [1, 3, 6, 7, 8, 63, 255])
def test_counts_at_the_limit_of_a_field_are_those_of_a_brute_force(rows, same_instant):
    given = events(rows, same_instant)
    assert panel(given) == brute_force(given)


def test_long_tables_are_bounded_by_the_customer_with_most_rows(monkeypatch):
    given, bounds = events(63, same_instant=False), []

    class Noted(plan.PartWork):
        def __init__(self, *given, most_rows, **limits):
            bounds.append(most_rows)
            super().__init__(*given, most_rows=most_rows, **limits)

    monkeypatch.setattr(plan, "MANY_ROWS", 10)
    monkeypatch.setattr(plan, "PartWork", Noted)
    assert panel(given) == brute_force(given)
    assert set(bounds) == {63}


@pytest.mark.parametrize("most_rows", [0, 1, 7, 8, 4465, 2**26, 2**27, 2**60])
def test_no_field_reaches_beyond_what_a_double_holds(most_rows):
    packing = Packing(None, most_rows)
    full = sum(most_rows * packing.weight(field) for field in range(packing.room))
    assert packing.room == 1 or float(full) == full < 2**EXACT_BITS
    assert most_rows < 2**packing.width


def panel(rows):
    """Compute by the engine: value by cutoff, customer and column."""
    backend = ibis.duckdb.connect()
    columns = dict(zip(["customer_id", "happened_at", "event_type"], zip(*rows, strict=True), strict=True))
    ids = [f"e{number}" for number in range(len(rows))]
    table = pa.table({"event_id": ids, **{name: list(values) for name, values in columns.items()}})
    tables = {"usage_events": backend.create_table("usage_events", table)}
    people = [(customer, cutoff) for customer in ("busy", "quiet") for cutoff in CUTOFFS]
    who = pa.table({"customer_id": [each for each, _ in people], "cutoff": [cutoff for _, cutoff in people]})
    population = backend.create_table("population", who)
    asked = Panel([EVERY[name] for name in WANTED], CUTOFFS)
    found = {}
    for cutoff, values in compute(backend, tables, population, asked):
        for row in values.to_pyarrow().to_pylist():
            found |= {(cutoff, row["customer_id"], name): row[name] for name in WANTED}
    return found


def brute_force(rows):
    """Count by looking at every row: value by cutoff, customer and column."""
    return {
        (cutoff, customer, name): counted(rows, cutoff, customer, kind, days)
        for cutoff in CUTOFFS
        for customer in ("busy", "quiet")
        for name, (kind, days) in WANTED.items()
    }
