"""CSV and its relatives into the staging file, every column as text."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb

from pipelines.errors import DataError
from pipelines.ingest.headers import column_names
from pipelines.ingest.mapping import Reading
from pipelines.ingest.sql import first_line, identifier
from pipelines.ingest.staging import Staged, Staging, Unsplit
from pipelines.ingest.text_files import TextFile, head, prepare

_HEADER_BYTES = 32 << 20
_LONGEST_LINE_BYTES = 16 << 20
_MOST_UNSPLIT = 1_000_000
_REJECTS, _SCANS = "ingest_reject_errors", "ingest_reject_scans"
_SWALLOWS = "error_type = 'UNQUOTED VALUE' AND contains(trim(csv_line, E'\\r\\n'), E'\\n')"


def stage_delimited(source: Reading, files: list[Path], staging: Staging) -> Staged:
    """Unpack text files; a column that a later file lacks is empty there.

    Raises
    ------
    DataError
        If a file is empty, not in its encoding, or cannot be split.
    """
    table = staging.new_name()
    columns: list[str] = []
    unsplit: list[Unsplit] = []
    notes: list[str] = []
    source = _with_tabs(source, files)
    for path in files:
        copy = staging.new_file(".csv")
        text = prepare(path, source, copy)
        names = _names(path, text, source)
        relation = _relation(path, text, names, source, staging)
        notes += _merge(relation, table, columns, names, path, staging)
        unsplit += _take_unsplit(path, staging)
        copy.unlink(missing_ok=True)
    return staging.staged(table, tuple(unsplit), tuple(notes))


def _with_tabs(source: Reading, files: list[Path]) -> Reading:
    """Split files named .tsv at tabs unless the mapping says otherwise."""
    if "delimiter" in source.model_fields_set or not all(".tsv" in path.suffixes for path in files):
        return source
    return source.model_copy(update={"delimiter": "\t"})


def _names(path: Path, text: TextFile, source: Reading) -> list[str]:
    return column_names(source.names or _header(path, text, source.skip_rows), path)


def _header(path: Path, text: TextFile, skip: int) -> list[str]:
    lines = io.StringIO(head(text.path, _HEADER_BYTES), newline="")
    for _ in range(skip):
        lines.readline()
    rows = csv.reader(
        lines,
        delimiter=text.delimiter,
        quotechar=text.quote or None,
        quoting=csv.QUOTE_MINIMAL if text.quote else csv.QUOTE_NONE,
    )
    try:
        names = next((row for row in rows if row), None)
    except csv.Error as error:
        raise DataError(
            f"The header of '{path}' cannot be read: {error}", do="check delimiter, quote and skip_rows"
        ) from None
    if names is None:
        raise DataError(f"'{path}' holds no header", allowed="a line with the names of the columns")
    return names


def _relation(
    path: Path, text: TextFile, names: list[str], source: Reading, staging: Staging
) -> duckdb.DuckDBPyRelation:
    try:
        return staging.connection.read_csv(
            str(text.path),
            columns=dict.fromkeys(names, "VARCHAR"),
            auto_detect=False,
            header=source.names is None or source.header,
            skiprows=source.skip_rows,
            delimiter=text.delimiter,
            quotechar=text.quote,
            escapechar=text.quote if source.escape is None else source.escape,
            strict_mode=True,
            max_line_size=_LONGEST_LINE_BYTES,
            store_rejects=True,
            rejects_limit=_MOST_UNSPLIT,
            rejects_table=_REJECTS,
            rejects_scan=_SCANS,
        )
    except duckdb.Error as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: duckdb.Error) -> DataError:
    return DataError(
        f"'{path}' cannot be read as delimited text: {first_line(error)}",
        do="check delimiter, quote, escape and the line ends of the file",
    )


def _merge(
    relation: duckdb.DuckDBPyRelation, table: str, columns: list[str], names: list[str], path: Path, staging: Staging
) -> list[str]:
    """Append a file's rows; `columns` grows by the names that are new."""
    try:
        if not columns:
            relation.create(table)
            columns += names
            return []
        known = {name.casefold(): name for name in columns}
        here = {name.casefold() for name in names}
        new = [name for name in names if name.casefold() not in known]
        missing = [name for name in columns if name.casefold() not in here]
        for name in new:
            staging.connection.execute(f"ALTER TABLE {table} ADD COLUMN {identifier(name)} VARCHAR")
        columns += new
        filled = [f"NULL AS {identifier(name)}" if name in missing else identifier(name) for name in columns]
        relation.project(", ".join(filled)).insert_into(table)
    except duckdb.Error as error:
        raise _unreadable(path, error) from None
    changes = [("without", missing), ("with the new", new)]
    return [f"'{path.name}' is {word} column(s) {', '.join(each)}" for word, each in changes if each]


def _take_unsplit(path: Path, staging: Staging) -> list[Unsplit]:
    """Lines that DuckDB set aside, one entry a line; its own tables of them are emptied."""
    errors = staging.connection.table(_REJECTS).filter("trim(csv_line, E' \\t\\r\\n') <> ''")
    columns = ["line", "left(min(csv_line), 100)", "min(error_message)", f"bool_or({_SWALLOWS})"]
    found = errors.aggregate(", ".join(columns), "line").order("line").fetchmany(_MOST_UNSPLIT)
    staging.connection.execute(f"DROP TABLE {_REJECTS}")
    staging.connection.execute(f"DROP TABLE {_SCANS}")
    _check_fatal(path, found)
    return [Unsplit(line, text, reason.rstrip(".")) for line, text, reason, _ in found]


def _check_fatal(path: Path, found: list[tuple[int, str, str, bool]]) -> None:
    if len(found) >= _MOST_UNSPLIT:
        raise DataError(
            f"More than {_MOST_UNSPLIT:,} lines of '{path}' cannot be split", do="check delimiter and quote"
        )
    for line, _, _, swallows in found:
        if swallows:
            raise DataError(
                f"A quote that opens in line {line} of '{path}' swallows the lines after it",
                allowed='quotes doubled inside quoted text: "5"" pipe"',
                do='repair the line, or set quote: "" if quotes mean nothing in this file',
            )
