import numpy as np
import pandas as pd
import pytest

from training.encoding import learn_encoding
from training.errors import TrainingError
from training.examples import Examples
from training.scoring import expit
from training.time_to_event import INTERVAL, Durations, HazardModel, fit_hazard, kaplan_meier, person_periods

EDGES = (30.0, 60.0, 90.0)
TREES = {"learning_rate": 0.1, "max_depth": 2, "rounds": 60}


def leavers(rows: int = 6_000, seed: int = 0) -> tuple[Examples, Durations, np.ndarray]:
    """Customers who leave at a constant daily rate of their own; each is seen for 20 to 200 days."""
    random = np.random.default_rng(seed)
    signal = random.normal(size=rows)
    rate = 0.004 * np.exp(0.8 * signal)
    leaves, seen = random.exponential(1 / rate), random.uniform(20, 200, rows)
    durations = Durations(np.minimum(leaves, seen), leaves < seen)
    examples = Examples(pd.DataFrame({"signal": signal}), np.zeros(rows, dtype=np.int8), np.arange(rows))
    return examples, durations, rate


def fitted(family: str = "xgboost") -> tuple[HazardModel, Examples, np.ndarray]:
    examples, durations, rate = leavers()
    parameters = TREES if family == "xgboost" else {"strength": 1.0}
    encoding = learn_encoding(examples.features)
    model = fit_hazard(examples, durations, encoding, edges_days=EDGES, family=family, parameters=parameters)
    return model, examples, rate


def test_rows_are_repeated_for_the_intervals_that_are_known():
    examples = Examples(pd.DataFrame({"a": [1, 2, 3, 4]}), np.zeros(4, dtype=np.int8), np.arange(4))
    durations = Durations(np.array([45.0, 45.0, 200.0, 30.0]), np.array([True, False, True, True]))

    periods = person_periods(examples, durations, EDGES)

    intervals = periods.features[INTERVAL]
    seen = list(zip(periods.customer, intervals, periods.label, periods.weight, strict=True))
    assert seen == [
        (0, 0, 0, 1),
        (0, 1, 1, 1),  # left on day 45
        (1, 0, 0, 1),
        (1, 1, 0, 0.5),  # lost from sight on day 45, in the middle of the second interval
        (2, 0, 0, 1),
        (2, 1, 0, 1),
        (2, 2, 0, 1),  # left after the last edge
        (3, 0, 0, 1),
        (3, 1, 1, 1),  # left on day 30, where the second interval begins
    ]


@pytest.mark.parametrize("family", ["logistic", "xgboost"])
def test_the_true_risk_is_recovered_in_spite_of_censoring(family):
    model, examples, rate = fitted(family)

    risk = model.risk(examples.features, [30, 60, 90])

    truth = 1 - np.exp(-rate[:, None] * np.array([30, 60, 90]))
    assert np.abs(risk - truth).mean() < 0.02
    np.testing.assert_allclose(risk.mean(axis=0), truth.mean(axis=0), atol=0.015)


def test_a_longer_horizon_never_has_a_lower_risk():
    model, examples, _ = fitted()

    risk = model.risk(examples.features, list(range(0, 91, 5)))

    assert (np.diff(risk, axis=1) >= 0).all()
    np.testing.assert_allclose(risk[:, 0], 0.0)


def test_expected_days_fall_with_the_risk_and_stay_within_the_last_edge():
    model, examples, rate = fitted()

    days = model.expected_days(examples.features)

    assert ((days > 0) & (days <= 90)).all()
    truth = (1 - np.exp(-rate * 90)) / rate
    assert np.abs(days - truth).mean() < 3
    assert np.corrcoef(days, truth)[0, 1] > 0.95


def test_survival_agrees_with_kaplan_meier_on_average():
    model, examples, _ = fitted()
    _, durations, _ = leavers()

    days, here = kaplan_meier(durations)

    at_edges = [here[days < edge][-1] for edge in EDGES]
    np.testing.assert_allclose(model.survival(examples.features).mean(axis=0), at_edges, atol=0.02)


def test_a_saved_model_answers_the_same(tmp_path):
    model, examples, _ = fitted()

    model.save(tmp_path / "hazard")
    again = HazardModel.load(tmp_path / "hazard")

    np.testing.assert_array_equal(again.survival(examples.features), model.survival(examples.features))
    assert again.features == ["signal"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"edges_days": (30, 30)}, "edges"),
        ({"edges_days": ()}, "edges"),
        ({"family": "oracle"}, "family 'oracle'"),
        ({"durations": Durations(np.full(6_000, 500.0), np.zeros(6_000, dtype=bool))}, "0 of them with an end"),
    ],
)
def test_what_cannot_be_fitted_is_refused(changes, message):
    examples, durations, _ = leavers()
    given = {"durations": durations, "edges_days": EDGES, "parameters": TREES, **changes}

    with pytest.raises(TrainingError, match=message):
        fit_hazard(examples, given.pop("durations"), learn_encoding(examples.features), **given)


def test_horizons_beyond_the_last_edge_and_negative_durations_are_refused():
    model, examples, _ = fitted()

    with pytest.raises(TrainingError, match="horizons of 30 to 120 days"):
        model.risk(examples.features, [30, 120])
    with pytest.raises(TrainingError, match="durations that are negative"):
        Durations(np.array([-1.0]), np.array([True]))


def test_a_constant_hazard_gives_the_exponential_law():
    class Constant:
        family = "logistic"
        features = ("signal", INTERVAL)

        def probability(self, frame):
            return np.full(len(frame), expit(np.array([-1.0]))[0])

    risk = HazardModel(Constant(), EDGES).risk(pd.DataFrame({"signal": [0.0]}), [15, 30, 45, 90])

    keep = 1 - expit(np.array([-1.0]))[0]
    np.testing.assert_allclose(risk[0], [1 - keep**0.5, 1 - keep, 1 - keep**1.5, 1 - keep**3])
