"""Pieces of SQL around the expressions that a user writes, and their checks."""

from __future__ import annotations

import datetime

from pipelines.errors import ConfigError
from pipelines.warehouse.sql import identifier, literal, text_literal

__all__ = [
    "Constant",
    "check_expression",
    "choice",
    "enclosed",
    "first_line",
    "identifier",
    "literal",
    "select",
    "text_literal",
]

Constant = str | int | float | bool | datetime.datetime | datetime.date


def select(columns: str, origin: str) -> str:
    """Put a SELECT together from parts whose names are quoted already."""
    return " ".join(("SELECT", columns, "FROM", origin))


def choice(tested: str, cases: dict[str, str], otherwise: str) -> str:
    """Write a CASE over texts.

    Parameters
    ----------
    tested
        SQL of the tested text.
    cases
        Text to SQL of the result.
    otherwise
        SQL of the result for any other text.
    """
    if not cases:
        return otherwise
    branches = " ".join(f"WHEN {text_literal(text)} THEN {result}" for text, result in cases.items())
    return f"CASE {tested} {branches} ELSE {otherwise} END"


def enclosed(expression: str) -> str:
    r"""Put an expression of the user's in parentheses, safe from a comment at its end.

    Examples
    --------
    >>> enclosed("a > 1 -- kept")
    '(a > 1 -- kept\n)'
    """
    return f"({expression}\n)"


def check_expression(expression: str, where: str) -> None:
    """Refuse text that is not one SQL expression.

    Parameters
    ----------
    expression
        What the user wrote.
    where
        Its place in the configuration, for the message.

    Raises
    ------
    ConfigError
        If it does not parse or holds more than one statement.
    """
    import duckdb

    try:
        statements = duckdb.extract_statements(f"SELECT {enclosed(expression)}")
    except duckdb.Error as error:
        raise ConfigError(
            f"{where}: '{expression}' is not SQL: {first_line(error)}",
            allowed="one DuckDB SQL expression over the source's columns",
            do="correct the expression; names with blanks or that are words of SQL go in double quotes",
        ) from None
    if len(statements) != 1:
        raise ConfigError(f"{where}: '{expression}' holds several statements", allowed="one DuckDB SQL expression")


def first_line(error: Exception) -> str:
    """First line of an error's text without the kind of error that DuckDB puts before it."""
    line = str(error).strip().split("\n", 1)[0]
    kind, separator, rest = line.partition(" Error: ")
    return (rest if separator and len(kind) < 30 else line)[:200]
