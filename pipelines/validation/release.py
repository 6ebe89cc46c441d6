"""Rows that a person has released from quarantine: they are accepted although a check on them fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.errors import DataError
from pipelines.validation.set_aside import QUARANTINE, flagged, quarantine_of
from pipelines.warehouse.sql import identifier, literal, statement

RELEASED = "quarantine_released"
SHOWN = 20

# Later stages cannot do without a key, a customer and a time.
_NEEDED = r"len(list_filter(checks, each -> regexp_matches(each, '\.(missing|unique|orphan)$'))) > 0"


@dataclass(frozen=True)
class Held:
    """Rows of one table in quarantine: how many, and how many for each reason."""

    table: str
    rows: int
    reasons: dict[str, int]


def held(connection: duckdb.DuckDBPyConnection) -> list[Held]:
    """List the tables with rows in quarantine, most rows first."""
    found = []
    for table in _tables(connection):
        relation = connection.table(f"{QUARANTINE}.{quarantine_of(table)}")
        counted = relation.project("unnest(reasons) AS reason").aggregate("reason, count(*) AS rows", "reason")
        reasons = dict(counted.order("rows DESC, reason").fetchall())
        found.append(Held(table, int(relation.aggregate("count(*)").fetchall()[0][0]), reasons))
    return sorted(found, key=lambda each: -each.rows)


def show(
    connection: duckdb.DuckDBPyConnection, table: str, *, reason: str | None = None, most: int = SHOWN
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Give rows in quarantine with the columns that hold something; the first two are row number and reasons.

    Raises
    ------
    DataError
        If no row of the table is in quarantine.
    """
    _refuse_unknown(connection, table)
    relation = connection.table(f"{QUARANTINE}.{quarantine_of(table)}")
    if reason is not None:
        relation = relation.filter(f"list_contains(reasons, {literal(reason)})")
    filled = relation.aggregate(", ".join(f"count({identifier(column)})" for column in relation.columns)).fetchall()[0]
    columns = [
        column for column, count in zip(relation.columns, filled, strict=True) if count and column != "checks"
    ] or ["row_number", "reasons"]
    rows = relation.order("row_number").limit(most).project(", ".join(identifier(column) for column in columns))
    return columns, rows.fetchall()


def release(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    *,
    reason: str | None = None,
    row_numbers: Sequence[int] | None = None,
) -> int:
    """Release rows from quarantine, so that the next validation accepts them, and count them.

    A row is known by its content: once it changes at its source it is checked again.

    Parameters
    ----------
    connection
        The warehouse.
    table
        The table.
    reason
        Only rows with this reason.
    row_numbers
        Only these rows, as `show` numbers them.

    Raises
    ------
    DataError
        If there is no such row, or one lacks what later stages cannot do without: key, customer or time.
    """
    _refuse_unknown(connection, table)
    relation = connection.table(f"{QUARANTINE}.{quarantine_of(table)}")
    if reason is not None:
        relation = relation.filter(f"list_contains(reasons, {literal(reason)})")
    if row_numbers is not None:
        relation = relation.filter(f"list_contains({[int(each) for each in row_numbers]}, row_number)")
    _refuse_needed(relation, table)
    columns = [column for column in relation.columns if column not in ("row_number", "reasons", "checks")]
    _make_place(connection)
    before = connection.table(RELEASED).aggregate("count(*)").fetchall()[0][0]
    digest = _digest([identifier(column) for column in columns])
    rows = relation.project(f"{literal(table)} AS of_table, {digest} AS digest, now()::TIMESTAMP AS released_at")
    rows.insert_into(RELEASED)
    found = connection.table(RELEASED).aggregate("count(*)").fetchall()[0][0] - before
    if not found:
        raise DataError(f"No row of {table} in quarantine fits", do=f"see 'churnlab quarantine show {table}'")
    return int(found)


def drop_released(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
    """Take released rows off the temporary table of unusable rows."""
    if not _exists(connection, "main", RELEASED):
        return
    columns = connection.table(f"{schema}.{table}").columns
    digest = _digest([f"loaded.{identifier(column)}" for column in columns])
    rows = statement(
        "SELECT row_number FROM", identifier(flagged(table)), "AS flagged JOIN", identifier(schema, table), "AS loaded"
    )
    mine = statement("SELECT digest FROM", RELEASED, "WHERE of_table =", literal(table))
    released = statement(rows, "ON loaded.rowid = row_number WHERE NOT", _NEEDED, "AND", digest, "IN (", mine, ")")
    connection.execute(statement("DELETE FROM", identifier(flagged(table)), "WHERE row_number IN (", released, ")"))


def digest_of_released(connection: duckdb.DuckDBPyConnection) -> str:
    """Say which rows are released, so that later stages run again when that changes."""
    if not _exists(connection, "main", RELEASED):
        return ""
    found = connection.table(RELEASED).aggregate("md5(string_agg(of_table || digest, ',' ORDER BY of_table, digest))")
    return str(found.fetchall()[0][0] or "")


def _refuse_needed(relation: duckdb.DuckDBPyRelation, table: str) -> None:
    rows = int(relation.filter(_NEEDED).aggregate("count(*)").fetchall()[0][0])
    if rows:
        raise DataError(
            f"{rows:,} of these rows of {table} lack a key, a customer or a time, or repeat another row",
            allowed="rows whose values alone are doubted",
            do="correct them at their source and load again, or release the others by reason",
        )


def _refuse_unknown(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    if table not in _tables(connection):
        raise DataError(
            f"No row of {table} is in quarantine",
            allowed=", ".join(_tables(connection)) or "none: the quarantine is empty",
            do="see 'churnlab quarantine list'",
        )


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    prefix = quarantine_of("")
    found = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name", [QUARANTINE]
    ).fetchall()
    return [table.removeprefix(prefix) for (table,) in found]


def _make_place(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        statement("CREATE TABLE IF NOT EXISTS", RELEASED, "(of_table VARCHAR, digest VARCHAR, released_at TIMESTAMP)")
    )


def _exists(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    asked = "SELECT count(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
    return bool(connection.execute(asked, [schema, table]).fetchall()[0][0])


def _digest(columns: Sequence[str]) -> str:
    return f"md5(CAST(ROW({', '.join(columns)}) AS VARCHAR))"
