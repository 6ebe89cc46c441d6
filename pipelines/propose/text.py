"""How a text file is written: encoding, delimiter, and whether its first line holds names."""

from __future__ import annotations

import codecs
import csv
import gzip
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import DataError
from pipelines.ingest.mapping import WHITESPACE

_CHUNK_BYTES = 4 << 20
_HEAD_LETTERS = 1 << 18
_MOST_LINES = 200
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMON_SHARE = 0.8
_FEW_LETTERS = 4
_VALUE = re.compile(r"[\s¥￥€£$+(-]*[\d.,/:年月日 -]*\d[\d.,/:年月日TZ %)-]*")


@dataclass(frozen=True)
class Encoding:
    """An encoding, and why it is doubtful; empty where it is not."""

    name: str
    doubt: str = ""


@dataclass(frozen=True)
class Layout:
    """How lines are split.

    Parameters
    ----------
    delimiter
        One character or ``whitespace``.
    header
        Whether the first line holds names.
    width
        Number of columns.
    """

    delimiter: str
    header: bool
    width: int


def detect_encoding(path: Path) -> Encoding:
    """Find the encoding in which a whole file can be read strictly and reads like text.

    Tried in turn: byte order marks, UTF-8, UTF-16 without a mark, GB 18030 (GBK), Windows-1252.

    Raises
    ------
    DataError
        If none fits.
    """
    start = _start(path)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    if marked:
        return Encoding(marked)
    if b"\x00" in start:
        return _without_mark(path, start)
    if _decodes(path, "utf-8"):
        return Encoding("utf-8")
    if _decodes(path, "gb18030") and _is_chinese(start.decode("gb18030", "ignore")):
        few = len(_foreign(start.decode("gb18030", "ignore"))) < _FEW_LETTERS
        return Encoding("gb18030", "few Chinese characters to judge by" if few else "")
    if _decodes(path, "cp1252"):
        return Encoding("cp1252", "a Western 8-bit encoding; cp1250 or iso8859-15 would read without an error too")
    raise DataError(
        f"The encoding of '{path.name}' is not clear",
        allowed="utf-8, utf-16, gb18030 (GBK) or cp1252",
        do="export it as utf-8",
    )


def detect_layout(path: Path, encoding: str) -> Layout:
    """Find the delimiter that splits the lines evenly, and whether the first holds names."""
    lines = _first_lines(path, encoding)
    best = max((_evenness(lines, mark), -place, mark) for place, mark in enumerate((";", "\t", "|", ",", WHITESPACE)))
    delimiter = best[2] if best[0] > 0 else ","
    rows = _split(lines, delimiter)
    return Layout(delimiter, _is_header(rows), len(rows[0]) if rows else 0)


def _start(path: Path) -> bytes:
    first = next(_chunks(path), b"")
    if not first:
        raise DataError(f"'{path}' is empty (0 bytes)", allowed="a header and at least one row", do="export it again")
    return first


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb") as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk
    except (OSError, EOFError) as error:
        raise DataError(f"'{path}' cannot be read: {error}", do="check the file and its rights") from None


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", True)
    except UnicodeError:
        return False
    return True


def _without_mark(path: Path, start: bytes) -> Encoding:
    name = "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
    if start.count(0) * 4 > len(start) and _decodes(path, name):
        return Encoding(name, "there is no byte order mark")
    raise DataError(f"'{path.name}' holds zero bytes", allowed="text", do="export it again")


def _foreign(text: str) -> list[str]:
    return [letter for letter in text if not letter.isascii()]


def _is_chinese(text: str) -> bool:
    """Whether most characters are in everyday use (GB 2312); Western letters read as GBK give rare ones."""
    foreign = _foreign(text)
    return sum(_is_common(letter) for letter in foreign) >= _COMMON_SHARE * len(foreign)


def _is_common(letter: str) -> bool:
    try:
        return bool(letter.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def _first_lines(path: Path, encoding: str) -> list[str]:
    decoder = codecs.getincrementaldecoder(encoding)("ignore")
    text = decoder.decode(_start(path))[:_HEAD_LETTERS].removeprefix("\ufeff")
    lines = [line for line in text.splitlines() if line.strip()]
    return (lines[:-1] if len(lines) > 1 and len(text) == _HEAD_LETTERS else lines)[:_MOST_LINES]


def _split(lines: list[str], delimiter: str) -> list[list[str]]:
    if delimiter == WHITESPACE:
        return [line.split() for line in lines]
    return [row for row in csv.reader(lines, delimiter=delimiter) if row]


def _evenness(lines: list[str], delimiter: str) -> float:
    """Share of lines with as many columns as the first; 0 where that is one, less for blanks, which text holds."""
    try:
        widths = Counter(len(row) for row in _split(lines, delimiter))
        first = len(_split(lines[:1], delimiter)[0]) if lines else 1
    except csv.Error:
        return 0.0
    share = widths[first] / max(sum(widths.values()), 1) if first > 1 else 0.0
    return share * 0.5 if delimiter == WHITESPACE else round(share, 1)


def _is_header(rows: list[list[str]]) -> bool:
    return bool(rows) and not any(_VALUE.fullmatch(cell.strip()) for cell in rows[0] if cell.strip())
