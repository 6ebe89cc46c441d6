"""The usability report: what it says, and the page that it becomes."""

from __future__ import annotations

from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from features.signal import discover
from features.tables import CONTRACTS
from pipelines.validation import support
from pipelines.validation.page import usability_page
from pipelines.validation.problems import of_checks, of_history, of_identity, of_tables
from pipelines.validation.profile import profile
from pipelines.validation.usability import Wish, rows, usability
from training.labels.contractual import Contractual

TYPES = {"string": "VARCHAR", "int64": "BIGINT", "float64": "DOUBLE", "boolean": "BOOLEAN", "timestamp": "TIMESTAMP"}
NOTICES = ["2024-04-10", "2024-04-20", "2024-05-05", "2024-06-02"]


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    """Ten customers with open-ended contracts from 2024-01-01; four leave on known days; the data end 2024-07-01."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA accepted")
    listed = ", ".join(f"{column.name} {TYPES[column.type]}" for column in CONTRACTS.all_columns)
    connection.execute(f"CREATE TABLE accepted.contracts ({listed})")
    for number in range(10):
        left = NOTICES[number] if number < len(NOTICES) else None
        connection.execute(
            "INSERT INTO accepted.contracts (contract_id, customer_id, started_at, known_at, ended_at, cancelled_at) "
            "VALUES (?, ?, '2024-01-01', '2024-01-01', ?, ?)",
            [str(number), f"<b>{number}</b>", left, left],
        )
    connection.execute(
        "CREATE TABLE accepted.customers AS SELECT DISTINCT customer_id, TIMESTAMP '2024-01-01' AS signed_up_at, "
        "signed_up_at AS known_at FROM accepted.contracts"
    )
    return connection


def made(**more: Any) -> dict[str, Any]:
    return {
        "schema": "accepted",
        "tables": ["customers", "contracts"],
        "rows": {"customers": 10, "contracts": 10},
        "quarantined": {"customers": 0, "contracts": 0},
        "reasons": {},
        "checks": [],
        "first": "2024-01-01T00:00:00",
        "last": "2024-07-01T00:00:00",
        "flat": False,
        **more,
    }


def report(
    connection: duckdb.DuckDBPyConnection,
    horizon_days: int = 30,
    least: int = 3,
    folder: Path | None = None,
    **more: Any,
) -> dict[str, Any]:
    wish = Wish(
        title={"en": "A & B <Co>", "zh": "甲乙公司"},
        signals=list(discover().values()),
        least_churners=least,
        definitions=[Contractual(grace_days=0)],
        horizon_days=horizon_days,
        history_days=60,
        folder=folder,
    )
    profiles = {table: profile(connection, table, f"accepted.{table}") for table in ("customers", "contracts")}
    return usability(connection, made(**more), profiles, wish)


def test_horizons_count_separate_windows_and_those_who_leave_in_them(connection: duckdb.DuckDBPyConnection) -> None:
    found = {each["days"]: each for each in report(connection)["horizons"]}
    # Windows of 30 days from 2024-07-01 backwards: June has 1 who leaves, May 1 (5th), April 2; then no 60 days before.
    assert (found[30]["windows"], found[30]["churners"], found[30]["customers"]) == (4, 4, 10 + 8 + 7)
    assert found[30]["supported"]
    assert (found[60]["windows"], found[60]["churners"]) == (2, 4)
    assert (found[90]["windows"], found[90]["because"]) == (1, "windows")
    assert (found[180]["windows"], found[180]["customers"]) == (0, 0)


def test_too_short_a_history_offers_the_horizons_that_do(connection: duckdb.DuckDBPyConnection) -> None:
    found = report(connection, horizon_days=90)
    assert found["problems"][0]["weight"] == "serious"
    assert "does not support 90 days" in found["problems"][0]["said"]["en"]
    assert "30, 60" in found["problems"][0]["repair"]["en"]
    assert found["grade"] == "B"


def test_no_horizon_at_all_blocks(connection: duckdb.DuckDBPyConnection) -> None:
    found = report(connection, least=1000)
    assert (found["grade"], found["points"]) == ("E", 0)


def test_families_say_which_columns_they_lack(connection: duckdb.DuckDBPyConnection) -> None:
    found = {each["table"]: each for each in report(connection)["families"]}
    assert found["orders"]["because"] == "no table"
    assert found["contracts"]["because"] == "no values"
    assert "monthly_price" in found["contracts"]["columns"]
    assert 0 < found["contracts"]["available"] < found["contracts"]["signals"]


def test_windows_must_fit_before_the_outcome() -> None:
    span = datetime(2024, 1, 1), datetime(2024, 7, 1)
    fitting = [each["days"] for each in support.windows(span, 60) if each["supported"]]
    assert fitting == [7, 30, 90]


def test_problems_weigh_by_their_share() -> None:
    check = {"name": "orders.ordered_at.before_customer", "table": "orders", "severity": "warn", "outcome": "failed"}
    check["reason"] = "is before"
    weights = [next(of_checks([check | {"failing": 5, "share": share}])).weight for share in (0.01, 0.6)]
    assert weights == ["minor", "serious"]
    assert list(of_checks([check | {"outcome": "passed"}])) == []
    checks = [{"name": "t.n.range", "reason": "n is low"}]
    aside = [next(of_tables({"t": 100 - n}, {"t": n}, {"t": {"n is low": n}}, checks)) for n in (1, 10)]
    assert [each.weight for each in aside] == ["minor", "serious"]
    assert aside[1].said["en"].endswith("(10 rows) cannot be used: n is low")
    assert aside[1].said["zh"].endswith("（10 行）无法使用：n 超出允许范围")
    assert list(of_history([], 30)) == []
    assert list(of_identity(0)) == []
    assert next(of_identity(1200)).said["en"].startswith("1,200 pairs of ids may each be one customer")


class Reader(HTMLParser):
    """Collects tags and what they load."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [value or "" for key, value in attrs if key in ("src", "href")]


