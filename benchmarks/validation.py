"""Time and memory of checking a table, against plain Great Expectations on the same rows and expectations.

    python -m benchmarks.validation                # 1 million rows: our stage against pandas and DuckDB
    python -m benchmarks.validation --memory       # 10 million rows: peak memory of our stage

Our stage does more than the plain run: it also sets failing rows aside with every reason, opens the accepted table and
counts both. Plain DuckDB needs the package duckdb-engine and is left out without it; its results are frozen,
because Great Expectations else reads them after their connection has closed.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

LIMIT = 1.3
LIMIT_MEMORY_GB = 2.0
REPEATS = 5
TABLE = "bench"

COLUMNS = """
    'C' || (n % 50000) AS customer_id,
    'O' || n AS order_id,
    TIMESTAMP '2024-01-01' + to_seconds(n * 31 % 60000000) AS ordered_at,
    ordered_at + to_hours((n % 400)::INT - 1) AS returned_at,
    (hash(n) % 100000)::DOUBLE / 100 - 1 AS amount,
    (hash(n + 1) % 1000)::DOUBLE / 1000 AS discount_share,
    (hash(n + 2) % 20)::BIGINT AS lines,
    (hash(n + 3) % 50)::BIGINT AS quantity,
    CASE WHEN hash(n + 4) % 100 = 0 THEN 'fax' WHEN hash(n + 4) % 3 = 0 THEN 'web' ELSE 'shop' END AS channel,
    CASE WHEN hash(n + 5) % 50 <> 0 THEN (hash(n + 5) % 90)::DOUBLE END AS rating
