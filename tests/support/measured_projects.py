"""Projects whose accepted tables were put there by a test, without running the line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from written_records import record

from features.tables import TABLES

SQL = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP"}


def accept(home: Path, tables: Mapping[str, str], first: datetime, last: datetime) -> None:
    """Make a warehouse of statements that select each accepted table, and the artifact that tells of it."""
    (home / "artifacts").mkdir(parents=True)
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE SCHEMA accepted")
        for name, statement in tables.items():
            connection.execute(f"CREATE TABLE accepted.{name} AS {statement}")
    told = record("accepted", tables=list(tables), first=first.isoformat(), last=last.isoformat())
    (home / "artifacts" / "accepted.json").write_text(json.dumps(told))


def rows_of(table: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Select rows of a canonical table; what a row does not give is empty, and it is known when it happened."""
    declared = TABLES[table]

    def cell(row: Mapping[str, Any], name: str, kind: str) -> str:
        value = row.get(name, row.get(declared.happened_at) if name == "known_at" else None)
        if value is None:
            return f"CAST(NULL AS {SQL[kind]})"
        return f"CAST('{value}' AS {SQL[kind]})"

    lines = [", ".join(f"{cell(row, c.name, c.type)} AS {c.name}" for c in declared.all_columns) for row in rows]
    return " UNION ALL ".join(f"SELECT {line}" for line in lines)
