"""What is checked and what is tolerated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb

from features.tables import TABLES
from pipelines.validation.check import Check, Severity, configured
from pipelines.validation.compare import Shift
from pipelines.validation.cross import cross_checks
from pipelines.validation.flat import FLAT, flat_checks
from pipelines.validation.generate import checks_of
from pipelines.validation.own import Own, own_checks


@dataclass(frozen=True)
class Rules:
    """The rules of a project.

    Parameters
    ----------
    now
        The present, UTC; facts later than a day from it are taken for mistakes.
    earliest
        So are facts before this.
    orphans
        What happens to rows of customers that the table customers does not have.
    quarantine_limit
        Largest share of a table that may be set aside.
    minimum_rows
        Usable rows that a table must have at least.
    severities
        Pattern of a check's name to severity, or ``off``.
    own
        Table to the user's own expectations.
    fresh_days
        Table to days within which there must be a new fact.
    customers_derived
        Whether the customers were derived from their facts, because no source has them.
    shift
        How much a load may differ from the last accepted one before it is said.
    """

    now: datetime
    earliest: datetime
    orphans: Severity
    quarantine_limit: float
    shift: Shift
    minimum_rows: Mapping[str, int] = field(default_factory=dict)
    severities: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, list[Own]] = field(default_factory=dict)
    fresh_days: Mapping[str, int] = field(default_factory=dict)
    customers_derived: bool = False

    @property
    def latest(self) -> datetime:
        """End of tomorrow, because clocks and time zones differ."""
        return self.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)


def checks_for(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str, tables: Sequence[str], rules: Rules
) -> list[Check]:
    """Give the checks of a loaded table: generated, against the other tables, and the user's own.

    Raises
    ------
    ConfigError
        If an expectation of the user's cannot be run.
    """
    relation = connection.table(f"{schema}.{table}")
    if table == FLAT:
        checks = flat_checks(dict(zip(relation.columns, map(str, relation.types), strict=True)))
    else:
        checks = checks_of(TABLES[table], relation.columns, rules.earliest, rules.latest)
        checks += cross_checks(schema, table, tables, rules.orphans)
    return configured(checks, rules.severities) + own_checks(table, rules.own.get(table, []))
