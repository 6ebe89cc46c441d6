"""Measures against tables worked out by hand: who stays, joins, leaves and returns, at the ends of months."""

import numpy as np
import pandas as pd
import pytest
from bases import base_of, months, orders_of, spells_of, terms_of

from evaluation.business.flows import Segmentation, flows
from evaluation.business.measures import MEASURES, rates
from evaluation.business.yardsticks import beside_yardstick

MARCH = months("2026-03-01", "2026-04-01")
PEOPLE = [
    ("stays", "2026-01-05", None, None),
    ("gives notice", "2026-01-05", "2026-03-10", "notice"),
    ("falls silent", "2026-01-05", "2026-03-31 23:59:59.999999", "silence"),
    ("leaves as the month ends", "2026-01-05", "2026-04-01", "notice"),
    ("left as the month began", "2026-01-05", "2026-03-01", "lapse"),
    ("left before", "2026-01-05", "2026-02-28 23:59:59.999999", "lapse"),
    ("joins as the month begins", "2026-03-01", None, None),
    ("joins as the month ends", "2026-04-01", None, None),
    ("joins and leaves", "2026-03-05", "2026-03-20", "notice"),
    ("returns", "2026-01-05", "2026-02-10", "lapse"),
    ("returns", "2026-03-15", None, None),
    ("leaves and returns", "2026-01-05", "2026-03-10", "lapse"),
    ("leaves and returns", "2026-03-20", None, None),
]


def one_row(frame):
    return frame[frame.segmentation == "all"].iloc[0]


def test_who_came_stayed_and_left_in_march():
    row = one_row(flows(base_of(spells_of(PEOPLE)), MARCH))

    # At the start: stays, gives notice, falls silent, leaves as the month ends, left as the month began (who leaves at
    # an instant still is a customer at it), leaves and returns.
    assert row.customers_opening == 6
    assert row.customers_lost == 4  # gives notice, falls silent, left as the month began, leaves and returns
    assert row.customers_lost_active == 3
    assert row.customers_new == 1
    assert row.customers_returned == 2
    assert row.customers_came_and_left == 1
    assert row.customers_closing == 5  # stays, leaves as the month ends, joins as it begins, and the two who returned


def test_rates_of_march():
    found = rates(flows(base_of(spells_of(PEOPLE)), MARCH), minimum_customers=1).set_index("measure").value
    assert found.churn_rate == pytest.approx(4 / 6)
    assert found.active_churn_rate == pytest.approx(3 / 6)
    assert found.passive_churn_rate == pytest.approx(1 / 6)
    assert found.retention_rate == pytest.approx((5 - 1 - 2) / 6)


def test_a_month_of_another_zone_holds_other_customers():
    people = [("a", "2026-01-01", "2026-03-31 18:00", "notice"), ("b", "2026-01-01", None, None)]
    utc = flows(base_of(spells_of(people)), months("2026-03-01", "2026-05-01"))
    shanghai = flows(base_of(spells_of(people)), months("2026-02-28 16:00", "2026-04-30 16:00", "Asia/Shanghai"))
    assert list(utc.customers_lost) == [1, 0]
    assert list(shanghai.customers_lost) == [0, 1]


def test_monthly_revenue_is_divided_into_what_became_of_it():
    spells = spells_of(PEOPLE)
    terms = terms_of(
        [
            ("stays", "2026-01-05", "2026-03-15", 100),
            ("stays", "2026-03-15", None, 130),
            ("gives notice", "2026-01-05", None, 50),
            ("falls silent", "2026-01-05", None, 10),
            ("leaves as the month ends", "2026-01-05", "2026-03-20", 80),
            ("leaves as the month ends", "2026-03-20", None, 60),
            ("left as the month began", "2026-01-05", None, 7),
            ("joins as the month begins", "2026-03-01", None, 40),
            ("joins and leaves", "2026-03-05", None, 999),
            ("returns", "2026-03-15", None, 5),
            ("leaves and returns", "2026-01-05", "2026-03-10", 20),
            ("leaves and returns", "2026-03-20", None, 25),
        ],
        spells,
    )
    sums = flows(base_of(spells, terms=terms), MARCH)
    row = one_row(sums)
    assert row.revenue_opening == 100 + 50 + 10 + 80 + 7 + 20
    assert row.revenue_lost == 50 + 10 + 7 + 20
    assert row.revenue_expansion == 30
    assert row.revenue_contraction == 20
    assert row.revenue_new == 40
    assert row.revenue_returned == 5 + 25
    assert row.revenue_closing == 130 + 60 + 40 + 5 + 25
    found = rates(sums, minimum_customers=1).set_index("measure").value
    assert found.gross_revenue_churn_rate == pytest.approx((87 + 20) / 267)
    assert found.net_revenue_churn_rate == pytest.approx((87 + 20 - 30) / 267)


