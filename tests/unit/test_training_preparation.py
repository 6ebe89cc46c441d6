from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from training.calibrate import Calibrator
from training.encoding import Column
from training.errors import TrainingError
from training.examples import Examples
from training.model import load_model
from training.preparation import Preparation, Purchases, make_plan
from training.purchase_process import PurchaseColumns, fit_purchase_process
from training.scoring import roc_auc
from training.splits import rolling_origin, stratified
from training.target_shares import PRIOR_CUSTOMERS, customer_parts, learn_shares
from training.text_scores import is_text, learn_text_score, words
from training.train import TrainSettings, train


def towns(rows: int = 3_000, effect: float = 0.35, seed: int = 0) -> Examples:
    """Customers of 60 towns; in a third of the towns the risk is higher by the given effect."""
    random = np.random.default_rng(seed)
    town = random.integers(0, 60, rows)
    risk = 0.3 + effect * (town % 3 == 0)
    features = pd.DataFrame({"town": [f"town {n:02}" for n in town], "noise": random.random(rows)})
    label = (random.random(rows) < risk).astype(np.int8)
    return Examples(features, label, np.array([f"c{n}" for n in range(rows)], dtype=object))


def test_shares_by_hand():
    features = pd.DataFrame({"town": ["a"] * 30 + ["b"] * 10})
    label = np.array([1] * 15 + [0] * 15 + [1] * 5 + [0] * 5, dtype=np.int8)
    examples = Examples(features, label, np.arange(40))

    shares, _ = learn_shares(Column("town", ("a", "b", "c")), examples, seed=0)

    scored = shares.apply(pd.DataFrame({"town": ["a", "b", "c", "z", None]}))
    a, b = (15 + PRIOR_CUSTOMERS * 0.5) / (30 + PRIOR_CUSTOMERS), (5 + PRIOR_CUSTOMERS * 0.5) / (10 + PRIOR_CUSTOMERS)
    np.testing.assert_allclose(scored, [a, b, np.nan, np.nan, np.nan])


def test_no_label_reaches_the_share_of_its_own_customer():
    examples = towns(600)
    column = Column("town", tuple(sorted(set(examples.features["town"]))))
    _, before = learn_shares(column, examples, seed=0)
    part = customer_parts(examples, 5, 0)
    flipped = np.where(part == 2, 1 - examples.label, examples.label).astype(np.int8)

    _, after = learn_shares(column, Examples(examples.features, flipped, examples.customer), seed=0)

    np.testing.assert_array_equal(before[part == 2], after[part == 2])
    assert not np.array_equal(before[part != 2], after[part != 2])


def test_all_rows_of_a_customer_share_a_part():
    examples = Examples(pd.DataFrame({"a": range(90)}), np.zeros(90, dtype=np.int8), np.repeat(np.arange(30), 3))

    part = customer_parts(examples, 5, 0)

    assert all(len(set(part[examples.customer == name])) == 1 for name in range(30))
    assert np.bincount(part).tolist() == [18] * 5


def test_a_long_category_without_meaning_teaches_nothing():
    examples = towns(effect=0.0)
    _, values = learn_shares(Column("town", tuple(sorted(set(examples.features["town"])))), examples, seed=0)

    # Shares that knew their own label would rank it well above chance.
    assert abs(roc_auc(examples.label, values) - 0.5) < 0.05


@pytest.mark.parametrize("family", ["logistic", "xgboost"])
def test_a_long_category_with_meaning_helps_and_survives_saving(family, tmp_path):
    examples = towns()
    split = stratified(examples.label, folds=2, key=examples.customer)
    test = examples.take(split.test)

    model = train(examples, split, TrainSettings(families=(family,), trials=1)).models[family]
    model.save(tmp_path / "model")

    assert roc_auc(test.label, model.predict(test.features)) > 0.62
    np.testing.assert_array_equal(load_model(tmp_path / "model").predict(test.features), model.predict(test.features))
    unseen = model.predict(test.features.assign(town="elsewhere"))
    np.testing.assert_array_equal(unseen, model.predict(test.features.assign(town=None)))


