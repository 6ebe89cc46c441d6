"""A customer taken out of files: rows of Parquet and CSV, records of JSON, names in texts; others are not touched."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.erasure.subject import ERASED, REPLACEMENT, Subject, is_id_column

TEXTS = (".html", ".md", ".txt", ".yaml", ".yml", ".svg", ".log", ".xml")


def erase_from_file(path: Path, subject: Subject, *, counts_only: bool = False) -> int:
    """Take a customer out of a file, in one step, and give the number of rows, records or names that went.

    Parameters
    ----------
    path
        The file; one of a kind that is not known is left as it is.
    subject
        The customer.
    counts_only
        Change nothing.
    """
    found, text = 0, ""
    if path.suffix == ".parquet":
        return _erase_from_parquet(path, subject, counts_only)
    if (way := _way_of(path)) is None:
        return 0
    before = path.read_bytes().decode("utf-8", errors="surrogateescape")
    if not any(spelling in before for spelling in (*subject.spellings, *subject.ids)):
        return 0
    text, found = way(before, subject)
    if found and not counts_only:
        _replace(path, lambda beside: beside.write_bytes(text.encode("utf-8", errors="surrogateescape")))
    return found


def _way_of(path: Path) -> Callable[[str, Subject], tuple[str, int]] | None:
    name = path.name
    if ".jsonl" in name:
        return _lines
    if path.suffix == ".json":
        return _json
    if path.suffix == ".csv":
        return _csv
    return _text if path.suffix in TEXTS else None


def _text(text: str, subject: Subject) -> tuple[str, int]:
    freed = subject.freed(text)
    return freed, freed.count(ERASED) - text.count(ERASED)


def _lines(text: str, subject: Subject) -> tuple[str, int]:
    """Leave out every line that names the customer."""
    lines = text.splitlines(keepends=True)
    kept = [line for line in lines if not subject.is_mentioned(line)]
    return "".join(kept), len(lines) - len(kept)


def _csv(text: str, subject: Subject) -> tuple[str, int]:
    """Leave out the customer's rows, and free the cells of others of the name; other lines stay byte for byte."""
    parsed = list(csv.reader(io.StringIO(text, newline="")))
    if not parsed:
        return text, 0
    places = [place for place, name in enumerate(parsed[0]) if is_id_column(name.lstrip("\ufeff"))]
    ids = _as_cells(subject)
    own = [any(place < len(row) and row[place] in ids for place in places) for row in parsed]
    if not any(own):
        return _text(text, subject)
    ends = "\r\n" if "\r\n" in text else "\n"
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator=ends).writerows(row for row, is_own in zip(parsed, own, strict=True) if not is_own)
    freed, mentions = _text(made.getvalue(), subject)
    return freed, sum(own) + mentions


def _as_cells(subject: Subject) -> set[str]:
    """Give the ids as they stand in files that spreadsheets may open: with an apostrophe before a formula."""
    import pyarrow as pa

    from pipelines.destinations.kinds.csv import defused

    return {*subject.ids, *defused(pa.chunked_array([sorted(subject.ids)], pa.string())).to_pylist()}


def _json(text: str, subject: Subject) -> tuple[str, int]:
    """Leave out records of the customer in lists, keys that are the id, and free other texts of the name."""
    try:
        content = json.loads(text)
    except ValueError:
        return _text(text, subject)
    counted = [0]
    kept = _without(content, subject, counted)
    if not counted[0]:
        return text, 0
    indent = 1 if "\n" in text.strip() else None
    return json.dumps(kept, indent=indent, ensure_ascii=text.isascii()), counted[0]


