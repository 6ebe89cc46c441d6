"""What training can do beside fitting: intervals, stable signals, directions, treated customers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.isotonic import IsotonicRegression

from training.errors import TrainingError
from training.examples import Examples
from training.model import load_model
from training.scoring import expit, logit
from training.splits import stratified
from training.train import TrainSettings, train
from training.treated import guard
from training.venn_abers import VennAbers, fit_venn_abers


def world(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = expit(random.normal(-1, 1.5, rows))
    return truth, (random.random(rows) < truth).astype(np.int8)


def noisy(rows: int = 1_500, seed: int = 0) -> Examples:
    random = np.random.default_rng(seed)
    features = pd.DataFrame({f"noise_{n}": random.normal(size=rows) for n in range(12)})
    features["signal"] = random.normal(size=rows)
    features["region"] = random.choice(["north", "south", "west"], rows)
    label = (random.random(rows) < expit(1.2 * features["signal"] + (features["region"] == "north") - 0.5)).astype(
        np.int8
    )
    return Examples(features, label, np.array([f"c{n}" for n in range(rows)], dtype=object))


def test_an_interval_is_two_isotonic_fits_with_the_customer_added():
    probability, label = world(300)
    ends = fit_venn_abers(probability, label)
    score, at = logit(probability), ends.scores[50]

    low, high = (
        IsotonicRegression().fit(np.append(score, at), np.append(label, outcome)).predict([at])[0] for outcome in (0, 1)
    )

    assert (ends.low[50], ends.high[50]) == pytest.approx((low, high))
    assert low < high
    given = np.array([0.999])
    assert VennAbers((0.0, 1.0), (0.2, 0.3), (0.4, 0.5)).interval(given) == (pytest.approx([0.3]), given)


def test_intervals_hold_the_true_risk_and_narrow_with_more_customers():
    wide = narrow = None
    for rows in (400, 20_000):
        probability, label = world(rows)
        low, high = fit_venn_abers(probability, label).interval(probability)
        assert (low <= probability).all()
        assert (high >= probability).all()
        wide, narrow = narrow, float(np.mean(high - low))

    assert narrow < wide / 2


def test_an_interval_needs_both_classes():
    with pytest.raises(TrainingError, match="10 validation rows of one class"):
        fit_venn_abers(np.linspace(0.1, 0.9, 10), np.zeros(10))


def test_a_model_trained_with_intervals_keeps_them(tmp_path):
    examples = noisy()
    split = stratified(examples.label, folds=2, key=examples.customer)
    settings = TrainSettings(families=("logistic",), intervals=True)

    model = train(examples, split, settings).models["logistic"]
    model.save(tmp_path / "model")
    low, high = load_model(tmp_path / "model").interval(examples.features)

    probability = model.predict(examples.features)
    assert ((low <= probability) & (probability <= high)).all()
    assert isinstance(model.venn_abers, VennAbers)
    plain = train(examples, split, replace(settings, intervals=False)).models["logistic"]
    with pytest.raises(TrainingError, match="without intervals"):
        plain.interval(examples.features)


def test_signals_that_say_no_more_than_chance_are_left_out_with_their_reason():
    examples = noisy()
    split = stratified(examples.label, folds=3, key=examples.customer)

    trained = train(examples, split, TrainSettings(families=("xgboost",), trials=1, select_signals=True))

    kept = trained.models["xgboost"].features
    assert "signal" in kept
    assert len([name for name in kept if name.startswith("noise")]) <= 4
    assert all("no more than a shuffled column on" in reason for reason in trained.dropped.values())
    assert set(kept) | set(trained.dropped) == set(examples.features.columns)


def test_a_direction_holds_for_every_customer():
    random = np.random.default_rng(0)
    features = pd.DataFrame({"usage": random.uniform(0, 1, 800), "other": random.normal(size=800)})
    # Risk falls with usage but for a bump that a free booster follows.
    risk = 0.8 - 0.6 * features["usage"] + 0.35 * features["usage"].between(0.5, 0.6)
    examples = Examples(features, (random.random(800) < risk).to_numpy().astype(np.int8), np.arange(800).astype(object))
    split = stratified(examples.label, folds=2, key=examples.customer)
    settings = TrainSettings(families=("xgboost",), trials=1)
    grid = pd.DataFrame({"usage": np.linspace(0, 1, 200), "other": 0.0})

    free = train(examples, split, settings).models["xgboost"].predict(grid)
    bound = train(examples, split, replace(settings, directions={"usage": -1})).models["xgboost"].predict(grid)

    assert (np.diff(free) > 1e-6).any()
    assert (np.diff(bound) <= 1e-9).all()


def treated_rows() -> tuple[Examples, np.ndarray]:
    examples = Examples(pd.DataFrame({"a": range(6)}), np.array([0, 1] * 3, dtype=np.int8), np.arange(6))
    return examples, np.array([True, False, True, False, False, False])


def test_treated_customers_are_kept_left_out_or_weigh_less():
    examples, treated = treated_rows()
    held_out = np.array([False, False, False, True, True, False])

    assert guard(examples, treated, "keep") is examples
    assert list(guard(examples, treated, "leave_out").customer) == [1, 3, 4, 5]
    assert list(guard(examples, treated, "weigh_less", weight=0.5).weight) == [0.5, 1, 0.5, 1, 1, 1]
    assert list(guard(examples, treated, "hold_out_only", held_out=held_out).customer) == [3, 4]


@pytest.mark.parametrize(
    ("mode", "options", "message"),
    [
        ("forget", {}, "mode 'forget'"),
        ("hold_out_only", {}, "hold_out_only without a hold-out"),
        ("hold_out_only", {"held_out": np.zeros(6, dtype=bool)}, "none of which remains"),
        ("weigh_less", {"weight": 2.0}, "weight 2.0"),
    ],
)
def test_a_guard_that_cannot_work_says_so(mode, options, message):
    with pytest.raises(TrainingError, match=message):
        guard(*treated_rows(), mode, **options)


def test_learning_from_treated_customers_hides_the_risk_and_the_guard_brings_it_back():
    random = np.random.default_rng(0)
    signal = random.normal(size=6_000)
    treated = (signal > 0.5) & (random.random(6_000) < 0.8)
    risk = np.where(treated, 0.1, expit(2 * signal))
    examples = Examples(
        pd.DataFrame({"signal": signal}), (random.random(6_000) < risk).astype(np.int8), np.arange(6_000).astype(object)
    )
    at = pd.DataFrame({"signal": [1.5]})

    said = {}
    for mode in ("keep", "leave_out"):
        rows = guard(examples, treated, mode)
        split = stratified(rows.label, folds=2, key=rows.customer)
        said[mode] = train(rows, split, TrainSettings(families=("logistic",))).models["logistic"].predict(at)[0]

    assert said["keep"] < 0.5
    assert said["leave_out"] == pytest.approx(expit(np.array([3.0]))[0], abs=0.06)
