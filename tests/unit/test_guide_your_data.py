"""The projects of the guide to one's own data load, and read files as they look in practice."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipelines.config import Project, load_project
from pipelines.ingest import ingest, ingest_flat

HOME = Path(__file__).parents[2]
GUIDE = HOME / "docs" / "guides" / "your-data.md"
BLOCK = re.compile(r"^```yaml\n(# conf/(\w+)\.yaml.*?)^```", re.MULTILINE | re.DOTALL)
PROJECTS = {name: text for text, name in BLOCK.findall(GUIDE.read_text(encoding="utf-8"))}

FILES: dict[str, dict[str, str]] = {
    "members": {
        "members.csv": (
            "member_no;left;fee;visits_last_month;branch_code;leaving_reason;final_invoice\n"
            "1;yes;39,90;n.a.;01;moved;2026-01-01\n"
            "2;no;29,90;7;02;;\n"
        ),
    },
    "shop": {
        "orders-2025.csv": (
            "order_no;customer_no;ordered;total;items;source;status\n"
            "1;a;01.07.2025 00:30;1.250,00;3;app;paid\n"
            "2;a;02.07.2025 10:00;5,00;1;web;cancelled\n"
        ),
        "orders-2026.csv": (
            "order_no;customer_no;ordered;total;items;source;status\n3;b;01.01.2026 12:00;10,00;1;shop;paid\n"
        ),
    },
    "crm": {
        "orders.csv": "order_no,account_id,day,price,units\n7,a,2026/01/05,10,2\n7,a,2026/01/05,1,3\n",
        "invoices.csv": (
            "invoice_no,account_id,issued,due,amount,first_failure,paid,currency\n"
            "1,a,2026-01-01,2026-01-31,100,,2026-01-20,USD\n"
        ),
        "tickets.csv": (
            "id,account_id,opened,type,priority,description,answered,solved,departments,rated,stars\n"
            "1,a,2026-01-01 09:00,投诉,high,太慢了,2026-01-01 09:10,,2,,\n"
        ),
        "activities.csv": "id,account_id,at,type,channel,note,entered_at\n1,a,2026-01-01,visit,on site,,2026-01-04\n",
        "surveys.csv": "id,account_id,answered,score,comment\n1,a,2026-01-01,9,good\n",
        "stages.csv": "deal,account_id,entered,stage,amount\n1,a,2026-01-01,报价,5000\n",
        "dealer_stock.csv": "dealer_id,counted,category,on_hand,sold\na,2026-01-01,pumps,10,2\n",
    },
}


def write_files(name: str, root: Path) -> None:
    root.mkdir(parents=True)
    for file, content in FILES[name].items():
        encoding = "gb18030" if file == "orders.csv" else "utf-8"
        (root / file).write_text(content, encoding=encoding)
    if name == "crm":
        write_crm(root)


def write_crm(root: Path) -> None:
    """The parts of the CRM that are no text files."""
    import sqlite3
    from contextlib import closing

    account = ["a", "2024-05-01", "Acme", "制造", "large", "East", "partner", "Li"]
    names = ["Account ID", "Customer since", "Account name", "Industry", "Size", "Region", "Source", "Account manager"]
    pd.DataFrame([account], columns=names).to_excel(root / "accounts.xlsx", sheet_name="Accounts", index=False)
    term = {
        "id": "t1", "account_id": "a", "start_date": "2025-01-01", "end_date": "2026-01-01", "plan": "pro",
        "billing": "yearly", "price": 900.0, "list_price": 1000.0, "seats": 5, "auto_renew": 1, "trial": 0,
        "previous_id": None, "notice_date": "2025-12-01", "notice_reason": "price", "stopped_date": None,
        "created_at": "2025-01-03",
    }  # fmt: skip
    with closing(sqlite3.connect(root / "crm.sqlite")) as connection:
        pd.DataFrame([term]).to_sql("contracts", connection, index=False)
    (root / "events").mkdir()
    event = {
        "account_id": "a",
        "at": pd.Timestamp("2026-01-01 08:00"),
        "kind": "sign_in",
        "feature": "-",
        "seconds": 90,
    }
    pd.DataFrame([{**event, "user": "u1"}]).to_parquet(root / "events" / "part-1.parquet")


@pytest.fixture
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Project, duckdb.DuckDBPyConnection]:
    """A project of the guide on small files that look as the guide says, read into a warehouse."""
    name = request.param
    (tmp_path / "base.yaml").write_text((HOME / "conf" / "base.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / f"{name}.yaml").write_text(PROJECTS[name], encoding="utf-8")
    write_files(name, tmp_path / "data")
    project = load_project(str(tmp_path / f"{name}.yaml"), [f"data.root={tmp_path / 'data'}"], {})
    connection = duckdb.connect()
    if project.data.flat is not None:
        ingest_flat(project.data.flat, project.data.root, connection, "loaded")
    else:
        assert project.data.mapping is not None
        ingest(project.data.mapping, project.data.root, connection, "loaded")
    return project, connection


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_the_guide_has_three_projects_to_copy() -> None:
    assert list(PROJECTS) == ["members", "shop", "crm"]


@pytest.mark.parametrize("loaded", ["members"], indirect=True)
def test_flat_table_of_the_guide(loaded: tuple[Project, duckdb.DuckDBPyConnection]) -> None:
    project, connection = loaded
    assert project.is_flat
    found = rows(connection, "SELECT * FROM loaded.flat ORDER BY customer_id")
    assert found == [("1", 1, 39.9, None, "01"), ("2", 0, 29.9, 7.0, "02")]


@pytest.mark.parametrize("loaded", ["shop"], indirect=True)
def test_order_log_of_the_guide(loaded: tuple[Project, duckdb.DuckDBPyConnection]) -> None:
    project, connection = loaded
    assert project.label is not None
    assert (project.label.gap_days, project.label.horizon_days) == (7, 90)
    query = "SELECT order_id, customer_id, CAST(ordered_at AS VARCHAR), amount, channel FROM loaded.orders ORDER BY 1"
    assert rows(connection, query) == [
        ("1", "a", "2025-06-30 22:30:00", 1250.0, "online"),
        ("3", "b", "2026-01-01 11:00:00", 10.0, "shop"),
    ]


@pytest.mark.parametrize("loaded", ["crm"], indirect=True)
def test_crm_tables_of_the_guide(loaded: tuple[Project, duckdb.DuckDBPyConnection]) -> None:
    project, connection = loaded
    assert project.data.mapping is not None
    assert len(project.data.mapping.tables) == 10
    for query, expected in {
        "SELECT industry FROM loaded.customers": "manufacturing",
        "SELECT billing_period FROM loaded.contracts": "year",
        "SELECT CAST(cancelled_at AS VARCHAR) FROM loaded.contracts": "2025-11-30 16:00:00",
        "SELECT CAST(known_at AS VARCHAR) FROM loaded.contracts": "2025-01-02 16:00:00",
        "SELECT amount FROM loaded.orders": 23.0,
        "SELECT amount FROM loaded.payments": 710.0,
        "SELECT duration_minutes FROM loaded.usage_events": 1.5,
        "SELECT event_type FROM loaded.usage_events": "login",
        "SELECT ticket_type FROM loaded.tickets": "complaint",
        "SELECT is_proactive FROM loaded.interactions": True,
        "SELECT CAST(known_at AS VARCHAR) FROM loaded.interactions": "2026-01-03 16:00:00",
        "SELECT kind FROM loaded.feedback": "nps",
        "SELECT stage FROM loaded.deals": "quote",
        "SELECT units_on_hand FROM loaded.stock": 10.0,
    }.items():
        assert rows(connection, query) == [(expected,)], query
