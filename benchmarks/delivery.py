"""Bringing scores to PostgreSQL: time and memory against a bare COPY and upsert of the same rows.

    python -m benchmarks.delivery                      # a million scores
    python -m benchmarks.delivery --scores 100000      # a quick look
    python -m benchmarks.delivery --kind parquet       # ours alone, into a file: sqlite, duckdb, csv, parquet

The bare side is what one would write by hand: one binary COPY into a temporary table, one INSERT ... ON CONFLICT DO
UPDATE into a table with the same key, one transaction. Both sides read the same DuckDB file, each in a process of its
own. The server is the one of ``CHURNLAB_TEST_POSTGRES``, else one that is started on the loopback and stopped again.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from benchmarks.measure import Measured, measured, report
from pipelines.config_deliver import DeliverSettings
from pipelines.destinations.contract import tables
from pipelines.destinations.deliver import deliver
from pipelines.destinations.destination import Change
from pipelines.destinations.kinds.postgres import WIRE, Postgres
from pipelines.destinations.source import Source
from pipelines.destinations.statements import Statements
from pipelines.warehouse.duckdb_file import bounded_memory, warehouse
from pipelines.warehouse.scores import SCHEMA
from pipelines.warehouse.writing import create

ADDRESS = "CHURNLAB_TEST_POSTGRES"
PLACE = "churnlab_benchmark"
MOST_RATIO = 1.5


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=int, default=1_000_000)
    parser.add_argument("--kind", default="postgres")
    parser.add_argument("--batch-rows", type=int, default=50_000)
    parser.add_argument("--part", choices=["bare", "ours"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.part == "bare":
        report(lambda: bare(chosen.folder))
    elif chosen.part == "ours":
        report(lambda: ours(chosen.folder, chosen.kind, chosen.batch_rows))
    else:
        compare(chosen.scores, chosen.kind, chosen.batch_rows)


def compare(scores: int, kind: str, batch_rows: int) -> None:
    """Measure both sides, and ours a second time, when nothing has changed."""
    with tempfile.TemporaryDirectory(prefix="churnlab-") as name, server(kind):
        folder = Path(name)
        write_scores(folder, scores)
        call = ["-m", "benchmarks.delivery", "--folder", name, "--kind", kind, "--batch-rows", str(batch_rows)]
        sides = {"bare COPY and upsert": "bare"} if kind == "postgres" else {}
        took = {
            side: measured([*call, "--part", part])
            for side, part in {**sides, "ours": "ours", "ours again": "ours"}.items()
        }
        touched = int((folder / "touched").read_text())
    tell(scores, took, touched)


def tell(scores: int, took: dict[str, Measured], touched: int) -> None:
    """Print what came out, and whether it holds."""
    print(f"{scores:,} scores" + " " * 22 + "clock   processor      peak")
    for side, run in took.items():
        print(f"  {side:<24}{run.seconds:>12.2f} s{run.processor_seconds:>10.2f} s{run.peak_gb:>7.2f} GB")
    if bare_side := took.get("bare COPY and upsert"):
        ratio = took["ours"].seconds / bare_side.seconds
        print(f"  time, ours / bare: {ratio:.2f}   (at most {MOST_RATIO}: {holds(ratio <= MOST_RATIO)})")
    print(f"  rows touched by the second delivery: {touched}   (none: {holds(touched == 0)})")


def holds(is_so: bool) -> str:
    """Say whether a claim holds."""
    return "holds" if is_so else "DOES NOT HOLD"


def write_scores(folder: Path, scores: int) -> None:
    """Write a warehouse with one run, its customers in no order."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        create(connection)
        connection.execute(
            f"INSERT INTO {SCHEMA}.churn_scores BY NAME SELECT 'C' || lpad(i::VARCHAR, 10, '0') customer_id, "
            "TIMESTAMP '2026-10-01' as_of, 60 horizon_days, '3' model_version, (hash(i) % 1000000) / 1e6 probability, "
            "CASE WHEN i % 10 = 0 THEN 'high' ELSE 'low' END band, i::INTEGER AS rank, "
            "TIMESTAMP '2026-10-08' valid_until, 'abcdef0123456789' run_id, i / 7.0 AS value, i / 70.0 value_at_risk "
            f"FROM range({scores:d}) numbers(i) ORDER BY hash(i)"
        )
        connection.execute(
            f"INSERT INTO {SCHEMA}.score_runs BY NAME SELECT 'abcdef0123456789' run_id, TIMESTAMP '2026-10-01' as_of, "
            "'3' model_version, 'finished' status, TIMESTAMP '2026-10-02' finished_at"
        )


def ours(folder: Path, kind: str, batch_rows: int) -> None:
    """Bring the scores as the project does, and keep how many rows were touched."""
    place = {"url": f"${{{ADDRESS}}}", "schema": PLACE} if kind == "postgres" else {"path": str(folder / kind)}
    settings = DeliverSettings.model_validate(
        {"destinations": [{"name": "there", "kind": kind, **place}], "batch_rows": batch_rows, "retry_s": 0}
    )
    with warehouse(folder, read_only=True) as connection, bounded_memory(connection):
        source = Source(connection, batch_rows)
        delivered = deliver(source, source.instants(), settings, lambda text: None)
    delivered.raise_failures()
    (folder / "touched").write_text(str(sum(delivered.changes["there"].values(), Change()).touched))


def bare(folder: Path) -> None:
    """Bring the scores as one would by hand."""
    import psycopg

    table, sql = tables()[0], Statements(Postgres.dialect)
    key = ", ".join(sql.name(name) for name in table.key)
    sets = ", ".join(f"{sql.name(name)} = excluded.{sql.name(name)}" for name in table.values)
    with psycopg.connect(os.environ[ADDRESS]) as server, duckdb.connect(str(folder / "warehouse.duckdb")) as file:
        server.execute(
            f"DROP TABLE IF EXISTS bare; CREATE TABLE bare ({sql.columns(table)}, PRIMARY KEY ({key}))".encode()
        )
        server.execute(f"CREATE TEMP TABLE incoming ({sql.columns(table)})".encode())
        names = ", ".join(table.columns)
        rows = file.execute(f"SELECT {names} FROM {SCHEMA}.{table.name}").to_arrow_reader(50_000)
        with server.cursor() as cursor, cursor.copy("COPY incoming FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types([WIRE[kind] for kind in table.columns.values()])
            for batch in rows:
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    copy.write_row(row)
        server.execute(f"INSERT INTO bare SELECT * FROM incoming ON CONFLICT ({key}) DO UPDATE SET {sets}".encode())


@contextmanager
def server(kind: str) -> Iterator[None]:
    """Have a server where one is needed, and leave nothing of ours in it."""
    if kind != "postgres":
        yield
        return
    if ADDRESS in os.environ:
        yield from clean()
        return
    from tests.support.servers import postgres_server

    with postgres_server() as started:
        os.environ[ADDRESS] = started.url
        yield from clean()


def clean() -> Iterator[None]:
    """Take away what the measuring leaves, before and after."""
    import psycopg

    for step in (0, 1):
        with psycopg.connect(os.environ[ADDRESS]) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {PLACE} CASCADE; DROP TABLE IF EXISTS bare".encode())
        if not step:
            yield


if __name__ == "__main__":
    main()
