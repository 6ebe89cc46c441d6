"""A customer is taken out of tables and files, and nobody else is; on workspaces made by hand."""

from __future__ import annotations

import html
import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipelines.config import Project, load_project
from pipelines.console import Console
from pipelines.erasure import suppression, tables
from pipelines.erasure.files import erase_from_file
from pipelines.erasure.runs import Logged
from pipelines.erasure.subject import Subject
from pipelines.erasure.suppression import LeftOut, hashed
from pipelines.erasure.trace import traces_in
from pipelines.errors import Incomplete
from pipelines.operating import forget
from pipelines.operating.forget import PENDING, Erasure
from pipelines.operating.status import status_of
from pipelines.runner import Runner

CONF = str(Path(__file__).parents[2] / "conf" / "demo.yaml")
GONE, OTHER, LONGER = "C00042", "C00043", "C000421"
SUBJECT = Subject(frozenset({GONE}))
CUSTOMERS = [GONE, OTHER, LONGER, "C00001"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return load_project(CONF, [f"workspace={tmp_path}", f"tracking.uri=sqlite:///{tmp_path}/mlflow.db"])


@pytest.fixture
def home(project: Project) -> Path:
    """A workspace with the customer in every kind of place."""
    folder = project.home
    (folder / "artifacts" / "panel").mkdir(parents=True)
    (folder / "reports").mkdir()
    fill_warehouse(folder)
    frame = pd.DataFrame({"customer_id": CUSTOMERS * 3, "value": range(12)})
    frame.to_parquet(folder / "artifacts" / "labels.parquet", index=False)
    pd.DataFrame({"value": [1.0]}).to_parquet(folder / "artifacts" / "panel" / "a.parquet")
    record = {"examples": [{"customer_id": GONE, "risk": 0.4}, {"customer_id": OTHER, "risk": 0.1}], "note": GONE}
    (folder / "artifacts" / "scored.json").write_text(json.dumps(record, indent=1))
    (folder / "reports" / "data.html").write_text(f"<p>{GONE} and {LONGER}</p>")
    (folder / "contacts.csv").write_text(f"customer_id,note\r\n{GONE},a\r\n{OTHER},after {GONE}\r\n", newline="")
    (folder / "log.jsonl").write_text(f'{{"id": "{GONE}"}}\n{{"id": "{OTHER}"}}\n')
    return folder


def fill_warehouse(folder: Path) -> None:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for schema in ("loaded", "accepted", "quarantine", "scores"):
            connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute("CREATE TABLE loaded.orders (customer_id VARCHAR, amount INTEGER, note VARCHAR)")
        ids = ", ".join(f"'{each}'" for each in CUSTOMERS)
        connection.execute(
            f"INSERT INTO loaded.orders SELECT [{ids}][1 + i % 4], i, 'n' || i FROM range(4000) AS t(i) ORDER BY i"
        )
        connection.execute(f"INSERT INTO loaded.orders VALUES ('{OTHER}', -1, 'sent by {GONE}, with {GONE}')")
        connection.execute("COMMENT ON TABLE loaded.orders IS 'checked'")
        connection.execute(
            "CREATE TABLE quarantine.quarantine_orders AS SELECT rowid AS row_number, ['odd'] AS reasons, * "
            "FROM loaded.orders WHERE amount % 7 = 0"
        )
        connection.execute(
            "CREATE VIEW accepted.orders AS SELECT * FROM loaded.orders WHERE "
            "(SELECT bool_or(comment = 'checked') FROM duckdb_tables() WHERE table_name = 'orders') "
            "AND rowid NOT IN (SELECT row_number FROM quarantine.quarantine_orders)"
        )
        connection.execute(
            "CREATE TABLE scores.churn_scores (customer_id VARCHAR, as_of INTEGER, PRIMARY KEY (customer_id, as_of))"
        )
        connection.execute(f"INSERT INTO scores.churn_scores SELECT unnest([{ids}]), 1")
        connection.execute("CREATE TABLE scores.of_nobody AS SELECT 'x' AS run_id, 7 AS customers")


def dump(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table and view, but the customer's; the note that names the customer freed of the name."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        names = connection.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables ORDER BY 1"
        ).fetchall()
        rows = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names}
    kept = {name: [row for row in found if GONE not in row] for name, found in rows.items()}
    return {
        name: [tuple(_freed(cell) for cell in _unnumbered(name, row)) for row in found] for name, found in kept.items()
    }


def _freed(cell: Any) -> Any:
    return "sent by [erased], with [erased]" if cell == f"sent by {GONE}, with {GONE}" else cell


