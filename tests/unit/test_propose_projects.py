"""What init proposes is read by the line as it stands, and gives the rows that were written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from project_folders import CONF, begun

from pipelines.commands.init import init
from pipelines.config import Project, load_project
from pipelines.errors import ConfigError, DataError
from pipelines.ingest import ingest, ingest_flat
from pipelines.propose import Proposal, propose, render


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(begun(tmp_path))
    return tmp_path


def proposed(home: Path, *paths: Path) -> tuple[Project, Proposal]:
    proposal = propose(list(paths), "tried")
    path = home / "conf" / "tried.yaml"
    path.write_text(render(proposal), encoding="utf-8")
    return load_project(str(path)), proposal


def read(project: Project) -> duckdb.DuckDBPyConnection:
    warehouse = duckdb.connect()
    if project.data.flat is not None:
        ingest_flat(project.data.flat, project.data.root, warehouse, "loaded")
    elif project.data.mapping is not None:
        ingest(project.data.mapping, project.data.root, warehouse, "loaded")
    return warehouse


def rows(warehouse: duckdb.DuckDBPyConnection, table: str, columns: str) -> list[Any]:
    return warehouse.table(f"loaded.{table}").project(columns).order("ALL").fetchall()


def line_of(home: Path, key: str) -> str:
    """The line of a key, behind the comment above it."""
    lines = [line.strip() for line in (home / "conf" / "tried.yaml").read_text(encoding="utf-8").splitlines()]
    at = next(place for place, line in enumerate(lines) if line.startswith(f"{key}:"))
    start = next(place for place in range(at, 0, -1) if not lines[place - 1].startswith("#"))
    return " ".join(lines[start : at + 1])


def test_chinese_orders_in_gbk(home: Path) -> None:
    text = (
        "客户编号,下单时间,金额\n"
        'C001,2024/1/5 10:30,"1,250.00"\n'
        "C002,2024/2/15 09:00,88.50\n"
        "C001,2024/3/9 18:45,99.00\n"
    )
    (home / "data" / "订单.csv").write_bytes(text.encode("gbk"))
    project, proposal = proposed(home, Path("data"))
    assert rows(read(project), "orders", "customer_id, ordered_at, amount") == [
        # The clock in Shanghai is eight hours ahead.
        ("C001", datetime(2024, 1, 5, 2, 30), 1250.0),
        ("C001", datetime(2024, 3, 9, 10, 45), 99.0),
        ("C002", datetime(2024, 2, 15, 1, 0), 88.5),
    ]
    assert project.label is not None
    assert project.label.churn[0].model_dump()["table"] == "orders"
    assert any(doubt.startswith("orders.timezone: ") for doubt in proposal.unsure)


def test_german_orders(home: Path) -> None:
    text = "Order No;Customer No;Order Date;Order Total;Straße\n" + "".join(
        f"{number};K{number % 3};{number + 10}.03.2024;{number}.250,50;Grüner Weg\n" for number in range(1, 9)
    )
    (home / "data" / "orders.csv").write_bytes(text.encode("cp1252"))
    project, _ = proposed(home, Path("data/orders.csv"))
    found = rows(read(project), "orders", "order_id, customer_id, ordered_at, amount")
    assert found[0] == ("1", "K1", datetime(2024, 3, 11), 1250.5)
    assert found[-1] == ("8", "K2", datetime(2024, 3, 18), 8250.5)
    assert "cp1252" in line_of(home, "encoding")
    assert "unsure" not in line_of(home, "date_format")


def test_dates_that_may_be_either(home: Path) -> None:
    text = "order_id,customer_id,order_date,amount\n1,a,01/02/2024,5\n2,b,03/04/2024,6\n"
    (home / "data" / "orders.csv").write_text(text, encoding="utf-8")
    _, proposal = proposed(home, Path("data"))
    assert "# unsure: day and month" in line_of(home, "date_format")
    assert any("day and month" in doubt for doubt in proposal.unsure)


def test_a_later_day_settles_the_order_of_day_and_month(home: Path) -> None:
    text = "order_id,customer_id,order_date,amount\n1,a,01/02/2024,5\n2,b,03/14/2024,6\n"
    (home / "data" / "orders.csv").write_text(text, encoding="utf-8")
    project, _ = proposed(home, Path("data"))
    assert "unsure" not in line_of(home, "date_format")
    assert rows(read(project), "orders", "ordered_at") == [(datetime(2024, 1, 2),), (datetime(2024, 3, 14),)]


def test_order_list_in_a_workbook(home: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "订单明细"
    sheet.append(["订单号", "客户编号", "下单日期", "数量", "单价"])
    for order, customer, day, quantity, price in [
        ("S1", "甲", datetime(2023, 1, 2), 2, 10.0),
        ("S1", "甲", datetime(2023, 1, 2), 1, 5.0),
        ("S2", "乙", datetime(2024, 6, 3), 3, 1.5),
    ]:
        sheet.append([order, customer, day, quantity, price])
    book.save(home / "data" / "list.xlsx")
    project, _ = proposed(home, Path("data/list.xlsx"))
    assert rows(read(project), "orders", "order_id, customer_id, amount, quantity, lines") == [
        ("S1", "甲", 25.0, 3.0, 2),
        ("S2", "乙", 4.5, 3.0, 1),
    ]


def test_flat_table_with_chinese_label(home: Path) -> None:
    lines = [f"U{number},{number % 7},{number % 5 + 0.5},{'是' if number % 4 == 0 else '否'}" for number in range(40)]
    text = "\n".join(["用户编号,工单数,月费,是否流失", *lines])
    (home / "data" / "users.csv").write_text(text, encoding="utf-8-sig")
    project, _ = proposed(home, Path("data"))
    assert project.data.flat is not None
    assert (project.data.flat.key, project.data.flat.positive) == ("用户编号", ["是"])
    warehouse = read(project)
    assert warehouse.table("loaded.flat").aggregate("count(*), sum(churned)").fetchone() == (40, 10)


def test_what_tells_the_outcome_is_dropped(home: Path) -> None:
    lines = [
        f"{number},{number % 7},{'gone' if number % 4 == 0 else 'here'},{number % 4 == 0}" for number in range(240)
    ]
    text = "\n".join(["customer_id,tickets,last_state,churned", *lines])
    (home / "data" / "flat.csv").write_text(text, encoding="utf-8")
    project, _ = proposed(home, Path("data"))
    assert project.data.flat is not None
    assert project.data.flat.drop == ["last_state"]


def write_crm(folder: Path) -> None:
    (folder / "customers.csv").write_text(
        "客户编号,客户名称,行业,注册时间\nC1,某甲公司,制造,2023-01-05\nC2,某乙公司,零售,2023-02-06\n",
        encoding="gb18030",
    )
    (folder / "contracts.csv").write_text(
        "合同编号,客户编号,合同开始日期,合同到期日期,计费周期\n"
        "H1,C1,2023-01-05,2024-01-04,年付\nH2,C2,2023-02-06,2024-02-05,月付\nH3,C1,2024-01-05,2025-01-04,年付\n",
        encoding="utf-8",
    )
    (folder / "tickets.csv").write_text(
        "工单编号;客户编号;提交时间;优先级\nG1;C1;2023-05-06 10:00:00;高\nG2;C2;2023-07-08 11:00:00;普通\n",
        encoding="utf-8",
    )
    (folder / "logins.csv").write_text(
        "客户编号\t登录时间\nC1\t2023-05-06 10:00:00\nC1\t2023-05-07 10:00:00\nC2\t2023-05-07 08:00:00\n",
        encoding="utf-8",
    )
    (folder / "rooms.csv").write_text("room,floor\nA,1\nB,2\n", encoding="utf-8")


def test_folder_of_crm_tables(home: Path) -> None:
    write_crm(home / "data")
    project, proposal = proposed(home, Path("data"))
    assert {each.source: each.table for each in proposal.recognised} == {
        "customers.csv": "customers",
        "contracts.csv": "contracts",
        "tickets.csv": "tickets",
        "logins.csv": "usage_events",
    }
    assert proposal.left_out == (("rooms.csv", "no column names the customer"),)
    warehouse = read(project)
    assert rows(warehouse, "contracts", "contract_id, billing_period") == [
        ("H1", "year"),
        ("H2", "month"),
        ("H3", "year"),
    ]
    assert rows(warehouse, "tickets", "ticket_id, priority") == [("G1", "high"), ("G2", "normal")]
    assert warehouse.table("loaded.usage_events").count("*").fetchone() == (3,)
    assert project.label is not None
    assert project.label.churn[0].kind == "contractual"


def test_what_nothing_dates_is_left_out_so_that_the_proposal_can_be_read(home: Path) -> None:
    write_crm(home / "data")
    (home / "data" / "tickets.csv").write_text(
        "ticket_id,customer_id,submitted_at,satisfaction_score\nG1,C1,2023-05-06,4\nG2,C2,2023-07-08,2\n",
        encoding="utf-8",
    )
    project, proposal = proposed(home, Path("data"))
    assert rows(read(project), "tickets", "ticket_id, satisfaction") == [("G1", None), ("G2", None)]
    assert (
        "tickets.csv [satisfaction_score]",
        "no column says when it was known (scored_at)",
    ) in proposal.left_out


def test_rows_that_name_a_contract_are_told_how_they_find_their_customer(home: Path) -> None:
    write_crm(home / "data")
    (home / "data" / "usage.csv").write_text("合同编号,使用日期\nH1,2023-05-06\nH2,2023-05-07\n", encoding="utf-8")
    _, proposal = proposed(home, Path("data"))
    why = dict(proposal.left_out)["usage.csv"]
    assert why.startswith("no column names the customer, but 合同编号 does through contracts.csv: docs/guides/")
    assert "## Rows that name a contract" in (CONF.parent / "docs/guides/identity.md").read_text(encoding="utf-8")


def test_the_span_is_seen_through_blanks_and_excel_days(home: Path) -> None:
    lines = [f" {number} , a , {44927 + 10 * number} \n" for number in range(1, 90)]
    text = "".join(["order_id , customer_id , order_date \n", *lines])
    (home / "data" / "orders.csv").write_text(text, encoding="utf-8")
    project, proposal = proposed(home, Path("data"))
    assert not [doubt for doubt in proposal.unsure if doubt.startswith("label.")]
    first = read(project).table("loaded.orders").aggregate("min(ordered_at)").fetchone()
    assert first == (datetime(2023, 1, 11),)


def test_a_label_that_is_the_same_for_everyone_is_told(home: Path) -> None:
    text = "customer_id,fee,churn\n" + "".join(f"K{number},{number % 9},yes\n" for number in range(60))
    (home / "data" / "members.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="churn is 'yes' for everyone"):
        propose([Path("data")], "tried")


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["yes", "no"], "customer_id repeats, so that churn cannot be one label a customer"),
        ([f"0.{number}" for number in range(10, 70)], "churn holds about [56][0-9] different values"),
        (["yes", "yep"], r"the values of churn \(yep, yes\) do not say who left"),
    ],
)
def test_why_a_label_is_none_is_told(home: Path, labels: list[str], told: str) -> None:
    ids = [f"K{number % 50 if 'repeats' in told else number}" for number in range(60)]
    text = "".join(f"{own},{number % 9},{labels[number % len(labels)]}\n" for number, own in enumerate(ids))
    (home / "data" / "members.csv").write_text(f"customer_id,fee,churn\n{text}", encoding="utf-8")
    with pytest.raises(DataError, match=told):
        propose([Path("data")], "tried")


def test_mail_addresses_and_phones_are_dropped(home: Path) -> None:
    rows = [f"K{n},u{n}@example.org,138{n * 7919:08d},{n % 7},{'yes' if n % 3 else 'no'}" for n in range(1500)]
    text = "\n".join(["customer_id,contact,phone,fee,churn", *rows])
    (home / "data" / "members.csv").write_text(text, encoding="utf-8")
    project, _ = proposed(home, Path("data"))
    assert project.data.flat is not None
    assert set(project.data.flat.drop) == {"contact", "phone"}


def test_nested_values_are_read_as_texts(home: Path) -> None:
    people = [{"city": "Jinan", "floor": number % 3} for number in range(60)]
    labels = ["yes" if number % 3 == 1 else "no" for number in range(60)]
    table = {"customer_id": list(range(60)), "home": people, "bought": [["a"] * (n % 4) for n in range(60)]}
    pq.write_table(pa.table({**table, "fee": [n / 7 for n in range(60)], "churn": labels}), home / "data/m.parquet")
    project, _ = proposed(home, Path("data"))
    assert len(rows(read(project), "flat", "home, bought, fee")) == 60


def test_tables_of_a_database(home: Path) -> None:
    with duckdb.connect(str(home / "data" / "crm.duckdb")) as database:
        database.execute(
            "CREATE TABLE sales AS SELECT 1 AS order_id, 'a' AS customer_id, DATE '2024-01-02' AS order_date"
        )
        database.execute("CREATE TABLE rooms AS SELECT 1 AS room")
    project, proposal = proposed(home, Path("data/crm.duckdb"))
    assert rows(read(project), "orders", "order_id, customer_id, ordered_at") == [("1", "a", datetime(2024, 1, 2))]
    assert [label for label, _ in proposal.left_out] == ["crm.duckdb [rooms]"]


def test_two_files_of_one_table_are_stacked(home: Path) -> None:
    for year in (2023, 2024):
        text = f"order_id,customer_id,order_date\n{year}1,a,{year}-01-02\n{year}2,b,{year}-03-04\n"
        (home / "data" / f"orders-{year}.csv").write_text(text, encoding="utf-8")
    project, _ = proposed(home, Path("data"))
    assert [row[0] for row in rows(read(project), "orders", "order_id")] == ["20231", "20232", "20241", "20242"]


def test_files_without_order_numbers_share_none(home: Path) -> None:
    for month in (1, 2):
        text = f"customer_id,order_date\na,2024-0{month}-02\nb,2024-0{month}-03\n"
        (home / "data" / f"orders-{month}.csv").write_text(text, encoding="utf-8")
    project, _ = proposed(home, Path("data"))
    assert [row[0] for row in rows(read(project), "orders", "order_id")] == ["1-1", "1-2", "2-1", "2-2"]


@pytest.mark.real_data
def test_online_retail(home: Path, shared_data: Path) -> None:
    whole, source = shared_data / "online_retail_ii" / "transactions.parquet", home / "data" / "transactions.parquet"
    duckdb.read_parquet(str(whole)).filter("hash(Invoice) % 8 = 0").write_parquet(str(source))
    project, _ = proposed(home, source)
    found = (
        read(project).table("loaded.orders").aggregate("count(*), count(DISTINCT customer_id), sum(lines)").fetchone()
    )
    rule = '"Customer ID" IS NOT NULL AND Quantity > 0 AND Price > 0'
    bought = duckdb.read_parquet(str(source)).filter(rule)
    assert found == bought.aggregate('count(DISTINCT Invoice), count(DISTINCT "Customer ID"), count(*)').fetchone()


def test_percentages_of_a_flat_table_are_parts_of_one(home: Path) -> None:
    lines = [f"{place},{place / 2}%,{'yes' if place % 3 else 'no'}" for place in range(40)]
    path = home / "data" / "flat.csv"
    path.write_text("\n".join(["id,discount,churned", *lines]) + "\n", encoding="utf-8")
    project, _ = proposed(home, path)
    discounts = read(project).table("loaded.flat").project("discount").order("ALL").fetchall()
    assert [each for (each,) in discounts] == pytest.approx([place / 200 for place in range(40)])


@pytest.mark.real_data
def test_telco(home: Path, shared_data: Path) -> None:
    project, _ = proposed(home, shared_data / "telco_ibm" / "Telco-Customer-Churn.csv")
    flat = read(project).table("loaded.flat")
    assert flat.aggregate("count(*), sum(churned), count(*) - count(TotalCharges)").fetchone() == (7_043, 1_869, 11)


def test_command_writes_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_crm(home / "data")
    init(["data"], "crm", force=False)
    target = home / "conf" / "crm.yaml"
    assert load_project("crm").name == "crm"
    assert "churnlab ingest -p crm" in capsys.readouterr().out
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"crm\.yaml exists"):
        init(["data"], "crm", force=False)
    assert target.read_text(encoding="utf-8") == "mine"
    init(["data"], "crm", force=True)
    assert yaml.safe_load(target.read_text(encoding="utf-8"))["name"] == "crm"
    assert sorted(path.name for path in (home / "conf").iterdir()) == ["base.yaml", "crm.yaml"]


def test_a_header_cannot_break_the_yaml(home: Path) -> None:
    header = '"order_id","customer_id","order_date","leave: [""x\n# y"'
    (home / "data" / "o.csv").write_text(f"{header}\n1,a,2024-01-02,z\n2,b,2024-02-03,z\n", encoding="utf-8")
    project, _ = proposed(home, Path("data"))
    assert len(rows(read(project), "orders", "order_id")) == 2


def test_orders_without_a_header(home: Path) -> None:
    text = "0004 19970101 2 29.33\n0004 19970118 2 29.73\n0007 19970802 1 14.96\n"
    (home / "data" / "log.txt").write_text(text, encoding="utf-8")
    project, proposal = proposed(home, Path("data"))
    assert rows(read(project), "orders", "customer_id, ordered_at, amount") == [
        ("0004", datetime(1997, 1, 1), 29.33),
        ("0004", datetime(1997, 1, 18), 29.73),
        ("0007", datetime(1997, 8, 2), 14.96),
    ]
    assert "orders.customer_id: guessed from the values alone" in proposal.unsure


def test_times_of_a_flat_table_become_days(home: Path) -> None:
    lines = [f"{number},0{number % 9 + 1}.02.1970,{number % 2}" for number in range(30)]
    (home / "data" / "flat.csv").write_text("\n".join(["customer_id,joined,churn", *lines]), encoding="utf-8")
    project, _ = proposed(home, Path("data"))
    # The first of February 1970 is day 31, the ninth is day 39.
    assert read(project).table("loaded.flat").aggregate("min(joined), max(joined)").fetchone() == (31.0, 39.0)


def test_sheets_of_a_workbook_and_tables_of_sqlite(home: Path) -> None:
    book = openpyxl.Workbook()
    for title, row in [
        ("Kunden", ("customer_id", "signup_date")),
        ("Orders", ("order_id", "customer_id", "order_date")),
    ]:
        book.create_sheet(title).append(row)
    book["Kunden"].append(("007", datetime(2023, 5, 6)))
    book["Orders"].append((1, "007", datetime(2024, 1, 2)))
    book.save(home / "data" / "shop.xlsx")
    with closing(sqlite3.connect(home / "data" / "help.sqlite")) as database:
        database.execute("CREATE TABLE tickets (ticket_id, account_id, opened_at)")
        database.execute("INSERT INTO tickets VALUES ('T1', '007', '2024-01-05 10:00:00')")
        database.commit()
    project, _ = proposed(home, Path("data"))
    warehouse = read(project)
    assert rows(warehouse, "customers", "customer_id, signed_up_at") == [("007", datetime(2023, 5, 6))]
    assert rows(warehouse, "orders", "order_id, customer_id") == [("1", "007")]
    assert rows(warehouse, "tickets", "ticket_id, opened_at") == [("T1", datetime(2024, 1, 5, 10))]
