"""Lines of the YAML that say how a source is read: marks, dates, zone, currency, rows to keep."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.ingest.reading import Convention, cleaned, value
from pipelines.ingest.sql import identifier
from pipelines.propose.dates import Dates
from pipelines.propose.evidence import Evidence, Looked
from pipelines.propose.glossary import CURRENCY_COLUMN, is_chinese, normal, words
from pipelines.propose.proposal import Line

_ZONED = "regexp_matches(CAST({} AS VARCHAR), ':[0-9]{{2}}.*(Z|[+-][0-9]{{2}}:?[0-9]{{2}})$')"
_REJECT_LIMIT = 0.05


def place_lines(looked: Looked) -> list[Line]:
    """Lines for where the rows are and how their text is split."""
    return [Line("path", looked.place.path), *looked.place.settings]


def mark_lines(looked: Looked) -> list[Line]:
    """Lines for the decimal and thousands marks."""
    marks = looked.marks
    doubt = "other marks would read the same numbers differently" if marks.is_ambiguous else ""
    lines = []
    if marks.decimal != "." or doubt:
        lines.append(Line("decimal", marks.decimal, doubt, bool(doubt)))
    if marks.thousands:
        lines.append(Line("thousands", marks.thousands))
    return lines


def currency_lines(looked: Looked, may_differ: bool) -> list[Line]:
    """Lines for the currency of the amounts, as a column or the signs beside the numbers say.

    Parameters
    ----------
    looked
        The source.
    may_differ
        Whether rows of different currencies can be told apart.
    """
    column = next((each for each in looked.columns.values() if normal(each.name) in words(CURRENCY_COLUMN)), None)
    if column is not None and len(column.values) == 1:
        return [Line("currency", column.values[0], f"the only one in {column.name}")]
    if column is not None and column.values and may_differ:
        return [Line("currency_column", column.name, "give rates; without them money is mixed", unsure=True)]
    if looked.marks.currency:
        return [Line("currency", looked.marks.currency, "its sign stands beside the numbers")]
    return []


def settled_dates(looked: Looked, column: Evidence) -> tuple[Dates, str]:
    """Dates of a column, and why they are doubtful; another column of the source may decide day or month first."""
    dates = column.dates or Dates((), 0.0)
    if not dates.rival:
        return dates, ""
    decided = {
        each.dates.formats[0][:2]
        for each in looked.columns.values()
        if each.dates and each.dates.formats and not each.dates.rival
    }
    if decided == {dates.rival[0][:2]}:
        return Dates(dates.rival, dates.share), ""
    if decided == {dates.formats[0][:2]}:
        return Dates(dates.formats, dates.share), ""
    return dates, f"day and month cannot be told apart; {' or '.join(dates.rival)} reads them all too"


def date_lines(looked: Looked, columns: Iterable[Evidence]) -> list[Line]:
    """Lines for the date format, where all time columns share it, and for the zone."""
    times = [each for each in columns if each.dates]
    settled = [settled_dates(looked, each) for each in times]
    lines = []
    formats = {dates.formats for dates, _ in settled}
    if len(formats) == 1 and (shared := formats.pop()):
        doubt = next((doubt for _, doubt in settled if doubt), "")
        lines.append(Line("date_format", shared[0] if len(shared) == 1 else list(shared), doubt, bool(doubt)))
    return lines + _zone_lines(looked, times)


def shares_format(looked: Looked, columns: Iterable[Evidence]) -> bool:
    """Whether all time columns are written alike."""
    return len({settled_dates(looked, each)[0].formats for each in columns if each.dates}) <= 1


def _zone_lines(looked: Looked, times: list[Evidence]) -> list[Line]:
    naive = [each for each in times if each.family not in ("date", "timestamptz") and not _is_zoned(looked, each)]
    if not naive:
        return []
    if is_chinese(list(looked.columns)):
        return [Line("timezone", "Asia/Shanghai", "times name no zone; the names are Chinese", unsure=True)]
    return [Line("timezone", "UTC", "times name no zone; set the one of the clock that wrote them", unsure=True)]


def _is_zoned(looked: Looked, column: Evidence) -> bool:
    formats = column.dates.formats if column.dates else ()
    if any(each.startswith("epoch") for each in formats):
        return True
    return looked.one(f"count_if({_ZONED.format(identifier(column.name))})") >= column.filled


def keep_condition(column: Evidence) -> str:
    """SQL that keeps rows with a value."""
    name = identifier(column.name)
    return f"trim({name}) <> ''" if column.family == "text" else f"{name} IS NOT NULL"


def limit_lines(looked: Looked, columns: Iterable[Evidence], numbers: Iterable[Evidence]) -> list[Line]:
    """Lines for how many rows may be unreadable, where the usual limit would stop the load."""
    shares = [each.dates.share for each in columns if each.dates] + [each.number_share for each in numbers]
    worst = 1 - min(shares, default=1.0)
    if worst < _REJECT_LIMIT * 0.8:
        return []
    return [Line("reject_limit", round(worst + 0.05, 2), f"{worst:.1%} of a column cannot be read", unsure=True)]


def time_sql(looked: Looked, column: Evidence) -> str:
    """SQL of a column as a time, as the proposed mapping reads it."""
    formats = settled_dates(looked, column)[0].formats
    convention = Convention(date_formats=formats)
    cell = cleaned(identifier(column.name), column.family, "time", convention)
    return value(f"({cell})", column.family, "time", convention)
