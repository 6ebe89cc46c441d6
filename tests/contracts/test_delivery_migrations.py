"""Tables that an earlier version of the program made get the columns that came later; nothing of theirs is lost."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from deliveries import bring, rows_of, score, settings, warehouse
from delivery_places import Place, PostgresPlace, held, place_of

from pipelines.destinations.contract import Migration, tables
from pipelines.destinations.database import Database
from pipelines.destinations.known import kind_named
from pipelines.destinations.meanings import meaning

LATER = {"churn_scores": "value value_at_risk", "score_coverage": "run_id outcome reason customers"}
FIRST = Migration(
    1,
    "without what came later",
    {
        name: " ".join(column for column in table.columns if column not in LATER.get(name, "").split())
        for table in tables()
        if (name := table.name) != "score_coverage"
    },
)
BOTH = (FIRST, Migration(2, "value and coverage", LATER))
KINDS = ["sqlite", "duckdb", *(pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in ("postgres", "mysql"))]


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return place_of(request.param, tmp_path, request.getfixturevalue)


def prepared(place: Place, monkeypatch: pytest.MonkeyPatch, *migrations: Migration) -> None:
    """Bring the tables of a place to what a program with these migrations knows."""
    kind = kind_named(place.settings["kind"])
    assert issubclass(kind, Database)
    monkeypatch.setattr(kind, "migrations", migrations)
    destination = kind(settings(place.settings).destinations[0])
    destination.open(read_only=False)
    destination.prepare()
    destination.close()


@pytest.mark.parametrize("place", KINDS, indirect=True)
def test_older_tables_get_what_came_later(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(place, monkeypatch, FIRST)
    assert place.query('customer_id, "rank", run_id', "churn_scores_current") == []
    monkeypatch.setattr(kind_named(place.settings["kind"]), "migrations", BOTH)
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        score(connection, ["a", "b"])
        bring(connection, settings(place.settings), dry_run=True)
        bring(connection, settings(place.settings))
        assert held(place) == {table.name: rows_of(connection, table.name) for table in tables()}
    assert [row[:2] for row in sorted(place.query("version, name", "churn_schema_migrations"))] == [
        (migration.version, migration.name) for migration in BOTH
    ]
    assert place.current() == {"a", "b"}


@pytest.mark.parametrize("place", KINDS, indirect=True)
def test_a_dry_run_compares_with_older_tables_and_leaves_them_so(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        score(connection, ["a", "b"])
        with monkeypatch.context() as earlier:
            prepared(place, earlier, FIRST)
            earlier.setattr("pipelines.destinations.source.tables", lambda: tables((FIRST,)))
            bring(connection, settings(place.settings))
        foreseen = bring(connection, settings(place.settings), dry_run=True)
    assert foreseen.changes["there"]["churn_scores"].changed == 2
    assert foreseen.changes["there"]["churn_reasons"].same == 4
    assert foreseen.changes["there"]["score_coverage"].new == 2
    assert place.query("version", "churn_schema_migrations") == [(1,)]


@pytest.mark.postgres
def test_views_and_columns_of_others_live_on(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = PostgresPlace(postgres_url)
    schema = place.settings["schema"]
    prepared(place, monkeypatch, FIRST)
    place.execute(f'CREATE VIEW "{schema}".mine AS SELECT customer_id FROM "{schema}".churn_scores_current')
    place.execute(f'ALTER TABLE "{schema}".churn_scores ADD COLUMN handled_by text')
    monkeypatch.setattr(kind_named("postgres"), "migrations", BOTH)
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        score(connection, ["a", "b"])
        bring(connection, settings(place.settings))
        place.execute(f"UPDATE \"{schema}\".churn_scores SET handled_by = 'me'")
        score(connection, ["a", "b"], add=0.001)
        bring(connection, settings(place.settings))
    assert sorted(place.query("customer_id, handled_by", "churn_scores")) == [("a", "me"), ("b", "me")]
    assert sorted(place.query("customer_id", "mine")) == [("a",), ("b",)]


@pytest.mark.postgres
def test_tables_and_columns_say_what_they_mean(postgres_url: str, tmp_path: Path) -> None:
    place = PostgresPlace(postgres_url)
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        score(connection, ["a"])
        bring(connection, settings(place.settings))
    with psycopg.connect(postgres_url) as server:
        told = server.execute(
            "SELECT c.relname, a.attname, col_description(c.oid, a.attnum) FROM pg_class c "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relname IN ('churn_scores', 'score_runs') AND c.relkind = 'r'",
            [place.settings["schema"]],
        ).fetchall()
    wanted = {
        (table.name, name, meaning(table.name, name))
        for table in tables()
        if table.name in ("churn_scores", "score_runs")
        for name in table.columns
    }
    assert set(told) == wanted
