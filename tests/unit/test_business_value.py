"""Lifetime value against closed forms, a simulated process, published parameters, and what is known when."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from evaluation.business.lifetime_contracts import DAYS_A_MONTH, LifeTable, life_table, months_ahead
from evaluation.business.lifetime_purchases import (
    Buyers,
    Fitted,
    expected_purchases,
    expected_spend,
    fit_spend,
    lifetime_values,
    spend_log_likelihood,
    with_uncertainty,
)
from evaluation.business.standing import Spells
from evaluation.errors import JudgementError
from pipelines.business.value import customer_values
from pipelines.config import load_project

HOME = Path(__file__).parents[2]
MICROSECONDS_A_MONTH = DAYS_A_MONTH * 86_400_000_000


def lives(customers, rate, seed, enter_months=0.0, as_of_months=30.0):
    """Customers who begin over two years and leave at a constant rate; who left before there are records is missing."""
    random = np.random.default_rng(seed)
    began = random.uniform(0, 24, customers)
    ended = began + random.exponential(1 / rate, customers)
    seen = ended >= enter_months
    began, ended = (np.round(times[seen] * MICROSECONDS_A_MONTH).astype("datetime64[us]") for times in (began, ended))
    frame = pd.DataFrame({"customer_id": [f"c{n}" for n in range(len(began))], "began": began, "ended": ended})
    frame.loc[frame.ended >= np.datetime64(int(as_of_months * MICROSECONDS_A_MONTH), "us"), "ended"] = pd.NaT
    return Spells.of(frame.assign(kind=np.where(frame.ended.isna(), None, "lapse")))


@pytest.mark.parametrize("enter_months", [0.0, 12.0])
def test_a_constant_rate_is_found_again_also_where_early_leavers_are_missing(enter_months):
    spells = lives(20_000, 0.05, seed=1, enter_months=enter_months)
    instants = [int(months * MICROSECONDS_A_MONTH) for months in (30.0, enter_months)]

    table = life_table(spells, *instants)

    assert table.left.sum() / table.exposure.sum() == pytest.approx(0.05, rel=0.03)
    assert table.rates(24)[:24].mean() == pytest.approx(0.05, rel=0.06)


def test_months_ahead_are_the_integral_of_discounted_survival():
    table = LifeTable(np.array([400.0] * 10), np.array([10_000.0] * 10))
    expected, _ = quad(lambda month: np.exp(-0.04 * month) * 1.1 ** (-month / 12), 0, 60)

    ahead = months_ahead(table, most_tenure=30, lifetime_months=60, discount_share=0.1)

    np.testing.assert_allclose(ahead.expected, expected, rtol=2e-4)
    assert (ahead.low < ahead.expected).all()
    assert (ahead.expected < ahead.high).all()


def test_the_interval_of_months_ahead_holds_the_truth_as_often_as_it_says():
    truth, _ = quad(lambda month: np.exp(-0.05 * month), 0, 60)
    held = 0
    for seed in range(120):
        table = life_table(lives(300, 0.05, seed), int(30 * MICROSECONDS_A_MONTH), 0)
        ahead = months_ahead(table, most_tenure=0, lifetime_months=60, discount_share=0, draws=100, seed=seed)
        held += ahead.low[0] <= truth <= ahead.high[0]
    assert 0.88 <= held / 120 <= 1


def test_expected_purchases_are_those_of_the_simulated_process():
    r, alpha, a, b, age, ahead, customers = 0.9, 6.0, 0.8, 2.5, 40.0, 26.0, 40_000
    random = np.random.default_rng(5)
    rate, stop = random.gamma(r, 1 / alpha, customers), random.beta(a, b, customers)
    repeats, span, later = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    time, alive = np.zeros(customers), np.ones(customers, dtype=bool)
    while alive.any():
        time[alive] += random.exponential(1 / rate[alive])
        alive &= time < age + ahead
        now = alive & (time < age)
        repeats[now] += 1
        span[now] = time[now]
        later[alive & (time >= age)] += 1
        alive &= random.random(customers) >= stop

    said = expected_purchases(np.log([r, alpha, a, b]), Buyers(repeats, span, np.full(customers, age), span), ahead)

    for low, high in ((0, 1), (1, 3), (3, 8), (8, 100)):
        inside = (repeats >= low) & (repeats < high)
        error = 4 * later[inside].std() / np.sqrt(inside.sum())
        assert said[inside].mean() == pytest.approx(later[inside].mean(), abs=error)


def test_many_purchases_overflow_nothing():
    buyer = Buyers(np.array([900.0]), np.array([150.0]), np.array([151.0]), np.array([20.0]))
    said = expected_purchases(np.log([0.9, 6.0, 0.8, 2.5]), buyer, 52.0)
    assert 0 < said[0] < 900 / 151 * 52


def test_who_hardly_ever_stops_goes_on_at_the_own_rate():
    buyer = Buyers(np.array([9.0]), np.array([90.0]), np.array([100.0]), np.array([20.0]))
    said = expected_purchases(np.log([1.0, 10.0, 1e-3, 8e3]), buyer, 50.0)
    assert said[0] == pytest.approx((1 + 9) / (10 + 100) * 50, rel=1e-3)


def test_spend_is_found_again_and_drawn_to_the_mean():
    random = np.random.default_rng(2)
    p, q, gamma, customers = 4.0, 5.0, 40.0, 8_000
    repeats = random.integers(1, 8, customers).astype(float)
    scale = random.gamma(q, 1 / gamma, customers)
    spend = random.gamma(p * repeats, 1 / (scale * repeats))
    buyers = Buyers(repeats, repeats, repeats, spend)

    found = fit_spend(buyers)

    truth = np.log([p, q, gamma])
    assert 0 <= spend_log_likelihood(found, buyers) - spend_log_likelihood(truth, buyers) < 8
    assert np.exp(found[1]) == pytest.approx(q, rel=0.15)
    often = np.argmax(repeats)
    said = expected_spend(found, buyers)
    assert said.mean() == pytest.approx(p * gamma / (q - 1), rel=0.05)
    assert abs(said[often] - spend[often]) < abs(p * gamma / (q - 1) - spend[often])
    once = Buyers(*(np.array([value]) for value in (0.0, 0.0, 5.0, 0.0)))
    assert expected_spend(np.log([p, q, gamma]), once) == pytest.approx(p * gamma / (q - 1))


def test_spend_of_nobody_who_came_back_is_refused():
    none = np.zeros(3)
    with pytest.raises(JudgementError, match="0 customers who bought again"):
        fit_spend(Buyers(none, none, none, none))


def test_uncertainty_is_that_of_a_known_likelihood():
    draws = np.random.default_rng(0).normal(2.0, 3.0, 400)
    fitted = with_uncertainty(np.array([draws.mean()]), lambda at: -float(((draws - at[0]) ** 2).sum()) / (2 * 9))
    assert fitted.covariance[0, 0] == pytest.approx(9 / 400, rel=1e-4)


def test_a_value_without_discount_or_margin_is_purchases_times_spend():
    buyers = Buyers(np.array([2.0, 0.0]), np.array([30.0, 0.0]), np.array([38.0, 38.0]), np.array([35.0, 0.0]))
    purchases, spend = np.log([0.243, 4.414, 0.793, 2.426]), np.log([6.25, 3.74, 15.44])
    sure = [Fitted(each, np.zeros((len(each), len(each)))) for each in (purchases, spend)]
    years = np.array([1.0, 2.0])

    value, low, high = lifetime_values(
        *sure, buyers, years=years, unit_a_year=52.0, discount_share=0.0, margin_share=1.0
    )

    expected = expected_purchases(purchases, buyers, 104.0) * expected_spend(spend, buyers)
    np.testing.assert_allclose(value, expected)
    np.testing.assert_allclose(low, high)


@pytest.mark.real_data
def test_the_published_parameters_of_spend_are_found_on_the_cdnow_sample(shared_data):
    columns = ["master", "sample", "date", "discs", "dollars"]
    orders = pd.read_csv(shared_data / "cdnow" / "CDNOW_sample.txt", sep=r"\s+", names=columns, dtype={"date": str})
    orders = orders[pd.to_datetime(orders["date"]) <= "1997-09-30"]
    days = orders.groupby(["sample", "date"], as_index=False).dollars.sum()
    again = days[days.groupby("sample").cumcount() > 0].groupby("sample").dollars.agg(["count", "mean"])
    again = again[again["mean"] > 0]
    assert len(again) == 946
    buyers = Buyers(*(again[name].to_numpy(dtype=float) for name in ("count", "count", "count", "mean")))

    found = fit_spend(buyers)

    assert np.exp(found) == pytest.approx([6.25, 3.74, 15.44], rel=0.01)
    published = spend_log_likelihood(np.log([6.25, 3.74, 15.44]), buyers)
    assert spend_log_likelihood(found, buyers) >= published - 0.01


@pytest.fixture
def engine():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return ibis.duckdb.from_connection(connection)


def contract_tables(engine, late=()):
    engine.raw_sql("CREATE TABLE customers (customer_id VARCHAR, signed_up_at TIMESTAMP, known_at TIMESTAMP)")
    engine.raw_sql(
        "CREATE TABLE contracts (contract_id VARCHAR, customer_id VARCHAR, started_at TIMESTAMP, ends_at TIMESTAMP,"
        " cancelled_at TIMESTAMP, ended_at TIMESTAMP, is_trial BOOLEAN, monthly_price DOUBLE, known_at TIMESTAMP)"
    )
    rows = [(f"k{n}", f"c{n}", "2024-01-01", "2024-03-01" if n % 2 else None, 100.0, "2024-01-01") for n in range(40)]
    for contract, customer, start, end, price, known in [*rows, *late]:
        engine.con.execute("INSERT INTO customers VALUES (?, ?, ?)", [customer, start, start])
        values = [contract, customer, start, end, None, None, False, price, known]
        engine.con.execute("INSERT INTO contracts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    return {name: engine.table(name) for name in ("customers", "contracts")}


def demo(*overrides):
    return load_project(str(HOME / "conf" / "demo.yaml"), overrides)


def test_value_of_contracts_is_of_those_who_are_here_and_by_their_price(engine):
    tables = contract_tables(engine, late=[("x", "dear", "2024-01-01", None, 200.0, "2024-01-01")])
    found = customer_values(engine, tables, demo(), datetime(2024, 7, 1)).set_index("customer_id")
    assert len(found) == 21
    assert found.loc["dear", "value"] == pytest.approx(2 * found.loc["c0", "value"])
    assert ((found.low <= found.value) & (found.value <= found.high)).all()
    assert set(found.method) == {"contract_survival"}
    assert found.loc["c0", "value"] < 0.6 * 100 * 60


def test_value_of_contracts_is_the_same_whatever_else_leaving_is(engine):
    tables = contract_tables(engine)
    engine.raw_sql("CREATE TABLE orders (customer_id VARCHAR, ordered_at TIMESTAMP, amount DOUBLE, known_at TIMESTAMP)")
    for number in range(0, 40, 2):
        values = [f"c{number}", "2024-06-20", 1.0, "2024-06-20"]
        engine.con.execute("INSERT INTO orders VALUES (?, ?, ?, ?)", values)
    tables["orders"] = engine.table("orders")
    falling = "label.churn=[{kind: spend_drop, drop_share: 0.5, past_days: 90}]"
    by_contract = customer_values(engine, tables, demo(), datetime(2024, 7, 1))
    by_spend = customer_values(engine, tables, demo("train.horizons_days=[]", falling), datetime(2024, 7, 1))
    pd.testing.assert_frame_equal(by_spend, by_contract)


def test_value_does_not_know_what_was_learned_later(engine):
    late = [
        ("late", "c0", "2024-02-01", None, 900.0, "2024-08-01"),
        ("new", "new", "2024-07-02", None, 1.0, "2024-07-02"),
    ]
    now = customer_values(engine, contract_tables(engine), demo(), datetime(2024, 7, 1))
    engine.raw_sql("DROP TABLE customers")
    engine.raw_sql("DROP TABLE contracts")
    then = customer_values(engine, contract_tables(engine, late), demo(), datetime(2024, 7, 1))
    pd.testing.assert_frame_equal(now, then)


def test_value_of_buyers_is_told_where_there_are_no_contracts(engine):
    random = np.random.default_rng(0)
    engine.raw_sql("CREATE TABLE customers (customer_id VARCHAR, signed_up_at TIMESTAMP, known_at TIMESTAMP)")
    engine.raw_sql("CREATE TABLE orders (customer_id VARCHAR, ordered_at TIMESTAMP, amount DOUBLE, known_at TIMESTAMP)")
    for number in range(60):
        day = pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(random.integers(0, 60)))
        engine.con.execute("INSERT INTO customers VALUES (?, ?, ?)", [f"c{number}", day, day])
        for _ in range(1 + number % 5):
            amount = float(random.gamma(4, 10)) * (10 if number == 59 else 1)
            engine.con.execute("INSERT INTO orders VALUES (?, ?, ?, ?)", [f"c{number}", day, amount, day])
            day += pd.Timedelta(days=int(random.integers(5, 50)))
    tables = {name: engine.table(name) for name in ("customers", "orders")}
    silent = "label.churn=[{kind: inactivity, table: orders, activity_days: 120}]"

    found = customer_values(engine, tables, demo("train.horizons_days=[]", silent), datetime(2024, 7, 1))

    assert set(found.method) == {"purchase_process"}
    assert 0 < len(found) < 60
    assert ((found.low < found.value) & (found.value < found.high)).all()
    assert found.value.idxmax() == found.index[found.customer_id == "c59"].item()