def test_the_page_loads_nothing_escapes_names_and_speaks_both_languages(connection: duckdb.DuckDBPyConnection) -> None:
    found = report(
        connection,
        horizon_days=90,
        quarantined={"customers": 0, "contracts": 3},
        reasons={"contracts": {"<script>x": 3}},
    )
    page = usability_page(found)
    reader = Reader()
    reader.feed(page)
    assert reader.loaded == ["checks.html"]
    assert "http" not in page
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page
    assert "A &amp; B &lt;Co&gt;" in page
    assert "甲乙公司" in page
    assert reader.tags.count("svg") == 2
    assert page.count('lang="en"') - 1 == page.count('lang="zh"')


def test_rows_for_the_terminal_begin_with_the_grade(connection: duckdb.DuckDBPyConnection) -> None:
    found = report(connection, horizon_days=90)
    assert rows(found)[0] == ("grade", "B (75/100)")
    assert rows(found)[5] == ("horizons in days", "30, 60")
    assert rows(found, "zh")[0][0] == "评级"
    assert rows(found)[-1][0] == "repair first"


@pytest.mark.real_data
def test_the_contradictions_of_ravenstack_come_first_and_cost_the_grade(
    connection: duckdb.DuckDBPyConnection, shared_data: Path
) -> None:
    found = report(connection, folder=shared_data / "ravenstack")
    said = [each["said"]["en"] for each in found["problems"] if each["weight"] == "serious"]
    assert said[0].startswith("3 definitions of churn contradict each other: ravenstack_accounts.churn_flag (110 = ")
    assert said[1].startswith("76.6 % of ravenstack_feature_usage (19,142 rows) are dated before")
    assert found["grade"] == "D"
    assert report(connection)["grade"] == "A"


def test_a_flat_table_of_one_class_blocks() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA accepted")
    connection.execute(
        "CREATE TABLE accepted.flat AS SELECT n::VARCHAR AS customer_id, 0 AS churned, n AS size FROM range(9) AS r(n)"
    )
    profiles = {"flat": profile(connection, "flat", "accepted.flat")}
    wish = Wish(title={"en": "x", "zh": "x"}, signals=[], least_churners=2)
    flat = made(flat=True, tables=["flat"], rows={"flat": 9}, quarantined={"flat": 0}, first=None, last=None)
    found = usability(connection, flat, profiles, wish)
    assert found["grade"] == "E"
    assert "0 of 9 labelled customers have left" in found["problems"][0]["said"]["en"]
    assert usability_page(found)
