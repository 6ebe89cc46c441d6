"""How the rows of two files differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.destinations.contract import Table
from pipelines.destinations.destination import Change
from pipelines.warehouse.sql import identifier, statement

if TYPE_CHECKING:
    from collections.abc import Collection

_MEMORY = "600MB"


def rows_differing(new: str, old: str, table: Table, scratch: Path) -> Change:
    """Count the rows of a new file by what they are to an old one.

    Parameters
    ----------
    new, old
        DuckDB expressions that read the files.
    table
        What they hold.
    scratch
        Folder for what does not fit into memory.
    """
    import duckdb

    with duckdb.connect(config={"memory_limit": _MEMORY, "temp_directory": str(scratch / "spilled")}) as connection:
        try:
            described = connection.execute(statement("DESCRIBE FROM", old)).fetchall()
            there = {row[0] for row in described}
            counts = connection.execute(_counting(new, old, table, there)).fetchone()
        except duckdb.Error:
            # What is there cannot be read as ours: nothing of it counts.
            counts = (connection.execute(statement("SELECT count(*) FROM", new)).fetchone()[0], 0, 0, 0)
    return Change(*counts)


def _counting(new: str, old: str, table: Table, there: Collection[str]) -> str:
    first = identifier(table.key[0])
    same = " AND ".join(
        f"new.{identifier(name)} IS NOT DISTINCT FROM {'old.' + identifier(name) if name in there else 'NULL'}"
        for name in table.values
    )
    key = " AND ".join(f"new.{identifier(name)} = old.{identifier(name)}" for name in table.key)
    both = f"new.{first} IS NOT NULL AND old.{first} IS NOT NULL"
    return statement(
        f"SELECT count(*) FILTER (old.{first} IS NULL), count(*) FILTER ({both} AND NOT ({same})),",
        f"count(*) FILTER (new.{first} IS NULL), count(*) FILTER ({both} AND ({same}))",
        f"FROM {new} AS new FULL JOIN {old} AS old ON {key}",
    )
