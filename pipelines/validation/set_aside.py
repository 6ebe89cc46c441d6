"""Rows that may not be used are put aside with every reason; the others are what the accepted table shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pipelines.validation.check import Check
from pipelines.validation.conditions import failing_row, key_of
from pipelines.warehouse.sql import identifier, literal, statement

ACCEPTED = "accepted"
QUARANTINE = "quarantine"
CHECKED = "checked"


@dataclass(frozen=True)
class Parted:
    """Account of one table: rows = accepted + quarantined.

    Parameters
    ----------
    table
        The table.
    rows, accepted, quarantined
        Rows loaded, usable, and set aside.
    reasons
        Rows a reason, most frequent first; a row may have several.
    """

    table: str
    rows: int
    accepted: int
    quarantined: int
    reasons: dict[str, int]

    @property
    def balances(self) -> bool:
        """Whether every row is accounted for."""
        return self.rows == self.accepted + self.quarantined


def flagged(table: str) -> str:
    """Name of the temporary table of a table's unusable rows."""
    return f"validation_flagged_{table}"


def quarantine_of(table: str) -> str:
    """Name of the table of rows set aside."""
    return f"quarantine_{table}"


def flag(connection: duckdb.DuckDBPyConnection, schema: str, table: str, checks: Sequence[Check]) -> None:
    """Make the temporary table of a table's unusable rows: row number and every reason, in one pass.

    Of rows with the same key the first usable one is kept.

    Parameters
    ----------
    connection
        The warehouse.
    schema, table
        The loaded table.
    checks
        Checks whose failing rows are set aside.
    """
    single = [(condition, check) for check in checks if (condition := _condition(check))]
    keys = [(key, check) for check in checks if (key := key_of(check.expectation, check.arguments))]
    flags = [f"{condition} AS flag_{number}" for number, (condition, _) in enumerate(single)]
    bad = " OR ".join(f"flag_{number}" for number in range(len(single))) or "FALSE"
    columns = sorted({column for key, _ in keys for column in key})
    rows = ", ".join(["loaded.rowid AS row_number", *flags, *(f"loaded.{identifier(column)}" for column in columns)])
    repeats = [f"{_repeats(key, bad)} AS repeat_{number}" for number, (key, _) in enumerate(keys)]
    inner = statement(
        "SELECT", ", ".join(["*", *repeats]), "FROM (SELECT", rows, "FROM", identifier(schema, table), "AS loaded)"
    )
    failing = [(f"flag_{number}", check) for number, (_, check) in enumerate(single)]
    failing += [(f"repeat_{number}", check) for number, (_, check) in enumerate(keys)]
    listed = ", ".join(
        (
            _listed([(flag, check.reason) for flag, check in failing], "reasons"),
            _listed([(flag, check.name) for flag, check in failing], "checks"),
        )
    )
    wanted = " OR ".join([bad, *(f"repeat_{number}" for number in range(len(keys)))])
    place = identifier(flagged(table))
    connection.execute(
        statement(
            "CREATE OR REPLACE TEMP TABLE", place, "AS SELECT row_number,", listed, "FROM (", inner, ") WHERE", wanted
        )
    )


def account(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> Parted:
    """Count a table's rows and those that are set aside."""
    rows = _count(connection.table(f"{schema}.{table}"))
    aside = connection.table(flagged(table))
    counted = aside.project("unnest(reasons) AS reason").aggregate("reason, count(*) AS rows", "reason")
    reasons = dict(counted.order("rows DESC, reason").fetchall())
    return Parted(table, rows, rows - _count(aside), _count(aside), reasons)


def usable(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    """Write SQL of the usable rows of a table, to stand after FROM."""
    if not _count(connection.table(flagged(table))):
        return identifier(schema, table)
    aside = statement("SELECT row_number FROM", identifier(flagged(table)))
    return statement("(FROM", identifier(schema, table), "WHERE rowid NOT IN (", aside, "))")


def write_quarantine(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> int:
    """Write the rows set aside, with their reasons, and count them."""
    joined = statement(
        identifier(schema, table), "AS loaded JOIN", identifier(flagged(table)), "ON loaded.rowid = row_number"
    )
    listed = ", ".join(identifier(column) for column in connection.table(f"{schema}.{table}").columns)
    rows = statement("SELECT row_number, reasons, checks,", listed, "FROM", joined)
    return _create(connection, QUARANTINE, quarantine_of(table), rows)


def close_accepted(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> None:
    """Take the mark off a loaded table, so that its accepted rows cannot be read until it is checked again."""
    connection.execute(statement("COMMENT ON TABLE", identifier(schema, table), "IS NULL"))


def open_accepted(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> int:
    """Let the usable rows be read as a view without a copy, and count them.

    The view refuses to be read once the loaded table is replaced: a new load has no mark until it has been checked.
    """
    columns = ", ".join(identifier(column) for column in connection.table(f"{schema}.{table}").columns)
    conditions = [_marked(schema, table)]
    if _count(connection.table(flagged(table))):
        aside = statement("SELECT row_number FROM", identifier(QUARANTINE, quarantine_of(table)))
        conditions.append(f"rowid NOT IN ({aside})")
    rows = statement("SELECT", columns, "FROM", identifier(schema, table), "WHERE", " AND ".join(conditions))
    connection.execute(statement("COMMENT ON TABLE", identifier(schema, table), "IS", literal(CHECKED)))
    connection.execute(statement("CREATE OR REPLACE VIEW", identifier(ACCEPTED, table), "AS", rows))
    return _count(accepted(connection, table))


def accepted(connection: duckdb.DuckDBPyConnection, table: str) -> duckdb.DuckDBPyRelation:
    """Give an accepted table."""
    return connection.sql(statement("FROM", identifier(ACCEPTED, table)))


def _marked(schema: str, table: str) -> str:
    """Write SQL that is true while the loaded table bears the mark, and an error otherwise."""
    refusal = f"{table} was loaded anew and has not been checked: run churnlab validate"
    marked = f"CASE WHEN bool_or(comment = {literal(CHECKED)}) THEN TRUE ELSE error({literal(refusal)}) END"
    place = f"schema_name = {literal(schema)} AND table_name = {literal(table)}"
    return statement("(SELECT", marked, "FROM duckdb_tables() WHERE", place, ")")


def _listed(said: Sequence[tuple[str, str]], column: str) -> str:
    """Write SQL of the list of what applies to a row."""
    words = ", ".join(f"CASE WHEN {flag} THEN {literal(text)} END" for flag, text in said)
    return f"list_filter([{words}], each -> each IS NOT NULL)::VARCHAR[] AS {column}"


def _condition(check: Check) -> str | None:
    return f"coalesce({check.condition}, FALSE)" if check.condition else failing_row(check.expectation, check.arguments)


def _create(connection: duckdb.DuckDBPyConnection, schema: str, table: str, rows: str) -> int:
    connection.execute(statement("CREATE OR REPLACE TABLE", identifier(schema, table), "AS", rows))
    return _count(connection.table(f"{schema}.{table}"))


def _count(relation: duckdb.DuckDBPyRelation) -> int:
    return int(relation.aggregate("count(*)").fetchall()[0][0])


def _repeats(key: tuple[str, ...], bad: str) -> str:
    """Write SQL that is true for every row of a key but the first usable one; an incomplete key repeats nothing."""
    there = " AND ".join(f"{identifier(column)} IS NOT NULL" for column in key)
    parts = ", ".join(identifier(column) for column in key)
    return f"({there} AND row_number() OVER (PARTITION BY {parts} ORDER BY ({bad}), row_number) > 1)"