"""
NUMBERS = ("amount", "discount_share", "lines", "quantity", "rating")
EVERY = (*NUMBERS, "customer_id", "order_id", "ordered_at", "returned_at", "channel")


def expectations() -> list[tuple[str, dict[str, Any]]]:
    """Thirty expectations of the kinds that the canonical tables give."""
    made: list[tuple[str, dict[str, Any]]] = [
        ("expect_column_values_to_not_be_null", {"column": each}) for each in EVERY
    ]
    made += [("expect_column_values_to_be_between", {"column": each, "min_value": 0}) for each in NUMBERS]
    made += [("expect_column_values_to_be_between", {"column": each, "max_value": 1000}) for each in NUMBERS]
    made += [
        ("expect_column_values_to_be_in_set", {"column": "channel", "value_set": ["web", "shop", "phone"]}),
        ("expect_column_values_to_be_unique", {"column": "order_id"}),
        ("expect_column_value_lengths_to_be_between", {"column": "order_id", "min_value": 2, "max_value": 12}),
        ("expect_column_value_lengths_to_be_between", {"column": "customer_id", "min_value": 2, "max_value": 12}),
        (
            "expect_column_pair_values_a_to_be_greater_than_b",
            {
                "column_A": "returned_at",
                "column_B": "ordered_at",
                "or_equal": True,
                "ignore_row_if": "either_value_is_missing",
            },
        ),
        ("expect_column_mean_to_be_between", {"column": "amount", "min_value": 0}),
        ("expect_column_max_to_be_between", {"column": "quantity", "max_value": 100}),
        ("expect_column_min_to_be_between", {"column": "rating", "min_value": 0}),
        ("expect_table_row_count_to_be_between", {"min_value": 1}),
        ("expect_column_to_exist", {"column": "amount"}),
    ]
    assert len(made) == 30, len(made)
    return made


def filled(path: Path, rows: int) -> duckdb.DuckDBPyConnection:
    """Make the table."""
    connection = duckdb.connect(str(path))
    for schema in ("loaded", "accepted", "quarantine"):
        connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute(f"CREATE TABLE loaded.{TABLE} AS SELECT {COLUMNS} FROM range({rows}) AS r(n)")
    connection.execute(f"CREATE VIEW main.{TABLE} AS FROM loaded.{TABLE}")
    connection.execute("CHECKPOINT")
    return connection


def ours(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """Check, set failing rows aside, open the accepted rows; what the stage does with a table."""
    from pipelines.validation import suite
    from pipelines.validation.check import Check
    from pipelines.validation.own import BY_ROW
    from pipelines.validation.set_aside import account, flag, open_accepted, write_quarantine

    checks = [
        Check(f"{TABLE}.{number}", TABLE, kind, given, "quarantine" if kind in BY_ROW else "warn", f"fails {number}")
        for number, (kind, given) in enumerate(expectations())
    ]
    findings, _ = suite.run(connection, "loaded", TABLE, checks)
    aside = [each.check for each in findings if each.outcome == "failed" and each.check.severity == "quarantine"]
    flag(connection, "loaded", TABLE, aside)
    parted = account(connection, "loaded", TABLE)
    write_quarantine(connection, "loaded", TABLE)
    assert open_accepted(connection, "loaded", TABLE) == parted.accepted
    return [each.failing for each in findings]


def plain(batch: Any) -> list[int]:
    """Run the same expectations as a user of Great Expectations would."""
    import great_expectations as gx
    from great_expectations.expectations.registry import get_expectation_impl

    from pipelines.validation.suite import problem_of

    suite = gx.ExpectationSuite(name="bench")
    for number, (kind, given) in enumerate(expectations()):
        suite.add_expectation(get_expectation_impl(kind)(**given, meta={"number": number}))
    result = batch.validate(suite, result_format={"result_format": "BASIC"})
    crashed = [why for each in result.results if (why := problem_of(each))]
    assert not crashed, crashed[0]
    found = {each.expectation_config.meta["number"]: each.result for each in result.results}
    return [int(found[number].get("unexpected_count") or 0) for number in range(len(found))]


def on_pandas(connection: duckdb.DuckDBPyConnection) -> Any:
    """Give a batch on a frame that is in memory already."""
    frame = connection.table(f"loaded.{TABLE}").df()
    asset = _context().data_sources.add_pandas("pandas").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": frame})


def on_duckdb(path: Path) -> Any:
    """Give a batch on DuckDB through SQLAlchemy, with results frozen as long as its connection is open."""
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    asked = SqlAlchemyExecutionEngine.execute_query

    def frozen(self: Any, query: Any) -> Any:
        with self.get_connection() as connection:
            return connection.execute(query).freeze()()

    assert asked is not None
    SqlAlchemyExecutionEngine.execute_query = frozen
    source = _context().data_sources.add_sql("duckdb", connection_string=f"duckdb:///{path}", create_temp_table=False)
    asset = source.add_table_asset("table", table_name=TABLE)
    return asset.add_batch_definition_whole_table("whole").get_batch()


def _context() -> Any:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return context


def timed(works: dict[str, Callable[[], list[int]]], repeats: int) -> dict[str, tuple[float, list[int]]]:
    """Run the works in turn, so that a busy machine burdens all alike; give median seconds and what came out.

    A first round warms up and is not timed.
    """
    found = {name: work() for name, work in works.items()}
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - started)
    return {name: (statistics.median(seconds[name]), found[name]) for name in works}


def speed(rows: int, repeats: int) -> None:
    """Compare times and counts."""
    with tempfile.TemporaryDirectory() as folder:
        connection = filled(Path(folder) / "ours.duckdb", rows)
        frame = on_pandas(connection)
        works = {"ours": lambda: ours(connection), "plain, pandas": lambda: plain(frame)}
        try:
            import duckdb_engine  # noqa: F401

            path = Path(folder) / "plain.duckdb"
            filled(path, rows).close()
            table = on_duckdb(path)
            works["plain, DuckDB"] = lambda: plain(table)
        except ImportError:
            print("duckdb-engine is not installed: plain DuckDB is left out")
        results = timed(works, repeats)
        connection.close()
    for name, (seconds, found) in results.items():
        print(f"{name:<16}{seconds:8.2f} s   {sum(found):,} failures in {rows:,} rows x 30 expectations")
        assert found == results["ours"][1], f"{name} counts otherwise: {found} against {results['ours'][1]}"
    fastest = min(seconds for name, (seconds, _) in results.items() if name != "ours")
    ratio = results["ours"][0] / fastest
    print(f"ours / fastest plain = {ratio:.2f} (allowed: {LIMIT})")
    raise SystemExit(ratio > LIMIT)


def memory(rows: int) -> None:
    """Measure the peak memory of this process; the table is made by another one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.duckdb"
        child = os.fork()
        if child == 0:
            filled(path, rows).close()
            os._exit(0)
        os.waitpid(child, 0)
        connection = duckdb.connect(str(path))
        started = time.perf_counter()
        ours(connection)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{rows:,} rows: {seconds:.1f} s with the import, peak {peak:.2f} GB (allowed: {LIMIT_MEMORY_GB})")
    raise SystemExit(peak > LIMIT_MEMORY_GB)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memory", action="store_true", help="peak memory instead of speed")
    parser.add_argument("--rows", type=int, help="rows (1 million, or 10 million for memory)")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="timed runs of each")
    given = parser.parse_args()
    if given.memory:
        memory(given.rows or 10_000_000)
    speed(given.rows or 1_000_000, given.repeats)


if __name__ == "__main__":
    main()
