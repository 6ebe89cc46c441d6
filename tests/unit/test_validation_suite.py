"""Our DuckDB engine against Great Expectations' own pandas engine, and crashes that are told from bad data."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.validation.check import Check
from pipelines.validation.suite import _configuration, _validated, run

ROWS = 500


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    random = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "id": [f"C{number}" for number in random.integers(0, 400, ROWS)],
            "kind": random.choice(["login", "export", "odd", None], ROWS),
            "a": random.normal(0, 2, ROWS),
            "b": random.normal(0, 2, ROWS),
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(random.integers(0, 60, ROWS), unit="D"),
        }
    )
    frame.loc[random.choice(ROWS, 50, replace=False), "a"] = None
    frame.loc[random.choice(ROWS, 10, replace=False), "id"] = None
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA loaded")
    connection.execute("CREATE TABLE loaded.t AS FROM frame")
    return connection


def check(expectation: str, **arguments: Any) -> Check:
    return Check(f"t.{expectation}", "t", expectation, arguments, "warn", "is wrong")


EXPECTATIONS = [
    check("expect_column_values_to_not_be_null", column="a"),
    check("expect_column_values_to_not_be_null", column="a", mostly=0.5),
    check("expect_column_values_to_be_null", column="a"),
    check("expect_column_values_to_be_between", column="a", min_value=-1, max_value=1),
    check("expect_column_values_to_be_between", column="a", min_value=0, strict_min=True),
    check("expect_column_values_to_be_between", column="a", max_value=0, mostly=0.2),
    check("expect_column_values_to_be_in_set", column="kind", value_set=["login", "export"]),
    check("expect_column_values_to_not_be_in_set", column="kind", value_set=["odd"]),
    check("expect_column_values_to_be_unique", column="id"),
    check("expect_column_values_to_match_regex", column="id", regex="C[1-3]"),
    check("expect_column_values_to_not_match_regex", column="id", regex=".9"),
    check("expect_column_value_lengths_to_be_between", column="id", min_value=3, max_value=3),
    check("expect_column_value_lengths_to_equal", column="id", value=4),
    check(
        "expect_column_pair_values_a_to_be_greater_than_b",
        column_A="a",
        column_B="b",
        ignore_row_if="either_value_is_missing",
    ),
    check("expect_column_pair_values_to_be_equal", column_A="a", column_B="b", ignore_row_if="either_value_is_missing"),
    check("expect_compound_columns_to_be_unique", column_list=["id", "kind"], ignore_row_if="any_value_is_missing"),
    check("expect_column_min_to_be_between", column="a", min_value=-3),
    check("expect_column_max_to_be_between", column="a", max_value=3),
    check("expect_column_mean_to_be_between", column="a", min_value=-1, max_value=1),
    check("expect_column_median_to_be_between", column="a", min_value=-1, max_value=1),
    check("expect_column_stdev_to_be_between", column="a", max_value=1),
    check("expect_column_sum_to_be_between", column="a", min_value=1000),
    check("expect_column_unique_value_count_to_be_between", column="kind", max_value=2),
    check("expect_column_proportion_of_non_null_values_to_be_between", column="a", min_value=0.95),
    check("expect_table_row_count_to_be_between", min_value=1, max_value=499),
    check("expect_column_to_exist", column="a"),
    check(
        "expect_column_kl_divergence_to_be_less_than",
        column="b",
        partition_object={"bins": [-2.0, 0.0, 1.0, 2.0], "weights": [0.3, 0.2, 0.1], "tail_weights": [0.2, 0.2]},
        threshold=0.01,
    ),
    check(
        "expect_column_kl_divergence_to_be_less_than",
        column="kind",
        partition_object={"values": ["login", "gone"], "weights": [0.8, 0.2]},
        threshold=0.5,
        tail_weight_holdout=0.001,
    ),
]


@pytest.mark.parametrize("wanted", EXPECTATIONS, ids=lambda each: each.expectation)
def test_duckdb_engine_agrees_with_the_pandas_engine(wanted: Check, connection: duckdb.DuckDBPyConnection) -> None:
    from great_expectations.execution_engine import PandasExecutionEngine

    frame = connection.table("loaded.t").df()
    [(ours,), _] = run(connection, "loaded", "t", [wanted])
    theirs = _validated(PandasExecutionEngine(), frame, [_configuration(wanted, 0)])[0]
    assert ours.outcome == ("passed" if theirs.success else "failed")
    assert ours.failing == theirs.result.get("unexpected_count", 0)
    assert ours.share == pytest.approx(theirs.result.get("unexpected_percent", 0) / 100)
    if "observed_value" in theirs.result:
        assert ours.observed == pytest.approx(theirs.result["observed_value"])


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (check("expect_column_values_to_match_regex", column="id", regex="["), "missing ]"),
        (check("expect_column_values_to_be_between", column="nowhere", min_value=0), "nowhere"),
        (check("unexpected_rows_expectation", unexpected_rows_query="SELEC * FROM {batch}"), "syntax error"),
    ],
    ids=["regex", "column", "query"],
)
def test_a_crash_is_a_crash_and_leaves_the_others_whole(
    wanted: Check, said: str, connection: duckdb.DuckDBPyConnection
) -> None:
    right, wrong = check("expect_column_to_exist", column="a"), check("expect_column_values_to_be_null", column="a")
    findings, document = run(connection, "loaded", "t", [right, wanted, wrong])
    assert [finding.outcome for finding in findings] == ["passed", "crashed", "failed"]
    assert said in findings[1].problem
    assert findings[1].failing == 0
    assert findings[2].failing == 450
    assert document["statistics"]["evaluated_expectations"] == 3


def test_an_expectation_that_the_engine_does_not_know_runs_on_pandas(connection: duckdb.DuckDBPyConnection) -> None:
    wanted = check("expect_column_value_z_scores_to_be_less_than", column="b", threshold=2, double_sided=True)
    [(finding,), _] = run(connection, "loaded", "t", [wanted])
    values = connection.table("loaded.t").df()["b"]
    scores = (values - values.mean()) / values.std()
    assert finding.failing == int((scores.abs() >= 2).sum()) > 0


def test_examples_never_hold_free_text(connection: duckdb.DuckDBPyConnection) -> None:
    kinds = check("expect_column_values_to_be_in_set", column="kind", value_set=["login", "export"])
    names = check("expect_column_values_to_match_regex", column="id", regex="X")
    findings, document = run(connection, "loaded", "t", [kinds, names])
    assert set(findings[0].examples) == {"odd"}
    assert findings[1].failing == 490
    assert findings[1].examples == ()
    assert document["results"][1]["result"]["partial_unexpected_list"] == []
