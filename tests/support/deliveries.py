"""A small warehouse of scores to bring somewhere, and what a destination then holds, as one text."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from pipelines.config_deliver import DeliverSettings, DestinationSettings
from pipelines.destinations.contract import tables
from pipelines.destinations.deliver import Delivered, deliver
from pipelines.destinations.destination import Change
from pipelines.destinations.source import Source
from pipelines.warehouse.scores import SCHEMA, TABLES

DAY = datetime(2026, 10, 1)
YESTERDAY = DAY - timedelta(days=1)
LATER = datetime(2999, 1, 1)
HOSTILE = (
    "'; DROP TABLE churn_scores; --",
    '"; DROP TABLE churn_scores; --',
    "\\'; DROP TABLE churn_scores; -- \\",
    '=HYPERLINK("http://127.0.0.1","x")',
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "`x`, %s, {0}, ${HOME}, :name, ?",
    "客户 😀🏳️‍🌈",
    "A",
    "a",
    "a ",
    "e\u0301",
    "é",
    "\u202eevil",
    "line\nbreak, \t tab \r return",
    "",
    "NULL",
    "x" * 500,
    "😀" * 500,
)


def warehouse(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a warehouse with empty tables of scores."""
    connection = duckdb.connect(str(path))
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for table in TABLES:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns.items())
        connection.execute(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{table.name} ({columns})")
    return connection


def score(
    connection: duckdb.DuckDBPyConnection,
    customers: Iterable[str],
    as_of: datetime = DAY,
    *,
    version: str = "1",
    add: float = 0.0,
    status: str = "finished",
    valid_until: datetime = LATER,
    reasons: int = 2,
) -> str:
    """Put an instant into the warehouse in place of what it held for it; give the run_id."""
    ids = list(customers)
    run = hashlib.blake2b(repr((ids, as_of, version, add)).encode(), digest_size=8).hexdigest()
    for table in ("churn_scores", "churn_reasons"):
        connection.execute(f"DELETE FROM {SCHEMA}.{table} WHERE as_of = ? AND model_version = ?", [as_of, version])
    connection.execute("CREATE OR REPLACE TEMP TABLE people AS SELECT unnest(?::VARCHAR[]) AS id", [ids])
    connection.execute(
        f"INSERT INTO {SCHEMA}.churn_scores BY NAME SELECT id customer_id, $as_of as_of, 60 horizon_days, "
        "$version model_version, (hash(id) % 1000) / 1000.0 + $add probability, 12.5 AS value, 'high' band, "
        "row_number() OVER (ORDER BY id) rank, $valid valid_until, $run run_id FROM people",
        {"as_of": as_of, "version": version, "add": add, "valid": valid_until, "run": run},
    )
    connection.execute(
        f"INSERT INTO {SCHEMA}.churn_reasons BY NAME SELECT id customer_id, $as_of as_of, 60 horizon_days, "
        "$version model_version, unnest(range(1, 1 + $reasons::INT)) AS position, 'usage__logins__30d' signal, "
        "id AS value, 0.1 + $add contribution, id AS sentence_en, '原因 ' || id AS sentence_zh FROM people",
        {"as_of": as_of, "version": version, "add": add, "reasons": reasons},
    )
    connection.execute(f"DELETE FROM {SCHEMA}.score_runs WHERE run_id = ?", [run])
    connection.execute(f"DELETE FROM {SCHEMA}.score_coverage WHERE run_id = ?", [run])
    connection.execute(
        f"INSERT INTO {SCHEMA}.score_coverage VALUES ($run, 'scored', '', $n), ($run, 'excluded', 'has left', 1)",
        {"run": run, "n": len(ids)},
    )
    connection.execute(
        f"INSERT INTO {SCHEMA}.score_runs BY NAME SELECT $run run_id, $as_of as_of, 'churn_demo' model_name, "
        "$version model_version, $n + 1 eligible, $n scored, 1 excluded, 0 failed, $status status, $as_of started_at, "
        "$finished finished_at",
        {
            "run": run, "as_of": as_of, "version": version, "n": len(ids), "status": status,
            "finished": as_of + timedelta(hours=1, microseconds=123456),
        },
    )  # fmt: skip
    return run


def settings(*destinations: dict[str, Any], batch_rows: int = 100, retry_s: float = 0) -> DeliverSettings:
    """Configure destinations; a name may be left out where there is one."""
    return DeliverSettings(
        destinations=[DestinationSettings.model_validate({"name": "there", **each}) for each in destinations],
        batch_rows=batch_rows,
        retry_s=retry_s,
    )


def bring(
    connection: duckdb.DuckDBPyConnection, chosen: DeliverSettings, run: str | None = None, *, dry_run: bool = False
) -> Delivered:
    """Bring one run, or all, and raise what failed."""
    source = Source(connection, chosen.batch_rows)
    delivered = deliver(source, source.instants(run), chosen, lambda text: None, dry_run=dry_run)
    delivered.raise_failures()
    return delivered


def total(delivered: Delivered, name: str = "there") -> Change:
    """Add up the changes of all tables of a destination."""
    return sum(delivered.changes[name].values(), Change())


def rows_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[Any, ...]]:
    """Give the rows of a table of the warehouse, in the order of its columns here."""
    known = {each.name: each for each in tables()}
    columns = ", ".join(f'"{name}"' for name in known[table].columns)
    return sorted(connection.execute(f"SELECT {columns} FROM {SCHEMA}.{table}").fetchall(), key=repr)


def bring_in_process(
    path: str, chosen: DeliverSettings, environment: dict[str, str], parts: Any, dies_at: float | None = None
) -> None:
    """Bring all runs of a warehouse file, and count the parts as they begin in a number shared with others.

    Parameters
    ----------
    path, chosen
        What is brought, and where.
    environment
        Where addresses are found: the server that forks may have begun before they were known.
    parts
        The number.
    dies_at
        The process kills itself, as ``kill -9`` does, when so many parts have begun and a fraction of a moment is over;
        before the next part begins or all is done at the latest, however late its timer is.
    """

    began = time.monotonic()

    def say(text: str) -> None:
        parts.value += 1
        if dies_at is None or parts.value < int(dies_at):
            return
        if parts.value > int(dies_at):
            die()
        # Within a part, by what parts took until now: a fast machine would be at the end meanwhile.
        threading.Timer(dies_at % 1 * (time.monotonic() - began) / parts.value, die).start()

    os.environ.update(environment)
    with duckdb.connect(path, read_only=True) as connection:
        source = Source(connection, chosen.batch_rows)
        deliver(source, source.instants(), chosen, say).raise_failures()
    if dies_at is not None:
        die()


def die() -> None:
    """End this process as ``kill -9`` does."""
    os.kill(os.getpid(), signal.SIGKILL)
