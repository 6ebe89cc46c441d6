"""What the values of a source say about its columns, measured with the very code that later reads them."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipelines.ingest.reading import WORDS_FOR_FALSE, WORDS_FOR_TRUE, Convention, Family, cleaned, family_of
from pipelines.ingest.sql import identifier
from pipelines.ingest.staging import Staged, Staging, count_rows
from pipelines.propose.dates import Dates, detect_dates
from pipelines.propose.numbers import Marks, detect_marks
from pipelines.propose.places import Place

_SAMPLE_ROWS = 5_000
_MOST_VALUES = 30
_ENOUGH = 0.9
_NUMBERS = ("integer", "decimal", "float")


@dataclass(frozen=True)
class Evidence:
    """One source column.

    Parameters
    ----------
    name
        As in the source.
    family
        Its type.
    filled
        Rows with a value.
    distinct
        Different values, about.
    number_share
        Part of the values that reads as a number.
    dates
        How it writes times; ``None`` where it holds none.
    values
        The values where they are few, most frequent first.
    """

    name: str
    family: Family
    filled: int
    distinct: int
    number_share: float
    dates: Dates | None
    values: tuple[str, ...]

    @property
    def is_number(self) -> bool:
        """Whether nine in ten values read as numbers."""
        return self.number_share >= _ENOUGH

    @property
    def is_flag(self) -> bool:
        """Whether every value means yes or no."""
        spelled = {*WORDS_FOR_TRUE, *WORDS_FOR_FALSE}
        return self.family == "boolean" or (bool(self.values) and {each.lower() for each in self.values} <= spelled)


@dataclass(frozen=True)
class Looked:
    """A source that was looked at.

    Parameters
    ----------
    place
        Where it is.
    rows
        How many there are.
    columns
        Evidence by name, in the source's order.
    marks
        How it writes numbers.
    table
        Its staged rows, for further questions.
    """

    place: Place
    rows: int
    columns: dict[str, Evidence]
    marks: Marks
    table: duckdb.DuckDBPyRelation

    def one(self, aggregate: str) -> float:
        """Value of an SQL aggregate over all rows."""
        found = self.table.aggregate(aggregate).fetchone()
        return float(found[0] or 0) if found else 0.0

    def is_unique(self, *names: str) -> bool:
        """Whether no two rows agree in these columns, exactly."""
        filled = self.table.filter(" AND ".join(f"{identifier(name)} IS NOT NULL" for name in names))
        different = filled.project(", ".join(map(identifier, names))).distinct()
        return count_rows(filled) == count_rows(different) > 0


def look(place: Place, staged: Staged, staging: Staging) -> Looked:
    """Measure every column of a staged source.

    Parameters
    ----------
    place
        Where it came from.
    staged
        Its rows.
    staging
        Where a sample stands for a while.
    """
    table = staging.connection.table(staged.table)
    families = {name: family_of(kind) for name, kind in staged.types.items()}
    sample = _sample(table, staged.rows, staging)
    marks = detect_marks(sample, [name for name, family in families.items() if family == "text"])
    counts = _counts(table, families)
    columns = {
        name: Evidence(
            name,
            family,
            *counts[name],
            number_share=1.0 if family in _NUMBERS else (marks.shares or {}).get(name, 0.0),
            dates=detect_dates(sample, name, family),
            values=_values(table, name, family) if counts[name][1] <= _MOST_VALUES else (),
        )
        for name, family in families.items()
    }
    return Looked(place, staged.rows, columns, marks, table)


def _sample(table: duckdb.DuckDBPyRelation, rows: int, staging: Staging) -> duckdb.DuckDBPyRelation:
    """Take rows spread evenly over the source."""
    step = max(-(-rows // _SAMPLE_ROWS), 1)
    name = staging.new_name()
    table.filter(f"rowid % {step} = 0").create(name)
    return staging.connection.table(name)


def _counts(table: duckdb.DuckDBPyRelation, families: dict[str, Family]) -> dict[str, tuple[int, int]]:
    aggregates = []
    for name, family in families.items():
        cell = f"({cleaned(identifier(name), family, 'text', Convention())})"
        aggregates += [f"count({cell})", f"approx_count_distinct({cell})"]
    row = table.aggregate(", ".join(aggregates)).fetchone() or ()
    return {name: (row[2 * place], row[2 * place + 1]) for place, name in enumerate(families)}


def _values(table: duckdb.DuckDBPyRelation, name: str, family: Family) -> tuple[str, ...]:
    cell = cleaned(identifier(name), family, "text", Convention())
    texts = table.project(f"CAST({cell} AS VARCHAR) AS value").filter("value IS NOT NULL")
    found = texts.aggregate("value, count(*) AS rows", "value").order("rows DESC, value").limit(_MOST_VALUES)
    return tuple(str(value) for value, _ in found.fetchall())
