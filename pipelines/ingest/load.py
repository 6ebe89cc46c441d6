"""One staged source into one canonical table, every row accounted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb

from features.tables import KNOWN_AT, Column, Table
from pipelines.errors import ConfigError, DataError
from pipelines.ingest.check import check_known_from
from pipelines.ingest.columns import Reader, acceptable, convention_of, kind_of, read_columns
from pipelines.ingest.ledger import Ledger
from pipelines.ingest.mapping import ColumnSpec, Source
from pipelines.ingest.nearest import nearest
from pipelines.ingest.reading import reason
from pipelines.ingest.rejected import Rejected, count_unreadable
from pipelines.ingest.rows import (
    SOURCE_ROW,
    check_aggregate,
    check_bound,
    check_column,
    left,
    unreadable_values,
    usable_rows,
)
from pipelines.ingest.sql import choice, enclosed, identifier, literal, text_literal
from pipelines.ingest.staging import Staged, Staging, count_rows

STORED_TYPES = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "float64": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
}
_CUSTOMER = "customer_id"
_GROUP_ROWS = "group_rows"


@dataclass(frozen=True)
class Job:
    """What is loaded where.

    Parameters
    ----------
    table
        The canonical table.
    source, staged
        The source and its unpacked rows.
    label
        Name of the source in ledger and messages.
    target
        Qualified name of the staged canonical table; created when it does not exist.
    staging, rejected
        Where rows stand for a while, and where unreadable values are listed.
    id_prefix
        What stands before the ids of customers, so that equal ids of two systems stay apart.
    """

    table: Table
    source: Source
    staged: Staged
    label: str
    target: str
    staging: Staging
    rejected: Rejected
    id_prefix: str = ""

    @property
    def lenient(self) -> bool:
        """Whether unreadable values of optional columns are left empty."""
        return self.source.unreadable == "empty"


def load(job: Job) -> Ledger:
    """Append a source's rows to a canonical table.

    Raises
    ------
    ConfigError
        If a column or expression does not fit the source.
    DataError
        If more rows than `reject_limit` cannot be read, or none is left.
    """
    specs = _specs(job)
    filled = (*specs, *job.source.aggregate)
    account = Ledger(job.table.name, job.label, read=0, columns=filled)
    relation, account = usable_rows(job.source, job.staged, account, job.staging, job.rejected)
    readers = [_reader(job, name, spec, relation) for name, spec in specs.items()]
    try:
        load_rows = _load_groups if job.source.group_by else _load_rows
        account = load_rows(job, relation, readers, account)
    except (duckdb.ConversionException, duckdb.OutOfRangeException) as error:
        raise unreadable_values(f"{job.table.name} from {job.label}", error) from None
    job.rejected.check(account, job.source.reject_limit)
    _check_some(account)
    return account


def _specs(job: Job) -> dict[str, ColumnSpec]:
    """Columns of the mapping; ``same`` stands for every source column with the name of a canonical one."""
    if isinstance(job.source.columns, dict):
        return job.source.columns
    there = {name.casefold(): name for name in job.staged.types}
    found = {
        column.name: ColumnSpec(column=there[column.name])
        for column in job.table.all_columns
        if column.name in there and column.name not in job.source.aggregate
    }
    missing = [name for name in job.table.required if name not in found and name not in job.source.aggregate]
    if missing:
        raise ConfigError(
            f"{job.label} has no column '{missing[0]}', which {job.table.name} requires",
            allowed=nearest(missing[0], job.staged.types),
            do="list the columns instead of 'same'",
        )
    check_known_from(job.table, found)
    return found


def _load_rows(job: Job, relation: duckdb.DuckDBPyRelation, readers: Sequence[Reader], account: Ledger) -> Ledger:
    read = read_columns(relation, readers)
    good = read.filter(acceptable(readers))
    written = _append(job, good.project(_output(job, {each.name: each.out for each in readers})))
    account = _set_aside(job, account, left(account) - written, read, readers)
    return replace(account, written=written)


def _load_groups(job: Job, relation: duckdb.DuckDBPyRelation, readers: Sequence[Reader], account: Ledger) -> Ledger:
    read = read_columns(relation, readers)
    groups = job.staging.new_name()
    _grouped(job, read.filter(acceptable(readers)), readers).create(groups)
    rows = job.staging.connection.table(groups)
    account = _set_aside(job, account, left(account) - _sum_rows(rows), read, readers)
    summed = [_group_reader(job, name) for name in job.source.aggregate]
    read = read_columns(rows, summed)
    good = read.filter(acceptable(summed))
    columns = {each.name: _group_column(each.name) for each in readers} | {each.name: each.out for each in summed}
    written = _append(job, good.project(_output(job, columns)))
    account = replace(account, merged=_sum_rows(good) - written)
    account = _set_aside(job, account, left(account) - written, read, summed)
    job.staging.drop(groups)
    return replace(account, written=written)


def _grouped(job: Job, relation: duckdb.DuckDBPyRelation, readers: Sequence[Reader]) -> duckdb.DuckDBPyRelation:
    for name, expression in job.source.aggregate.items():
        check_aggregate(relation, expression, f"aggregate {job.table.name}.{name}")
    keys = [f"{each.out} AS {_group_column(each.name)}" for each in readers]
    sums = [f"{enclosed(expression)} AS {_aggregate_column(name)}" for name, expression in job.source.aggregate.items()]
    columns = [f"min({SOURCE_ROW}) AS {SOURCE_ROW}", f"count(*) AS {_GROUP_ROWS}", *keys, *sums]
    return relation.aggregate(", ".join(columns), ", ".join(each.out for each in readers))


def _group_column(name: str) -> str:
    return identifier(f"group:{name}")


def _aggregate_column(name: str) -> str:
    return identifier(f"aggregate:{name}")


def _sum_rows(groups: duckdb.DuckDBPyRelation) -> int:
    found = groups.aggregate(f"coalesce(sum({_GROUP_ROWS}), 0)").fetchone()
    return int(found[0]) if found else 0


def _append(job: Job, relation: duckdb.DuckDBPyRelation) -> int:
    """Add rows to the staged canonical table and count them."""
    if job.staging.has(job.target):
        before = count_rows(job.staging.connection.table(job.target))
        relation.insert_into(job.target)
    else:
        before = 0
        relation.create(job.target)
    return count_rows(job.staging.connection.table(job.target)) - before


def _set_aside(
    job: Job, account: Ledger, rows: int, read: duckdb.DuckDBPyRelation, readers: Sequence[Reader]
) -> Ledger:
    """Account for rows with unreadable values, and list the values."""
    emptied = count_unreadable(read.filter(acceptable(readers)), readers) if job.lenient else 0
    if rows or emptied:
        job.rejected.add_values(account.table, account.source, read, readers)
    return replace(account, rejected=account.rejected + rows, emptied=account.emptied + emptied)


def _reader(job: Job, name: str, spec: ColumnSpec, relation: duckdb.DuckDBPyRelation) -> Reader:
    place = f"{job.table.name}.{name}"
    if spec.column is not None:
        origin = check_column(spec.column, job.staged, place)
    elif spec.expression is not None:
        check_bound(relation, spec.expression, place)
        origin = enclosed(spec.expression)
    else:
        origin = "NULL" if spec.constant is None else literal(spec.constant)
    return _with_factor(job, _plain_reader(job, job.table[name], origin, spec), spec)


def _group_reader(job: Job, name: str) -> Reader:
    origin = _aggregate_column(name)
    spec = ColumnSpec(expression=origin)
    return _with_factor(job, _plain_reader(job, job.table[name], origin, spec), spec)


def _plain_reader(job: Job, column: Column, origin: str, spec: ColumnSpec) -> Reader:
    common = convention_of(job.source)
    convention = replace(
        common,
        timezone=spec.timezone or common.timezone,
        decimal=spec.decimal or common.decimal,
        thousands=spec.thousands or common.thousands,
        date_formats=common.date_formats if spec.date_format is None else tuple(spec.date_format),
        currency=common.currency if column.unit == "currency" else None,
    )
    return Reader(
        column.name,
        origin,
        kind_of(column),
        convention,
        required=column.required,
        lenient=job.lenient,
        value_map=spec.value_map,
    )


def _with_factor(job: Job, reader: Reader, spec: ColumnSpec) -> Reader:
    """Multiply by the unit factor and, for an amount, by the rate of its currency."""
    source = job.source
    factors = [] if spec.unit_factor is None else [literal(spec.unit_factor)]
    if job.table[reader.name].unit != "currency" or not source.rates:
        return replace(reader, factor=" * ".join(factors))
    if source.currency is not None:
        return replace(reader, factor=" * ".join([*factors, literal(source.rates[source.currency])]))
    code = check_column(source.currency_column or "", job.staged, "currency_column")
    rate = choice(
        f"trim(CAST({code} AS VARCHAR))", {name: literal(rate) for name, rate in source.rates.items()}, "NULL"
    )
    because = f"{reason(reader.kind, reader.convention)}, or no rate for its currency"
    return replace(reader, factor=" * ".join([*factors, rate]), because=because)


def _output(job: Job, values: dict[str, str]) -> str:
    """Write all columns of a canonical table as SQL, those without a source as nulls of their type."""
    table = job.table
    columns = {column.name: values.get(column.name, "NULL") for column in table.all_columns}
    happened = columns[table.happened_at]
    columns[KNOWN_AT] = f"coalesce({values[KNOWN_AT]}, {happened})" if KNOWN_AT in values else happened
    key = table[table.key[0]]
    if key.name not in values and not key.required:
        columns[key.name] = _made_key(list(values.values()))
    if job.id_prefix:
        columns[_CUSTOMER] = f"{text_literal(job.id_prefix)} || {columns[_CUSTOMER]}"
    return ", ".join(
        f"CAST({columns[column.name]} AS {STORED_TYPES[column.type]}) AS {column.name}" for column in table.all_columns
    )


def _made_key(values: list[str]) -> str:
    """Digest of a row's content, numbered where several rows are alike: the same in every load."""
    known = [f"coalesce(CAST({each} AS VARCHAR), '')" for each in values]
    content = f"md5(concat_ws(chr(31), {', '.join(known)}))"
    number = f"row_number() OVER (PARTITION BY {content})"
    return f"{content} || CASE WHEN {number} > 1 THEN '-' || {number} ELSE '' END"


def _check_some(account: Ledger) -> None:
    if account.written == 0:
        raise DataError(
            f"No row of {account.source} is left for {account.table}: of {account.read:,} read, {account.dropped:,} "
            f"were dropped by where, {account.duplicates:,} were repeats, {account.rejected:,} could not be read",
            allowed="at least one row",
            do="correct where or the mapping of the columns",
        )