ORDERS = [
    ("a", "2025-10-02", 10),
    ("a", "2026-01-01", 20),
    ("a", "2026-03-01", 30),
    ("a", "2026-03-31 23:59:59", 40),
    ("b", "2025-12-31", 5),
    ("b", "2026-04-01", 6),
    ("c", "2025-11-11", 7),
    ("c", "2026-02-02", 8),
    ("d", "2026-03-03", 90),
]
BUYERS = [(name, "2025-01-01", None, None) for name in "abcd"]


def test_what_customers_bought_in_march():
    spells = spells_of(BUYERS)
    base = base_of(spells, orders_of(ORDERS, spells, MARCH))
    sums = flows(base, MARCH)
    row = one_row(sums)
    assert (row.orders, row.spend, row.buyers, row.repeat_buyers) == (3, 160, 2, 1)
    assert (row.quarter_buyers_before, row.quarter_buyers_again) == (3, 2)  # a, b and c; a and c
    assert row.active_customers == 2
    assert row.revenue_opening == pytest.approx((10 + 20 + 5 + 7 + 8) / 12)
    found = rates(sums, minimum_customers=1).set_index("measure").value
    assert found.repeat_purchase_rate == pytest.approx(1 / 2)
    assert found.quarterly_repurchase_rate == pytest.approx(2 / 3)
    assert found.average_order_value == pytest.approx(160 / 3)
    assert found.active_rate == pytest.approx(2 / 4)


def test_what_the_data_do_not_reach_back_for_is_not_told():
    spells = spells_of(BUYERS)
    begin = pd.Timestamp("2025-10-02").to_pydatetime()
    base = base_of(spells, orders_of(ORDERS, spells, MARCH), begin=begin)
    told = set(rates(flows(base, MARCH), minimum_customers=1).measure)
    assert "average_order_value" in told
    assert not told & {"quarterly_repurchase_rate", "gross_revenue_churn_rate", "net_revenue_churn_rate"}


def test_a_newcomer_counts_in_the_segment_where_it_stands_at_the_end():
    spells = spells_of([("new", "2026-03-10", None, None), ("old", "2026-01-01", None, None)])
    assert list(spells.customers) == ["new", "old"]
    moved = Segmentation("plan", ("basic", "plus"), np.array([[-1, 0], [1, 1]], dtype=np.int16))
    sums = flows(base_of(spells), MARCH, [moved]).query("segmentation == 'plan'").set_index("segment")
    assert sums.customers_new.to_dict() == {"basic": 0, "plus": 1}
    assert sums.customers_closing.to_dict() == {"basic": 1, "plus": 1}


def test_few_customers_are_too_few_to_say():
    found = rates(flows(base_of(spells_of(PEOPLE)), MARCH)).set_index("measure")
    assert set(found.verdict) == {"too few to say"}
    assert found[["value", "low", "high"]].isna().all(axis=None)


def test_the_interval_of_average_order_value_is_that_of_drawing_customers():
    random = np.random.default_rng(3)
    names = [f"c{number}" for number in range(300)]
    spells = spells_of([(name, "2025-01-01", None, None) for name in names])
    rows = [
        (name, f"2026-03-{random.integers(1, 31):02d}", random.gamma(2, 10) * (1 + place % 3))
        for place, name in enumerate(names)
        for _ in range(1 + place % 4)
    ]
    found = rates(flows(base_of(spells, orders_of(rows, spells, MARCH)), MARCH)).set_index("measure")
    row = found.loc["average_order_value"]
    frame = pd.DataFrame(rows, columns=["name", "day", "amount"]).groupby("name").amount.agg(["sum", "count"])
    drawn = frame.to_numpy()[random.integers(0, 300, (2_000, 300))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    assert row["value"] == pytest.approx(frame["sum"].sum() / frame["count"].sum())
    assert (row.low, row.high) == pytest.approx((low, high), rel=0.02)


def test_every_measure_is_told_in_both_languages():
    for measure in MEASURES.values():
        assert measure.words.en
        assert measure.formula.en
        assert any("一" <= letter <= "鿿" for letter in measure.words.zh)
        assert any("一" <= letter <= "鿿" for letter in measure.formula.zh)


@pytest.mark.parametrize(
    ("low", "high", "standing"),
    [(0.01, 0.02, "better"), (0.06, 0.08, "worse"), (0.032, 0.048, "within"), (0.02, 0.04, "not sure")],
)
def test_a_rate_beside_its_yardstick(low, high, standing):
    row = {"measure": "churn_rate", "value": (low + high) / 2, "low": low, "high": high}
    found = beside_yardstick(pd.DataFrame([row]), 0.03, 0.05, "month", months=1)
    assert found.standing.item() == standing


def test_a_yardstick_of_a_year_is_smaller_for_a_month():
    row = {"measure": "churn_rate", "value": 0.01, "low": 0.009, "high": 0.011}
    found = beside_yardstick(pd.DataFrame([row]), 0.07, 0.15, "year", months=1).iloc[0]
    assert (1 - found.yardstick_low) ** 12 == pytest.approx(0.93)
    assert (1 - found.yardstick_high) ** 12 == pytest.approx(0.85)