def _unnumbered(name: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[1:] if name.startswith("quarantine.") else row


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company without MLflow."""
    monkeypatch.setattr(forget, "erase_from_runs", lambda *_, **__: Logged())
    monkeypatch.setattr(forget, "folders_of_runs", lambda *_: [])


def erasure(project: Project, customer: str = GONE) -> Erasure:
    return Erasure(Runner(project, Console(quiet=True)), customer)


def pending(home: Path) -> list[Path]:
    return list((home / "erasure").glob(f"{PENDING}-*"))


def test_the_warehouse_without_the_customer_is_the_same(home: Path) -> None:
    before = dump(home)
    assert len(before["accepted.orders"]) == sum(1 for i in range(4000) if CUSTOMERS[i % 4] != GONE and i % 7) + 1
    found = tables.erase(home / "warehouse.duckdb", SUBJECT)
    assert dump(home) == before
    assert found.rows == {"loaded.orders": 1000, "quarantine.quarantine_orders": 143, "scores.churn_scores": 1}
    assert found.mentions == {"loaded.orders": 1}
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        # The quarantine still names the rows that it stands for, keys still hold, and marks are still there.
        joined = "SELECT count(*), bool_and(held.amount = told.amount) FROM loaded.orders AS held "
        joined += "JOIN quarantine.quarantine_orders AS told ON held.rowid = told.row_number"
        assert connection.execute(joined).fetchone() == (4000 // 7 + 1 - 143, True)
        with pytest.raises(duckdb.ConstraintException):
            connection.execute(f"INSERT INTO scores.churn_scores VALUES ('{OTHER}', 1)")
    assert GONE.encode() not in (home / "warehouse.duckdb").read_bytes().replace(LONGER.encode(), b"")
    assert list(traces_in(home / "warehouse.duckdb", SUBJECT)) == []


def test_deleting_alone_would_leave_bytes(home: Path) -> None:
    """What the new file is for."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(f"DELETE FROM scores.churn_scores WHERE customer_id = '{GONE}'")
        connection.execute(f"DELETE FROM loaded.orders WHERE customer_id = '{GONE}' OR note LIKE '%{GONE}%'")
        connection.execute(f"DELETE FROM quarantine.quarantine_orders WHERE customer_id = '{GONE}'")
    assert GONE.encode() in (home / "warehouse.duckdb").read_bytes().replace(LONGER.encode(), b"")


@pytest.mark.parametrize(
    "customer",
    ["O'Neil & Söhne", "客户一二三四", 'a"b<c>d%e', "../../etc", "C000.*2", "x'); DROP TABLE loaded.orders; --"],
)
def test_hostile_ids(tmp_path: Path, customer: str) -> None:
    subject = Subject(frozenset({customer}))
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("CREATE SCHEMA loaded; CREATE TABLE loaded.orders (customer_id VARCHAR, note VARCHAR)")
        connection.executemany(
            "INSERT INTO loaded.orders VALUES (?, ?)", [[customer, ""], ["other", f"by {customer}!"]]
        )
    (tmp_path / "a.json").write_text(json.dumps({"note": f"of {customer}."}))
    (tmp_path / "a.html").write_text(f"<p>{html.escape(customer)}</p>")
    pd.DataFrame({"customer_id": [customer, "other"]}).to_parquet(tmp_path / "a.parquet")
    assert len(list(traces_in(tmp_path, subject))) == 5
    tables.erase(tmp_path / "warehouse.duckdb", subject)
    for name in ("a.json", "a.html", "a.parquet"):
        assert erase_from_file(tmp_path / name, subject) == 1
    assert list(traces_in(tmp_path, subject)) == []
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        assert connection.execute("FROM loaded.orders").fetchall() == [("other", "by [erased]!")]


def test_ids_of_other_systems_go_too_and_the_same_number_of_another_customer_stays(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute(
            "CREATE TABLE loaded.identity_map AS FROM (VALUES ('crm', 'C00042', 'C00042', 'C00042', 1), "
            "('shop', '17', 'shop:17', 'C00042', 2), ('crm', '17', '17', '17', 3)) "
            "AS t(system, id, known_as, customer_id, node)"
        )
        connection.execute(
            "CREATE TABLE loaded.identity_ledger AS SELECT 'C00042' customer_id, 'C00042' left_id, 'shop:17' right_id"
        )
        connection.execute("INSERT INTO scores.churn_scores VALUES ('shop:17', 1), ('17', 1)")
    for asked in ("C00042", "shop:17"):
        assert tables.related_ids(home, asked) == {"C00042", "shop:17", "crm:C00042"} | {asked}
    tables.erase(home / "warehouse.duckdb", Subject(tables.related_ids(home, "shop:17")))
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        left = connection.execute("SELECT customer_id FROM scores.churn_scores ORDER BY 1").fetchall()
        assert ("17",) in left
        assert not {("shop:17",), (GONE,)} & set(left)
        assert connection.execute("SELECT id FROM loaded.identity_map").fetchall() == [("17",)]
        assert connection.execute("SELECT count(*) FROM loaded.identity_ledger").fetchone() == (0,)


@pytest.mark.usefixtures("logged")
def test_no_byte_and_no_value_is_left_and_the_receipt_holds_no_id(project: Project, home: Path) -> None:
    before = {file: file.read_bytes() for file in home.rglob("*") if file.is_file()}
    counted = erasure(project).counted()
    assert {file: file.read_bytes() for file in home.rglob("*") if file.is_file()} == before
    receipt = erasure(project).run()
    assert receipt.total == sum(counted.values()) > 1000
    for file in home.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            for encoding in ("utf-8", "utf-16-le"):
                assert GONE.encode(encoding) not in content.replace(LONGER.encode(encoding), b""), file
    labels = pd.read_parquet(home / "artifacts" / "labels.parquet")
    assert labels["value"].tolist() == [i for i in range(12) if i % 4]
    assert json.loads((home / "artifacts" / "scored.json").read_text())["examples"] == [
        {"customer_id": OTHER, "risk": 0.1}
    ]
    assert (home / "reports" / "data.html").read_text() == f"<p>[erased] and {LONGER}</p>"
    kept = json.loads((home / "erasure" / f"receipt-{receipt.number}.json").read_text())
    assert kept["subject"] == [hashed(suppression.key_of(home), GONE)]
    assert (home / "erasure" / "key").stat().st_mode & 0o077 == 0
    assert pending(home) == []
    assert erasure(project).run().total == 0


@pytest.mark.usefixtures("logged")
def test_a_kill_at_any_moment_and_the_same_command_again(
    project: Project, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    untouched = tmp_path / "untouched"
    shutil.copytree(home, untouched)
    erasure(project).run()
    expected, whole = dump(home), os.replace
    for moment in range(1, 200, 2):
        shutil.rmtree(home)
        shutil.copytree(untouched, home)
        calls = [0]

        def killed(*arguments: Any, calls: list[int] = calls, moment: int = moment) -> None:
            calls[0] += 1
            if calls[0] == moment:
                raise KeyboardInterrupt
            whole(*arguments)

        monkeypatch.setattr(os, "replace", killed)
        try:
            erasure(project).run()
        except KeyboardInterrupt:
            monkeypatch.setattr(os, "replace", whole)
        else:
            break
        # Readers find whole files meanwhile.
        dump(home)
        pd.read_parquet(home / "artifacts" / "labels.parquet")
        erasure(project).run()
        assert dump(home) == expected
        assert list(traces_in(home, SUBJECT)) == []
        assert len(list((home / "erasure").glob("receipt-*.json"))) == 1
        assert list(home.rglob(".erasing*")) == []
    assert moment > 15


@pytest.mark.usefixtures("logged")
def test_what_cannot_be_erased_is_named_without_the_id(project: Project, home: Path) -> None:
    (home / "odd.bin").write_bytes(f" {GONE} ".encode())
    with pytest.raises(Incomplete, match=r"1 places still name the customer: .*odd\.bin") as refused:
        erasure(project).run()
    assert GONE not in str(refused.value)
    assert len(pending(home)) == 1
    assert "erasure_unfinished" in {each.code for each in status_of(project, datetime(2026, 10, 1)).findings}
    # Another's erasure does not forget that this one has not ended.
    (home / "odder.bin").write_bytes(OTHER.encode())
    with pytest.raises(Incomplete):
        erasure(project, OTHER).run()
    (home / "odder.bin").unlink()
    assert len(pending(home)) == 2
    (home / "odd.bin").unlink()
    receipt = erasure(project).run()
    assert receipt.places["loaded.orders"] == 1000  # what the first attempt erased is in the receipt
    (home / "sheet.xlsx").write_bytes(b"PK")
    assert erasure(project, OTHER).run().not_looked_into == [str(home / "sheet.xlsx")]


@pytest.mark.usefixtures("logged")
def test_who_was_forgotten_stays_out_of_later_loads(project: Project, home: Path) -> None:
    erasure(project).run()
    left_out = LeftOut.of(home)
    assert left_out is not None
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE orders AS SELECT unnest({CUSTOMERS}) AS customer_id")
        connection.execute(
            "CREATE TABLE rejected AS SELECT unnest(?) AS value_shown", [[f"1;{GONE};x", f"2;{LONGER};x", None]]
        )
        connection.execute("CREATE TABLE of_nobody AS SELECT 1 AS n")
        left_out.take_out(connection, {"a": "orders", "b": "rejected", "c": "of_nobody"})
        assert connection.execute("FROM orders").fetchall() == [(OTHER,), (LONGER,), ("C00001",)]
        assert connection.execute("FROM rejected").fetchall() == [(f"2;{LONGER};x",), (None,)]
    assert left_out.rows == 2
    assert GONE not in (home / "erasure" / "forgotten.json").read_text()


def test_sources_are_the_owners_wherever_they_lie(home: Path) -> None:
    """Below the project's folder they are left alone; a root above it makes nothing in it a source."""
    shop = ["simulate=null", f"workspace={home.parent}", f"tracking.uri=sqlite:///{home.parent}/mlflow.db"]
    inside = erasure(load_project(CONF, [*shop, f"data.root={home / 'reports'}"]))
    above = erasure(load_project(CONF, [*shop, f"data.root={home.parent}"]))
    page = home / "reports" / "data.html"
    assert page not in set(inside._files())
    assert page in set(above._files())


def test_nobody_was_forgotten(tmp_path: Path) -> None:
    assert LeftOut.of(tmp_path) is None
    assert not (tmp_path / "erasure").exists()


def test_the_key_may_come_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHURNLAB_ERASURE_KEY", "kept in a vault")
    assert suppression.key_of(tmp_path) == "kept in a vault"
    assert not (tmp_path / "erasure").exists()
