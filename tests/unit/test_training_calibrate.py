import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from training.calibrate import (
    KINDS,
    SLOPE_SPREAD,
    Calibrator,
    Judging,
    by_shuffle,
    choose_calibrator,
    cross_fitted,
    fit_beta,
    fit_isotonic,
    fit_platt,
    fit_slope,
)
from training.scoring import expit, log_loss, logit, roc_auc


def world(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """True probabilities and labels drawn from them."""
    random = np.random.default_rng(seed)
    truth = expit(random.normal(-1.0, 1.5, rows))
    return truth, (random.random(rows) < truth).astype(np.int8)


def chosen_for(raw: np.ndarray, label: np.ndarray) -> Calibrator:
    return choose_calibrator(raw, label, by_shuffle(len(label), seed=0))


def test_true_probabilities_stay_what_they_are():
    truth, label = world(20_000)

    calibrator = chosen_for(truth, label)

    assert calibrator.kind == "slope"
    np.testing.assert_allclose(calibrator.apply(truth), truth, atol=0.02)


@pytest.mark.parametrize(("slope", "shift"), [(2.0, 1.0), (0.5, -0.7)])
def test_a_known_distortion_of_the_log_odds_is_undone(slope, shift):
    truth, label = world(50_000)
    raw = expit(slope * logit(truth) + shift)

    fitted = fit_platt(raw, label)

    (line,) = fitted.parameters
    np.testing.assert_allclose(line, [1 / slope, -shift / slope], atol=0.05)
    np.testing.assert_allclose(fitted.apply(raw), truth, atol=0.02)


def test_platt_agrees_with_an_unpenalised_logistic_regression():
    truth, label = world(5_000)
    raw = expit(1.7 * logit(truth) - 0.4)

    reference = LogisticRegression(C=np.inf, tol=1e-8).fit(logit(raw)[:, None], label)

    (line,) = fit_platt(raw, label).parameters
    np.testing.assert_allclose(line, [reference.coef_[0, 0], reference.intercept_[0]], atol=5e-3)


def test_a_distortion_of_one_end_is_undone_by_beta_calibration():
    truth, label = world(100_000)
    raw = truth**2 / (truth**2 + (1 - truth) ** 0.5)

    platt, beta = fit_platt(raw, label), fit_beta(raw, label)

    np.testing.assert_allclose(beta.apply(raw), truth, atol=0.02)
    assert log_loss(label, beta.apply(raw)) < log_loss(label, platt.apply(raw)) - 0.001
    assert chosen_for(raw, label).kind in ("beta", "isotonic")


def test_steps_are_found_by_isotonic_regression_and_agree_with_scikit_learn():
    random = np.random.default_rng(0)
    raw = random.random(50_000)
    truth = np.select([raw < 0.3, raw < 0.6], [0.05, 0.4], 0.6)
    label = (random.random(50_000) < truth).astype(np.int8)

    calibrator = chosen_for(raw, label)

    assert calibrator.kind == "isotonic"
    reference = IsotonicRegression(out_of_bounds="clip").fit(raw, label).predict(raw)
    np.testing.assert_allclose(calibrator.apply(raw), reference, atol=0.005)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_map_keeps_the_order_even_where_scores_mislead(kind):
    truth, label = world(2_000)
    misleading = 1 - truth

    fitted = KINDS[kind](misleading, label, None)

    grid = np.linspace(0.0, 1.0, 500)
    mapped = fitted.apply(grid)
    assert (np.diff(mapped) >= -1e-12).all()
    assert ((mapped > 0) & (mapped < 1)).all()


def test_a_small_slice_gets_no_map_or_a_strictly_monotone_one():
    truth, label = world(600)
    raw = expit(3 * logit(truth) + 1)

    calibrator = chosen_for(raw, label)

    assert calibrator.kind in ("platt", "beta")
    assert roc_auc(label, calibrator.apply(raw)) == pytest.approx(roc_auc(label, raw), abs=1e-12)


def test_a_tiny_slice_or_one_class_is_left_alone():
    truth, label = world(100)

    assert chosen_for(expit(5 * logit(truth)), label).kind == "identity"
    assert chosen_for(np.full(1_000, 0.9), np.zeros(1_000, dtype=np.int8)).kind == "identity"


def test_a_level_that_belongs_to_one_season_is_not_learnt():
    truth, label = world(9_000)
    part = np.repeat([0, 1, 2], 3_000)
    raw = expit(logit(truth) + np.array([-1.5, 0.5, 0.6])[part])

    calibrator = choose_calibrator(raw, label, Judging(part, in_time=True))

    assert calibrator.kind == "slope"
    assert calibrator.parameters[0][0] == pytest.approx(1.0, abs=0.05)
    assert calibrator.apply(raw).mean() == pytest.approx(raw.mean(), abs=1e-6)


def test_a_slope_is_learnt_where_the_level_belongs_to_the_season():
    truth, label = world(9_000)
    part = np.repeat([0, 1, 2], 3_000)
    raw = expit(0.7 * logit(truth) + np.array([-1.5, 0.5, 0.6])[part])

    calibrator = choose_calibrator(raw, label, Judging(part, in_time=True))

    assert calibrator.kind == "slope"
    assert calibrator.parameters[0][0] == pytest.approx(1 / 0.7, abs=0.08)
    assert calibrator.apply(raw).mean() == pytest.approx(raw.mean(), abs=1e-6)


def drawn_slope(raw: np.ndarray, label: np.ndarray) -> float:
    return fit_slope(raw, label, part=np.arange(len(label)) % 3).parameters[0][0]


def test_few_leavers_hardly_move_the_slope_and_many_decide_it():
    truth, label = world(60_000)
    raw = expit(0.7 * logit(truth))

    few, many = drawn_slope(raw[:60], label[:60]), drawn_slope(raw, label)

    free = LogisticRegression(C=np.inf).fit(logit(raw[:60])[:, None], label[:60]).coef_[0, 0]
    assert abs(few - 1.0) < 0.5 * abs(free - 1.0)
    assert many == pytest.approx(1 / 0.7, abs=0.03)


def test_the_drawn_slope_loses_less_than_the_most_likely_one_and_than_none():
    """Models whose slopes differ as expected, each with 40 leavers or so to learn from; judged by the true risk."""
    losses = {"none": 0.0, "drawn": 0.0, "most likely": 0.0}
    for seed in range(60):
        random = np.random.default_rng(seed)
        truth, label = world(200, seed)
        raw = expit(logit(truth) / random.normal(1.0, SLOPE_SPREAD))
        free = LogisticRegression(C=np.inf).fit(logit(raw)[:, None], label).coef_[0, 0]
        for how, slope in (("none", 1.0), ("drawn", drawn_slope(raw, label)), ("most likely", free)):
            said = expit(slope * logit(raw))
            losses[how] -= float(np.mean(truth * np.log(said) + (1 - truth) * np.log1p(-said)))

    assert losses["drawn"] < losses["none"]
    assert losses["drawn"] < losses["most likely"]


def test_a_lasting_distortion_is_learnt_from_earlier_cutoffs():
    truth, label = world(9_000)
    part = np.repeat([0, 1, 2], 3_000)
    raw = expit(2.0 * logit(truth) + np.array([0.9, 1.0, 1.1])[part])

    assert choose_calibrator(raw, label, Judging(part, in_time=True)).kind != "identity"


def test_in_time_a_row_is_calibrated_by_earlier_parts_only():
    truth, label = world(3_000)
    part = np.repeat([0, 1, 2], 1_000)
    judging = Judging(part, in_time=True)
    raw = expit(2 * logit(truth))

    before = cross_fitted("platt", raw, label, None, judging)
    flipped = np.where(part == 2, 1 - label, label)
    after = cross_fitted("platt", raw, flipped, None, judging)

    np.testing.assert_array_equal(before, after)
    np.testing.assert_array_equal(before[part == 0], raw[part == 0])
    np.testing.assert_array_equal(before[part == 1], fit_platt(raw[part == 0], label[part == 0]).apply(raw[part == 1]))


def test_weights_count_as_repeated_rows():
    truth, label = world(400)
    raw = expit(2 * logit(truth))
    weight = np.tile([1.0, 3.0], 200)
    repeats = weight.astype(int)

    weighted = fit_isotonic(raw, label, weight).apply(raw)
    repeated = fit_isotonic(np.repeat(raw, repeats), np.repeat(label, repeats)).apply(raw)

    np.testing.assert_allclose(weighted, repeated, atol=0.01)


@pytest.mark.parametrize("kind", list(KINDS))
def test_json_gives_the_same_map_back(kind):
    truth, label = world(1_000)
    fitted = KINDS[kind](expit(2 * logit(truth)), label, None)

    again = Calibrator.from_json(fitted.to_json())

    np.testing.assert_array_equal(again.apply(truth), fitted.apply(truth))
