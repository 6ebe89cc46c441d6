"""A load against the last accepted one and against the calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.stats import entropy

from pipelines.validation import history
from pipelines.validation.compare import Shift
from pipelines.validation.inspection import inspect
from pipelines.validation.profile import profile
from pipelines.validation.rules import Rules
from pipelines.validation.schema import changes

END = datetime(2026, 6, 1)
RULES = Rules(
    now=END,
    earliest=datetime(1971, 1, 1),
    orphans="quarantine",
    quarantine_limit=0.5,
    shift=Shift(volume_share=0.5, missing_rise=0.1, divergence=0.1),
)


def orders(first: datetime, days: int, a_day: int) -> pd.DataFrame:
    random = np.random.default_rng(3)
    rows = days * a_day
    return pd.DataFrame(
        {
            "order_id": [f"{first:%m%d}-{number}" for number in range(rows)],
            "customer_id": "A",
            "ordered_at": [first + timedelta(hours=24 * number / a_day) for number in range(rows)],
            "amount": random.lognormal(3, 1, rows),
            "channel": random.choice(["web", "shop"], rows, p=[0.7, 0.3]),
        }
    )


def loaded(*frames: pd.DataFrame) -> duckdb.DuckDBPyConnection:
    frame = pd.concat(frames)
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA loaded")
    connection.execute(
        "CREATE TABLE loaded.customers AS "
        "SELECT 'A' AS customer_id, TIMESTAMP '2020-01-01' AS signed_up_at, signed_up_at AS known_at"
    )
    connection.execute("CREATE TABLE loaded.orders AS SELECT *, ordered_at AS known_at FROM frame")
    assert len(frame)
    return connection


def failed(connection: duckdb.DuckDBPyConnection, before: dict[str, Any]) -> dict[str, Any]:
    checked = inspect(connection, "loaded", ["customers", "orders"], RULES, before, lambda text: None)
    return {each.check.name: each for each in checked.findings if each.outcome != "passed"}


FIRST = orders(END - timedelta(days=200), 100, 20)


@pytest.fixture(scope="module")
def before() -> dict[str, Any]:
    connection = loaded(FIRST)
    return {table: profile(connection, table, f"loaded.{table}") for table in ("customers", "orders")}


def test_the_same_kind_of_rows_raise_nothing(before: dict[str, Any]) -> None:
    assert failed(loaded(FIRST, orders(END - timedelta(days=100), 100, 20)), before) == {}


def test_a_column_that_moved_is_told_by_its_divergence_from_the_last_load(before: dict[str, Any]) -> None:
    new = orders(END - timedelta(days=100), 100, 20)
    new["channel"] = ["web", "shop", "shop", "shop"] * 500
    new["amount"] *= 3
    found = failed(loaded(FIRST, new), before)
    assert set(found) == {"orders.amount.shift", "orders.channel.shift"}
    then, now = (frame["channel"].value_counts(normalize=True).sort_index() for frame in (FIRST, new))
    assert found["orders.channel.shift"].observed == pytest.approx(entropy(now, then))


def test_a_category_never_seen_is_told_with_its_rows(before: dict[str, Any]) -> None:
    new = orders(END - timedelta(days=100), 100, 20)
    new.loc[:4, "channel"] = "fax"
    found = failed(loaded(FIRST, new), before)["orders.channel.new_category"]
    assert (found.failing, found.examples[0]) == (5, "fax")


def test_missing_values_that_became_frequent_are_told(before: dict[str, Any]) -> None:
    new = orders(END - timedelta(days=100), 100, 20)
    new.loc[::4, "channel"] = None
    assert set(failed(loaded(FIRST, new), before)) == {"orders.channel.more_missing"}


def test_a_load_of_half_the_rows_is_told(before: dict[str, Any]) -> None:
    assert "orders.volume" in failed(loaded(FIRST.head(900)), before)


def test_few_new_rows_are_not_judged_by_their_distribution(before: dict[str, Any]) -> None:
    new = orders(END - timedelta(days=100), 10, 20)
    new["amount"] *= 100
    assert "orders.amount.shift" not in failed(loaded(FIRST, new), before)


def test_a_feed_that_stopped_before_the_data_end_is_told() -> None:
    connection = loaded(orders(END - timedelta(days=100), 93, 20))
    connection.execute(
        "CREATE TABLE loaded.deals AS "
        "SELECT 'd' AS deal_id, 'A' AS customer_id, ? AS entered_at, entered_at AS known_at",
        [END - timedelta(hours=1)],
    )
    checked = inspect(connection, "loaded", ["customers", "orders", "deals"], RULES, {}, lambda text: None)
    found = [each.check for each in checked.findings if each.outcome == "failed"]
    assert [check.name for check in found] == ["orders.last_week"]
    assert "the week before 2026-05-31" in found[0].reason


def test_a_feed_that_comes_in_some_weeks_only_has_not_stopped() -> None:
    frame = orders(END - timedelta(days=100), 100, 20)
    frame = frame[frame["ordered_at"].dt.isocalendar().week % 3 != 1]
    assert frame["ordered_at"].max() < END - timedelta(days=7)
    frame.iloc[-1, frame.columns.get_loc("ordered_at")] = END - timedelta(hours=1)
    assert failed(loaded(frame), {}) == {}


def test_a_table_without_new_facts_is_told_where_freshness_is_asked() -> None:
    connection = loaded(orders(END - timedelta(days=100), 90, 20))
    for days, expected in ((9, ["orders.fresh"]), (11, [])):
        rules = Rules(**{**vars(RULES), "fresh_days": {"orders": days}})
        checked = inspect(connection, "loaded", ["customers", "orders"], rules, {}, lambda text: None)
        assert [each.check.name for each in checked.findings if each.outcome == "failed"] == expected


def test_columns_new_gone_renamed_and_retyped_are_told() -> None:
    def looked(**columns: tuple[str, list[str] | None]) -> dict[str, Any]:
        made = {
            name: {"type": kind, "missing": 0.0, "partition": values and {"values": values, "weights": []}}
            for name, (kind, values) in columns.items()
        }
        return {"rows": 5, "last": None, "columns": made}

    before = {
        "flat": looked(
            tenure=("BIGINT", None), size=("DOUBLE", None), region_name=("VARCHAR", None), plan=("VARCHAR", ["x", "y"])
        ),
        "stock": looked(),
    }
    now = {
        "flat": looked(
            tenure=("VARCHAR", None), region=("VARCHAR", None), tariff=("VARCHAR", ["y", "x"]), extra=("BIGINT", None)
        )
    }
    assert [finding.check.reason for finding in changes(before, now)] == [
        "the table stock is gone",
        "the column plan seems to be tariff now",
        "the column region_name seems to be region now",
        "the column size is gone",
        "the column extra is new",
        "tenure was BIGINT and is VARCHAR now",
    ]


def test_history_keeps_the_last_load_that_is_another(tmp_path: Any) -> None:
    orders = {"rows": 1, "last": None, "columns": {}}
    for content in ("a", "b", "b", "c"):
        history.remember(tmp_path, content, {"orders": orders}, {"rows": 1})
    loads = history.read(tmp_path)
    assert [load["content"] for load in loads] == ["a", "b", "c"]
    assert history.last_other(loads, "c")["content"] == "b"  # type: ignore[index]
    assert history.last_other(loads, "new")["content"] == "c"  # type: ignore[index]
    assert [bool(load["tables"]) for load in loads] == [False, True, True]
    assert history.last_other([], "a") is None
