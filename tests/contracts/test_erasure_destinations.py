"""A customer is erased from every kind of destination, and the rows of all others stay as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deliveries import bring, score, settings, total, warehouse
from delivery_places import CsvPlace, DuckDBPlace, MySQLPlace, ParquetPlace, Place, PostgresPlace, SqlitePlace

from pipelines.destinations.contract import tables
from pipelines.erasure.destinations import erase
from pipelines.erasure.subject import Subject

FILES: dict[str, Callable[[Path], Place]] = {
    "sqlite": SqlitePlace,
    "duckdb": DuckDBPlace,
    "parquet": ParquetPlace,
    "csv": CsvPlace,
}
SERVERS: dict[str, Callable[[str], Place]] = {"postgres": PostgresPlace, "mysql": MySQLPlace}
KINDS = [*FILES, *(pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in SERVERS)]
PEOPLE = [f"C{number:05d}" for number in range(40)]
GONE = PEOPLE[17]
TEXTS = {
    table.name: [name for name, kind in table.columns.items() if kind == "VARCHAR" and name != "customer_id"]
    for table in tables()
}
SUBJECT = Subject(frozenset({GONE, "shop:17"}))


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param in FILES:
        return FILES[request.param](tmp_path / "out")
    return SERVERS[request.param](request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def scores(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        yield connection


def held(place: Place) -> dict[str, list[Any]]:
    return {table.name: place.rows(table.name) for table in tables()}


def test_the_customer_goes_and_the_others_stay(place: Place, scores: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    chosen = settings(place.settings)
    score(scores, PEOPLE)
    bring(scores, chosen)
    before = held(place)
    counted = erase(chosen.destinations, TEXTS, SUBJECT, counts_only=True)
    assert held(place) == before
    assert erase(chosen.destinations, TEXTS, SUBJECT, counts_only=False) == counted
    # A score and two reasons; folders hold the current scores once more.
    assert counted == {"destination there": 4 if place.settings["kind"] in ("csv", "parquet") else 3}
    assert held(place) == {name: [row for row in rows if GONE not in row] for name, rows in before.items()}
    assert GONE not in place.current()
    written = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert [file for file in written if GONE.encode() in file.read_bytes()] == []
    assert erase(chosen.destinations, TEXTS, SUBJECT, counts_only=False) == {}
    # The next delivery, from a warehouse without the customer, has nothing to do.
    scores.execute(f"DELETE FROM scores.churn_scores WHERE customer_id = '{GONE}'")
    scores.execute(f"DELETE FROM scores.churn_reasons WHERE customer_id = '{GONE}'")
    assert total(bring(scores, chosen)).touched == 0


def test_the_customers_name_goes_from_the_rows_of_others(
    place: Place, scores: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    chosen = settings(place.settings)
    score(scores, PEOPLE)
    said = {PEOPLE[3]: f"As {GONE}, 50% less", PEOPLE[4]: f"As {GONE}1, 50% less", PEOPLE[5]: f"As {GONE.lower()}"}
    for customer, text in said.items():
        change = "UPDATE scores.churn_reasons SET sentence_en = ? WHERE customer_id = ? AND position = 1"
        scores.execute(change, [text, customer])
    bring(scores, chosen)
    before = held(place)
    counted = erase(chosen.destinations, TEXTS, SUBJECT, counts_only=True)
    assert held(place) == before
    assert erase(chosen.destinations, TEXTS, SUBJECT, counts_only=False) == counted
    others = {name: [row for row in rows if GONE not in row] for name, rows in before.items()}
    assert held(place) == {name: [tuple(map(freed, row)) for row in rows] for name, rows in others.items()}
    assert str(held(place)["churn_reasons"]).count("[erased], 50% less") == 1


def freed(cell: Any) -> Any:
    return "As [erased], 50% less" if cell == f"As {GONE}, 50% less" else cell


def test_a_place_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    place = SqlitePlace(tmp_path / "none")
    assert erase(settings(place.settings).destinations, TEXTS, SUBJECT, counts_only=False) == {}
    assert not (tmp_path / "none").exists()