def test_short_categories_and_numbers_need_no_preparation():
    frame = pd.DataFrame({"plan": ["a", "b"] * 50, "spend": np.arange(100.0)})
    examples = Examples(frame, (np.arange(100) % 2).astype(np.int8), np.arange(100))

    preparation, prepared = make_plan(frame).learn(examples)

    assert preparation == Preparation()
    assert prepared is examples


def complaints(rows: int = 800, seed: int = 0) -> Examples:
    random = np.random.default_rng(seed)
    label = (random.random(rows) < 0.4).astype(np.int8)
    good, bad = "works fine for our team number", "系统太慢 crashes and slow again since"
    said = [f"{bad if left == (random.random() < 0.85) else good} {random.integers(1e6)}" for left in label]
    text = pd.Series(said, dtype="str").where(random.random(rows) > 0.1)
    return Examples(
        pd.DataFrame({"comment": text, "noise": random.random(rows)}), label, np.arange(rows).astype(object)
    )


def test_words_of_two_languages():
    assert words("Too SLOW, 系统太慢!") == ["too", "slow", "系统", "统太", "太慢"]
    assert words("慢") == ["慢"]


def test_sentences_are_text_and_names_are_not():
    assert is_text(complaints().features["comment"])
    assert not is_text(pd.Series(["Bronte 12", "Acme", "Zeta Ltd"]))
    assert not is_text(pd.Series([], dtype="str"))


def test_a_text_is_scored_without_its_own_label_and_missing_stays_missing():
    examples = complaints()

    score, values = learn_text_score("comment", examples, seed=0)

    absent = examples.features["comment"].isna().to_numpy()
    assert np.isnan(values[absent]).all()
    assert roc_auc(examples.label[~absent], values[~absent]) > 0.75
    shuffled = Examples(
        examples.features, np.random.default_rng(1).permutation(examples.label), np.arange(800).astype(object)
    )
    noise = learn_text_score("comment", shuffled, seed=0)[1]
    assert abs(roc_auc(shuffled.label[~absent], noise[~absent]) - 0.5) < 0.08
    assert np.isnan(score.apply(pd.DataFrame({"comment": [None]}))[0])


def test_free_text_is_kept_and_its_words_are_not_written_into_the_model(tmp_path):
    examples = complaints()
    split = stratified(examples.label, folds=2, key=examples.customer)

    trained = train(examples, split, TrainSettings(families=("logistic",)))
    trained.models["logistic"].save(tmp_path / "model")

    assert trained.dropped == {}
    test = examples.take(split.test)
    assert roc_auc(test.label, trained.models["logistic"].predict(test.features)) > 0.75
    written = b"".join(path.read_bytes() for path in (tmp_path / "model").iterdir())
    assert b"crashes" not in written
    assert b"slow" not in written


def buyers(seed: int = 0) -> Examples:
    """Order days, ages and silence of buyers at monthly cutoffs, drawn from the BG/NBD process."""
    random = np.random.default_rng(seed)
    rate, stop = random.gamma(1.0, 1 / 30, 800), random.beta(1.0, 3.0, 800)
    first = random.uniform(0, 60, 800)
    orders = [_orders(random, *own) for own in zip(first, rate, stop, strict=True)]
    frames, labels, cutoffs = [], [], []
    for day in range(90, 360, 30):
        before = [own[own < day] for own in orders]
        known = [len(own) > 0 for own in before]
        frames.append(
            pd.DataFrame(
                {
                    "order_days": [float(len(own)) for own in before if len(own)],
                    "age": [day - own[0] for own in before if len(own)],
                    "silence": [day - own[-1] for own in before if len(own)],
                }
            )
        )
        later = [not ((own >= day) & (own < day + 60)).any() for own in orders]
        labels.append(np.array(later, dtype=np.int8)[known])
        cutoffs.append(np.full(sum(known), np.datetime64("2026-01-01", "us") + np.timedelta64(day, "D")))
    size = [len(frame) for frame in frames]
    customer = np.concatenate([[f"c{n}" for n in range(count)] for count in size]).astype(object)
    return Examples(pd.concat(frames, ignore_index=True), np.concatenate(labels), customer, np.concatenate(cutoffs))


