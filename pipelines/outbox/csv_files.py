"""Messages as CSV files that a spreadsheet may open, one a day and owner; a message is in one file, once."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pipelines.config_outbox import CSV
from pipelines.destinations.kinds.csv import defused
from pipelines.outbox.message import Message, Outcome
from pipelines.outbox.transport import Transport

FOLDER = "outbox"
MOST_CHARACTERS = 180
"""Of an owner's name in the name of a file; with what stands around it file systems take it (255 bytes)."""
COLUMNS = (
    "key",
    "customer_id",
    "playbook",
    "action",
    "channel",
    "owner",
    "planned_for",
    "due",
    "expected_value",
    "message",
)
Rows = dict[str, list[str]]


class CsvFiles(Transport):
    """Files below a folder of the project.

    Parameters
    ----------
    folder
        The folder.
    language
        Of the messages, ``en`` or ``zh``.
    zone
        Zone whose midnights begin a day.
    today
        Gives the day.
    """

    batch = 5_000
    is_repeatable = True

    def __init__(self, folder: Path, language: str, zone: ZoneInfo, today: Callable[[], date]) -> None:
        super().__init__(CSV)
        self._folder, self._language, self._zone, self._today = folder, language, zone, today

    def send(self, messages: Sequence[Message]) -> Mapping[str, Outcome]:
        """Add messages to the file of the day of each owner, in one step a file."""
        outcomes: dict[str, Outcome] = {}
        for owner, mine in groupby(sorted(messages, key=lambda each: each.owner), key=lambda each: each.owner):
            several = list(mine)
            outcome = self._add(owner, several)
            outcomes |= {each.key: outcome for each in several}
        return outcomes

    def close(self) -> None:
        """Nothing stays open."""

    def _add(self, owner: str, messages: Sequence[Message]) -> Outcome:
        try:
            place = self._place(self._today(), owner)
            rows = read_rows(place)
            before = self._written_before(owner, messages, place)
            fresh = [each for each in messages if each.key not in rows and each.key not in before]
            if fresh:
                _write(place, [*rows.values(), *_cells(fresh, self._language)])
        except ValueError as error:
            return Outcome("again", str(error))
        except OSError as error:
            return Outcome("down", f"the file of a day cannot be written ({error.strerror or type(error).__name__})")
        return Outcome("sent")

    def _written_before(self, owner: str, messages: Sequence[Message], today: Path) -> set[str]:
        """Give the keys that files of earlier days hold, whose sender ended before saying so."""
        days = {self._day(each.attempted_at) for each in messages if each.attempted_at is not None}
        places = {self._place(day, owner) for day in days} - {today}
        return {key for place in places for key in read_rows(place)}

    def _day(self, instant: datetime) -> date:
        return instant.replace(tzinfo=UTC).astimezone(self._zone).date()

    def _place(self, day: date, owner: str) -> Path:
        return self._folder / day.isoformat() / f"{file_name(owner)}.csv"


def file_name(owner: str) -> str:
    """Give the name of an owner's file, which no file system reads as a place and all take by its length.

    >>> file_name("../sales"), file_name("华东" * 20)[-26:], len(file_name("华东" * 20))
    ('..%2Fsales', '%E4%B8%9C-0f5e055ad8110da0', 197)
    """
    name = quote(owner, safe="")
    if len(name) <= MOST_CHARACTERS:
        return name
    first = owner[:MOST_CHARACTERS]
    while len(quote(first, safe="")) > MOST_CHARACTERS:
        first = first[:-1]
    return f"{quote(first, safe='')}-{hashlib.blake2b(owner.encode(), digest_size=8).hexdigest()}"


def read_rows(place: Path) -> Rows:
    """Read the rows of a file by their keys, each cell as it stands there; none where there is no file.

    Raises
    ------
    ValueError
        If it is no file of ours any more.
    """
    if not place.exists():
        return {}
    said = f"{place.parent.name}/{place.name} was changed by somebody else; move it away"
    try:
        head, *rows = list(csv.reader(io.StringIO(place.read_text(encoding="utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error, ValueError):
        raise ValueError(said) from None
    if tuple(head) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise ValueError(said)
    return {row[0]: row for row in rows}


def _cells(messages: Sequence[Message], language: str) -> Iterable[list[str]]:
    """Write messages as cells, none of which a spreadsheet takes for a formula."""
    import pyarrow as pa

    written = [
        [
            each.key,
            each.customer_id,
            each.playbook,
            each.action,
            each.channel,
            each.owner,
            each.planned_for.isoformat(),
            each.due.isoformat(),
            f"{each.expected_value:.2f}",
            each.plain(language),
        ]
        for each in messages
    ]
    columns = [
        defused(pa.chunked_array([list(column)], pa.string())).to_pylist() for column in zip(*written, strict=True)
    ]
    return map(list, zip(*columns, strict=True))


def _write(place: Path, rows: Iterable[Sequence[str]]) -> None:
    """Put a whole file in place in one step; the mark at its beginning lets Excel read Chinese."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            file.write(text.getvalue().encode("utf-8-sig"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)
