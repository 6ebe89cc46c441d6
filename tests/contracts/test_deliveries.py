"""The same promises kept by every kind of destination: what is there is what the warehouse holds, written once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deliveries import DAY, HOSTILE, YESTERDAY, bring, rows_of, score, settings, total, warehouse
from delivery_places import CURRENT, FILES, SERVERS, Place, held, place_of

from pipelines.destinations.contract import tables
from pipelines.destinations.deliver import deliver
from pipelines.destinations.destination import Change
from pipelines.destinations.source import Source
from pipelines.errors import ConfigError, Incomplete

KINDS = [*FILES, *(pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in SERVERS)]
PEOPLE = [f"C{number:04d}" for number in range(250)]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return place_of(request.param, tmp_path, request.getfixturevalue)


@pytest.fixture
def scores(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        yield connection


def wanted(scores: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    return {name: rows_of(scores, name) for name in (table.name for table in tables())}


def test_what_is_there_is_what_the_warehouse_holds(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    score(scores, PEOPLE)
    delivered = bring(scores, settings(place.settings))
    assert held(place) == wanted(scores)
    assert total(delivered) == Change(new=250 + 500 + 2 + 1)


def test_a_second_delivery_touches_nothing(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    score(scores, PEOPLE)
    bring(scores, settings(place.settings))
    before = held(place)
    again = bring(scores, settings(place.settings, batch_rows=300))
    assert total(again) == Change(same=753)
    assert held(place) == before


def test_only_what_differs_is_written_and_what_is_gone_is_removed(
    place: Place, scores: duckdb.DuckDBPyConnection
) -> None:
    score(scores, PEOPLE)
    bring(scores, settings(place.settings))
    scores.execute("UPDATE scores.churn_scores SET probability = probability / 2 WHERE customer_id < 'C0010'")
    scores.execute("UPDATE scores.churn_scores SET band = NULL WHERE customer_id = 'C0249'")
    scores.execute("DELETE FROM scores.churn_reasons WHERE customer_id >= 'C0100' AND position = 2")
    foreseen = bring(scores, settings(place.settings), dry_run=True)
    done = bring(scores, settings(place.settings))
    assert foreseen.changes["there"]["churn_scores"] == Change(changed=11, same=239)
    assert foreseen.changes["there"]["churn_reasons"] == Change(removed=150, same=350)
    assert done.changes["there"]["churn_scores"] == Change(changed=11, same=239)
    assert done.changes["there"]["churn_reasons"] == Change(removed=150, same=350)
    assert held(place) == wanted(scores)


def test_a_table_that_is_empty_now_is_emptied(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    score(scores, PEOPLE)
    bring(scores, settings(place.settings))
    scores.execute("DELETE FROM scores.churn_reasons")
    assert total(bring(scores, settings(place.settings))).removed == 500
    assert place.rows("churn_reasons") == []


def test_other_instants_and_versions_stay(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    score(scores, PEOPLE, YESTERDAY)
    score(scores, PEOPLE[:40])
    score(scores, PEOPLE[:30], version="2")
    bring(scores, settings(place.settings))
    score(scores, PEOPLE[20:40])
    bring(scores, settings(place.settings))
    assert held(place) == wanted(scores)
    assert {(row[1], row[3]) for row in place.rows("churn_scores")} == {(YESTERDAY, "1"), (DAY, "1"), (DAY, "2")}


def test_one_run_is_brought_alone(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    score(scores, PEOPLE, YESTERDAY)
    newest = score(scores, PEOPLE[:40])
    bring(scores, settings(place.settings), newest)
    assert {row[1] for row in place.rows("churn_scores")} == {DAY}


def test_a_dry_run_leaves_no_trace(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    score(scores, PEOPLE)
    foreseen = bring(scores, settings(place.settings), dry_run=True)
    assert total(foreseen) == Change(new=753)
    assert total(bring(scores, settings(place.settings))) == Change(new=753)
    score(scores, PEOPLE[5:], add=0.001)
    before = held(place)
    foreseen = bring(scores, settings(place.settings), dry_run=True)
    assert foreseen.changes["there"]["churn_scores"] == Change(changed=245, removed=5)
    assert held(place) == before


def test_current_scores_are_those_of_the_newest_instant(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    earlier = score(scores, PEOPLE, YESTERDAY)
    score(scores, PEOPLE[:40])
    bring(scores, settings(place.settings))
    assert place.current() == set(PEOPLE[:40])
    bring(scores, settings(place.settings), earlier)
    assert place.current() == set(PEOPLE[:40])


def test_of_two_versions_at_one_instant_the_one_that_finished_last_is_current(
    place: Place, scores: duckdb.DuckDBPyConnection
) -> None:
    score(scores, PEOPLE[:40])
    score(scores, PEOPLE[:30], version="2")
    scores.execute("UPDATE scores.score_runs SET finished_at = finished_at + INTERVAL 1 DAY WHERE model_version = '1'")
    bring(scores, settings(place.settings))
    assert place.current() == set(PEOPLE[:40])


def test_an_expired_score_is_not_current(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    score(scores, PEOPLE, valid_until=datetime(2000, 1, 1))
    bring(scores, settings(place.settings))
    assert place.current() == set()
    assert len(place.rows("churn_scores")) == 250


def test_an_instant_without_a_finished_run_is_not_brought(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    score(scores, PEOPLE, YESTERDAY)
    incomplete = score(scores, PEOPLE[:40], status="incomplete")
    bring(scores, settings(place.settings))
    assert place.current() == set(PEOPLE)
    with pytest.raises(ConfigError, match=f"no finished run {incomplete}"):
        bring(scores, settings(place.settings), incomplete)


class Interrupted(Exception):
    """The delivery ends here."""


# Before all, among the scores, among the reasons, and when only the run is missing.
@pytest.mark.parametrize("after", [1, 2, 4, 12])
def test_readers_never_see_half_an_instant(place: Place, scores: duckdb.DuckDBPyConnection, after: int) -> None:
    people = PEOPLE[:120]
    score(scores, people, YESTERDAY)
    first = score(scores, people)
    bring(scores, settings(place.settings))
    newest = place.rows(CURRENT)
    run = score(scores, people[50:], add=0.001)
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if len(said) == after:
            raise Interrupted

    chosen = settings(place.settings)
    source = Source(scores, chosen.batch_rows)
    with pytest.raises(Interrupted):
        deliver(source, source.instants(run), chosen, say)
    whole = [newest, [row for row in place.rows("churn_scores") if row[1] == YESTERDAY]]
    assert place.rows(CURRENT) in whole
    assert first != run
    bring(scores, chosen)
    assert place.current() == set(people[50:])
    assert held(place) == wanted(scores)


def test_hostile_texts_are_only_texts(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    score(scores, [*HOSTILE, *PEOPLE])
    bring(scores, settings(place.settings, batch_rows=100))
    assert held(place) == wanted(scores)
    assert place.current() == {*HOSTILE, *PEOPLE}
    assert total(bring(scores, settings(place.settings))).touched == 0


def test_ids_that_no_database_could_hold_are_left_out_and_told(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    score(scores, [*PEOPLE, "with\x00nul", "x" * 501])
    with pytest.raises(Incomplete, match="6 rows were not brought") as refused:
        bring(scores, settings(place.settings))
    assert "nul" not in str(refused.value).replace("NUL", "")
    assert place.current() == set(PEOPLE)


def test_texts_and_numbers_that_no_database_could_hold_are_made_to_fit(
    place: Place, scores: duckdb.DuckDBPyConnection
) -> None:
    score(scores, ["a", "b"], reasons=1)
    scores.execute("UPDATE scores.churn_reasons SET value = 'x' || chr(0) || repeat('😀', 9000), contribution = 'nan'")
    scores.execute("UPDATE scores.churn_scores SET probability_low = 'inf'")
    bring(scores, settings(place.settings))
    values = {(row[6], row[8]) for row in place.rows("churn_reasons")}
    assert values == {("x\ufffd" + "😀" * 7998, None)}
    assert [row[5] for row in place.rows("churn_scores")] == [None, None]
    assert total(bring(scores, settings(place.settings))).touched == 0


def test_a_newer_schema_is_refused_and_left_alone(place: Place, scores: duckdb.DuckDBPyConnection) -> None:
    score(scores, PEOPLE)
    bring(scores, settings(place.settings))
    place.set_version(99)
    score(scores, PEOPLE[5:])
    before = held(place)
    with pytest.raises(ConfigError, match="version 99 of the schema"):
        bring(scores, settings(place.settings))
    assert held(place) == before
