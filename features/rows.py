"""The point-in-time guard: which rows and which of their columns are visible at a cutoff. Nothing else may cut."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import ibis
from ibis.expr import types as ir

from features.errors import UnsupportedOperationError
from features.tables import KNOWN_AT, Table
from features.terms import facts_schema


@ibis.udf.scalar.builtin(name="epoch_us", signature=(("timestamp",), "int64"))
def _epoch_us(time):  # type: ignore[no-untyped-def]
    """Microseconds since 1970, DuckDB's name."""


@ibis.udf.scalar.builtin(name="unix_micros", signature=(("timestamp",), "int64"))
def _unix_micros(time):  # type: ignore[no-untyped-def]
    """Microseconds since 1970, Spark's name."""


_MICROSECONDS = {"duckdb": _epoch_us, "pyspark": _unix_micros}


def check_backend(connection: Any) -> None:
    """Refuse a backend on which signals cannot be computed.

    Raises
    ------
    UnsupportedOperationError
        If it is not one of those known.
    """
    if connection.name not in _MICROSECONDS:
        raise UnsupportedOperationError(
            f"Signals cannot be computed on {connection.name}. Backends: {', '.join(_MICROSECONDS)}."
        )


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 of a UTC time without zone.

    >>> microseconds(datetime(1970, 1, 2))
    86400000000
    """
    since = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def canonical_rows(connection: Any, table: Table, tables: Mapping[str, ir.Table]) -> ir.Table:
    """Give rows with every canonical column, times as microseconds, and a known time that is never empty.

    A missing table counts as an empty one, a missing column as unknown. A row is never known before it happened.
    """
    schema = facts_schema(table)
    if table.name not in tables:
        return ibis.memtable([], schema=schema)
    source = tables[table.name]
    columns: dict[str, Any] = {}
    for column in table.all_columns:
        if column.name not in source.columns:
            columns[column.name] = ibis.null(schema[column.name])
        elif column.type == "timestamp":
            columns[column.name] = _MICROSECONDS[connection.name](source[column.name].cast("timestamp"))
        else:
            columns[column.name] = source[column.name].cast(schema[column.name])
    happened = columns[table.happened_at]
    columns[KNOWN_AT] = ibis.greatest(columns[KNOWN_AT].fill_null(happened), happened)
    return source.select(**columns)


def visible(rows: ir.Table, table: Table, cutoff: int) -> ir.Table:
    """Cut the rows at the cutoff (microseconds) and hide the columns that were not known by then."""
    known = rows.filter(rows[KNOWN_AT] < cutoff)
    hidden = {
        name: ibis.ifelse(known[known_from] < cutoff, known[name], ibis.null(known[name].type()))
        for name, known_from in table.late_columns.items()
    }
    return known.mutate(**hidden) if hidden else known
