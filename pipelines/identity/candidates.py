"""Pairs of ids that agree in something, as the temporary table ``identity_candidate``."""

from __future__ import annotations

import duckdb

TWO_REFERENCES = "refers to two customers of one system 指向同一系统的两个客户"

_PERSON = """
CREATE OR REPLACE TEMP TABLE identity_candidate AS
SELECT left_node, right_node, '' AS value, NULL::VARCHAR AS doubt FROM identity_decision WHERE same
"""
_REFERENCES = """
CREATE OR REPLACE TEMP TABLE identity_candidate AS
SELECT least(told.node, other.node) AS left_node, greatest(told.node, other.node) AS right_node,
    min(told.value) AS value, max(CASE WHEN systems > 1 THEN ? END) AS doubt
FROM (
    SELECT node, value, count(*) OVER (PARTITION BY node, split_part(value, ':', 1)) AS systems
    FROM identity_evidence WHERE kind = 'reference'
) AS told JOIN identity_node AS other ON other.key = told.value AND other.node <> told.node
GROUP BY least(told.node, other.node), greatest(told.node, other.node)
"""
_TELLING = """
CREATE OR REPLACE TEMP TABLE identity_telling AS SELECT node, value FROM identity_evidence WHERE kind = ?
QUALIFY count(*) OVER (PARTITION BY value) BETWEEN 2 AND ?
"""
_EQUAL = """
CREATE OR REPLACE TEMP TABLE identity_candidate AS
SELECT a.node AS left_node, b.node AS right_node, min(a.value) AS value, NULL::VARCHAR AS doubt
FROM identity_telling AS a JOIN identity_telling AS b ON b.value = a.value AND a.node < b.node
GROUP BY a.node, b.node
"""
_PROBABLE = """
CREATE OR REPLACE TEMP TABLE identity_candidate AS
SELECT left_node, right_node, printf('%.3f', probability) AS value, NULL::VARCHAR AS doubt
FROM identity_probable WHERE probability >= ?
"""
_SHARED_BY_MANY = """
SELECT kind, count(*) FROM (
    SELECT kind, value FROM identity_evidence WHERE kind IN ('tax_id', 'email', 'phone', 'name')
    GROUP BY kind, value HAVING count(*) > ?
) GROUP BY kind ORDER BY kind
"""


def pairs_of_a_person(connection: duckdb.DuckDBPyConnection) -> None:
    """Propose the pairs that a person has joined."""
    connection.execute(_PERSON)


def pairs_that_refer(connection: duckdb.DuckDBPyConnection) -> None:
    """Propose the pairs of which one names the id of the other; one that names two of a system is doubted."""
    connection.execute(_REFERENCES, [TWO_REFERENCES])


def pairs_with_equal(connection: duckdb.DuckDBPyConnection, kind: str, most_shared: int) -> None:
    """Propose the pairs with an equal value of a kind that at most `most_shared` ids share."""
    connection.execute(_TELLING, [kind, most_shared])
    connection.execute(_EQUAL)


def pairs_that_are_probable(connection: duckdb.DuckDBPyConnection, above: float) -> None:
    """Propose the pairs of ``identity_probable`` from a probability on."""
    connection.execute(_PROBABLE, [above])


def shared_by_many(connection: duckdb.DuckDBPyConnection, most_shared: int) -> dict[str, int]:
    """Count the values of each kind that more ids share, so that they prove nothing."""
    return dict(connection.execute(_SHARED_BY_MANY, [most_shared]).fetchall())
