"""Files as they are: how they hang together, what contradicts, what stands out; held against counts made by hand."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.validation.contradictions import departures, misdated
from pipelines.validation.oddities import Oddity, oddities
from pipelines.validation.sources import open_sources
from pipelines.warehouse.sql import identifier


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "accounts.csv").write_text(
        "account_id,signup_date,churn_flag\nA,2024-01-10,True\nB,2024-01-10,False\nC,2024-01-10,False\nD,2024-01-10,True\n"
    )
    (tmp_path / "subscriptions.csv").write_text(
        "subscription_id,account_id,start_date,end_date\n1,A,2024-02-01,2024-03-01\n2,B,2024-02-01,\n3,C,2024-02-01,\n4,C,2024-02-01,\n"
    )
    (tmp_path / "usage.csv").write_text(
        "subscription_id,used_on\n1,2024-01-15\n1,2024-02-01\n1,2024-03-02\n2,2024-01-05\n2,2024-02-20\n3,\n"
    )
    (tmp_path / "churn_events.csv").write_text("event_id,account_id,reason\n1,B,price\n2,B,price\n3,C,price\n")
    (tmp_path / "notes.txt").write_text("no table")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 cut off")
    return tmp_path


def test_tables_are_linked_by_their_keys_up_to_the_customers(folder: Path) -> None:
    sources = open_sources(duckdb.connect(), folder)
    assert {(link.child.name, link.column, link.parent.name) for link in sources.links} == {
        ("subscriptions", "account_id", "accounts"),
        ("usage", "subscription_id", "subscriptions"),
        ("churn_events", "account_id", "accounts"),
    }
    assert sources.root is not None
    assert sources.root.name == "accounts"
    assert list(sources.unread) == ["broken.parquet"]


def test_rows_dated_before_and_after_what_they_belong_to_are_counted(folder: Path) -> None:
    connection = duckdb.connect()
    found = {
        (each.which, each.child, each.parent_time): (each.rows, each.of)
        for each in misdated(connection, open_sources(connection, folder))
    }
    assert found == {
        ("before", "usage", "start_date"): (2, 5),
        ("before", "usage", "signup_date"): (1, 5),
        ("after", "usage", "end_date"): (1, 3),
    }


def test_definitions_of_churn_are_compared_by_the_customers_that_they_name(folder: Path) -> None:
    connection = duckdb.connect()
    found = departures(connection, open_sources(connection, folder))
    assert found is not None
    assert {way.where: way.customers for way in found.ways} == {
        "accounts.churn_flag": 2,
        "subscriptions.end_date": 1,
        "churn_events": 2,
    }
    agreement = {frozenset(pair): share for *pair, share in found.agreement}
    assert agreement[frozenset(("accounts.churn_flag", "subscriptions.end_date"))] == 0.5
    assert agreement[frozenset(("accounts.churn_flag", "churn_events"))] == 0
    assert found.contradict


def test_definitions_that_name_the_same_customers_are_one(folder: Path) -> None:
    (folder / "churn_events.csv").write_text("event_id,account_id,reason\n1,A,price\n2,D,price\n")
    (folder / "subscriptions.csv").unlink()
    connection = duckdb.connect()
    assert departures(connection, open_sources(connection, folder)) is None


def test_chinese_headers_are_understood(tmp_path: Path) -> None:
    rows = "甲,2024-01-10,是\n乙,2024-01-10,否\n丙,2024-01-10,否\n"
    (tmp_path / "客户.csv").write_text("客户编号,注册日期,是否流失\n" + rows)
    (tmp_path / "订单.csv").write_text("订单编号,客户编号,下单时间\n1,甲,2023-12-01\n2,乙,2024-02-01\n")
    (tmp_path / "注销记录.csv").write_text("记录,客户编号\n1,乙\n")
    connection = duckdb.connect()
    sources = open_sources(connection, tmp_path)
    assert [(each.child, each.rows, each.of) for each in misdated(connection, sources)] == [("订单", 1, 2)]
    found = departures(connection, sources)
    assert found is not None
    assert {way.where: way.customers for way in found.ways} == {"客户.是否流失": 1, "注销记录": 1}


def look(query: str) -> dict[tuple[str, str], Oddity]:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE t AS {query}")
    relation = connection.table("t")
    columns = dict(zip(relation.columns, map(str, relation.types), strict=True))
    return {(each.kind, each.column): each for each in oddities(connection, "t", identifier("t"), columns)}


@pytest.mark.parametrize(
    ("kind", "said"), [("BIGINT", "tenure = 0"), ("DOUBLE", "tenure = 0"), ("VARCHAR", "tenure = '0'")]
)
def test_missing_values_are_explained_by_the_column_that_names_their_rows(kind: str, said: str) -> None:
    query = (
        "SELECT CASE WHEN n < 3 THEN NULL ELSE n END AS total, (CASE WHEN n < 3 THEN 0 ELSE n END)::"
        f"{kind} AS tenure, n % 2 AS odd FROM range(20) AS r(n)"
    )
    found = look(query)[("missing", "total")]
    assert (found.rows, found.explained_by, found.explained_share) == (3, said, 1.0)


def test_missing_values_that_nothing_explains_stay_unexplained() -> None:
    found = look(
        "SELECT CASE WHEN n IN (1, 6, 11) THEN NULL ELSE n END AS total, n % 3 AS third FROM range(20) AS r(n)"
    )
    assert found[("missing", "total")].explained_by == ""


def test_returns_are_recognised_by_the_first_letter_of_their_invoice() -> None:
    query = (
        "SELECT CASE WHEN n % 10 = 0 THEN 'C' ELSE '' END || (5000 + n) AS invoice, "
        "CASE WHEN n % 10 = 0 OR n = 1 THEN -1 ELSE n END AS quantity FROM range(200) AS r(n)"
    )
    found = look(query)
    assert (found[("negative", "quantity")].rows, found[("negative", "quantity")].explained_by) == (
        21,
        "invoice LIKE 'C%'",
    )
    assert found[("negative", "quantity")].explained_share == pytest.approx(20 / 21)


def test_codes_of_another_shape_are_shown_tests_first() -> None:
    query = (
        "SELECT CASE WHEN n < 5 THEN 'POST' WHEN n = 5 THEN 'TEST001' ELSE '8' || (1000 + n) END AS stock_code "
        "FROM range(300) AS r(n)"
    )
    found = look(query)[("shape", "stock_code")]
    assert (found.rows, found.examples) == (6, (("TEST001", 1), ("POST", 5)))


@pytest.mark.real_data
def test_ravenstack_contradictions_are_found(shared_data: Path) -> None:
    connection = duckdb.connect()
    sources = open_sources(connection, shared_data / "ravenstack")
    worst = misdated(connection, sources)[0]
    assert (worst.child, worst.parent, worst.which) == (
        "ravenstack_feature_usage",
        "ravenstack_subscriptions",
        "before",
    )
    assert worst.share == pytest.approx(0.766, abs=0.0005)
    found = departures(connection, sources)
    assert found is not None
    assert found.contradict
    assert {way.where.removeprefix("ravenstack_"): way.customers for way in found.ways} == {
        "accounts.churn_flag": 110,
        "subscriptions.end_date": 312,
        "churn_events.churn_date": 352,
    }
    assert found.ways[0].customers / found.total == 0.22


@pytest.mark.real_data
def test_online_retail_returns_test_codes_and_rows_without_customer_are_found(shared_data: Path) -> None:
    connection = duckdb.connect()
    rows = f"(FROM read_parquet('{shared_data / 'online_retail_ii' / 'transactions.parquet'}') LIMIT 150000)"
    relation = connection.sql(f"FROM {rows}")
    columns = dict(zip(relation.columns, map(str, relation.types), strict=True))
    found = {(each.kind, each.column): each for each in oddities(connection, "transactions", rows, columns)}
    assert found[("negative", "Quantity")].explained_by == "Invoice LIKE 'C%'"
    assert "TEST001" in dict(found[("shape", "StockCode")].examples)
    without = connection.execute(f'SELECT count(*) FROM {rows} WHERE "Customer ID" IS NULL').fetchall()[0][0]
    assert found[("missing", "Customer ID")].rows == without > 0


@pytest.mark.real_data
def test_telco_blank_charges_are_those_of_customers_in_their_first_month(shared_data: Path) -> None:
    file = shared_data / "telco_ibm" / "Telco-Customer-Churn.csv"
    numbers = "* REPLACE (TRY_CAST(TotalCharges AS DOUBLE) AS TotalCharges)"
    found = look(f"SELECT {numbers} FROM read_csv('{file}', all_varchar = true)")[("missing", "TotalCharges")]
    assert (found.rows, found.explained_by, found.explained_share) == (11, "tenure = '0'", 1.0)
