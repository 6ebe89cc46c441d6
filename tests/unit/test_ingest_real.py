"""The mappings of conf/ on the real files: their published counts come out, to the row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from pipelines.ingest import FlatSource, Ledger, Mapping, ingest, ingest_flat

pytestmark = pytest.mark.real_data

CONF = Path(__file__).parents[2] / "conf"


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def settings(name: str, shared_data: Path) -> tuple[dict[str, Any], Path]:
    data = yaml.safe_load((CONF / name).read_text(encoding="utf-8"))["data"]
    return data, shared_data / Path(data["root"]).name


def load(name: str, shared_data: Path, warehouse: duckdb.DuckDBPyConnection) -> list[Ledger]:
    data, root = settings(name, shared_data)
    return ingest(Mapping.model_validate(data["mapping"]), root, warehouse, "loaded")


def one(warehouse: duckdb.DuckDBPyConnection, table: str, columns: str) -> Any:
    return warehouse.table(f"loaded.{table}").aggregate(columns).fetchone()


def test_online_retail(shared_data: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    account, customers = load("online_retail.yaml", shared_data, warehouse)
    assert (account.read, account.read - account.dropped, account.rejected) == (1_067_370, 791_044, 0)
    assert one(warehouse, "orders", "count(*), count(DISTINCT customer_id), sum(lines)") == (36_969, 5_878, 791_044)
    assert customers.written == 5_878


def test_cdnow(shared_data: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    account, customers = load("cdnow.yaml", shared_data, warehouse)
    assert (account.written, account.rejected, customers.written) == (69_659, 0, 23_570)
    units, amount, first, last = one(
        warehouse, "orders", "sum(quantity), sum(amount), min(ordered_at), max(ordered_at)"
    )
    assert (units, round(amount, 2)) == (167_881, 2_500_315.63)
    assert (str(first.date()), str(last.date())) == ("1997-01-01", "1998-06-30")


def test_telco(shared_data: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    data, root = settings("telco.yaml", shared_data)
    account = ingest_flat(FlatSource.model_validate(data["flat"]), root, warehouse, "loaded")
    assert (account.written, account.rejected, len(account.columns)) == (7_043, 0, 19)
    assert one(warehouse, "flat", "sum(churned), count(*) - count(TotalCharges)") == (1_869, 11)
    assert one(warehouse, "flat", "max(tenure) FILTER (TotalCharges IS NULL)") == (0,)


def test_telco_without_the_rows_that_repeat(shared_data: Path, warehouse: duckdb.DuckDBPyConnection) -> None:
    data, root = settings("telco.yaml", shared_data)
    source = FlatSource.model_validate(data["flat"] | {"drop_duplicates_without_key": True})
    account = ingest_flat(source, root, warehouse, "loaded")
    # Against the same done by pandas on the plain file.
    import pandas as pd

    plain = pd.read_csv(root / source.path if source.path else root, dtype=str)
    assert account.written == len(plain.drop(columns="customerID").drop_duplicates())
