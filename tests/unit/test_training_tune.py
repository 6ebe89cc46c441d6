import itertools

import numpy as np
import pandas as pd
import pytest
import xgboost

from training.boosting import booster_settings, quantile_matrix
from training.budget import Budget
from training.encoding import learn_encoding
from training.errors import TrainingError
from training.examples import Examples
from training.folds import Folds
from training.scoring import expit, level_free_log_loss, logit
from training.search_space import SPACE, STARTS
from training.splits import Split, stratified
from training.tune import Found, search


class Clock:
    """Time that passes only when it is looked at."""

    def __init__(self, step_s: float) -> None:
        self.ticks = itertools.count()
        self.step_s = step_s

    def __call__(self) -> float:
        return next(self.ticks) * self.step_s


@pytest.fixture(scope="module")
def rows() -> tuple[Examples, Split]:
    random = np.random.default_rng(0)
    features = pd.DataFrame(random.normal(size=(400, 4)), columns=list("abcd"))
    features["plan"] = random.choice(["x", "y"], 400)
    truth = expit(1.5 * features["a"] - features["b"] * (features["plan"] == "x"))
    label = (random.random(400) < truth).astype(np.int8)
    examples = Examples(features, label, np.arange(400))
    return examples, stratified(label, test_share=0.25, folds=2)


def run(rows: tuple[Examples, Split], **changes) -> Found:
    examples, split = rows
    settings = {"trials": 6, "budget": Budget(), "seed": 0, **changes}
    return search(Folds(examples, split), learn_encoding(examples.features), **settings)


def test_good_defaults_come_first_and_everything_stays_inside_the_space(rows):
    found = run(rows)

    for start, trial in zip(STARTS, found.trials, strict=False):
        assert {name: trial.parameters[name] for name in start} == pytest.approx(start)
    for trial in found.trials:
        for name, limits in SPACE.items():
            assert limits.low <= trial.parameters[name] <= limits.high
            assert limits.reason
    assert found.score == min(trial.score for trial in found.trials)


def test_runners_up_are_the_next_best_trials_with_their_own_predictions(rows):
    found = run(rows)
    examples, split = rows

    scores = sorted(trial.score for trial in found.trials)
    assert [found.score, *(other.score for other in found.runners_up)] == scores[:4]
    label = [examples.label[fold.validation] for fold in split.folds]
    for each in (found, *found.runners_up):
        predicted = np.split(logit(each.out_of_fold), [len(label[0])])
        losses = [level_free_log_loss(own, log_odds) for own, log_odds in zip(label, predicted, strict=True)]
        assert np.mean(losses) == pytest.approx(each.score, abs=1e-6)


def test_the_same_seed_gives_the_same_search(rows):
    first, second, other = run(rows), run(rows), run(rows, seed=1)

    assert [trial.parameters for trial in first.trials] == [trial.parameters for trial in second.trials]
    np.testing.assert_array_equal(first.out_of_fold, second.out_of_fold)
    assert first.trials[-1].parameters != other.trials[-1].parameters


def test_predictions_come_from_boosters_that_did_not_see_the_rows(rows):
    examples, split = rows
    encoding = learn_encoding(examples.features)
    found = run(rows, trials=2)

    losses, predicted = [], []
    for fold in split.folds:
        matrix = quantile_matrix(examples.take(fold.train), encoding)
        settings = booster_settings(found.parameters, seed=0, device="cpu", threads=1)
        booster = xgboost.train(settings, matrix, found.parameters["rounds"])
        validation = quantile_matrix(examples.take(fold.validation), encoding, reference=matrix)
        margin = booster.predict(validation, output_margin=True)
        predicted.append(expit(margin))
        losses.append(level_free_log_loss(examples.label[fold.validation], margin.astype(float)))

    np.testing.assert_allclose(found.out_of_fold, np.concatenate(predicted), atol=1e-5)
    assert found.score == pytest.approx(np.mean(losses), abs=1e-5)


def test_trials_are_told_as_they_end(rows):
    told = []

    found = run(rows, trials=3, on_trial=lambda number, parameters, score, seconds: told.append((number, score)))

    assert told == [(trial.number, trial.score) for trial in found.trials]


def test_the_budget_ends_the_search(rows):
    found = run(rows, trials=1_000, budget=Budget(300.0, Clock(step_s=1.0)))

    assert 1 < len(found.trials) < 1_000
    assert found.trials[-1].state in ("out_of_time", "pruned", "complete")


def test_an_overdrawn_budget_still_gives_a_model(rows):
    found = run(rows, trials=5, budget=Budget(0.5, Clock(step_s=1.0)))

    assert len(found.trials) == 1
    assert found.trials[0].state == "out_of_time"
    assert np.isfinite(found.score)
    assert found.parameters["rounds"] >= 1


def test_hopeless_curves_are_cut_short(rows):
    found = run(rows, trials=14)

    assert any(trial.state == "pruned" for trial in found.trials)


def test_a_study_that_was_killed_goes_on_as_if_it_had_not_been(rows, tmp_path):
    whole = run(rows, trials=7)
    killed = run(rows, trials=5, study_file=tmp_path / "study.log")
    told = []

    resumed = run(rows, trials=7, study_file=tmp_path / "study.log", on_trial=lambda *trial: told.append(trial[0]))

    assert told == [5, 6]
    assert len(killed.trials) == 5
    assert [trial.parameters for trial in resumed.trials] == [trial.parameters for trial in whole.trials]
    np.testing.assert_allclose(resumed.out_of_fold, whole.out_of_fold, atol=1e-6)


def test_other_rows_do_not_continue_a_study(rows, tmp_path):
    examples, split = rows
    changed = Examples(examples.features.assign(a=0.5), examples.label, examples.customer)
    run(rows, trials=2, study_file=tmp_path / "study.log")
    told = []

    run((changed, split), trials=2, study_file=tmp_path / "study.log", on_trial=lambda *trial: told.append(trial[0]))

    assert told == [0, 1]


def test_settings_of_earlier_runs_are_tried_after_the_defaults_and_kept_inside(rows):
    earlier = {"max_depth": 40, "learning_rate": 0.03, "rounds": 120, "forgotten": 1}

    found = run(rows, trials=len(STARTS) + 1, starts=[earlier])

    assert found.trials[-1].parameters["max_depth"] == SPACE["max_depth"].high
    assert found.trials[-1].parameters["learning_rate"] == pytest.approx(0.03)


def test_no_trial_is_an_error(rows):
    with pytest.raises(TrainingError, match="0 trials"):
        run(rows, trials=0)
