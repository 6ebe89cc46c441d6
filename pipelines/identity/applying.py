"""The map of ids applied to the staged tables, and the rows of one customer made one."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from features.tables import CUSTOMERS, KNOWN_AT
from pipelines.identity.groups import Nodes
from pipelines.ingest.ledger import Ledger
from pipelines.ingest.sql import identifier

# The group's smallest node gives its id: one of the main system if there is any.
_MAP = """
CREATE OR REPLACE TEMP TABLE identity_map AS
SELECT own.system, own.id, own.known_as, first.known_as AS customer_id, own.node
FROM identity_group JOIN identity_node AS own ON own.node = identity_group.node
JOIN identity_node AS first ON first.node = identity_group.group_node
"""
_LEDGER = """
CREATE OR REPLACE TEMP TABLE identity_ledger AS
SELECT identity_map.customer_id, one.key AS left_id, other.key AS right_id, rule, value
FROM identity_merge JOIN identity_node AS one ON one.node = left_node
JOIN identity_node AS other ON other.node = right_node
JOIN identity_map ON identity_map.node = left_node ORDER BY left_node, right_node
"""


def make_map(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the temporary tables ``identity_map``, one row an id, and ``identity_ledger``, one row a pair joined."""
    connection.execute(_MAP)
    connection.execute(_LEDGER)


def apply_map(connection: duckdb.DuckDBPyConnection, staged: dict[str, str]) -> None:
    """Replace the ids in every staged table by the customers' ids, row by row.

    Parameters
    ----------
    connection
        Holds ``identity_map``.
    staged
        Table to qualified name.
    """
    changed = "(SELECT known_as, customer_id FROM identity_map WHERE known_as <> customer_id) AS changed"
    for table in staged.values():
        statement = ("UPDATE", table, "AS told SET customer_id = changed.customer_id FROM", changed)
        connection.execute(" ".join((*statement, "WHERE told.customer_id = changed.known_as")))


def join_customers(connection: duckdb.DuckDBPyConnection, table: str, ledgers: list[Ledger]) -> list[Ledger]:
    """Make one row of the rows that several systems have of one customer; before `apply_map`.

    Each column takes the first value in the order of the systems, main first; ``signed_up_at`` and ``known_at`` the
    earliest. A system's own repeats of an id stay for the checks to judge.

    Parameters
    ----------
    connection
        Holds ``identity_map``.
    table
        Qualified name of the staged customers.
    ledgers
        Accounts in the order in which the sources were appended.

    Returns
    -------
    list of Ledger
        With the rows that were joined to another counted as merged.
    """
    connection.execute(" ".join((_TWINS_BEFORE, table, _TWINS_AFTER)))
    columns = [column.name for column in CUSTOMERS.all_columns if column.name != "customer_id"]
    chosen = ", ".join(f"{_chosen(name)} AS {identifier(name)}" for name in columns)
    source = " ".join(("SELECT min_by(row_place, node) AS keeper,", chosen, _TWIN_VALUES, table, _TWIN_GROUPS))
    setting = ", ".join(f"{identifier(name)} = joined.{identifier(name)}" for name in columns)
    connection.execute(" ".join(("CREATE OR REPLACE TEMP TABLE identity_joined AS", source)))
    connection.execute(
        " ".join(("UPDATE", table, "AS own SET", setting, "FROM identity_joined AS joined WHERE own.rowid = keeper"))
    )
    gone = connection.execute(_GONE).fetchnumpy()["row_place"]
    connection.execute(" ".join(("DELETE FROM", table, "WHERE rowid IN (", _GONE, ")")))
    return _accounted(ledgers, gone)


_TWINS_BEFORE = """
CREATE OR REPLACE TEMP TABLE identity_twin AS
SELECT row_place, identity_map.customer_id, node FROM (
    SELECT rowid AS row_place, customer_id AS known_as FROM
"""
_TWINS_AFTER = """
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY rowid) = 1
) AS own JOIN identity_map ON identity_map.known_as = own.known_as
QUALIFY count(*) OVER (PARTITION BY identity_map.customer_id) > 1
"""
_TWIN_VALUES = "FROM identity_twin JOIN"
_TWIN_GROUPS = "AS own ON own.rowid = row_place GROUP BY identity_twin.customer_id"
_GONE = "SELECT row_place FROM identity_twin ANTI JOIN identity_joined ON keeper = row_place"


def _chosen(column: str) -> str:
    own = f"own.{identifier(column)}"
    return f"min({own})" if column in (CUSTOMERS.happened_at, KNOWN_AT) else f"arg_min({own}, node)"


def _accounted(ledgers: list[Ledger], gone: Nodes) -> list[Ledger]:
    """Take the rows off the accounts of their sources; rows stand in the order of the sources."""
    first, told = 0, []
    for ledger in ledgers:
        if ledger.table != CUSTOMERS.name:
            told.append(ledger)
            continue
        count = int(((gone >= first) & (gone < first + ledger.written)).sum())
        first += ledger.written
        told.append(_merged(ledger, count) if count else ledger)
    return told


def _merged(ledger: Ledger, count: int) -> Ledger:
    note = f"{count:,} rows joined to the row that another id of the same customer has"
    return replace(ledger, written=ledger.written - count, merged=ledger.merged + count, notes=(*ledger.notes, note))
