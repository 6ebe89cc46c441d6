"""Backtest: each cutoff by its own rows, its summary, and silence where a cutoff is too small."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from evaluation.errors import JudgementError
from evaluation.model.backtest import backtest, backtest_summary
from evaluation.model.scorecard import METRICS, scorecard

TIMES = pd.to_datetime(["2026-03-01", "2026-01-01", "2026-02-01"]).to_numpy()


@pytest.fixture(scope="module")
def predictions():
    random = np.random.default_rng(0)
    cutoff = np.repeat(TIMES, [200, 150, 20])
    risk = random.normal(size=cutoff.size)
    label = (random.random(cutoff.size) < expit(risk)).astype(int)
    rule = risk + random.normal(0, 2, cutoff.size)
    return label, expit(risk), cutoff, np.arange(cutoff.size), rule


def test_each_cutoff_has_the_scorecard_of_its_own_rows(predictions):
    label, probability, cutoff, customer, rule = predictions
    judged = backtest(label, probability, cutoff, customer, baseline=rule, capacity=20, replicates=50)
    assert judged["cutoff"].tolist() == sorted(pd.Timestamp(time) for time in TIMES)
    assert judged["verdict"].tolist() == ["judged", "too few to say", "judged"]
    inside = cutoff == TIMES[0]
    last = judged.iloc[2]
    card = scorecard(label[inside], probability[inside], capacity=20)
    assert last[list(card)].to_dict() == pytest.approx(card)
    assert last["baseline_roc_auc"] == pytest.approx(roc_auc_score(label[inside], rule[inside]))
    assert last["advantage"] == pytest.approx(last["roc_auc"] - last["baseline_roc_auc"])
    assert last["advantage_low"] < last["advantage"] < last["advantage_high"]


def test_a_cutoff_with_too_few_customers_keeps_its_counts_only(predictions):
    label, probability, cutoff, customer, _ = predictions
    line = backtest(label, probability, cutoff, customer).iloc[1]
    assert (line["rows"], line["positives"]) == (20, label[cutoff == TIMES[2]].sum())
    assert line[list(METRICS)].isna().all()


def test_the_summary_names_the_worst_and_best_cutoff(predictions):
    label, probability, cutoff, customer, rule = predictions
    judged = backtest(label, probability, cutoff, customer, baseline=rule, replicates=20)
    summary = backtest_summary(judged)
    values = judged.set_index("cutoff")["roc_auc"].dropna()
    line = summary.loc["roc_auc"]
    assert line["cutoffs"] == 2
    assert (line["mean"], line["standard_deviation"]) == pytest.approx((values.mean(), values.std()))
    assert (line["lowest"], line["highest"], line["latest"]) == (values.min(), values.max(), values.iloc[-1])
    assert (line["lowest_at"], line["highest_at"]) == (values.idxmin(), values.idxmax())
    assert {"base_rate", "advantage", "baseline_roc_auc"} <= set(summary.index)


def test_a_summary_of_nothing_is_refused(predictions):
    label, probability, cutoff, customer, _ = predictions
    few = cutoff == TIMES[2]
    judged = backtest(label[few], probability[few], cutoff[few], customer[few])
    with pytest.raises(JudgementError, match="None of 1 cutoffs"):
        backtest_summary(judged)


def test_columns_that_do_not_fit_are_refused(predictions):
    label, probability, cutoff, customer, rule = predictions
    with pytest.raises(JudgementError, match="baseline 369"):
        backtest(label, probability, cutoff, customer, baseline=rule[1:])
    with pytest.raises(JudgementError, match="cutoff is missing"):
        backtest(label[:2], probability[:2], np.array(["NaT", "2026-01-01"], dtype="datetime64[us]"), customer[:2])
