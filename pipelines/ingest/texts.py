"""What customers write becomes columns when its row is taken in: its mood, and the subjects that it touches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import duckdb
import pyarrow as pa

from features.text import MOOD, SUBJECTS, TEXT_COLUMNS, read_texts
from pipelines.ingest.staging import Staging
from pipelines.warehouse.sql import identifier

BATCH_TEXTS = 50_000
COLUMNS = (MOOD, *SUBJECTS)
_READ = "churnlab_read_texts"
_TEXT = "read_text"
_SCHEMA = pa.schema([(_TEXT, pa.string()), (MOOD, pa.float64()), *((name, pa.bool_()) for name in SUBJECTS)])


def fill_from_texts(staged: Mapping[str, str], place: Staging, tell: Callable[[str, float | None], None]) -> None:
    """Fill the columns that are read from a text, where the source has not filled them itself.

    Parameters
    ----------
    staged
        Qualified names of staged canonical tables by table.
    place
        Where they stand.
    tell
        Is told what is being read; equal texts are read once, in batches of bounded size.
    """
    for name, column in TEXT_COLUMNS.items():
        if name in staged:
            for done in _fill(place, staged[name], column):
                tell(f"{name}: {done:,} texts read", None)


def _fill(place: Staging, table: str, column: str) -> Iterator[int]:
    connection, text, readings, done = place.connection, identifier(column), place.new_name(), 0
    connection.execute(f"CREATE TABLE {readings} ({_columns()})")
    for texts in _different(connection, f"FROM {table} WHERE {text} IS NOT NULL AND {_is_unfilled()}", text):
        _add(connection, readings, texts)
        done += len(texts)
        yield done
    values = ", ".join(f"{name} = coalesce(target.{name}, readings.{name})" for name in COLUMNS)
    found = f"FROM {readings} AS readings WHERE target.{text} = readings.{_TEXT}"
    connection.execute(" ".join(("UPDATE", table, "AS target SET", values, found)))
    place.drop(readings)


def _different(connection: duckdb.DuckDBPyConnection, rows: str, text: str) -> Iterator[list[str]]:
    """Give the different texts of some rows, batch after batch."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT {text} {rows}")
        while batch := cursor.fetchmany(BATCH_TEXTS):
            yield [text for (text,) in batch]


def _is_unfilled() -> str:
    return "(" + " OR ".join(f"{name} IS NULL" for name in COLUMNS) + ")"


def _columns() -> str:
    return ", ".join([f"{_TEXT} VARCHAR", f"{MOOD} DOUBLE", *(f"{name} BOOLEAN" for name in SUBJECTS)])


def _add(connection: duckdb.DuckDBPyConnection, readings: str, texts: list[str]) -> None:
    read = pa.table({_TEXT: texts, **read_texts(texts)}, schema=_SCHEMA)
    connection.register(_READ, read)
    connection.execute(f"INSERT INTO {readings} FROM {_READ}")
    connection.unregister(_READ)
