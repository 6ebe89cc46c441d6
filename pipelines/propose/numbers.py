"""Which marks the numbers of a source have: decimal, thousands, currency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import duckdb

from pipelines.ingest.reading import Convention, cleaned, value
from pipelines.ingest.sql import identifier, text_literal

_MARKS: tuple[tuple[str, str | None], ...] = (
    (".", None), (".", ","), (",", None), (",", "."), (",", " "), (".", " "), (".", "'"),
)  # fmt: skip
_SIGNS = {"CNY": "[¥￥]|元|CNY|RMB", "EUR": "€|EUR", "GBP": "£|GBP", "USD": r"\$|USD", "INR": "₹|INR"}
_PLAIN = r"[+-]?\d+([.]\d+)?"
_ENOUGH = 0.9
# The time in which DuckDB plans a query grows with the square of its expressions.
_COLUMNS_A_QUERY = 8

T = TypeVar("T")


@dataclass(frozen=True)
class Marks:
    """How numbers are written.

    Parameters
    ----------
    decimal, thousands
        Marks in numbers.
    currency
        Code whose signs stand at amounts.
    shares
        Column to the part of its values that reads as a number.
    is_ambiguous
        Other marks read as many values, to other numbers.
    """

    decimal: str = "."
    thousands: str | None = None
    currency: str | None = None
    shares: dict[str, float] | None = None
    is_ambiguous: bool = False


def detect_marks(relation: duckdb.DuckDBPyRelation, names: list[str]) -> Marks:
    """Find the marks under which most values of the text columns read as numbers.

    Parameters
    ----------
    relation
        A sample.
    names
        Its text columns.
    """
    names = _with_digits(relation, names)
    if not names:
        return Marks(shares={})
    plain = _in_batches(partial(_plain, relation), names)
    others = [name for name in names if name not in plain]
    currency = _currency(relation, others)
    found = []
    for marks in _MARKS:
        own = partial(_read, relation, marks=marks, currency=currency)
        found.append((marks, {name: column.read(*marks) for name, column in plain.items()} | _in_batches(own, others)))
    numeric = {name for name in names if any(_is_number(read[name]) for _, read in found)}
    totals = [sum(read[name][1] for name in numeric) for _, read in found]
    (decimal, thousands), read = found[totals.index(max(totals))]
    rivals = [other for (_, other), total in zip(found, totals, strict=True) if total == max(totals)]
    differs = any(abs(other[name][2] - read[name][2]) > 1e-6 for other in rivals for name in numeric)
    shares = {name: got / there if there else 0.0 for name, (there, got, _) in read.items()}
    return Marks(decimal, thousands, currency, shares, differs)


def _in_batches(read: Callable[[list[str]], dict[str, T]], names: list[str]) -> dict[str, T]:
    found: dict[str, T] = {}
    for start in range(0, len(names), _COLUMNS_A_QUERY):
        found |= read(names[start : start + _COLUMNS_A_QUERY])
    return found


def _with_digits(relation: duckdb.DuckDBPyRelation, names: list[str]) -> list[str]:
    """Columns in which half of the values hold a digit: only these can be numbers."""
    if not names:
        return []
    holds = [f"count_if(regexp_matches({_text(name)}, '[0-9０-９]')) * 2 > count({identifier(name)})" for name in names]
    row = relation.aggregate(", ".join(holds)).fetchone() or ()
    return [name for name, is_so in zip(names, row, strict=True) if is_so]


def _text(name: str) -> str:
    """Nested values are read as their text."""
    return f"CAST({identifier(name)} AS VARCHAR)"


@dataclass(frozen=True)
class _Plain:
    """A column of nothing but digits and a point, which need not be read once for each mark.

    Of all values, of those without a point, and of those that may be in groups of three: how many, and their sum.
    """

    all: tuple[int, float]
    whole: tuple[int, float]
    grouped: tuple[int, float]

    def read(self, decimal: str, thousands: str | None) -> tuple[int, int, float]:
        """Values there are, those that read as numbers, and their sum."""
        if decimal == ".":
            return (self.all[0], *self.all)
        grouped, total = self.grouped if thousands == "." else (0, 0.0)
        return self.all[0], self.whole[0] + grouped, self.whole[1] + 1000 * total


def _plain(relation: duckdb.DuckDBPyRelation, names: list[str]) -> dict[str, _Plain]:
    cells = [f"{cleaned(identifier(name), 'text', 'number', Convention())} AS cell{n}" for n, name in enumerate(names)]
    numbers = [f"cell{n}, TRY_CAST(cell{n} AS DOUBLE) AS number{n}" for n in range(len(names))]
    counts = [_counts_of_plain(f"cell{n}", f"number{n}") for n in range(len(names))]
    read = relation.project(", ".join(cells)).project(", ".join(numbers))
    row = read.aggregate(", ".join(counts)).fetchone() or ()
    found = {name: row[7 * place : 7 * place + 7] for place, name in enumerate(names)}
    return {name: _Plain(*zip(own[1::2], own[2::2], strict=True)) for name, own in found.items() if own[0] == own[1]}


def _counts_of_plain(cell: str, number: str) -> str:
    conditions = (
        f"regexp_full_match({cell}, '{_PLAIN}')",
        f"NOT contains({cell}, '.')",
        f"abs({number}) < 1000 AND contains({cell}, '.') AND length({cell}) - strpos({cell}, '.') = 3",
    )
    counts = [f"count_if({each}), {_sum(number, each)}" for each in conditions]
    return f"count({cell}), {', '.join(counts)}"


def _is_number(read: tuple[int, int, float]) -> bool:
    there, got, _ = read
    return there > 0 and got >= _ENOUGH * there


def _read(
    relation: duckdb.DuckDBPyRelation, names: list[str], marks: tuple[str, str | None], currency: str | None
) -> dict[str, tuple[int, int, float]]:
    """For each column the values there are, those that read as numbers, and their sum."""
    convention = Convention(decimal=marks[0], thousands=marks[1], currency=currency)
    # Step by step, so that no cell is cleaned and read once for each aggregate.
    cells = [f"{cleaned(identifier(name), 'text', 'number', convention)} AS cell{n}" for n, name in enumerate(names)]
    numbers = [f"cell{n}, {value(f'cell{n}', 'text', 'number', convention)} AS number{n}" for n in range(len(names))]
    sums = [f"count(cell{n}), count(number{n}), {_sum(f'number{n}')}" for n in range(len(names))]
    read = relation.project(", ".join(cells)).project(", ".join(numbers))
    row = read.aggregate(", ".join(sums)).fetchone() or ()
    return {name: tuple(row[3 * place : 3 * place + 3]) for place, name in enumerate(names)}


def _sum(number: str, condition: str = "TRUE") -> str:
    return f"coalesce(sum({number}) FILTER (isfinite({number}) AND {condition}), 0)"


def _currency(relation: duckdb.DuckDBPyRelation, names: list[str]) -> str | None:
    """Code of the sign that stands beside the numbers of any column."""
    if not names:
        return None
    for code, sign in _SIGNS.items():
        pattern = text_literal(rf"[+(-]?\s*({sign})\s*[+-]?[0-9][0-9.,' ]*[)]?|[+(-]?[0-9][0-9.,' ]*\s*({sign})[)]?")
        counts = [f"count_if(regexp_full_match(trim({_text(name)}), {pattern})) * 2 > count(*)" for name in names]
        if any(relation.aggregate(", ".join(counts)).fetchone() or ()):
            return code
    return None
