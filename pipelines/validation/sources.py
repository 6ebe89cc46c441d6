"""The files of a source as they are: which tables they are, and how the tables hang together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipelines.warehouse.sql import identifier, literal, statement

MOST_FILES = 40
MOST_BYTES = 512 * 2**20
CONTAINED = 0.9
SUFFIXES = (".csv", ".tsv", ".parquet")
_KEY = re.compile(r"(^|_)(id|key|no|code|number)$|id$|编号$|号$|代码$", re.IGNORECASE)
_PLAIN = ("id", "key", "no", "code", "number", "编号", "号", "代码")


@dataclass(frozen=True)
class Source:
    """One file as a table.

    Parameters
    ----------
    name
        File name without suffix.
    place
        Name of the temporary table or view that holds its rows.
    rows
        Number of rows.
    columns
        Column name to DuckDB type.
    keys
        Columns that identify a row.
    """

    name: str
    place: str
    rows: int
    columns: Mapping[str, str]
    keys: tuple[str, ...]

    @property
    def times(self) -> list[str]:
        """Columns that hold a day or an instant."""
        return [column for column, kind in self.columns.items() if kind.startswith(("DATE", "TIMESTAMP"))]


@dataclass(frozen=True)
class Link:
    """Rows of one source that belong to a row of another: ``child.column`` holds values of ``parent.key``."""

    child: Source
    column: str
    parent: Source
    key: str


@dataclass(frozen=True)
class Sources:
    """The sources of a folder.

    Parameters
    ----------
    found
        Those that could be read.
    links
        How they hang together.
    unread
        File name to the reason why it was not looked at.
    """

    found: list[Source]
    links: list[Link]
    unread: dict[str, str] = field(default_factory=dict)

    def paths(self, child: Source) -> Iterator[list[Link]]:
        """Ways from a source up to those that it belongs to, nearest first."""
        waiting: list[list[Link]] = [[link] for link in self.links if link.child is child]
        reached = {child.name}
        while waiting:
            path = waiting.pop(0)
            parent = path[-1].parent
            if parent.name in reached:
                continue
            reached.add(parent.name)
            yield path
            waiting += [[*path, link] for link in self.links if link.child is parent]

    @property
    def root(self) -> Source | None:
        """The source that most others belong to: the customers."""
        reached = [path[-1].parent.name for source in self.found for path in self.paths(source)]
        tops = [source for source in self.found if not any(link.child is source for link in self.links)]
        ranked = sorted(tops, key=lambda source: -reached.count(source.name))
        return ranked[0] if ranked and ranked[0].name in reached else None


def open_sources(connection: duckdb.DuckDBPyConnection, folder: Path) -> Sources:
    """Read the CSV and Parquet files of a folder as DuckDB understands them, and link them by their keys.

    Parameters
    ----------
    connection
        Where temporary tables are made.
    folder
        The folder; folders in it are not looked into.
    """
    found: list[Source] = []
    unread: dict[str, str] = {}
    size = 0
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    for number, file in enumerate(files):
        size += file.stat().st_size
        if number >= MOST_FILES or size > MOST_BYTES:
            unread[file.name] = "too many or too big"
            continue
        try:
            found.append(_opened(connection, file, f"validation_source_{number}"))
        except duckdb.Error as error:
            unread[file.name] = str(error).split("\n")[0]
    return Sources(found, list(_links(connection, found)), unread)


def joined(path: list[Link]) -> str:
    """Write the SQL that joins a source, as ``s0``, with those above it, as ``s1`` and so on."""
    parts = [f"{identifier(path[0].child.place)} AS s0"]
    for number, link in enumerate(path):
        on = f"s{number}.{identifier(link.column)} = s{number + 1}.{identifier(link.key)}"
        parts.append(f"JOIN {identifier(link.parent.place)} AS s{number + 1} ON {on}")
    return " ".join(parts)


def ask(connection: duckdb.DuckDBPyConnection, selected: str, origin: str) -> list[tuple]:  # type: ignore[type-arg]
    """Select from an origin."""
    return connection.execute(statement("SELECT", selected, "FROM", origin)).fetchall()


def _opened(connection: duckdb.DuckDBPyConnection, file: Path, place: str) -> Source:
    parquet = file.suffix.lower() == ".parquet"
    reader = (
        f"read_parquet({literal(str(file))})" if parquet else f"read_csv({literal(str(file))}, sample_size = 200000)"
    )
    made = "VIEW" if parquet else "TABLE"
    connection.execute(statement("CREATE OR REPLACE TEMP", made, identifier(place), "AS FROM", reader))
    relation = connection.table(place)
    columns = dict(zip(relation.columns, map(str, relation.types), strict=True))
    rows = int(ask(connection, "count(*)", identifier(place))[0][0])
    return Source(file.stem, place, rows, columns, _keys(connection, place, columns, rows))


def _keys(connection: duckdb.DuckDBPyConnection, place: str, columns: Mapping[str, str], rows: int) -> tuple[str, ...]:
    named = [column for column, kind in columns.items() if _KEY.search(column) and kind in ("VARCHAR", "BIGINT")]
    if not named or not rows:
        return ()
    counts = ask(connection, ", ".join(f"count(DISTINCT {identifier(column)})" for column in named), identifier(place))[
        0
    ]
    return tuple(column for column, count in zip(named, counts, strict=True) if count == rows)


def _links(connection: duckdb.DuckDBPyConnection, found: list[Source]) -> Iterator[Link]:
    for child in found:
        for parent in found:
            for key in parent.keys if parent is not child else ():
                for column in child.columns:
                    link = Link(child, column, parent, key)
                    if (
                        _same(column) == _same(key)
                        and _belongs(link, found)
                        and _contained(connection, link) >= CONTAINED
                    ):
                        yield link


def _belongs(link: Link, found: list[Source]) -> bool:
    """Say of two tables with one key which belongs to the other: the smaller; every table may have a plain ``id``."""
    if link.column not in link.child.keys:
        return True
    if _same(link.column) in _PLAIN:
        return False
    if link.child.rows != link.parent.rows:
        return link.child.rows < link.parent.rows
    return found.index(link.child) > found.index(link.parent)


def _same(column: str) -> str:
    return re.sub(r"[\s_\-]", "", column).lower()


def _contained(connection: duckdb.DuckDBPyConnection, link: Link) -> float:
    """Share of the child's values that the parent has."""
    column, key = identifier(link.column), identifier(link.key)
    inside = statement(column, "::VARCHAR IN (SELECT", key, "::VARCHAR FROM", identifier(link.parent.place), ")")
    counted = f"count({column}), count(*) FILTER (WHERE {inside})"
    total, there = ask(connection, counted, identifier(link.child.place))[0]
    return there / total if total else 0.0
