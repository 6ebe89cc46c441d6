"""Time and memory of the feature panel: the usage family against other ways, twelve cutoffs, and the whole catalogue.

    python -m benchmarks.features                    # everything; about half an hour on 2 cores
    python -m benchmarks.features --part usage       # one cutoff and twelve, against the others
    python -m benchmarks.features --part catalogue   # every family on the demo company, 10,000 and 100,000 customers

Each contestant is a process of its own that reads Parquet, computes, and writes Parquet; they take turns, and medians
are compared. All must give the same numbers. polars is only needed here: install it by `uv pip install -e '.[peers]'`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

# This file's folder would hide the package `features`.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import Measured, measured, median, report

EVENTS, CUSTOMERS, SEED = 10_000_000, 100_000, 20260101
MONTHS = [datetime(2025, month, 1) for month in range(2, 13)] + [datetime(2026, 1, 1)]
DEMO_ENDS = date(2026, 11, 1)
DEMO_MONTHS = [datetime(2025, 11, 1), datetime(2025, 12, 1)] + [datetime(2026, month, 1) for month in range(1, 11)]
OURS = ("ours", "ours, 12 cutoffs")
PEERS = ("two-stage SQL", "polars", "pandas", "filter SQL")
LIMIT_SQL, LIMIT_TWELVE, LIMIT_GROWTH = 1.3, 4.0, 11.0
LIMIT_GB, LIMIT_CATALOGUE_GB = 1.0, 3.0
TOLERANCE = 1e-9

EVENT_ROWS = """
    SELECT 'E' || n AS event_id, 'C' || lpad(customer::VARCHAR, 6, '0') AS customer_id,
        TIMESTAMP '2026-01-01' - to_microseconds(1 + (h1 % 63072000000000)::BIGINT) AS happened_at,
        CASE WHEN h2 % 100 < 30 THEN 'login' WHEN h2 % 100 < 75 THEN 'feature' WHEN h2 % 100 < 82 THEN 'export'
            WHEN h2 % 100 < 90 THEN 'error' WHEN h2 % 100 < 97 THEN 'community' ELSE 'setup' END AS event_type,
        CASE WHEN event_type IN ('feature', 'setup') THEN 'feature ' || (h3 % 14) END AS feature,
        CASE WHEN h4 % 10 <> 0 THEN (h4 % 12000)::DOUBLE / 100 END AS duration_minutes,
        'U' || customer || '-' || (h5 % (1 + customer % 9)) AS user_id
    FROM (
        SELECT n, hash(n, {seed}, 1) AS h1, hash(n, {seed}, 2) AS h2, hash(n, {seed}, 3) AS h3,
            hash(n, {seed}, 4) AS h4, hash(n, {seed}, 5) AS h5,
            CASE WHEN n < {customers} THEN n
                ELSE floor({customers} * pow((hash(n, {seed}, 6) % 1000003) / 1000003.0, 1.5))::BIGINT END AS customer
        FROM range({events}) AS numbers(n)
    ) ORDER BY happened_at
"""


def make_events(folder: Path, events: int, customers: int) -> None:
    """Write use as a log would hold it, in order of time: two years, few customers with many events."""
    query = EVENT_ROWS.format(seed=SEED, events=events, customers=customers)
    with _connected() as connection:
        connection.execute(f"COPY ({query}) TO '{folder / 'usage_events.parquet'}'")
        connection.execute(
            f"COPY (SELECT DISTINCT customer_id, TIMESTAMP '2024-01-01' AS signed_up_at "
            f"FROM '{folder / 'usage_events.parquet'}') TO '{folder / 'customers.parquet'}'"
        )


def make_company(folder: Path, customers: int) -> None:
    """Write the demo company."""
    from pipelines.demo import simulate

    simulate(folder, folder / "truth", customers=customers, months=24, seed=SEED, ends_on=DEMO_ENDS)


def _connected() -> Any:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    return connection


def usage_columns() -> list[Any]:
    """Every signal over usage rows in each window that the family needs: 65 columns of 71 aggregates."""
    from features.resolve import resolve
    from features.tables import USAGE_EVENTS

    columns = [column for column in _all_columns() if column.name.startswith("usage__")]
    return [column for column in resolve(columns).rows if column.signal.table is USAGE_EVENTS]


def _all_columns() -> list[Any]:
    from features.signal import columns_of, discover

    return list(columns_of(discover().values()).values())


def families() -> list[str]:
    """Names of the families, the first words of the columns."""
    return list(dict.fromkeys(column.name.split("__")[0] for column in _all_columns()))


def ours(folder: Path, out: Path, columns: Iterable[Any], cutoffs: Sequence[datetime], memory: str | None) -> None:
    """Compute as the project's stage does: in its warehouse, one Parquet file a cutoff."""
    from features.compute import Panel, compute
    from features.tables import TABLES
    from pipelines.warehouse.duckdb_file import backend, warehouse
    from pipelines.warehouse.engines import Engine

    with tempfile.TemporaryDirectory() as folder_of_file, warehouse(Path(folder_of_file)) as connection:
        if memory:
            connection.execute("SET memory_limit = $limit", {"limit": memory})
        present = [name for name in TABLES if (folder / f"{name}.parquet").exists()]
        for name in present:
            connection.execute(f"CREATE VIEW {name} AS FROM '{folder / name}.parquet'")
        instants = ", ".join(f"TIMESTAMP '{cutoff}'" for cutoff in cutoffs)
        connection.execute(
            "CREATE VIEW people AS SELECT customer_id, cutoff "
            f"FROM customers, (SELECT unnest([{instants}]) AS cutoff) WHERE signed_up_at < cutoff"
        )
        home = backend(connection)
        engine = Engine(home, {name: home.table(name) for name in present}, home.table("people"))
        for cutoff, table in compute(home, engine.tables, engine.population, Panel(list(columns), cutoffs)):
            engine.write(table, out / f"{cutoff:%Y-%m-%d}.parquet")


