"""What a destination holds: the tables of scores as versions of a schema that only grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipelines.warehouse.scores import TABLES, ScoreTable

INSTANT = ("as_of", "model_version")
"""What is brought as one: everything that one version of the model said at one instant."""
RUN = ("run_id",)
SCORES, RUNS = "churn_scores", "score_runs"
MOST_CHARACTERS = {"customer_id": 500}
MOST_CHARACTERS_OF_A_KEY = 128
"""With these a key of four-byte characters fits into an index of PostgreSQL (2,704 bytes) and of MySQL (3,072)."""
MOST_CHARACTERS_OF_A_TEXT = 8_000
"""With it a text of four-byte characters fits into MySQL's TEXT (65,535 bytes)."""


@dataclass(frozen=True)
class Migration:
    """A version of the schema: the columns that it adds, to tables that are there or not yet.

    Parameters
    ----------
    version
        From 1, without gaps.
    name
        What it brings.
    columns
        Table to the names of the columns added, in their order, separated by blanks.
    """

    version: int
    name: str
    columns: Mapping[str, str]


MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        1,
        "scores, reasons, moves, levers, coverage and runs",
        {
            "churn_scores": "customer_id as_of horizon_days model_version probability probability_low probability_high "
            "band rank valid_until run_id value value_at_risk",
            "churn_reasons": "customer_id as_of horizon_days model_version position signal value usual contribution "
            "sentence_en sentence_zh",
            "churn_moves": "customer_id as_of horizon_days model_version position previous_as_of "
            "previous_model_version probability_before probability_after signal value_before value change from_data "
            "from_time from_model sentence_en sentence_zh",
            "churn_levers": "customer_id as_of horizon_days model_version position lever signal value target "
            "probability_then change similar_customers sentence_en sentence_zh",
            "score_coverage": "run_id outcome reason customers",
            "score_runs": "run_id as_of model_name model_version eligible scored excluded failed status started_at "
            "finished_at",
        },
    ),
)
"""Kept for good: a column that the warehouse gains is one more version here, and no version is ever changed."""


@dataclass(frozen=True)
class Table:
    """A table as a destination holds it.

    Parameters
    ----------
    name
        Its name.
    columns
        Column to the warehouse's type.
    key
        Columns of the primary key, those of the scope first: a range of rows of one scope is a range of the key.
    scope
        Columns that say to which instant, or to which run, a row belongs.
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    scope: tuple[str, ...]

    @cached_property
    def ordered_by(self) -> tuple[str, ...]:
        """Columns of the key that tell the rows of one scope from each other."""
        return tuple(name for name in self.key if name not in self.scope)

    @cached_property
    def values(self) -> tuple[str, ...]:
        """Columns that may change."""
        return tuple(name for name in self.columns if name not in self.key)

    def most_characters(self, column: str) -> int:
        """Give how long a text of a column may be."""
        if column not in self.key:
            return MOST_CHARACTERS_OF_A_TEXT
        return MOST_CHARACTERS.get(column, MOST_CHARACTERS_OF_A_KEY)


def tables(migrations: Sequence[Migration] = MIGRATIONS) -> tuple[Table, ...]:
    """Give the tables that a destination has after some migrations; the runs come last, for they make rows visible."""
    return tuple(_table(declared, migrations) for declared in TABLES if _columns(declared.name, migrations))


def scores_and_runs(migrations: Sequence[Migration] = MIGRATIONS) -> tuple[Table, Table]:
    """Give the two tables that make the view of current scores."""
    by_name = {table.name: table for table in tables(migrations)}
    return by_name[SCORES], by_name[RUNS]


def _columns(table: str, migrations: Sequence[Migration]) -> list[str]:
    return [name for migration in migrations for name in migration.columns.get(table, "").split()]


def _table(declared: ScoreTable, migrations: Sequence[Migration]) -> Table:
    names = _columns(declared.name, migrations)
    scope = INSTANT if set(INSTANT) <= set(declared.columns) else RUN
    leading = tuple(name for name in scope if name in declared.key)
    rest = tuple(name for name in declared.key if name not in scope)
    return Table(declared.name, {name: declared.columns[name] for name in names}, leading + rest, scope)
