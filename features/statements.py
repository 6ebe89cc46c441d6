"""The few statements that change from cutoff to cutoff, as text: from tables made here and whole numbers, no values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def select(
    name: str,
    columns: Sequence[str],
    conditions: Iterable[str] = (),
    formulas: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Select columns of a table of ours, some of them by a formula.

    >>> select("bands", ["_code", "a0"], ["_slice <= 3"])
    'SELECT _code, a0 FROM bands WHERE _slice <= 3'
    """
    where = " AND ".join(conditions)
    chosen = ", ".join(
        f"{formulas[each]} AS {_names([each])}" if each in formulas else _names([each]) for each in columns
    )
    return f"SELECT {chosen} FROM {_names([name])}" + (f" WHERE {where}" if where else "")


def faded(column: str, since: str | int, until: int, half_life: float) -> str:
    """Let a decayed sum fade from one instant, or a column that holds it, to another; all in microseconds.

    >>> faded("a1", 5, 7, 4.0)
    'CAST(CAST(a1 AS DOUBLE) * POWER(CAST(2 AS DOUBLE), (5 - 7) / CAST(4.0 AS DOUBLE)) AS DECIMAL(38, 12))'
    """
    since = _names([since]) if isinstance(since, str) else int(since)
    factor = f"POWER(CAST(2 AS DOUBLE), ({since} - {int(until)}) / CAST({float(half_life)!r} AS DOUBLE))"
    return f"CAST(CAST({_names([column])} AS DOUBLE) * {factor} AS DECIMAL(38, 12))"


def union(selects: Iterable[str]) -> str:
    """Put the rows of several statements together."""
    return " UNION ALL ".join(selects)


def constants(names: Sequence[str], rows: Iterable[Sequence[int]], kind: str = "BIGINT") -> str:
    """Give a table of whole numbers, the first of them small, the others of a type.

    >>> constants(["_band", "_word0"], [[0, 4]])
    'SELECT CAST(_band AS SMALLINT) AS _band, _word0 FROM (VALUES (0, CAST(4 AS BIGINT))) AS given(_band, _word0)'
    """
    first, *others = names
    values = ", ".join(f"({int(row[0])}{''.join(_cast(each, kind) for each in row[1:])})" for row in rows)
    chosen = ", ".join([f"CAST({_names([first])} AS SMALLINT) AS {first}", *others])
    return f"SELECT {chosen} FROM (VALUES {values}) AS given({_names(names)})"


def one_row(numbers: Mapping[str, int], kind: str = "SMALLINT") -> str:
    """Give a table of one row of whole numbers.

    >>> one_row({"w7": 4, "w30": 2})
    'SELECT CAST(4 AS SMALLINT) AS w7, CAST(2 AS SMALLINT) AS w30'
    """
    return "SELECT " + ", ".join(
        f"CAST({int(number)} AS {kind}) AS {_names([name])}" for name, number in numbers.items()
    )


def between(column: str, numbers: range) -> str:
    """Say that a column lies in a range."""
    return f"{_names([column])} BETWEEN {numbers[0]} AND {numbers[-1]}"


def among(column: str, numbers: Iterable[int]) -> str:
    """Say that a column is one of some numbers."""
    return f"{_names([column])} IN ({', '.join(str(int(number)) for number in numbers)})"


def _cast(number: int, kind: str) -> str:
    return f", CAST({int(number)} AS {kind})"


def _names(names: Sequence[str]) -> str:
    for name in names:
        if name != "*" and not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a name of ours.")
    return ", ".join(names)
