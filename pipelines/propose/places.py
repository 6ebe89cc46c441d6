"""What lies in the files that were named: delimited texts, sheets, tables of databases."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import ChurnLabError, ConfigError, DataError
from pipelines.ingest.files import format_of, label
from pipelines.ingest.mapping import WHITESPACE, Format, Reading
from pipelines.propose.proposal import Line
from pipelines.propose.text import detect_encoding, detect_layout

_READABLE = [
    ".csv",
    ".tsv",
    ".txt",
    ".tab",
    ".parquet",
    ".pq",
    ".xlsx",
    ".xlsm",
    ".duckdb",
    ".ddb",
    ".sqlite",
    ".sqlite3",
    ".db",
]


_KNOWN_BUT_UNREAD = {".xls": "save it as .xlsx first", ".json": "JSON is not read", ".zip": "unpack it first"}


@dataclass(frozen=True, eq=False)
class Place:
    """Rows that one source of a mapping can read.

    Parameters
    ----------
    path
        The file, relative to the data root.
    format
        Its format.
    settings
        What the mapping must say to read it, beside the path.
    """

    path: str
    format: Format
    settings: tuple[Line, ...] = ()

    @property
    def reading(self) -> Reading:
        """The source as the ingest reads it."""
        given: dict[str, Any] = {line.key: line.value for line in self.settings}
        return Reading(path=self.path, **given)

    @property
    def label(self) -> str:
        """Name for people."""
        return label(self.reading)

    @property
    def title(self) -> str:
        """File and table name, which may hint at what is inside."""
        return " ".join([Path(self.path).stem, *(str(line.value) for line in self.settings if line.key in _PARTS)])


_PARTS = ("table", "sheet")


def find_places(paths: list[Path]) -> tuple[Path, list[Place], list[tuple[str, str]]]:
    """Look into files and folders.

    Parameters
    ----------
    paths
        Files or folders as a person names them.

    Returns
    -------
    tuple
        The data root, what can be read, and what cannot with the reason.

    Raises
    ------
    DataError
        If a path does not exist, or nothing can be read.
    ConfigError
        If a file that was named is of no known kind.
    """
    for path in paths:
        if not path.exists():
            raise DataError(f"'{path}' does not exist", allowed="a file or a folder", do="check the path")
    root, files = _root(paths), sorted({file for path in paths for file in _files(path)})
    places: list[Place] = []
    refused = [(file.name, _KNOWN_BUT_UNREAD[file.suffix.lower()]) for path in paths for file in _unread(path)]
    for file in files:
        try:
            places += _places(file, Path(os.path.relpath(file, root)).as_posix())
        except ChurnLabError as error:
            if file in paths:
                raise
            refused.append((file.name, error.given))
    if not places:
        raise DataError(
            f"Nothing in {', '.join(map(repr, map(str, paths)))} can be read",
            allowed=f"files that end in {', '.join(_READABLE)}",
            do="name the files themselves" if not refused else f"look at {refused[0][0]}: {refused[0][1]}",
        )
    return root, places, refused


def _root(paths: list[Path]) -> Path:
    folders = [path if path.is_dir() else path.parent for path in paths]
    return folders[0] if len(set(folders)) == 1 else Path(os.path.commonpath([folder.absolute() for folder in folders]))


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in path.rglob("*"):
        hidden = any(part[0] in "._" for part in file.relative_to(path).parts)
        if file.is_file() and not hidden and _is_readable(file):
            yield file


def _unread(folder: Path) -> list[Path]:
    """Files of a folder that hold data in a form that nothing here reads."""
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in _KNOWN_BUT_UNREAD)


def _is_readable(file: Path) -> bool:
    return file.name.lower().removesuffix(".gz").endswith(tuple(_READABLE))


def _kind(file: Path, path: str) -> Format:
    try:
        return format_of(Reading(path=path), [file])
    except ConfigError as error:
        raise ConfigError(
            error.given, allowed=f"files that end in {', '.join(_READABLE)}", do="export it in one of these forms"
        ) from None


def _places(file: Path, path: str) -> list[Place]:
    kind = _kind(file, path)
    if kind == "csv":
        return [Place(path, kind, _text_settings(file))]
    if kind == "excel":
        return _parts(path, kind, "sheet", _sheets(file))
    if kind == "duckdb":
        return _parts(path, kind, "table", _duckdb_tables(file))
    if kind == "sqlite":
        return _parts(path, kind, "table", _sqlite_tables(file))
    return [Place(path, kind)]


def _parts(path: str, kind: Format, key: str, names: list[str]) -> list[Place]:
    if not names:
        raise DataError(f"'{path}' holds no {key}", allowed=f"at least one {key} with rows")
    return [Place(path, kind, (Line(key, name),)) for name in names]


def _text_settings(file: Path) -> tuple[Line, ...]:
    encoding = detect_encoding(file)
    layout = detect_layout(file, encoding.name)
    lines = []
    if encoding.name != "utf-8":
        lines.append(Line("encoding", encoding.name, encoding.doubt, bool(encoding.doubt)))
    if layout.delimiter != ",":
        comment = "columns stand apart by blanks" if layout.delimiter == WHITESPACE else ""
        lines.append(Line("delimiter", layout.delimiter, comment))
    if not layout.header:
        names = [f"column_{number}" for number in range(1, layout.width + 1)]
        lines.append(Line("header", False, "the first line holds values; the names are made up", unsure=True))
        lines.append(Line("names", names))
    return tuple(lines)


def _sheets(file: Path) -> list[str]:
    from pipelines.ingest.workbook import sheet_titles

    return sheet_titles(file)


def _duckdb_tables(file: Path) -> list[str]:
    import duckdb

    try:
        with closing(duckdb.connect(str(file), read_only=True)) as database:
            listed = database.execute("SELECT table_schema, table_name FROM information_schema.tables ORDER BY ALL")
            return [name if schema == "main" else f"{schema}.{name}" for schema, name in listed.fetchall()]
    except duckdb.Error:
        raise ConfigError(
            f"'{file.name}' cannot be opened as a DuckDB database", do="close the program that writes it, or copy it"
        ) from None


def _sqlite_tables(file: Path) -> list[str]:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            listed = database.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY 1"
            )
            return [str(name) for (name,) in listed.fetchall()]
    except sqlite3.DatabaseError as error:
        raise DataError(f"'{file.name}' cannot be read as SQLite: {error}", do="copy or export it again") from None
