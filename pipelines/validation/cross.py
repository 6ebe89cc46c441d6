"""Checks that hold a table against the customers and contracts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

import duckdb

from features.tables import CONTRACTS, CUSTOMERS, ORDERS, TABLES, USAGE_EVENTS
from pipelines.validation.check import Check, Severity, rows_where
from pipelines.warehouse.sql import identifier, literal, statement

KNOWN = "validation_customers"
_AFTER_END = (ORDERS.name, USAGE_EVENTS.name)
_FOREVER = "TIMESTAMP 'infinity'"


def remember_customers(
    connection: duckdb.DuckDBPyConnection, schema: str, tables: Collection[str], customers: str
) -> None:
    """Make the temporary table that the other tables are held against: usable customers, their beginning and end.

    Parameters
    ----------
    connection
        The warehouse.
    schema, tables
        Where the loaded tables are, and which there are.
    customers
        Usable rows of the customers, as SQL that may stand after FROM.
    """
    ended, origin = "NULL::TIMESTAMP", customers
    if CONTRACTS.name in tables:
        last = f"max(coalesce(ended_at, {_FOREVER})) AS ended_at"
        ends = statement(
            "SELECT customer_id,", last, "FROM", identifier(schema, CONTRACTS.name), "GROUP BY customer_id"
        )
        ended, origin = "ended_at", statement(customers, "LEFT JOIN (", ends, ") USING (customer_id)")
    columns = f"customer_id, signed_up_at, {ended} AS ended_at"
    connection.execute(
        statement("CREATE OR REPLACE TEMP TABLE", identifier(KNOWN), "AS SELECT", columns, "FROM", origin)
    )


def settle_derived_customers(
    connection: duckdb.DuckDBPyConnection, schema: str, tables: Collection[str], span: tuple[datetime, datetime]
) -> None:
    """Let customers that were derived from their facts begin with their first plausible one.

    One order of 1970-01-01 would else make its customer, and with it all of its other facts, unusable.

    Parameters
    ----------
    connection
        The warehouse.
    schema, tables
        The loaded tables.
    span
        Times outside are taken for mistakes.
    """
    facts = [table for table in tables if table in TABLES and table != CUSTOMERS.name]
    if not facts:
        return
    happened = " UNION ALL ".join(
        statement(
            "SELECT customer_id,", identifier(TABLES[table].happened_at), "AS began FROM", identifier(schema, table)
        )
        for table in facts
    )
    plausible = f"began BETWEEN {literal(span[0])} AND {literal(span[1])}"
    first = statement(
        "(SELECT customer_id, min(began) AS began FROM (", happened, ") WHERE", plausible, "GROUP BY customer_id)"
    )
    change = "SET signed_up_at = first.began, known_at = first.began FROM"
    differ = "AS first WHERE first.customer_id = customers.customer_id AND first.began <> customers.signed_up_at"
    connection.execute(statement("UPDATE", identifier(schema, CUSTOMERS.name), "AS customers", change, first, differ))


def cross_checks(schema: str, table: str, tables: Collection[str], orphans: Severity) -> list[Check]:
    """Generate the checks of a table against the others; `remember_customers` must have been called.

    Parameters
    ----------
    schema, table
        The loaded table.
    tables
        All tables that there are.
    orphans
        What happens to rows of unknown customers.
    """
    if table == CUSTOMERS.name or table not in TABLES:
        return []
    return list(_checks(schema, table, tables, orphans))


def _checks(schema: str, table: str, tables: Collection[str], orphans: Severity) -> Iterator[Check]:
    happened = TABLES[table].happened_at
    orphan = statement(
        "customer_id IS NOT NULL AND customer_id NOT IN (SELECT customer_id FROM", identifier(KNOWN), ")"
    )
    yield rows_where(f"{table}.customer_id.orphan", table, orphan, orphans, "customer_id is not in customers")
    early = _held_against_customer(f"loaded.{identifier(happened)} < known.signed_up_at")
    yield rows_where(f"{table}.{happened}.before_customer", table, early, "warn", f"{happened} is before signed_up_at")
    if table in _AFTER_END and CONTRACTS.name in tables:
        late = _held_against_customer(f"loaded.{identifier(happened)} > known.ended_at")
        yield rows_where(f"{table}.{happened}.after_end", table, late, "warn", f"{happened} is after the last contract")
    if table == CONTRACTS.name:
        said = "overlaps an earlier term of the same plan"
        yield rows_where("contracts.started_at.overlap", table, _overlap(identifier(schema, table)), "warn", said)


def _held_against_customer(condition: str) -> str:
    known = statement(
        "SELECT 1 FROM", identifier(KNOWN), "AS known WHERE known.customer_id = loaded.customer_id AND", condition
    )
    return f"EXISTS ({known})"


def _overlap(contracts: str) -> str:
    """Whether a term begins before an earlier one of the customer's plan has ended."""
    earlier = (
        "PARTITION BY customer_id, plan ORDER BY started_at, rowid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    )
    ended = f"max(coalesce(ended_at, ends_at, {_FOREVER})) OVER ({earlier})"
    terms = statement("SELECT rowid AS row_number, started_at <", ended, "AS within FROM", contracts)
    return statement("loaded.rowid IN (SELECT row_number FROM (", terms, ") WHERE within)")
