"""A temporary DuckDB file beside the warehouse in which sources are unpacked before anything is replaced."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipelines.errors import DataError
from pipelines.ingest.sql import first_line, identifier, text_literal
from pipelines.warehouse.duckdb_file import folder_of

_ALIAS = "ingest_staging"
_PREFIX = ".ingest-"


@dataclass(frozen=True)
class Unsplit:
    """A line of a delimited file that could not be split into columns."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True)
class Staged:
    """A source's rows as they stand there, in their order.

    Parameters
    ----------
    table
        Qualified name of the staged table.
    types
        Source column to DuckDB type.
    rows
        Number of rows in the table.
    unsplit
        Lines that are not in the table because they could not be split.
    notes
        What a reader of the ledger should know.
    """

    table: str
    types: dict[str, str]
    rows: int
    unsplit: tuple[Unsplit, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class Staging:
    """Where to put rows for a while.

    Parameters
    ----------
    connection
        The warehouse, with the temporary file attached.
    folder
        A temporary folder, removed at the end.
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path
    _made: int = field(default=0)

    def new_name(self) -> str:
        """Qualified name for one more table."""
        self._made += 1
        return f"{_ALIAS}.stage_{self._made}"

    def new_file(self, suffix: str) -> Path:
        """Path for one more temporary file."""
        self._made += 1
        return self.folder / f"file_{self._made}{suffix}"

    def has(self, table: str) -> bool:
        """Whether a staged table exists."""
        found = self.connection.execute(
            "SELECT 1 FROM duckdb_tables() WHERE database_name || '.' || table_name = ?", [table]
        )
        return found.fetchone() is not None

    def drop(self, table: str) -> None:
        """Drop a staged table."""
        self.connection.execute(f"DROP TABLE IF EXISTS {table}")

    def staged(self, table: str, unsplit: tuple[Unsplit, ...] = (), notes: tuple[str, ...] = ()) -> Staged:
        """Describe a table that was just filled."""
        relation = self.connection.table(table)
        types = dict(zip(relation.columns, map(str, relation.types), strict=True))
        return Staged(table, types, count_rows(relation), unsplit, notes)


def count_rows(relation: duckdb.DuckDBPyRelation) -> int:
    """Rows of a relation."""
    found = relation.aggregate("count(*)").fetchone()
    return int(found[0]) if found else 0


def cannot_write(error: duckdb.Error) -> DataError:
    """Error for a warehouse that refuses to be written."""
    return DataError(
        f"The warehouse cannot be written: {first_line(error)}",
        allowed="a DuckDB file that this program may write, with room on its disk",
        do="check its rights and that no other program holds it open",
    )


@contextmanager
def staging(connection: duckdb.DuckDBPyConnection) -> Iterator[Staging]:
    """Attach a temporary file, in file order and in UTC, and take it away at the end.

    Parameters
    ----------
    connection
        The warehouse. Its settings are put back afterwards.

    Raises
    ------
    DataError
        If the warehouse is open for reading only.
    """
    home = folder_of(connection)
    _sweep(home)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=home) as folder, _settings(connection):
        try:
            connection.execute(f"ATTACH {text_literal(str(Path(folder) / 'staging.duckdb'))} AS {identifier(_ALIAS)}")
        except duckdb.Error as error:
            raise cannot_write(error) from None
        try:
            yield Staging(connection, Path(folder))
        finally:
            connection.execute(f"DETACH {identifier(_ALIAS)}")


def _sweep(home: Path | None) -> None:
    """Remove what a killed load left: it holds customers, and nobody else can have the warehouse open."""
    for rest in home.glob(f"{_PREFIX}*") if home is not None else ():
        shutil.rmtree(rest, ignore_errors=True)


@contextmanager
def _settings(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Keep rows in the order of the file, let no time depend on this machine's zone, and read each cell once.

    Pushed down, a filter on what was read would read every cell again, and lists of words would become joins: both
    make the reading several times slower.
    """
    wanted = {
        "preserve_insertion_order": "true",
        "TimeZone": "UTC",
        "disabled_optimizers": "filter_pushdown,in_clause",
    }
    before = {name: _setting(connection, name) for name in wanted}
    try:
        for name, value in wanted.items():
            connection.execute(f"SET {name} = {text_literal(value)}")
        yield
    finally:
        for name, value in before.items():
            connection.execute(f"SET {name} = {text_literal(value)}")


def _setting(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    found = connection.execute("SELECT current_setting(?)", [name]).fetchone()
    return str(found[0]).lower() if found and isinstance(found[0], bool) else str(found[0]) if found else ""