def _without(content: Any, subject: Subject, counted: list[int]) -> Any:
    if isinstance(content, list):
        kept = [each for each in content if not _is_of(each, subject)]
        counted[0] += len(content) - len(kept)
        return [_without(each, subject, counted) for each in kept]
    if isinstance(content, dict):
        mine = {key for key in content if key in subject.ids and subject.is_mentioned(key)}
        counted[0] += len(mine)
        return {
            subject.freed(key): ERASED if _names(key, value, subject, counted) else _without(value, subject, counted)
            for key, value in content.items()
            if key not in mine
        }
    if isinstance(content, str) and subject.is_mentioned(content):
        counted[0] += 1
        return subject.freed(content)
    return content


def _is_of(record: Any, subject: Subject) -> bool:
    """Whether an element of a list is the customer's: a record with the id, or the id itself where it is telling."""
    if isinstance(record, dict):
        return any(is_id_column(key) and subject.is_named(value) for key, value in record.items())
    return isinstance(record, str) and record in subject.telling


def _names(key: str, value: Any, subject: Subject, counted: list[int]) -> bool:
    found = is_id_column(key) and subject.is_named(value)
    counted[0] += found
    return found


def _erase_from_parquet(path: Path, subject: Subject, counts_only: bool) -> int:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    with parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        texts = [field.name for field in schema if _is_text(field.type)]
        if not texts:
            return 0
        found = [_found(file.read_row_group(group, columns=texts), subject) for group in range(file.num_row_groups)]
        if counts_only or not sum(found):
            return sum(found)
        compression = file.metadata.row_group(0).column(0).compression.lower()

        def write(beside: Path) -> None:
            with parquet.ParquetWriter(beside, schema, compression=_codec(compression)) as writer:
                for group in range(file.num_row_groups):
                    rows: pa.Table = _kept(file.read_row_group(group), subject)
                    if len(rows):
                        writer.write_table(rows.cast(schema), row_group_size=len(rows))

        _replace(path, write)
    return sum(found)


def _codec(name: str) -> str:
    return "none" if name == "uncompressed" else name


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(inner) or pa.types.is_large_string(inner))


def _found(rows: Any, subject: Subject) -> int:
    """Count the customer's rows and the rows of others that name the customer."""
    import pyarrow.compute as compute

    own = _own(rows, subject)
    mentioned = own
    for name in rows.column_names:
        if subject.telling:
            matches = compute.match_substring_regex(_plain(rows[name]), subject.expression)
            mentioned = compute.or_(mentioned, compute.fill_null(matches, False))
    return int(compute.sum(mentioned).as_py() or 0)


def _own(rows: Any, subject: Subject) -> Any:
    import pyarrow as pa
    import pyarrow.compute as compute

    ids = pa.array(sorted(subject.ids))
    own = pa.array([False] * len(rows), type=pa.bool_())
    for name in rows.column_names:
        if is_id_column(name) and _is_text(rows.schema.field(name).type):
            own = compute.or_(own, compute.fill_null(compute.is_in(_plain(rows[name]), value_set=ids), False))
    return own


def _kept(rows: Any, subject: Subject) -> Any:
    """Give the rows of others, freed of the customer's name."""
    import pyarrow.compute as compute

    rows = rows.filter(compute.invert(_own(rows, subject)))
    for place, field in enumerate(rows.schema):
        if not subject.telling or not _is_text(field.type):
            continue
        plain = _plain(rows.column(place))
        if compute.any(compute.match_substring_regex(plain, subject.expression)).as_py():
            for _ in range(2):
                plain = compute.replace_substring_regex(plain, subject.expression, REPLACEMENT)
            freed = plain.dictionary_encode().cast(field.type) if "dictionary" in str(field.type) else plain
            rows = rows.set_column(place, field, freed.cast(field.type))
    return rows


def _plain(column: Any) -> Any:
    """Give a column of texts without its dictionary."""
    import pyarrow as pa

    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _replace(path: Path, write: Callable[[Path], Any]) -> None:
    """Put a new file in the place of another, with the same rights."""
    beside = path.with_name(f".erasing.{path.name}")
    write(beside)
    os.chmod(beside, path.stat().st_mode)
    os.replace(beside, path)
