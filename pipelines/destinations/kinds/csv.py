"""A folder of CSV files that a spreadsheet may open: no cell of text is a formula."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.destinations.folder import Folder
from pipelines.warehouse.sql import text_literal

if TYPE_CHECKING:
    import pyarrow as pa

_FORMULA = r"^['=+\-@\t\r\n＝＋－＠]"
"""How a formula may begin; and the mark itself, so that taking one off gives every text back."""
_PLAIN_NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"


class Csv(Folder):
    """Tables of scores as CSV files in UTF-8; a missing value is an empty cell, an empty text is ``""``."""

    suffix = ".csv"

    def writer(self, file: Path, schema: pa.Schema) -> Any:
        """Begin a file."""
        return _SafeWriter(file, schema)

    def reading(self, file: Path) -> str:
        """Read every cell as text."""
        with file.open(encoding="utf-8", newline="") as lines:
            names = next(csv.reader(lines), [])
        columns = ", ".join(f"{text_literal(name)}: 'VARCHAR'" for name in names)
        return (
            f"read_csv({text_literal(str(file))}, columns = {{{columns}}}, header = true, auto_detect = false, "
            "delim = ',', quote = '\"', escape = '\"', new_line = '\\n', allow_quoted_nulls = false)"
        )


class _SafeWriter:
    def __init__(self, file: Path, schema: pa.Schema) -> None:
        from pyarrow.csv import CSVWriter

        self._writer = CSVWriter(file, schema)

    def write_table(self, rows: pa.Table) -> None:
        import pyarrow as pa

        safe = [defused(column) if pa.types.is_string(column.type) else column for column in rows.columns]
        self._writer.write_table(pa.table(safe, schema=rows.schema))

    def close(self) -> None:
        self._writer.close()


def defused(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Put an apostrophe before every text that a spreadsheet would take for a formula; numbers are none.

    >>> import pyarrow as pa
    >>> defused(pa.chunked_array([["=1+1", "-2.5", "a=1", "'", None]])).to_pylist()
    ["'=1+1", '-2.5', 'a=1', "''", None]
    """
    import pyarrow.compute as pc

    is_number = pc.match_substring_regex(texts, _PLAIN_NUMBER)
    is_formula = pc.and_not(pc.match_substring_regex(texts, _FORMULA), is_number)
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", texts, ""), texts)
