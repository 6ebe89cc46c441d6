"""Runs a table's expectations with Great Expectations and tells a failed expectation from a crashed one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import duckdb

from pipelines.validation.check import Check
from pipelines.warehouse.sql import identifier

Outcome = Literal["passed", "failed", "crashed"]


@dataclass(frozen=True)
class Finding:
    """What became of a check.

    Parameters
    ----------
    check
        The check.
    outcome
        ``crashed`` says nothing about the data: the expectation could not be computed.
    failing
        Rows that fail, where the expectation is about rows.
    share
        Their share of the rows looked at.
    observed
        The observed value, where the expectation is about a whole column or table.
    examples
        A few failing values.
    problem
        Why it crashed.
    """

    check: Check
    outcome: Outcome
    failing: int = 0
    share: float = 0.0
    observed: Any = None
    examples: tuple[Any, ...] = ()
    problem: str = ""


def run(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, checks: Sequence[Check], where: str = "TRUE"
) -> tuple[list[Finding], dict[str, Any]]:
    """Validate a table of the warehouse.

    Parameters
    ----------
    connection
        The warehouse.
    schema, table
        The table.
    checks
        What is expected of it.
    where
        SQL condition of the rows that are looked at.

    Returns
    -------
    list of Finding
        One a check, in the order given.
    dict
        The suite's result as Great Expectations writes it, for its documents.
    """
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    configurations = [_configuration(check, number) for number, check in enumerate(checks)]
    relation = connection.table(f"{schema}.{table}").filter(where)
    batch = identifier(schema, table) if where == "TRUE" else f"(FROM {identifier(schema, table)} WHERE {where})"
    results = _on_duckdb(connection, batch, configurations)
    unknown = [number for number, result in results.items() if problem_of(result).startswith("No provider found")]
    for number in unknown:
        results[number] = _on_pandas(relation, configurations[number])
    rows = relation.aggregate("count(*)").fetchall()[0][0]
    findings = [_finding(check, results[number], rows) for number, check in enumerate(checks)]
    return findings, _document(table, [results[number] for number in range(len(checks))])


def _configuration(check: Check, number: int) -> Any:
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    meta = {"number": number, "name": check.name, "severity": check.severity, "reason": check.reason}
    return ExpectationConfiguration(type=check.expectation, kwargs=dict(check.arguments), meta=meta)


def _on_duckdb(connection: duckdb.DuckDBPyConnection, table: str, configurations: list[Any]) -> dict[int, Any]:
    from pipelines.validation.engine import DuckDBEngine

    return _validated(DuckDBEngine(connection, table), table, configurations)


def _on_pandas(relation: duckdb.DuckDBPyRelation, configuration: Any) -> Any:
    """Compute what the engine does not know on a frame of the columns that the expectation names."""
    from great_expectations.execution_engine import PandasExecutionEngine

    named = _columns_named(configuration.kwargs)
    wanted = [column for column in relation.columns if column in named] or relation.columns
    frame = relation.project(", ".join(identifier(column) for column in wanted)).df()
    return _validated(PandasExecutionEngine(), frame, [configuration])[configuration.meta["number"]]


def _columns_named(arguments: Any) -> set[str]:
    if isinstance(arguments, dict) and ("row_condition" in arguments):
        return set()
    found = {value for key, value in arguments.items() if key in ("column", "column_A", "column_B")}
    return found | set(arguments.get("column_list") or ())


def _validated(engine: Any, data: Any, configurations: list[Any]) -> dict[int, Any]:
    from great_expectations.core.batch import Batch
    from great_expectations.validator.validator import Validator

    class Quiet(Validator):  # type: ignore[misc]
        def _determine_progress_bars(self) -> bool:
            return False

    validator = Quiet(engine, batches=[Batch(data=data)])
    wanted = {"result_format": "BASIC", "partial_unexpected_count": 10}
    results = validator.graph_validate(configurations, runtime_configuration={"result_format": wanted})
    return {result.expectation_config.meta["number"]: result for result in results}


def _finding(check: Check, result: Any, rows: int) -> Finding:
    problem = problem_of(result)
    if problem:
        return Finding(check, "crashed", problem=problem)
    outcome: Outcome = "passed" if result.success else "failed"
    found = result.result
    if check.condition:
        failing = int(found["observed_value"])
        return Finding(check, outcome, failing, failing / max(rows, 1))
    return Finding(
        check,
        outcome,
        failing=int(found.get("unexpected_count") or 0),
        share=float(found.get("unexpected_percent") or 0.0) / 100,
        observed=found.get("observed_value"),
        examples=tuple(found.get("partial_unexpected_list") or ()),
    )


def problem_of(result: Any) -> str:
    """Say why an expectation could not be computed, or nothing."""
    info = result.exception_info or {}
    inner = [info] if "raised_exception" in info else list(info.values())
    raised = [each for each in inner if each.get("raised_exception")]
    return " ".join(str(raised[0]["exception_message"]).split()) if raised else ""


def _document(table: str, results: list[Any]) -> dict[str, Any]:
    from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult
    from great_expectations.validator.validator import calc_validation_statistics

    statistics = calc_validation_statistics(results)._asdict()
    success = statistics.pop("success")
    suite = ExpectationSuiteValidationResult(
        success=success, results=results, suite_name=table, statistics=statistics, meta={}
    )
    return suite.to_json_dict()
