"""Rows set aside, held against a plain loop over the same rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.tables import STOCK
from pipelines.validation.check import Check, rows_where
from pipelines.validation.generate import checks_of
from pipelines.validation.set_aside import account, flag, open_accepted, write_quarantine

EARLIEST, LATEST = datetime(1971, 1, 1), datetime(2026, 11, 22)

COUNT_RANGE = Check(
    "t.n", "t", "expect_column_values_to_be_between", {"column": "n", "min_value": 0}, "quarantine", "n is negative"
)
KIND_SET = Check(
    "t.k", "t", "expect_column_values_to_be_in_set", {"column": "k", "value_set": ["a"]}, "quarantine", "k is not a"
)
ID_MISSING = Check(
    "t.id.missing", "t", "expect_column_values_to_not_be_null", {"column": "id"}, "quarantine", "id is missing"
)
ID_UNIQUE = Check("t.id", "t", "expect_column_values_to_be_unique", {"column": "id"}, "quarantine", "id repeats")

ROW = st.tuples(
    st.sampled_from([None, "1", "2", "3"]), st.sampled_from([None, -1, 0, 5]), st.sampled_from([None, "a", "b", "it's"])
)


def table_of(rows: list[tuple[Any, ...]]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    for schema in ("loaded", "accepted", "quarantine"):
        connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute("CREATE TABLE loaded.t (id VARCHAR, n BIGINT, k VARCHAR)")
    if rows:
        connection.executemany("INSERT INTO loaded.t VALUES (?, ?, ?)", rows)
    return connection


def by_hand(rows: list[tuple[Any, ...]]) -> dict[int, list[str]]:
    """Reasons of each unusable row: of rows with one id the first that is otherwise right stays."""
    reasons: dict[int, list[str]] = {}
    for number, (id_, n, k) in enumerate(rows):
        said = ["n is negative"] * (n is not None and n < 0) + ["k is not a"] * (k not in (None, "a"))
        reasons[number] = said + ["id is missing"] * (id_ is None)
    for wanted in ("1", "2", "3"):
        same = [number for number, row in enumerate(rows) if row[0] == wanted]
        usable = [number for number in same if not reasons[number]]
        kept = (usable or same or [None])[0]
        for number in same:
            if number != kept:
                reasons[number] = [*reasons[number], "id repeats"]
    return {number: said for number, said in reasons.items() if said}


@settings(max_examples=40)
@given(st.lists(ROW, max_size=8))
def test_every_row_is_accepted_or_set_aside_with_every_reason(rows: list[tuple[Any, ...]]) -> None:
    connection = table_of(rows)
    flag(connection, "loaded", "t", [COUNT_RANGE, KIND_SET, ID_MISSING, ID_UNIQUE])
    parted = account(connection, "loaded", "t")
    assert write_quarantine(connection, "loaded", "t") + open_accepted(connection, "loaded", "t") == len(rows)
    expected = by_hand(rows)
    aside = connection.execute(
        "SELECT row_number, reasons, id, n, k FROM quarantine.quarantine_t ORDER BY 1"
    ).fetchall()
    assert {row[0]: sorted(row[1]) for row in aside} == {number: sorted(said) for number, said in expected.items()}
    assert [row[2:] for row in aside] == [row for number, row in enumerate(rows) if number in expected]
    kept = connection.execute("FROM accepted.t").fetchall()
    assert kept == [row for number, row in enumerate(rows) if number not in expected]
    assert parted.balances
    assert sum(parted.reasons.values()) == sum(len(said) for said in expected.values())


def test_a_condition_of_our_own_sets_rows_aside() -> None:
    connection = table_of([("1", 1, "a"), ("2", None, "a"), ("3", 3, "a")])
    flag(connection, "loaded", "t", [rows_where("t.odd", "t", "loaded.n = 3", "quarantine", "n is three")])
    assert account(connection, "loaded", "t").reasons == {"n is three": 1}


def test_columns_with_quotes_and_reasons_with_quotes_are_only_names() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA loaded")
    connection.execute('CREATE TABLE loaded.t AS SELECT NULL AS "a""b; DROP TABLE x"')
    check = Check(
        "x", "t", "expect_column_values_to_not_be_null", {"column": 'a"b; DROP TABLE x'}, "quarantine", "it's missing"
    )
    flag(connection, "loaded", "t", [check])
    assert account(connection, "loaded", "t").reasons == {"it's missing": 1}


def test_a_key_of_several_columns_with_a_missing_part_repeats_nothing() -> None:
    now = datetime(2026, 1, 1)
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA loaded")
    connection.execute("CREATE TABLE loaded.stock (customer_id VARCHAR, measured_at TIMESTAMP, category VARCHAR)")
    rows = [("c", now, "x"), ("c", now, "x"), ("c", now, None), ("c", now, None), ("c", now + timedelta(1), "x")]
    connection.executemany("INSERT INTO loaded.stock VALUES (?, ?, ?)", rows)
    flag(connection, "loaded", "stock", checks_of(STOCK, ["customer_id", "measured_at", "category"], EARLIEST, LATEST))
    aside = connection.execute("SELECT row_number FROM validation_flagged_stock").fetchall()
    assert aside == [(1,)]


@pytest.mark.parametrize("when", ["1970-01-01", "2999-12-31", "1900-01-01"])
def test_times_that_stand_for_a_mistake_are_set_aside(when: str) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA loaded")
    connection.execute(
        "CREATE TABLE loaded.stock AS SELECT 'c' AS customer_id, CAST(? AS TIMESTAMP) AS measured_at", [when]
    )
    checks = checks_of(STOCK, ["customer_id", "measured_at"], EARLIEST, LATEST)
    flag(connection, "loaded", "stock", checks)
    assert account(connection, "loaded", "stock").reasons == {"measured_at is not between 1971-01-01 and 2026-11-22": 1}


def test_accepted_rows_of_a_table_that_was_loaded_anew_cannot_be_read_until_it_is_checked() -> None:
    connection = table_of([("1", 1, "a"), ("2", -1, "a")])
    flag(connection, "loaded", "t", [COUNT_RANGE])
    write_quarantine(connection, "loaded", "t")
    assert open_accepted(connection, "loaded", "t") == 1
    connection.execute("CREATE OR REPLACE TABLE loaded.t AS SELECT '9' AS id, -9 AS n, 'a' AS k")
    with pytest.raises(duckdb.Error, match="t was loaded anew and has not been checked: run churnlab validate"):
        connection.execute("SELECT count(*) FROM accepted.t").fetchall()
