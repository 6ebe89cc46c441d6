"""Survival, cohorts, nodes and reasons against hands, another library, and simulation."""

from datetime import datetime, timedelta

import duckdb
import ibis
import numpy as np
import pandas as pd
import pytest
from bases import months, spells_of
from measured_projects import rows_of

from evaluation.business.cohorts import cohort_retention
from evaluation.business.nodes import Windows, hazard_around
from evaluation.business.periods import microseconds
from evaluation.business.reasons import reason_shares, reasons
from evaluation.business.survival import Lifetimes, kaplan_meier, log_rank, survival_at
from evaluation.errors import JudgementError

DAY = 86_400_000_000


def lifetimes(days, left, entered=None):
    days = np.asarray(days, dtype=float)
    start = np.zeros(len(days)) if entered is None else np.asarray(entered, dtype=float)
    return Lifetimes(days, np.asarray(left, dtype=bool), start, np.arange(len(days)))


# The 6-MP group of Freireich et al. (1963), the example of many a textbook: weeks of remission, + where still going on.
SIX_MP = lifetimes(
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO = lifetimes([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21)


def test_the_textbook_curve():
    curve = kaplan_meier(SIX_MP).set_index("days")
    expected = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert curve.survival.round(3).to_dict() == expected
    # Greenwood's standard error at week 23 is 0.1346; on the scale of log(-log S) the ends are S to the power below.
    half = 1.959964 * 0.1346 / 0.4482 / abs(np.log(0.4482))
    assert curve.loc[23, "low"] == pytest.approx(0.4482 ** np.exp(half), abs=2e-3)
    assert curve.loc[23, "high"] == pytest.approx(0.4482 ** np.exp(-half), abs=2e-3)


def test_the_textbook_log_rank_test():
    found = log_rank({"6-MP": SIX_MP, "placebo": PLACEBO})
    assert found.statistic == pytest.approx(16.79, abs=0.01)
    assert found.degrees == 1
    assert found.p_value == pytest.approx(4.17e-5, rel=0.01)


def test_one_group_cannot_be_compared():
    with pytest.raises(JudgementError, match="1 group cannot be compared"):
        log_rank({"all": SIX_MP})


def test_curves_agree_with_another_library_late_entry_included():
    lifelines = pytest.importorskip("lifelines", reason="lifelines is not installed (extra `peers`)")
    random = np.random.default_rng(4)
    days, entered = random.integers(1, 60, 300) + 20.0, random.integers(0, 20, 300).astype(float)
    lives = lifetimes(days, random.random(300) < 0.6, entered)
    curve = kaplan_meier(lives)
    theirs = lifelines.KaplanMeierFitter().fit(days, lives.left, entry=entered)
    np.testing.assert_allclose(curve.survival, theirs.survival_function_.loc[curve.days].iloc[:, 0], atol=1e-9)
    ends = theirs.confidence_interval_.loc[curve.days]
    np.testing.assert_allclose(curve.low[:-1], ends.iloc[:-1, 0], atol=1e-6)
    np.testing.assert_allclose(curve.high[:-1], ends.iloc[:-1, 1], atol=1e-6)
    groups = {str(part): lives.take(np.arange(300) % 3 == part) for part in range(3)}
    plain = {name: lifetimes(each.days, each.left) for name, each in groups.items()}
    test = lifelines.statistics.multivariate_logrank_test(days, np.arange(300) % 3, lives.left)
    assert log_rank(plain).statistic == pytest.approx(test.test_statistic)


def test_late_entry_does_not_count_who_could_not_have_been_seen_leaving():
    # Two are on record from day 5 only; at day 3 just the other two can leave.
    lives = lifetimes([3, 9, 9, 9], [1, 0, 0, 0], [0, 0, 5, 5])
    assert kaplan_meier(lives).survival.to_list() == [0.5]


def test_a_curve_ends_where_nobody_is_seen_any_more():
    found = survival_at(kaplan_meier(SIX_MP), np.array([0.0, 6.0, 35.0, 36.0]), 35.0)
    assert found.survival.round(3).to_list()[:3] == [1.0, 0.857, 0.448]
    assert np.isnan(found.survival[3])


def test_lifetimes_of_spells_begin_to_count_when_leaving_is_on_record():
    rows = [
        ("a", "2026-01-01", "2026-01-11", "lapse"),
        ("b", "2026-01-01", "2026-02-10", "lapse"),
        ("c", "2026-02-04", None, None),
    ]
    end, since = microseconds([datetime(2026, 3, 1), datetime(2026, 2, 1)])
    found = Lifetimes.of(spells_of(rows), int(end), int(since))
    assert found.days.tolist() == [40, 25]
    assert found.left.tolist() == [True, False]
    assert found.entered.tolist() == [31, 0]


def test_the_triangle_of_cohorts():
    rows = [
        ("a", "2026-01-10", None, None),
        ("b", "2026-01-20", "2026-02-10", "lapse"),
        ("c", "2026-01-20", "2026-02-10", "lapse"),
        ("c", "2026-03-01", None, None),
        ("d", "2026-02-01", "2026-02-20", "lapse"),
        ("early", "2025-01-01", None, None),
    ]
    found = cohort_retention(spells_of(rows), months("2026-01-01", "2026-04-01"), minimum_customers=1)
    table = found.pivot(index="cohort", columns="age", values="retained")
    assert table.loc["2026-01"].to_list() == [3, 1, 2]
    assert table.loc["2026-02", 0] == 0
    assert found[found.cohort == "2026-01"].customers.unique().tolist() == [3]
    assert len(found) == 6
    assert set(cohort_retention(spells_of(rows), months("2026-01-01", "2026-04-01")).verdict) == {"too few to say"}


def windows_of(*rows):
    place, start, end = (np.array(column) for column in zip(*rows, strict=True))
    return Windows(place.astype(np.intp), start.astype(np.int64) * DAY, end.astype(np.int64) * DAY)


def spells_in_days(*rows):
    def day(number):
        return None if number is None else datetime(1970, 1, 1) + timedelta(days=number)

    return spells_of([(f"c{place}", day(began), day(ended), "lapse") for place, began, ended in rows])


def test_days_and_leavers_around_a_node_are_counted_once():
    spells = spells_in_days((0, 0, 50), (1, 10, None), (2, -100, 5))
    windows = windows_of((0, 40, 60), (0, 45, 55), (1, 0, 20), (1, 95, 300), (2, 0, 5))
    found = hazard_around(spells, windows, recorded_since=0, data_end=100 * DAY)
    assert found.days == pytest.approx((50 - 40) + (20 - 10) + (100 - 95) + 5)
    assert found.days + found.days_else == pytest.approx(50 + 90 + 5)
    # The first left at day 50, in its window; the third at day 5, when its window was just over.
    assert (found.left, found.left_else) == (1, 1)


def test_a_window_that_nobody_reaches_says_nothing():
    none = Windows(np.zeros(0, dtype=np.intp), *(np.zeros(0, dtype=np.int64),) * 2)
    found = hazard_around(spells_in_days((0, 0, 50)), none, 0, 100 * DAY)
    assert (found.left, found.days, found.left_else) == (0, 0, 1)
    assert np.isnan([found.rate, found.ratio, found.low, found.high]).all()


def test_a_known_ratio_is_found_and_held_by_its_interval_as_often_as_it_says():
    random, held, ratios = np.random.default_rng(8), 0, []
    for _ in range(150):
        # Everybody has a window of days 20 to 40, in which leaving is three times as frequent.
        waited = random.exponential(1, 300)
        ended = np.where(
            waited < 0.2, waited * 100, np.where(waited < 0.8, 20 + (waited - 0.2) / 0.03, 40 + (waited - 0.8) * 100)
        )
        spells = spells_in_days(*((place, 0, float(day) if day < 90 else None) for place, day in enumerate(ended)))
        place = spells.customers.get_indexer([f"c{number}" for number in range(300)])
        found = hazard_around(spells, windows_of(*((at, 20, 40) for at in place)), 0, 90 * DAY)
        held += found.low <= 3 <= found.high
        ratios.append(found.ratio)
    assert np.median(ratios) == pytest.approx(3, rel=0.05)
    assert 0.91 <= held / 150 <= 1


@pytest.fixture
def engine():
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return ibis.duckdb.from_connection(connection)


def test_the_reason_nearest_to_the_end_in_order_of_its_source(engine):
    given = {
        "contracts": [
            {"customer_id": "says why", "cancelled_at": "2026-06-01", "cancel_reason": "price"},
            {"customer_id": "left twice", "cancelled_at": "2026-03-01", "cancel_reason": "budget"},
        ],
        "payments": [
            {"customer_id": "says why", "failed_at": "2026-05-20"},
            {"customer_id": "did not pay", "failed_at": "2026-05-20"},
            {"customer_id": "paid late", "failed_at": "2026-05-20", "paid_at": "2026-05-25"},
        ],
        "feedback": [
            {"customer_id": "paid late", "given_at": "2026-04-01", "kind": "nps", "score": 3, "tag": "slow"},
            {"customer_id": "paid late", "given_at": "2026-04-09", "kind": "csat", "score": 2, "tag": "too_complex"},
            {"customer_id": "paid late", "given_at": "2026-05-09", "kind": "nps", "score": 9, "tag": "easy"},
            {"customer_id": "long ago", "given_at": "2026-02-01", "kind": "nps", "score": 1, "tag": "slow"},
            {"customer_id": "in anger", "given_at": "2026-05-01", "kind": "comment", "sentiment": -0.5, "tag": "slow"},
        ],
    }
    for name, rows in given.items():
        engine.raw_sql(f"CREATE TABLE {name} AS {rows_of(name, rows)}")
    ended = {"left twice": ["2026-03-01", "2026-06-01"]}
    who = ["says why", "did not pay", "paid late", "long ago", "in anger", "left twice"]
    left = [(name, pd.Timestamp(day)) for name in who for day in ended.get(name, ["2026-06-01"])]
    frame = ibis.memtable(pd.DataFrame(left, columns=["customer_id", "ended"]))
    found = engine.to_pandas(reasons(frame, {name: engine.table(name) for name in given}))
    told = {(row.customer_id, f"{row.ended:%m}"): (row.reason, row.source) for row in found.itertuples()}
    assert told == {
        ("says why", "06"): ("price", "stated"),
        ("did not pay", "06"): ("payment", "unpaid"),
        ("paid late", "06"): ("too_complex", "feedback"),
        ("long ago", "06"): ("unknown", "unknown"),
        ("in anger", "06"): ("slow", "feedback"),
        ("left twice", "03"): ("budget", "stated"),
        ("left twice", "06"): ("unknown", "unknown"),
    }


def test_without_any_table_the_reason_is_unknown_and_shares_add_up(engine):
    frame = ibis.memtable(pd.DataFrame({"customer_id": ["a"], "ended": [pd.Timestamp("2026-06-01")]}))
    found = engine.to_pandas(reasons(frame, {}))
    assert found[["reason", "source"]].to_numpy().tolist() == [["unknown", "unknown"]]
    rows = pd.DataFrame({"period": ["1", "1", "1", "2"], "reason": list("aabb"), "source": "stated"})
    shares = reason_shares(rows)
    assert shares.groupby("period").share.sum().to_list() == [1, 1]
    assert shares.customers.to_list() == [2, 1, 1]
