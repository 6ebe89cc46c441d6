"""The mart in PostgreSQL: the same rows as in the file, whole or not at all, by a role that can do nothing else."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import marts
import psycopg
import pytest
from deliveries import HOSTILE

from pipelines.config import Project, load_project
from pipelines.config_mart import MartDestinationSettings
from pipelines.erasure.destinations import erase
from pipelines.erasure.subject import Subject
from pipelines.errors import ConfigError, ConnectionFailed
from pipelines.mart.bring import bring
from pipelines.mart.build import FILE, build
from pipelines.mart.database import MartDatabase
from pipelines.mart.tables import OF_CUSTOMERS, SCHEMA, TABLES
from pipelines.warehouse.duckdb_file import warehouse

pytestmark = pytest.mark.postgres

DATABASE = "churnlab_mart"
WRITER, READER, PERSON = f"{SCHEMA}_writer", f"{SCHEMA}_reader", "churn_mart_person"
SETTINGS = MartDestinationSettings(name="bi", kind="postgres", url="${CHURNLAB_TEST_MART}")
ADDRESS = "mart.destinations=[{name: bi, kind: postgres, url: '${CHURNLAB_TEST_MART}'}]"


def as_role(url: str, role: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{role}@{parts.hostname}:{parts.port}{parts.path}"


@pytest.fixture
def database(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with the roles of the documented SQL; the address given to the project is the writer's."""
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)".encode())
        for role in (WRITER, READER, PERSON):
            server.execute(f"DROP ROLE IF EXISTS {role}".encode())
        server.execute(f"CREATE DATABASE {DATABASE}".encode())
    url = postgres_url.rsplit("/", 1)[0] + f"/{DATABASE}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(MartDatabase.grants(SETTINGS).encode())
        connection.execute(f"CREATE ROLE {PERSON} LOGIN IN ROLE {READER}".encode())
    monkeypatch.setenv("CHURNLAB_TEST_MART", as_role(url, WRITER))
    return url


@pytest.fixture
def project(tmp_path: Path) -> Project:
    marts.built(tmp_path)
    return load_project(str(marts.HOME / "conf" / "demo.yaml"), [f"workspace={tmp_path}", ADDRESS])


