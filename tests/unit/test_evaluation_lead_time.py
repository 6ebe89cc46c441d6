"""Lead time: a hand-worked list of flags, expiry of scores, and what cannot be judged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import JudgementError
from evaluation.model.lead_time import lead_days, lead_time_curve

END = pd.Timestamp("2026-06-30")


def flags(**customers):
    """Scores by days before the common end: ``+40`` flagged, ``-40`` not flagged."""
    return pd.DataFrame(
        [
            {"customer": customer, "scored_at": END - pd.Timedelta(days=abs(day)), "flagged": day > 0}
            for customer, days in customers.items()
            for day in days
        ]
    )


def ends(*customers):
    return pd.Series(END, index=list(customers))


SCORES = flags(
    early=[-90, +60, +30, +5],
    late=[-90, -60, -30, +5],
    never=[-90, -60, -30, -5],
    faded=[+90, +60, -30, -5],
    young=[+30, +5],
    stayer=[+90, -60, -30, -5],
)
LEAVERS = ends("early", "late", "never", "faded", "young")


def test_shares_of_a_table_worked_out_by_hand():
    curve = lead_time_curve(SCORES, LEAVERS, days=[0, 5, 6, 30, 45, 60, 61, 90, 91]).set_index("days_before")
    assert curve["leavers"].tolist() == [5, 5, 5, 5, 4, 4, 4, 4, 0]
    # day 0 and 5: early, late, young; 6 and 30: early, young; 45 and 60: early, faded; 61 and 90: faded
    shares = curve["flagged_share"].tolist()
    assert shares == pytest.approx([3 / 5, 3 / 5, 2 / 5, 2 / 5, 2 / 4, 2 / 4, 1 / 4, 1 / 4, np.nan], nan_ok=True)
    assert curve["alert_share"].unique() == pytest.approx([9 / 22])
    seen = curve.dropna()
    assert ((seen["low"] <= seen["flagged_share"]) & (seen["flagged_share"] <= seen["high"])).all()


def test_an_expired_score_does_not_count():
    scores = flags(one=[+50], other=[-50, +3])
    curve = lead_time_curve(scores, ends("one", "other"), days=[0, 20, 21, 50], valid_days=30).set_index("days_before")
    assert curve["leavers"].to_dict() == {0: 1, 20: 0, 21: 2, 50: 2}
    assert curve["flagged_share"].to_dict() == pytest.approx({0: 1.0, 20: np.nan, 21: 0.5, 50: 0.5}, nan_ok=True)


def test_a_score_after_the_end_is_no_warning():
    after = pd.DataFrame([{"customer": "one", "scored_at": END + pd.Timedelta(microseconds=1), "flagged": True}])
    scores = pd.concat([flags(one=[-10]), after])
    assert lead_time_curve(scores, ends("one"), days=[0])["flagged_share"].tolist() == [0]


def test_lead_days_are_counted_from_the_flags_that_lasted():
    scores = pd.concat([SCORES, flags(again=[+90, -60, +30, +5])])
    found = lead_days(scores, ends("early", "late", "never", "faded", "young", "again", "unscored"))
    assert found.drop(["never", "faded"]).to_dict() == {"early": 60, "late": 5, "young": 30, "again": 30}
    assert found[["never", "faded"]].isna().all()
    assert "stayer" not in found.index


def test_curve_and_lead_days_agree_where_flags_never_fade():
    random = np.random.default_rng(0)
    customers = [f"c{number}" for number in range(60)]
    first = dict(zip(customers, random.integers(1, 100, 60), strict=True))
    scores = flags(**{name: [day if day <= first[name] else -day for day in range(1, 121, 3)] for name in customers})
    lead = lead_days(scores, ends(*customers))
    curve = lead_time_curve(scores, ends(*customers), days=range(1, 119)).set_index("days_before")
    for day in (1, 10, 40, 70, 100):
        assert curve.loc[day, "flagged_share"] == pytest.approx((lead.fillna(-1) >= day).mean())
    assert curve["flagged_share"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lead_time_curve(SCORES.drop(columns="flagged"), LEAVERS), "scores lack flagged"),
        (lambda: lead_time_curve(SCORES, LEAVERS, days=[-1]), "none below 0"),
        (lambda: lead_time_curve(SCORES, LEAVERS, days=[]), "at least one number"),
        (lambda: lead_time_curve(SCORES, LEAVERS, valid_days=0), "valid_days must be above 0"),
        (lambda: lead_time_curve(SCORES, ends("nobody")), "No leaver was scored before the end"),
        (lambda: lead_time_curve(pd.concat([SCORES, SCORES]), LEAVERS), "two scores of one customer at one time"),
        (lambda: lead_days(SCORES, ends("early", "early")), "a customer twice"),
        (lambda: lead_days(SCORES, pd.Series([pd.NaT], index=["early"])), "must not hold missing values"),
    ],
)
def test_what_cannot_be_judged_is_refused(call, message):
    with pytest.raises(JudgementError, match=message):
        call()


def test_flags_that_never_pause_count_from_the_first():
    scores = pd.DataFrame({"customer": ["a"], "scored_at": [pd.Timestamp("2026-01-01")], "flagged": [True]})
    assert lead_days(scores, pd.Series([pd.Timestamp("2026-01-11")], index=["a"]))["a"] == 10
