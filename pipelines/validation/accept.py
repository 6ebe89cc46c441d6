"""From checked tables to accepted ones; stops where the data may not be used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb

from features.tables import CUSTOMERS, TABLES
from pipelines.errors import DataError
from pipelines.validation.flat import FLAT
from pipelines.validation.inspection import Checked
from pipelines.validation.rules import Rules
from pipelines.validation.set_aside import ACCEPTED, Parted, accepted, open_accepted
from pipelines.validation.suite import Finding
from pipelines.warehouse.duckdb_file import transaction
from pipelines.warehouse.sql import identifier, statement


def accept(connection: duckdb.DuckDBPyConnection, schema: str, checked: Checked, rules: Rules) -> None:
    """Let the usable rows be read as the accepted tables, all at once.

    Raises
    ------
    DataError
        If a check that stops has failed or crashed, too much of a table is set aside, or too few rows are left; no
        accepted table can be read then.
    """
    _refuse_stopped(checked.findings)
    for each in checked.parted:
        _refuse_too_many(each, rules.quarantine_limit)
        _refuse_too_few(each, rules.minimum_rows.get(each.table, 0))
    with transaction(connection):
        connection.execute(statement("DROP SCHEMA IF EXISTS", identifier(ACCEPTED), "CASCADE"))
        connection.execute(statement("CREATE SCHEMA", identifier(ACCEPTED)))
        for each in checked.parted:
            _refuse_unbalanced(each, open_accepted(connection, schema, each.table))


def record(connection: duckdb.DuckDBPyConnection, checked: Checked) -> dict[str, Any]:
    """Say which tables later stages may read, and what was found."""
    kept = {each.table: each.accepted for each in checked.parted if each.accepted}
    first, last = _span(connection, list(kept))
    return {
        "schema": ACCEPTED,
        "tables": list(kept),
        "rows": kept,
        "first": first,
        "last": last,
        "flat": any(each.table == FLAT for each in checked.parted),
        "checks": [_said(finding) for finding in checked.findings],
        "quarantined": {each.table: each.quarantined for each in checked.parted},
        "reasons": {each.table: each.reasons for each in checked.parted if each.reasons},
    }


def figures(made: dict[str, Any]) -> dict[str, float]:
    """Give what is plotted over time: rows, share set aside, checks that failed or crashed."""
    found: dict[str, float] = {f"rows.{table}": rows for table, rows in made["rows"].items()}
    for table, aside in made["quarantined"].items():
        found[f"quarantined_share.{table}"] = aside / max(aside + made["rows"].get(table, 0), 1)
    outcomes = [each["outcome"] for each in made["checks"]]
    return found | {f"checks_{outcome}": outcomes.count(outcome) for outcome in ("passed", "failed", "crashed")}


def _refuse_stopped(findings: Sequence[Finding]) -> None:
    for finding in findings:
        if finding.check.severity == "stop" and finding.outcome == "crashed":
            raise DataError(
                f"The check {finding.check.name} could not be run: {finding.problem}",
                do="correct the expectation, or set its severity to warn",
            )
        if finding.check.severity == "stop" and finding.outcome == "failed":
            raise DataError(
                f"{finding.check.name}: {_extent(finding)}: {finding.check.reason}",
                allowed="none (the severity of this check is stop)",
                do="correct the source, or set the check's severity to warn in validate.severities",
            )


def _extent(finding: Finding) -> str:
    if finding.failing:
        return f"{finding.failing:,} rows of {finding.check.table} fail"
    return f"{finding.check.table} fails" + ("" if finding.observed is None else f" with {finding.observed}")


def _refuse_too_many(parted: Parted, limit: float) -> None:
    if parted.quarantined <= limit * parted.rows:
        return
    most = "; ".join(f"{words} ({rows:,})" for words, rows in list(parted.reasons.items())[:3])
    raise DataError(
        f"{parted.quarantined:,} of {parted.rows:,} rows of {parted.table} "
        f"({parted.quarantined / parted.rows:.1%}) cannot be used: {most}",
        allowed=f"at most {limit:.0%} (validate.quarantine_limit)",
        do=f"look at them with 'churnlab quarantine show {parted.table}', correct the source or its mapping, "
        "or raise the limit if the rest is enough",
    )


def _refuse_too_few(parted: Parted, minimum: int) -> None:
    if parted.accepted < minimum:
        raise DataError(
            f"{parted.table} has {parted.accepted:,} usable rows",
            allowed=f"at least {minimum:,} (validate.minimum_rows)",
            do="check the source and the mapping",
        )


def _refuse_unbalanced(parted: Parted, readable: int) -> None:
    if not parted.balances or readable != parted.accepted:
        raise DataError(
            f"The account of {parted.table} does not balance: {parted}, {readable:,} rows to read",
            do="report this as a fault",
        )


def _said(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.check.name,
        "table": finding.check.table,
        "expectation": finding.check.expectation,
        "severity": finding.check.severity,
        "outcome": finding.outcome,
        "failing": finding.failing,
        "share": round(finding.share, 6),
        "observed": finding.observed,
        "examples": [str(example) for example in finding.examples],
        "reason": finding.problem if finding.outcome == "crashed" else finding.check.reason,
    }


def _span(connection: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> tuple[str | None, str | None]:
    """First and last fact; a term signed ahead counts from when it was known."""
    dated = [table for table in tables if table in TABLES]
    events = [table for table in dated if table != CUSTOMERS.name] or dated
    spans: list[tuple[datetime, datetime]] = []
    for table in events:
        happened = identifier(TABLES[table].happened_at)
        ends = f"min({happened}), max(least({happened}, known_at))"
        spans += accepted(connection, table).aggregate(ends).fetchall()
    if not spans:
        return None, None
    return min(first for first, _ in spans).isoformat(), max(last for _, last in spans).isoformat()
