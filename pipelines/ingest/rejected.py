"""The table of values that could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from pipelines.errors import DataError
from pipelines.ingest.columns import Reader
from pipelines.ingest.ledger import Ledger
from pipelines.ingest.sql import text_literal
from pipelines.ingest.staging import Staging, Unsplit

_SCHEMA = pa.schema(
    [
        ("table", pa.string()),
        ("source", pa.string()),
        ("row_number", pa.int64()),
        ("column", pa.string()),
        ("value_shown", pa.string()),
        ("reason", pa.string()),
    ]
)
_SHOWN_LETTERS = 60
_EXAMPLES = 3


@dataclass(frozen=True)
class Rejected:
    """The staged table of rejected values.

    Parameters
    ----------
    staging
        Where it stands.
    name
        Its qualified name.
    """

    staging: Staging
    name: str

    @classmethod
    def begin(cls, staging: Staging) -> Rejected:
        """Create an empty one."""
        name = staging.new_name()
        staging.connection.from_arrow(_SCHEMA.empty_table()).create(name)
        return cls(staging, name)

    def add_lines(self, table: str, source: str, lines: Sequence[Unsplit]) -> None:
        """Add lines that could not be split; their row number is the line in the file."""
        rows = [(table, source, each.line, None, _shortened(each.text), f"line: {each.reason}") for each in lines]
        if rows:
            found = pa.Table.from_pylist([dict(zip(_SCHEMA.names, row, strict=True)) for row in rows], schema=_SCHEMA)
            self.staging.connection.from_arrow(found).insert_into(self.name)

    def add_values(self, table: str, source: str, relation: duckdb.DuckDBPyRelation, readers: Sequence[Reader]) -> None:
        """Add every value of these rows that could not be read."""
        wanted = " OR ".join(f"{each.why} IS NOT NULL" for each in readers)
        columns = ["source_row", *(name for each in readers for name in (each.given, each.why))]
        kept = self.staging.new_name()
        relation.filter(wanted).project(", ".join(columns)).create(kept)
        place = f"{text_literal(table)}, {text_literal(source)}, source_row"
        for each in readers:
            shown = f"left(CAST({each.given} AS VARCHAR), {_SHOWN_LETTERS})"
            rows = self.staging.connection.table(kept).filter(f"{each.why} IS NOT NULL")
            rows.project(f"{place}, {text_literal(each.name)}, {shown}, {each.why}").insert_into(self.name)
        self.staging.drop(kept)

    def check(self, ledger: Ledger, limit: float) -> None:
        """Stop the load when too many rows could not be read.

        Raises
        ------
        DataError
            With up to three examples.
        """
        judged = ledger.read - ledger.dropped - ledger.duplicates
        if ledger.rejected <= limit * judged:
            return
        raise DataError(
            f"{ledger.rejected:,} of {judged:,} rows of {ledger.source} for {ledger.table} cannot be read "
            f"({ledger.rejected / judged:.1%}): {self._examples(ledger)}",
            allowed=f"at most {limit:.0%} (reject_limit)",
            do="correct date_format, decimal, null_values or types in the mapping, or the file",
        )

    def _examples(self, ledger: Ledger) -> str:
        here = f'"table" = {text_literal(ledger.table)} AND source = {text_literal(ledger.source)}'
        found = self.staging.connection.table(self.name).filter(here).order("row_number").limit(_EXAMPLES)
        rows = found.project('row_number, "column", value_shown, reason').fetchall()
        return "; ".join(_example(*row) for row in rows)


def count_unreadable(relation: duckdb.DuckDBPyRelation, readers: Sequence[Reader]) -> int:
    """Count the values of these rows that could not be read."""
    found = relation.aggregate(" + ".join(f"count({each.why})" for each in readers)).fetchone()
    return int(found[0]) if found else 0


def _example(row: int, column: str | None, value: str | None, reason: str) -> str:
    if column is None:
        return f"line {row} '{value}': {reason.removeprefix('line: ')}"
    return f"row {row} {column} {f'{value!r} ' if value is not None else ''}is {reason}"


def _shortened(text: str) -> str:
    return text[:_SHOWN_LETTERS]
