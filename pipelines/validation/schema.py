"""What changed in the shape of a load: tables and columns that are new, gone, renamed or of another type."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.validation.check import Check
from pipelines.validation.suite import Finding

COLUMNS = "expect_table_columns_to_match_set"
ALIKE = 0.6


def changes(before: Mapping[str, dict[str, Any]], now: Mapping[str, dict[str, Any]]) -> list[Finding]:
    """Compare the profiles of two loads.

    Parameters
    ----------
    before, now
        Table to its profile, see `pipelines.validation.profile`.

    Returns
    -------
    list of Finding
        One a change; a column without any value counts as not there.
    """
    found = [_finding(table, "gone", f"the table {table} is gone") for table in sorted(before.keys() - now.keys())]
    found += [_finding(table, "new", f"the table {table} is new") for table in sorted(now.keys() - before.keys())]
    for table in sorted(before.keys() & now.keys()):
        found += _columns(table, _filled(before[table]), _filled(now[table]))
    return found


def _columns(table: str, before: dict[str, Any], now: dict[str, Any]) -> Iterator[Finding]:
    gone, new = sorted(before.keys() - now.keys()), sorted(now.keys() - before.keys())
    for column in gone:
        heir = _heir(column, before[column], {name: now[name] for name in new})
        if heir is None:
            yield _finding(f"{table}.{column}", "gone", f"the column {column} is gone")
        else:
            new.remove(heir)
            yield _finding(f"{table}.{column}", "renamed", f"the column {column} seems to be {heir} now")
    for column in new:
        yield _finding(f"{table}.{column}", "new", f"the column {column} is new")
    for column in sorted(before.keys() & now.keys()):
        if before[column]["type"] != now[column]["type"]:
            said = f"{column} was {before[column]['type']} and is {now[column]['type']} now"
            yield _finding(f"{table}.{column}", "retyped", said)


def _heir(column: str, before: dict[str, Any], new: dict[str, dict[str, Any]]) -> str | None:
    """Find a new column of the same type with a similar name, or else with the same closed set of values."""
    alike = {name: looked for name, looked in new.items() if looked["type"] == before["type"]}
    close = difflib.get_close_matches(column.lower(), [name.lower() for name in alike], n=1, cutoff=ALIKE)
    if close:
        return next(name for name in alike if name.lower() == close[0])
    values = _values(before)
    same = (name for name, looked in alike.items() if values and values == _values(looked))
    return next(same, None)


def _values(looked: dict[str, Any]) -> set[Any]:
    return set((looked["partition"] or {}).get("values", ()))


def _filled(profile: dict[str, Any]) -> dict[str, Any]:
    return {name: looked for name, looked in profile["columns"].items() if looked["missing"] < 1 or not profile["rows"]}


def _finding(place: str, what: str, said: str) -> Finding:
    table = place.split(".")[0]
    return Finding(Check(f"{place}.{what}", table, COLUMNS, {}, "warn", said), "failed")
