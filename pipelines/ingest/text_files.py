"""Text files as DuckDB's reader wants them: UTF-8, one kind of line end, one delimiter."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pipelines.errors import DataError
from pipelines.ingest.mapping import WHITESPACE, Reading

_CHUNK_BYTES = 4 << 20
_ENOUGH_LETTERS = 8
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class TextFile:
    """A file ready for DuckDB.

    Parameters
    ----------
    path
        The file itself, or a rewritten copy.
    delimiter, quote
        As they now are.
    """

    path: Path
    delimiter: str
    quote: str


def prepare(path: Path, source: Reading, copy: Path) -> TextFile:
    """Check a text file and rewrite it where DuckDB could not read it as the mapping says.

    Parameters
    ----------
    path
        A text file, possibly packed with gzip.
    source
        How it is written.
    copy
        Where a rewritten copy goes.

    Raises
    ------
    DataError
        If the file is empty, damaged, or not in the encoding.
    """
    with _readable(path):
        if _is_utf8(source.encoding) and source.encoding_errors == "strict":
            mixed = _survey(path)
            rewrite = mixed or source.delimiter == WHITESPACE
        else:
            _check_not_utf8(path, source.encoding)
            rewrite = True
        if rewrite:
            _rewrite(path, source, copy)
    if source.delimiter == WHITESPACE:
        return TextFile(copy, "\t", "")
    return TextFile(copy if rewrite else path, source.delimiter, source.quote)


def head(path: Path, size: int) -> str:
    """First `size` bytes of a prepared file as text, without a byte order mark."""
    with _readable(path), _opened(path) as stream:
        return stream.read(size).decode("utf-8-sig", errors="ignore")


def _is_utf8(encoding: str) -> bool:
    return encoding in ("utf-8", "utf-8-sig")


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb") as stream:
        yield stream  # type: ignore[misc]


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what can go wrong while bytes are read into one clear error."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"'{path}' is not a whole gzip file: {error}", do="copy or export it again") from None
    except OSError as error:
        raise DataError(
            f"'{path}' cannot be read: {error.strerror or error}", do="check the file and its rights"
        ) from None


def _chunks(path: Path) -> Iterator[bytes]:
    with _opened(path) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _survey(path: Path) -> bool:
    """Check that a file is UTF-8 without zero bytes; tell whether its line ends are mixed."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    size = lines = windows_ends = 0
    last = b""
    for chunk in _chunks(path):
        if not size:
            _check_mark(path, chunk)
        _check_zero_bytes(path, chunk, lines)
        try:
            decode(chunk)
        except UnicodeDecodeError as error:
            raise _not_in_encoding(path, "utf-8", error, lines) from None
        lines += chunk.count(b"\n")
        windows_ends += (last + chunk).count(b"\r\n")
        size += len(chunk)
        last = chunk[-1:] if chunk.endswith(b"\r") else b""
    if not size:
        raise empty_file(path)
    return 0 < windows_ends < lines


def empty_file(path: Path) -> DataError:
    """Error for a file of zero bytes."""
    return DataError(f"'{path}' is empty (0 bytes)", allowed="a header and at least one row", do="export it again")


def _check_mark(path: Path, start: bytes) -> None:
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            raise DataError(
                f"'{path}' begins with the byte order mark of {encoding}, the mapping reads it as utf-8",
                do=f"set encoding: {encoding}",
            )


def _check_zero_bytes(path: Path, chunk: bytes, lines: int) -> None:
    at = chunk.find(b"\x00")
    if at >= 0:
        raise DataError(
            f"'{path}' holds a zero byte in line {lines + chunk[:at].count(10) + 1}",
            allowed="text",
            do="set encoding: utf-16 if it is that; else the file is damaged, export it again",
        )


def _not_in_encoding(path: Path, encoding: str, error: UnicodeError, lines: int) -> DataError:
    place = ""
    if isinstance(error, UnicodeDecodeError) and isinstance(error.object, bytes):
        line = lines + error.object[: error.start].count(10) + 1
        place = f": byte 0x{error.object[error.start]:02X} in line {line}"
    return DataError(
        f"'{path}' is not {encoding}{place}",
        allowed="an encoding such as utf-8, gb18030, big5, cp1252, utf-16",
        do="set encoding to the one it was written in, or encoding_errors: replace if a few bytes are damaged",
    )


def _check_not_utf8(path: Path, encoding: str) -> None:
    """Refuse a file that is plainly UTF-8 under another name: it would be read as nonsense without an error."""
    if _is_utf8(encoding) or encoding.startswith(("utf-16", "utf-32")):
        return
    first = next(_chunks(path), b"")
    if not first:
        raise empty_file(path)
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(first)
    except UnicodeDecodeError:
        return
    if sum(not letter.isascii() for letter in text) >= _ENOUGH_LETTERS:
        raise DataError(f"'{path}' is utf-8, the mapping reads it as {encoding}", do="set encoding: utf-8")


def _rewrite(path: Path, source: Reading, copy: Path) -> None:
    encoding = "utf-8-sig" if _is_utf8(source.encoding) else source.encoding
    split = source.delimiter == WHITESPACE
    with copy.open("w", encoding="utf-8", newline="") as target:
        for text in _texts(path, encoding, source.encoding_errors):
            target.write(_split_at_blanks(text) if split else text)
    if copy.stat().st_size == 0:
        raise empty_file(path)


def _texts(path: Path, encoding: str, errors: str) -> Iterator[str]:
    """Text in pieces that end with a line, with Unix line ends."""
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    lines, rest = 0, ""
    for chunk in _chunks(path):
        try:
            text = rest + decoder.decode(chunk)
        except UnicodeError as error:
            raise _not_in_encoding(path, encoding, error, lines) from None
        _check_no_zero(path, text, lines)
        whole, newline, rest = text.rpartition("\n")
        lines += whole.count("\n") + len(newline)
        yield (whole + newline).replace("\r\n", "\n")
    try:
        yield (rest + decoder.decode(b"", True)).replace("\r\n", "\n")
    except UnicodeError as error:
        raise _not_in_encoding(path, encoding, error, lines) from None


def _check_no_zero(path: Path, text: str, lines: int) -> None:
    at = text.find("\x00")
    if at >= 0:
        raise DataError(
            f"'{path}' holds a zero byte in line {lines + text[:at].count(chr(10)) + 1}", do="export it again"
        )


def _split_at_blanks(text: str) -> str:
    return "".join("\t".join(line.split()) + "\n" for line in text.split("\n") if line.strip())
