"""All measures of a small demo company: against plain pandas, written and read again, and as the command shows them."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from measured_projects import accept, rows_of
from typer.testing import CliRunner

from features.tables import TABLES
from pipelines.business import book
from pipelines.business.material import material_of
from pipelines.cli import app
from pipelines.config import load_project
from pipelines.demo import simulate
from pipelines.errors import ConfigError, NotReady
from pipelines.warehouse.duckdb_file import warehouse

HOME = Path(__file__).parents[2]
END = datetime(2026, 6, 15)
CONF = str(HOME / "conf" / "demo.yaml")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """A demo company with accepted tables, and the settings that lead to it."""
    folder = tmp_path_factory.mktemp("company")
    simulate(folder / "source", folder / "truth", customers=300, months=13, seed=5, ends_on=END.date())
    tables = {name: f"SELECT * FROM '{folder}/source/{name}.parquet'" for name in TABLES}
    accept(folder / "workspace" / "demo", tables, datetime(2021, 6, 1), END)
    return [f"workspace={folder / 'workspace'}", "label.data_end=2026-06-15", "measures.minimum_customers=10"]


@pytest.fixture(scope="module")
def frames(company):
    return book.refresh(load_project(CONF, company))


@pytest.fixture(scope="module")
def source(company):
    folder = Path(company[0].removeprefix("workspace=")).parent / "source"
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("contracts", "orders", "customers")}


def whole(frame):
    return frame[frame.segmentation == "all"].set_index("period")


def newest_terms(contracts, instant):
    """The newest paid term of each customer before an instant, with the start of the one after it."""
    paid = contracts[~contracts.is_trial].sort_values(["customer_id", "started_at", "contract_id"])
    paid = paid.assign(following=paid.groupby("customer_id").started_at.shift(-1))
    return paid[paid.started_at < instant].groupby("customer_id").tail(1)


def customers_at(contracts, instant):
    """Who is a customer, by plain words: notice not given before, and not lapsed before without a term that follows."""
    terms = newest_terms(contracts, instant)
    service_end = terms.ended_at.fillna(terms.ends_at)
    renewed = terms.following.notna() & (service_end.isna() | (terms.following <= service_end))
    left_at = terms.cancelled_at.fillna(service_end)
    return set(terms.customer_id[renewed | left_at.isna() | (left_at >= instant)])


def test_customers_agree_with_plain_pandas(frames, source):
    flows = whole(frames["customer_flows"])
    assert len(flows) >= 12
    for row in flows.itertuples():
        opening, closing = (customers_at(source["contracts"], at) for at in (row.starts_at, row.ends_at))
        assert (row.customers_opening, row.customers_closing) == (len(opening), len(closing))
        assert row.customers_lost >= len(opening - closing)
        assert row.customers_new + row.customers_returned >= len(closing - opening)


def test_monthly_revenue_agrees_with_plain_pandas(frames, source):
    for row in whole(frames["customer_flows"]).itertuples():
        terms = newest_terms(source["contracts"], row.starts_at).set_index("customer_id")
        opening = terms.monthly_price.loc[sorted(customers_at(source["contracts"], row.starts_at))].sum()
        assert row.revenue_opening == pytest.approx(opening)


def test_orders_agree_with_plain_pandas(frames, source):
    orders = source["orders"].assign(period=source["orders"].ordered_at.dt.strftime("%Y-%m"))
    paid = orders.amount - orders.refund_amount.fillna(0)
    each = orders.assign(paid=paid).groupby(["period", "customer_id"]).paid.agg(["count", "sum"])
    flows, rates = whole(frames["customer_flows"]), frames["measures"]
    rates = rates[rates.segmentation == "all"].set_index(["measure", "period"]).value
    for period in flows.index:
        month = each.loc[period]
        assert rates["average_order_value", period] == pytest.approx(month["sum"].sum() / month["count"].sum())
        assert rates["repeat_purchase_rate", period] == pytest.approx((month["count"] >= 2).mean())


def test_segments_of_every_kind_add_up(frames):
    flows = frames["customer_flows"]
    counted = [name for name in flows if name.startswith(("customers_", "terms_", "orders", "spend", "buyers"))]
    total = whole(flows)[counted]
    kinds = set(flows.segmentation) - {"all"}
    attributes = {"industry", "company_size", "region", "channel"}
    assert kinds == attributes | {"plan", "tenure", "lifecycle_stage", "usage", "rfm_class", "tier"}
    for kind in kinds:
        added = flows[flows.segmentation == kind].groupby("period")[counted].sum()
        np.testing.assert_allclose(added, total, err_msg=kind)


def test_moves_lead_from_one_month_to_the_next(frames):
    moves = frames["segment_movements"].query("segmentation == 'tier' and segment_to != '(none)'")
    arrived = moves.groupby(["period", "segment_to"]).customers.sum()
    moves = frames["segment_movements"].query("segmentation == 'tier' and segment_from != '(none)'")
    began = moves.groupby(["period", "segment_from"]).customers.sum()
    periods = list(frames["segment_movements"].period.unique())
    for before, after in pairwise(periods):
        assert arrived[before].to_dict() == began[after].to_dict()


def test_everybody_is_in_the_segments_once(frames):
    segments = frames["customer_segments"]
    assert segments.customer_id.is_unique
    assert len(segments) == 300
    last = whole(frames["customer_flows"]).iloc[-1]
    assert segments.is_customer.sum() == last.customers_closing
    assert segments.monthly_revenue[segments.is_customer].sum() == pytest.approx(last.revenue_closing)
    assert segments[segments.is_customer].tier.notna().all()


def test_who_is_worth_something_is_a_customer(frames):
    here = frames["customer_segments"].query("is_customer").customer_id
    assert set(frames["customer_value"].customer_id) <= set(here)
    assert len(frames["customer_value"]) > 0.9 * len(here)


def test_reasons_account_for_everybody_who_left(frames):
    left = frames["leaving_reasons"].groupby("period").customers.sum()
    flows = whole(frames["customer_flows"])
    assert (left.reindex(flows.index, fill_value=0) >= flows.customers_lost).all()
    assert "stated" in set(frames["leaving_reasons"].source)


def test_what_was_written_is_read_again(company, frames):
    project = load_project(CONF, company)
    with warehouse(project.home, read_only=True) as connection:
        read = {
            "measures": book.measures(connection, "plan", "churn_rate"),
            "cohort_retention": book.cohorts(connection),
            "survival": book.survival(connection, "industry"),
            "customer_segments": book.segments(connection),
            "customer_value": book.values(connection),
            "segment_movements": book.movements(connection, "tier"),
        }
        assert (
            len(book.flows(connection)) == len(book.yardsticks(connection)) == frames["customer_flows"].period.nunique()
        )
        assert set(book.nodes(connection).node) == {"first_purchase", "quarterly_renewal", "yearly_expiry", "complaint"}
        assert len(book.reasons(connection)) == len(frames["leaving_reasons"])
    for name, frame in read.items():
        assert len(frame) > 0, name
        assert list(frame.columns) == list(frames[name].columns), name


def test_tables_that_nobody_wrote_say_what_to_do():
    with duckdb.connect() as connection, pytest.raises(NotReady, match="churnlab measures"):
        book.measures(connection)


def test_months_of_another_zone_divide_other_orders(company):
    project = load_project(CONF, [*company, "measures.zone=Asia/Shanghai"])
    with material_of(project) as material:
        flows = whole(book.in_periods(material, by=[])["customer_flows"])
        start, end = datetime(2026, 3, 31, 16), datetime(2026, 4, 30, 16)
        orders = material.tables["orders"]
        expected = orders.filter(orders.ordered_at >= start, orders.ordered_at < end).count().execute()
    assert (flows.loc["2026-04", "starts_at"], flows.loc["2026-04", "ends_at"]) == (start, end)
    assert flows.loc["2026-04", "orders"] == expected


def command(company, *arguments):
    settings = [part for setting in company for part in ("--set", setting)]
    return CliRunner().invoke(app, ["measures", "-p", CONF, *settings, *arguments])


def test_the_command_shows_months_and_writes_the_same_tables_again(company, frames):
    project = load_project(CONF, company)
    with warehouse(project.home) as connection:
        connection.execute("DROP SCHEMA business CASCADE")
    shown = command(company)
    assert shown.exit_code == 0
    assert "2026-05" in shown.output
    assert "healthy for saas" in shown.output
    with warehouse(project.home, read_only=True) as connection:
        for name, frame in frames.items():
            again = connection.sql(f"FROM business.{name}").df()
            pd.testing.assert_frame_equal(again, frame, check_dtype=False, obj=name)


def test_the_command_speaks_chinese_and_leaves_the_tables_alone_on_a_look(company, frames):
    shown = command(company, "-l", "zh", "--from", "2026-03")
    assert shown.exit_code == 0
    assert "期初" in shown.output
    assert "净收入" in shown.output
    assert "churn" not in shown.output
    with warehouse(load_project(CONF, company).home, read_only=True) as connection:
        assert len(book.flows(connection)) == frames["customer_flows"].period.nunique()


def test_the_command_gives_json_of_chosen_quarters_by_segment(company):
    given = command(company, "--by", "plan", "--from", "2025-10", "--to", "2026-03-31", "--every", "quarter", "--json")
    assert given.exit_code == 0
    told = json.loads(given.output)
    assert {row["period"] for row in told["customer_flows"]} == {"2025-Q4", "2026-Q1"}
    assert {row["segmentation"] for row in told["measures"]} == {"all", "plan"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--by", "plam"], "no segmentation 'plam'"),
        (["--every", "week"], "no period 'week'"),
        (["--from", "soon"], "--from soon is no day"),
        (["-l", "fr"], "no language 'fr'"),
        (["--from", "2026-06", "--to", "2026-06"], "No whole month lies between"),
    ],
)
def test_the_command_says_what_is_wrong(company, arguments, said):
    given = command(company, *arguments)
    assert given.exit_code == 2
    assert said in given.output + (given.stderr or "")


def test_a_tag_that_cannot_be_read_is_a_mistake_in_the_configuration(company):
    project = load_project(CONF, [*company, 'measures.tags={quiet: ["weeks > 3"]}'])
    with material_of(project) as material, pytest.raises(ConfigError, match="there is no column 'weeks'"):
        book.computed(material)


def test_a_shop_without_contracts_is_measured_by_its_orders(tmp_path):
    days = [("a", "2026-01-05"), ("a", "2026-03-01"), ("a", "2026-06-10"), ("b", "2026-01-20"), ("c", "2026-05-05")]
    orders = [{"order_id": f"{who}{day}", "customer_id": who, "ordered_at": day, "amount": 10} for who, day in days]
    customers = [{"customer_id": who, "signed_up_at": "2026-01-01"} for who in "abc"]
    tables = {"customers": rows_of("customers", customers), "orders": rows_of("orders", orders)}
    accept(tmp_path / "workspace" / "demo", tables, datetime(2026, 1, 1), datetime(2026, 7, 1))
    silent = "label.churn=[{kind: inactivity, table: orders, activity_days: 60}]"
    settings = [f"workspace={tmp_path / 'workspace'}", "train.horizons_days=[]", silent, "label.data_end=2026-07-01"]
    project = load_project(CONF, settings)
    with material_of(project) as material:
        frames = book.computed(material)
    # a is silent from 2026-03-01 to 2026-04-30 and again with the order of June; b leaves on 2026-03-21.
    flows = whole(frames["customer_flows"])
    assert list(flows.index) == ["2026-03", "2026-04", "2026-05", "2026-06"]
    assert flows.customers_lost.to_list() == [1, 1, 0, 0]
    assert flows.customers_returned.to_list() == [0, 0, 0, 1]
    assert flows.customers_new.to_list() == [0, 0, 1, 0]
    assert frames["customer_value"].empty or set(frames["customer_value"].method) == {"purchase_process"}
    assert set(frames["yardsticks"].yardstick) == {"consumer_retail"}


def test_falling_spend_is_seen_at_the_end_of_the_month(tmp_path):
    months = pd.date_range("2025-09-15", "2026-06-15", freq="MS") + pd.Timedelta(days=14)
    spent = {"steady": [100] * 9, "falls": [100] * 5 + [20] * 4, "recovers": [100] * 4 + [10] + [100] * 4}
    orders = [
        {"order_id": f"{who}{day}", "customer_id": who, "ordered_at": day, "amount": amount}
        for who, amounts in spent.items()
        for day, amount in zip(months, amounts, strict=True)
    ]
    customers = [{"customer_id": who, "signed_up_at": "2025-09-01"} for who in spent]
    tables = {"customers": rows_of("customers", customers), "orders": rows_of("orders", orders)}
    accept(tmp_path / "workspace" / "demo", tables, datetime(2025, 10, 1), datetime(2026, 7, 1))
    falling = "label.churn=[{kind: spend_drop, drop_share: 0.5, past_days: 90}]"
    settings = [f"workspace={tmp_path / 'workspace'}", "train.horizons_days=[]", falling, "label.horizon_days=30"]
    project = load_project(CONF, [*settings, "label.data_end=2026-07-01", "measures.data_begin=2026-01-01"])
    with material_of(project) as material:
        flows = whole(book.computed(material)["customer_flows"])
    # March: 20 in its last 30 days, against 300 in the 90 before; by July the 90 days before hold no more than 60.
    assert list(flows.index) == [f"2026-{month:02d}" for month in range(1, 7)]
    assert flows.customers_opening.to_list() == [3, 3, 2, 2, 2, 2]
    assert flows.customers_lost.to_list() == [0, 1, 1, 0, 0, 0]
    assert flows.customers_returned.to_list() == [0, 0, 1, 0, 0, 1]
