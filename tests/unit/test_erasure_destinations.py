"""A customer taken out of the places where scores were brought; the others stay."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipelines.config_deliver import DeliverSettings
from pipelines.destinations.database import Database
from pipelines.destinations.known import kind_named
from pipelines.erasure.destinations import erase
from pipelines.erasure.subject import Subject
from pipelines.erasure.trace import traces_in

GONE, OTHER = "C00042", "C00043"
SUBJECT = Subject(frozenset({GONE}))
KEY = {"as_of": datetime(2026, 10, 1), "horizon_days": 60, "model_version": "1"}


def settings(kind: str, path: Path) -> DeliverSettings:
    place = {"name": "crm", "kind": kind, "path": path}
    return DeliverSettings.model_validate({"destinations": [place], "batch_rows": 1000, "retry_s": 0})


def filled(made: DeliverSettings) -> Any:
    """Make the tables of a destination as the delivery does, with two customers' scores."""
    destination = kind_named(made.destinations[0].kind)(made.destinations[0])
    assert isinstance(destination, Database)
    destination.open(read_only=False)
    destination.prepare()
    place = destination.sql.placed("churn_scores")
    names = ", ".join(map(destination.sql.name, ("customer_id", *KEY)))
    marks = ", ".join(destination.dialect.mark for _ in range(4))
    for customer in (GONE, OTHER):
        destination.run(f"INSERT INTO {place} ({names}) VALUES ({marks})", (customer, *KEY.values()))
    destination.close()
    return place


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_files_of_databases(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "crm.db"
    made = settings(kind, file)
    place = filled(made)
    assert erase(made, SUBJECT, counts_only=True) == {"destination crm": 1}
    assert ids(kind, file, place) == [GONE, OTHER]
    assert erase(made, SUBJECT, counts_only=False) == {"destination crm": 1}
    assert ids(kind, file, place) == [OTHER]
    assert GONE.encode() not in file.read_bytes()
    assert erase(made, SUBJECT, counts_only=False) == {}


def ids(kind: str, file: Path, place: str) -> list[str]:
    connect: Any = duckdb.connect if kind == "duckdb" else sqlite3.connect
    connection = connect(str(file))
    try:
        return [name for (name,) in connection.execute(f"SELECT customer_id FROM {place} ORDER BY 1").fetchall()]
    finally:
        connection.close()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_folders(tmp_path: Path, kind: str) -> None:
    (tmp_path / "out" / "churn_scores").mkdir(parents=True)
    frame = pd.DataFrame({"customer_id": [GONE, OTHER], "probability": [0.4, 0.1]})
    for file in (tmp_path / "out" / f"churn_scores_current.{kind}", tmp_path / "out" / "churn_scores" / f"a.{kind}"):
        if kind == "csv":
            frame.to_csv(file, index=False)
        else:
            frame.to_parquet(file)
    made = settings(kind, tmp_path / "out")
    assert erase(made, SUBJECT, counts_only=True) == {"destination crm": 2}
    assert erase(made, SUBJECT, counts_only=False) == {"destination crm": 2}
    assert list(traces_in(tmp_path / "out", SUBJECT)) == []


def test_a_place_that_is_not_there_yet(tmp_path: Path) -> None:
    assert erase(settings("sqlite", tmp_path / "none.db"), SUBJECT, counts_only=False) == {}
    assert not (tmp_path / "none.db").exists()
