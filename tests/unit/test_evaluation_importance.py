"""What a model goes by, against hand-computed tables and a model whose parts are known."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance as of_scikit_learn
from sklearn.linear_model import LogisticRegression

from evaluation.errors import JudgementError
from evaluation.model.importance import mean_contributions, permutation_importance


def test_mean_contribution_of_a_group_is_that_of_its_sum():
    parts = np.array([[2.0, -2.0, 1.0], [1.0, 1.0, -3.0]])
    found = mean_contributions(["a__7d", "a__30d", "b"], parts, {"a": ["a__7d", "a__30d"], "b": ["b"]})
    # a: |2 - 2| and |1 + 1|; b: |1| and |-3|; the weightiest column of a is tied, and the first one speaks.
    assert found.to_dict("index") == {
        "b": {"mean": 2.0, "speaker": "b", "share": pytest.approx(2 / 3)},
        "a": {"mean": 1.0, "speaker": "a__7d", "share": pytest.approx(1 / 3)},
    }
    assert list(found.index) == ["b", "a"]


def test_columns_that_are_not_there_count_nothing():
    found = mean_contributions(["a"], np.array([[1.0]]), {"a": ["a", "gone"], "gone": ["gone"]})
    assert list(found.index) == ["a"]


def test_contributions_of_zero_have_no_share():
    assert mean_contributions(["a"], np.zeros((2, 1)), {"a": ["a"]})["share"].tolist() == [0.0]


def test_contributions_of_another_shape_are_refused():
    with pytest.raises(JudgementError, match="do not fit 2 columns"):
        mean_contributions(["a", "b"], np.ones((3, 1)), {})


@pytest.fixture(scope="module")
def fitted():
    random = np.random.default_rng(3)
    signals = pd.DataFrame(random.normal(size=(3000, 3)), columns=["strong", "weak", "nothing"])
    odds = 2 * signals["strong"] + 0.5 * signals["weak"] - 1
    label = (random.random(3000) < 1 / (1 + np.exp(-odds))).astype(int)
    return signals, label, LogisticRegression().fit(signals, label)


def test_what_shuffling_costs_agrees_with_scikit_learn(fitted):
    signals, label, model = fitted
    groups = {name: [name] for name in signals}
    found = permutation_importance(lambda frame: model.predict_proba(frame)[:, 1], signals, label, groups, repeats=20)
    theirs = of_scikit_learn(model, signals, label, scoring="roc_auc", n_repeats=20, random_state=0)
    assert found["roc_auc_lost"].to_numpy() == pytest.approx(theirs.importances_mean, abs=0.01)
    assert found["roc_auc_lost"]["strong"] > found["roc_auc_lost"]["weak"] > abs(found["roc_auc_lost"]["nothing"])
    assert found["log_loss_gained"]["strong"] > found["log_loss_gained"]["weak"] > 0


def test_columns_of_a_group_are_shuffled_by_the_same_order(fitted):
    signals, label, _ = fitted
    twice = signals.assign(copy=signals["strong"])
    seen = []

    def predict(frame):
        seen.append(bool((frame["copy"] == frame["strong"]).all()))
        return np.full(len(frame), 0.5)

    permutation_importance(predict, twice, label, {"both": ["strong", "copy"], "one": ["copy"]}, repeats=1)
    assert seen == [True, True, False]


def test_no_repeats_are_refused(fitted):
    signals, label, _ = fitted
    with pytest.raises(JudgementError, match="repeats must be at least 1"):
        permutation_importance(lambda frame: np.zeros(len(frame)), signals, label, {}, repeats=0)
