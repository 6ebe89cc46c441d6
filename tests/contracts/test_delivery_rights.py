"""A role made by the documented SQL can bring scores, and can touch nothing else."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from deliveries import bring, score, settings, total, warehouse
from delivery_places import MySQLPlace

from pipelines.destinations.known import kind_named
from pipelines.errors import Refused

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "delivery.md"
SCHEMA = "churn_rights"
WRITER, READER = f"{SCHEMA}_writer", f"{SCHEMA}_reader"
DATABASE = "churnlab_rights"


@pytest.fixture
def postgres(postgres_url: str) -> str:
    """A database in which somebody else has a table, and the roles of the documented SQL."""
    grants = kind_named("postgres").grants(settings({"kind": "postgres", "url": "x", "schema": SCHEMA}).destinations[0])
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)".encode())
        for role in (WRITER, READER, "churn_rights_person"):
            server.execute(f"DROP ROLE IF EXISTS {role}".encode())
        server.execute(f"CREATE DATABASE {DATABASE}".encode())
    url = postgres_url.rsplit("/", 1)[0] + f"/{DATABASE}"
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("CREATE SCHEMA erp")
        database.execute("CREATE TABLE erp.salaries (name text)")
        database.execute("CREATE TABLE public.orders (id integer)")
        database.execute(grants.encode())
        database.execute(f"CREATE ROLE churn_rights_person LOGIN IN ROLE {READER}".encode())
    return url


def as_role(url: str, role: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{role}@{parts.hostname}:{parts.port}{parts.path}"


@pytest.mark.postgres
def test_the_writer_of_postgres_brings_scores_and_touches_nothing_else(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURNLAB_TEST_WRITER", as_role(postgres, WRITER))
    chosen = settings({"kind": "postgres", "url": "${CHURNLAB_TEST_WRITER}", "schema": SCHEMA})
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        score(connection, ["a", "b"])
        assert total(bring(connection, chosen)).new == 9
        score(connection, ["b", "c"])
        assert total(bring(connection, chosen)).removed == 3
    for forbidden in (
        "SELECT * FROM erp.salaries",
        "SELECT * FROM public.orders",
        "INSERT INTO public.orders VALUES (1)",
        "DROP TABLE public.orders",
        "CREATE TABLE public.mine (id integer)",
        "CREATE TABLE erp.mine (id integer)",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
        "ALTER ROLE churn_rights_person PASSWORD 'x'",
    ):
        with (
            psycopg.connect(as_role(postgres, WRITER), autocommit=True) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(forbidden.encode())


@pytest.mark.postgres
def test_the_reader_of_postgres_reads_and_writes_nothing(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHURNLAB_TEST_WRITER", as_role(postgres, WRITER))
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        score(connection, ["a", "b"])
        bring(connection, settings({"kind": "postgres", "url": "${CHURNLAB_TEST_WRITER}", "schema": SCHEMA}))
    with psycopg.connect(as_role(postgres, "churn_rights_person"), autocommit=True) as connection:
        seen = connection.execute(f"SELECT customer_id FROM {SCHEMA}.churn_scores_current ORDER BY 1".encode())
        assert seen.fetchall() == [("a",), ("b",)]
        for forbidden in ("DELETE FROM churn_scores", "UPDATE score_runs SET status = 'x'", "CREATE TABLE x (i int)"):
            connection.execute(f"SET search_path = {SCHEMA}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(forbidden.encode())


@pytest.mark.mysql
def test_the_writer_of_mysql_brings_scores_and_touches_nothing_else(
    mysql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pymysql

    place = MySQLPlace(mysql_url)
    for query in (
        f"DROP DATABASE IF EXISTS {SCHEMA}",
        "DROP DATABASE IF EXISTS churnXrights",
        "CREATE DATABASE churnXrights",
        f"DROP USER IF EXISTS {WRITER}",
        f"DROP USER IF EXISTS {READER}",
    ):
        place.execute(query)
    grants = kind_named("mysql").grants(settings({"kind": "mysql", "url": "x", "schema": SCHEMA}).destinations[0])
    for query in grants.splitlines():
        if not query.startswith("--"):
            place.execute(query.replace("choose one", "geheim"))
    port = urlsplit(mysql_url).port
    monkeypatch.setenv("CHURNLAB_TEST_PASSWORD", "geheim")
    url = f"mysql://{WRITER}:${{CHURNLAB_TEST_PASSWORD}}@127.0.0.1:{port}"
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        score(connection, ["a", "b"])
        assert total(bring(connection, settings({"kind": "mysql", "url": url, "schema": SCHEMA}))).new == 9
    with pymysql.connect(host="127.0.0.1", port=port or 0, user=WRITER, password="geheim") as mine:
        for forbidden in (
            "SELECT * FROM mysql.user",
            "CREATE DATABASE mine",
            "CREATE USER mine",
            "CREATE TABLE churnXrights.mine (id INT)",
            "SELECT 1 INTO OUTFILE 'x'",
        ):
            with pytest.raises((pymysql.err.OperationalError, pymysql.err.ProgrammingError)) as refused:
                mine.cursor().execute(forbidden)
            assert refused.value.args[0] in (1044, 1045, 1142, 1227)


def test_the_guide_shows_the_sql_that_is_printed() -> None:
    grants = kind_named("postgres").grants(settings({"kind": "postgres", "url": "x"}).destinations[0])
    assert grants in GUIDE.read_text(encoding="utf-8")


@pytest.mark.mysql
def test_a_refused_password_is_not_repeated(mysql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURNLAB_TEST_PASSWORD", "geheim")
    url = f"mysql://nobody:${{CHURNLAB_TEST_PASSWORD}}@127.0.0.1:{urlsplit(mysql_url).port}"
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        score(connection, ["a"])
        with pytest.raises(Refused, match="Access denied") as refused:
            bring(connection, settings({"kind": "mysql", "url": url}, retry_s=60))
    assert "geheim" not in str(refused.value)


@pytest.mark.postgres
@pytest.mark.parametrize("said", ["role", "database"])
def test_what_postgres_does_not_know_ends_at_once(postgres_url: str, tmp_path: Path, said: str) -> None:
    url = as_role(postgres_url, "nobody") if said == "role" else f"{postgres_url}_that_is_not_there"
    with warehouse(tmp_path / "warehouse.duckdb") as connection:
        score(connection, ["a"])
        with pytest.raises(Refused, match=f"{said} .* does not exist"):
            bring(connection, settings({"kind": "postgres", "url": url}, retry_s=60))