def work(name: str, folder: Path, out: Path, memory: str | None) -> None:
    """Do one piece of work in this process; what it imports is not counted."""
    report(_prepared(name, folder, out, memory))


def _prepared(name: str, folder: Path, out: Path, memory: str | None) -> Callable[[], None]:
    if name in OURS:
        _import_ours()
        columns, cutoffs = usage_columns(), MONTHS if "12" in name else MONTHS[-1:]
        return lambda: ours(folder, out, columns, cutoffs, memory)
    if name in ("catalogue", *families()):
        _import_ours()
        chosen = [column for column in _all_columns() if name in ("catalogue", column.name.split("__")[0])]
        return lambda: ours(folder, out, chosen, DEMO_MONTHS, memory)
    return _peer(name, folder / "usage_events.parquet", out / "panel.parquet")


def _import_ours() -> None:
    """Import what our work else imports on its way; the peers' libraries are not counted either."""
    import ibis

    # Ibis imports pandas with the first result.
    connection = ibis.duckdb.connect()
    connection.sql("SELECT 1 AS one").to_pyarrow()
    connection.disconnect()


def _peer(name: str, events: Path, out: Path) -> Callable[[], None]:
    from benchmarks import frame_peers, usage_peers

    if name in ("polars", "pandas"):
        __import__(name)
        run = frame_peers.with_polars if name == "polars" else frame_peers.with_pandas
        return lambda: run(events, MONTHS[-1], out)
    query = usage_peers.two_stage_sql if name == "two-stage SQL" else usage_peers.filter_sql
    return lambda: query(_connected(), events, MONTHS[-1], out)


def largest_difference(one: Path, other: Path) -> float:
    """Compare two panels column by column; a value that only one of them has counts as infinite."""
    with _connected() as connection:
        left, right = (f"(FROM '{folder}/*.parquet')" for folder in (one, other))
        names = [
            row[0] for row in connection.execute(f"DESCRIBE FROM {left}").fetchall() if row[0].startswith("usage__")
        ]
        assert len(names) == 65, len(names)
        far = ", ".join(
            f"max(CASE WHEN (a.{n} IS NULL) <> (b.{n} IS NULL) THEN 'inf'::DOUBLE "
            f"ELSE abs(a.{n} - b.{n}) / greatest(1, abs(a.{n})) END)"
            for n in names
        )
        counts = "count(*), count(a.customer_id), count(b.customer_id)"
        rows = connection.execute(
            f"SELECT {counts}, {far} FROM {left} AS a FULL JOIN {right} AS b USING (customer_id)"
        ).fetchone()
    assert rows[0] == rows[1] == rows[2], f"{other.name} has other customers"
    worst = dict(zip(names, (each or 0.0 for each in rows[3:]), strict=True))
    name = max(worst, key=lambda each: worst[each])
    assert worst[name] <= TOLERANCE, f"{other.name} differs in {name} by {worst[name]}"
    return worst[name]


class Bench:
    """Runs pieces of work as processes, prints what they took, and keeps what was missed."""

    def __init__(self, scratch: Path, repeats: int, memory: str | None) -> None:
        self.scratch, self.repeats = scratch, repeats
        self.missed: list[str] = []
        self._limit = ["--memory", memory] if memory else []

    def turns(self, names: Sequence[str], data: Path) -> dict[str, Measured]:
        """Run each work several times, in turn, so that a busy machine burdens all alike."""
        runs: dict[str, list[Measured]] = {name: [] for name in names}
        for _ in range(self.repeats):
            for name in names:
                out = self.out(name)
                out.mkdir(parents=True, exist_ok=True)
                runs[name].append(
                    measured([__file__, "--work", name, "--data", str(data), "--out", str(out), *self._limit])
                )
        return {name: median(each) for name, each in runs.items()}

    def out(self, name: str) -> Path:
        """Folder of a result."""
        return self.scratch / name.replace(" ", "_")

    def claim(self, text: str, value: float, limit: float) -> None:
        """Print a figure against its limit."""
        holds = value <= limit
        print(f"  {text:<58}{value:7.2f}   (at most {limit:g}: {'holds' if holds else 'MISSED'})", flush=True)
        if not holds:
            self.missed.append(text)


