"""One load's ids joined: lists of customers read, ids matched, the map applied, doubts written for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from features.tables import CUSTOMERS
from pipelines.identity.applying import apply_map, join_customers, make_map
from pipelines.identity.candidates import shared_by_many
from pipelines.identity.columns import put
from pipelines.identity.evidence import Place, read_evidence
from pipelines.identity.matching import match
from pipelines.identity.review import Pair, read_review, write_review
from pipelines.identity.settings import Identity
from pipelines.ingest.files import find
from pipelines.ingest.ledger import Ledger
from pipelines.ingest.mapping import Source
from pipelines.ingest.rejected import Rejected
from pipelines.ingest.staging import Staging
from pipelines.ingest.tables import JOINED

# A person answers some; those that are left come with the next load.
MOST_QUESTIONS = 10_000

_DECISIONS = """
CREATE OR REPLACE TEMP TABLE identity_decision AS
SELECT least(one.node, other.node) AS left_node, greatest(one.node, other.node) AS right_node, answer = 'yes' AS same
FROM identity_said AS said JOIN identity_node AS one ON one.key = said.left_id
JOIN identity_node AS other ON other.key = said.right_id WHERE one.node <> other.node
"""
# Pairs that are still apart, and on which nobody has decided.
_QUESTIONS = """
CREATE OR REPLACE TEMP TABLE identity_question AS
SELECT one.node AS left_node, other.node AS right_node, one.key AS left_id, other.key AS right_id,
    string_agg(DISTINCT rule, '; ' ORDER BY rule) AS rules, string_agg(DISTINCT doubt, '; ' ORDER BY doubt) AS doubts,
    string_agg(DISTINCT value, '; ' ORDER BY value) AS agreeing,
    coalesce(any_value(one_name.given), '') AS left_name, coalesce(any_value(other_name.given), '') AS right_name
FROM identity_doubt AS pair
JOIN identity_node AS one ON one.node = pair.left_node JOIN identity_node AS other ON other.node = pair.right_node
JOIN identity_group AS a ON a.node = pair.left_node JOIN identity_group AS b ON b.node = pair.right_node
ANTI JOIN identity_decision AS decided
    ON decided.left_node = pair.left_node AND decided.right_node = pair.right_node
LEFT JOIN identity_name AS one_name ON one_name.node = pair.left_node
LEFT JOIN identity_name AS other_name ON other_name.node = pair.right_node
WHERE a.group_node <> b.group_node GROUP BY one.key, other.key, one.node, other.node
"""
_FIRST_QUESTIONS = """
SELECT left_id, right_id, rules, doubts, agreeing, left_name, right_name FROM identity_question
ORDER BY left_node, right_node LIMIT ?
"""
_NAMES = """
CREATE OR REPLACE TEMP TABLE identity_name AS
SELECT node, min(given) AS given FROM identity_evidence WHERE kind = 'name' GROUP BY node
"""


@dataclass
class Joining:
    """How the ids of a load are joined, and afterwards what came of it.

    Parameters
    ----------
    identity
        The settings.
    root
        Folder to which the paths of the lists are relative.
    review
        The file of doubtful pairs.
    """

    identity: Identity
    root: Path
    review: Path
    figures: dict[str, Any] = field(default_factory=dict)

    def check(self) -> None:
        """Find every file and read the decisions before any table is read.

        Raises
        ------
        ConfigError, DataError
            If a list of customers is not there, or the review file cannot be understood.
        """
        for source in self.identity.sources.values():
            if source.path is not None:
                find(source, self.root)
        read_review(self.review)

    def prefix(self, source: Source) -> str:
        """What stands before the ids of a table's source, so that equal ids of two systems stay apart."""
        return self.identity.prefix(source.ids_of or self.identity.main)

    def join(
        self, staged: dict[str, str], ledgers: list[Ledger], staging: Staging, rejected: Rejected
    ) -> tuple[list[Ledger], dict[str, str]]:
        """Join the ids in all staged tables and write the review file.

        Parameters
        ----------
        staged
            Table to qualified name.
        ledgers
            Accounts of their sources, in the order in which they were appended.
        staging, rejected
            Where rows stand for a while, and where unreadable lines are listed.

        Returns
        -------
        tuple
            The accounts, and further tables for the warehouse: ``identity_map`` and ``identity_ledger``.

        Raises
        ------
        ConfigError, DataError, ConnectionFailed
            As when any source is read; or if decisions contradict each other.
        """
        connection, decided = staging.connection, read_review(self.review)
        nodes = read_evidence(self.identity, Place(self.root, staging, rejected))
        show_decisions(connection, decided)
        groups = match(connection, nodes, self.identity)
        put(connection, "identity_group", node=np.arange(nodes), group_node=groups)
        make_map(connection)
        if CUSTOMERS.name in staged:
            ledgers = join_customers(connection, staged[CUSTOMERS.name], ledgers)
        apply_map(connection, staged)
        write_review(self.review, [*questions(connection), *decided])
        self.figures = _figures(connection, self.identity) | {"review": str(self.review)}
        _forget(connection)
        return ledgers, {name: f"temp.{name}" for name in JOINED}


def show_decisions(connection: duckdb.DuckDBPyConnection, decided: list[Pair]) -> None:
    """Put a person's decisions on ids that exist into ``identity_decision``."""
    left, right = [pair.left for pair in decided], [pair.right for pair in decided]
    answers = [pair.decision for pair in decided]
    put(connection, "identity_said", left_id=left, right_id=right, answer=answers)
    connection.execute(_DECISIONS)


def questions(connection: duckdb.DuckDBPyConnection, most: int = MOST_QUESTIONS) -> list[Pair]:
    """Give the doubtful pairs that are still apart and on which nobody has decided.

    Parameters
    ----------
    connection
        Holds the temporary tables of `match`, and ``identity_group``.
    most
        No more than so many; ``identity_question`` has all.
    """
    connection.execute(_NAMES)
    connection.execute(_QUESTIONS)
    return [Pair(*row) for row in connection.execute(_FIRST_QUESTIONS, [most]).fetchall()]


def _figures(connection: duckdb.DuckDBPyConnection, identity: Identity) -> dict[str, Any]:
    counted = connection.execute("SELECT count(*), count(DISTINCT customer_id) FROM identity_map").fetchall()
    asked = connection.execute("SELECT count(*) FROM identity_question").fetchall()
    rules = connection.execute("SELECT rule, count(*) FROM identity_ledger GROUP BY rule ORDER BY rule").fetchall()
    ids, customers = counted[0]
    return {
        "ids": ids,
        "customers": customers,
        "merged": dict(rules),
        "open": asked[0][0],
        "shared_by_many": shared_by_many(connection, identity.most_shared),
    }


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the temporary tables that are of no further use."""
    made = "SELECT table_name FROM duckdb_tables() WHERE temporary AND starts_with(table_name, 'identity_')"
    for (name,) in connection.execute(made).fetchall():
        if name not in JOINED:
            connection.execute(f"DROP TABLE temp.{name}")
