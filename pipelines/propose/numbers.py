"""Which marks the numbers of a source have: decimal, thousands, currency."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipelines.ingest.reading import Convention, cleaned, value
from pipelines.ingest.sql import identifier, text_literal

_MARKS: tuple[tuple[str, str | None], ...] = (
    (".", None), (".", ","), (",", None), (",", "."), (",", " "), (".", " "), (".", "'"),
)  # fmt: skip
_SIGNS = {"CNY": "[¥￥]|元|CNY|RMB", "EUR": "€|EUR", "GBP": "£|GBP", "USD": r"\$|USD", "INR": "₹|INR"}
_ENOUGH = 0.9


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
    currency = _currency(relation, names)
    found = [(marks, _read(relation, names, *marks, currency)) for marks in _MARKS]
    numeric = {name for name in names if any(_is_number(read[name]) for _, read in found)}
    totals = [sum(read[name][1] for name in numeric) for _, read in found]
    (decimal, thousands), read = found[totals.index(max(totals))]
    rivals = [other for (_, other), total in zip(found, totals, strict=True) if total == max(totals)]
    differs = any(abs(other[name][2] - read[name][2]) > 1e-6 for other in rivals for name in numeric)
    shares = {name: got / there if there else 0.0 for name, (there, got, _) in read.items()}
    return Marks(decimal, thousands, currency, shares, differs)


def _with_digits(relation: duckdb.DuckDBPyRelation, names: list[str]) -> list[str]:
    """Columns in which half of the values hold a digit: only these can be numbers."""
    if not names:
        return []
    holds = [
        f"count_if(regexp_matches({identifier(name)}, '[0-9０-９]')) * 2 > count({identifier(name)})" for name in names
    ]
    row = relation.aggregate(", ".join(holds)).fetchone() or ()
    return [name for name, is_so in zip(names, row, strict=True) if is_so]


def _is_number(read: tuple[int, int, float]) -> bool:
    there, got, _ = read
    return there > 0 and got >= _ENOUGH * there


def _read(
    relation: duckdb.DuckDBPyRelation, names: list[str], decimal: str, thousands: str | None, currency: str | None
) -> dict[str, tuple[int, int, float]]:
    """For each column the values there are, those that read as numbers, and their sum."""
    convention = Convention(decimal=decimal, thousands=thousands, currency=currency)
    # Step by step, so that no cell is cleaned and read once for each aggregate.
    cells = [f"{cleaned(identifier(name), 'text', 'number', convention)} AS cell{n}" for n, name in enumerate(names)]
    numbers = [f"cell{n}, {value(f'cell{n}', 'text', 'number', convention)} AS number{n}" for n in range(len(names))]
    sums = [f"count(cell{n}), count(number{n}), {_sum(f'number{n}')}" for n in range(len(names))]
    read = relation.project(", ".join(cells)).project(", ".join(numbers))
    row = read.aggregate(", ".join(sums)).fetchone() or ()
    return {name: tuple(row[3 * place : 3 * place + 3]) for place, name in enumerate(names)}


def _sum(number: str) -> str:
    return f"coalesce(sum({number}) FILTER (isfinite({number})), 0)"


def _currency(relation: duckdb.DuckDBPyRelation, names: list[str]) -> str | None:
    """Code of the sign that stands beside the numbers of any column."""
    for code, sign in _SIGNS.items():
        pattern = text_literal(rf"[+(-]?\s*({sign})\s*[+-]?[0-9][0-9.,' ]*[)]?|[+(-]?[0-9][0-9.,' ]*\s*({sign})[)]?")
        counts = [f"count_if(regexp_full_match(trim({identifier(name)}), {pattern})) * 2 > count(*)" for name in names]
        if any(relation.aggregate(", ".join(counts)).fetchone() or ()):
            return code
    return None
