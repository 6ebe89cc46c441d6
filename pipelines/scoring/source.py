"""The signals of everyone who is scored: a table of the warehouse, read in batches of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.warehouse.sql import identifier

VECTOR = 2_048
"""Rows that DuckDB reads at once."""
BATCH_CELLS = 6_250_000
"""Values read at a time: 50 MB of doubles; two batches are under way."""
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

    def stream(self, columns: Sequence[str], beside: str | None = None) -> Iterator[tuple[Batch, Any]]:
        """Read customers and signals in the order of the rows, a batch that fits memory at a time.

        One pass over the table, which costs half as much as asking for each batch by itself. The connection can do
        nothing else until it ends.

        Parameters
        ----------
        columns
            Signals.
        beside
            Name of a table whose rows belong to the same customers in the same order; its columns are read too.

        Yields
        ------
        tuple of Batch and Arrow record batch
            ``customer_id``, the signals, numbers as doubles, and the columns beside.
        """
        rows = max(BATCH_CELLS // max(len(columns), 1) // VECTOR, 1) * VECTOR
        names = ", ".join(f"{self.as_number(column)} AS {identifier(column)}" for column in columns)
        others, table = ("", "") if beside is None else (", beside.*", f" POSITIONAL JOIN {identifier(beside)} beside")
        query = f"SELECT {identifier(CUSTOMER)}::VARCHAR AS customer_id, {names}{others} "
        reader = self.connection.execute(f"{query} FROM {identifier(self.name)}{table}").to_arrow_reader(rows)
        start = 0
        for number, found in enumerate(reader, start=1):
            yield Batch(number, start, found.num_rows), found
            start += found.num_rows
