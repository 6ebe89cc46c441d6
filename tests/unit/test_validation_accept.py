"""From loaded tables to accepted ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import duckdb
import pytest

from features.tables import TABLES
from pipelines.errors import DataError
from pipelines.validation.accept import accept, record
from pipelines.validation.compare import Shift
from pipelines.validation.inspection import inspect
from pipelines.validation.rules import Rules

TYPES = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
}
RULES = Rules(
    now=datetime(2026, 11, 21, 12),
    earliest=datetime(1971, 1, 1),
    orphans="quarantine",
    quarantine_limit=0.5,
    shift=Shift(volume_share=0.5, missing_rise=0.1, divergence=0.1),
    minimum_rows={"customers": 1},
)


def warehouse(**tables: list[dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA loaded")
    for name, rows in tables.items():
        columns = TABLES[name].all_columns
        listed = ", ".join(f"{column.name} {TYPES[column.type]}" for column in columns)
        connection.execute(f"CREATE TABLE loaded.{name} ({listed})")
        for row in rows:
            complete = {"known_at": row.get(TABLES[name].happened_at), **row}
            marks = ", ".join("?" for _ in columns)
            connection.execute(
                f"INSERT INTO loaded.{name} VALUES ({marks})", [complete.get(column.name) for column in columns]
            )
    return connection


def run(connection: duckdb.DuckDBPyConnection, tables: list[str], rules: Rules = RULES) -> dict[str, Any]:
    checked = inspect(connection, "loaded", tables, rules, {}, lambda text: None)
    accept(connection, "loaded", checked, rules)
    return record(connection, checked)


def failed(made: dict[str, Any]) -> dict[str, int]:
    return {each["name"]: each["failing"] for each in made["checks"] if each["outcome"] == "failed"}


CUSTOMERS = [{"customer_id": "A", "signed_up_at": "2025-01-01"}, {"customer_id": "B", "signed_up_at": "2025-01-01"}]
ORDERS = [
    {"order_id": "1", "customer_id": "A", "ordered_at": "2025-03-01", "amount": 10.0},
    {"order_id": "2", "customer_id": "B", "ordered_at": "2025-04-01", "amount": float("inf"), "discount_amount": -1},
    {"order_id": "3", "customer_id": "Z", "ordered_at": "2025-05-01", "amount": -5.0},
    {"order_id": "4", "customer_id": "B", "ordered_at": "2024-12-31", "amount": 5.0},
]


def test_rows_are_accepted_or_set_aside_with_their_reasons() -> None:
    connection = warehouse(customers=CUSTOMERS, orders=ORDERS)
    made = run(connection, ["orders", "customers"])
    assert made["tables"] == ["customers", "orders"]
    assert made["rows"] == {"customers": 2, "orders": 2}
    assert made["quarantined"] == {"customers": 0, "orders": 2}
    aside = connection.execute("SELECT order_id, reasons FROM quarantine.quarantine_orders ORDER BY 1").fetchall()
    assert aside == [
        ("2", ["amount is not a number", "discount_amount is not a number of 0 or more"]),
        ("3", ["customer_id is not in customers"]),
    ]
    assert (made["first"], made["last"]) == ("2024-12-31T00:00:00", "2025-03-01T00:00:00")
    assert failed(made)["orders.ordered_at.before_customer"] == 1


def test_orphans_of_a_customer_that_was_set_aside_are_orphans() -> None:
    customers = [*CUSTOMERS, {"customer_id": "C", "signed_up_at": None, "known_at": "2025-01-01"}]
    orders = [*ORDERS[:1], {"order_id": "9", "customer_id": "C", "ordered_at": "2025-03-01"}]
    made = run(warehouse(customers=customers, orders=orders), ["customers", "orders"])
    assert made["reasons"] == {
        "customers": {"signed_up_at is missing": 1},
        "orders": {"customer_id is not in customers": 1},
    }


def test_orphans_may_stop_or_stay() -> None:
    connection = warehouse(customers=CUSTOMERS, orders=[ORDERS[0], ORDERS[2]])
    with pytest.raises(DataError, match=r"orders\.customer_id\.orphan: 1 rows of orders fail"):
        run(connection, ["customers", "orders"], replace(RULES, orphans="stop"))
    made = run(connection, ["customers", "orders"], replace(RULES, orphans="warn"))
    assert made["rows"]["orders"] == 2
    assert failed(made)["orders.customer_id.orphan"] == 1


def test_too_much_set_aside_stops_and_nothing_can_be_read_as_accepted() -> None:
    connection = warehouse(customers=CUSTOMERS, orders=ORDERS[:1])
    run(connection, ["customers", "orders"])
    connection.execute(
        "INSERT INTO loaded.orders (order_id, customer_id, known_at) "
        "VALUES ('5', 'A', '2025-05-01'), ('6', 'A', '2025-05-01')"
    )
    with pytest.raises(DataError) as stopped:
        run(connection, ["customers", "orders"])
    assert "2 of 3 rows of orders (66.7%) cannot be used: ordered_at is missing (2)" in stopped.value.given
    assert stopped.value.allowed == "at most 50% (validate.quarantine_limit)"
    for table in ("customers", "orders"):
        with pytest.raises(duckdb.Error, match="has not been checked"):
            connection.execute(f"FROM accepted.{table}").fetchall()
    assert connection.execute("SELECT count(*) FROM quarantine.quarantine_orders").fetchall() == [(2,)]


def test_a_table_that_must_have_rows_and_is_empty_stops() -> None:
    with pytest.raises(DataError, match="customers has 0 usable rows"):
        run(warehouse(customers=[]), ["customers"])


def test_an_empty_table_is_left_out() -> None:
    made = run(warehouse(customers=CUSTOMERS, orders=[]), ["customers", "orders"])
    assert made["tables"] == ["customers"]
    assert (made["first"], made["last"]) == ("2025-01-01T00:00:00", "2025-01-01T00:00:00")


def test_terms_that_overlap_and_orders_after_the_end_are_told() -> None:
    contracts = [
        {"contract_id": "1", "customer_id": "A", "started_at": "2025-01-01", "ends_at": "2025-07-01", "plan": "x"},
        {"contract_id": "2", "customer_id": "A", "started_at": "2025-06-01", "ends_at": "2026-01-01", "plan": "x"},
        {"contract_id": "3", "customer_id": "A", "started_at": "2025-06-01", "ends_at": "2026-01-01", "plan": "y"},
        {"contract_id": "4", "customer_id": "B", "started_at": "2025-01-01", "ended_at": "2025-03-01", "plan": "x"},
    ]
    made = run(
        warehouse(customers=CUSTOMERS, orders=ORDERS[:2], contracts=contracts), ["customers", "orders", "contracts"]
    )
    found = failed(made)
    assert found["contracts.started_at.overlap"] == 1
    assert found["orders.ordered_at.after_end"] == 1


def test_a_term_signed_ahead_does_not_move_the_end_of_the_data() -> None:
    contracts = [{"contract_id": "1", "customer_id": "A", "started_at": "2027-06-01", "known_at": "2026-10-01"}]
    made = run(warehouse(customers=CUSTOMERS, contracts=contracts), ["customers", "contracts"])
    assert made["rows"]["contracts"] == 1
    assert made["last"] == "2026-10-01T00:00:00"


def test_a_flat_table_is_checked_for_key_and_label() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA loaded")
    connection.execute(
        "CREATE TABLE loaded.flat AS FROM (VALUES ('A', 1, 1.5), ('A', 0, 2.0), ('B', 7, 2.0), (NULL, 1, 2.0), "
        "('C', 0, 'nan'::DOUBLE), ('D', NULL, NULL), ('E', 0, 3), ('F', 0, 3)) AS rows(customer_id, churned, size)"
    )
    made = run(connection, ["flat"])
    assert made["flat"]
    assert made["reasons"]["flat"] == {
        "churned is neither 0 nor 1": 1,
        "customer_id is missing": 1,
        "customer_id repeats another row": 1,
        "size is not a number": 1,
    }
    assert connection.execute("SELECT customer_id FROM accepted.flat").fetchall() == [("A",), ("D",), ("E",), ("F",)]


def test_a_row_that_nobody_knows_when_it_was_learned_is_set_aside() -> None:
    orders = [ORDERS[0], ORDERS[3] | {"known_at": None}]
    made = run(warehouse(customers=CUSTOMERS, orders=orders), ["customers", "orders"])
    assert made["reasons"] == {"orders": {"known_at is missing": 1}}


def test_one_order_of_1970_costs_no_derived_customer_its_other_orders() -> None:
    customers = [{"customer_id": "A", "signed_up_at": "1970-01-01"}, {"customer_id": "B", "signed_up_at": "1970-01-01"}]
    orders = [
        {"order_id": "1", "customer_id": "A", "ordered_at": "1970-01-01"},
        {"order_id": "2", "customer_id": "A", "ordered_at": "2025-03-01"},
        {"order_id": "3", "customer_id": "A", "ordered_at": "2025-02-01"},
        {"order_id": "4", "customer_id": "B", "ordered_at": "1970-01-01"},
    ]
    connection = warehouse(customers=customers, orders=orders)
    made = run(connection, ["customers", "orders"], replace(RULES, customers_derived=True))
    assert connection.execute("SELECT customer_id, signed_up_at FROM accepted.customers").fetchall() == [
        ("A", datetime(2025, 2, 1))
    ]
    assert made["rows"]["orders"] == 2
    assert made["quarantined"] == {"customers": 1, "orders": 2}


def test_a_doubtful_attribute_costs_no_customer_and_no_term() -> None:
    customers = [CUSTOMERS[0] | {"employees": -5}]
    contracts = [
        {"contract_id": "1", "customer_id": "A", "started_at": "2025-01-01", "billing_period": "week"},
        {"contract_id": "2", "customer_id": "A", "started_at": "2025-01-01", "monthly_price": float("inf")},
    ]
    made = run(warehouse(customers=customers, contracts=contracts), ["customers", "contracts"])
    assert made["rows"] == {"customers": 1, "contracts": 1}
    assert made["reasons"] == {"contracts": {"monthly_price is not a number": 1}}
    assert {"customers.employees.range", "contracts.billing_period.set"} <= failed(made).keys()
