"""Rows of cells of any type into the staging file: for workbooks and SQLite, where one column may hold several types.

Every cell travels as text behind one letter for its type. A column whose cells share a type gets that type; where
they differ the column is text, written as the mapping says that numbers are written.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from itertools import islice

import pyarrow as pa

from pipelines.ingest.mapping import Reading
from pipelines.ingest.sql import identifier, text_literal
from pipelines.ingest.staging import Staged, Staging

TEXT, INTEGER, NUMBER, BOOLEAN, TIME = "s", "i", "f", "b", "t"
_TYPES = {INTEGER: "BIGINT", NUMBER: "DOUBLE", BOOLEAN: "BOOLEAN", TIME: "TIMESTAMP"}
_BATCH_ROWS = 20_000

Tagged = list[str | None]


def tag(value: object) -> str | None:
    """Write a cell as its type's letter and its text.

    Examples
    --------
    >>> tag("a"), tag(7), tag(0.5), tag(True), tag(None)
    ('sa', 'i7', 'f0.5', 'btrue', None)
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return f"{BOOLEAN}{str(value).lower()}"
    if isinstance(value, int) and abs(value) < 2**63:
        return f"{INTEGER}{value}"
    if isinstance(value, float):
        return f"{NUMBER}{value!r}"
    if isinstance(value, datetime.date):
        return f"{TIME}{value.isoformat()}"
    return f"{TEXT}{value}"


def stage_cells(names: list[str], rows: Iterable[Tagged], source: Reading, staging: Staging) -> str:
    """Fill a new staging table and name it.

    Parameters
    ----------
    names
        Column names.
    rows
        Tagged cells, as many a row as there are names.
    """
    raw = staging.new_name()
    schema = pa.schema([(name, pa.string()) for name in names])
    staging.connection.from_arrow(schema.empty_table()).create(raw)
    for batch in _batches(rows):
        columns = [pa.array(column, pa.string()) for column in zip(*batch, strict=True)]
        staging.connection.from_arrow(pa.table(columns, schema=schema)).insert_into(raw)
    relation = staging.connection.table(raw)
    kinds = relation.aggregate(", ".join(f"list(DISTINCT left({identifier(name)}, 1))" for name in names)).fetchone()
    typed = [_typed(name, set(kind or ()), source) for name, kind in zip(names, kinds or (), strict=True)]
    table = staging.new_name()
    relation.project(", ".join(typed)).create(table)
    staging.drop(raw)
    return table


def stage_all(tables: list[str], staging: Staging, notes: tuple[str, ...] = ()) -> Staged:
    """Stack staged tables by the names of their columns; a column that differs in type becomes text."""
    if len(tables) == 1:
        return staging.staged(tables[0], notes=notes)
    described = [staging.staged(table).types for table in tables]
    types: dict[str, str] = {}
    for each in described:
        for name, kind in each.items():
            types[name] = kind if types.get(name, kind) == kind else "VARCHAR"
    target = staging.new_name()
    for position, (table, own) in enumerate(zip(tables, described, strict=True)):
        columns = [
            f"CAST({identifier(name) if name in own else 'NULL'} AS {kind}) AS {identifier(name)}"
            for name, kind in types.items()
        ]
        relation = staging.connection.table(table).project(", ".join(columns))
        relation.insert_into(target) if position else relation.create(target)
        staging.drop(table)
    return staging.staged(target, notes=notes)


def _batches(rows: Iterable[Tagged]) -> Iterator[list[Tagged]]:
    stream = iter(rows)
    while batch := list(islice(stream, _BATCH_ROWS)):
        yield batch


def _typed(name: str, kinds: set[str], source: Reading) -> str:
    """Write SQL of a column in the one type of its cells, or as text."""
    column = identifier(name)
    content = f"substr({column}, 2)"
    kinds.discard("")
    if kinds == {INTEGER, NUMBER}:
        kinds = {NUMBER}
    if len(kinds) == 1 and kinds <= set(_TYPES):
        return f"CAST({content} AS {_TYPES[kinds.pop()]}) AS {column}"
    number = f"replace({content}, '.', {text_literal(source.decimal)})"
    return f"CASE left({column}, 1) WHEN '{NUMBER}' THEN {number} ELSE {content} END AS {column}"
