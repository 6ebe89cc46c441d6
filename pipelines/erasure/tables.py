"""A customer taken out of a DuckDB file: the other rows are copied into a new file, which takes the old one's place.

Deleting alone would leave the bytes in free blocks of the file. Every table that has a column of ids is gone through,
whatever its name; other texts that name the customer are freed of the name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.erasure.subject import REPLACEMENT, Subject, is_id_column
from pipelines.warehouse.duckdb_file import FILE, database, warehouse
from pipelines.warehouse.sql import identifier, literal, statement

_FRESH = "churnlab_fresh"
QUARANTINE, LOADED, PREFIX = "quarantine", "loaded", "quarantine_"
_COLUMNS = """
SELECT columns.schema_name, columns.table_name, column_name, columns.data_type
FROM duckdb_columns() AS columns JOIN duckdb_tables() AS tables USING (database_oid, schema_oid, table_oid)
WHERE columns.database_name = current_database() ORDER BY columns.schema_name, columns.table_name, column_index
"""
_MAP = "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'loaded' AND table_name = 'identity_map'"
_KNOWN = """
SELECT customer_id, known_as, system || ':' || id FROM loaded.identity_map
WHERE customer_id IN (SELECT customer_id FROM loaded.identity_map WHERE
"""


@dataclass(frozen=True)
class Place:
    """A table and its columns with their types."""

    schema: str
    table: str
    columns: Mapping[str, str]

    @property
    def name(self) -> str:
        """Schema and table, as people read it."""
        return f"{self.schema}.{self.table}"

    @property
    def quoted(self) -> str:
        """Schema and table, as SQL reads it."""
        return identifier(self.schema, self.table)

    def of_customer(self, subject: Subject) -> str:
        """Write SQL that is true for the customer's rows."""
        ids = ", ".join(map(literal, sorted(subject.ids)))
        named = [f"CAST({identifier(column)} AS VARCHAR) IN ({ids})" for column in self.columns if is_id_column(column)]
        return f"coalesce({' OR '.join(named)}, FALSE)" if named else "FALSE"

    def texts(self) -> list[str]:
        """Columns of texts that are no ids."""
        return [column for column, kind in self.columns.items() if kind == "VARCHAR" and not is_id_column(column)]


@dataclass(frozen=True)
class Found:
    """What there was of a customer.

    Parameters
    ----------
    rows
        The customer's own rows, by table.
    mentions
        Rows of others whose texts named the customer, by table.
    """

    rows: dict[str, int]
    mentions: dict[str, int]


def related_ids(home: Path, customer: str) -> frozenset[str]:
    """Give a customer's id and those of other systems that were joined to it.

    Parameters
    ----------
    home
        The project's folder.
    customer
        The customer's id, or any id of a system as ``system:id``.
    """
    if not (home / FILE).exists():
        return frozenset({customer})
    with warehouse(home, read_only=True) as connection:
        if connection.execute(_MAP).fetchone() is None:
            return frozenset({customer})
        condition = f"{literal(customer)} IN (customer_id, known_as, system || ':' || id))"
        found = connection.execute(statement(_KNOWN, condition)).fetchall()
    return frozenset({customer, *(str(each) for row in found for each in row if each is not None)})


def look(file: Path, subject: Subject) -> Found:
    """Count what there is of a customer in a DuckDB file; change nothing."""
    with database(file, read_only=True) as connection:
        return _found(connection, subject)


def erase(file: Path, subject: Subject) -> Found:
    """Take a customer out of a DuckDB file; it is as before until all is done.

    Raises
    ------
    ConnectionFailed
        If another process reads or writes the file, or the disk is full.
    """
    beside = file.with_name(f".erasing.{file.name}")
    for rest in (beside, beside.with_name(f"{beside.name}.wal")):
        rest.unlink(missing_ok=True)
    with database(file) as connection:
        found = _found(connection, subject)
        if not found.rows and not found.mentions:
            return found
        _copy(connection, beside, subject, found)
    os.replace(beside, file)
    return found


def traces(connection: Any, subject: Subject) -> list[str]:
    """Name the columns of an open DuckDB file in which a value still names the customer."""
    places = _places(connection)
    return [
        f"{each.name}.{column}"
        for each in places
        for column in traces_of(connection, each.quoted, each.columns, subject)
    ]


def traces_of(connection: Any, table: str, columns: Mapping[str, str], subject: Subject) -> list[str]:
    """Name the columns of a table in which a value still names the customer, nested values among them.

    Parameters
    ----------
    connection
        DuckDB connection.
    table
        The table as SQL reads it.
    columns
        Name to type.
    subject
        The customer.
    """
    conditions = {column: condition for column, kind in columns.items() if (condition := _trace(column, kind, subject))}
    if not conditions:
        return []
    asked = ", ".join(f"coalesce(bool_or({condition}), FALSE)" for condition in conditions.values())
    found = connection.execute(statement("SELECT", asked, "FROM", table)).fetchone()
    return [column for column, is_there in zip(conditions, found, strict=True) if is_there]


def _trace(column: str, kind: str, subject: Subject) -> str:
    """Write SQL that is true where a value names the customer; nothing for a column that cannot."""
    value = f"CAST({identifier(column)} AS VARCHAR)"
    parts = []
    if is_id_column(column):
        parts.append(f"{value} IN ({', '.join(map(literal, sorted(subject.ids)))})")
    if subject.telling and any(word in kind for word in ("VARCHAR", "JSON", "BLOB", "ENUM")):
        parts.append(f"regexp_matches({value}, {literal(subject.expression)})")
    return " OR ".join(parts)


def _found(connection: Any, subject: Subject) -> Found:
    rows: dict[str, int] = {}
    mentions: dict[str, int] = {}
    for place in _places(connection):
        counted = statement("SELECT count(*) FILTER (", place.of_customer(subject), "),")
        others = statement("count(*) FILTER ( NOT", place.of_customer(subject), "AND", _mentioned(place, subject), ")")
        own, other = connection.execute(statement(counted, others, "FROM", place.quoted)).fetchone()
        rows |= {place.name: int(own)} if own else {}
        mentions |= {place.name: int(other)} if other else {}
    return Found(rows, mentions)


def _mentioned(place: Place, subject: Subject) -> str:
    if not subject.telling or not place.texts():
        return "FALSE"
    matches = (f"regexp_matches({identifier(each)}, {literal(subject.expression)})" for each in place.texts())
    return f"coalesce({' OR '.join(matches)}, FALSE)"


def _copy(connection: Any, beside: Path, subject: Subject, found: Found) -> None:
    # Views know rows by their place in a table, so that order has to stay.
    connection.execute("SET preserve_insertion_order = true")
    connection.execute(statement("ATTACH", literal(str(beside)), "AS", identifier(_FRESH)))
    name = connection.execute("SELECT current_database()").fetchone()[0]
    connection.execute(statement("COPY FROM DATABASE", identifier(name), "TO", identifier(_FRESH), "(SCHEMA)"))
    for place in _places(connection):
        rows = _kept(connection, place, subject)
        connection.execute(statement("INSERT INTO", f"{identifier(_FRESH)}.{place.quoted}", rows))
        _check_count(connection, place, found)
    connection.execute(statement("CHECKPOINT", identifier(_FRESH)))
    connection.execute(statement("DETACH", identifier(_FRESH)))


def _kept(connection: Any, place: Place, subject: Subject) -> str:
    """Write SQL of the rows that stay, freed of the customer's name."""
    texts = set(place.texts()) if subject.telling else set()
    columns = [_freed(column, subject) if column in texts else identifier(column) for column in place.columns]
    renumbered = _renumbered(connection, place, subject)
    if renumbered is not None:
        columns[list(place.columns).index("row_number")] = renumbered
    condition = statement("WHERE NOT", place.of_customer(subject))
    return statement("SELECT", ", ".join(columns), "FROM", place.quoted, "AS held", condition, "ORDER BY held.rowid")


def _freed(column: str, subject: Subject) -> str:
    text, put = identifier(column), literal(REPLACEMENT)
    for _ in range(2):
        text = f"regexp_replace({text}, {literal(subject.expression)}, {put}, 'g')"
    return f"{text} AS {identifier(column)}"


def _renumbered(connection: Any, place: Place, subject: Subject) -> str | None:
    """Write SQL of the new number of the loaded row that a row of the quarantine stands for."""
    if place.schema != QUARANTINE or "row_number" not in place.columns:
        return None
    table = place.table.removeprefix(PREFIX)
    loaded = next((each for each in _places(connection) if (each.schema, each.table) == (LOADED, table)), None)
    if loaded is None:
        return None
    gone = statement("SELECT count(*) FROM", loaded.quoted, "AS gone WHERE", loaded.of_customer(subject))
    return statement("held.row_number - (", gone, "AND gone.rowid < held.row_number )")


def _check_count(connection: Any, place: Place, found: Found) -> None:
    """Refuse a copy that lacks a row of another customer."""
    fresh = f"{identifier(_FRESH)}.{place.quoted}"
    before, after = (
        connection.execute(statement("SELECT count(*) FROM", each)).fetchone()[0] for each in (place.quoted, fresh)
    )
    expected = before - found.rows.get(place.name, 0)
    if after != expected:
        raise AssertionError(f"{place.name} has {after} rows in the copy, not {expected}")


def _places(connection: Any) -> list[Place]:
    places: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in connection.execute(_COLUMNS).fetchall():
        places.setdefault((schema, table), {})[column] = kind
    return [Place(schema, table, columns) for (schema, table), columns in places.items()]
