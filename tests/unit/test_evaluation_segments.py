"""Judging by segment: the figures of each segment alone, and silence where it is too small."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.errors import JudgementError
from evaluation.model.scorecard import METRICS, scorecard
from evaluation.model.segments import scorecard_by_segment


@pytest.fixture
def scored():
    random = np.random.default_rng(4)
    probability = random.random(300)
    label = (random.random(300) < probability).astype(int)
    industry = np.repeat(np.array(["retail", "saas", None], dtype=object), [200, 80, 20])
    return label, probability, np.arange(300), industry


def by_segment(*rows, **settings):
    return scorecard_by_segment(*rows, replicates=20, **settings).set_index(["segmentation", "segment"])


def test_a_segment_is_judged_by_its_own_rows(scored):
    label, probability, customer, industry = scored
    found = by_segment(label, probability, customer, {"industry": industry})
    inside = industry == "saas"
    card = scorecard(label[inside], probability[inside])
    line = found.loc[("industry", "saas")]
    assert line["verdict"] == "judged"
    assert {name: line[name] for name in METRICS} == pytest.approx({name: card[name] for name in METRICS})
    assert (line["rows"], line["positives"]) == (80, label[inside].sum())
    assert line["mean_probability"] == pytest.approx(probability[inside].mean())
    assert line["roc_auc_low"] < line["roc_auc"] < line["roc_auc_high"]


def test_too_few_customers_are_too_few_to_say(scored):
    label, probability, customer, industry = scored
    found = by_segment(label, probability, customer, {"industry": industry})
    line = found.loc[("industry", "(missing)")]
    assert line["verdict"] == "too few to say"
    assert line["customers"] == 20
    assert line[[*METRICS, "roc_auc_low"]].isna().all()
    assert line["base_rate"] == pytest.approx(label[280:].mean())


def test_many_rows_of_few_customers_are_too_few_to_say(scored):
    label, probability, _, _ = scored
    found = by_segment(label, probability, np.arange(300) % 29, {"all": np.full(300, "x")})
    assert found.loc[("all", "x"), "verdict"] == "too few to say"


@pytest.mark.parametrize(
    ("leavers", "verdict"), [(4, "too few to say"), (5, "judged"), (95, "judged"), (96, "too few to say")]
)
def test_too_few_leavers_or_stayers_are_too_few_to_say(leavers, verdict):
    label = np.repeat([1, 0], [leavers, 100 - leavers])
    found = by_segment(label, np.linspace(0, 1, 100), np.arange(100), {"all": np.full(100, "x")})
    assert found.loc[("all", "x"), "verdict"] == verdict


def test_a_known_category_without_rows_is_listed_as_empty(scored):
    label, probability, customer, _ = scored
    plan = pd.Categorical(["gold"] * 300, categories=["gold", "platinum"])
    line = by_segment(label, probability, customer, {"plan": plan}).loc[("plan", "platinum")]
    assert (line["rows"], line["customers"], line["verdict"]) == (0, 0, "too few to say")
    assert np.isnan(line["base_rate"])


def test_several_segmentations_stand_below_each_other(scored):
    label, probability, customer, industry = scored
    size = np.where(np.arange(300) % 2, "small", "large")
    found = by_segment(label, probability, customer, {"industry": industry, "size": size})
    assert found.index.tolist() == [
        ("industry", "retail"),
        ("industry", "saas"),
        ("industry", "(missing)"),
        ("size", "large"),
        ("size", "small"),
    ]
    assert found.loc["industry"]["rows"].sum() == found.loc["size"]["rows"].sum() == 300


def test_no_segmentation_gives_an_empty_table_with_its_columns(scored):
    label, probability, customer, _ = scored
    found = scorecard_by_segment(label, probability, customer, {})
    assert len(found) == 0
    assert set(METRICS) < set(found.columns)


def test_a_segmentation_of_another_length_is_refused(scored):
    label, probability, customer, industry = scored
    with pytest.raises(JudgementError, match="label 300, industry 299"):
        scorecard_by_segment(label, probability, customer, {"industry": industry[1:]})
