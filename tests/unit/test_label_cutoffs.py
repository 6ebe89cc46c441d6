"""At which cutoffs customers are looked at, worked out by hand."""

from datetime import datetime

import pytest

from pipelines.config_label import LabelSettings
from pipelines.stages.label import cutoffs_of
from training.labels.outcome import Window

BEGIN = datetime(2026, 1, 1)


def cutoffs(horizon_days, gap_days=0, *, open_windows=True, most=12):
    settings = LabelSettings(
        churn=[{"kind": "contractual", "grace_days": 0}],
        horizon_days=horizon_days,
        gap_days=gap_days,
        every_days=30,
        minimum_history_days=30,
        most_cutoffs=most,
        test_cutoff=None,
        data_end=None,
        open_windows=open_windows,
        treated_by=[],
    )
    window = Window(horizon_days, gap_days, datetime(2026, 9, 1))
    found, test = cutoffs_of(settings, window, BEGIN)
    assert found[-1] == test == window.last_cutoff()
    return [f"{cutoff:%m-%d}" for cutoff in found]


TRAINED = ["02-03", "03-05", "04-04", "05-04"]


@pytest.mark.parametrize(
    ("horizon_days", "gap_days", "expected"),
    [
        (30, 0, [*TRAINED, "06-03", "07-03", "08-02"]),  # every earlier window is over at the test cutoff
        (45, 0, [*TRAINED, "06-03", "07-03", "07-18"]),
        (60, 0, [*TRAINED, "06-03", "07-03"]),
        (60, 30, ["02-03", "03-05", "04-04", "06-03"]),  # the window of 4 May begins with the test cutoff
    ],
)
def test_cutoffs_end_with_those_whose_windows_are_open_and_the_test(horizon_days, gap_days, expected):
    assert cutoffs(horizon_days, gap_days) == expected


@pytest.mark.parametrize(
    ("horizon_days", "gap_days", "left_out"), [(45, 0, {"07-03"}), (60, 0, {"06-03"}), (60, 30, {"04-04"})]
)
def test_open_windows_may_be_left_out(horizon_days, gap_days, left_out):
    assert set(cutoffs(horizon_days, gap_days)) - set(cutoffs(horizon_days, gap_days, open_windows=False)) == left_out


def test_a_limit_holds_for_training_and_open_cutoffs_each():
    assert cutoffs(90, most=1) == ["03-05", "04-04", "06-03"]
