"""Names and values written as DuckDB's SQL."""

from __future__ import annotations

from typing import Any


def name(*parts: str) -> str:
    """Quote a name, qualified by those before it.

    Examples
    --------
    >>> name("loaded", "unit price")
    '"loaded"."unit price"'
    """
    from sqlglot import exp

    return ".".join(exp.to_identifier(part, quoted=True).sql("duckdb") for part in parts)


def value(given: Any) -> str:
    """Write a value as SQL of its own type.

    Examples
    --------
    >>> value("O'Neil"), value(0.5), value(None)
    ("'O''Neil'", '0.5', 'NULL')
    """
    from sqlglot import exp

    return exp.convert(given).sql("duckdb")


def sql(*parts: str) -> str:
    """Put a statement together from words and from names and values that are quoted already."""
    return " ".join(parts)