@pytest.fixture
def read(database: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    with psycopg.connect(as_role(database, PERSON), autocommit=True) as reader:
        yield lambda query: reader.execute(query.encode()).fetchall()


def say(_: str) -> None:
    pass


def rebuilt(project: Project, change: str) -> None:
    with warehouse(project.home) as connection:
        connection.execute(change)
        build(connection, project, marts.ACCEPTED)


def test_every_table_holds_the_rows_of_the_file(project, database, read) -> None:
    brought = bring(project, say)["bi"]
    with duckdb.connect(str(project.home / FILE), read_only=True) as mart:
        for table in TABLES:
            names = [column.name for column in table.columns if column.name != "updated_at"]
            listed = ", ".join(names)
            there = read(f"SELECT {listed} FROM {SCHEMA}.{table.name}")
            wanted = mart.execute(f"SELECT {listed} FROM {SCHEMA}.{table.name}").fetchall()
            assert sorted(map(repr, there)) == sorted(map(repr, wanted)), table.name
            assert brought[table.name].new == len(wanted)
    assert read(f"SELECT count(*) FROM {SCHEMA}.churn_latest WHERE updated_at IS NULL") == [(0,)]


def test_the_same_again_writes_nothing_and_a_change_only_what_differs(project, database, read) -> None:
    bring(project, say)
    before = dict(read(f"SELECT customer_id, updated_at FROM {SCHEMA}.dim_customer"))
    assert {name: change.touched for name, change in bring(project, say)["bi"].items() if change.touched} == {}
    assert dict(read(f"SELECT customer_id, updated_at FROM {SCHEMA}.dim_customer")) == before
    rebuilt(project, "UPDATE accepted.customers SET owner = 'Dora' WHERE customer_id = 'C0007'")
    changed = bring(project, say)["bi"]["dim_customer"]
    assert (changed.new, changed.removed, changed.same) == (1, 1, marts.CUSTOMERS - 1)
    after = dict(read(f"SELECT customer_id, updated_at FROM {SCHEMA}.dim_customer"))
    assert {key for key, instant in after.items() if instant != before[key]} == {"C0007"}


def test_rows_that_are_alike_are_counted(project, database, read) -> None:
    bring(project, say)
    with duckdb.connect(str(project.home / FILE)) as mart:
        for _ in range(2):
            mart.execute(f"INSERT INTO {SCHEMA}.fact_score_coverage VALUES ('r', 'failed', NULL, 1)")
    assert bring(project, say)["bi"]["fact_score_coverage"].new == 2
    with duckdb.connect(str(project.home / FILE)) as mart:
        mart.execute(f"DELETE FROM {SCHEMA}.fact_score_coverage WHERE run_id = 'r'")
        mart.execute(f"INSERT INTO {SCHEMA}.fact_score_coverage VALUES ('r', 'failed', NULL, 1)")
    change = bring(project, say)["bi"]["fact_score_coverage"]
    assert (change.new, change.removed) == (0, 1)
    assert read(f"SELECT count(*) FROM {SCHEMA}.fact_score_coverage WHERE run_id = 'r'") == [(1,)]


def test_a_refresh_that_fails_leaves_the_mart_before(project, database, read, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(project, say)
    rebuilt(project, "DELETE FROM scores.churn_scores WHERE customer_id < 'C0050'")
    copied = MartDatabase.copy_in

    def breaks(self: MartDatabase, into: str, kinds: Any, rows: Any) -> None:
        if len(kinds) == len(TABLES[-1].columns) and "INTEGER" not in kinds and "DATE" not in kinds:
            raise psycopg.errors.DiskFull("no room left")
        copied(self, into, kinds, rows)

    monkeypatch.setattr(MartDatabase, "copy_in", breaks)
    with pytest.raises(ConnectionFailed, match="refuses"):
        bring(project, say)
    assert read(f"SELECT count(*) FROM {SCHEMA}.churn_latest") == [(marts.CUSTOMERS,)]
    monkeypatch.undo()
    monkeypatch.setenv("CHURNLAB_TEST_MART", as_role(database, WRITER))
    bring(project, say)
    assert read(f"SELECT count(*) FROM {SCHEMA}.churn_latest") == [(marts.CUSTOMERS - 50,)]


def test_readers_meet_one_mart_or_the_next_and_wait_for_none(project, database) -> None:
    bring(project, say)
    rebuilt(project, "DELETE FROM scores.churn_scores WHERE customer_id < 'C0050'")
    seen: set[tuple[int, int]] = set()
    with psycopg.connect(as_role(database, PERSON), autocommit=True) as reader:
        reader.execute("SET statement_timeout = '60s'")
        together = (
            f"SELECT (SELECT count(*) FROM {SCHEMA}.churn_latest), (SELECT sum(customers) FROM {SCHEMA}.dim_owner)"
        )
        working = threading.Thread(target=bring, args=(project, say))
        working.start()
        while working.is_alive():
            seen.update(reader.execute(together.encode()).fetchall())
        working.join()
        seen.update(reader.execute(together.encode()).fetchall())
    assert seen <= {(90, 90), (40, 40)}
    assert (40, 40) in seen


def test_tables_and_columns_say_what_they_mean(project, database, read) -> None:
    bring(project, say)
    told = read(
        "SELECT relname, attname, col_description(pg_class.oid, attnum) FROM pg_class "
        f"JOIN pg_attribute ON attrelid = pg_class.oid WHERE relnamespace = '{SCHEMA}'::regnamespace "
        "AND relkind = 'r' AND attnum > 0 AND NOT attisdropped"
    )
    wanted = {(table.name, column.name): column.comment for table in TABLES for column in table.columns}
    assert {(table, column): comment for table, column, comment in told} == wanted
    assert [each for each in told if not re.search(r"[\u4e00-\u9fff]", each[2] or "")] == []
    types = read(f"SELECT DISTINCT data_type FROM information_schema.columns WHERE table_schema = '{SCHEMA}'")
    assert {name for (name,) in types} <= {
        "text", "double precision", "integer", "smallint", "date", "timestamp without time zone",
    }  # fmt: skip


def test_a_mart_of_an_older_version_gets_its_new_columns_and_views_of_others_live_on(project, database, read) -> None:
    bring(project, say)
    with psycopg.connect(database, autocommit=True) as owner:
        owner.execute(f"ALTER TABLE {SCHEMA}.dim_owner DROP COLUMN value_at_risk".encode())
        owner.execute(
            f"CREATE VIEW public.mine AS SELECT customer_id, risk_band_zh FROM {SCHEMA}.churn_latest".encode()
        )
    bring(project, say)
    assert read(f"SELECT count(*) FROM {SCHEMA}.dim_owner WHERE value_at_risk IS NULL") == [(0,)]
    with psycopg.connect(database) as owner:
        assert owner.execute("SELECT count(*) FROM public.mine").fetchone() == (marts.CUSTOMERS,)


def test_the_reader_reads_and_writes_nothing_and_the_writer_has_no_other_place(project, database) -> None:
    bring(project, say)
    with psycopg.connect(as_role(database, PERSON), autocommit=True) as reader:
        for forbidden in (f"DELETE FROM {SCHEMA}.churn_latest", f"CREATE TABLE {SCHEMA}.x (i int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(forbidden.encode())
    with (
        psycopg.connect(as_role(database, WRITER), autocommit=True) as writer,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        writer.execute("CREATE TABLE public.mine (i int)")


def test_hostile_ids_of_any_length_are_only_texts(project, database, read) -> None:
    long = "".join(random.Random(7).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=10_000))
    ids = [*HOSTILE, long, "a\x00b", "\u202eevil\u202c", "\x1b[2J", "-1+1"]
    with warehouse(project.home) as connection:
        for number, hostile in enumerate(ids):
            for table in ("scores.churn_scores", "scores.churn_reasons", "accepted.customers"):
                change = f"UPDATE {table} SET customer_id = ? WHERE customer_id = ?"
                connection.execute(change, [hostile, f"C{number:04d}"])
        build(connection, project, marts.ACCEPTED)
    bring(project, say)
    held = {name for (name,) in read(f"SELECT customer_id FROM {SCHEMA}.churn_latest")}
    assert {each.replace("\0", "\N{REPLACEMENT CHARACTER}") for each in ids} <= held
    assert len(held) == marts.CUSTOMERS
    assert [change.touched for change in bring(project, say)["bi"].values() if change.touched] == []


def test_a_forgotten_customer_goes_from_every_table(project, database, read) -> None:
    bring(project, say)
    gone = erase([SETTINGS], dict.fromkeys(OF_CUSTOMERS, ()), Subject(frozenset({"C0003"})), counts_only=False)
    assert gone["destination bi"] > 5
    for name in OF_CUSTOMERS:
        assert read(f"SELECT count(*) FROM {SCHEMA}.{name} WHERE customer_id = 'C0003'") == [(0,)], name
    assert read(f"SELECT count(*) FROM {SCHEMA}.dim_customer") == [(marts.CUSTOMERS - 1,)]


def test_a_server_that_does_not_answer_is_named_without_its_password(project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURNLAB_TEST_MART", "postgresql://me:sesame@127.0.0.1:9/none")
    with pytest.raises(ConnectionFailed, match="bi was not reached") as told:
        bring(project.model_copy(update={"deliver": project.deliver.model_copy(update={"retry_s": 0})}), say)
    assert "churnlab mart" in str(told.value.do)
    assert "sesame" not in str(told.value)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{name: bi, kind: mysql, url: 'mysql://x'}", "kind"),
        ("{name: bi, kind: postgres, path: x}", "needs url"),
        ("{name: bi, kind: postgres, url: 'postgresql://me:secret@h/d'}", "holds a password"),
    ],
)
def test_other_places_are_refused(entry: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_project(str(marts.HOME / "conf" / "demo.yaml"), [f"mart.destinations=[{entry}]"])
