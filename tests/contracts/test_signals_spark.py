"""The same signals on Spark as on DuckDB: of every example, and of invented histories at several cutoffs."""

import math
from datetime import UTC, datetime
from random import Random

import ibis
import pyarrow as pa
import pytest
from histories import arrow_tables, history, population
from representatives import representatives
from spark_sessions import spark_session

from features.compute import Panel, compute
from features.example import EXAMPLE_CUTOFF, example_people, example_tables, read_example
from features.signal import columns_of, discover

pytestmark = [
    pytest.mark.spark,
    # PySpark calls what pandas is about to drop.
    pytest.mark.filterwarnings("ignore:The copy keyword is deprecated"),
]

GAPS: dict[str, str] = {}
"""Columns that differ on Spark, with the reason. Each must differ, and no other may."""

CUTOFFS = [datetime(2024, 2, 29), datetime(2024, 3, 31), datetime(2024, 6, 1)]


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spark")
    quick = {
        "spark.default.parallelism": "1",
        "spark.driver.extraJavaOptions": f"-XX:TieredStopAtLevel=1 -Djava.io.tmpdir={folder}",
        "spark.sql.adaptive.enabled": "false",
    }
    with spark_session(folder, **quick) as session:
        yield ibis.pyspark.connect(session)


def on_spark(connection, tables):
    for name, rows in tables.items():
        connection._session.createDataFrame(rows).createOrReplaceTempView(name)
    return {name: connection.table(name) for name in tables}


def on_duckdb(connection, tables):
    return {name: connection.create_table(name, rows) for name, rows in tables.items()}


def values(connection, tables, panel):
    """Rows of the panel by customer and cutoff."""
    population = tables.pop("population")
    computed = compute(connection, tables, population, panel)
    rows = [row for _, table in computed for row in table.to_pyarrow().to_pylist()]
    return {(row.pop("customer_id"), row.pop("cutoff").replace(tzinfo=None)): row for row in rows}


def differing(spark, tables, panel):
    """Columns with another value on Spark: name, then customer, cutoff and both values of the first such row."""
    found = values(spark, on_spark(spark, tables), panel)
    database = ibis.duckdb.connect()
    expected = values(database, on_duckdb(database, tables), panel)
    assert found.keys() == expected.keys()
    different = {}
    for who, row in expected.items():
        for name, value in row.items():
            if not same(found[who][name], value):
                different.setdefault(name, (who, value, found[who][name]))
    return different


def same(one, other):
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return type(one) is type(other) and one == other


def test_every_signal_of_every_example_is_the_same(spark):
    signals = discover()
    examples = {name: read_example(signal.example, signal.table) for name, signal in signals.items()}
    tables = {**example_tables(examples), "population": example_people(examples)}
    panel = Panel(list(columns_of(signals.values()).values()), [EXAMPLE_CUTOFF])
    different = differing(spark, tables, panel)
    assert different.keys() == GAPS.keys(), different


def test_histories_around_three_cutoffs_give_the_same(spark):
    customers = [f"c{number}" for number in range(20)]
    tables = arrow_tables(history(Random(7), customers, CUTOFFS))
    tables["stock"] = tables["stock"].slice(0, 0)
    tables["population"] = population([(customer, cutoff) for customer in [*customers, "new"] for cutoff in CUTOFFS])
    different = differing(spark, tables, Panel(representatives(), CUTOFFS))
    assert different.keys() <= GAPS.keys(), different


def test_a_time_with_a_zone_is_the_instant_that_it_names(spark):
    zoned = pa.array([datetime(2024, 2, 28, 23, tzinfo=UTC)], pa.timestamp("us", tz="Asia/Shanghai"))
    tables = {
        "usage_events": pa.table({"customer_id": ["a"], "happened_at": zoned}),
        "population": population([("a", CUTOFFS[0])]),
    }
    last = columns_of(discover().values())["usage__days_since_last__ever"]
    found = values(spark, on_spark(spark, tables), Panel([last], CUTOFFS[:1]))
    assert found["a", CUTOFFS[0]][last.name] == pytest.approx(1 / 24, rel=1e-12)


def test_nothing_stays_behind(spark):
    before = set(spark.list_tables())
    customers = ["a", "b"]
    tables = {
        **arrow_tables(history(Random(1), customers, CUTOFFS)),
        "population": population([(customer, CUTOFFS[0]) for customer in customers]),
    }
    values(spark, on_spark(spark, tables), Panel(representatives()[:3], CUTOFFS[:1]))
    assert set(spark.list_tables()) <= before | tables.keys()


def test_the_line_computes_the_same_panel_on_spark(spark, demo_workspace, tmp_path):
    import json

    import pandas as pd

    from pipelines.config import load_project
    from pipelines.console import Console, Progress
    from pipelines.stages.features import features

    store = demo_workspace.runner.store
    tables = json.dumps(["contracts", "payments"])
    found = {}
    for engine in ("duckdb", "spark"):
        settings = [*demo_workspace.overrides, f"features.engine={engine}", f"features.tables={tables}"]
        project = load_project(str(demo_workspace.conf), settings)
        (tmp_path / engine).mkdir()
        progress = Progress(Console(quiet=True), "features")
        given = [store.load(name) for name in ("accepted", "labels", "calendar")]
        features.function(project, project.features, tmp_path / engine, progress, *given)
        panel = pd.concat(pd.read_parquet(file) for file in sorted((tmp_path / engine).glob("*.parquet")))
        found[engine] = panel.sort_values(["cutoff", "customer_id"], ignore_index=True)
    pd.testing.assert_frame_equal(found["spark"], found["duckdb"], check_dtype=False, rtol=1e-9)
