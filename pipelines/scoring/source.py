"""The signals of everyone who is scored: a table of the warehouse, read in batches of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.warehouse.sql import identifier

ROW_GROUP = 122_880
"""Rows that DuckDB keeps together; a batch of whole groups reads nothing twice."""
VECTOR = 2_048
"""Rows that DuckDB reads at once."""
BATCH_CELLS = 12_500_000
"""Values read at a time: 100 MB of doubles; two batches are under way."""
NUMBERS = (
    *("BOOLEAN", "DECIMAL", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
)
"""How types of numbers and flags begin, beside DOUBLE."""
CUSTOMER = "customer_id"


@dataclass(frozen=True)
class Batch:
    """Rows from `start` on, `rows` of them, and the number of the batch from 1."""

    number: int
    start: int
    rows: int

    def __str__(self) -> str:
        return f"batch {self.number} (customers {self.start + 1:,} to {self.start + self.rows:,})"


@dataclass(frozen=True)
class Source:
    """A table with one row a customer: ``customer_id`` and signals.

    Parameters
    ----------
    connection
        DuckDB connection that knows the table.
    name
        Name of the table.
    kinds
        Column to type in DuckDB.
    rows
        Number of its rows.
    """

    connection: Any
    name: str
    kinds: dict[str, str]
    rows: int

    @classmethod
    def of(cls, connection: Any, name: str) -> Source:
        """Describe a table of the connection."""
        described = connection.execute(f"DESCRIBE {identifier(name)}").fetchall()
        rows = connection.execute(f"SELECT count(*) FROM {identifier(name)}").fetchone()[0]
        return cls(connection, name, {column: kind for column, kind, *_ in described}, int(rows))

    def is_number(self, column: str) -> bool:
        """Whether a column holds numbers or flags."""
        return self.kinds[column] == "DOUBLE" or self.kinds[column].startswith(NUMBERS)

    def as_number(self, column: str) -> str:
        """Write a column as a double where it holds numbers or flags."""
        name = identifier(column)
        return f"{name}::DOUBLE" if self.is_number(column) and self.kinds[column] != "DOUBLE" else name

    def batches(self, columns: int) -> Iterator[Batch]:
        """Divide the rows so that `columns` values a row fit a batch."""
        fitting = max(BATCH_CELLS // max(columns, 1), VECTOR)
        whole = ROW_GROUP if fitting >= ROW_GROUP else VECTOR
        size = fitting // whole * whole
        for number, start in enumerate(range(0, self.rows, size), start=1):
            yield Batch(number, start, min(size, self.rows - start))

    def read(self, batch: Batch, columns: Sequence[str], beside: str | None = None) -> Any:
        """Read customers and signals as an Arrow table, numbers as doubles, in the order of the rows.

        Parameters
        ----------
        batch
            Which rows.
        columns
            Signals.
        beside
            Name of a table whose rows belong to the same customers in the same order; its columns are read too.
        """
        names = ", ".join(f"{self.as_number(column)} AS {identifier(column)}" for column in columns)
        found = self._rows(f"{identifier(CUSTOMER)}::VARCHAR AS customer_id, {names}", self.name, batch)
        if beside is not None:
            for column in (other := self._rows("*", beside, batch)).column_names:
                found = found.append_column(column, other.column(column))
        return found

    def _rows(self, columns: str, table: str, batch: Batch) -> Any:
        until = batch.start + batch.rows
        query = f"SELECT {columns} FROM {identifier(table)} WHERE rowid >= {batch.start:d} AND rowid < {until:d}"
        return self.connection.execute(query).to_arrow_table()
