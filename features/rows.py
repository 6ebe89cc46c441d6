"""The point-in-time guard: which rows and which of their columns are visible at a cutoff. Nothing else may cut."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

import ibis
from ibis.expr import types as ir

from features.facts import facts_schema, gap_column
from features.tables import KNOWN_AT, Table
from features.terms import MICROSECONDS_PER_DAY

CUSTOMER = "customer_id"
CODE = "_code"
SLICE = "_slice"
BAND = "_band"
END = "_end"


@ibis.udf.scalar.builtin(name="epoch_us", signature=(("timestamp",), "int64"))
def _epoch_us(time):  # type: ignore[no-untyped-def]
    """Microseconds since 1970, DuckDB's name."""


@ibis.udf.scalar.builtin(name="unix_micros", signature=(("timestamp",), "int64"))
def _unix_micros(time):  # type: ignore[no-untyped-def]
    """Microseconds since 1970, Spark's name."""


_MICROSECONDS = {"duckdb": _epoch_us, "pyspark": _unix_micros}


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 of a UTC time without zone.

    >>> microseconds(datetime(1970, 1, 2))
    86400000000
    """
    since = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def canonical_rows(connection: Any, table: Table, source: ir.Table) -> ir.Table:
    """Give rows with every canonical column, times as microseconds, and a known time that is never empty.

    A missing column counts as unknown. A row is never known before it happened. A value that is learned later and does
    not say when is never known.
    """
    schema = facts_schema(table)
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
    for name, known_from in table.late_columns.items():
        columns[name] = ibis.ifelse(columns[known_from].notnull(), columns[name], ibis.null(schema[name]))
    return source.select(**columns)


def coded_rows(rows: ir.Table, codes: ir.Table) -> ir.Table:
    """Keep the customers that someone asks for, and give each row the code of its customer."""
    return rows.inner_join(codes, rows[CUSTOMER] == codes[CUSTOMER])[[*rows.columns, CODE]]


def visible(rows: ir.Table, table: Table, cutoff: int) -> ir.Table:
    """Cut the rows at the cutoff (microseconds) and hide the columns that were not known by then."""
    return masked(rows.filter(rows[KNOWN_AT] < cutoff), table, cutoff)


def masked(rows: ir.Table, table: Table, cutoff: Any) -> ir.Table:
    """Hide the columns that were not known at the cutoff (microseconds)."""
    hidden = {
        name: ibis.ifelse(rows[known_from] < cutoff, rows[name], ibis.null(rows[name].type()))
        for name, known_from in table.late_columns.items()
    }
    return rows.mutate(**hidden) if hidden else rows


def settled_at(rows: ir.Table, table: Table, columns_read: Collection[str]) -> Any:
    """Give the instant after which a row looks the same at every cutoff: what is read of it is known or never will be.

    Parameters
    ----------
    rows
        Canonical rows.
    table
        Their table.
    columns_read
        The columns that matter.
    """
    late_times = {known_from for name, known_from in table.late_columns.items() if name in columns_read}
    known = rows[KNOWN_AT]
    return ibis.greatest(known, *(rows[time].fill_null(known) for time in sorted(late_times))) if late_times else known


def with_gaps(rows: ir.Table, table: Table, gaps: Collection[str]) -> ir.Table:
    """Add the days since the customer's row before, once for each column that the two rows must share (or none)."""
    time = rows[table.happened_at]
    columns = {}
    for within in sorted(gaps):
        group = [rows[CODE], rows[within]] if within else [rows[CODE]]
        before = time.lag().over(ibis.window(group_by=group, order_by=time))
        columns[gap_column(within)] = (time - before).cast("float64") / MICROSECONDS_PER_DAY
    return rows.mutate(**columns)


def intervals_passed(time: Any, edges: Sequence[int]) -> ir.Value:
    """Count the edges at or before a time by nested halving: few comparisons a row on every backend.

    Parameters
    ----------
    time
        Microseconds since 1970.
    edges
        Ascending instants in microseconds.
    """

    def search(low: int, high: int) -> ir.Value:
        if low == high:
            return ibis.literal(low, type="int16")
        middle = (low + high) // 2
        return ibis.ifelse(time < edges[middle], search(low, middle), search(middle + 1, high))

    return search(0, len(edges))


def lookup(number: Any, values: Sequence[int]) -> ir.Value:
    """Give the value at a place of a list by nested halving.

    Parameters
    ----------
    number
        Place, from 0; larger ones give the last value.
    values
        Whole numbers.
    """

    def search(low: int, high: int) -> ir.Value:
        if high - low == 1:
            return ibis.literal(values[low], type="int64")
        middle = (low + high) // 2
        return ibis.ifelse(number < middle, search(low, middle), search(middle, high))

    return search(0, len(values))
