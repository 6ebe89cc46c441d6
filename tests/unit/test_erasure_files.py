"""A customer is taken out of files of every kind, and nobody else is."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from pipelines.destinations.kinds.csv import defused
from pipelines.erasure.files import erase_from_file
from pipelines.erasure.subject import Subject
from pipelines.erasure.trace import closed_files, traces_in

GONE, OTHER, LONGER = "C00042", "C00043", "C000421"
SUBJECT = Subject(frozenset({GONE}))
CUSTOMERS = [GONE, OTHER, LONGER, "C00001"]


@pytest.mark.parametrize("kind", ["string", "large_string", "dictionary"])
def test_parquet_keeps_types_groups_and_others(tmp_path: Path, kind: str) -> None:
    types = {
        "string": pa.string(),
        "large_string": pa.large_string(),
        "dictionary": pa.dictionary(pa.int32(), pa.string()),
    }
    schema = pa.schema([("customer_id", types[kind]), ("amount", pa.int64()), ("note", types[kind])], {"made": "here"})
    rows = {
        "customer_id": [*CUSTOMERS, None] * 4,
        "amount": range(20),
        "note": ["", f"as {GONE}", LONGER, None, "x"] * 4,
    }
    file = tmp_path / "a.parquet"
    parquet.write_table(pa.table(rows, schema=schema), file, row_group_size=5, compression="zstd")
    before = parquet.read_table(file).to_pandas()
    assert erase_from_file(file, SUBJECT, counts_only=True) == 8
    pd.testing.assert_frame_equal(parquet.read_table(file).to_pandas(), before)
    assert erase_from_file(file, SUBJECT) == 8
    after = parquet.read_table(file)
    assert after.schema.equals(schema, check_metadata=True)
    assert parquet.ParquetFile(file).num_row_groups == 4
    assert parquet.ParquetFile(file).metadata.row_group(0).column(0).compression == "ZSTD"
    others = pa.table(rows, schema=schema).filter(pa.array([each != GONE for each in rows["customer_id"]])).to_pylist()
    freed = [row | {"note": "as [erased]"} if row["note"] == f"as {GONE}" else row for row in others]
    assert after.to_pylist() == freed
    assert erase_from_file(file, SUBJECT) == 0
    assert list(traces_in(file, SUBJECT)) == []


def test_a_file_without_the_customer_stays_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pd.DataFrame({"customer_id": [OTHER, LONGER]}).to_parquet(file)
    before = file.stat().st_mtime_ns
    assert erase_from_file(file, SUBJECT) == 0
    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("name", "before", "after", "count"),
    [
        ("a.csv", f"customer_id,n\n{GONE},1\n{OTHER},2\n", f"customer_id,n\n{OTHER},2\n", 1),
        (
            "a.csv",
            f"left_id,right_id,no\n{GONE},{OTHER},1\n{OTHER},{LONGER},2\n",
            f"left_id,right_id,no\n{OTHER},{LONGER},2\n",
            1,
        ),
        ("a.csv", f"order_id,n\n1,of {GONE}\n", "order_id,n\n1,of [erased]\n", 1),
        (
            "a.json",
            f'{{"top": ["{GONE}", "{OTHER}"], "by": {{"{GONE}": 1, "{LONGER}": 2}}}}',
            f'{{"top": ["{OTHER}"], "by": {{"{LONGER}": 2}}}}',
            2,
        ),
        (
            "a.json",
            f'{{"customer_id": "{GONE}", "of": "{GONE}-7"}}',
            '{"customer_id": "[erased]", "of": "[erased]-7"}',
            2,
        ),
        ("a.json", f'{{"cut short {GONE}', '{"cut short [erased]', 1),
        ("a.jsonl", f'{{"a": "{GONE}"}}\n{{"a": "{LONGER}"}}\n', f'{{"a": "{LONGER}"}}\n', 1),
        ("a.html", f"<b>{GONE}</b><b>{GONE}{GONE}</b>", f"<b>[erased]</b><b>{GONE}{GONE}</b>", 1),
        ("a.ubj", f"bytes {GONE}", f"bytes {GONE}", 0),
    ],
)
def test_texts(tmp_path: Path, name: str, before: str, after: str, count: int) -> None:
    (tmp_path / name).write_text(before)
    assert erase_from_file(tmp_path / name, SUBJECT) == count
    assert (tmp_path / name).read_text() == after


def test_a_short_id_goes_from_columns_of_ids_alone(tmp_path: Path) -> None:
    subject = Subject(frozenset({"17"}))
    pd.DataFrame({"customer_id": ["17", "18"], "note": ["x", "17 logins"]}).to_parquet(tmp_path / "a.parquet")
    assert erase_from_file(tmp_path / "a.parquet", subject) == 1
    assert pd.read_parquet(tmp_path / "a.parquet")["note"].tolist() == ["17 logins"]
    assert list(traces_in(tmp_path, subject)) == []


@pytest.mark.parametrize("customer", ["=1+1", "@SUM(A1)", "-C00042", "+1 (0) 42", "'C00042", "-5"])
def test_an_id_that_was_kept_from_being_a_formula_goes_with_its_row(tmp_path: Path, customer: str) -> None:
    """The file is written as deliveries and the outbox write theirs."""
    cells = defused(pa.chunked_array([["customer_id", customer, OTHER, f"x{customer}", f"''{customer}"]])).to_pylist()
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([cell, "Ring"] for cell in cells)
    assert erase_from_file(tmp_path / "a.csv", Subject(frozenset({customer}))) >= 1
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8-sig") as file:
        left = list(csv.reader(file))
    assert [row[1] for row in left] == ["Ring"] * 4
    assert left[1][0] == OTHER


def packed(file: Path, text: str) -> Path:
    """Pack a text as the ending of a file's name says."""
    content = text.encode()
    if file.suffix == ".xlsx":
        workbook = openpyxl.Workbook()
        workbook.create_sheet("late").append(["x", text])
        workbook.save(file)
    elif file.suffix == ".npz":
        np.savez_compressed(file, names=np.array([content] * 50))
    elif ".tar" in file.suffixes:
        with tarfile.open(file, "w:gz" if file.suffix == ".gz" else "w") as archive:
            member = tarfile.TarInfo("list.csv")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    elif file.suffix == ".zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a/list.csv", content * 50)
    else:
        file.write_bytes({".gz": gzip, ".bz2": bz2, ".xz": lzma}[file.suffix].compress(content * 50))
    return file


