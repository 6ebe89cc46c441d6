"""In which format a column of texts or numbers writes its times, as far as its values can tell."""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from pipelines.ingest.reading import Convention, Family, cleaned, value
from pipelines.ingest.sql import identifier

_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_DAYS: dict[str, tuple[str, ...]] = {
    "year first": ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d"),
    "day first": ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%y", "%d %b %Y", "%d-%b-%Y", "%d %B %Y"),
    "month first": ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%b %d, %Y", "%B %d, %Y"),
}
_ODD = {"year first": ("%Y年%m月%d日%H:%M:%S", "%Y年%m月%d日 %H时%M分", "%Y%m%d%H%M%S", "%Y%m%d%H%M")}
FORMATS = {order: (*(d + c for d in days for c in _CLOCKS), *_ODD.get(order, ())) for order, days in _DAYS.items()}
NUMBERS = {"epoch_seconds": (6e8, 3e9), "epoch_milliseconds": (6e11, 3e12), "excel": (20_000.0, 60_000.0)}
_NAMES_A_TIME = re.compile(r"date|time|_(at|on)$|日期|时间|时刻", re.IGNORECASE)
_FIRST, _LAST = "TIMESTAMP '1900-01-01'", "TIMESTAMP '9999-12-31'"
_PLAIN_NUMBER = r"[+-]?\d*[.,]?\d+"
# Digits alone: %Y%m%d, and with hours and minutes, and with seconds.
_WRITTEN_WITHOUT_MARKS = "(8, 12, 14)"
_FEW = 20
ENOUGH = 0.9


@dataclass(frozen=True)
class Dates:
    """How times are written.

    Parameters
    ----------
    formats
        For ``date_format``; empty for ISO 8601 and for typed columns.
    share
        Part of the values that reads as a time.
    rival
        Formats that read as many values to other days: day and month cannot be told apart.
    """

    formats: tuple[str, ...]
    share: float
    rival: tuple[str, ...] = ()


def detect_dates(relation: duckdb.DuckDBPyRelation, name: str, family: Family) -> Dates | None:
    """Find the formats that read a column; ``None`` where none reads nine in ten values.

    Parameters
    ----------
    relation
        A sample.
    name
        The column.
    family
        Its type.
    """
    if family in ("date", "timestamp", "timestamptz"):
        return Dates((), 1.0)
    if family == "boolean":
        return None
    cell = cleaned(identifier(name), family, "time", Convention())
    cells = relation.project(f"{cell} AS cell").filter("cell IS NOT NULL").distinct()
    total = _one(cells, "count(*)")
    if not total:
        return None
    if family != "text":
        return _from_numbers(cells, family, total)
    return _from_texts(cells, total) or (_from_written_numbers(cells, total) if _NAMES_A_TIME.search(name) else None)


def _from_texts(cells: duckdb.DuckDBPyRelation, total: int) -> Dates | None:
    number = f"regexp_full_match(cell, '{_PLAIN_NUMBER}') AND length(cell) NOT IN {_WRITTEN_WITHOUT_MARKS}"
    shaped = f"length(cell) BETWEEN 6 AND 40 AND regexp_matches(cell, '[0-9]') AND NOT ({number})"
    if not _one(cells, f"count_if({shaped})") >= ENOUGH * total:
        return None
    iso = _one(cells, f"count({value('cell', 'text', 'time', Convention())})") / total
    if iso == 1:
        return Dates((), 1.0)
    found = sorted((_covering(cells, order, total) for order in _orders(cells)), key=lambda each: -each.share)
    if not found or found[0].share < ENOUGH:
        return Dates((), iso) if iso >= ENOUGH else None
    rival = next((each.formats for each in found[1:] if each.share == found[0].share), ())
    return Dates(found[0].formats, found[0].share, rival)


def _orders(cells: duckdb.DuckDBPyRelation) -> list[str]:
    """Orders of day and month in which a few of the cells can be read: asked before each format reads them all."""
    few = cells.limit(_FEW)
    return [order for order, formats in FORMATS.items() if _one(few, _read(*formats))]


def _covering(cells: duckdb.DuckDBPyRelation, order: str, total: int) -> Dates:
    """Take the formats of one order of day and month that read most, as many as are needed."""
    formats = FORMATS[order]
    counts = cells.aggregate(", ".join(_read(each) for each in formats)).fetchone() or ()
    ranked = sorted(zip((count or 0 for count in counts), formats, strict=True), key=lambda each: -each[0])
    taken, covered = [], 0
    for count, each in ranked:
        if count and covered < total:
            taken.append(each)
            covered += count
    return Dates(tuple(taken), min(covered, total) / total)


def _read(*date_formats: str, family: Family = "text") -> str:
    read = value("cell", family, "time", Convention(date_formats=date_formats))
    return f"count_if({read} BETWEEN {_FIRST} AND {_LAST})"


def _from_written_numbers(cells: duckdb.DuckDBPyRelation, total: int) -> Dates | None:
    """Find out which times numbers in a column of texts are; amounts look alike, so that only its name allows it."""
    return _from_numbers(cells.project("TRY_CAST(cell AS DOUBLE) AS cell"), "float", total)


def _from_numbers(cells: duckdb.DuckDBPyRelation, family: Family, total: int) -> Dates | None:
    for name, (low, high) in NUMBERS.items():
        if _one(cells, f"count_if(cell BETWEEN {low} AND {high})") == total:
            return Dates((name,), 1.0)
    whole = family == "integer" and _one(cells, "count_if(cell BETWEEN 19000101 AND 21001231)") == total
    if whole and _one(cells, _read("%Y%m%d", family=family)) == total:
        return Dates(("%Y%m%d",), 1.0)
    return None


def _one(relation: duckdb.DuckDBPyRelation, aggregate: str) -> int:
    found = relation.aggregate(aggregate).fetchone()
    return int(found[0] or 0) if found else 0
