"""Names and values as DuckDB's SQL: everything that is put into a statement goes through here."""

from __future__ import annotations

import datetime
import math
from typing import Any


def identifier(*parts: str) -> str:
    """Quote a name, qualified by those before it.

    Examples
    --------
    >>> identifier("unit price"), identifier("loaded", 'a"b')
    ('"unit price"', '"loaded"."a""b"')
    """
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def text_literal(value: str) -> str:
    """Quote a text value.

    Examples
    --------
    >>> text_literal("O'Neil")
    "'O''Neil'"
    """
    return "'" + value.replace("'", "''") + "'"


def literal(value: Any) -> str:
    """Write a value as SQL of its own type; what has none is written as text.

    Examples
    --------
    >>> literal(True), literal(1.5), literal("x"), literal(None)
    ('TRUE', '1.5', "'x'", 'NULL')
    >>> literal(datetime.datetime(2026, 1, 1, 12))
    "TIMESTAMP '2026-01-01 12:00:00'"
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value) if math.isfinite(value) else f"CAST({text_literal(str(value))} AS DOUBLE)"
    if isinstance(value, datetime.datetime):
        kind = "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP"
        return f"{kind} {text_literal(value.isoformat(sep=' '))}"
    if isinstance(value, datetime.date):
        return f"DATE {text_literal(value.isoformat())}"
    return text_literal(str(value))


def statement(*parts: str) -> str:
    """Put a statement together from words and from names and values that are quoted already."""
    return " ".join(parts)
