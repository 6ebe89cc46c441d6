"""Compiled sums of trees are XGBoost's own to the last bit, or are not used."""

import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xgboost

from training import boosting, tree_values
from training.blend import BlendCore
from training.boosting import BoostingCore
from training.calibrate import Calibrator
from training.encoding import Column, learn_encoding
from training.horizons import Horizons
from training.model import FittedModel
from training.scoring import expit
from training.time_to_event import INTERVAL, HazardModel
from training.tree_values import BLOCK_ROWS, MOST_SPLITS, TreeSum

KINDS = ["q"] * 6 + ["c"] * 2
SETTINGS = {"objective": "binary:logistic", "tree_method": "hist", "nthread": 1, "min_child_weight": 0.5}


def drawn(rows, seed):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(rows, len(KINDS))).astype(np.float32).round(1)
    matrix[:, 6], matrix[:, 7] = random.integers(0, 3, rows), random.integers(0, 40, rows)
    matrix[random.random(matrix.shape) < 0.15] = np.nan
    return matrix


def random_booster(seed, rounds=25, **settings):
    """A booster on rounded columns, which lie on its thresholds, with missing values and categories."""
    random, matrix = np.random.default_rng(seed), drawn(1_500, seed)
    known = np.nan_to_num(matrix)
    risk = known[:, 0] * known[:, 1] + np.sin(3 * known[:, 2]) + (known[:, 7] % 5 == 2) * 2 + np.isnan(matrix[:, 3])
    label = random.random(len(matrix)) < expit(2 * risk - 1)
    data = xgboost.DMatrix(matrix, label, feature_types=KINDS, enable_categorical=True)
    varied = {"learning_rate": random.uniform(0.05, 0.5), "max_cat_to_onehot": int(random.integers(2, 6)), "seed": seed}
    return xgboost.train({**SETTINGS, **varied, **settings}, data, rounds)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 6])
def test_sums_have_xgboosts_bits(depth):
    booster = random_booster(depth, max_depth=depth, base_score=0.1 * depth)
    rows = drawn(3 * BLOCK_ROWS + 5, seed=100 + depth)

    margin = TreeSum.of(booster).margin(rows)

    expected = booster.inplace_predict(rows, predict_type="margin")
    assert margin.tobytes() == expected.tobytes()
    assert expected.std() > 0.1


def test_deep_narrow_trees_and_a_booster_up_to_a_round_have_xgboosts_bits():
    booster = random_booster(7, max_depth=0, grow_policy="lossguide", max_leaves=40)[:9]
    rows = np.asfortranarray(drawn(700, seed=1))

    assert np.array_equal(TreeSum.of(booster).margin(rows), booster.inplace_predict(rows, predict_type="margin"))


@pytest.mark.parametrize("rows", [0, 1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1])
def test_any_number_of_rows_is_summed(rows, monkeypatch):
    monkeypatch.setattr(tree_values, "TASK_ROWS", BLOCK_ROWS // 2)
    booster, matrix = random_booster(3), drawn(rows, seed=2)

    margin = TreeSum.of(booster).margin(matrix)

    assert margin.shape == (rows,)
    assert np.array_equal(margin, booster.inplace_predict(matrix, predict_type="margin") if rows else margin)


def test_large_trees_are_walked_down():
    matrix = np.random.default_rng(0).normal(size=(4_000, 4))
    data = xgboost.DMatrix(matrix, np.random.default_rng(1).random(len(matrix)) < 0.5)
    large = xgboost.train({**SETTINGS, "max_depth": 12, "min_child_weight": 0}, data, 2)

    assert len(large.trees_to_dataframe()) / 2 > 2 * MOST_SPLITS
    assert TreeSum.of(large) is None


def test_another_kind_of_booster_is_left_to_xgboost():
    assert TreeSum.of(random_booster(1, booster="dart", rate_drop=0.5)) is None


def test_where_xgboost_adds_up_otherwise_it_is_left_to_xgboost(monkeypatch):
    monkeypatch.setattr(tree_values, "_base", lambda booster: np.float32(0.25))

    assert TreeSum.of(random_booster(2, base_score=0.2)) is None


@pytest.fixture(scope="module")
def core():
    frame = pd.DataFrame(drawn(1_500, seed=5), columns=list("abcdefgh")).assign(
        h=lambda own: own["h"].map(lambda number: None if np.isnan(number) else f"plan {number:.0f}")
    )
    encoding = learn_encoding(frame)
    label = np.random.default_rng(0).random(len(frame)) < expit(np.nan_to_num(frame["a"]) - 1)
    data = xgboost.DMatrix(
        encoding.matrix(frame), label, feature_types=boosting.column_types(encoding), enable_categorical=True
    )
    return BoostingCore(encoding, xgboost.train({**SETTINGS, "max_depth": 3}, data, 10)), frame


def test_a_model_made_ready_gives_the_same_bits(core):
    own, frame = core
    model = FittedModel(BlendCore(((0.7, own), (0.3, replace(own, booster=own.booster[:4])))), Calibrator("identity"))

    ready = model.ready_for(boosting.COMPILED_SUMS)

    assert all(member.tree_sum is not None for _, member in ready.core.members)
    assert ready.predict(frame).tobytes() == model.predict(frame).tobytes()
    assert len(set(model.predict(frame))) > 100


def test_shorter_horizons_made_ready_give_the_same_bits(core):
    own, frame = core
    encoding = replace(own.encoding, columns=(*own.encoding.columns[:-2], Column(INTERVAL), own.encoding.columns[-1]))
    horizons = Horizons(HazardModel(replace(own, encoding=encoding), (30.0, 60.0)))
    probability = np.linspace(0.01, 0.9, len(frame))

    ready = horizons.ready_for(boosting.COMPILED_SUMS // 2)

    assert ready.hazard.core.tree_sum is not None
    assert ready.risk(frame, probability).tobytes() == horizons.risk(frame, probability).tobytes()


def test_few_rows_and_no_compiler_leave_a_model_as_it_is(core, monkeypatch):
    own, _ = core

    assert own.ready_for(1_000) is own
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(boosting.importlib.util, "find_spec", lambda name: None)
    assert own.ready_for(boosting.COMPILED_SUMS) is own
