import numpy as np
import pandas as pd
import pytest

from training.errors import TrainingError
from training.examples import Examples
from training.horizons import fit_horizons, load_horizons

DAYS = (30, 60, 90)


def leavers(rows: int = 8_000, seed: int = 0) -> tuple[Examples, np.ndarray, np.ndarray]:
    """Customers with a rate of their own; those with a late contract leave in the last third of the window only."""
    random = np.random.default_rng(seed)
    signal, is_late = random.normal(size=rows), random.random(rows) < 0.5
    rate = 0.005 * np.exp(0.8 * signal)
    after = random.exponential(1 / rate) + np.where(is_late, 60.0, 0.0)
    label = (after < 90).astype(np.int8)
    features = pd.DataFrame({"signal": signal, "is_late": is_late.astype(float)})
    return Examples(features, label, np.arange(rows)), np.where(label == 1, after, np.nan), rate


def true_risk(examples: Examples, rate: np.ndarray, days: float) -> np.ndarray:
    waits = np.where(examples.features["is_late"] == 1, 60.0, 0.0)
    return 1 - np.exp(-rate * np.clip(days - waits, 0, None))


def test_the_risk_of_each_horizon_is_the_true_one():
    examples, after, rate = leavers()
    whole = true_risk(examples, rate, 90)

    risk = fit_horizons(examples, after, DAYS).risk(examples.features, whole)

    for place, days in enumerate(DAYS):
        assert np.abs(risk[:, place] - true_risk(examples, rate, days)).mean() < 0.03
    late = examples.features["is_late"] == 1
    assert risk[late, 1].mean() < 0.02 < 0.1 < risk[~late, 1].mean()


def test_risk_never_falls_with_the_horizon_and_ends_at_the_models_own():
    examples, after, _ = leavers(2_000)
    probability = np.random.default_rng(1).random(2_000)
    probability[:3] = (0.0, 1.0, 1e-12)

    risk = fit_horizons(examples, after, DAYS).risk(examples.features, probability)

    assert (np.diff(risk, axis=1) >= 0).all()
    assert (risk[:, -1] == probability).all()
    assert ((risk >= 0) & (risk <= 1)).all()


def test_the_expected_stay_is_the_area_under_the_share_still_here():
    examples, after, _ = leavers(2_000)
    horizons = fit_horizons(examples, after, DAYS)
    probability = np.full(2_000, 0.4)

    here = np.hstack([np.ones((2_000, 1)), 1 - horizons.risk(examples.features, probability)])

    assert horizons.expected_days(examples.features, probability) == pytest.approx(
        np.trapezoid(here, [0, 30, 60, 90], axis=1)
    )


def test_it_is_kept_beside_the_model(tmp_path):
    examples, after, _ = leavers(2_000)
    horizons, probability = fit_horizons(examples, after, DAYS), np.linspace(0, 1, 2_000)

    assert load_horizons(tmp_path) is None
    horizons.save(tmp_path)

    loaded = load_horizons(tmp_path)
    assert loaded is not None
    assert (loaded.risk(examples.features, probability) == horizons.risk(examples.features, probability)).all()


def test_an_unknown_day_of_leaving_is_refused():
    examples, after, _ = leavers(500)
    after[np.flatnonzero(examples.label)[:3]] = np.nan

    with pytest.raises(TrainingError, match=r"3 of .* at an unknown time"):
        fit_horizons(examples, after, DAYS)
