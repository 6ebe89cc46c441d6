"""Files within files: what lies packed in spreadsheets and archives, so that a search finds it there too."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

CHUNK_BYTES = 4_000_000
CLOSED = (".zst", ".7z", ".rar", ".pkl", ".pickle")
"""Kinds that may be packed, and into which nothing here looks."""
BROKEN = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError, RuntimeError)
"""What is raised of an archive that is damaged, locked by a password or packed in a way that Python does not know."""


def members(file: Path) -> Iterator[IO[bytes]]:
    """Open what is packed in a file, one member after the other; a file of another kind is its only member.

    Parameters
    ----------
    file
        Spreadsheet (``.xlsx``), archive (``.zip``, ``.npz``, ``.tar``), or a file packed by gzip, bzip2 or xz.

    Raises
    ------
    Exception
        One of `BROKEN`, here or in reading a member.
    """
    return _MEMBERS.get(_kind(file), _by(_plain))(file)


def is_closed(file: Path) -> bool:
    """Whether a file is of a kind into which nothing here looks, or is damaged or locked."""
    if _kind(file) not in _MEMBERS:
        return file.suffix.lower() in CLOSED
    try:
        for member in members(file):
            while member.read(CHUNK_BYTES):
                pass
    except BROKEN:
        return True
    return False


def _kind(file: Path) -> str:
    return ".tar" if ".tar" in file.suffixes else file.suffix.lower()


def _by(opened: Callable[[Path], Any]) -> Callable[[Path], Iterator[IO[bytes]]]:
    def only(file: Path) -> Iterator[IO[bytes]]:
        with opened(file) as stream:
            yield stream

    return only


def _plain(file: Path) -> IO[bytes]:
    return file.open("rb")


def _of_zip(file: Path) -> Iterator[IO[bytes]]:
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            with archive.open(member) as stream:
                yield stream


def _of_tar(file: Path) -> Iterator[IO[bytes]]:
    with tarfile.open(file) as archive:
        for member in archive:
            if (stream := archive.extractfile(member)) is not None:
                yield stream


_MEMBERS: dict[str, Callable[[Path], Iterator[IO[bytes]]]] = {
    ".xlsx": _of_zip,
    ".zip": _of_zip,
    ".npz": _of_zip,
    ".tar": _of_tar,
    ".gz": _by(gzip.GzipFile),
    ".bz2": _by(bz2.BZ2File),
    ".xz": _by(lzma.LZMAFile),
}
