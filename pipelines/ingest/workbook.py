"""Excel workbooks into the staging file, row by row, with the types of the cells."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from pipelines.errors import ConfigError, DataError
from pipelines.ingest.cells import TEXT, Tagged, stage_all, stage_cells, tag
from pipelines.ingest.headers import column_names
from pipelines.ingest.mapping import Reading
from pipelines.ingest.nearest import nearest, shown
from pipelines.ingest.staging import Staged, Staging

_ZEROS = re.compile(r"0{2,}")


def stage_workbook(source: Reading, files: list[Path], staging: Staging) -> Staged:
    """Unpack one sheet of each workbook; rows without any value are not rows.

    Raises
    ------
    DataError
        If a file is not a workbook or the sheet is empty.
    ConfigError
        If the sheet does not exist, or the workbook has several and none is named.
    """
    tables = []
    for path in files:
        with _opened(path) as workbook:
            sheet = workbook[_sheet_name(source.sheet, workbook.sheetnames, path)]
            rows = islice(_rows(sheet), source.skip_rows, None)
            names = _names(rows, source, path)
            tables.append(stage_cells(names, _filled(rows, len(names)), source, staging))
    return stage_all(tables, staging)


def sheet_titles(path: Path) -> list[str]:
    """Names of the sheets of a workbook that hold at least one row.

    Raises
    ------
    DataError
        If the file is not a workbook.
    """
    with _opened(path) as workbook:
        return [sheet.title for sheet in workbook.worksheets if next(sheet.iter_rows(max_row=1), None)]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise DataError(
            f"'{path}' cannot be read as an Excel workbook: {type(error).__name__}",
            allowed=".xlsx or .xlsm, whole and without a password",
            do="open it in a spreadsheet program and save it again as .xlsx",
        ) from None
    try:
        yield workbook
    finally:
        workbook.close()


def _sheet_name(wanted: str | int | None, names: list[str], path: Path) -> str:
    if wanted is None and len(names) == 1:
        return names[0]
    if isinstance(wanted, str) and wanted in names:
        return wanted
    if isinstance(wanted, int) and 0 <= wanted < len(names):
        return names[wanted]
    given = (
        f"'{path}' has {len(names)} sheets and none is chosen"
        if wanted is None
        else f"'{path}' has no sheet {wanted!r}"
    )
    near = nearest(wanted, names) if isinstance(wanted, str) else shown(names)
    raise ConfigError(given, allowed=near, do="set sheet to a name or a position from 0")


def _rows(sheet: Any) -> Iterator[tuple[Any, ...]]:
    # The size noted in a sheet is wrong in files of some programs; without it every row is read to its end.
    sheet.reset_dimensions()
    return iter(sheet.iter_rows())


def _names(rows: Iterator[tuple[Any, ...]], source: Reading, path: Path) -> list[str]:
    if not source.header:
        return column_names(source.names or [], path)
    first = next((row for row in rows if any(cell.value is not None for cell in row)), None)
    if first is None:
        raise DataError(f"The sheet of '{path}' is empty", allowed="a header and at least one row")
    header = [cell.value for cell in first]
    while header and header[-1] is None:
        header.pop()
    return column_names(source.names or header, path)


def _filled(rows: Iterator[tuple[Any, ...]], width: int) -> Iterator[Tagged]:
    for row in rows:
        cells = [_cell(cell) for cell in row[:width]]
        if any(cell is not None for cell in cells):
            yield cells + [None] * (width - len(cells))


def _cell(cell: Any) -> str | None:
    """Tag a cell; a whole number shown with leading zeros keeps them, an error such as #N/A is empty."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and _ZEROS.fullmatch(cell.number_format or ""):
        return f"{TEXT}{value:0{len(cell.number_format)}d}"
    return tag(value)