def _orders(random: np.random.Generator, first: float, rate: float, stop: float) -> np.ndarray:
    days = [first]
    while random.random() > stop and days[-1] < 500:
        days.append(days[-1] + random.exponential(1 / rate))
    return np.array(days)


def test_the_rhythm_of_purchases_becomes_two_signals_of_the_model(tmp_path):
    examples = buyers()
    split = rolling_origin(examples.cutoff, test_cutoff=examples.cutoff.max(), gap_days=0, horizon_days=60)
    columns = PurchaseColumns("order_days", "age", "silence")

    trained = train(examples, split, TrainSettings(families=("logistic",), purchase_columns=columns))
    model = trained.models["logistic"]
    model.save(tmp_path / "model")

    assert "purchase_process__no_order" in trained.importance
    assert model.features == ["order_days", "age", "silence"]
    test = examples.take(split.test)
    np.testing.assert_array_equal(load_model(tmp_path / "model").predict(test.features), model.predict(test.features))
    assert model.calibrator == Calibrator.from_json(model.calibrator.to_json())


def test_the_rhythm_is_fitted_to_the_newest_cutoff_that_a_fold_learns_from():
    examples = buyers()
    split = rolling_origin(examples.cutoff, test_cutoff=examples.cutoff.max(), gap_days=0, horizon_days=60)
    columns = PurchaseColumns("order_days", "age", "silence")
    plan = make_plan(examples.features, purchases=Purchases(columns, 60.0))

    fitted = []
    for fold in split.folds:
        preparation, _ = plan.learn(examples.take(fold.train))
        newest = examples.features[examples.cutoff == examples.cutoff[fold.train].max()]
        assert preparation.rhythm.process == fit_purchase_process(columns.rhythm(newest))
        fitted.append(preparation.rhythm.process)

    assert len(set(fitted)) == len(split.folds) > 1
    trained = train(examples, split, TrainSettings(families=("logistic",), purchase_columns=columns))
    final = trained.models["logistic"].preparation.rhythm.process
    newest = examples.features[examples.cutoff == examples.cutoff[split.train].max()]
    assert final == fit_purchase_process(columns.rhythm(newest))
    assert final not in fitted


def test_a_rhythm_is_told_even_by_a_column_that_equals_another():
    examples = buyers()
    features = examples.features.copy()
    features.insert(0, "tenure", features["age"])
    split = rolling_origin(examples.cutoff, test_cutoff=examples.cutoff.max(), gap_days=0, horizon_days=60)
    settings = TrainSettings(families=("logistic",), purchase_columns=PurchaseColumns("order_days", "age", "silence"))

    trained = train(replace(examples, features=features), split, settings)

    assert {"tenure", "age"} <= set(trained.models["logistic"].features)
    assert not trained.dropped


def test_without_a_second_order_there_is_no_rhythm():
    examples = buyers()
    once = replace(examples, features=examples.features.assign(order_days=1.0))
    split = rolling_origin(examples.cutoff, test_cutoff=examples.cutoff.max(), gap_days=0, horizon_days=60)
    settings = TrainSettings(families=("logistic",), purchase_columns=PurchaseColumns("order_days", "age", "silence"))

    assert "purchase_process__no_order" not in train(once, split, settings).importance


def test_a_rhythm_needs_its_columns_and_a_horizon():
    examples = buyers()
    split = rolling_origin(examples.cutoff, test_cutoff=examples.cutoff.max(), gap_days=0, horizon_days=60)

    with pytest.raises(TrainingError, match="purchase columns without orders"):
        train(examples, split, TrainSettings(purchase_columns=PurchaseColumns("orders", "age", "silence")))
    flat = stratified(examples.label, folds=2)
    with pytest.raises(TrainingError, match="without cutoffs"):
        train(examples, flat, TrainSettings(purchase_columns=PurchaseColumns("order_days", "age", "silence")))
