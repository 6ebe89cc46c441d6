from datetime import date, datetime, timedelta

import pytest

from evaluation.business.periods import midnight, month_of, months_later, whole_periods
from evaluation.errors import JudgementError


def test_months_begin_at_local_midnight():
    months = whole_periods(datetime(2026, 1, 1), datetime(2026, 4, 1), "month", "Asia/Shanghai")

    assert months.names == ["2026-02", "2026-03"]
    assert months.edges == [datetime(2026, 1, 31, 16), datetime(2026, 2, 28, 16), datetime(2026, 3, 31, 16)]


def test_a_month_with_a_change_of_clocks_is_an_hour_shorter_or_longer():
    months = whole_periods(datetime(2025, 12, 31, 23), datetime(2026, 12, 31, 23), "month", "Europe/Berlin")
    lengths = dict(
        zip(
            months.names,
            [end - start for start, end in zip(months.edges, months.edges[1:], strict=False)],
            strict=True,
        )
    )

    assert len(months) == 12
    assert lengths["2026-03"] == timedelta(days=31, hours=-1)
    assert lengths["2026-10"] == timedelta(days=31, hours=1)
    assert lengths["2026-07"] == timedelta(days=31)


def test_a_midnight_that_the_clocks_leave_out_is_when_the_day_begins():
    # Cairo put its clocks forward at midnight on 2024-04-26: 00:00 became 01:00, 22:00 UTC of the day before.
    assert midnight(date(2024, 4, 26), "Africa/Cairo") == datetime(2024, 4, 25, 22)


def test_the_end_of_a_month_is_its_last_day():
    assert months_later(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert months_later(date(2024, 3, 31), -1) == date(2024, 2, 29)
    assert months_later(date(2024, 12, 31), 2) == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("unit", "names"),
    [
        ("month", ["2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]),
        ("quarter", ["2026-Q1", "2026-Q2"]),
        ("all", ["2025-11-15 to 2026-07-09"]),
    ],
)
def test_only_whole_periods_count(unit, names):
    assert whole_periods(datetime(2025, 11, 15), datetime(2026, 7, 10, 8), unit, "UTC").names == names


def test_a_stretch_without_a_whole_period_is_refused():
    with pytest.raises(JudgementError, match="no whole year lies between 2025-02-01"):
        whole_periods(datetime(2025, 2, 1), datetime(2026, 7, 1), "year", "UTC")


def test_quarters_before_an_edge_keep_the_local_midnight():
    months = whole_periods(datetime(2026, 5, 31, 22), datetime(2026, 6, 30, 22), "month", "Europe/Berlin")
    assert months.edges_back(3) == [datetime(2026, 2, 28, 23), datetime(2026, 3, 31, 22)]


def test_the_month_of_an_instant_is_the_local_one():
    assert month_of(datetime(2026, 1, 31, 17), "Asia/Shanghai") == datetime(2026, 1, 31, 16)
