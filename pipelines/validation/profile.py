"""What a table looks like, kept with each accepted load so that the next one can be held against it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import duckdb

from features.tables import KNOWN_AT, TABLES
from pipelines.warehouse.sql import identifier, statement

MOST_VALUES = 30
TENTHS = [tenth / 10 for tenth in range(1, 10)]
SMALLEST_WEIGHT = 1e-4
NUMBERS = ("BIGINT", "DOUBLE", "INTEGER", "FLOAT", "HUGEINT", "SMALLINT", "TINYINT")
_NEVER = ("customer_id", "user_id", "name", "text", "note", "owner", "churned")


def profile(connection: duckdb.DuckDBPyConnection, table: str, origin: str) -> dict[str, Any]:
    """Describe a table in two passes.

    Parameters
    ----------
    connection
        The warehouse.
    table
        Name of the table.
    origin
        Its rows as SQL that may stand after FROM.

    Returns
    -------
    dict
        ``rows``; ``last``, when the newest fact was known, as ISO text; ``columns``: each with ``type``, ``missing``
        (share), and ``partition``: values or bins with their weights, as Great Expectations writes it, or nothing.
    """
    relation = connection.sql(statement("FROM", origin))
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    counted = _counted(connection, table, origin, types)
    rows = counted["rows"]
    columns = {
        column: {
            "type": kind,
            "missing": round(1 - counted[f"there {column}"] / rows, 6) if rows else 1.0,
            "partition": None,
        }
        for column, kind in types.items()
    }
    for column, partition in _partitions(connection, origin, types, counted).items():
        columns[column]["partition"] = partition
    last = counted.get("last")
    return {"rows": rows, "last": last.isoformat() if last else None, "columns": columns}


def _counted(connection: duckdb.DuckDBPyConnection, table: str, origin: str, types: dict[str, str]) -> dict[str, Any]:
    """Count rows, values and different values, and find the tenths of numbers."""
    asked = {"rows": "count(*)"}
    for column, kind in types.items():
        asked[f"there {column}"] = f"count({identifier(column)})"
        if not _described(table, column):
            continue
        asked[f"different {column}"] = f"approx_count_distinct({identifier(column)})"
        if kind in NUMBERS:
            asked[f"tenths {column}"] = f"approx_quantile({_finite(column)}, {TENTHS})"
    if table in TABLES and TABLES[table].happened_at in types:
        asked["last"] = f"max(least({identifier(TABLES[table].happened_at)}, {identifier(KNOWN_AT)}))"
    found = connection.execute(statement("SELECT", ", ".join(asked.values()), "FROM", origin)).fetchall()[0]
    return dict(zip(asked, found, strict=True))


def _partitions(
    connection: duckdb.DuckDBPyConnection, origin: str, types: dict[str, str], counted: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """Weigh the values of closed sets and the bins of numbers."""
    asked, edges = {}, {}
    for column, kind in types.items():
        different = counted.get(f"different {column}") or 0
        if kind in ("VARCHAR", "BOOLEAN") and 0 < different <= MOST_VALUES:
            asked[column] = f"histogram({identifier(column)})"
        cuts = sorted(set(counted.get(f"tenths {column}") or []))
        if kind in NUMBERS and len(cuts) > 1:
            edges[column] = [float(cut) for cut in cuts]
            asked[column] = f"[{', '.join(bin_counts(_finite(column), edges[column]))}]"
    if not asked:
        return {}
    found = connection.execute(statement("SELECT", ", ".join(asked.values()), "FROM", origin)).fetchall()[0]
    made = {}
    for column, counts in zip(asked, found, strict=True):
        made[column] = _bins(edges[column], counts) if column in edges else _values(counts)
    return {column: partition for column, partition in made.items() if partition is not None}


def bin_counts(number: str, edges: list[float]) -> list[str]:
    """Write the SQL that counts a number below, between and above edges; the last inner bin holds both its edges."""
    inner = [f"{number} >= {low} AND {number} < {high}" for low, high in pairwise(edges[:-1])]
    inner.append(f"{number} >= {edges[-2]} AND {number} <= {edges[-1]}")
    return [f"count(*) FILTER (WHERE {each})" for each in (f"{number} < {edges[0]}", *inner, f"{number} > {edges[-1]}")]


def _bins(edges: list[float], counts: list[int]) -> dict[str, Any] | None:
    total = sum(counts)
    if not total:
        return None
    floored = [max(count / total, SMALLEST_WEIGHT) for count in counts]
    weights = [weight / sum(floored) for weight in floored]
    return {"bins": edges, "weights": weights[1:-1], "tail_weights": [weights[0], weights[-1]]}


def _values(counts: dict[Any, int] | None) -> dict[str, Any] | None:
    if not counts or len(counts) > MOST_VALUES:
        return None
    total = sum(counts.values())
    return {"values": list(counts), "weights": [count / total for count in counts.values()]}


def _finite(column: str) -> str:
    return f"CASE WHEN isfinite({identifier(column)}::DOUBLE) THEN {identifier(column)} END"


def _described(table: str, column: str) -> bool:
    keys = TABLES[table].key if table in TABLES else ()
    return column not in keys and column not in _NEVER
