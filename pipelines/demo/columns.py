"""From arrays to Arrow: words behind codes, identifiers behind numbers, days behind timestamps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.tables import TABLES
from pipelines.demo.clock import Clock

ARROW_TYPES = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
}


@dataclass(frozen=True)
class Words:
    """A text column: an index into ``words`` for each row, -1 for null."""

    codes: np.ndarray
    words: list[str]

    def take(self, rows: np.ndarray) -> Words:
        """Keep some rows."""
        return Words(self.codes[rows], self.words)


@dataclass(frozen=True)
class Numbered:
    """An identifier column: a letter and a number for each row, -1 for null."""

    letter: str
    numbers: np.ndarray

    def take(self, rows: np.ndarray) -> Numbered:
        """Keep some rows."""
        return Numbered(self.letter, self.numbers[rows])


Values = np.ndarray | Words | Numbered
Columns = Mapping[str, Values]
"""Columns by name; times are float days, NaN for null."""

ROWS_A_CHUNK = 10_000_000

MOST_WORDS = 4096
"""Longer word lists are written out, since each row group would carry the whole list."""


def numbered(letter: str, chunk: int, count: int) -> Numbered:
    """Give the rows of a chunk numbers so that no two chunks share an identifier."""
    return Numbered(letter, np.arange(count, dtype=np.int64) + chunk * ROWS_A_CHUNK)


def is_time(table: str, column: str) -> bool:
    """Tell whether a canonical column holds a time."""
    return TABLES[table][column].type == "timestamp"


def arrow_schema(table: str, names: list[str]) -> pa.Schema:
    """Give the Arrow types of canonical columns."""
    return pa.schema([(name, ARROW_TYPES[TABLES[table][name].type]) for name in names])


def to_arrow(table: str, columns: Columns, clock: Clock) -> pa.Table:
    """Turn columns into an Arrow table with the canonical types, in canonical order."""
    names = [column.name for column in TABLES[table].all_columns if column.name in columns]
    types = arrow_schema(table, names)
    arrays = []
    for name in names:
        values = columns[name]
        if isinstance(values, np.ndarray) and is_time(table, name):
            values = clock.timestamps(values)
        arrays.append(to_array(values, types.field(name).type))
    return pa.table(arrays, names=names)


def to_array(values: Values, kind: pa.DataType) -> pa.Array:
    """Turn one column into an Arrow array; NaN, NaT and code -1 become null, few words become a dictionary."""
    if isinstance(values, Words):
        return _from_words(values)
    if isinstance(values, Numbered):
        return _from_numbers(values)
    return pa.array(values, from_pandas=True).cast(kind)


def _from_words(values: Words) -> pa.Array:
    codes = pa.array(values.codes.astype(np.int32), mask=values.codes < 0)
    words = pa.array(values.words, pa.string())
    return words.take(codes) if len(words) > MOST_WORDS else pa.DictionaryArray.from_arrays(codes, words)


def _from_numbers(values: Numbered) -> pa.Array:
    numbers = pa.array(values.numbers, mask=values.numbers < 0)
    digits = pc.utf8_lpad(numbers.cast(pa.string()), 10, "0")
    return pc.binary_join_element_wise(pa.scalar(values.letter), digits, "")
