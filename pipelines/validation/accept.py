"""From loaded tables to accepted ones: run the checks, set rows aside, stop where the data may not be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from features.tables import CUSTOMERS, TABLES
from pipelines.errors import DataError
from pipelines.validation import suite
from pipelines.validation.check import Check, Severity
from pipelines.validation.cross import cross_checks, remember_customers
from pipelines.validation.flat import FLAT, flat_checks
from pipelines.validation.generate import checks_of
from pipelines.validation.quoting import name, sql
from pipelines.validation.set_aside import (
    ACCEPTED,
    QUARANTINE,
    Parted,
    account,
    flag,
    flagged,
    write_accepted,
    write_quarantine,
)
from pipelines.validation.suite import Finding


@dataclass(frozen=True)
class Limits:
    """What is checked and what is tolerated.

    Parameters
    ----------
    earliest, latest
        Facts outside are taken for mistakes.
    orphans
        What happens to rows of customers that the table customers does not have.
    quarantine_limit
        Largest share of a table that may be set aside.
    minimum_rows
        Usable rows that a table must have at least.
    """

    earliest: datetime
    latest: datetime
    orphans: Severity
    quarantine_limit: float
    minimum_rows: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Checked:
    """One table after its checks: findings, account, and the suite's result in Great Expectations' words."""

    parted: Parted
    findings: list[Finding]
    document: dict[str, Any]


def check(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    tables: Sequence[str],
    limits: Limits,
    progress: Callable[[str], None],
) -> list[Checked]:
    """Check the loaded tables and write down which rows cannot be used; the accepted tables stay as they are.

    Returns
    -------
    list of Checked
        One a table, customers first.
    """
    connection.execute(sql("DROP SCHEMA IF EXISTS", name(QUARANTINE), "CASCADE"))
    connection.execute(sql("CREATE SCHEMA", name(QUARANTINE)))
    checked = []
    for table in sorted(tables, key=lambda each: (each != CUSTOMERS.name, each)):
        progress(f"checking {table}")
        checked.append(_check_table(connection, schema, table, tables, limits))
        if table == CUSTOMERS.name:
            remember_customers(connection, schema, tables, flagged(table))
    return checked


def accept(connection: duckdb.DuckDBPyConnection, schema: str, checked: Sequence[Checked], limits: Limits) -> None:
    """Replace the accepted tables by the usable rows, in one transaction.

    Raises
    ------
    DataError
        If a check that stops has failed or crashed, too much of a table is set aside, or too few rows are left; the
        accepted tables are then as they were.
    """
    for each in checked:
        _refuse_stopped(each.findings)
        _refuse_too_many(each.parted, limits.quarantine_limit)
        _refuse_too_few(each.parted, limits.minimum_rows.get(each.parted.table, 0))
    connection.begin()
    try:
        connection.execute(sql("DROP SCHEMA IF EXISTS", name(ACCEPTED), "CASCADE"))
        connection.execute(sql("CREATE SCHEMA", name(ACCEPTED)))
        for each in checked:
            _refuse_unbalanced(each.parted, write_accepted(connection, schema, each.parted.table))
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def record(connection: duckdb.DuckDBPyConnection, checked: Sequence[Checked]) -> dict[str, Any]:
    """Say which tables later stages may read, and what was found."""
    kept = {each.parted.table: each.parted.accepted for each in checked if each.parted.accepted}
    first, last = _span(connection, list(kept))
    return {
        "schema": ACCEPTED,
        "tables": list(kept),
        "rows": kept,
        "first": first,
        "last": last,
        "flat": any(each.parted.table == FLAT for each in checked),
        "checks": [_said(finding) for each in checked for finding in each.findings],
        "quarantined": {each.parted.table: each.parted.quarantined for each in checked},
        "reasons": {each.parted.table: each.parted.reasons for each in checked if each.parted.reasons},
    }


def _check_table(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, tables: Sequence[str], limits: Limits
) -> Checked:
    checks = _checks_of(connection, schema, table, tables, limits)
    findings, document = suite.run(connection, schema, table, checks)
    aside = [each.check for each in findings if each.outcome == "failed" and each.check.severity == "quarantine"]
    flag(connection, schema, table, aside)
    parted = account(connection, schema, table)
    if parted.quarantined:
        write_quarantine(connection, schema, table)
    return Checked(parted, findings, document)


def _checks_of(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, tables: Sequence[str], limits: Limits
) -> list[Check]:
    relation = connection.table(f"{schema}.{table}")
    if table == FLAT:
        return flat_checks(dict(zip(relation.columns, map(str, relation.types), strict=True)))
    checks = checks_of(TABLES[table], relation.columns, limits.earliest, limits.latest)
    return checks + cross_checks(schema, table, tables, limits.orphans)


def _refuse_stopped(findings: Sequence[Finding]) -> None:
    for finding in findings:
        if finding.check.severity == "stop" and finding.outcome == "crashed":
            raise DataError(
                f"The check {finding.check.name} could not be run: {finding.problem}",
                do="correct the expectation, or set its severity to warn",
            )
        if finding.check.severity == "stop" and finding.outcome == "failed":
            raise DataError(
                f"{_extent(finding)} of {finding.check.table} fail {finding.check.name}: {finding.check.reason}",
                allowed="none (the severity of the check is stop)",
                do="correct the source, or set the check's severity to quarantine or warn",
            )


def _extent(finding: Finding) -> str:
    return f"{finding.failing:,} rows" if finding.failing else f"The values (observed: {finding.observed})"


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


def _refuse_unbalanced(parted: Parted, written: int) -> None:
    if not parted.balances or written != parted.accepted:
        raise DataError(
            f"The account of {parted.table} does not balance: {parted}, {written:,} rows written",
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
        happened = name(TABLES[table].happened_at)
        ends = f"min({happened}), max(least({happened}, known_at))"
        spans += connection.table(f"{ACCEPTED}.{table}").aggregate(ends).fetchall()
    if not spans:
        return None, None
    return min(first for first, _ in spans).isoformat(), max(last for _, last in spans).isoformat()
