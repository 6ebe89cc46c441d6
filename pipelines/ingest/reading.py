"""SQL that reads one cell: from text or a typed value to a canonical value, or null where it cannot be read.

Every function takes and gives SQL text. Nothing is guessed: a number has the marks and a time the format that the
convention says; what cannot be read under it becomes null, which the caller reports as unreadable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pipelines.ingest.sql import choice, text_literal

Kind = Literal["text", "id", "number", "integer", "boolean", "time"]
Family = Literal["text", "integer", "decimal", "float", "boolean", "date", "timestamp", "timestamptz"]

SPELLINGS_OF_MISSING = (
    "na",
    "n.a.",
    "nan",
    "nat",
    "none",
    "null",
    "nil",
    "-",
    "--",
    "—",
    "?",
    "#n/a",
    "n/a",
    "无",
    "空",
)
"""Texts that can only mean missing in a column of numbers, times or yes and no, in lower case."""

WORDS_FOR_TRUE = ("true", "t", "yes", "y", "1", "1.0", "on", "是", "真")
WORDS_FOR_FALSE = ("false", "f", "no", "n", "0", "0.0", "off", "否", "假")

REASONS: dict[Kind, str] = {
    "text": "not a text",
    "id": "an identifier that lost digits (scientific notation, or a number above 2^53)",
    "number": "not a number",
    "integer": "not a whole number",
    "boolean": "not yes or no",
    "time": "not a time",
}

_BLANKS = " \t\r\n\u00a0\u3000\ufeff\u200b"
_WIDE_MARKS = ("０１２３４５６７８９．，－−＋", "0123456789.,--+")
_SIGNS_OF_CURRENCY = {
    "AUD": "A$", "BRL": "R$", "CAD": "C$", "CHF": "Fr.", "CNY": "¥￥元", "EUR": "€", "GBP": "£", "HKD": "HK$",
    "INR": "₹", "JPY": "¥￥円", "KRW": "₩", "RUB": "₽", "USD": "$",
}  # fmt: skip
_WORD_SIGNS = frozenset({"A$", "R$", "C$", "Fr.", "HK$"})

_CLOCK = r"\d{2}:\d{2}(:\d{2}([.]\d{1,9})?)?"
_ISO_LOCAL = rf"\d{{4}}-\d{{2}}-\d{{2}}([T ]{_CLOCK})?"
_ISO_ZONED = rf"\d{{4}}-\d{{2}}-\d{{2}}[T ]{_CLOCK} ?(Z|UTC|[+-]\d{{2}}(:?\d{{2}})?)"
_ISO_WITH_T = rf"\d{{4}}-\d{{2}}-\d{{2}}T{_CLOCK}(Z|[+-]\d{{2}}(:?\d{{2}})?)?"

# Models compute with four bytes a number; what is larger is a mistake, or infinite.
_LARGEST = "3.4e38"
_FIRST_TIME = "TIMESTAMP '1000-01-01'"
_LAST_TIME = "TIMESTAMP '9999-12-31 23:59:59.999999'"
_TICKS_PER_SECOND = {"epoch_seconds": 1, "epoch_milliseconds": 1_000, "epoch_microseconds": 1_000_000}
_DAYS_TO_1970 = {"excel": 25_569, "excel_1904": 24_107}
NUMERIC_DATE_FORMATS = (*_TICKS_PER_SECOND, *_DAYS_TO_1970)


@dataclass(frozen=True)
class Convention:
    """How a source writes its values.

    Parameters
    ----------
    null_values
        Texts that mean missing.
    timezone
        Zone of times without one.
    decimal, thousands
        Marks in numbers.
    date_formats
        strptime formats or names of `NUMERIC_DATE_FORMATS`; empty: ISO 8601.
    trim
        Whether blanks at the ends are taken off.
    currency
        Code whose signs may stand at an amount.
    """

    null_values: tuple[str, ...] = ("",)
    timezone: str = "UTC"
    decimal: str = "."
    thousands: str | None = None
    date_formats: tuple[str, ...] = ()
    trim: bool = True
    currency: str | None = None


def family_of(duckdb_type: str) -> Family:
    """Group DuckDB's types by how they are read; whatever is not listed is read as text.

    Examples
    --------
    >>> family_of("DECIMAL(18,2)"), family_of("TIMESTAMP_NS"), family_of("TIMESTAMP WITH TIME ZONE")
    ('decimal', 'timestamp', 'timestamptz')
    """
    name = duckdb_type.upper()
    if name.endswith(("INT", "INTEGER")) or name == "BIGNUM":
        return "integer"
    if name.startswith("DECIMAL"):
        return "decimal"
    if name in ("FLOAT", "DOUBLE"):
        return "float"
    if name in ("BOOLEAN", "DATE"):
        return "boolean" if name == "BOOLEAN" else "date"
    if name == "TIMESTAMP WITH TIME ZONE":
        return "timestamptz"
    return "timestamp" if name.startswith("TIMESTAMP") else "text"


def cleaned(cell: str, family: Family, kind: Kind, convention: Convention) -> str:
    """Null where the cell means missing, else its text without outer blanks or its typed value."""
    if family == "float":
        return f"CASE WHEN isnan({cell}) THEN NULL ELSE {cell} END"
    if family != "text":
        return cell
    text = f"CAST({cell} AS VARCHAR)"
    text = f"trim({text}, {text_literal(_BLANKS)})" if convention.trim else text
    missing = f"{text} IN ({_texts(('', *convention.null_values))})"
    if kind not in ("text", "id"):
        missing += f" OR lower({text}) IN ({_texts(SPELLINGS_OF_MISSING)})"
    return f"CASE WHEN {missing} THEN NULL ELSE {text} END"


def mapped(cell: str, family: Family, value_map: dict[str, str | None]) -> tuple[str, Family]:
    """Replace the listed values; the result is text."""
    if not value_map:
        return cell, family
    text = _text(cell, family)
    listed = {old: "NULL" if new is None else text_literal(new) for old, new in value_map.items() if old != "*"}
    default = value_map.get("*", "")
    rest = text if "*" not in value_map else "NULL" if default is None else text_literal(default)
    return f"CASE WHEN {text} IS NULL THEN NULL ELSE {choice(text, listed, rest)} END", "text"


def value(cell: str, family: Family, kind: Kind, convention: Convention, factor: str = "") -> str:
    """Read a cleaned cell, before `settled` checks its range.

    Parameters
    ----------
    cell
        SQL of a cleaned cell.
    family
        Its type.
    kind
        What it should become.
    convention
        How the source writes.
    factor
        SQL of a number that numbers are multiplied by.

    Returns
    -------
    str
        SQL of VARCHAR, DOUBLE, BOOLEAN or TIMESTAMP (UTC); null where it cannot be read.
    """
    if kind == "text":
        return _text(cell, family)
    if kind == "id":
        return _identifier(cell, family)
    if kind == "boolean":
        return _boolean(cell, family)
    if kind == "time":
        return _time(cell, family, convention)
    number = _number(cell, family, convention)
    return f"({number}) * ({factor})" if factor else number


def settled(read: str, kind: Kind) -> str:
    """Finish a value: null where a number or time is out of range or not whole.

    Parameters
    ----------
    read
        SQL of what `value` gave; a column, as it is named several times.
    kind
        What it should become; an integer becomes BIGINT here.
    """
    if kind == "number":
        return f"CASE WHEN abs({read}) <= {_LARGEST} THEN {read} END"
    if kind == "integer":
        return f"CASE WHEN {read} = floor({read}) AND abs({read}) < 9e18 THEN CAST({read} AS BIGINT) END"
    if kind == "time":
        return f"CASE WHEN {read} BETWEEN {_FIRST_TIME} AND {_LAST_TIME} THEN {read} END"
    return read


def reason(kind: Kind, convention: Convention) -> str:
    """Why a value of this kind could not be read."""
    if kind != "time":
        return REASONS[kind]
    return f"{REASONS[kind]} in the format {' or '.join(convention.date_formats) or 'ISO 8601'}"


def _texts(values: tuple[str, ...]) -> str:
    return ", ".join(text_literal(each) for each in dict.fromkeys(values))


def _text(cell: str, family: Family) -> str:
    if family == "text":
        return f"CAST({cell} AS VARCHAR)"
    if family == "timestamptz":
        return f"CAST(timezone('UTC', {cell}) AS VARCHAR)"
    if family == "float":
        whole = f"{cell} = floor({cell}) AND abs({cell}) < 9007199254740992"
        return f"CASE WHEN {whole} THEN CAST(CAST({cell} AS BIGINT) AS VARCHAR) ELSE CAST({cell} AS VARCHAR) END"
    return f"CAST({cell} AS VARCHAR)"


def _identifier(cell: str, family: Family) -> str:
    text = _text(cell, family)
    if family == "float":
        return f"CASE WHEN abs({cell}) < 9007199254740992 THEN {text} END"
    if family not in ("text", "decimal"):
        return text
    return (
        f"CASE WHEN regexp_full_match({text}, '\\d[.]\\d+[eE][+]\\d+') THEN NULL "
        f"WHEN regexp_full_match({text}, '\\d+[.]0+') THEN split_part({text}, '.', 1) ELSE {text} END"
    )


def _boolean(cell: str, family: Family) -> str:
    if family == "boolean":
        return cell
    if family in ("date", "timestamp", "timestamptz"):
        return "CAST(NULL AS BOOLEAN)"
    word = f"lower({_text(cell, family)})"
    true, false = _texts(WORDS_FOR_TRUE), _texts(WORDS_FOR_FALSE)
    return f"CASE WHEN {word} IN ({true}) THEN TRUE WHEN {word} IN ({false}) THEN FALSE END"


def _number(cell: str, family: Family, convention: Convention) -> str:
    if family in ("date", "timestamp", "timestamptz"):
        return "CAST(NULL AS DOUBLE)"
    if family != "text":
        return f"CAST({cell} AS DOUBLE)"
    tidy = _tidied(cell, convention)
    return (
        f"CASE WHEN regexp_full_match({cell}, {_pattern(convention)}) THEN {_parsed(cell, convention)} "
        f"WHEN regexp_full_match({tidy}, {_pattern(convention)}) THEN {_parsed(tidy, convention)} END"
    )


def _pattern(convention: Convention) -> str:
    decimal = re.escape(convention.decimal)
    whole = r"\d+"
    if convention.thousands:
        mark = re.escape(convention.thousands)
        # Groups of three, or as in India of two before the last three: 1,234,567 and 12,34,567.
        whole = rf"(\d+|\d{{1,3}}({mark}\d{{3}})+|\d{{1,2}}({mark}\d{{2}})+{mark}\d{{3}})"
    return text_literal(rf"[+-]?({whole}({decimal}\d*)?|{decimal}\d+)([eE][+-]?\d+)?")


def _parsed(text: str, convention: Convention) -> str:
    if convention.thousands:
        text = f"replace({text}, {text_literal(convention.thousands)}, '')"
    if convention.decimal != ".":
        text = f"replace({text}, {text_literal(convention.decimal)}, '.')"
    return f"TRY_CAST({text} AS DOUBLE)"


def _tidied(cell: str, convention: Convention) -> str:
    """Plain digits and marks: full-width forms, signs of currency, accounting negatives and percent rewritten."""
    wide, plain = (text_literal(each) for each in _WIDE_MARKS)
    text = f"translate({cell}, {wide}, {plain})"
    if convention.thousands in (" ", "\u00a0", "\u202f", "'", "’"):
        for mark in ("\u00a0", "\u202f", "’"):
            text = f"replace({text}, '{mark}', {text_literal(_plain_mark(mark))})"
    if convention.currency:
        signs = "|".join(re.escape(sign) for sign in _signs(convention.currency))
        text = f"regexp_replace({text}, {text_literal(rf'^([+(-]?) ?({signs}) ?|[ ]?({signs})([)-]?)$')}, '\\1\\4')"
    bare = f"regexp_replace({text}, '^\\((.*)\\)$|^(.*)-$', '-\\1\\2')"
    return f"regexp_replace(trim({bare}), ' ?[%％]$', 'e-2')"


def _plain_mark(mark: str) -> str:
    return "'" if mark == "’" else " "


def _signs(currency: str) -> tuple[str, ...]:
    signs = _SIGNS_OF_CURRENCY.get(currency, "")
    return (currency, *((signs,) if signs in _WORD_SIGNS else tuple(signs)))


def _time(cell: str, family: Family, convention: Convention) -> str:
    if family == "timestamptz":
        return f"timezone('UTC', {cell})"
    if family in ("date", "timestamp"):
        return _to_utc(f"TRY_CAST({cell} AS TIMESTAMP)", convention.timezone)
    if family == "boolean":
        return "CAST(NULL AS TIMESTAMP)"
    readings = [_formatted(cell, family, each, convention) for each in convention.date_formats]
    if family == "text":
        readings.append(_iso(cell, convention.timezone, strict_t=bool(readings)))
    return f"COALESCE({', '.join(readings)})" if readings else "CAST(NULL AS TIMESTAMP)"


def _to_utc(local: str, timezone: str) -> str:
    return local if timezone == "UTC" else f"timezone('UTC', timezone({text_literal(timezone)}, {local}))"


def _iso(text: str, timezone: str, strict_t: bool) -> str:
    """ISO 8601; beside a format of the user's own only the form with a T, which no other format reads alike."""
    local_form, zoned_form = (_ISO_WITH_T, _ISO_WITH_T) if strict_t else (_ISO_LOCAL, _ISO_ZONED)
    zoned = f"regexp_full_match({text}, '{zoned_form}') AND regexp_matches({text}, '[T ].*(Z|UTC|[+-])')"
    # DuckDB wants the zone right behind the seconds.
    plain = f"regexp_replace(regexp_replace({text}, ' ?UTC$| Z$', 'Z'), ' ([+-])', '\\1')"
    plain = f"regexp_replace({plain}, '^(.{{16}})([Z+-])', '\\1:00\\2')"
    zoned_time = f"timezone('UTC', TRY_CAST({plain} AS TIMESTAMPTZ))"
    local_time = _to_utc(f"TRY_CAST({text} AS TIMESTAMP)", timezone)
    return f"CASE WHEN {zoned} THEN {zoned_time} WHEN regexp_full_match({text}, '{local_form}') THEN {local_time} END"


def _formatted(cell: str, family: Family, date_format: str, convention: Convention) -> str:
    if date_format in NUMERIC_DATE_FORMATS:
        return _from_number(_number(cell, family, convention), date_format, convention.timezone)
    parsed = f"try_strptime({_text(cell, family)}, {text_literal(date_format)})"
    if re.search(r"%[zZ]", date_format):
        return f"timezone('UTC', {parsed})"
    return _to_utc(parsed, convention.timezone)


def _from_number(number: str, date_format: str, timezone: str) -> str:
    """Count of seconds since 1970 in UTC, or of days since 1900 or 1904 on the local clock."""
    if date_format in _TICKS_PER_SECOND:
        ticks = 1_000_000 // _TICKS_PER_SECOND[date_format]
        return f"TRY(make_timestamp(CAST(round(({number}) * {ticks}) AS BIGINT)))"
    # To the second: a serial number holds times of day as fractions that are not exact.
    seconds = f"CAST(round((({number}) - {_DAYS_TO_1970[date_format]}) * 86400) AS BIGINT)"
    return _to_utc(f"TRY(make_timestamp({seconds} * 1000000))", timezone)
