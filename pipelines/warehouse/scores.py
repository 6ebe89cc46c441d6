"""The tables that the scoring job leaves behind, written so that doing it twice changes nothing.

Every write is an upsert on the table's key in one transaction; a row whose values are the same is not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SCHEMA = "scores"


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """A table of the contract.

    Parameters
    ----------
    name
        Table name.
    columns
        Column name to SQL type.
    key
        Columns of the primary key.
    unchanging
        Columns that keep their first value when the row is written again.
    """

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    unchanging: tuple[str, ...] = ()


SCORE_KEY = ("customer_id", "as_of", "horizon_days", "model_version")

CHURN_SCORES = ScoreTable(
    "churn_scores",
    {
        "customer_id": "VARCHAR",
        "as_of": "TIMESTAMP",
        "horizon_days": "INTEGER",
        "model_version": "VARCHAR",
        "probability": "DOUBLE",
        "probability_low": "DOUBLE",
        "probability_high": "DOUBLE",
        "band": "VARCHAR",
        "rank": "INTEGER",
        "valid_until": "TIMESTAMP",
        "run_id": "VARCHAR",
    },
    SCORE_KEY,
)

CHURN_REASONS = ScoreTable(
    "churn_reasons",
    {
        "customer_id": "VARCHAR",
        "as_of": "TIMESTAMP",
        "horizon_days": "INTEGER",
        "model_version": "VARCHAR",
        "position": "INTEGER",
        "signal": "VARCHAR",
        "value": "VARCHAR",
        "usual": "VARCHAR",
        "contribution": "DOUBLE",
        "sentence_en": "VARCHAR",
        "sentence_zh": "VARCHAR",
    },
    (*SCORE_KEY, "position"),
)

CHURN_MOVES = ScoreTable(
    "churn_moves",
    {
        "customer_id": "VARCHAR",
        "as_of": "TIMESTAMP",
        "horizon_days": "INTEGER",
        "model_version": "VARCHAR",
        "position": "INTEGER",
        "previous_as_of": "TIMESTAMP",
        "previous_model_version": "VARCHAR",
        "probability_before": "DOUBLE",
        "probability_after": "DOUBLE",
        "signal": "VARCHAR",
        "value_before": "VARCHAR",
        "value": "VARCHAR",
        "change": "DOUBLE",
        "from_data": "DOUBLE",
        "from_time": "DOUBLE",
        "from_model": "DOUBLE",
        "sentence_en": "VARCHAR",
        "sentence_zh": "VARCHAR",
    },
    (*SCORE_KEY, "position"),
)

CHURN_LEVERS = ScoreTable(
    "churn_levers",
    {
        "customer_id": "VARCHAR",
        "as_of": "TIMESTAMP",
        "horizon_days": "INTEGER",
        "model_version": "VARCHAR",
        "position": "INTEGER",
        "lever": "VARCHAR",
        "signal": "VARCHAR",
        "value": "VARCHAR",
        "target": "VARCHAR",
        "probability_then": "DOUBLE",
        "change": "DOUBLE",
        "similar_customers": "INTEGER",
        "sentence_en": "VARCHAR",
        "sentence_zh": "VARCHAR",
    },
    (*SCORE_KEY, "position"),
)

SCORE_RUNS = ScoreTable(
    "score_runs",
    {
        "run_id": "VARCHAR",
        "as_of": "TIMESTAMP",
        "model_name": "VARCHAR",
        "model_version": "VARCHAR",
        "eligible": "INTEGER",
        "scored": "INTEGER",
        "excluded": "INTEGER",
        "failed": "INTEGER",
        "status": "VARCHAR",
        "started_at": "TIMESTAMP",
        "finished_at": "TIMESTAMP",
    },
    ("run_id",),
    ("started_at", "finished_at"),
)

TOLD = (CHURN_REASONS, CHURN_MOVES, CHURN_LEVERS)
"""Tables that say more about a score; they hold rows of some customers only."""

TABLES = (CHURN_SCORES, *TOLD, SCORE_RUNS)

CURRENT = f"""
CREATE OR REPLACE VIEW {SCHEMA}.churn_scores_current AS
SELECT * EXCLUDE (newest) FROM (
  SELECT *, row_number() OVER (
    PARTITION BY customer_id, horizon_days
    ORDER BY as_of DESC, try_cast(model_version AS INTEGER) DESC, model_version DESC
  ) AS newest
  FROM {SCHEMA}.churn_scores WHERE as_of = (SELECT max(as_of) FROM {SCHEMA}.churn_scores)
) WHERE newest = 1 AND valid_until > now()::TIMESTAMP
"""


def create(connection: Any) -> None:
    """Create the tables and the view of the newest valid scores where they are missing; add columns to older tables."""
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for table in TABLES:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns.items())
        key = ", ".join(f'"{name}"' for name in table.key)
        connection.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{table.name} ({columns}, PRIMARY KEY ({key}))")
        for name, kind in table.columns.items():
            connection.execute(f'ALTER TABLE {SCHEMA}.{table.name} ADD COLUMN IF NOT EXISTS "{name}" {kind}')
    connection.execute(CURRENT)


def has_scores(connection: Any, table: ScoreTable = CHURN_SCORES) -> bool:
    """Whether anything was ever scored here; a table that came later is there from the next time on."""
    found = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?", [SCHEMA, table.name]
    )
    return found.fetchone() is not None


def prune(connection: Any, table: ScoreTable, frame: Any, same: dict[str, Any]) -> int:
    """Delete rows that an earlier run left and this one no longer has; give their number.

    Parameters
    ----------
    connection
        DuckDB connection with the tables created.
    table
        Where from.
    frame
        pandas frame with the table's key columns: what stays.
    same
        Values of key columns that bound what may be deleted, such as the instant and the model.
    """
    connection.register("_staying", frame)
    bounds = " AND ".join(f'old."{name}" = ?' for name in same)
    stays = " AND ".join(f'old."{name}" = new."{name}"' for name in table.key)
    rows = f"{SCHEMA}.{table.name} old WHERE {bounds} AND NOT EXISTS (SELECT 1 FROM _staying new WHERE {stays})"
    try:
        gone = connection.execute(f"SELECT count(*) FROM {rows}", list(same.values())).fetchone()[0]
        connection.execute(f"DELETE FROM {rows}", list(same.values()))
    finally:
        connection.unregister("_staying")
    return int(gone)


def upsert(connection: Any, table: ScoreTable, frame: Any) -> int:
    """Write rows; give the number of rows that are new or changed.

    Parameters
    ----------
    connection
        DuckDB connection with the tables created.
    table
        Where to.
    frame
        pandas frame with the table's columns.
    """
    connection.register("_incoming", frame)
    names = ", ".join(f'"{name}"' for name in table.columns)
    free = [name for name in table.columns if name not in (*table.key, *table.unchanging)]
    differs = " OR ".join(f'old."{name}" IS DISTINCT FROM new."{name}"' for name in free)
    same_key = " AND ".join(f'old."{name}" = new."{name}"' for name in table.key)
    source = f"SELECT {names} FROM _incoming"
    changed = f"""
        SELECT new.* FROM ({source}) new LEFT JOIN {SCHEMA}.{table.name} old ON {same_key}
        WHERE old."{table.key[0]}" IS NULL OR {differs}
    """
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in free)
    key = ", ".join(f'"{name}"' for name in table.key)
    try:
        touched = connection.execute(f"SELECT count(*) FROM ({changed})").fetchone()[0]
        connection.execute(
            f"INSERT INTO {SCHEMA}.{table.name} ({names}) SELECT {names} FROM ({changed}) "
            f"ON CONFLICT ({key}) DO UPDATE SET {sets}"
        )
    finally:
        connection.unregister("_incoming")
    return int(touched)
