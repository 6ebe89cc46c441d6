"""What the files say against each other: facts before or after the thing they belong to, and who has left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import duckdb

from pipelines.validation.sources import Link, Source, Sources, ask, joined
from pipelines.warehouse.sql import identifier, statement

LEAST_SHARE = 0.01
ALIKE = 0.8
_BEGINS = re.compile(r"sign.?up|start|creat|began|begin|since|join|regist|opened|注册|开通|开始|创建", re.IGNORECASE)
_ENDS = re.compile(
    r"(^|_)(end|ends|ended|cancel\w*|terminat\w*|churn\w*|left|expir\w*)(_|$)|结束|终止|注销|流失", re.IGNORECASE
)

_LEFT = re.compile(r"churn|cancel|attrit|(^|_)left(_|$)|流失|退订|注销", re.IGNORECASE)
_TRUE = ("true", "t", "1", "1.0", "yes", "y", "是", "left", "churned", "已流失")


@dataclass(frozen=True)
class Misdated:
    """Rows dated before what they belong to began, or after it ended.

    Parameters
    ----------
    which
        ``before`` or ``after``.
    child, child_time, parent, parent_time
        Tables and columns.
    rows, of
        Rows that contradict, of rows that have both times.
    """

    which: Literal["before", "after"]
    child: str
    child_time: str
    parent: str
    parent_time: str
    rows: int
    of: int

    @property
    def share(self) -> float:
        """Part of the rows that contradict."""
        return self.rows / self.of


@dataclass(frozen=True)
class SaysLeft:
    """One way in which the files say who has left.

    Parameters
    ----------
    where
        Table and column, or table alone where having a row says it.
    customers
        Customers who have left by it.
    """

    where: str
    customers: int


@dataclass(frozen=True)
class Departures:
    """The ways to say who has left, and how far they agree.

    Parameters
    ----------
    total
        Number of customers.
    ways
        The different ones.
    agreement
        Of each pair: names, and customers in both as a share of customers in either (Jaccard).
    """

    total: int
    ways: list[SaysLeft]
    agreement: list[tuple[str, str, float]]

    @property
    def contradict(self) -> bool:
        """Whether two ways name different customers."""
        return any(share < ALIKE for _, _, share in self.agreement)


def misdated(connection: duckdb.DuckDBPyConnection, sources: Sources) -> list[Misdated]:
    """Find facts dated outside the life of what they belong to, most frequent first."""
    found = [each for source in sources.found for each in _misdated(connection, sources, source)]
    return sorted((each for each in found if each.of and each.share >= LEAST_SHARE), key=lambda each: -each.share)


def departures(connection: duckdb.DuckDBPyConnection, sources: Sources) -> Departures | None:
    """Compare the ways in which the files say who has left; nothing if there are fewer than two."""
    root = sources.root
    if root is None:
        return None
    people = {where: _people(connection, query) for where, query in _ways(sources, root)}
    people = {where: each for where, each in people.items() if 0 < len(each) < root.rows}
    groups: dict[frozenset[str], list[str]] = {}
    for where, each in people.items():
        groups.setdefault(frozenset(each), []).append(where)
    if len(groups) < 2:
        return None
    ways = [SaysLeft(names[0], len(each)) for each, names in groups.items()]
    pairs = combinations(groups.items(), 2)
    agreement = [(one[1][0], other[1][0], len(one[0] & other[0]) / len(one[0] | other[0])) for one, other in pairs]
    return Departures(root.rows, ways, agreement)


def _misdated(connection: duckdb.DuckDBPyConnection, sources: Sources, child: Source) -> Iterator[Misdated]:
    happened = next((column for column in child.times if not _ENDS.search(column)), None)
    if happened is None:
        return
    for path in sources.paths(child):
        parent = path[-1].parent
        begins, ends = _first(parent, _BEGINS), _first(parent, _ENDS)
        begins = begins or next((column for column in parent.times if column != ends), None)
        if begins is not None:
            yield _counted(connection, path, "before", happened, begins)
        if ends is not None:
            yield _counted(connection, path, "after", happened, ends)


def _first(source: Source, pattern: re.Pattern[str]) -> str | None:
    return next((column for column in source.times if pattern.search(column)), None)


def _counted(
    connection: duckdb.DuckDBPyConnection, path: list[Link], which: Literal["before", "after"], happened: str, edge: str
) -> Misdated:
    """Count by the day, because one side may hold days only."""
    ours, theirs = f"s0.{identifier(happened)}::DATE", f"s{len(path)}.{identifier(edge)}::DATE"
    wrong = f"{ours} {'<' if which == 'before' else '>'} {theirs}"
    both = f"{ours} IS NOT NULL AND {theirs} IS NOT NULL"
    counted = f"count(*) FILTER (WHERE {wrong}), count(*) FILTER (WHERE {both})"
    rows, of = ask(connection, counted, joined(path))[0]
    return Misdated(which, path[0].child.name, happened, path[-1].parent.name, edge, rows, of)


def _ways(sources: Sources, root: Source) -> Iterator[tuple[str, str]]:
    """Name every place that says who has left, with the query for the customers."""
    for source in sources.found:
        path = next((path for path in sources.paths(source) if path[-1].parent is root), None)
        if source is not root and path is None:
            continue
        origin = f"{identifier(source.place)} AS s0" if path is None else joined(path)
        who = f"s{0 if path is None else len(path)}.{identifier(root.keys[0])}"
        for column, kind in source.columns.items():
            said = _says_left(column, kind)
            if said is not None:
                yield f"{source.name}.{column}", statement("SELECT DISTINCT", who, "FROM", origin, "WHERE", said)
        if path is not None and _LEFT.search(source.name):
            yield source.name, statement("SELECT DISTINCT", who, "FROM", origin)


def _says_left(column: str, kind: str) -> str | None:
    if kind.startswith(("DATE", "TIMESTAMP")):
        return f"s0.{identifier(column)} IS NOT NULL" if _ENDS.search(column) else None
    if kind in ("BOOLEAN", "VARCHAR", "BIGINT") and _LEFT.search(column):
        return f"lower(trim(s0.{identifier(column)}::VARCHAR)) IN {_TRUE}"
    return None


def _people(connection: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return {str(who) for (who,) in connection.execute(query).fetchall() if who is not None}
