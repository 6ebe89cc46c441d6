"""The rhythm of orders as a model of its own, held against buyers drawn from the process itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from training.bg_nbd import fit_bg_nbd
from training.calibrate import Calibrator
from training.errors import TrainingError
from training.examples import Examples
from training.model import FittedModel, load_model
from training.preparation import Purchases, make_plan
from training.purchase_process import RISK, PurchaseColumns
from training.scoring import expit, roc_auc
from training.splits import rolling_origin
from training.train import TrainSettings, train

COLUMNS = PurchaseColumns("orders", "age", "silence")
WINDOW_DAYS = 60


def orders_of(random: np.random.Generator) -> np.ndarray:
    """Days of one buyer's orders: gaps at a rate of their own, and after each but the first a chance to stop."""
    first, rate, stop = random.uniform(0, 60), random.gamma(1.0, 1 / 30), random.beta(1.0, 3.0)
    repeats = min(int(random.geometric(stop)), 400)
    return first + np.append(0.0, np.cumsum(random.exponential(1 / rate, repeats)))


def shop(customers: int = 1_500, cutoffs: range = range(90, 360, 30)) -> Examples:
    """Buyers as they stand at monthly cutoffs, and whether they order in the window after each."""
    random = np.random.default_rng(0)
    parts = []
    orders = [orders_of(random) for _ in range(customers)]
    for day in cutoffs:
        for number, own in enumerate(orders):
            known = own[own < day]
            gone = not ((own >= day) & (own < day + WINDOW_DAYS)).any()
            parts.append((f"c{number}", day, float(len(known)), day - known[0], day - known[-1], gone))
    table = pd.DataFrame(parts, columns=["customer", "day", "orders", "age", "silence", "gone"])
    at = np.datetime64("2026-01-01", "us") + table["day"].to_numpy().astype("timedelta64[D]")
    label = table["gone"].to_numpy().astype(np.int8)
    return Examples(table[["orders", "age", "silence"]], label, table["customer"].to_numpy(dtype=object), at)


@pytest.fixture(scope="module")
def examples() -> Examples:
    return shop()


def with_risk(examples: Examples):
    return make_plan(examples.features, purchases=Purchases(COLUMNS, float(WINDOW_DAYS))).learn(examples)


def test_where_buyers_follow_the_process_its_risk_needs_neither_slope_nor_level(examples):
    newest = examples.take(examples.cutoff == examples.cutoff.max())

    core = fit_bg_nbd(with_risk(newest)[1])

    assert core.slope == pytest.approx(1.0, abs=0.15)
    assert core.level == pytest.approx(0.0, abs=0.15)


def test_a_customer_without_a_known_rhythm_gets_the_share_of_leavers(examples):
    _, prepared = with_risk(examples)
    weight = np.where(examples.label == 1, 3.0, 1.0)
    core = fit_bg_nbd(replace(prepared, weight=weight))

    unknown = core.probability(pd.DataFrame({RISK: [np.nan]}))

    assert unknown[0] == pytest.approx(weight @ examples.label / weight.sum())


def test_parts_sum_to_the_log_odds_and_files_give_the_same_model(examples, tmp_path):
    preparation, prepared = with_risk(examples)
    model = FittedModel(fit_bg_nbd(prepared), Calibrator(), preparation)
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")

    parts = again.contributions(examples.features)

    assert parts.columns == ("orders", "age", "silence")
    # A model's own probabilities end at one in a million.
    np.testing.assert_allclose(expit(parts.log_odds), model.predict(examples.features), atol=1.1e-6)
    np.testing.assert_array_equal(again.predict(examples.features), model.predict(examples.features))
    assert again.importance() == {RISK: 1.0}


def test_risk_goes_on_rising_with_a_silence_longer_than_any_in_training(examples):
    preparation, prepared = with_risk(examples)
    model = FittedModel(fit_bg_nbd(prepared), Calibrator(), preparation)
    longest = float(examples.features["silence"].max())

    later = model.predict(pd.DataFrame({"orders": 5.0, "age": 400.0 + longest, "silence": longest * np.arange(1, 4)}))

    assert (np.diff(later) > 0).all()


def test_it_stands_beside_other_families_and_in_the_blend(examples):
    split = rolling_origin(examples.cutoff, test_cutoff=examples.cutoff.max(), gap_days=0, horizon_days=WINDOW_DAYS)
    families = ("bg_nbd", "logistic", "blend")

    trained = train(examples, split, TrainSettings(families=families, purchase_columns=COLUMNS))

    test = examples.take(split.test)
    assert set(trained.models) == set(families)
    # No model of the same three columns can do better than the process by which they were drawn, luck aside.
    auc = {family: roc_auc(test.label, model.predict(test.features)) for family, model in trained.models.items()}
    assert auc["bg_nbd"] == pytest.approx(auc["logistic"], abs=0.01)
    assert trained.validation["bg_nbd"]["roc_auc"] > 0.7
    assert "bg_nbd" in trained.parameters["blend"]


def test_without_a_rhythm_of_orders_the_family_is_refused_before_anything_is_trained(examples):
    split = rolling_origin(examples.cutoff, test_cutoff=examples.cutoff.max(), gap_days=0, horizon_days=WINDOW_DAYS)
    told: list[str] = []

    with pytest.raises(TrainingError, match="bg_nbd without a rhythm"):
        train(examples, split, TrainSettings(families=("logistic", "bg_nbd")), progress=told.append)

    assert not told
    with pytest.raises(TrainingError, match=r"take bg_nbd out of train\.families"):
        fit_bg_nbd(examples)
