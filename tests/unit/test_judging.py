"""What a judgement reads and how it is put together, on tables small enough to work out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipelines.config import load_project
from pipelines.errors import ConfigError
from pipelines.judging import gates, money, over_time, population, ranking, reasons, segments, slices
from pipelines.judging.material import Material
from pipelines.judging.value import Value, values
from pipelines.panel import file_of

CUTOFFS = [datetime(2026, 1, 1), datetime(2026, 2, 1), datetime(2026, 3, 1), datetime(2026, 5, 1)]
CALENDAR = {
    "flat": False,
    "cutoffs": [cutoff.isoformat() for cutoff in CUTOFFS],
    "test_cutoff": "2026-05-01T00:00:00",
    "horizon_days": 60,
    "gap_days": 0,
}
CUSTOMERS = [f"c{number}" for number in range(40)]


@pytest.fixture
def panel(tmp_path):
    """Customer number times cutoff number as a signal, a word, and rows in reverse order of the labels."""
    for number, cutoff in enumerate(CUTOFFS):
        frame = pd.DataFrame(
            {
                "customer_id": CUSTOMERS,
                "cutoff": cutoff,
                "orders__spend__365d": [float(place * (number + 1)) for place in range(40)],
                "customers__industry__ever": ["retail", "software"] * 20,
            }
        )
        frame[::-1].to_parquet(tmp_path / file_of(cutoff), index=False)
    return tmp_path


@pytest.fixture
def labels():
    rows = [
        {"customer_id": name, "cutoff": cutoff, "churned": int(place < 10), "churned_at": pd.NaT}
        for cutoff in CUTOFFS
        for place, name in enumerate(CUSTOMERS)
    ]
    frame = pd.DataFrame(rows).astype({"churned": "Int8", "churned_at": "datetime64[us]"})
    frame.loc[frame["customer_id"] == "c39", "churned"] = pd.NA
    left = frame["churned"].fillna(0) == 1
    frame.loc[left, "churned_at"] = frame.loc[left, "cutoff"] + pd.Timedelta(days=20)
    return frame


@pytest.fixture
def read(panel, labels):
    test = pd.DataFrame({"customer_id": CUSTOMERS[:39]})
    wanted = ["orders__spend__365d", "customers__industry__ever"]
    return slices.slices(SimpleNamespace(), panel, labels, CALENDAR, test, wanted)


@pytest.fixture
def material(read, labels):
    """The model knows who leaves but for one customer; the rule scores everyone alike."""
    project = load_project("conf/demo.yaml", ["evaluate.replicates=20"])
    probability = np.where(np.arange(39) < 9, 0.8, 0.05) + np.arange(39) / 1e4
    test = pd.DataFrame(
        {
            "customer_id": CUSTOMERS[:39],
            "cutoff": np.datetime64(CUTOFFS[-1], "us"),
            "churned": (np.arange(39) < 10).astype("int8"),
            "recency_rule": 0.25,
            "xgboost": probability,
        }
    )
    earlier = test.assign(cutoff=np.datetime64(CUTOFFS[1], "us"))
    return Material(
        project=project,
        settings=project.evaluate,
        record={
            "best": "xgboost",
            "features": {"recency_rule": [], "xgboost": []},
            "dropped": {},
            "split": {"open_rows": 0},
        },
        calendar=CALENDAR,
        accepted={"rows": {}},
        labels=labels,
        test=test,
        validation=earlier,
        rows=read,
        folder=None,
    )


def with_settings(material, **changes):
    return replace(material, settings=material.settings.model_copy(update=changes))


def test_only_cutoffs_whose_windows_are_over_teach(read):
    # 2026-03-01 + 60 days is 2026-04-30: the last that is over by 2026-05-01.
    assert sorted(set(read.train.cutoff)) == [np.datetime64(cutoff, "us") for cutoff in CUTOFFS[:3]]
    assert set(read.test.cutoff) == {np.datetime64(CUTOFFS[3], "us")}


def test_signals_stand_beside_the_customer_they_belong_to(read):
    assert read.test.customer.tolist() == CUSTOMERS[:39]
    assert read.test.signals["orders__spend__365d"].tolist() == [place * 4 for place in range(39)]
    place = np.array([int(name[1:]) for name in read.train.customer])
    cutoff = np.searchsorted(np.array(CUTOFFS, dtype="datetime64[us]"), read.train.cutoff)
    assert (read.train.signals["orders__spend__365d"] == place * (cutoff + 1)).all()
    assert (read.train.label == (place < 10)).all()
    assert str(read.train.signals["customers__industry__ever"].dtype) == "category"


def test_rows_without_a_label_are_left_out(read):
    assert "c39" not in read.train.customer
    assert len(read.train.label) == 3 * 39


def test_many_training_rows_are_sampled_alike_from_each_cutoff(panel, labels, monkeypatch):
    monkeypatch.setattr(slices, "MOST_TRAINING_ROWS", 30)
    test = pd.DataFrame({"customer_id": CUSTOMERS[:39]})
    read = slices.slices(SimpleNamespace(), panel, labels, CALENDAR, test, ["orders__spend__365d"])
    assert pd.Series(read.train.cutoff).value_counts().tolist() == [10, 10, 10]
    assert len(read.test.label) == 39


def test_roles_of_the_cutoffs(material):
    found = population.population(material)
    assert found["role"].tolist() == ["teaches", "chooses", "teaches", "judges"]
    assert found["customers"].tolist() == [39] * 4
    assert found["leavers"].tolist() == [10] * 4


@pytest.mark.parametrize(("open_rows", "role"), [(39, "open"), (0, "unused")])
def test_a_cutoff_whose_window_was_open_teaches_or_not_as_training_found(material, open_rows, role):
    between = material.labels[material.labels["cutoff"] == CUTOFFS[2]].assign(cutoff=CUTOFFS[3] - timedelta(days=30))
    labels = pd.concat([material.labels, between], ignore_index=True)
    calendar = {**material.calendar, "cutoffs": sorted(str(cutoff) for cutoff in labels["cutoff"].unique())}
    record = {**material.record, "split": {"open_rows": open_rows}}
    found = population.population(replace(material, labels=labels, calendar=calendar, record=record))
    assert found["role"].tolist() == ["teaches", "chooses", "teaches", role, "judges"]


def test_contacts_count_leavers(material):
    figures, intervals = ranking.figures(material), ranking.with_intervals(material)
    lines = {line["name"]: line for line in ranking.contacts(material, figures, intervals)}
    # A tenth of 39 customers is 4, and all four left.
    assert lines["capacity"]["contacted"] == 4
    assert lines["capacity"]["rate"] == pytest.approx(1)
    assert lines["capacity"]["recall"] == pytest.approx(0.4)
    assert lines["20pct"]["best_lift"] == pytest.approx(39 / 10)
    assert lines["20pct"]["rule_lift"] == pytest.approx(1)


def test_value_comes_from_the_window_of_the_signal(material):
    found = values(with_settings(material, value_months=24))
    assert found.column == "orders__spend__365d"
    assert found.amounts[10] == pytest.approx(40 / 365 * 365.25 / 12 * 24)


@pytest.mark.parametrize(
    ("changes", "amount"), [({"value": 7.0}, 7.0), ({"value_column": "orders__spend__365d", "value_months": 12}, 40.03)]
)
def test_value_that_the_project_sets(material, changes, amount):
    assert values(with_settings(material, **changes)).amounts[10] == pytest.approx(amount, abs=0.01)


@pytest.mark.parametrize("column", ["nothing", "customers__industry__ever"])
def test_a_value_column_that_is_no_number_is_refused(material, column):
    with pytest.raises(ConfigError, match=column):
        values(with_settings(material, value_column=column))


def test_a_missing_value_counts_as_the_middle(material):
    signals = material.rows.test.signals
    signals.loc[0, "orders__spend__365d"] = np.nan
    found = values(with_settings(material, value_months=12))
    assert found.unknown == 1
    assert found.amounts[0] == pytest.approx(np.median(found.amounts[1:]))


def test_without_a_value_there_is_no_money_and_a_reason(material):
    del material.rows.test.signals["orders__spend__365d"]
    record, curve = money.money(material)
    assert (record["applies"], curve) == (False, None)
    assert "evaluate.value" in record["because"]["en"]
    assert "evaluate.value" in record["because"]["zh"]


def test_money_by_hand(material):
    terms = {"contact_cost": 1.0, "offer_cost": 10.0, "acceptance_share": 0.3, "margin_share": 0.5}
    record, curve = money.money(with_settings(material, value=400.0, **terms))
    leaver, stayer = 0.3 * (200 - 10) - 1, -11
    # The four riskiest all left; expected profit follows risk, since everyone is worth the same.
    assert record["at_capacity"]["profit"] == pytest.approx(4 * leaver)
    assert record["at_capacity"]["perfect"] == pytest.approx(4 * leaver)
    assert record["at_capacity"]["random"] == pytest.approx(4 * (10 * leaver + 29 * stayer) / 39)
    assert record["at_capacity"]["rule"] == pytest.approx(record["at_capacity"]["random"])
    assert record["policy"] | {"profit": 0, "low": 0, "high": 0, "expected_profit": 0} == {
        "contacted": 4,
        "leavers": 4,
        "profit": 0,
        "low": 0,
        "high": 0,
        "expected_profit": 0,
    }
    assert record["best_cut"]["contacted"] == 9
    assert record["break_even_probability"] == pytest.approx(11 / (11 + leaver))
    assert curve["perfect"].max() == pytest.approx(10 * leaver, rel=0.05)


def test_costs_that_are_not_set_are_shares_of_the_mean_margin(material):
    terms = money.terms_of(material, values(with_settings(material, value=1000.0)))
    assert terms.contact_cost == pytest.approx(0.005 * 600)
    assert terms.offer_cost == pytest.approx(0.05 * 600)


def test_segments_divide_all_customers(material):
    divided = segments.segmentations(material)
    assert list(divided) == ["customers__industry__ever", "value_tier"]
    found = segments.by_segment(material, divided)
    assert found.groupby("segmentation")["customers"].sum().tolist() == [39, 39]
    small = found[found["segmentation"] == "customers__industry__ever"]
    assert set(small["verdict"]) == {"too few to say"}
    assert small["roc_auc"].isna().all()


def test_a_segmentation_that_is_not_there_is_refused(material):
    with pytest.raises(ConfigError, match="nowhere"):
        segments.segmentations(with_settings(material, segments=["nowhere"]))


def test_the_backtest_ends_with_the_test_cutoff(material):
    judged = over_time.backtest(material, over_time.everything_scored(material))
    figures = ranking.figures(material)["xgboost"]
    assert judged["cutoff"].tolist() == [pd.Timestamp(CUTOFFS[1]), pd.Timestamp(CUTOFFS[3])]
    assert judged["chose_settings"].tolist() == [True, False]
    assert judged["roc_auc"].iloc[-1] == pytest.approx(figures["roc_auc"])
    assert (judged["roc_auc_low"] <= judged["roc_auc"]).all()


def test_lead_time_counts_the_first_end_of_a_customer(material):
    scored = over_time.everything_scored(material)
    curves, said = over_time.lead_times(material, scored)
    # c0 to c9 left 20 days after the first of the two cutoffs; four of them, the riskiest, were flagged then.
    model = curves[curves["who"] == "model"].set_index("days_before")
    assert model.loc[20, ["leavers", "flagged_share"]].tolist() == [10, 0.4]
    assert model.loc[25, "leavers"] == 0
    assert said["model"] == {"median_days": 20, "flagged_share": 0.4}
    assert said["leavers"] == 10


def test_the_same_scores_move_nobody(material):
    found = over_time.stability(material, over_time.everything_scored(material))
    assert found[["customers", "flip_share", "steady_flip_share"]].to_numpy().tolist() == [[39, 0, 0]]
    assert found["rank_correlation"].iloc[0] == pytest.approx(1)


def test_a_flat_table_has_no_time(material):
    assert over_time.everything_scored(replace(material, validation=None)) is None


def test_windows_of_a_measure_are_one():
    found = reasons.measures(("usage__logins__7d", "usage__logins__30d", "usage__days_since_last__ever", "tenure"))
    assert found == {
        "usage__logins": ["usage__logins__7d", "usage__logins__30d"],
        "usage__days_since_last": ["usage__days_since_last__ever"],
        "tenure": ["tenure"],
    }


def test_classes_of_a_number_that_foretells_are_no_segment_left_behind(material):
    found = gates.findings(material, segments.segmentations(material), population.drift(material))
    by_code = {each["code"]: each for each in found}
    assert by_code["CHN007"]["found"] == "Every segment is too small to judge."
    assert by_code["CHN006"]["status"] == "passed"
    assert by_code["CHN002"]["found"].startswith("Training outcomes run until 2026-04-30")


def test_the_typical_customer_is_the_one_in_the_middle():
    assert Value(np.array([1.0, 3.0, 100.0]), "", 0).typical == 3
    assert Value(np.array([0.0, 0.0, 30.0]), "", 0).typical == 10
