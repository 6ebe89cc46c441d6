"""Runs every check on the loaded tables and writes down which rows cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from features.tables import CUSTOMERS, TABLES
from pipelines.errors import ConfigError
from pipelines.validation import schema as shape
from pipelines.validation import suite
from pipelines.validation.check import configured
from pipelines.validation.compare import load_checks, row_checks
from pipelines.validation.cross import remember_customers, settle_derived_customers
from pipelines.validation.profile import profile
from pipelines.validation.release import drop_released
from pipelines.validation.rules import Rules, checks_for
from pipelines.validation.set_aside import QUARANTINE, Parted, account, close_accepted, flag, usable, write_quarantine
from pipelines.validation.suite import Finding
from pipelines.validation.time_checks import freshness, last_week
from pipelines.warehouse.sql import identifier, literal, statement

LEAST_NEW_ROWS = 500

Profiles = Mapping[str, dict[str, Any]]


@dataclass(frozen=True)
class Checked:
    """The tables of a load after their checks.

    Parameters
    ----------
    parted
        Account of each table, customers first.
    findings
        What became of each check.
    profiles
        How each table's usable rows look.
    documents
        Results of the suites in Great Expectations' words.
    """

    parted: list[Parted]
    findings: list[Finding]
    profiles: dict[str, dict[str, Any]]
    documents: list[dict[str, Any]]


def inspect(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    tables: Sequence[str],
    rules: Rules,
    before: Profiles,
    progress: Callable[[str], None],
) -> Checked:
    """Check the loaded tables; the accepted tables cannot be read until `pipelines.validation.accept.accept`.

    Parameters
    ----------
    connection
        The warehouse.
    schema, tables
        The loaded tables.
    rules
        What is checked.
    before
        Profiles of the last accepted load; empty if there is none.
    progress
        Told what is being done.

    Raises
    ------
    ConfigError
        If an expectation of the user's cannot be run.
    """
    _refuse_missing(rules, tables)
    for table in tables:
        close_accepted(connection, schema, table)
    connection.execute(statement("DROP SCHEMA IF EXISTS", identifier(QUARANTINE), "CASCADE"))
    connection.execute(statement("CREATE SCHEMA", identifier(QUARANTINE)))
    if rules.customers_derived:
        settle_derived_customers(connection, schema, tables, (rules.earliest, rules.latest))
    checked = Checked([], [], {}, [])
    for table in sorted(tables, key=lambda each: (each != CUSTOMERS.name, each)):
        progress(f"checking {table}")
        _rows(connection, schema, table, tables, rules, checked)
        rows = usable(connection, schema, table)
        checked.profiles[table] = profile(connection, table, rows)
        if table == CUSTOMERS.name:
            remember_customers(connection, schema, tables, rows)
    _over_time(connection, schema, rules, before, checked, progress)
    return checked


def _rows(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    tables: Sequence[str],
    rules: Rules,
    checked: Checked,
) -> None:
    """Check a table by itself and against the others, and set rows aside."""
    findings, document = suite.run(connection, schema, table, checks_for(connection, schema, table, tables, rules))
    aside = [each.check for each in findings if each.outcome == "failed" and each.check.severity == "quarantine"]
    flag(connection, schema, table, aside)
    drop_released(connection, schema, table)
    parted = account(connection, schema, table)
    if parted.quarantined:
        write_quarantine(connection, schema, table)
    checked.parted.append(parted)
    checked.findings.extend(findings)
    checked.documents.append(document)


def _over_time(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    rules: Rules,
    before: Profiles,
    checked: Checked,
    progress: Callable[[str], None],
) -> None:
    """Hold the load against the calendar and against the last accepted load."""
    now = {table: looked for table, looked in checked.profiles.items() if looked["rows"]}
    if before:
        checked.findings.extend(_with_severity(shape.changes(before, now), rules))
    ends = [datetime.fromisoformat(looked["last"]) for looked in now.values() if looked["last"]]
    for table in now:
        progress(f"checking {table} over time")
        checks = [freshness(table, rules.fresh_days[table], rules.now)] if table in rules.fresh_days else []
        if table in TABLES and table != CUSTOMERS.name:
            checks.append(last_week(table, max(ends), rules.shift.volume_share))
        if table in before:
            checks += load_checks(table, before[table], rules.shift)
        _run(connection, schema, table, configured(checks, rules.severities), "TRUE", checked)
        if table in before and (rows := _new_rows(connection, schema, table, before[table])):
            checks = [check for check in row_checks(table, before[table], rules.shift) if _there(check, now[table])]
            _run(connection, schema, table, configured(checks, rules.severities), rows, checked)


def _run(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, checks: Sequence[Any], rows: str, checked: Checked
) -> None:
    if checks:
        findings, document = suite.run(connection, schema, table, checks, rows)
        checked.findings.extend(findings)
        checked.documents.append(document)


def _new_rows(connection: duckdb.DuckDBPyConnection, schema: str, table: str, before: dict[str, Any]) -> str:
    """Write the condition of the rows to hold against the last load: the new facts, or all where rows have no time."""
    if table not in TABLES or table == CUSTOMERS.name or not before["last"]:
        return "TRUE"
    rows = f"{identifier(TABLES[table].happened_at)} > {literal(datetime.fromisoformat(before['last']))}"
    found = connection.table(f"{schema}.{table}").filter(rows).aggregate("count(*)").fetchall()[0][0]
    return rows if found >= LEAST_NEW_ROWS else ""


def _there(check: Any, now: dict[str, Any]) -> bool:
    """Whether a check's column still is of use; what is gone is said once, as gone."""
    looked = now["columns"].get(check.arguments["column"])
    return looked is not None and looked["missing"] < 1


def _with_severity(findings: Sequence[Finding], rules: Rules) -> Iterator[Finding]:
    for finding in findings:
        for check in configured([finding.check], rules.severities):
            yield Finding(check, finding.outcome)


def _refuse_missing(rules: Rules, tables: Sequence[str]) -> None:
    for table in rules.own:
        if table not in tables:
            raise ConfigError(
                f"validate.expectations are about {table}, which the data do not bring",
                allowed=", ".join(sorted(tables)),
                do="map the table, or take its expectations out",
            )
