"""Shorter horizons in the line: refused where they make no sense, judged, and told with the scores."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipelines.config import load_project
from pipelines.errors import ConfigError
from pipelines.horizons import shorter
from pipelines.judging.horizons import by_horizon
from pipelines.report.sections import horizons as told

SCORES = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "horizon_days": 60,
        "probability": [0.2, 0.5, 0.1],
        "band": ["medium", "high", "low"],
        "rank": [2, 1, 3],
    },
    index=[7, 3, 5],
)
TESTED = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d"] * 2,
        "horizon_days": [60] * 4 + [30] * 4,
        "churned": [1, 0, 0, 1, 0, 0, 0, 0],
        "probability": [0.9, 0.1, 0.2, 0.8, 0.5, 0.05, 0.1, 0.15],
    }
)


@pytest.mark.parametrize(("days", "said"), [("[60]", "shorter than label.horizon_days"), ("[30, 30]", "different")])
def test_horizons_outside_the_labels_window_are_refused(days, said):
    with pytest.raises(ConfigError, match=said):
        load_project("demo", [f"train.horizons_days={days}"])


def test_horizons_need_churn_that_tells_the_day():
    churn = "label.churn=[{kind: inactivity, table: orders, activity_days: null}]"

    with pytest.raises(ConfigError, match="tells the day"):
        load_project("demo", [churn, "train.horizons_days=[30]"])


def test_each_horizon_is_ranked_by_itself_and_has_no_band():
    risk = np.array([[0.15, 0.2], [0.05, 0.5], [0.05, 0.1]])
    horizons = SimpleNamespace(days=(30.0, 60.0), risk=lambda frame, probability: risk)

    rows = shorter(SCORES, horizons, pd.DataFrame(), band=None)

    assert rows[["customer_id", "horizon_days", "probability", "rank"]].values.tolist() == [
        ["a", 30, 0.15, 1],
        ["b", 30, 0.05, 2],
        ["c", 30, 0.05, 3],
    ]
    assert rows["band"].isna().all()


def test_a_model_of_one_horizon_adds_no_rows():
    assert shorter(SCORES, None, pd.DataFrame()).empty


def test_horizons_are_judged_in_their_order():
    found = by_horizon(SimpleNamespace(horizons=TESTED))

    assert found is not None
    assert found["horizon_days"].tolist() == [30, 60]
    assert found["positives"].tolist() == [0, 2]
    assert found["mean_probability"].tolist() == pytest.approx([0.2, 0.5])
    assert np.isnan(found["roc_auc"][0])  # nobody left so soon
    assert found["roc_auc"][1] == 1.0


def test_the_report_says_too_few_rather_than_a_figure():
    table = by_horizon(SimpleNamespace(horizons=TESTED))

    section = told.section(SimpleNamespace(tables={"horizons": table}))

    assert section is not None
    assert section.blocks[0].rows[0][-1] == told.TOO_FEW
    assert told.section(SimpleNamespace(tables={})) is None
