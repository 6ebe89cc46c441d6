"""All tables of a mapping into the warehouse, in one step."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from pathlib import Path
from typing import Protocol

import duckdb

from features.tables import CUSTOMERS, KNOWN_AT, TABLES, Column
from pipelines.errors import DataError
from pipelines.ingest.check import check_mapping
from pipelines.ingest.files import find, label
from pipelines.ingest.ledger import Ledger
from pipelines.ingest.load import STORED_TYPES, Job, load
from pipelines.ingest.mapping import Mapping, Source
from pipelines.ingest.rejected import Rejected
from pipelines.ingest.sql import identifier
from pipelines.ingest.stage import stage
from pipelines.ingest.staging import Staging, cannot_write, count_rows, staging
from pipelines.ingest.texts import fill_from_texts
from pipelines.warehouse.duckdb_file import transaction


class Progress(Protocol):
    """Is told what is being done, and the share that is done."""

    def __call__(self, text: str, share: float | None = None) -> None:
        """Show it."""


class Joining(Protocol):
    """Joins the ids of several systems while the tables are staged."""

    def prefix(self, source: Source) -> str:
        """What stands before the ids of a source."""

    def check(self) -> None:
        """Find every file before the first is read."""

    def join(
        self, staged: dict[str, str], ledgers: list[Ledger], staging: Staging, rejected: Rejected
    ) -> tuple[list[Ledger], dict[str, str]]:
        """Replace the ids in the staged tables; give the accounts and further tables for the warehouse."""


class LeftOut(Protocol):
    """Takes rows out of the staged tables before they are written, such as those of forgotten customers."""

    def take_out(self, connection: duckdb.DuckDBPyConnection, tables: dict[str, str]) -> None:
        """Delete the rows; the names of the tables lead to where they are staged."""


REJECTED = "rejected"
JOINED = ("identity_map", "identity_ledger")


def ingest(
    mapping: Mapping,
    root: Path,
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    *,
    progress: Progress | None = None,
    joining: Joining | None = None,
    left_out: LeftOut | None = None,
) -> list[Ledger]:
    """Read every source of a mapping and replace the canonical tables of a schema by the result.

    The schema then holds exactly the tables of the mapping, all columns each (null where no source fills them),
    ``customers`` derived when the mapping lacks it, and ``rejected``. On any error it stays as it was.

    Parameters
    ----------
    mapping
        What to read.
    root
        Folder to which paths are relative.
    connection
        The warehouse.
    schema
        Its schema; created when needed.
    progress
        Called with a line of text and the share of sources done before each source.
    joining
        Joins the ids of several systems; without it every id is a customer's own.
    left_out
        Takes rows out of the tables just before they are written; the accounts are of what was read.

    Returns
    -------
    list of Ledger
        One a source, in the order of the mapping.

    Raises
    ------
    ConfigError, DataError, ConnectionFailed
        See the errors of `pipelines.ingest`.
    """
    check_mapping(mapping)
    check_files(mapping, root)
    if joining is not None:
        joining.check()
    tell = progress or _silent
    with staging(connection) as place:
        rejected = Rejected.begin(place)
        staged = {name: place.new_name() for name in mapping.tables}
        ledgers = []
        for number, (name, source, label) in enumerate(sources := _sources(mapping)):
            tell(f"{name}: {label}", number / len(sources))
            unpacked = stage(source, root, place)
            prefix = joining.prefix(source) if joining else ""
            job = Job(TABLES[name], source, unpacked, label, staged[name], place, rejected, prefix)
            ledgers.append(_balanced(load(job)))
            place.drop(unpacked.table)
        fill_from_texts(staged, place, tell)
        further: dict[str, str] = {}
        if joining is not None:
            tell("joining the ids of several systems", 1.0)
            ledgers, further = joining.join(staged, ledgers, place, rejected)
        if CUSTOMERS.name not in staged:
            target = place.new_name()
            ledgers.append(_derive_customers(staged, target, place))
            staged[CUSTOMERS.name] = target
        tell("writing the tables", 1.0)
        written = {**staged, **further, REJECTED: rejected.name}
        if left_out is not None:
            left_out.take_out(connection, written)
        swap(connection, schema, written, obsolete=(*TABLES, *JOINED))
    return ledgers


def check_files(mapping: Mapping, root: Path) -> None:
    """Find every file before the first is read."""
    for sources in mapping.tables.values():
        for source in sources:
            if source.path is not None:
                find(source, root)


def swap(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    tables: dict[str, str],
    obsolete: Iterable[str],
) -> None:
    """Replace tables of a schema by staged ones in one transaction.

    Parameters
    ----------
    connection
        The warehouse.
    schema
        Its schema.
    tables
        Table name to qualified name of the staged one.
    obsolete
        Tables to drop where they are not replaced: left from an earlier load.

    Raises
    ------
    DataError
        If the warehouse cannot be written; it is then as before.
    """
    try:
        with transaction(connection):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}")
            for name, staged in tables.items():
                connection.execute(f"CREATE OR REPLACE TABLE {identifier(schema)}.{identifier(name)} AS FROM {staged}")
            for name in obsolete:
                if name not in tables:
                    connection.execute(f"DROP TABLE IF EXISTS {identifier(schema)}.{identifier(name)}")
    except duckdb.Error as error:
        raise cannot_write(error) from None


def _silent(text: str, share: float | None = None) -> None:
    """Show nothing."""


def _sources(mapping: Mapping) -> list[tuple[str, Source, str]]:
    """List table, source and a label that tells two sources of one file apart."""
    listed = []
    for name, sources in mapping.tables.items():
        labels = [label(source) for source in sources]
        for number, (source, own) in enumerate(zip(sources, labels, strict=True), start=1):
            listed.append((name, source, f"{own} ({number})" if labels.count(own) > 1 else own))
    return listed


def _balanced(ledger: Ledger) -> Ledger:
    if not ledger.balances:
        raise DataError(f"The account of {ledger.source} does not balance: {ledger}", do="report this as a fault")
    return ledger


def _derive_customers(staged: dict[str, str], target: str, place: Staging) -> Ledger:
    """Make a customer of every one in the other tables, signed up at the first event and known from then."""
    events = [
        place.connection.table(table).project(f"customer_id, {TABLES[name].happened_at} AS signed_up_at")
        for name, table in staged.items()
    ]
    together = reduce(lambda one, other: one.union(other), events)
    first = together.aggregate("customer_id, min(signed_up_at) AS signed_up_at", "customer_id")
    first.project(", ".join(_customer_column(column) for column in CUSTOMERS.all_columns)).create(target)
    rows_made = count_rows(place.connection.table(target))
    return Ledger(
        CUSTOMERS.name,
        f"derived from {', '.join(staged)}",
        read=rows_made,
        written=rows_made,
        columns=("customer_id", "signed_up_at"),
        notes=("signed_up_at is the first event; a customer is known from then",),
    )


def _customer_column(column: Column) -> str:
    if column.name == KNOWN_AT:
        return f"signed_up_at AS {KNOWN_AT}"
    if column.name in ("customer_id", "signed_up_at"):
        return column.name
    return f"CAST(NULL AS {STORED_TYPES[column.type]}) AS {column.name}"
