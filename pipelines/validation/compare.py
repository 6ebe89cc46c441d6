"""Checks that hold a load against the last accepted one: volume, missing values, categories, distributions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from features.tables import TABLES
from pipelines.validation.check import Check
from pipelines.validation.generate import IN_SET

KL = "expect_column_kl_divergence_to_be_less_than"
ROWS = "expect_table_row_count_to_be_between"
THERE = "expect_column_proportion_of_non_null_values_to_be_between"
HOLDOUT = 0.001


@dataclass(frozen=True)
class Shift:
    """How much a load may differ from the last accepted one before it is said.

    Parameters
    ----------
    volume_share
        Rows must be at least this share of the last load's.
    missing_rise
        Missing share may rise by this much.
    divergence
        Largest Kullback-Leibler divergence of a column from the last load, in nats.
    """

    volume_share: float
    missing_rise: float
    divergence: float


def load_checks(table: str, before: dict[str, Any], shift: Shift) -> list[Check]:
    """Generate the checks of a whole table against its last accepted load.

    Parameters
    ----------
    table
        Its name.
    before
        Its profile then, see `pipelines.validation.profile`.
    shift
        What is tolerated.
    """
    least = int(before["rows"] * shift.volume_share)
    said = f"fewer than {shift.volume_share:.0%} of the {before['rows']:,} rows of the last accepted load"
    return [Check(f"{table}.volume", table, ROWS, {"min_value": least}, "warn", said)]


def row_checks(table: str, before: dict[str, Any], shift: Shift) -> list[Check]:
    """Generate the checks of the rows that are new since the last accepted load against that load.

    What is learned later than its row is left out: of young rows it is missing more often by nature.
    """
    checks: list[Check] = []
    for column, looked in before["columns"].items():
        if not (table in TABLES and TABLES[table][column].known_from):
            checks += _column(table, column, looked, shift)
    return checks


def _column(table: str, column: str, before: dict[str, Any], shift: Shift) -> Iterator[Check]:
    there = max(1 - before["missing"] - shift.missing_rise, 0.0)
    if there > 0:
        said = f"{column} is missing far more often than in the last accepted load ({before['missing']:.0%})"
        yield _check(table, column, "more_missing", THERE, {"min_value": there}, said)
    partition = before["partition"]
    if partition is None:
        return
    closed = table in TABLES and column in TABLES[table] and TABLES[table][column].allowed
    if "values" in partition and not closed and before["type"] == "VARCHAR":
        seen = {"value_set": partition["values"]}
        yield _check(table, column, "new_category", IN_SET, seen, f"{column} has a category never seen")
    given: dict[str, Any] = {"partition_object": partition, "threshold": shift.divergence}
    if "values" in partition:
        given["tail_weight_holdout"] = HOLDOUT
    yield _check(table, column, "shift", KL, given, f"{column} is distributed otherwise than in the last accepted load")


def _check(table: str, column: str, what: str, expectation: str, given: dict[str, Any], said: str) -> Check:
    return Check(f"{table}.{column}.{what}", table, expectation, {"column": column, **given}, "warn", said)
