"""Invented histories of customers over all canonical tables, most of their times a hair from where windows are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa

from features.tables import KNOWN_AT, TABLES, Column, Table

Row = dict[str, Any]
History = dict[str, list[Row]]

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
EDGES_DAYS = (0, 0, 0, 1, 7, 14, 28, 30, 60, 90, 180, 365)
OFFSETS = (-DAY, -MICROSECOND, timedelta(), MICROSECOND, DAY)
ARROW = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
}


def instant(random: Random, cutoffs: Sequence[datetime]) -> datetime:
    """Draw a time: often the edge of a window to the microsecond or the day, else anywhere around a cutoff."""
    edge = random.choice(cutoffs) - timedelta(days=random.choice(EDGES_DAYS))
    if random.random() < 0.5:
        return edge + random.choice(OFFSETS)
    return edge + timedelta(seconds=random.randint(-40 * 86_400, 10 * 86_400))


def history(random: Random, customers: Sequence[str], cutoffs: Sequence[datetime], most_rows: int = 8) -> History:
    """Invent rows of every table; some customers have none in some tables, some rows are there twice."""
    rows: History = {name: [] for name in TABLES}
    for customer in customers:
        for name, table in TABLES.items():
            number = 1 if name == "customers" else random.choice((0, 1, 2, most_rows))
            some = [_row(random, table, customer, cutoffs) for _ in range(number)]
            twice = [] if name == "customers" else [dict(row) for row in some if random.random() < 0.1]
            rows[name] += [*some, *twice]
    return rows


def arrow_tables(rows: Mapping[str, Sequence[Row]]) -> dict[str, pa.Table]:
    """Make Arrow tables with all canonical columns."""
    return {name: pa.Table.from_pylist(list(some), schema=arrow_schema(TABLES[name])) for name, some in rows.items()}


def arrow_schema(table: Table) -> pa.Schema:
    """Types of a canonical table in Arrow."""
    return pa.schema([(column.name, ARROW[column.type]) for column in table.all_columns])


def population(who: Sequence[tuple[str, datetime]]) -> pa.Table:
    """Make the table of customers and cutoffs that get a row."""
    customers, cutoffs = [customer for customer, _ in who], [cutoff for _, cutoff in who]
    return pa.table({"customer_id": pa.array(customers, pa.string()), "cutoff": pa.array(cutoffs, pa.timestamp("us"))})


def shifted(rows: Sequence[Row], length: timedelta) -> list[Row]:
    """Move every time of the rows."""
    return [
        {name: value + length if isinstance(value, datetime) else value for name, value in row.items()} for row in rows
    ]


def _row(random: Random, table: Table, customer: str, cutoffs: Sequence[datetime]) -> Row:
    happened = instant(random, cutoffs)
    row: Row = {"customer_id": customer, table.happened_at: happened}
    for column in table.columns:
        if column.name not in row:
            row[column.name] = None if _is_missing(random, column) else _value(random, column, happened, cutoffs)
    row[KNOWN_AT] = random.choice((None, happened, _after(random, happened, cutoffs), instant(random, cutoffs)))
    return row


def _is_missing(random: Random, column: Column) -> bool:
    return not column.required and random.random() < 0.15


def _value(random: Random, column: Column, happened: datetime, cutoffs: Sequence[datetime]) -> Any:
    if column.type == "timestamp":
        return _after(random, happened, cutoffs)
    if column.type == "string":
        return random.choice(column.allowed or (f"{column.name} a", f"{column.name} b", "c", "价格"))
    if column.type == "boolean":
        return random.random() < 0.5
    low = -100.0 if column.minimum is None else column.minimum
    high = low + 200.0 if column.maximum is None else column.maximum
    number = random.choice((low, random.uniform(low, high), random.uniform(low, high)))
    return round(number) if column.type == "int64" else round(number, 2)


def _after(random: Random, happened: datetime, cutoffs: Sequence[datetime]) -> datetime:
    """Draw a time that is not before another one: at a cutoff and its neighbours, or some time later."""
    near = instant(random, cutoffs)
    return near if near >= happened else happened + timedelta(seconds=random.choice((0, 60, random.randint(0, 10**7))))
