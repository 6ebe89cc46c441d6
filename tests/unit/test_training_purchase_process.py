import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import beta, gamma

from training import purchase_process
from training.errors import TrainingError
from training.purchase_process import PurchaseColumns, PurchaseProcess, Rhythm, fit_purchase_process

PUBLISHED = PurchaseProcess(r=0.243, alpha=4.414, a=0.793, b=2.426)


def sample(rows: int, process: PurchaseProcess, age: float, seed: int = 0) -> tuple[Rhythm, np.ndarray, np.ndarray]:
    """Rhythms drawn from the process itself, with the truth: still here, and the day of the next purchase."""
    random = np.random.default_rng(seed)
    rate = random.gamma(process.r, 1 / process.alpha, rows)
    stop = random.beta(process.a, process.b, rows)
    repeats, last, here, following = np.zeros(rows), np.zeros(rows), np.ones(rows, bool), np.full(rows, np.inf)
    for row in range(rows):
        day = 0.0
        while True:
            day += random.exponential(1 / rate[row])
            if day > age:
                following[row] = day - age
                break
            repeats[row] += 1
            last[row] = day
            if random.random() < stop[row]:
                here[row] = False
                break
    return Rhythm(repeats, last, np.full(rows, age)), here, following


def test_the_likelihood_agrees_with_integration_over_customers():
    process = PurchaseProcess(r=0.8, alpha=6.0, a=1.2, b=2.5)
    x, span, age = 2, 10.0, 25.0

    def given_rate(rate: float) -> float:
        # x purchases, each survived with 1 - p, and then either silence or a stop at the last one.
        kept = beta(process.a, process.b + x).mean()
        survived = np.exp(_log_beta(process.a, process.b + x) - _log_beta(process.a, process.b))
        stopped = np.exp(_log_beta(process.a + 1, process.b + x - 1) - _log_beta(process.a, process.b))
        assert 0 < kept < 1
        return rate**x * (survived * np.exp(-rate * age) + stopped * np.exp(-rate * span))

    density = gamma(process.r, scale=1 / process.alpha).pdf
    expected, _ = quad(lambda rate: density(rate) * given_rate(rate), 0, np.inf)

    found = process.log_likelihood(Rhythm(np.array([x]), np.array([span]), np.array([age])))

    assert found[0] == pytest.approx(np.log(expected), abs=1e-6)


def _log_beta(a: float, b: float) -> float:
    from scipy.special import betaln

    return float(betaln(a, b))


def test_a_known_process_is_found_again():
    truth = PurchaseProcess(r=0.9, alpha=12.0, a=0.8, b=2.5)
    rhythm, *_ = sample(4_000, truth, age=100.0)

    fitted = fit_purchase_process(rhythm)

    assert fitted.r / fitted.alpha == pytest.approx(truth.r / truth.alpha, rel=0.15)
    assert fitted.a / (fitted.a + fitted.b) == pytest.approx(truth.a / (truth.a + truth.b), rel=0.15)


def test_of_very_many_customers_evenly_spaced_ones_are_enough(monkeypatch):
    rhythm, *_ = sample(3_000, PurchaseProcess(r=0.9, alpha=12.0, a=0.8, b=2.5), age=100.0)
    third = fit_purchase_process(rhythm.take(np.linspace(0, 2_999, 1_000).astype(np.int64)))

    monkeypatch.setattr(purchase_process, "MOST_CUSTOMERS", 1_000)

    assert fit_purchase_process(rhythm) == third


def test_probabilities_are_the_shares_seen_in_simulation():
    process = PurchaseProcess(r=0.9, alpha=12.0, a=0.8, b=2.5)
    rhythm, here, following = sample(20_000, process, age=100.0)

    alive, no_order = process.alive(rhythm), process.no_order(rhythm, 30.0)

    silent = following > 30.0
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        for said, seen in ((alive, here), (no_order, silent)):
            inside = (said >= low) & (said < high)
            if inside.sum() > 200:
                error = 4 * np.sqrt(0.25 / inside.sum())
                assert seen[inside].mean() == pytest.approx(said[inside].mean(), abs=error)


def test_columns_of_the_project_become_a_rhythm():
    frame = pd.DataFrame({"days": [3, 1, None], "first": [90.0, 10.0, 5.0], "last": [20.0, 10.0, 5.0]})

    rhythm = PurchaseColumns("days", "first", "last").rhythm(frame)

    np.testing.assert_array_equal(rhythm.repeats, [2, 0, np.nan])
    np.testing.assert_array_equal(rhythm.span_days[:2], [70, 0])
    np.testing.assert_array_equal(rhythm.known, [True, True, False])
    signals = PUBLISHED.signals(rhythm, 30.0)
    assert signals.iloc[2].isna().all()
    assert signals.iloc[:2].notna().all(axis=None)


def test_without_repeat_purchases_there_is_no_rhythm():
    with pytest.raises(TrainingError, match="none of whom bought on two days"):
        fit_purchase_process(Rhythm(np.zeros(5), np.zeros(5), np.arange(5.0)))


@pytest.mark.real_data
def test_the_published_parameters_are_found_on_the_cdnow_sample(shared_data):
    columns = ["master", "sample", "date", "discs", "dollars"]
    orders = pd.read_csv(shared_data / "cdnow" / "CDNOW_sample.txt", sep=r"\s+", names=columns, dtype={"date": str})
    day = pd.to_datetime(orders["date"])
    calibration = orders.assign(day=day)[day <= "1997-09-30"].drop_duplicates(["sample", "day"])
    customers = calibration.groupby("sample")["day"].agg(["count", "min", "max"])
    end = pd.Timestamp("1997-09-30")
    rhythm = Rhythm(
        (customers["count"] - 1).to_numpy(dtype=float),
        ((customers["max"] - customers["min"]).dt.days / 7).to_numpy(),
        ((end - customers["min"]).dt.days / 7).to_numpy(),
    )

    fitted = fit_purchase_process(rhythm)

    assert fitted.log_likelihood(rhythm).sum() == pytest.approx(-9582.4, abs=0.5)
    assert (fitted.r, fitted.alpha, fitted.a, fitted.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), rel=0.02)