PACKED = ["a.xlsx", "a.npz", "a.tar", "a.tar.gz", "a.zip", "a.csv.gz", "a.csv.bz2", "a.csv.xz"]


@pytest.mark.parametrize("name", PACKED)
def test_a_trace_in_what_is_packed_is_found(tmp_path: Path, name: str) -> None:
    file = packed(tmp_path / name, f"of {GONE}, ")
    assert name == "a.tar" or GONE.encode() not in file.read_bytes()
    assert list(traces_in(tmp_path, SUBJECT)) == [str(file)]
    assert closed_files(tmp_path) == []
    packed(file, f"of {LONGER}, ")
    assert list(traces_in(tmp_path, SUBJECT)) == []


@pytest.mark.parametrize("name", PACKED)
def test_a_damaged_archive_is_not_taken_for_one_that_was_looked_into(tmp_path: Path, name: str) -> None:
    file = packed(tmp_path / name, "of nobody " * 400)
    content = file.read_bytes()
    file.write_bytes(content[: min(len(content) // 2, 1000)])
    assert list(traces_in(tmp_path, SUBJECT)) == []
    assert closed_files(tmp_path) == [file]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_trace_in_bytes_is_found(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.bin").write_bytes(b"\x00\x01" + f"-{GONE}-".encode(encoding) + b"\xff")
    (tmp_path / "b.bin").write_bytes(LONGER.encode())
    assert list(traces_in(tmp_path, SUBJECT)) == [str(tmp_path / "a.bin")]
