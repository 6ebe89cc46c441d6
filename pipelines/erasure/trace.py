"""Whether a trace of a customer is left: every file's bytes, those packed in it, and every value of tables in files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import duckdb

from pipelines.erasure.packed import BROKEN, CHUNK_BYTES, is_closed, members
from pipelines.erasure.subject import Subject
from pipelines.erasure.tables import traces, traces_of
from pipelines.warehouse.sql import identifier, literal, statement

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def traces_in(root: Path, subject: Subject, but: Callable[[Path], bool] = lambda file: False) -> Iterator[str]:
    """Name what still holds one of the customer's ids, below a folder or in a file.

    Parameters
    ----------
    root
        Folder or file.
    subject
        The customer. Ids with few signs are looked for in columns of ids alone.
    but
        Says of a file that it is not looked into.
    """
    files = [root] if root.is_file() else sorted(file for file in root.rglob("*") if file.is_file())
    for file in (each for each in files if not but(each)):
        if file.suffix == ".duckdb":
            yield from (f"{file}: {place}" for place in _in_duckdb(file, subject))
        elif file.suffix == ".parquet":
            yield from (f"{file}: {column}" for column in _in_parquet(file, subject))
        elif _in_bytes(file, subject):
            yield str(file)


def closed_files(root: Path) -> list[Path]:
    """Give files of kinds into which nobody looked."""
    return [file for file in sorted(root.rglob("*")) if file.is_file() and is_closed(file)] if root.is_dir() else []


def _in_duckdb(file: Path, subject: Subject) -> list[str]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return traces(connection, subject)


def _in_parquet(file: Path, subject: Subject) -> list[str]:
    with duckdb.connect() as connection:
        connection.execute(statement("CREATE VIEW held AS FROM", f"read_parquet({literal(str(file))})"))
        columns = connection.execute("SELECT column_name, column_type FROM (DESCRIBE held)").fetchall()
        return traces_of(connection, identifier("held"), dict(columns), subject)


def _in_bytes(file: Path, subject: Subject) -> bool:
    """Look for the telling ids, as text in three encodings; a longer id that begins alike is no trace."""
    wanted = [spelling.encode(encoding) for spelling in subject.spellings for encoding in ENCODINGS]
    if not wanted:
        return False
    try:
        return any(_in_stream(member, wanted) for member in members(file))
    except BROKEN:  # `closed_files` names it
        with file.open("rb") as whole:
            return _in_stream(whole, wanted)


def _in_stream(stream: IO[bytes], wanted: list[bytes]) -> bool:
    overlap = max(map(len, wanted)) + 4
    before = b""
    while chunk := stream.read(CHUNK_BYTES):
        block = before + chunk
        if any(_stands_alone(block, each) for each in wanted):
            return True
        before = block[-overlap:]
    return False


def _stands_alone(block: bytes, wanted: bytes) -> bool:
    place = block.find(wanted)
    while place >= 0:
        around = block[max(place - 1, 0) : place], block[place + len(wanted) : place + len(wanted) + 1]
        if not any(each.isalnum() for each in around):
            return True
        place = block.find(wanted, place + 1)
    return False
