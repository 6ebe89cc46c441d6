"""Read the ASCII example of a signal, which is its documentation and its test.

An example is a table of rows of one customer, then the expected values::

    happened_at | event_type
    -1d         | login
    -8d 3h      | login
    0d          | login
    => 7d: 1, 30d: 2

Times are relative to the cutoff: ``-8d 3h`` is eight days and three hours before it, ``0d`` is the cutoff itself, which
no signal may see. Columns that are not named are empty. A line with a table's name begins rows of that table.
``customer_id`` names other customers beside the one looked at, whose cells are left blank. Expected is one value,
``none`` for missing, or one for each window; fractions such as ``2/3`` are welcome.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pyarrow as pa

from features.errors import DefinitionError
from features.tables import TABLES, Column, Table

EXAMPLE_CUTOFF = datetime(2026, 6, 1)
"""The cutoff at which examples are computed, a Monday."""
Value = float | str | None
_CUSTOMER = "customer_id"
_PART = re.compile(r"(\d+)(us|d|h|m|s)")
_TIME = re.compile(r"[+-]?(\d+(us|d|h|m|s)\s*)+")
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds", "us": "microseconds"}
_FLAGS = {"yes": True, "no": False}
_ARROW = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us"),
}


@dataclass(frozen=True)
class Example:
    """An example that was read.

    Parameters
    ----------
    rows
        Rows by table name; times are instants, ``customer_id`` is empty for the customer looked at.
    expected
        The expected value by window in days, ``None`` for the whole history.
    """

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    expected: Mapping[int | None, Value]

    @property
    def others(self) -> set[str]:
        """Names of the other customers."""
        return {row[_CUSTOMER] for rows in self.rows.values() for row in rows if row.get(_CUSTOMER)}


def read_example(text: str, table: Table, cutoff: datetime = EXAMPLE_CUTOFF) -> Example:
    """Read an example.

    Parameters
    ----------
    text
        The ASCII table and its expectation.
    table
        The table that the first rows belong to.
    cutoff
        The instant that times are relative to.

    Raises
    ------
    DefinitionError
        If a line cannot be read; the message holds the line.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    header: list[Column] = []
    expected: dict[int | None, Value] | None = None
    for line in (line.strip() for line in text.splitlines() if line.strip()):
        if line.startswith("=>"):
            expected = _expected(line)
        elif line in TABLES:
            table, header = TABLES[line], []
        elif not header:
            header = [_column(table, name.strip()) for name in line.split("|")]
        else:
            rows.setdefault(table.name, []).append(_row(header, line, cutoff))
    if expected is None:
        raise DefinitionError("the example needs a last line such as '=> 3', '=> none' or '=> 7d: 1, 30d: 2'.")
    return Example(rows, expected)


def example_tables(examples: Mapping[str, Example]) -> dict[str, pa.Table]:
    """Put the rows of many examples into canonical tables.

    Parameters
    ----------
    examples
        Examples by the identity of the customer looked at; other customers are called ``<identity>/<name>``.

    Returns
    -------
    dict of str to pyarrow Table
        Every canonical table that has rows, with all its columns.
    """
    rows: dict[str, list[dict[str, Any]]] = {}
    for identity, example in examples.items():
        for name, some in example.rows.items():
            owned = [{**row, _CUSTOMER: customer_of(identity, row.get(_CUSTOMER))} for row in some]
            rows.setdefault(name, []).extend(owned)
    return {name: pa.Table.from_pylist(some, schema=_schema(TABLES[name])) for name, some in rows.items()}


def example_people(examples: Mapping[str, Example], cutoff: datetime = EXAMPLE_CUTOFF) -> pa.Table:
    """Give ``customer_id`` and ``cutoff`` of every customer of the examples, looked at or other."""
    customers = [
        customer_of(identity, other)
        for identity, example in examples.items()
        for other in (None, *sorted(example.others))
    ]
    return pa.table({_CUSTOMER: customers, "cutoff": pa.array([cutoff] * len(customers), _ARROW["timestamp"])})


def customer_of(identity: str, other: str | None) -> str:
    """Identity of a customer of an example.

    >>> customer_of("usage__logins", None), customer_of("usage__logins", "b")
    ('usage__logins', 'usage__logins/b')
    """
    return f"{identity}/{other}" if other else identity


def _schema(table: Table) -> pa.Schema:
    return pa.schema([(column.name, _ARROW[column.type]) for column in table.all_columns])


def _column(table: Table, name: str) -> Column:
    if name not in table:
        names = ", ".join(column.name for column in table.all_columns)
        raise DefinitionError(f"the example names a column {name!r}; {table.name} has {names}.")
    return table[name]


def _row(header: Sequence[Column], line: str, cutoff: datetime) -> dict[str, Any]:
    cells = [cell.strip() for cell in line.split("|")]
    if len(cells) != len(header):
        raise DefinitionError(f"the example's row {line!r} has {len(cells)} cells; its header has {len(header)}.")
    return {column.name: _cell(column, cell, cutoff) for column, cell in zip(header, cells, strict=True)}


def _cell(column: Column, cell: str, cutoff: datetime) -> Any:
    if not cell:
        return None
    try:
        return _READERS[column.type](cell, cutoff)
    except (ValueError, KeyError) as error:
        raise DefinitionError(
            f"the example's {column.name} holds {cell!r}; write {_FORMS[column.type]}, or nothing for unknown."
        ) from error


def _instant(cell: str, cutoff: datetime) -> datetime:
    if not _TIME.fullmatch(cell):
        raise ValueError(cell)
    length = sum((timedelta(**{_UNITS[unit]: int(amount)}) for amount, unit in _PART.findall(cell)), timedelta())
    return cutoff - length if cell.startswith("-") else cutoff + length


_READERS: dict[str, Any] = {
    "string": lambda cell, _: cell,
    "int64": lambda cell, _: int(cell),
    "float64": lambda cell, _: float(cell),
    "boolean": lambda cell, _: _FLAGS[cell],
    "timestamp": _instant,
}
_FORMS = {
    "string": "a text",
    "int64": "a whole number",
    "float64": "a number",
    "boolean": "yes or no",
    "timestamp": "a time relative to the cutoff such as -8d 3h, 0d or +1d",
}


def _expected(line: str) -> dict[int | None, Value]:
    expectation = line.removeprefix("=>").strip()
    if not re.match(r"\d+d:", expectation):
        return {None: _value(expectation)}
    pairs = (part.split(":", 1) for part in expectation.split(","))
    return {int(window.strip().removesuffix("d")): _value(value.strip()) for window, value in pairs}


def _value(text: str) -> Value:
    if text == "none":
        return None
    try:
        return float(Fraction(text))
    except ValueError:
        return text
