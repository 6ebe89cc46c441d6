"""Measures of Online Retail II against plain pandas that shares no line with them, and values against what came."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from measured_projects import accept

from pipelines.business import book
from pipelines.business.material import material_of
from pipelines.business.value import customer_values
from pipelines.config import load_project

pytestmark = pytest.mark.real_data
CONF = Path(__file__).parents[2] / "conf"
LAST = datetime(2011, 12, 9, 12, 50)
SILENCE = pd.Timedelta(days=365)
RETAIL = """
    SELECT Invoice AS order_id, CAST("Customer ID" AS VARCHAR) AS customer_id,
           min(InvoiceDate)::TIMESTAMP AS ordered_at, min(InvoiceDate)::TIMESTAMP AS known_at,
           sum(Quantity * Price) AS amount, NULL::DOUBLE AS refund_amount
    FROM '{file}' WHERE (period = '2009-2010' OR InvoiceDate >= TIMESTAMP '2010-12-10') AND "Customer ID" IS NOT NULL
      AND Invoice NOT LIKE 'C%' AND Quantity > 0 AND Price > 0
    GROUP BY Invoice, "Customer ID"
"""
EVERYBODY = (
    "SELECT customer_id, min(ordered_at) AS signed_up_at, min(ordered_at) AS known_at FROM ({orders}) GROUP BY 1"
)


def project_of(name, folder, orders, first, last):
    tables = {"customers": EVERYBODY.format(orders=orders), "orders": orders}
    accept(folder / "workspace" / name, tables, first, last)
    return load_project(str(CONF / f"{name}.yaml"), [f"workspace={folder / 'workspace'}"])


@pytest.fixture(scope="module")
def retail(shared_data, tmp_path_factory):
    """The months of the shop and the orders that they are made of."""
    statement = RETAIL.format(file=shared_data / "online_retail_ii" / "transactions.parquet")
    project = project_of("online_retail", tmp_path_factory.mktemp("retail"), statement, datetime(2009, 12, 1), LAST)
    with material_of(project) as material:
        frames = book.in_periods(material, by=["tenure", "rfm_class"])
    orders = duckdb.sql(statement).df()
    return frames, orders


@pytest.fixture(scope="module")
def flows(retail):
    frame = retail[0]["customer_flows"]
    return frame[frame.segmentation == "all"].set_index("period")


def here(orders, instant):
    """Who ordered in the 365 days before an instant."""
    recent = orders[(orders.ordered_at < instant) & (orders.ordered_at >= instant - SILENCE)]
    return set(recent.customer_id)


def test_the_shop_is_measured_from_the_first_month_in_which_anybody_could_leave(flows):
    assert list(flows.index) == [str(month) for month in pd.period_range("2010-12", "2011-11", freq="M")]


def test_who_is_a_customer_agrees_with_pandas(retail, flows):
    orders = retail[1]
    for row in flows.itertuples():
        opening, closing = here(orders, row.starts_at), here(orders, row.ends_at)
        first = orders.groupby("customer_id").ordered_at.min()
        new = {who for who in closing - opening if first[who] >= row.starts_at}
        assert row.customers_opening == len(opening)
        assert row.customers_closing == len(closing)
        assert row.customers_new == len(new)
        assert row.customers_lost - row.customers_returned == len(opening - closing) - len(closing - opening - new)
        assert row.customers_lost_active == 0


def test_who_left_agrees_with_walking_through_the_orders(retail, flows):
    orders = retail[1].sort_values(["customer_id", "ordered_at"])
    following = orders.groupby("customer_id").ordered_at.shift(-1)
    gap_ends = orders.ordered_at + SILENCE
    left = orders.assign(left_at=gap_ends)[following.isna() | (following > gap_ends)]
    for row in flows.itertuples():
        inside = left[
            (left.left_at >= row.starts_at) & (left.left_at < row.ends_at) & (left.ordered_at < row.starts_at)
        ]
        assert row.customers_lost == inside.customer_id.nunique()


def test_purchases_agree_with_pandas(retail):
    frames, orders = retail
    rates = frames["measures"]
    rates = rates[rates.segmentation == "all"].set_index(["measure", "period"]).value
    months = orders.assign(month=orders.ordered_at.dt.to_period("M"))
    for month in pd.period_range("2010-12", "2011-11", freq="M"):
        each = months[months.month == month].groupby("customer_id").amount.agg(["size", "sum"])
        before = set(months[months.month.between(month - 5, month - 3)].customer_id)
        again = before & set(months[months.month.between(month - 2, month)].customer_id)
        assert rates["average_order_value", str(month)] == pytest.approx(each["sum"].sum() / each["size"].sum())
        assert rates["repeat_purchase_rate", str(month)] == pytest.approx((each["size"] >= 2).mean())
        assert rates["quarterly_repurchase_rate", str(month)] == pytest.approx(len(again) / len(before))


def test_revenue_agrees_with_pandas(retail, flows):
    orders = retail[1]
    assert flows.revenue_opening.notna().all()
    for row in flows.itertuples():
        opening = here(orders, row.starts_at)
        year = orders[
            (orders.ordered_at < row.starts_at) & (orders.ordered_at >= row.starts_at - pd.DateOffset(months=12))
        ]
        expected = year[year.customer_id.isin(opening)].amount.sum() / 12
        assert row.revenue_opening == pytest.approx(expected)


def test_values_on_cdnow_foretell_what_customers_spent_next(shared_data, tmp_path):
    """What is known up to September 1997 tells what the customers spent in the nine months after to within a fifth."""
    columns = ["master", "customer_id", "ordered_at", "discs", "amount"]
    file = shared_data / "cdnow" / "CDNOW_sample.txt"
    sample = pd.read_csv(file, sep=r"\s+", names=columns, dtype={"customer_id": str, "ordered_at": str})
    sample["ordered_at"] = pd.to_datetime(sample.ordered_at)
    sample.assign(known_at=sample.ordered_at).to_parquet(tmp_path / "sample.parquet")
    times = "ordered_at::TIMESTAMP AS ordered_at, known_at::TIMESTAMP AS known_at"
    statement = f"SELECT customer_id, amount, {times} FROM '{tmp_path}/sample.parquet'"
    project = project_of("cdnow", tmp_path, statement, datetime(1997, 1, 1), datetime(1998, 7, 1))
    settings = {"lifetime_months": 9, "discount_share": 0.0}
    project = project.model_copy(update={"measures": project.measures.model_copy(update=settings)})
    as_of = datetime(1997, 10, 1)
    with material_of(project) as material:
        found = customer_values(material.engine, material.tables, project, as_of)
    later = sample[sample.ordered_at >= as_of]
    told = found.set_index("customer_id").value
    assert len(told) == 2_357
    assert told.sum() == pytest.approx(later.amount.sum() * project.evaluate.margin_share, rel=0.2)
    own = later.groupby("customer_id").amount.sum().reindex(told.index, fill_value=0)
    assert np.corrcoef(told, own)[0, 1] > 0.5
