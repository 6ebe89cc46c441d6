import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn import metrics

from training.scoring import expit, level_free_log_loss, log_loss, logit, roc_auc


@pytest.fixture
def scored() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return (random.random(300) < 0.3).astype(int), random.random(300).round(1), random.random(300)


def test_figures_agree_with_scikit_learn(scored):
    label, score, weight = scored
    probability = np.clip(score, 0.05, 0.95)

    assert roc_auc(label, score) == pytest.approx(metrics.roc_auc_score(label, score))
    assert log_loss(label, probability) == pytest.approx(metrics.log_loss(label, probability))
    assert log_loss(label, probability, weight) == pytest.approx(
        metrics.log_loss(label, probability, sample_weight=weight)
    )


def test_the_level_free_loss_is_the_least_over_all_shifts(scored):
    label, score, weight = scored
    log_odds = 6 * score + 4

    found = level_free_log_loss(label, log_odds, weight)
    best = minimize_scalar(lambda shift: log_loss(label, expit(log_odds + shift), weight), bounds=(-20, 20))

    assert found == pytest.approx(best.fun, abs=1e-8)
    assert level_free_log_loss(label, log_odds - 9, weight) == pytest.approx(found, abs=1e-8)


def test_one_class_has_no_ranking():
    assert np.isnan(roc_auc(np.zeros(3), np.arange(3)))


def test_log_odds_and_back():
    probability = np.array([0.001, 0.5, 0.999])

    np.testing.assert_allclose(expit(logit(probability)), probability)
    assert np.isfinite(logit(np.array([0.0, 1.0]))).all()
