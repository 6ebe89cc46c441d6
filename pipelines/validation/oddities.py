"""What stands out in a table as it is: missing and negative values with what explains them, codes of another shape."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import duckdb

from pipelines.warehouse.sql import identifier, literal, statement

NUMBERS = ("BIGINT", "DOUBLE", "INTEGER", "FLOAT", "HUGEINT", "SMALLINT")
EXACT = 0.95
COVERED = 0.5
RARE = 0.05
LEAST_DIFFERENT = 20
EXAMPLES = 6
LETTERS = 8
_CODE = re.compile(r"(^|[_\s])(id|code|no|number|sku|key|invoice|order)|(id|code)$|编号|代码|单号", re.IGNORECASE)
_TEST = "contains(lower(code::VARCHAR), 'test')"
_SHAPE = "regexp_replace(regexp_replace({0}::VARCHAR, '[0-9]+', '9', 'g'), '[A-Za-z]+', 'A', 'g')"


@dataclass(frozen=True)
class Oddity:
    """Something that stands out in a column.

    Parameters
    ----------
    kind
        ``missing``, ``negative`` or ``shape``.
    table, column
        Where.
    rows, of
        Rows that stand out, of all.
    explained_by, explained_share
        Condition that holds for at least half of these rows and nearly no others, such as ``tenure = 0``, and for
        which part of them it holds; empty if there is none.
    examples
        Codes of another shape with their rows.
    """

    kind: Literal["missing", "negative", "shape"]
    table: str
    column: str
    rows: int
    of: int
    explained_by: str = ""
    explained_share: float = 0.0
    examples: tuple[tuple[str, int], ...] = ()

    @property
    def share(self) -> float:
        """Part of the rows."""
        return self.rows / self.of


def oddities(connection: duckdb.DuckDBPyConnection, table: str, place: str, columns: Mapping[str, str]) -> list[Oddity]:
    """Look at every column of a table.

    Parameters
    ----------
    connection
        Where the table is.
    table
        How it is called in the report.
    place
        Its quoted name.
    columns
        Column name to DuckDB type.
    """
    return list(_oddities(connection, table, place, columns)) if columns else []


def _oddities(
    connection: duckdb.DuckDBPyConnection, table: str, place: str, columns: Mapping[str, str]
) -> Iterator[Oddity]:
    counts = _counts(connection, place, columns)
    of = counts["rows"]
    for column, kind in columns.items():
        missing = of - counts[f"there {column}"]
        if 0 < missing < of:
            why = _explained(connection, place, columns, column, f"{identifier(column)} IS NULL", missing)
            yield Oddity("missing", table, column, missing, of, *why)
        negative = counts.get(f"negative {column}", 0)
        if 0 < negative < of / 2:
            why = _explained(connection, place, columns, column, f"{identifier(column)} < 0", negative)
            yield Oddity("negative", table, column, negative, of, *why)
        if kind == "VARCHAR" and _CODE.search(column) and counts[f"different {column}"] >= LEAST_DIFFERENT:
            yield from _other_shapes(connection, table, place, column)


def _counts(connection: duckdb.DuckDBPyConnection, place: str, columns: Mapping[str, str]) -> dict[str, int]:
    asked = {"rows": "count(*)"}
    for column, kind in columns.items():
        asked[f"there {column}"] = f"count({identifier(column)})"
        asked[f"different {column}"] = f"approx_count_distinct({identifier(column)})"
        if kind in NUMBERS:
            asked[f"negative {column}"] = f"count(*) FILTER (WHERE {identifier(column)} < 0)"
    found = connection.execute(statement("SELECT", ", ".join(asked.values()), "FROM", place)).fetchall()[0]
    return dict(zip(asked, found, strict=True))


def _explained(
    connection: duckdb.DuckDBPyConnection,
    place: str,
    columns: Mapping[str, str],
    column: str,
    rows_where: str,
    rows: int,
) -> tuple[str, float]:
    """Find the condition on another column that holds for most of these rows and for nearly no others."""
    others = [other for other in columns if other != column]
    candidates = _candidates(connection, place, columns, others, rows_where)
    if not candidates:
        return "", 0.0
    counted = ", ".join(
        f"count(*) FILTER (WHERE {each}), count(*) FILTER (WHERE ({each}) AND {rows_where})" for each in candidates
    )
    found = connection.execute(statement("SELECT", counted, "FROM", place)).fetchall()[0]
    pairs = zip(candidates, found[::2], found[1::2], strict=True)
    exact = [
        (both / rows, -number, each) for number, (each, all_, both) in enumerate(pairs) if both >= EXACT * all_ > 0
    ]
    share, _, condition = max(exact, default=(0.0, 0, ""))
    return (condition.replace('"', ""), share) if share >= COVERED else ("", 0.0)


def _candidates(
    connection: duckdb.DuckDBPyConnection,
    place: str,
    columns: Mapping[str, str],
    others: list[str],
    rows_where: str,
) -> list[str]:
    """Conditions that nearly all of these rows meet: one value, one first letter of a code, or missing as well."""
    asked = ", ".join(
        f"mode({column})::VARCHAR, mode(left({column}::VARCHAR, 1)), count(*) - count({column})"
        for column in map(identifier, others)
    )
    if not asked:
        return []
    found = connection.execute(statement("SELECT", asked, "FROM", place, "WHERE", rows_where)).fetchall()[0]
    made = []
    for number, other in enumerate(others):
        most, letter, missing = found[3 * number : 3 * number + 3]
        if missing:
            made.append(f"{identifier(other)} IS NULL")
        if most is not None and len(most) <= LETTERS and not columns[other].startswith(("DATE", "TIMESTAMP")):
            made.append(f"{identifier(other)} = {_written(most, columns[other])}")
        if letter is not None and letter.isalpha() and _CODE.search(other):
            made.append(f"{identifier(other)} LIKE {literal(letter + '%')}")
    return made


def _written(most: str, kind: str) -> str:
    """Write a value as SQL, a number as people write it."""
    return f"{float(most):.15g}" if kind in NUMBERS else literal(most)


def _other_shapes(connection: duckdb.DuckDBPyConnection, table: str, place: str, column: str) -> Iterator[Oddity]:
    """Find codes whose digits and letters follow another pattern than nearly all the others."""
    shaped = statement(
        "SELECT",
        _SHAPE.format(identifier(column)),
        f"AS shape, {identifier(column)} AS code, count(*) AS rows FROM",
        place,
    )
    grouped = statement("(", shaped, "WHERE", identifier(column), "IS NOT NULL GROUP BY ALL)")
    shapes = connection.execute(
        statement("SELECT shape, sum(rows)::BIGINT FROM", grouped, "GROUP BY shape ORDER BY 2 DESC")
    ).fetchall()
    of = sum(rows for _, rows in shapes)
    usual, covered = [], 0
    for shape, rows in shapes:
        if covered >= (1 - RARE) * of:
            break
        usual.append(shape)
        covered += rows
    if covered == of or len(usual) > 3:
        return
    listed = ", ".join(literal(shape) for shape in usual)
    rare = connection.execute(
        statement(
            "SELECT code::VARCHAR, rows FROM",
            grouped,
            "WHERE shape NOT IN (",
            listed,
            ") ORDER BY",
            _TEST,
            "DESC, rows DESC, code",
        )
    ).fetchall()
    yield Oddity("shape", table, column, of - covered, of, examples=tuple(rare[:EXAMPLES]))
