"""Train every family on the same rows, choose by validation alone, and fit the final models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from training.aging import aged
from training.bg_nbd import no_rhythm
from training.budget import MARGIN, Budget
from training.candidate import (
    Candidate,
    Options,
    Prepared,
    blend_candidate,
    family_candidate,
    pooled_rows,
    time_share,
)
from training.device import resolve_device
from training.errors import TrainingError
from training.examples import Examples
from training.extras import EXTRAS, extra_library
from training.families import FAMILIES, Context
from training.folds import Folds
from training.logistic_search import choose_half_life
from training.model import FittedModel
from training.open_windows import Probe, with_open_windows
from training.preparation import Plan, Purchases, make_plan
from training.purchase_process import PurchaseColumns
from training.scoring import clearly_above_zero
from training.search_space import Parameters
from training.selection import Selection, check_labels, select_columns
from training.splits import Split
from training.stability import stable_columns
from training.tune import OnTrial, TrialRecord

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

BLEND = "blend"
# Part of the time budget in which the half-life is chosen.
HALF_LIFE_SHARE = 0.1


@dataclass(frozen=True)
class TrainSettings:
    """What a person may choose about training.

    Parameters
    ----------
    families
        Families to train, any of ``training.families.FAMILIES``, and ``blend`` for a weighted mean of them.
    trials
        Trials of the booster's search.
    rows_afterwards
        Rows that the caller will still learn from with the booster's settings, within the same budget.
    seed
        The same seed gives the same models, byte for byte, where the budget does not cut the search.
    device
        ``auto``, ``cpu`` or ``cuda``.
    calibrate
        Whether probabilities are calibrated on the validation rows.
    intervals
        Whether models can tell how sure a probability is.
    recency_column
        Column of the recency rule; none means the best single column.
    minimum_positives
        Fewest customers who left among the training rows.
    half_life_days
        Days of age of a cutoff after which its rows teach half as much; ``auto`` chooses by validation, none weighs
        all alike.
    purchase_columns
        Signals that tell a buyer's rhythm; with them the BG/NBD model, fitted to the newest cutoff that each fold
        learns from, adds two signals of its own, unless nobody has bought twice by one of them.
    select_signals
        Whether signals that say no more than shuffled ones on most folds are left out.
    directions
        Signals along which the booster's risk may only rise (1) or only fall (-1).
    starts
        Booster settings of earlier runs, tried early.
    study_file
        Journal of the search, so that a killed one goes on.
    """

    families: tuple[str, ...] = ("recency_rule", "logistic", "xgboost")
    trials: int = 20
    rows_afterwards: int = 0
    seed: int = 0
    device: str = "auto"
    calibrate: bool = True
    intervals: bool = False
    recency_column: str | None = None
    minimum_positives: int = 50
    half_life_days: float | Literal["auto"] | None = "auto"
    purchase_columns: PurchaseColumns | None = None
    select_signals: bool = False
    directions: Mapping[str, int] = field(default_factory=dict)
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
        Of each family on the pooled validation rows: ``log_loss`` and ``roc_auc`` of calibrated predictions, and
        ``level_free_log_loss``, the mean over folds with each fold's overall level set free.
    best
        Family with the least ``level_free_log_loss``, the blend where no other is clearly better; the test slice has no
        say.
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
    half_life_days
        Half-life used.
    open_rows
        Rows of open windows that taught the final models; 0 where validation saw no gain.
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
    half_life_days: float | None = None
    open_rows: int = 0


Progress = Callable[[str], None]


def train(
    examples: Examples,
    split: Split,
    settings: TrainSettings,
    *,
    on_trial: OnTrial | None = None,
    progress: Progress | None = None,
    budget: Budget | None = None,
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
    budget
        Seconds for the whole of training; none or an empty one means no limit. Searches end so that the final fits end
        in time; what every model needs (one setting for each family, and its final fit) is done however little there
        is.

    Returns
    -------
    Trained
        Models, validation figures and the best family.

    Raises
    ------
    TrainingError
        If a family or device is unknown, a part of the split has one class or too few leavers, or no column is usable.
    MissingLibrary
        If the library of a family is not installed.
    """
    _check_families(settings.families)
    rows, ordered, order = _in_canonical_order(examples, split)
    check_labels(rows.label[ordered.train], settings.minimum_positives, has_cutoffs=rows.cutoff is not None)
    _check_fold_labels(rows, ordered)
    device = resolve_device(settings.device)
    selection = _select(rows, ordered, settings, device)
    rows = replace(rows, features=rows.features[list(selection.kept)])
    plan = _plan(rows, ordered, settings)
    if "bg_nbd" in settings.families and plan.purchases is None:
        raise no_rhythm()
    encoding = plan.encoding(rows.features.iloc[ordered.train])
    ordered = with_open_windows(rows, ordered, plan, Probe(encoding, settings.seed, device))
    context = Context(
        encoding=encoding,
        seed=settings.seed,
        device=device,
        trials=settings.trials,
        budget=budget or Budget(),
        recency_column=settings.recency_column,
        directions=settings.directions,
        starts=settings.starts,
        study_file=settings.study_file,
        on_trial=on_trial,
        final_rows=len(ordered.train) + len(ordered.open_windows),
        rows_afterwards=settings.rows_afterwards,
    )
    folds = Folds(rows, ordered, plan)
    half_life = _half_life(settings, folds, context)
    candidates = _candidates(folds, half_life, context, settings, progress or _silent)
    pooled = pooled_rows(ordered)
    return _conclude(candidates, selection, order[pooled], folds, half_life)


