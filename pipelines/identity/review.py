"""The file of doubtful pairs: a person writes yes or no, the next load reads it."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import DataError
from pipelines.identity.settings import Identity

FILE = "identity_review.csv"
COLUMNS = ("decision", "left_id", "right_id", "rule", "why", "value", "left_name", "right_name")
_YES = frozenset(("yes", "y", "true", "1", "是", "同一"))
_NO = frozenset(("no", "n", "false", "0", "否", "不是"))
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, order=True)
class Pair:
    """Two ids that may stand for one customer.

    Parameters
    ----------
    left, right
        As ``system:id``.
    rule
        In what they agree.
    why
        Why they are not joined.
    value
        The value in which they agree.
    left_name, right_name
        For the eye.
    decision
        ``yes``, ``no``, or empty while nobody has decided.
    """

    left: str
    right: str
    rule: str = ""
    why: str = ""
    value: str = ""
    left_name: str = ""
    right_name: str = ""
    decision: str = ""

    @property
    def ids(self) -> tuple[str, str]:
        """Both ids in one order, whatever the order in the file."""
        return (self.left, self.right) if self.left <= self.right else (self.right, self.left)


def review_file(identity: Identity | None, home: Path) -> Path:
    """Name the file of a project's doubtful pairs."""
    return home / FILE if identity is None or identity.review is None else Path(identity.review)


def read_review(path: Path) -> list[Pair]:
    """Read the pairs on which a person has decided.

    Parameters
    ----------
    path
        The file; one that is not there holds none. UTF-8 or GB18030, separated by comma, semicolon or tab, as
        spreadsheet programs save it.

    Raises
    ------
    DataError
        If a decision is neither yes nor no, a column is missing, or one pair is decided both ways.
    """
    decided: dict[tuple[str, str], Pair] = {}
    for pair in (pair for pair in _pairs(path) if pair.decision):
        if decided.get(pair.ids, pair).decision != pair.decision:
            raise DataError(f"'{path}' says yes and no of {pair.left} and {pair.right}", do="keep one of the lines")
        decided[pair.ids] = pair
    return sorted(decided.values(), key=lambda pair: pair.ids)


def open_questions(path: Path) -> list[Pair]:
    """Read the pairs on which nobody has decided; errors as of `read_review`."""
    return [pair for pair in _pairs(path) if not pair.decision]


def write_review(path: Path, pairs: Iterable[Pair]) -> None:
    """Write pairs, the undecided first, so that no cell is a formula in a spreadsheet program.

    Raises
    ------
    DataError
        If the file cannot be replaced, such as when it is open elsewhere; it is then as before.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for pair in sorted(pairs, key=lambda pair: (pair.decision != "", pair.ids)):
        cells = (pair.decision, *pair.ids, pair.rule, pair.why, pair.value, *_names(pair))
        writer.writerow([_as_text(cell) for cell in cells])
    beside = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
        os.replace(beside, path)
    except OSError as error:
        raise DataError(
            f"'{path}' cannot be written: {error.strerror or error}", do="close it elsewhere, or set identity.review"
        ) from None


def _names(pair: Pair) -> tuple[str, str]:
    """Names in the order of the ids."""
    return (pair.left_name, pair.right_name) if pair.left <= pair.right else (pair.right_name, pair.left_name)


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _as_given(cell: str | None) -> str:
    text = (cell or "").strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def _pairs(path: Path) -> list[Pair]:
    rows = _rows(path) if path.exists() else []
    return [_pair(row, path, line) for line, row in enumerate(rows, start=2)]


def _rows(path: Path) -> list[dict[str, str]]:
    text = _text(path)
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    missing = [name for name in COLUMNS[:3] if name not in (next(csv.reader([header], delimiter=delimiter), []))]
    if missing:
        raise DataError(
            f"'{path}' has no column '{missing[0]}'", allowed=", ".join(COLUMNS), do="restore the header of the file"
        )
    return rows


def _text(path: Path) -> str:
    content = _bytes(path)
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DataError(f"'{path}' is neither UTF-8 nor GB18030", do="save it as CSV UTF-8")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror or error}", do="check the file") from None


def _pair(row: dict[str, str], path: Path, line: int) -> Pair:
    cells = {name: _as_given(row.get(name)) for name in COLUMNS}
    said = cells["decision"].casefold()
    if said not in _YES | _NO | {""}:
        raise DataError(
            f"Row {line} of '{path}' has the decision '{cells['decision'][:20]}'",
            allowed="yes, no, or nothing",
            do="write yes where both ids are one customer, no where they are not",
        )
    if said and not (cells["left_id"] and cells["right_id"]):
        raise DataError(f"Row {line} of '{path}' decides, but names no two ids", do="restore left_id and right_id")
    decision = "yes" if said in _YES else "no" if said in _NO else ""
    return Pair(
        cells["left_id"],
        cells["right_id"],
        cells["rule"],
        cells["why"],
        cells["value"],
        cells["left_name"],
        cells["right_name"],
        decision,
    )
