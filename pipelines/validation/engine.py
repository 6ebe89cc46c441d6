"""Great Expectations on DuckDB without a copy: all counts of a suite in one pass over the table.

Great Expectations asks its execution engine for metrics by name; this engine writes each as a DuckDB aggregate and
computes them together. A metric that it does not know is refused by Great Expectations itself, and the suite's run
computes it on a pandas frame instead. (Its own way to DuckDB leads through a dialect of SQLAlchemy on which every
result is read after its connection has closed.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import duckdb
from great_expectations.exceptions import MetricResolutionError
from great_expectations.execution_engine import ExecutionEngine
from great_expectations.expectations.metrics.metric_provider import MetricProvider
from great_expectations.expectations.registry import _registered_metrics, get_expectation_impl, register_metric

from pipelines.validation.conditions import CONDITIONS, failing_row, kept_row
from pipelines.validation.profile import bin_counts
from pipelines.warehouse.sql import identifier, statement

COUNT = ".unexpected_count"
VALUES = ".unexpected_values"
FILTERED = ".filtered_row_count"
UNIQUE = "column_values.unique"
UNIQUE_TOGETHER = "compound_columns.unique"
EXAMPLES = 10
_BETWEEN = "expect_column_values_to_be_between"

AGGREGATES: dict[str, str] = {
    "column.min": "min({0})",
    "column.max": "max({0})",
    "column.sum": "sum({0})",
    "column.mean": "avg({0})",
    "column.median": "median({0})",
    "column.standard_deviation": "stddev_samp({0})",
    "column.distinct_values.count": "count(DISTINCT {0})",
    "column.non_null_count": "count({0})",
    "column.non_null_proportion": "count({0}) / nullif(count(*), 0)",
    "column_values.nonnull.count": "count({0})",
}
BETWEEN_COUNT = "column_values.between.count"
HISTOGRAM = "column.histogram"
VALUE_COUNTS = "column.value_counts"


class DuckDBEngine(ExecutionEngine):  # type: ignore[misc]
    """Computes metrics of one table.

    Parameters
    ----------
    connection
        The warehouse.
    table
        Quoted, qualified name of the table, or a query of its rows in brackets.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        self._connection, self._table = connection, table
        self._found: dict[Any, Any] = {}
        super().__init__(name="duckdb")

    def resolve_metrics(
        self,
        metrics_to_resolve: Iterable[Any],
        metrics: Mapping[Any, Any] | None = None,
        runtime_configuration: Mapping[str, Any] | None = None,
    ) -> dict[Any, Any]:
        """Compute metrics: those that are aggregates in one query, the others one by one."""
        wanted = list(metrics_to_resolve)
        missing = [metric for metric in wanted if metric.id not in self._found]
        self._together([metric for metric in missing if _aggregate(metric) is not None])
        for metric in missing:
            if metric.id not in self._found:
                self._alone(metric)
        return {metric.id: self._found[metric.id] for metric in wanted}

    def _together(self, wanted: list[Any]) -> None:
        """Compute aggregates in one query; if one breaks it, leave them to be computed one by one."""
        aggregates = {metric.id: _aggregate(metric) or "" for metric in wanted}
        try:
            row = self._ask(", ".join(aggregates.values()), self._table).fetchone() if aggregates else ()
        except duckdb.Error:
            return
        self._found.update(zip(aggregates, row or (), strict=True))

    def _alone(self, metric: Any) -> None:
        try:
            self._found[metric.id] = self._computed(metric)
        except duckdb.Error as error:
            raise MetricResolutionError(message=str(error), failed_metrics=[metric]) from error

    def _computed(self, metric: Any) -> Any:
        asked = metric.metric_name
        aggregate = _aggregate(metric)
        if aggregate is not None:
            return self._ask(aggregate, self._table).fetchall()[0][0]
        if asked in (UNIQUE + COUNT, UNIQUE_TOGETHER + COUNT):
            return self._repeated(metric.metric_domain_kwargs)
        if asked.endswith(VALUES):
            return self._examples(metric)
        if asked == "table.columns":
            return self._connection.sql(statement("FROM", self._table)).columns
        if asked == VALUE_COUNTS:
            return self._value_counts(identifier(metric.metric_domain_kwargs["column"]))
        if asked == "unexpected_rows_query.row_count":
            return self._ask("count(*)", f"({self._query(metric)})").fetchall()[0][0]
        return []

    def _repeated(self, given: Mapping[str, Any]) -> int:
        """Rows whose key another row has too; as many hashes as keys say fast that there are none."""
        key = [identifier(column) for column in given.get("column_list") or [given["column"]]]
        there = f"{self._table} WHERE {' AND '.join(f'{column} IS NOT NULL' for column in key)}"
        rows, hashes = self._ask(f"count(*), count(DISTINCT hash({', '.join(key)}))", there).fetchall()[0]
        if rows == hashes:
            return 0
        grouped = statement(there, "GROUP BY", ", ".join(key), "HAVING count(*) > 1")
        counts = statement("(SELECT count(*) AS rows_of_key FROM", grouped, ")")
        return int(self._ask("coalesce(sum(rows_of_key), 0)", counts).fetchall()[0][0])

    def _value_counts(self, column: str) -> Any:
        import pandas as pd

        found = self._ask(f"{column}, count(*)", f"{self._table} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1")
        values = dict(found.fetchall())
        return pd.Series(list(values.values()), index=pd.Index(list(values), name="value"), name="count")

    def _examples(self, metric: Any) -> list[Any]:
        """Give values that failed, of numbers, times and closed sets; a free text may name a person."""
        given = {**metric.metric_domain_kwargs, **metric.metric_value_kwargs}
        expectation = _EXPECTATIONS.get(metric.metric_name.removesuffix(VALUES))
        if expectation not in (_BETWEEN, "expect_column_values_to_be_in_set"):
            return []
        column, failing = identifier(given["column"]), failing_row(expectation, given)
        rows = self._ask(column, f"{self._table} WHERE {failing} LIMIT {EXAMPLES}").fetchall()
        return [row[0] for row in rows]

    def _query(self, metric: Any) -> str:
        return str(metric.metric_value_kwargs["unexpected_rows_query"]).format(batch=self._table)

    def _ask(self, selected: str, origin: str) -> duckdb.DuckDBPyConnection:
        return self._connection.execute(statement("SELECT", selected, "FROM", origin))

    def get_batch_data_and_markers(self, batch_spec: Any) -> Any:
        """Refuse: the table is given once."""
        raise TypeError("this engine holds one table")

    def _refuse(self, condition: Any) -> Any:
        raise TypeError("row conditions are computed on pandas")

    _comparison_condition_to_filter_clause = _refuse
    _nullity_condition_to_filter_clause = _refuse
    _and_condition_to_filter_clause = _refuse
    _or_condition_to_filter_clause = _refuse


