"""Train every family on the same rows, choose by validation alone, and fit the final models."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.budget import Budget, Clock
from training.calibrate import KINDS, PARTS, Calibrator, choose_calibrator, cross_fitted
from training.device import resolve_device
from training.encoding import learn_encoding
from training.errors import TrainingError
from training.examples import Examples
from training.families import FAMILIES, Context
from training.model import FittedModel
from training.scoring import log_loss, roc_auc
from training.selection import Selection, check_labels, select_columns
from training.splits import Fold, Split
from training.tune import Found, OnTrial, Parameters, TrialRecord

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

# Part of what remains of the time budget that one family's search may use; the rest is for the final fits.
SEARCH_SHARE = 0.8


@dataclass(frozen=True)
class TrainSettings:
    """What a person may choose about training.

    Parameters
    ----------
    families
        Families to train, any of ``training.families.FAMILIES``.
    trials
        Trials of the booster's search.
    budget_s
        Seconds for the whole of training; none means no limit.
    seed
        The same seed gives the same models, byte for byte, where the budget does not cut the search.
    device
        ``auto``, ``cpu`` or ``cuda``.
    calibrate
        Whether probabilities are calibrated on the validation rows.
    recency_column
        Column of the recency rule; none means the best single column.
    minimum_positives
        Fewest customers who left among the training rows.
    starts
        Booster settings of earlier runs, tried early.
    study_file
        Journal of the search, so that a killed one goes on.
    """

    families: tuple[str, ...] = ("recency_rule", "logistic", "xgboost")
    trials: int = 20
    budget_s: float | None = None
    seed: int = 0
    device: str = "auto"
    calibrate: bool = True
    recency_column: str | None = None
    minimum_positives: int = 50
    starts: tuple[Parameters, ...] = ()
    study_file: Path | None = None


@dataclass(frozen=True)
class Trained:
    """What training leaves behind.

    Parameters
    ----------
    models
        Final model of each family, fitted on all training rows and calibrated from the validation predictions.
    validation
        ``log_loss`` and ``roc_auc`` of each family on the pooled validation rows.
    best
        Family with the least validation log loss.
    importance
        Weight of each column in the best model, largest first.
    trials
        All trials of the booster's search.
    parameters
        Chosen settings of each family.
    dropped
        Reason for each column left out.
    validation_rows
        Positions of the pooled validation rows in the examples, folds one after the other.
    out_of_fold
        Calibrated validation predictions of each family for these rows.
    """

    models: dict[str, FittedModel]
    validation: dict[str, dict[str, float]]
    best: str
    importance: dict[str, float]
    trials: tuple[TrialRecord, ...]
    parameters: dict[str, Parameters]
    dropped: dict[str, str]
    validation_rows: Rows
    out_of_fold: dict[str, Floats]


Progress = Callable[[str], None]


def train(
    examples: Examples,
    split: Split,
    settings: TrainSettings,
    *,
    on_trial: OnTrial | None = None,
    progress: Progress | None = None,
    clock: Clock = time.monotonic,
) -> Trained:
    """Train, compare and fit.

    Parameters
    ----------
    examples
        All rows; those of the test slice are never read.
    split
        Folds, training and test rows.
    settings
        Families, search and seed.
    on_trial
        Called after each trial of the search with number, parameters, score and seconds.
    progress
        Called with a line of text when a step begins.
    clock
        Source of time for the budget.

    Returns
    -------
    Trained
        Models, validation figures and the best family.

    Raises
    ------
    TrainingError
        If a family or device is unknown, a part of the split has one class or too few leavers, or no column is usable.
    """
    _check_families(settings.families)
    budget = Budget(settings.budget_s, clock)
    rows, ordered = _in_canonical_order(examples, split)
    check_labels(rows.label[ordered.train], settings.minimum_positives)
    _check_fold_labels(rows, ordered)
    selection = select_columns(rows.features.iloc[ordered.train])
    rows = replace(rows, features=rows.features[list(selection.kept)])
    context = Context(
        encoding=learn_encoding(rows.features.iloc[ordered.train]),
        seed=settings.seed,
        device=resolve_device(settings.device),
        trials=settings.trials,
        budget=budget,
        recency_column=settings.recency_column,
        starts=settings.starts,
        study_file=settings.study_file,
        on_trial=on_trial,
    )
    candidates = {
        family: _candidate(family, rows, ordered, context, settings.calibrate, progress or _silent)
        for family in settings.families
    }
    return _conclude(candidates, selection, _pooled(split))


@dataclass(frozen=True)
class _Candidate:
    model: FittedModel
    found: Found
    out_of_fold: Floats
    figures: dict[str, float]


def _candidate(
    family: str, rows: Examples, split: Split, context: Context, calibrate: bool, progress: Progress
) -> _Candidate:
    progress(f"{family}: search")
    found = FAMILIES[family].search(rows, split, replace(context, budget=context.budget.part(SEARCH_SHARE)))
    pooled = _pooled(split)
    label, weight = rows.label[pooled], None if rows.weight is None else rows.weight[pooled]
    calibrator, judged = _calibrated(found.out_of_fold, label, weight, context.seed, calibrate)
    progress(f"{family}: fit")
    core = FAMILIES[family].fit(rows.take(split.train), found.parameters, context)
    figures = {"log_loss": log_loss(label, judged, weight), "roc_auc": roc_auc(label, judged)}
    return _Candidate(FittedModel(core, calibrator), found, judged, figures)


def _calibrated(
    raw: Floats, label: npt.NDArray[np.int8], weight: Floats | None, seed: int, wanted: bool
) -> tuple[Calibrator, Floats]:
    """Choose the map, and predict each validation row by a map of that kind fitted without it."""
    calibrator = choose_calibrator(raw, label, weight=weight, seed=seed) if wanted else Calibrator()
    if calibrator.kind == "identity":
        return calibrator, calibrator.apply(raw)
    part = np.random.default_rng(seed).permutation(np.arange(len(raw)) % PARTS)
    weights = np.ones(len(raw)) if weight is None else weight
    return calibrator, cross_fitted(KINDS[calibrator.kind], raw, label, weights, part)


def _conclude(candidates: dict[str, _Candidate], selection: Selection, validation_rows: Rows) -> Trained:
    best = min(candidates, key=lambda family: candidates[family].figures["log_loss"])
    return Trained(
        models={family: candidate.model for family, candidate in candidates.items()},
        validation={family: candidate.figures for family, candidate in candidates.items()},
        best=best,
        importance=candidates[best].model.importance(),
        trials=tuple(trial for candidate in candidates.values() for trial in candidate.found.trials),
        parameters={family: candidate.found.parameters for family, candidate in candidates.items()},
        dropped=selection.dropped,
        validation_rows=validation_rows,
        out_of_fold={family: candidate.out_of_fold for family, candidate in candidates.items()},
    )


def _in_canonical_order(examples: Examples, split: Split) -> tuple[Examples, Split]:
    """Put rows in an order of their own, so that nothing later depends on how they arrived."""
    order = examples.canonical_order()
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    folds = tuple(
        Fold(np.sort(place[fold.train]), np.sort(place[fold.validation]), fold.description) for fold in split.folds
    )
    return examples.take(order), replace(
        split, folds=folds, train=np.sort(place[split.train]), test=np.sort(place[split.test])
    )


def _pooled(split: Split) -> Rows:
    return np.concatenate([fold.validation for fold in split.folds])


def _check_families(families: tuple[str, ...]) -> None:
    unknown = [family for family in families if family not in FAMILIES]
    if unknown or not families:
        raise TrainingError(
            f"families {', '.join(unknown) or 'none'}", ", ".join(FAMILIES), "choose one or more of them"
        )


def _check_fold_labels(rows: Examples, split: Split) -> None:
    for fold in split.folds:
        for name, part in (("training", fold.train), ("validation", fold.validation)):
            left = int(rows.label[part].sum())
            if left in (0, len(part)):
                raise TrainingError(
                    f"{len(part)} {name} rows of the fold '{fold.description}', {left} of them left: one class only",
                    "both classes in every part of every fold",
                    "use fewer validation cutoffs or folds, or add rows",
                )


def _silent(line: str) -> None:
    """Tell nobody."""
