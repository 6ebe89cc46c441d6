"""Writing the tables of scores so that doing it twice changes nothing.

A write compares with what is there: rows that are new go in, rows that differ are changed, the rest is not touched.
The tables have no primary key in DuckDB: its index holds every key in memory, which a table of millions of scores a day
outgrows. That keys stay different is the work of `upsert`, and one process alone can write a DuckDB file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from pipelines.warehouse.scores import CHURN_SCORES, CURRENT, SCHEMA, SCORE_RUNS, TABLES, ScoreTable
from pipelines.warehouse.sql import identifier

_MOMENT = timedelta(microseconds=1)


def create(connection: Any) -> None:
    """Create the tables and the view of current scores where they are missing; add columns to older tables."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for table in TABLES:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns.items())
        connection.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{table.name} ({columns})")
        for name, kind in table.columns.items():
            connection.execute(f'ALTER TABLE {SCHEMA}.{table.name} ADD COLUMN IF NOT EXISTS "{name}" {kind}')
    connection.execute(CURRENT)


def has_scores(connection: Any, table: ScoreTable = CHURN_SCORES) -> bool:
    """Whether anything was ever scored here; a table that came later is there from the next time on."""
    found = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?", [SCHEMA, table.name]
    )
    return found.fetchone() is not None


def prune(connection: Any, table: ScoreTable, rows: Any, same: Mapping[str, Any]) -> int:
    """Delete rows that an earlier run left and this one no longer has; give their number.

    Parameters
    ----------
    connection
        DuckDB connection with the tables created.
    table
        Where from.
    rows
        What stays: a pandas frame with the table's key columns, or the name of a table or view of the connection.
    same
        Values of key columns that bound what may be deleted, such as the instant and the model.
    """
    bounds = " AND ".join(f'old."{name}" = ?' for name in same)
    stays = " AND ".join(f'old."{name}" = new."{name}"' for name in table.key)
    with _relation(connection, rows) as staying:
        gone = connection.execute(
            f"DELETE FROM {SCHEMA}.{table.name} old WHERE {bounds} "
            f"AND NOT EXISTS (SELECT 1 FROM {staying} new WHERE {stays})",
            list(same.values()),
        )
        return int(gone.fetchone()[0])


def upsert(connection: Any, table: ScoreTable, rows: Any, same: Mapping[str, Any] | None = None) -> int:
    """Write rows; give the number of rows that are new or changed.

    Parameters
    ----------
    connection
        DuckDB connection with the tables created.
    table
        Where to.
    rows
        Each key once: a pandas frame with the table's columns, or the name of a table or view of the connection.
    same
        Values of key columns that all rows share, so that only older rows with them are read.
    """
    names = ", ".join(f'"{name}"' for name in table.columns)
    free = [name for name in table.columns if name not in (*table.key, *table.unchanging)]
    sets = ", ".join(f'"{name}" = new."{name}"' for name in free)
    differs = " OR ".join(f'old."{name}" IS DISTINCT FROM new."{name}"' for name in free)
    shared = same or {}
    same_key = " AND ".join(
        [*(f'old."{name}" = new."{name}"' for name in table.key), *(f'old."{name}" = ?' for name in shared)]
    )
    target, values = f"{SCHEMA}.{table.name}", list(shared.values())
    with _relation(connection, rows) as incoming:
        added = f"INSERT INTO {target} ({names}) SELECT {names} FROM {incoming} new"
        if not _has_rows(connection, target, shared):
            return int(connection.execute(added).fetchone()[0])
        changed = connection.execute(
            f"UPDATE {target} old SET {sets} FROM {incoming} new WHERE {same_key} AND ({differs})", values
        ).fetchone()[0]
        missing = f"WHERE NOT EXISTS (SELECT 1 FROM {target} old WHERE {same_key})"
        return int(changed) + int(connection.execute(f"{added} {missing}", values).fetchone()[0])


def _has_rows(connection: Any, target: str, same: Mapping[str, Any]) -> bool:
    bounds = " AND ".join(f'"{name}" = ?' for name in same) or "true"
    found = connection.execute(f"SELECT 1 FROM {target} WHERE {bounds} LIMIT 1", list(same.values()))
    return found.fetchone() is not None


def record_run(connection: Any, run: Mapping[str, Any]) -> None:
    """Write the row of a run; repeated with nothing in between, it keeps its first times.

    After another run for the same instant, such as one of another champion, it counts as the newest again, whatever
    the clock says: where that was set back, ``finished_at`` goes on from the newest one that there is.
    """
    import pandas as pd

    later = f"""
        DELETE FROM {SCHEMA}.score_runs mine WHERE run_id = ? AND EXISTS (
            SELECT 1 FROM {SCHEMA}.score_runs other
            WHERE other.as_of = mine.as_of AND other.run_id <> mine.run_id AND other.finished_at >= mine.finished_at
        )
    """
    connection.execute(later, [run["run_id"]])
    others = f"SELECT max(finished_at) FROM {SCHEMA}.score_runs WHERE as_of = ? AND run_id <> ?"
    newest = connection.execute(others, [run["as_of"], run["run_id"]]).fetchone()[0]
    least = max(run["started_at"], run["started_at"] if newest is None else newest + _MOMENT)
    upsert(connection, SCORE_RUNS, pd.DataFrame([{**run, "finished_at": max(run["finished_at"], least)}]))


@contextmanager
def _relation(connection: Any, rows: Any) -> Iterator[str]:
    """Give the name under which rows can be read in a statement."""
    if isinstance(rows, str):
        yield identifier(rows)
        return
    connection.register("_incoming", rows)
    try:
        yield "_incoming"
    finally:
        connection.unregister("_incoming")
