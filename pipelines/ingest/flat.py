"""A flat table with a ready label into the warehouse: one row a customer, no time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pipelines.errors import ConfigError, DataError, NothingToLearn
from pipelines.ingest.columns import Reader, acceptable, convention_of, read_columns
from pipelines.ingest.files import label as label_of
from pipelines.ingest.ledger import Ledger
from pipelines.ingest.mapping import FlatSource
from pipelines.ingest.nearest import shown
from pipelines.ingest.reading import (
    WORDS_FOR_FALSE,
    WORDS_FOR_TRUE,
    Kind,
    cleaned,
    family_of,
    value,
)
from pipelines.ingest.rejected import Rejected, count_unreadable
from pipelines.ingest.rows import SOURCE_ROW, check_column, left, usable_rows
from pipelines.ingest.sql import identifier, text_literal
from pipelines.ingest.stage import stage
from pipelines.ingest.staging import Staged, Staging, count_rows, staging
from pipelines.ingest.tables import REJECTED, LeftOut, Progress, swap

FLAT = "flat"
KEY, LABEL, SPLIT = "customer_id", "churned", "split"
_OWN_NAMES = (KEY, LABEL, SPLIT)
_TIMES = ("date", "timestamp", "timestamptz")


def ingest_flat(
    source: FlatSource,
    root: Path,
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    *,
    progress: Progress | None = None,
    left_out: LeftOut | None = None,
) -> Ledger:
    """Read a flat table and replace ``flat`` and ``rejected`` of a schema by the result.

    ``flat`` holds ``customer_id`` (text), ``churned`` (1 left, 0 stayed, null not known), ``split`` (``train`` or
    ``test``, only with `split_column`) and every feature under its own name, DOUBLE or VARCHAR. Times become days
    since 1970. On any error the schema stays as it was.

    Parameters
    ----------
    source
        What to read and what its columns mean.
    root
        Folder to which the path is relative.
    connection
        The warehouse.
    schema
        Its schema; created when needed.
    progress
        Called with a line of text before the source is read.
    left_out
        Takes rows out of the table just before it is written; the account is of what was read.

    Raises
    ------
    ConfigError
        If a column does not exist or no row has a positive value.
    DataError
        If the source cannot be read.
    NothingToLearn
        If every row has the same label.
    """
    if progress is not None:
        progress(f"{FLAT}: {label_of(source)}", 0.0)
    with staging(connection) as place:
        rejected = Rejected.begin(place)
        staged = stage(source, root, place)
        target = place.new_name()
        ledger = _load(source, staged, target, place, rejected)
        _check_labels(source, staged, place.connection.table(target), place)
        written = {FLAT: target, REJECTED: rejected.name}
        if left_out is not None:
            left_out.take_out(connection, written)
        swap(connection, schema, written, obsolete=())
    return ledger


@dataclass(frozen=True)
class _Roles:
    """Readers by what they are for."""

    key: Reader | None
    label: Reader
    split: Reader | None
    features: tuple[Reader, ...]

    @property
    def all(self) -> tuple[Reader, ...]:
        return (*(each for each in (self.key, self.label, self.split) if each is not None), *self.features)


def _load(source: FlatSource, staged: Staged, target: str, place: Staging, rejected: Rejected) -> Ledger:
    account = Ledger(FLAT, label_of(source), read=0)
    relation, account = usable_rows(source, staged, account, place, rejected)
    roles = _roles(source, staged, relation)
    read = read_columns(relation, roles.all)
    read = _kept(read.project(f"* REPLACE ({_label_why(source, staged, roles.label)} AS {roles.label.why})"), place)
    good = read.filter(acceptable(roles.all))
    unreadable = left(account) - count_rows(good)
    rejected.add_values(FLAT, account.source, read, roles.all)
    emptied = count_unreadable(good, roles.all)
    account = replace(account, rejected=account.rejected + unreadable, emptied=account.emptied + emptied)
    rows, account = _unique(good, roles, source, account, rejected)
    rows.project(_output(source, staged, roles)).create(target)
    account = replace(
        account,
        written=count_rows(place.connection.table(target)),
        columns=tuple(each.name for each in roles.features),
        notes=(*account.notes, *_notes(roles)),
    )
    rejected.check(account, source.reject_limit)
    return account


def _kept(read: duckdb.DuckDBPyRelation, place: Staging) -> duckdb.DuckDBPyRelation:
    """Read the cells once: each question asked of them would plan and read all of them again."""
    table = place.new_name()
    read.create(table)
    return place.connection.table(table)


def _roles(source: FlatSource, staged: Staged, relation: duckdb.DuckDBPyRelation) -> _Roles:
    _check_names(source, staged)
    convention = convention_of(source)
    taken = {source.key, source.label, source.split_column, *source.drop}
    names = [name for name in staged.types if name not in taken]
    clash = [name for name in names if name.lower() in _OWN_NAMES]
    if clash:
        raise ConfigError(f"Feature {shown(clash)} has a name that the flat table uses itself", do="drop or rename it")
    if not names:
        raise ConfigError(f"{label_of(source)} has no column left as a feature", do="drop fewer columns")
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    numbers = _numbers(source, relation, names, types)

    def reader(name: str, kind: Kind, required: bool = False, lenient: bool = False) -> Reader:
        return Reader(name, identifier(name), kind, convention, required=required, lenient=lenient)

    features = [
        replace(
            reader(name, "number" if name in numbers else "text", lenient=name in source.numeric_text),
            origin=_days(name) if family_of(types[name]) in _TIMES and name in numbers else identifier(name),
        )
        for name in names
    ]
    return _Roles(
        key=None if source.key is None else reader(source.key, "id", required=True),
        label=reader(source.label, "text"),
        split=None if source.split_column is None else reader(source.split_column, "text", required=True),
        features=tuple(features),
    )


def _check_names(source: FlatSource, staged: Staged) -> None:
    given = {
        "key": [source.key] if source.key else [],
        "label": [source.label],
        "split_column": [source.split_column] if source.split_column else [],
        "drop": source.drop,
        "numeric": source.numeric,
        "categorical": source.categorical,
        "numeric_text": source.numeric_text,
    }
    for role, names in given.items():
        for name in names:
            check_column(name, staged, f"{role} of the flat table")


def _numbers(
    source: FlatSource, relation: duckdb.DuckDBPyRelation, names: Sequence[str], types: dict[str, str]
) -> set[str]:
    """Names of the number columns: as declared, by type, or because every value there is reads as a number."""
    declared = {*source.numeric, *source.numeric_text}
    open_names = [name for name in names if name not in declared and name not in source.categorical]
    typed = {name for name in open_names if family_of(types[name]) != "text"}
    texts = [name for name in open_names if name not in typed]
    if not texts:
        return declared | typed
    convention = convention_of(source)
    tests = []
    for name in texts:
        cell = cleaned(identifier(name), "text", "number", convention)
        number = value(f"({cell})", "text", "number", convention)
        # A code such as 00501 is no number.
        tests.append(
            f"count({cell}) > 0 AND count({cell}) = count({number}) AND count_if(({cell}) SIMILAR TO '0[0-9]+') = 0"
        )
    found = relation.aggregate(", ".join(tests)).fetchone() or ()
    return declared | typed | {name for name, is_number in zip(texts, found, strict=True) if is_number}


def _days(name: str) -> str:
    return f"epoch({identifier(name)}) / 86400"


def _label_why(source: FlatSource, staged: Staged, label: Reader) -> str:
    """Why a label is unreadable: neither a positive nor, where those are listed, a negative value."""
    if source.negative is None:
        return "CAST(NULL AS VARCHAR)"
    family = family_of(staged.types[source.label])
    known = _matches(label.out, [*source.positive, *source.negative], family == "boolean")
    because = "neither a positive nor a negative value"
    return f"CASE WHEN {label.out} IS NOT NULL AND NOT ({known}) THEN {text_literal(because)} END"


def _matches(cell: str, values: Sequence[str | int | float | bool], is_boolean: bool) -> str:
    """Write the SQL condition that a text equals one of the values, as they are written in YAML."""
    exact = {text for each in values for text in _texts_of(each)}
    words = {word for each in values if isinstance(each, bool) for word in _words(each)}
    if is_boolean:
        words |= {"true" for each in exact if each.lower() in WORDS_FOR_TRUE}
        words |= {"false" for each in exact if each.lower() in WORDS_FOR_FALSE}
    conditions = [f"{cell} IN ({', '.join(map(text_literal, sorted(exact)))})"]
    if words:
        conditions.append(f"lower({cell}) IN ({', '.join(map(text_literal, sorted(words)))})")
    return " OR ".join(conditions)


def _texts_of(given: str | int | float | bool) -> list[str]:
    if isinstance(given, float) and given.is_integer():
        return [str(int(given)), str(given)]
    return [str(given)]


def _words(given: bool) -> tuple[str, ...]:
    return WORDS_FOR_TRUE if given else WORDS_FOR_FALSE


def _unique(
    good: duckdb.DuckDBPyRelation,
    roles: _Roles,
    source: FlatSource,
    account: Ledger,
    rejected: Rejected,
) -> tuple[duckdb.DuckDBPyRelation, Ledger]:
    """One row a customer: repeats without the key dropped when asked, a key seen before set aside."""
    rows = good
    if source.drop_duplicates_without_key:
        before = count_rows(rows)
        rows = _first(rows, [each.out for each in roles.all if each is not roles.key])
        account = replace(account, duplicates=account.duplicates + before - count_rows(rows))
    if roles.key is None:
        return rows, account
    first = _first(rows, [roles.key.out])
    repeated = count_rows(rows) - count_rows(first)
    if repeated:
        again = _numbered(rows, [roles.key.out]).filter("copy_number > 1")
        why = f"* REPLACE ('a customer that has a row already' AS {roles.key.why})"
        rejected.add_values(FLAT, account.source, again.project(why), [roles.key])
    return first, replace(account, rejected=account.rejected + repeated)


def _numbered(rows: duckdb.DuckDBPyRelation, same: Sequence[str]) -> duckdb.DuckDBPyRelation:
    window = f"row_number() OVER (PARTITION BY {', '.join(same)} ORDER BY {SOURCE_ROW})"
    return rows.project(f"*, {window} AS copy_number")


def _first(rows: duckdb.DuckDBPyRelation, same: Sequence[str]) -> duckdb.DuckDBPyRelation:
    return _numbered(rows, same).filter("copy_number = 1").project("* EXCLUDE (copy_number)")


def _output(source: FlatSource, staged: Staged, roles: _Roles) -> str:
    is_boolean = family_of(staged.types[source.label]) == "boolean"
    positive = _matches(roles.label.out, source.positive, is_boolean)
    key = roles.key.out if roles.key is not None else f"CAST({SOURCE_ROW} AS VARCHAR)"
    columns = [
        f"{key} AS {KEY}",
        f"CAST(CASE WHEN {roles.label.out} IS NULL THEN NULL WHEN {positive} THEN 1 ELSE 0 END AS BIGINT) AS {LABEL}",
    ]
    if roles.split is not None:
        test = _matches(roles.split.out, source.test_values, is_boolean=False)
        columns.append(f"CASE WHEN {test} THEN 'test' ELSE 'train' END AS {SPLIT}")
    return ", ".join([*columns, *(f"{each.out} AS {identifier(each.name)}" for each in roles.features)])


def _notes(roles: _Roles) -> tuple[str, ...]:
    kinds: dict[Kind, str] = {"number": "numbers", "text": "categories"}
    return tuple(
        f"{word}: {', '.join(each.name for each in roles.features if each.kind == kind)}"
        for kind, word in kinds.items()
        if any(each.kind == kind for each in roles.features)
    )


def _check_labels(source: FlatSource, staged: Staged, rows: duckdb.DuckDBPyRelation, place: Staging) -> None:
    found = rows.aggregate(f"count(*), count_if({LABEL} = 1), count_if({LABEL} = 0)").fetchone()
    total, positives, negatives = found or (0, 0, 0)
    if total == 0:
        raise DataError(f"No row of {label_of(source)} is left", allowed="at least one row", do="correct where")
    if positives == 0:
        column = identifier(source.label)
        values = place.connection.table(staged.table).project(f"CAST({column} AS VARCHAR) AS label").distinct()
        seen = [str(row[0]) for row in values.order("label").limit(20).fetchall()]
        raise ConfigError(
            f"No row has a positive label: positive is {source.positive!r}",
            allowed=f"values of '{source.label}' are {shown(seen)}",
            do="list the values that mean 'left' under positive, texts in quotes",
        )
    if negatives == 0:
        raise NothingToLearn(
            f"All {positives:,} labels in '{source.label}' are positive",
            allowed="customers who left and customers who stayed",
            do="bring the customers who stayed as well",
        )
