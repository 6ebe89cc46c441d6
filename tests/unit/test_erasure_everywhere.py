"""No table that the product declares is forgotten by an erasure; the tables are walked, not listed by hand."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import pipelines.warehouse
from features.tables import TABLES as CANONICAL
from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.erasure.runs import Logged
from pipelines.erasure.subject import is_id_column
from pipelines.mart import build
from pipelines.mart.tables import SCHEMA as MART
from pipelines.mart.tables import TABLES as OF_THE_MART
from pipelines.operating import forget
from pipelines.operating.forget import Erasure
from pipelines.runner import Runner
from pipelines.warehouse.duckdb_file import FILE as WAREHOUSE
from pipelines.warehouse.duckdb_file import database
from pipelines.warehouse.sql import identifier

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")
GONE, STAYS = "C00042", "C00043"
PLACES = "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A company without MLflow, whose warehouse and mart have every declared table."""
    monkeypatch.setattr(forget, "erase_from_runs", lambda *_, **__: Logged())
    monkeypatch.setattr(forget, "folders_of_runs", lambda *_: [])
    project = load_project(CONF, [f"workspace={tmp_path}", f"tracking.uri=sqlite:///{tmp_path}/mlflow.db"])
    with database(project.home / WAREHOUSE) as connection:
        for module in iter_modules(pipelines.warehouse.__path__):
            create = getattr(import_module(f"pipelines.warehouse.{module.name}"), "create", None)
            if create is not None:
                create(connection)
        for schema in ("loaded", "accepted", "quarantine"):
            for name, table in CANONICAL.items():
                make(connection, schema, name, {column.name: "VARCHAR" for column in table.columns})
        fill(connection)
    with database(project.home / build.FILE) as connection:
        for told in OF_THE_MART:
            make(connection, MART, told.name, {column.name: column.type for column in told.columns})
        fill(connection)
    return project


def make(connection: Any, schema: str, name: str, columns: dict[str, str]) -> None:
    typed = ", ".join(f"{identifier(column)} {kind}" for column, kind in columns.items())
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}")
    connection.execute(f"CREATE TABLE {identifier(schema, name)} ({typed})")


def places(connection: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Give each table, quoted, with its columns and their types."""
    tables: dict[str, dict[str, str]] = {}
    views = {name for (name,) in connection.execute("SELECT view_name FROM duckdb_views()").fetchall()}
    for schema, table, column, kind in connection.execute(PLACES).fetchall():
        if table not in views:
            tables.setdefault(identifier(schema, table), {})[column] = kind
    yield from tables.items()


def fill(connection: Any) -> None:
    """Write a row of the customer, one of another, and one of a third in whose every text the customer is named."""
    for place, columns in places(connection):
        for number, (who, text) in enumerate([(GONE, f"by {GONE}"), (STAYS, "nobody"), ("C00044", f"as {GONE}, so")]):
            values = [value(column, kind, number, who, f"{column}: {text}") for column, kind in columns.items()]
            connection.execute(f"INSERT INTO {place} VALUES ({', '.join('?' for _ in values)})", values)


def value(column: str, kind: str, number: int, who: str, text: str) -> Any:
    if kind == "VARCHAR":
        return who if is_id_column(column) else text
    return {"BOOLEAN": True, "DATE": "2026-06-01", "TIMESTAMP": f"2026-06-0{number + 1}"}.get(kind, number)


def held(project: Project) -> Rows:
    """Give all rows by file and table."""
    rows: Rows = {}
    for file in (WAREHOUSE, build.FILE):
        with database(project.home / file, read_only=True) as connection:
            for place, columns in places(connection):
                found = connection.execute(f"FROM {place}").fetchall()
                rows[f"{file} {place}"] = [dict(zip(columns, row, strict=True)) for row in found]
    return rows


def expected(before: Rows) -> Rows:
    """Leave out the customer's rows and the customer's name."""
    return {
        place: [
            {column: cell.replace(GONE, "[erased]") if isinstance(cell, str) else cell for column, cell in row.items()}
            for row in rows
            if not any(is_id_column(column) and cell == GONE for column, cell in row.items())
        ]
        for place, rows in before.items()
    }


def test_every_declared_table_is_freed_of_the_customer_and_of_nobody_else(project: Project) -> None:
    before = held(project)
    of_customers = [rows for rows in before.values() if any(map(is_id_column, rows[0]))]
    assert len(before) > 70
    assert len(of_customers) > 40
    Erasure(Runner(project, Console(quiet=True)), GONE).run()
    assert held(project) == expected(before)
    assert [file for file in project.home.rglob("*") if file.is_file() and GONE.encode() in file.read_bytes()] == []


def test_every_column_of_customers_is_known_as_one(project: Project) -> None:
    """Ids under another name would be freed of texts alone, and short ones would stay."""
    names = {column for rows in held(project).values() for column in rows[0]}
    assert {name for name in names if "customer" in name and name.endswith("id") and not is_id_column(name)} == set()
    assert "customer_id" in names


def test_what_a_killed_process_left_beside_a_database_goes(project: Project) -> None:
    for name in (WAREHOUSE, build.FILE, "of_a_destination.duckdb"):
        rest = project.home / f"{name}.tmp" / "duckdb_temp_storage_DEFAULT-0.tmp"
        rest.parent.mkdir()
        rest.write_bytes(f"\x00{GONE}\x00".encode())
    Erasure(Runner(project, Console(quiet=True)), GONE).run()
    assert list(project.home.glob("*.tmp")) == []
