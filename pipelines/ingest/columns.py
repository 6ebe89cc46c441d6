"""Columns read side by side: beside each value why it could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from features.tables import Column
from pipelines.ingest.mapping import Reading
from pipelines.ingest.reading import Convention, Family, Kind, cleaned, family_of, mapped, reason, settled, value
from pipelines.ingest.sql import identifier, text_literal

_ID_COLUMNS = ("renewal_of",)
_KINDS: dict[str, Kind] = {"float64": "number", "int64": "integer", "boolean": "boolean", "timestamp": "time"}


@dataclass(frozen=True)
class Reader:
    """One column to read.

    Parameters
    ----------
    name
        Its name afterwards.
    origin
        SQL over the source's columns.
    kind
        What it becomes.
    convention
        How its text is written.
    required
        Whether a missing value makes the row unreadable.
    lenient
        Whether an unreadable value is left empty instead of setting the row aside.
    value_map
        Values replaced before reading.
    factor
        SQL of a number to multiply by.
    because
        Why a value may be unreadable, where it is not the usual reason of the kind.
    """

    name: str
    origin: str
    kind: Kind
    convention: Convention
    required: bool = False
    lenient: bool = False
    value_map: dict[str, str | None] = field(default_factory=dict)
    factor: str = ""
    because: str = ""

    @property
    def given(self) -> str:
        """Quoted name of the column with the cell as it was."""
        return identifier(f"given:{self.name}")

    @property
    def out(self) -> str:
        """Quoted name of the column with the value."""
        return identifier(f"value:{self.name}")

    @property
    def why(self) -> str:
        """Quoted name of the column that says why the cell could not be read."""
        return identifier(f"why:{self.name}")


def kind_of(column: Column) -> Kind:
    """How a canonical column is read: texts that name another row are identifiers."""
    if column.type == "string":
        return "id" if column.name.endswith("_id") or column.name in _ID_COLUMNS else "text"
    return _KINDS[column.type]


def convention_of(source: Reading) -> Convention:
    """How a source writes its values."""
    return Convention(
        null_values=tuple(source.null_values),
        timezone=source.timezone,
        decimal=source.decimal,
        thousands=source.thousands,
        date_formats=tuple(source.date_format or ()),
        trim=source.trim,
        currency=source.currency,
    )


def read_columns(relation: duckdb.DuckDBPyRelation, readers: Sequence[Reader]) -> duckdb.DuckDBPyRelation:
    """Add three columns for each reader: the cell, its value, and why it could not be read.

    Parameters
    ----------
    relation
        Rows of a source.
    readers
        What to read; their origins must bind.
    """
    with_cells = relation.project(", ".join(["*", *(f"{each.origin} AS {each.given}" for each in readers)]))
    types = dict(zip(with_cells.columns, map(str, with_cells.types), strict=True))
    cells, values = [], []
    for each in readers:
        cell, family = _cell(each, family_of(types[f"given:{each.name}"]))
        cells.append(f"{cell} AS {each.given}")
        values.append(f"{value(each.given, family, each.kind, each.convention, each.factor)} AS {each.out}")
    return (
        with_cells.project(f"* REPLACE ({', '.join(cells)})")
        .project(", ".join(["*", *values]))
        .project(f"* REPLACE ({', '.join(f'{settled(each.out, each.kind)} AS {each.out}' for each in readers)})")
        .project(", ".join(["*", *(_why(each) for each in readers)]))
    )


def acceptable(readers: Sequence[Reader]) -> str:
    """Write the SQL condition that every value of the row that matters could be read."""
    return " AND ".join(f"{each.why} IS NULL" for each in readers if not each.lenient or each.required) or "TRUE"


def _cell(reader: Reader, family: Family) -> tuple[str, Family]:
    return mapped(cleaned(reader.given, family, reader.kind, reader.convention), family, reader.value_map)


def _why(reader: Reader) -> str:
    because = text_literal(reader.because or reason(reader.kind, reader.convention))
    missing = f"WHEN {reader.out} IS NULL THEN 'missing'" if reader.required else ""
    return f"CASE WHEN {reader.out} IS NULL AND {reader.given} IS NOT NULL THEN {because} {missing} END AS {reader.why}"
