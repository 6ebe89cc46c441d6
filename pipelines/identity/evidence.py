"""The ids of all systems as numbered nodes, and what each system says of them, in normal form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from pipelines.errors import DataError
from pipelines.identity.normal_forms import normal_form
from pipelines.identity.settings import Identity, IdentitySource
from pipelines.ingest.columns import Reader, convention_of, read_columns
from pipelines.ingest.files import label
from pipelines.ingest.ledger import Ledger
from pipelines.ingest.rejected import Rejected
from pipelines.ingest.rows import check_column, usable_rows
from pipelines.ingest.sql import text_literal
from pipelines.ingest.stage import stage
from pipelines.ingest.staging import Staged, Staging, count_rows

TABLE = "identity"
KEY, REFERENCE = "key", "reference"
_SAID = "system VARCHAR, id VARCHAR, kind VARCHAR, value VARCHAR, given VARCHAR"

_NODES = """
CREATE OR REPLACE TEMP TABLE identity_node AS
SELECT row_number() OVER (ORDER BY place, length(id), id) - 1 AS node, system, id, system || ':' || id AS key, known_as
FROM (
    SELECT DISTINCT place, named.system, id, prefix || id AS known_as
    FROM (
        SELECT system, id FROM identity_said
        UNION ALL
        SELECT split_part(value, ':', 1), substr(value, strpos(value, ':') + 1)
        FROM identity_said WHERE kind = 'reference'
    ) AS named JOIN identity_system ON identity_system.system = named.system
)
"""
_EVIDENCE = """
CREATE OR REPLACE TEMP TABLE identity_evidence AS
SELECT node, kind, value, min(given) AS given
FROM identity_said JOIN identity_node
    ON identity_node.system = identity_said.system AND identity_node.id = identity_said.id
WHERE kind <> 'key' GROUP BY node, kind, value
"""
_KEPT_APART = """
INSERT INTO identity_evidence
SELECT node, 'distinct ' || system, id, id FROM identity_node WHERE list_contains(?, system)
"""
_AMBIGUOUS = """
SELECT main.id FROM identity_node AS main JOIN identity_node AS other ON main.id = other.known_as
WHERE main.system = ? AND other.system <> main.system LIMIT 1
"""


@dataclass(frozen=True)
class Place:
    """Where the lists of customers are unpacked.

    Parameters
    ----------
    root
        Folder to which paths are relative.
    staging, rejected
        Where rows stand for a while, and where unreadable lines are listed.
    """

    root: Path
    staging: Staging
    rejected: Rejected


def read_evidence(identity: Identity, place: Place) -> int:
    """Fill the temporary tables ``identity_node`` and ``identity_evidence`` and count the nodes.

    Nodes are numbered with the main system first, then by the length and text of the id, so that neither the order of
    the rows nor that of the sources decides anything, and the smallest node of a group gives it its id.

    Parameters
    ----------
    identity
        The systems.
    place
        Where to read.

    Raises
    ------
    ConfigError, DataError
        As when any source is read; or if an id of the main system looks like one of another.
    """
    connection = place.staging.connection
    connection.execute(f"CREATE OR REPLACE TEMP TABLE identity_said ({_SAID})")
    _name_systems(identity, connection)
    for system, source in sorted(identity.sources.items()):
        _read_source(system, source, place)
    connection.execute(_NODES)
    connection.execute(_EVIDENCE)
    connection.execute(_KEPT_APART, [identity.distinct])
    connection.execute("DROP TABLE identity_said")
    _refuse_ambiguous(identity, connection)
    found = connection.execute("SELECT count(*) FROM identity_node").fetchone()
    return int(found[0]) if found else 0


def _name_systems(identity: Identity, connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE OR REPLACE TEMP TABLE identity_system (place INTEGER, system VARCHAR, prefix VARCHAR)")
    rows = [(number, system, identity.prefix(system)) for number, system in enumerate(identity.ordered())]
    connection.executemany("INSERT INTO identity_system VALUES (?, ?, ?)", rows)


def _read_source(system: str, source: IdentitySource, place: Place) -> None:
    staged = stage(source, place.root, place.staging)
    account = Ledger(TABLE, f"{system}: {label(source)}", read=0)
    rows, account = usable_rows(source, staged, account, place.staging, place.rejected)
    readers = _readers(source, staged)
    read = read_columns(rows, list(readers.values()))
    place.rejected.check(_without_id(account, read, readers[KEY], place.rejected), source.reject_limit)
    kept = place.staging.new_name()
    read.filter(f"{readers[KEY].out} IS NOT NULL").project(", ".join(each.out for each in readers.values())).create(
        kept
    )
    for kind, reader in readers.items():
        _add(system, source, kind, reader, readers[KEY], place.staging.connection.table(kept))
    place.staging.drop(kept)
    place.staging.drop(staged.table)


def _readers(source: IdentitySource, staged: Staged) -> dict[str, Reader]:
    """Read ids as the tables read theirs, everything else as text."""
    convention = convention_of(source)
    ids = {KEY: source.key} | {f"{REFERENCE} {system}": column for system, column in source.references.items()}
    found = {}
    for kind, column in (ids | source.columns()).items():
        origin = check_column(column, staged, f"identity {kind}")
        found[kind] = Reader(kind, origin, "id" if kind in ids else "text", convention, required=kind == KEY)
    return found


def _without_id(account: Ledger, read: duckdb.DuckDBPyRelation, key: Reader, rejected: Rejected) -> Ledger:
    """List the rows without an id: nobody can be joined to them."""
    missing = count_rows(read.filter(f"{key.why} IS NOT NULL"))
    if missing:
        rejected.add_values(account.table, account.source, read, [key])
    return replace(account, rejected=account.rejected + missing)


def _add(
    system: str, source: IdentitySource, kind: str, reader: Reader, key: Reader, rows: duckdb.DuckDBPyRelation
) -> None:
    kind, _, other = kind.partition(" ")
    if kind == REFERENCE:
        value = f"{text_literal(other + ':')} || {reader.out}"
    elif kind == KEY:
        value = reader.out
    else:
        value = normal_form(kind, reader.out, source.country_code)
    columns = f"{text_literal(system)}, {key.out}, {text_literal(kind)}, {value} AS value, {reader.out}"
    rows.project(columns).filter("value IS NOT NULL").insert_into("identity_said")


def _refuse_ambiguous(identity: Identity, connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(_AMBIGUOUS, [identity.main]).fetchone()
    if found:
        raise DataError(
            f"'{found[0]}' is an id of {identity.main}, and of another system once its name stands before it",
            allowed="ids of the main system that do not begin with another system's name and a colon",
            do="choose another name for that system in identity.sources",
        )
