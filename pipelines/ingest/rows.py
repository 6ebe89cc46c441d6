"""Rows of a staged source on their way: repeats dropped, declared types read, the user's filter applied."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from pipelines.errors import ConfigError, DataError
from pipelines.ingest.columns import Reader, acceptable, convention_of, read_columns
from pipelines.ingest.ledger import Ledger
from pipelines.ingest.mapping import Reading
from pipelines.ingest.nearest import nearest
from pipelines.ingest.reading import Kind
from pipelines.ingest.rejected import Rejected, count_unreadable
from pipelines.ingest.sql import enclosed, first_line, identifier, text_literal
from pipelines.ingest.staging import Staged, Staging, count_rows

SOURCE_ROW = "source_row"
_KINDS: dict[str, Kind] = {"text": "text", "number": "number", "time": "time", "boolean": "boolean"}


def usable_rows(
    source: Reading, staged: Staged, account: Ledger, staging: Staging, rejected: Rejected
) -> tuple[duckdb.DuckDBPyRelation, Ledger]:
    """Give the rows that a source's mapping keeps, with ``source_row``, the row's number from 1.

    Parameters
    ----------
    source
        How to read.
    staged
        The unpacked rows.
    account
        An empty account of the source.
    staging, rejected
        Where rows stand for a while, and where unreadable values are listed.

    Returns
    -------
    tuple
        The rows, and the account of those left behind so far.
    """
    _check_free(staged, account.source)
    rejected.add_lines(account.table, account.source, staged.unsplit)
    account = replace(account, read=staged.rows + len(staged.unsplit), rejected=len(staged.unsplit), notes=staged.notes)
    relation = staging.connection.table(staged.table).project(f"rowid + 1 AS {SOURCE_ROW}, *")
    if source.distinct:
        relation, account = _distinct(relation, staged, account, staging)
    if source.types:
        relation, account = _typed(relation, source, staged, account, staging, rejected)
    if source.where is not None:
        relation, account = _kept(relation, source.where, account)
    return relation, account


def left(account: Ledger) -> int:
    """Rows that are still on their way."""
    return account.read - account.dropped - account.duplicates - account.rejected - account.merged


def check_column(name: str, staged: Staged, place: str) -> str:
    """Quote the name of a source column.

    Raises
    ------
    ConfigError
        With the nearest neighbours, if the source has no such column.
    """
    if name in staged.types:
        return identifier(name)
    only = next(iter(staged.types))
    hint = "correct the name in the mapping"
    if len(staged.types) == 1 and any(mark in only for mark in ";,\t|"):
        hint = f"set delimiter: the header was read as the single column '{only[:60]}'"
    raise ConfigError(f"{place}: the source has no column '{name}'", allowed=nearest(name, staged.types), do=hint)


def check_bound(relation: duckdb.DuckDBPyRelation, expression: str, place: str) -> None:
    """Refuse an expression that does not fit the source's columns.

    Raises
    ------
    ConfigError
        With what DuckDB says of it.
    """
    try:
        relation.project(enclosed(expression))
    except duckdb.Error as error:
        raise _does_not_fit(place, expression, relation, error) from None


def check_aggregate(relation: duckdb.DuckDBPyRelation, expression: str, place: str) -> None:
    """Refuse an aggregate that does not fit the source's columns, as `check_bound` does."""
    try:
        relation.aggregate(enclosed(expression))
    except duckdb.Error as error:
        raise _does_not_fit(place, expression, relation, error) from None


def unreadable_values(place: str, error: duckdb.Error) -> DataError:
    """Error for an expression of the user's that fails on a value."""
    return DataError(
        f"{place}: an expression of the mapping fails on a value: {first_line(error)}",
        do="use TRY_CAST in the expression, or declare the column in types",
    )


def _check_free(staged: Staged, label: str) -> None:
    if SOURCE_ROW in staged.types:
        raise ConfigError(
            f"{label} has a column '{SOURCE_ROW}'",
            allowed="any other name: it stands for the row's number",
            do="rename it",
        )


def _does_not_fit(place: str, expression: str, relation: duckdb.DuckDBPyRelation, error: duckdb.Error) -> ConfigError:
    message = first_line(error)
    hint = "correct the expression"
    if any(word in message for word in ("VARCHAR", "explicit cast", "explicit type casts")):
        hint = "declare text columns that hold numbers or times, such as types: {Quantity: number, Date: time}"
    names = [name for name in relation.columns if name != SOURCE_ROW]
    return ConfigError(
        f"{place}: '{expression}' does not fit: {message}", allowed=f"columns {nearest('', names)}", do=hint
    )


def _distinct(
    relation: duckdb.DuckDBPyRelation, staged: Staged, account: Ledger, staging: Staging
) -> tuple[duckdb.DuckDBPyRelation, Ledger]:
    columns = ", ".join(identifier(name) for name in staged.types)
    table = staging.new_name()
    relation.aggregate(f"min({SOURCE_ROW}) AS {SOURCE_ROW}, {columns}", columns).create(table)
    unique = staging.connection.table(table)
    return unique, replace(account, duplicates=staged.rows - count_rows(unique))


def _typed(
    relation: duckdb.DuckDBPyRelation,
    source: Reading,
    staged: Staged,
    account: Ledger,
    staging: Staging,
    rejected: Rejected,
) -> tuple[duckdb.DuckDBPyRelation, Ledger]:
    lenient = source.unreadable == "empty"
    readers = [
        Reader(
            name,
            check_column(name, staged, f"types of {account.table}"),
            _KINDS[kind],
            convention_of(source),
            lenient=lenient,
        )
        for name, kind in source.types.items()
    ]
    read = read_columns(relation, readers)
    good = read.filter(acceptable(readers))
    unreadable = left(account) - count_rows(good)
    emptied = count_unreadable(good, readers) if lenient else 0
    if unreadable or emptied:
        rejected.add_values(account.table, account.source, read, readers)
    account = replace(account, rejected=account.rejected + unreadable, emptied=account.emptied + emptied)
    typed = [_replacement(each, source.timezone) for each in readers]
    columns = [SOURCE_ROW, *(identifier(name) for name in staged.types if name not in source.types), *typed]
    return good.project(", ".join(columns)), account


def _replacement(reader: Reader, timezone: str) -> str:
    """Column under its own name; a time on the clock of the source, as the user's expressions mean it."""
    value = reader.out
    if reader.kind == "time" and timezone != "UTC":
        value = f"timezone({text_literal(timezone)}, timezone('UTC', {value}))"
    return f"{value} AS {identifier(reader.name)}"


def _kept(relation: duckdb.DuckDBPyRelation, where: str, account: Ledger) -> tuple[duckdb.DuckDBPyRelation, Ledger]:
    check_bound(relation, where, f"where of {account.table}")
    kept = relation.filter(enclosed(where))
    try:
        dropped = left(account) - count_rows(kept)
    except duckdb.Error as error:
        raise unreadable_values(f"where of {account.table}", error) from None
    return kept, replace(account, dropped=dropped)
