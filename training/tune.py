"""The search for good booster settings: written space, good starts first, pruned on the boosting curve, resumable."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from training.boosting import booster_settings, quantile_matrix, threads_for
from training.budget import Budget
from training.encoding import Encoding
from training.errors import TrainingError
from training.examples import Examples
from training.folds import Folds
from training.scoring import expit, level_free_log_loss
from training.search_space import SPACE, STARTS, Parameters, Range

if TYPE_CHECKING:
    import optuna
    import xgboost

Floats = npt.NDArray[np.float64]
OnTrial = Callable[[int, Parameters, float, float], None]
# Trees so far, margins of the validation rows of each fold, mean loss.
Point = tuple[int, list[Floats], float]

# Trees between two looks at the validation rows.
STEP_ROUNDS = 10
MOST_ROUNDS = 3000
# A curve ends once this much learning (learning rate x trees) has brought nothing.
PATIENCE = 3.0
STARTUP_TRIALS = 8
# The best settings whose predictions are kept: the winner, and three that a blend may draw beside it.
KEPT = 4


@dataclass(frozen=True)
class TrialRecord:
    """One trial as it went.

    Parameters
    ----------
    number
        Place in the study, from 0.
    parameters
        What was tried, ``rounds`` included where the curve had a best one.
    score
        Mean validation log loss over the folds at the best number of rounds, each fold's overall level set free.
    seconds
        Time it took.
    state
        ``complete``, ``pruned`` or ``out_of_time``.
    """

    number: int
    parameters: Parameters
    score: float
    seconds: float
    state: str


@dataclass(frozen=True)
class Found:
    """The outcome of a search.

    Parameters
    ----------
    parameters
        The best settings, ``rounds`` included.
    score
        Their mean validation log loss.
    out_of_fold
        Their predictions for the pooled validation rows, folds one after the other.
    trials
        All trials in order.
    runners_up
        The next best settings, best first, where the search kept them.
    seconds_a_row
        Seconds that a fit with these settings took for each row that it learnt from.
    """

    parameters: Parameters
    score: float
    out_of_fold: Floats
    trials: tuple[TrialRecord, ...] = ()
    runners_up: tuple[Found, ...] = ()
    seconds_a_row: float = 0.0


@dataclass
class _Curve:
    """The best point of one boosting curve so far."""

    rounds: int = 0
    score: float = math.inf
    margins: list[Floats] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class _FoldMatrices:
    """The quantised rows of one fold, made once for all trials."""

    train: xgboost.QuantileDMatrix
    validation: xgboost.QuantileDMatrix
    label: npt.NDArray[np.int8]
    weight: Floats | None


def search(
    folds: Folds,
    encoding: Encoding,
    *,
    trials: int,
    budget: Budget,
    seed: int,
    device: str = "cpu",
    fixed: Mapping[str, Any] | None = None,
    starts: Sequence[Mapping[str, Any]] = (),
    study_file: Path | None = None,
    on_trial: OnTrial | None = None,
    final_rows: int = 0,
) -> Found:
    """Search booster settings by the mean validation log loss over all folds.

    Parameters
    ----------
    folds
        Rows to learn from and to judge on.
    encoding
        Kinds and categories of the columns.
    trials
        Number of trials, 1 or more; those that a study file already holds count.
    budget
        Time for the search and the final fit of what it finds. The curve that runs when no more than that fit has time
        left is cut there; the first one gets one look at least.
    seed
        Each trial draws from its own seed, so that a study that was killed goes on as if it had not been.
    device
        ``cpu`` or ``cuda``.
    fixed
        Settings that all trials share.
    starts
        Settings of earlier runs to try after the good defaults.
    study_file
        Journal file; a study of the same rows, folds and seed in it is continued.
    on_trial
        Called after each trial with number, parameters, score and seconds.
    final_rows
        Rows of the final fit.

    Returns
    -------
    Found
        The best settings. With no time limit the same seed gives the same ones.

    Raises
    ------
    TrainingError
        If fewer than one trial is asked for.
    """
    if trials < 1:
        raise TrainingError(f"{trials} trials", "1 or more", "raise the number of trials, or leave the booster out")
    began = budget.spent()
    matrices = [_fold_matrices(train, validation, encoding) for train, validation in folds]
    work = _FinalWork(sum(each.train.num_row() for each in matrices), final_rows, budget.spent() - began)
    study = _open_study(_study_name(folds, seed), study_file)
    _enqueue(study, [*STARTS, *starts])
    return _Search(study, matrices, work, budget, seed, device, fixed or {}, on_trial).run(trials)


@dataclass(frozen=True)
class _FinalWork:
    """What the final fit will take, foreseen from the fits on the folds.

    Parameters
    ----------
    fold_rows
        Training rows of all folds together.
    final_rows
        Rows of the final fit.
    matrices_s
        Seconds in which the matrices of the folds were made.
    """

    fold_rows: int
    final_rows: int
    matrices_s: float

    def seconds_a_row(self, curve: _Curve) -> float:
        """Seconds of a fit to the best point of the curve for each row."""
        return (self.matrices_s + curve.seconds) / self.fold_rows

    def seconds(self, curve: _Curve) -> float:
        """Seconds of the final fit."""
        return self.seconds_a_row(curve) * self.final_rows


@dataclass
class _Search:
    """State of one running search."""

    study: optuna.Study
    matrices: list[_FoldMatrices]
    work: _FinalWork
    budget: Budget
    seed: int
    device: str
    fixed: Mapping[str, Any]
    on_trial: OnTrial | None
    kept: list[tuple[_Curve, Parameters]] = field(default_factory=list)
    records: list[TrialRecord] = field(default_factory=list)

    def run(self, trials: int) -> Found:
        """Run trials until their number or the time is used up."""
        self._recall()
        while len(self.records) < trials and (self._has_time() or not self.records):
            self._try_one()
        best, *others = [self._found(curve, own) for curve, own in self._followed()]
        return replace(best, trials=tuple(self.records), runners_up=tuple(others))

    def _has_time(self, *curves: _Curve) -> bool:
        """Whether the final fit of the best settings so far, or of one of these curves, would still end in time."""
        best = [curve for curve, _ in self.kept[:1]]
        return self.budget.allows(max((self.work.seconds(curve) for curve in (*best, *curves)), default=0.0))

    def _try_one(self) -> None:
        self.study.sampler = _sampler(self.seed, len(self.study.trials))
        trial = self.study.ask()
        parameters = {name: limits.suggest(trial, name) for name, limits in SPACE.items()}
        began = self.budget.spent()
        curve, state = self._follow(trial, parameters)
        parameters["rounds"] = curve.rounds
        record = TrialRecord(trial.number, parameters, curve.score, self.budget.spent() - began, state)
        self._tell(trial, record)
        self._keep(record, curve)

    def _follow(self, trial: optuna.Trial, parameters: Parameters) -> tuple[_Curve, str]:
        """Grow the boosters of all folds side by side and watch their mean loss."""
        best = _Curve()
        reported = 0
        began = self.budget.spent()
        for rounds, margins, score in self._curve(parameters):
            if score < best.score:
                best = _Curve(rounds, score, margins, self.budget.spent() - began)
            learning = parameters["learning_rate"] * rounds
            if learning - parameters["learning_rate"] * best.rounds > PATIENCE:
                break
            if not self._has_time(best):
                return best, "out_of_time"
            if int(learning) > reported:
                reported = int(learning)
                trial.report(best.score, step=reported)
                if trial.should_prune():
                    return best, "pruned"
        return best, "complete"

    def _curve(self, parameters: Parameters, most_rounds: int = MOST_ROUNDS) -> Iterator[Point]:
        boosters = [self._new_booster(parameters, matrices) for matrices in self.matrices]
        for start in range(0, most_rounds, STEP_ROUNDS):
            rounds = min(start + STEP_ROUNDS, most_rounds)
            margins = [
                _grow(booster, matrices, start, rounds)
                for booster, matrices in zip(boosters, self.matrices, strict=True)
            ]
            yield rounds, margins, self._mean_loss(margins)

    def _new_booster(self, parameters: Parameters, matrices: _FoldMatrices) -> xgboost.Booster:
        import xgboost

        threads = threads_for(matrices.train.num_row(), matrices.train.num_col())
        settings = booster_settings({**parameters, **self.fixed}, seed=self.seed, device=self.device, threads=threads)
        return xgboost.Booster(settings, [matrices.train, matrices.validation])

    def _mean_loss(self, margins: list[Floats]) -> float:
        losses = [
            level_free_log_loss(matrices.label, margin, matrices.weight)
            for matrices, margin in zip(self.matrices, margins, strict=True)
        ]
        return float(np.mean(losses))

    def _tell(self, trial: optuna.Trial, record: TrialRecord) -> None:
        from optuna.trial import TrialState

        trial.set_user_attr("rounds", record.parameters["rounds"])
        trial.set_user_attr("seconds", record.seconds)
        trial.set_user_attr("state", record.state)
        pruned = record.state == "pruned"
        self.study.tell(trial, None if pruned else record.score, TrialState.PRUNED if pruned else TrialState.COMPLETE)
        if self.on_trial is not None:
            self.on_trial(record.number, record.parameters, record.score, record.seconds)

    def _keep(self, record: TrialRecord, curve: _Curve) -> None:
        self.records.append(record)
        if record.parameters["rounds"] > 0:
            self.kept = sorted([*self.kept, (curve, record.parameters)], key=lambda pair: pair[0].score)[:KEPT]

    def _recall(self) -> None:
        """Take over finished trials of an earlier run; predictions are made again only of those that are kept."""
        for trial in self.study.get_trials(deepcopy=False):
            if trial.state.is_finished() and "rounds" in trial.user_attrs:
                score = trial.value if trial.value is not None else math.inf
                parameters = {**trial.params, "rounds": trial.user_attrs["rounds"]}
                told = trial.user_attrs
                record = TrialRecord(trial.number, parameters, score, told["seconds"], told["state"])
                self._keep(record, _Curve(told["rounds"], score, seconds=told["seconds"]))

    def _followed(self) -> Iterator[tuple[_Curve, Parameters]]:
        """Kept settings with their predictions; of an earlier run, all but the best only while there is time."""
        for place, (curve, parameters) in enumerate(self.kept):
            if curve.margins:
                yield curve, parameters
            elif place == 0 or self._has_time():
                *_, (rounds, margins, score) = self._curve(parameters, parameters["rounds"])
                yield _Curve(rounds, score, margins, curve.seconds), parameters

    def _found(self, curve: _Curve, parameters: Parameters) -> Found:
        predicted = expit(np.concatenate(curve.margins))
        return Found(parameters, curve.score, predicted, seconds_a_row=self.work.seconds_a_row(curve))


def _fold_matrices(train: Examples, validation: Examples, encoding: Encoding) -> _FoldMatrices:
    matrix = quantile_matrix(train, encoding)
    return _FoldMatrices(
        matrix, quantile_matrix(validation, encoding, reference=matrix), validation.label, validation.weight
    )


def _grow(booster: xgboost.Booster, matrices: _FoldMatrices, start: int, rounds: int) -> Floats:
    for number in range(start, rounds):
        booster.update(matrices.train, number)
    return np.asarray(booster.predict(matrices.validation, output_margin=True), dtype=np.float64)


def _sampler(seed: int, number: int) -> optuna.samplers.BaseSampler:
    import optuna

    own = int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
    return optuna.samplers.TPESampler(seed=own, n_startup_trials=STARTUP_TRIALS, multivariate=True)


def _open_study(name: str, study_file: Path | None) -> optuna.Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.PercentilePruner(50.0, n_startup_trials=len(STARTS), n_warmup_steps=2)
    return optuna.create_study(
        storage=None if study_file is None else _journal(study_file),
        study_name=name,
        direction="minimize",
        pruner=pruner,
        load_if_exists=True,
    )


def _journal(study_file: Path) -> optuna.storages.BaseStorage:
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    study_file.parent.mkdir(parents=True, exist_ok=True)
    path = str(study_file)
    return JournalStorage(JournalFileBackend(path, lock_obj=JournalFileOpenLock(path)))


def _enqueue(study: optuna.Study, starts: Sequence[Mapping[str, Any]]) -> None:
    for start in starts:
        inside = {name: _within(SPACE[name], value) for name, value in start.items() if name in SPACE}
        study.enqueue_trial(inside, skip_if_exists=True)


def _within(limits: Range, value: Any) -> float | int:
    inside = min(max(float(value), limits.low), limits.high)
    return int(inside) if limits.whole else inside


def _study_name(folds: Folds, seed: int) -> str:
    """Name that changes with rows, folds, space and seed, so that only the same study is ever continued."""
    import pandas as pd

    rows = folds.examples
    limits = {name: (searched.low, searched.high) for name, searched in SPACE.items()}
    digest = hashlib.sha256(json.dumps([seed, limits, [str(name) for name in rows.features.columns]]).encode())
    digest.update(pd.util.hash_pandas_object(rows.features, index=False).to_numpy().tobytes())
    digest.update(rows.label.astype(np.int8).tobytes())
    digest.update(b"" if rows.weight is None else rows.weight.tobytes())
    for fold in folds.split.folds:
        digest.update(fold.train.astype(np.int64).tobytes())
        digest.update(fold.open_windows.label.tobytes())
        digest.update(fold.validation.astype(np.int64).tobytes())
    return f"boosting-{digest.hexdigest()[:16]}"