def _select(rows: Examples, split: Split, settings: TrainSettings, device: str) -> Selection:
    """Drop columns that cannot help and, where asked for, those that say no more than chance."""
    own = () if settings.purchase_columns is None else settings.purchase_columns.names
    usable = select_columns(rows.features.iloc[split.train]).with_columns(own, rows.features)
    if not settings.select_signals:
        return usable
    rows = replace(rows, features=rows.features[list(usable.kept)])
    plan = make_plan(rows.features.iloc[split.train], seed=settings.seed)
    encoding = plan.encoding(rows.features.iloc[split.train])
    stable = stable_columns(Folds(rows, split, plan), encoding, seed=settings.seed, device=device)
    kept = {*stable.kept, *own, *([settings.recency_column] if settings.recency_column else [])}
    dropped = {name: reason for name, reason in stable.dropped.items() if name not in kept}
    return Selection(tuple(name for name in usable.kept if name in kept), {**usable.dropped, **dropped})


def _plan(rows: Examples, split: Split, settings: TrainSettings) -> Plan:
    """Decide on columns to learn from; a purchase process only where all training rows tell of repeat purchases."""
    purchases = None
    if settings.purchase_columns is not None:
        asked = Purchases(settings.purchase_columns, _window_days(split))
        told = replace(rows, features=rows.features.filter(items=settings.purchase_columns.names))
        taught = [fold.train for fold in split.folds] + [split.train]
        purchases = asked if all(asked.has_repeats(told.take(own)) for own in taught) else None
    return make_plan(rows.features.iloc[split.train], purchases=purchases, seed=settings.seed)


def _window_days(split: Split) -> float:
    if "horizon_days" not in split.settings:
        raise TrainingError(
            "purchase columns for a table without cutoffs", "a panel with a horizon", "leave purchase_columns out"
        )
    return float(split.settings["gap_days"] + split.settings["horizon_days"])


def _half_life(settings: TrainSettings, folds: Folds, context: Context) -> float | None:
    if settings.half_life_days == "auto":
        return choose_half_life(folds, context.encoding, context.budget.part(HALF_LIFE_SHARE))
    return settings.half_life_days


def _candidates(
    folds: Folds,
    half_life: float | None,
    context: Context,
    settings: TrainSettings,
    progress: Progress,
) -> dict[str, Candidate]:
    rows, split = folds.examples, folds.split
    teaching = replace(folds, examples=aged(rows, half_life))
    preparation, final_rows = folds.plan.learn(teaching.examples.taught(split.train, split.open_windows))
    final = Prepared(final_rows, preparation)
    options = Options(settings.calibrate, settings.intervals)
    members: dict[str, Candidate] = {}
    for family, share in _time_shares(settings).items():
        progress(f"training {family}")
        own = replace(context, budget=context.budget.part(share))
        members[family] = family_candidate(family, rows, teaching, final, own, options=options)
    if BLEND in settings.families:
        progress("blending")
        own = replace(context, budget=context.budget.less(_seconds_afterwards(members, context)))
        return {**members, BLEND: blend_candidate(members, rows, split, final, own, options=options)}
    return members


def _time_shares(settings: TrainSettings) -> dict[str, float]:
    """Of the time left when its turn comes, the share that each family may use."""
    in_turn = sorted(settings.families, key=lambda family: family == BLEND)
    shares = {family: time_share(family, in_turn[place + 1 :]) for place, family in enumerate(in_turn)}
    return {family: share for family, share in shares.items() if family != BLEND}


def _seconds_afterwards(members: dict[str, Candidate], context: Context) -> float:
    pace = members["xgboost"].found.seconds_a_row if "xgboost" in members else 0.0
    return MARGIN * pace * context.rows_afterwards


def _best(candidates: dict[str, Candidate], folds: Folds) -> str:
    """Least validation loss; the blend where no member beats it by more than one standard error.

    A member's own loss is flattered by the search that chose its settings on the same rows; the blend's is not.
    """
    best = min(candidates, key=lambda family: candidates[family].found.score)
    if BLEND not in candidates or best == BLEND:
        return best
    blended, own = (folds.row_losses(candidates[family].found.out_of_fold) for family in (BLEND, best))
    return best if clearly_above_zero(blended - own) else BLEND


def _conclude(
    candidates: dict[str, Candidate],
    selection: Selection,
    validation_rows: Rows,
    folds: Folds,
    half_life: float | None,
) -> Trained:
    best = _best(candidates, folds)
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
        half_life_days=half_life,
        open_rows=len(folds.split.open_windows),
    )


def _in_canonical_order(examples: Examples, split: Split) -> tuple[Examples, Split, Rows]:
    """Put rows in an order of their own, so that nothing later depends on how they arrived."""
    order = examples.canonical_order()
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    ordered = split.relocated(lambda rows: np.sort(place[rows]))
    return examples.take(order), ordered, order


def _check_families(families: tuple[str, ...]) -> None:
    known = [*FAMILIES, BLEND]
    unknown = [family for family in families if family not in known]
    if unknown or not set(families) - {BLEND}:
        raise TrainingError(
            f"families {', '.join(unknown or families) or 'none'}",
            f"{', '.join(known)}; a blend needs another family beside it",
            "choose one or more of them",
        )
    for family in families:
        if family in EXTRAS:
            extra_library(family)


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
