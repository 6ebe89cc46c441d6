"""The back-test of rules against counts by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.action.rule_backtest import (
    Outcomes,
    alerts_a_week,
    clustered_share,
    compare_warnings,
    record_alerts,
    threshold_for,
)
from evaluation.errors import JudgementError
from evaluation.model.shares import wilson_interval

DAY = np.timedelta64(1, "D")
FIRST = np.datetime64("2026-01-01", "us")


def outcomes(rows):
    """Rows of customer, cutoff (days) and day of leaving (None: stayed); the window is 60 days."""
    customer, cutoff, end = zip(*rows, strict=True)
    ended = [np.datetime64("NaT", "us") if day is None else FIRST + day * DAY for day in end]
    left = [day is not None and 0 <= day - at < 60 for at, day in zip(cutoff, end, strict=True)]
    return Outcomes(
        np.array(customer, dtype=object),
        np.array([FIRST + at * DAY for at in cutoff]),
        np.array(left),
        np.where(left, np.array(ended), np.datetime64("NaT", "us")),
    )


# a leaves on day 70, b on day 100, c and d stay.
PAST = outcomes(
    [
        *(("a", at, 70) for at in (0, 30)),
        *(("b", at, 100) for at in (0, 30, 60)),
        *(("c", at, None) for at in (0, 30)),
        ("d", 60, None),
    ]
)


def test_counts_by_hand():
    fired = [False, True, True, False, True, True, False, False]
    record = record_alerts(PAST, fired, cooldown_days=14)
    assert record.alerts == 4
    assert record.precision.estimate == 2 / 4  # a at 30, b at 60; b at 0 leaves after the window
    assert record.recall.estimate == 2 / 2
    assert record.lift == (2 / 4) / (2 / 8)
    assert record.lead_days == (40 + 40) / 2  # a from day 30, b from day 60: the flag of day 0 did not last
    assert record.alerts_a_week == 4 / 3 / 2
    assert not record.is_enough


def test_without_alerts_nothing_is_claimed():
    record = record_alerts(PAST, np.zeros(8, dtype=bool), cooldown_days=7)
    assert np.isnan(record.precision.estimate)
    assert record.recall.estimate == 0
    assert np.isnan(record.lead_days)


def test_alerts_for_everyone_find_everyone_at_the_base_rate():
    record = record_alerts(PAST, np.ones(8, dtype=bool), cooldown_days=7)
    assert (record.precision.estimate, record.recall.estimate, record.lift) == (PAST.base_rate, 1, 1)
    assert record.lead_days == (70 + 100) / 2


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5), st.integers(0, 250), st.booleans()), min_size=1))
def test_agrees_with_a_brute_force_count(drawn):
    ends = {customer: end for customer, _, end, _ in drawn}
    rows = {(customer, at * 30): fires for customer, at, _, fires in drawn if ends[customer] >= at * 30}
    if not rows:
        return
    past = outcomes([(customer, at, ends[customer]) for customer, at in rows])
    record = record_alerts(past, list(rows.values()), cooldown_days=7)
    alerts = leavers = hits = 0
    for (customer, at), fires in rows.items():
        leaves = 0 <= ends[customer] - at < 60
        alerts, leavers, hits = alerts + fires, leavers + leaves, hits + (fires and leaves)
    assert record.alerts == alerts
    assert alerts == 0 or record.precision.estimate == pytest.approx(hits / alerts)
    assert leavers == 0 or record.recall.estimate == pytest.approx(hits / leavers)
    assert record.alerts_a_week == pytest.approx(alerts / len({at for _, at in rows}))


@given(
    values=st.lists(st.floats(-9, 9) | st.just(float("nan")), max_size=30),
    weekly=st.floats(0.1, 12),
    above=st.booleans(),
)
def test_a_threshold_is_the_loosest_within_the_budget(values, weekly, above):
    def alerts(threshold):
        return sum(value >= threshold if above else value <= threshold for value in values)

    chosen = threshold_for(values, weekly, cutoffs=2, cooldown_days=14, fires_above=above)
    fitting = {value for value in values if alerts_a_week(alerts(value), 2, 14) <= weekly and value == value}
    assert chosen == (min(fitting) if above else max(fitting)) if fitting else chosen is None


def test_intervals_count_customers_and_not_rows():
    hit = np.tile([True, False, False, True], 25)
    alone = clustered_share(hit, np.ones(100, bool), np.arange(100))
    repeated = clustered_share(np.repeat(hit, 9), np.ones(900, bool), np.repeat(np.arange(100), 9))
    low, high = wilson_interval(np.array([0.5]), np.array([100.0]))
    assert (alone.low, alone.high) == pytest.approx((low[0], high[0]), abs=2e-3)
    assert (repeated.low, repeated.high) == pytest.approx((alone.low, alone.high), abs=1e-9)


def test_intervals_cover_the_truth_with_repeated_customers():
    drawn = np.random.default_rng(3)
    covered = 0
    for _ in range(300):
        own = drawn.beta(2, 6, size=80)
        customer = np.repeat(np.arange(80), 6)
        share = clustered_share(drawn.random(480) < own[customer], np.ones(480, bool), customer)
        covered += share.low <= 0.25 <= share.high
    assert 0.91 <= covered / 300 <= 0.99


def test_warnings_are_compared_at_equally_many_alerts():
    # The second score sees both leavers a cutoff earlier.
    first = [0, 9, 0, 0, 9, 0, 0, 0]
    second = [8, 9, 0, 9, 9, 0, 0, 0]
    warned = compare_warnings(PAST, first, second, alerts=2)
    assert warned.alerts == (2, 0)  # three equal values do not fit into two alerts
    warned = compare_warnings(PAST, first, second, alerts=4)
    assert (warned.alerts, warned.mean_days) == ((2, 4), (40, 70))
    assert warned.leavers == 2
    capped = compare_warnings(PAST, first, second, alerts=4, most_days=1)
    assert (capped.mean_days, capped.difference.estimate) == ((1, 1), 0)


def test_equal_scores_differ_by_nothing():
    score = np.arange(8.0)
    warned = compare_warnings(PAST, score, score, alerts=3)
    assert (warned.difference.estimate, warned.difference.low, warned.difference.high) == (0, 0, 0)


def test_a_customer_twice_at_a_cutoff_is_refused():
    with pytest.raises(JudgementError, match="twice at one cutoff"):
        outcomes([("a", 0, None), ("a", 0, None)])


def test_other_shapes_are_refused():
    with pytest.raises(JudgementError, match="shape"):
        record_alerts(PAST, [True], cooldown_days=7)