def _show(name: str, took: Measured, note: str = "") -> None:
    times = f"{took.seconds:9.2f} s {took.processor_seconds:9.2f} s {took.peak_gb:8.2f} GB"
    print(f"  {name:<22}{times}   {note}", flush=True)


def _head(title: str) -> None:
    print(f"\n{title}\n  {'':<22}{'clock':>11} {'processor':>11} {'peak':>11}", flush=True)


def usage(bench: Bench, events: int, customers: int) -> None:
    """Compare the ways at one cutoff, and one cutoff with twelve."""
    data = bench.scratch / "usage"
    data.mkdir()
    make_events(data, events, customers)
    _head(f"{events:,} usage events, {customers:,} customers, one cutoff, 65 columns of 71 aggregates")
    took = bench.turns(["ours", *PEERS, "ours, 12 cutoffs"], data)
    ours_took = took["ours"]
    for name in ("ours", *PEERS):
        ratio = f"ours / this = {ours_took.seconds / took[name].seconds:.2f}"
        difference = largest_difference(bench.out("ours"), bench.out(name))
        _show(name, took[name], "" if name == "ours" else f"{ratio}, largest difference {difference:.1e}")
    bench.claim("ours / two-stage SQL", ours_took.seconds / took["two-stage SQL"].seconds, LIMIT_SQL)
    bench.claim("ours, peak GB", ours_took.peak_gb, LIMIT_GB)
    _head("the same at 12 monthly cutoffs")
    _show("ours, 12 cutoffs", took["ours, 12 cutoffs"])
    bench.claim("12 cutoffs / one cutoff", took["ours, 12 cutoffs"].seconds / ours_took.seconds, LIMIT_TWELVE)


def catalogue(bench: Bench, customers: int, *, whole: bool) -> None:
    """Time every family of the catalogue, and the whole at two sizes; or the whole alone."""
    took = {}
    for size in (customers // 10, customers):
        data = bench.scratch / f"company_{size}"
        measured([__file__, "--work", "simulate", "--data", str(data), "--customers", str(size)])
        rows = {
            path.stem: duckdb.sql(f"SELECT count(*) FROM '{path}'").fetchone()[0] for path in data.glob("*.parquet")
        }
        _head(
            f"demo company, {size:,} customers, {sum(rows.values()):,} rows, 12 cutoffs, {len(_all_columns())} columns"
        )
        for name in [*(() if whole else families()), "catalogue"]:
            took[size, name] = bench.turns([name], data)[name]
            before = took.get((customers // 10, name)) if size == customers else None
            growth = f"{took[size, name].seconds / before.seconds:.1f} times" if before else ""
            _show(name, took[size, name], growth)
    small, large = took[customers // 10, "catalogue"], took[customers, "catalogue"]
    bench.claim("ten times the customers and rows, times the time", large.seconds / small.seconds, LIMIT_GROWTH)
    bench.claim("whole catalogue, peak GB", large.peak_gb, LIMIT_CATALOGUE_GB)


def main() -> None:
    """Run what the command line asks for."""
    given = _options()
    if given.work == "simulate":
        report(lambda: make_company(given.data, given.customers))
    elif given.work:
        work(given.work, given.data, given.out, given.memory)
    else:
        _require_polars(given.part)
        with tempfile.TemporaryDirectory(prefix="churnlab-bench-") as scratch:
            bench = Bench(Path(scratch), given.repeats, given.memory)
            if given.part in ("usage", "all"):
                usage(bench, given.events, given.customers)
            if given.part in ("catalogue", "all"):
                bench.repeats = 1
                catalogue(bench, given.customers, whole=given.whole)
        print("\nall claims hold" if not bench.missed else f"\nMISSED: {'; '.join(bench.missed)}")
        sys.exit(bool(bench.missed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("usage", "catalogue", "all"), default="all")
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--repeats", type=int, default=3, help="runs of each contestant")
    parser.add_argument("--memory", help="what DuckDB may hold in memory in our own runs, such as 500MB")
    parser.add_argument(
        "--whole", action="store_true", help="of the catalogue the whole alone, not each family as well"
    )
    for name in ("--work", "--data", "--out"):
        parser.add_argument(name, type=str if name == "--work" else Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _require_polars(part: str) -> None:
    from importlib.util import find_spec

    if part != "catalogue" and find_spec("polars") is None:
        raise SystemExit("polars is not installed; it is only needed here. Run: uv pip install -e '.[peers]'")


if __name__ == "__main__":
    main()
