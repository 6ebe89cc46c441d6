"""The demo company's files: reproducible to the byte, whole or not at all, told in the canonical types."""

from datetime import date
from hashlib import sha256

import pyarrow.parquet as pq
import pytest

from features.tables import TABLES
from pipelines.demo import company, simulate
from pipelines.demo.columns import ARROW_TYPES
from pipelines.errors import ConfigError

TRUTH_FILES = {"truth", "responses", "hazard", "conditions"}


def make(folder, *, customers=90, seed=1, progress=None):
    return simulate(
        folder / "tables",
        folder / "truth",
        customers=customers,
        months=5,
        seed=seed,
        ends_on=date(2026, 3, 31),
        progress=progress,
    )


def digests(folder):
    return {str(file.relative_to(folder)): sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*.*")}


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(company, "CHUNK", 40)


def test_one_seed_gives_the_same_bytes(tmp_path, small_chunks):
    make(tmp_path / "first")
    make(tmp_path / "second")
    assert digests(tmp_path / "first") == digests(tmp_path / "second")


def test_another_seed_gives_other_bytes_in_every_file(tmp_path, small_chunks):
    make(tmp_path / "first", seed=1)
    make(tmp_path / "second", seed=2)
    first, second = digests(tmp_path / "first"), digests(tmp_path / "second")
    assert first.keys() == second.keys()
    assert not [name for name in first if first[name] == second[name]]


def test_customers_do_not_depend_on_those_after_them(tmp_path, small_chunks):
    make(tmp_path / "few", customers=40)
    make(tmp_path / "many", customers=70)
    for table in TABLES:
        few = pq.ParquetFile(tmp_path / "few" / "tables" / f"{table}.parquet").read_row_group(0)
        many = pq.ParquetFile(tmp_path / "many" / "tables" / f"{table}.parquet").read_row_group(0)
        assert few.equals(many), table


def test_each_canonical_table_is_written_with_its_types_and_counted(tmp_path):
    rows = make(tmp_path)
    assert set(rows) == set(TABLES) == {file.stem for file in (tmp_path / "tables").iterdir()}
    for name, table in TABLES.items():
        file = pq.ParquetFile(tmp_path / "tables" / f"{name}.parquet")
        assert file.metadata.num_rows == rows[name] > 0
        found = {field.name: field.type for field in file.schema_arrow}
        assert found == {column: ARROW_TYPES[table[column].type] for column in found}
        missing = {column.name for column in table if not column.name.startswith("mentions_")} - set(found)
        assert missing <= {"event_id", "sentiment"}  # made or read from the text when the rows are taken in


def test_the_truth_lies_apart_from_the_tables(tmp_path):
    make(tmp_path)
    assert {file.stem for file in (tmp_path / "truth").iterdir()} == TRUTH_FILES


def test_progress_runs_to_the_end(tmp_path, small_chunks):
    told = []
    make(tmp_path, progress=lambda word, share: told.append((word, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert len(shares) == 3
    assert shares[-1] == 1.0


def test_a_failure_leaves_the_earlier_files_and_no_rubbish(tmp_path, small_chunks, monkeypatch):
    make(tmp_path, seed=1)
    before = digests(tmp_path)
    calls = []

    def fail_the_second_time(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("disk full")
        return stock(*arguments)

    stock = company.stock
    monkeypatch.setattr(company, "stock", fail_the_second_time)
    with pytest.raises(RuntimeError, match="disk full"):
        make(tmp_path, seed=2)
    assert digests(tmp_path) == before
    assert not [file.name for file in tmp_path.rglob("*") if file.name.startswith(".")]


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"seed": -1}])
def test_impossible_settings_are_refused_with_what_is_allowed(tmp_path, wrong):
    with pytest.raises(ConfigError, match="Allowed: a whole number from"):
        make(tmp_path, **wrong)
    assert not (tmp_path / "tables").exists()


@pytest.mark.parametrize(("customers", "months"), [(1, 1), (3, 2)])
def test_the_smallest_company_can_be_simulated(tmp_path, customers, months):
    rows = simulate(tmp_path, tmp_path / "truth", customers=customers, months=months, seed=0, ends_on=date(2024, 2, 29))
    assert rows["customers"] == customers
