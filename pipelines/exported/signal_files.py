"""Ready signals from a Parquet or CSV file, in batches, refused where they are not what the model learnt from."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as parquet

from pipelines.errors import DataError

BATCH_ROWS = 20_000
CUSTOMER, CUTOFF = "customer_id", "cutoff"
INDEX_OF_PANDAS = "__index_level_"
NAMED = 5
_BLOCK_BYTES = 16_000_000
_TYPES = {"number": pa.float64(), "category": pa.string()}


def signal_batches(
    file: Path, manifest: Mapping[str, Any], as_of: datetime | None, others: Collection[str] = ()
) -> Iterator[pd.DataFrame]:
    """Read signals in batches.

    Parameters
    ----------
    file
        Parquet or CSV with ``customer_id`` and the model's signals; ``cutoff`` says when they were known.
    manifest
        Of the export.
    as_of
        When they were known, where the file has no column ``cutoff``.
    others
        Columns that may be there and are not read: signals of which the model makes no use.

    Yields
    ------
    pandas.DataFrame
        ``customer_id``, ``as_of`` and the model's signals, at most `BATCH_ROWS` rows.

    Raises
    ------
    DataError
        If the file cannot be read, a signal is missing or of another kind, a column is unknown, a customer has no id,
        or nothing says when the signals were known.
    """
    kinds = manifest["kinds"]
    try:
        names, batches = _opened(file, kinds)
        _check_columns(file, names, kinds, others, as_of)
        for batch in batches(CUTOFF in names):
            frame = batch.to_pandas(ignore_metadata=True)
            yield from _dated(file, frame, as_of)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise DataError(
            f"{file} cannot be read: {str(error).splitlines()[0]}",
            allowed="a Parquet file, or a CSV in UTF-8 with a header",
            do="correct the file, and run again",
        ) from error


def _opened(file: Path, kinds: Mapping[str, str]) -> tuple[list[str], Any]:
    """Names of the columns, and what reads those that are wanted."""
    if file.suffix.lower() == ".parquet":
        opened = parquet.ParquetFile(file)
        return opened.schema_arrow.names, lambda dated: _parquet_batches(file, opened, kinds, dated)
    if file.suffix.lower() == ".csv":
        return _header(file), lambda dated: _csv_batches(file, kinds, dated)
    raise DataError(f"{file} is no file of signals", allowed="a name that ends in .parquet or .csv", do="convert it")


def _parquet_batches(
    file: Path, opened: parquet.ParquetFile, kinds: Mapping[str, str], dated: bool
) -> Iterator[pa.RecordBatch]:
    _check_kinds(file, opened.schema_arrow, kinds)
    yield from opened.iter_batches(BATCH_ROWS, columns=_wanted(kinds, dated))


def _wanted(kinds: Mapping[str, str], dated: bool) -> list[str]:
    return [CUSTOMER, *([CUTOFF] if dated else []), *kinds]


def _header(file: Path) -> list[str]:
    with csv.open_csv(file, read_options=csv.ReadOptions(block_size=_BLOCK_BYTES)) as reader:
        return list(reader.schema.names)


def _csv_batches(file: Path, kinds: Mapping[str, str], dated: bool) -> Iterator[pa.RecordBatch]:
    types = {name: _TYPES[kind] for name, kind in kinds.items()}
    convert = csv.ConvertOptions(
        column_types={CUSTOMER: pa.string(), CUTOFF: pa.timestamp("us"), **types},
        include_columns=_wanted(kinds, dated),
        strings_can_be_null=True,
        null_values=[""],
    )
    with csv.open_csv(file, csv.ReadOptions(block_size=_BLOCK_BYTES), convert_options=convert) as reader:
        for block in reader:
            for start in range(0, block.num_rows, BATCH_ROWS):
                yield block.slice(start, BATCH_ROWS)


def _dated(file: Path, frame: pd.DataFrame, as_of: datetime | None) -> Iterator[pd.DataFrame]:
    if frame.empty:
        return
    if frame[CUSTOMER].isna().any():
        raise DataError(f"{file} has rows without {CUSTOMER}", allowed="an id in every row", do="fill them in")
    frame[CUSTOMER] = frame[CUSTOMER].astype(str)
    if CUTOFF not in frame:
        yield frame.assign(as_of=as_of)
        return
    if frame[CUTOFF].isna().any():
        raise DataError(f"{file} has rows without {CUTOFF}", allowed="an instant in every row", do="fill them in")
    yield frame.rename(columns={CUTOFF: "as_of"})


def _check_columns(
    file: Path, names: list[str], kinds: Mapping[str, str], others: Collection[str], as_of: datetime | None
) -> None:
    absent = [name for name in (CUSTOMER, *kinds) if name not in names]
    if absent:
        raise DataError(
            f"{file} lacks {len(absent)} of the columns that the model reads: {_some(absent)}",
            allowed=f"{CUSTOMER} and the {len(kinds)} signals in the export's manifest.json",
            do="compute the same signals as for training, or score from tables: --tables",
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{file} has columns twice: {_some(twice)}", allowed="each column once", do="leave one out")
    declared = {CUSTOMER, CUTOFF, *kinds, *others}
    unknown = [name for name in names if name not in declared and not name.startswith(INDEX_OF_PANDAS)]
    if unknown:
        close = difflib.get_close_matches(unknown[0], [CUTOFF, *kinds, *others], n=1)
        meant = f" (did you mean {close[0]}?)" if close else ""
        raise DataError(
            f"{file} has columns that nobody knows: {_some(unknown)}{meant}",
            allowed=f"{CUSTOMER}, {CUTOFF} and declared signals",
            do="rename them, or leave them out",
        )
    if CUTOFF in names and as_of is not None:
        raise DataError(
            f"{file} has a column {CUTOFF}, and --as-of says when the signals were known too",
            allowed="one of the two",
            do="leave out --as-of",
        )
    if CUTOFF not in names and as_of is None:
        raise DataError(
            f"Nothing says when the signals of {file} were known",
            allowed=f"a column {CUTOFF}, or --as-of DATE",
            do="add --as-of with the day on which they were computed",
        )


def _check_kinds(file: Path, schema: pa.Schema, kinds: Mapping[str, str]) -> None:
    for name, kind in kinds.items():
        if kind == "number" and not _is_number(schema.field(name).type):
            raise DataError(
                f"{file}: {name} holds {schema.field(name).type}",
                allowed="numbers, as in training",
                do="compute it as the export's signals do",
            )


def _is_number(kind: pa.DataType) -> bool:
    checks = (pa.types.is_floating, pa.types.is_integer, pa.types.is_boolean, pa.types.is_null, pa.types.is_decimal)
    return any(check(kind) for check in checks)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