class _DuckDBMetric(MetricProvider):  # type: ignore[misc]
    """Stands in the registry for every metric of the engine; none depends on another."""


def _aggregate(metric: Any) -> str | None:
    """Write the SQL aggregate of a metric, or nothing if it needs a query of its own."""
    given = {**metric.metric_domain_kwargs, **metric.metric_value_kwargs}
    asked = metric.metric_name
    if asked == "table.row_count":
        return "count(*)"
    if asked in AGGREGATES:
        return AGGREGATES[asked].format(identifier(given["column"]))
    if asked == BETWEEN_COUNT:
        column = identifier(given["column"])
        return f"count(*) FILTER (WHERE {column} IS NOT NULL AND NOT {failing_row(_BETWEEN, given)})"
    if asked == HISTOGRAM:
        return f"[{', '.join(bin_counts(identifier(given['column']), list(given['bins']))[1:-1])}]"
    if asked.endswith(FILTERED):
        return f"count(*) FILTER (WHERE {kept_row(given)})"
    expectation = _EXPECTATIONS.get(asked.removesuffix(COUNT)) if asked.endswith(COUNT) else None
    return None if expectation is None else f"count(*) FILTER (WHERE {failing_row(expectation, given)})"


def _register() -> dict[str, str]:
    """Tell Great Expectations which metrics the engine computes; give the expectation of each row-wise metric."""
    expectations = {get_expectation_impl(each).map_metric: each for each in CONDITIONS}
    wanted = [*AGGREGATES, BETWEEN_COUNT, HISTOGRAM, VALUE_COUNTS, "table.row_count", "table.columns"]
    wanted += ["unexpected_rows_query.row_count", "unexpected_rows_query.table"]
    for row_wise in (*expectations, UNIQUE, UNIQUE_TOGETHER):
        wanted += [row_wise + suffix for suffix in (COUNT, VALUES, FILTERED)]
    for metric in wanted:
        known = _registered_metrics.get(metric)
        if known is not None:
            register_metric(
                metric, known["metric_domain_keys"], known["metric_value_keys"], DuckDBEngine, _DuckDBMetric, None
            )
    return expectations


_EXPECTATIONS = _register()
