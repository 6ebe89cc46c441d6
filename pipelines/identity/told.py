"""What the last load joined, read from the warehouse."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.errors import DataError, NotReady
from pipelines.warehouse.duckdb_file import warehouse

_RULES = "SELECT rule, count(*) FROM loaded.identity_ledger GROUP BY rule ORDER BY count(*) DESC, rule"
_CUSTOMER = """
SELECT customer_id FROM loaded.identity_map WHERE $id IN (customer_id, known_as, system || ':' || id) LIMIT 1
"""
_IDS = "SELECT system || ':' || id FROM loaded.identity_map WHERE customer_id = ? ORDER BY node"
_PAIRS = "SELECT left_id, right_id, rule, value FROM loaded.identity_ledger WHERE customer_id = ? ORDER BY ALL"


def joined_by_rule(home: Path) -> list[tuple[str, int]]:
    """Count the pairs that each rule joined, most first.

    Raises
    ------
    NotReady
        If the ids of the project have not been joined yet.
    """
    with warehouse(home, read_only=True) as connection:
        _refuse_nothing(connection)
        return [(str(rule), int(pairs)) for rule, pairs in connection.execute(_RULES).fetchall()]


def story_of(home: Path, wanted: str) -> tuple[str, list[str], list[tuple[str, ...]]]:
    """Say of a customer all ids, and the pairs by which they were joined.

    Parameters
    ----------
    home
        The project's folder.
    wanted
        The customer's id, or any id of a system as ``system:id``.

    Returns
    -------
    tuple
        The customer's id; the ids as ``system:id``; left id, right id, rule and value of each pair.

    Raises
    ------
    DataError
        If no list of customers has the id.
    NotReady
        If the ids of the project have not been joined yet.
    """
    with warehouse(home, read_only=True) as connection:
        _refuse_nothing(connection)
        found = connection.execute(_CUSTOMER, {"id": wanted}).fetchone()
        if found is None:
            raise DataError(
                f"No system's list of customers has the id '{wanted}'",
                allowed="a customer's id, or system:id",
                do="look it up in loaded.identity_map",
            )
        ids = [str(key) for (key,) in connection.execute(_IDS, [found[0]]).fetchall()]
        return str(found[0]), ids, connection.execute(_PAIRS, [found[0]]).fetchall()


def _refuse_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    asked = "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'loaded' AND table_name = 'identity_map'"
    if connection.execute(asked).fetchone() is None:
        raise NotReady(
            "No ids were joined in the last load",
            allowed="a project with data.identity (docs/guides/identity.md)",
            do="run: churnlab ingest",
        )
