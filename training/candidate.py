"""One family on its way to a final model: searched, calibrated, judged on validation rows, fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from training.blend import FoldScores, blend_of, cross_fitted_blend, find_shares
from training.calibrate import Calibrator, Judging, by_shuffle, choose_calibrator, cross_fitted
from training.examples import Examples
from training.families import FAMILIES, Context
from training.folds import Folds
from training.model import Core, FittedModel
from training.preparation import Preparation
from training.scoring import expit, level_free_log_loss, log_loss, logit, roc_auc
from training.splits import Split
from training.tune import Found
from training.venn_abers import fit_venn_abers

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]

# How the time budget is divided among families, each for its search and its final fit.
TIME_PARTS = {"recency_rule": 0.0, "bg_nbd": 0.0, "xgboost": 3.0}


@dataclass(frozen=True)
class Prepared:
    """Rows of the final fit and how their columns were prepared."""

    rows: Examples
    preparation: Preparation


@dataclass(frozen=True)
class Options:
    """What is made of the validation predictions."""

    calibrate: bool = True
    intervals: bool = False


def time_share(work: str, later: Sequence[str]) -> float:
    """Share of the remaining time for a piece of work when others are still to come, 0 to 1."""
    own, others = (sum(TIME_PARTS.get(name, 1.0) for name in names) for names in ([work], later))
    return own / (own + others) if own else 0.0


@dataclass(frozen=True)
class Candidate:
    """A family with its final model and its validation.

    Parameters
    ----------
    model
        Final model, fitted on all training rows.
    found
        Chosen settings and raw validation predictions.
    out_of_fold
        Calibrated validation predictions, folds one after the other; no row's own label touched its prediction.
    figures
        ``log_loss``, ``level_free_log_loss`` and ``roc_auc`` on the validation rows.
    """

    model: FittedModel
    found: Found
    out_of_fold: Floats
    figures: dict[str, float]


def family_candidate(
    family: str, examples: Examples, folds: Folds, final: Prepared, context: Context, *, options: Options
) -> Candidate:
    """Search, fit, calibrate and judge one family.

    Parameters
    ----------
    family
        Name of the family.
    examples
        All rows with the weights by which they are judged.
    folds
        The same rows with the weights by which they teach.
    final
        Rows of the final fit.
    context
        Encoding, seed and budget of the family's search and final fit.
    options
        What is made of the validation predictions.

    Returns
    -------
    Candidate
        The judged family.
    """
    found = FAMILIES[family].search(folds, context)
    core = FAMILIES[family].fit(final.rows, found.parameters, context)
    model = FittedModel(core, Calibrator(), final.preparation.only(core.features))
    return _judged(model, found, examples, folds.split, context.seed, options)


def blend_candidate(
    members: dict[str, Candidate],
    examples: Examples,
    split: Split,
    final: Prepared,
    context: Context,
    *,
    options: Options,
) -> Candidate:
    """Blend families that are already judged, and the runners-up of their searches while there is time to fit them.

    Parameters
    ----------
    members
        The families.
    examples, final, context, options
        As for :func:`family_candidate`.
    split
        The folds.

    Returns
    -------
    Candidate
        Its validation predictions use shares found without the fold that they are for.
    """
    entries = _library(members, context)
    folds = _fold_scores(entries, examples, split)
    shares = find_shares(folds)
    parameters = {entry.name: float(share) for entry, share in zip(entries, shares, strict=True) if share > 0}
    blended = cross_fitted_blend(folds)
    losses = [
        level_free_log_loss(fold.label, log_odds, fold.weight) for fold, log_odds in zip(folds, blended, strict=True)
    ]
    found = Found(parameters, float(np.mean(losses)), expit(np.concatenate(blended)))
    drawn = [entry for entry in entries if entry.name in parameters]
    core = blend_of({entry.name: entry.fitted(final.rows, context) for entry in drawn}, parameters)
    model = FittedModel(core, Calibrator(), final.preparation.only(core.features))
    return _judged(model, found, examples, split, context.seed, options)


@dataclass(frozen=True)
class _Entry:
    """What a blend may draw: a judged family, or a runner-up of its search that is fitted only if it is drawn."""

    name: str
    family: str
    found: Found
    core: Core | None = None
    place: int = 0

    def fitted(self, rows: Examples, context: Context) -> Core:
        """Core on the rows of the final fit; a runner-up draws from a seed of its own, so that errors differ."""
        if self.core is not None:
            return self.core
        own = replace(context, seed=context.seed + self.place)
        return FAMILIES[self.family].fit(rows, self.found.parameters, own)


def _library(members: dict[str, Candidate], context: Context) -> list[_Entry]:
    """All families, and those runners-up whose fits would end in time were all of them drawn."""
    library = [_Entry(family, family, member.found, member.model.core) for family, member in members.items()]
    seconds = 0.0
    for family, member in members.items():
        for place, found in enumerate(member.found.runners_up, start=1):
            longer = seconds + found.seconds_a_row * context.final_rows
            if context.budget.allows(longer):
                library.append(_Entry(f"{family}-{place + 1}", family, found, place=place))
                seconds = longer
    return library


def pooled_rows(split: Split) -> Rows:
    """Positions of the validation rows, folds one after the other."""
    return np.concatenate([fold.validation for fold in split.folds])


def _judged(
    model: FittedModel, found: Found, examples: Examples, split: Split, seed: int, options: Options
) -> Candidate:
    rows = pooled_rows(split)
    label, weight = examples.label[rows], None if examples.weight is None else examples.weight[rows]
    calibrator, judged = Calibrator(), Calibrator().apply(found.out_of_fold)
    if options.calibrate:
        judging = _judging(split, seed)
        calibrator = choose_calibrator(found.out_of_fold, label, judging, weight=weight)
        judged = cross_fitted(calibrator.kind, found.out_of_fold, label, weight, judging)
    figures = {
        "log_loss": log_loss(label, judged, weight),
        "level_free_log_loss": found.score,
        "roc_auc": roc_auc(label, judged),
    }
    intervals = fit_venn_abers(judged, label) if options.intervals else None
    return Candidate(replace(model, calibrator=calibrator, venn_abers=intervals), found, judged, figures)


def _judging(split: Split, seed: int) -> Judging:
    """Judge calibration on later cutoffs where there are several, else on random parts of the validation rows."""
    part = np.repeat(np.arange(len(split.folds)), [len(fold.validation) for fold in split.folds])
    if split.in_time and len(split.folds) > 1:
        return Judging(part, in_time=True)
    return by_shuffle(len(part), seed)


def _fold_scores(entries: list[_Entry], examples: Examples, split: Split) -> list[FoldScores]:
    log_odds = np.array([logit(entry.found.out_of_fold) for entry in entries])
    ends = np.cumsum([len(fold.validation) for fold in split.folds])
    return [
        FoldScores(
            log_odds[:, end - len(fold.validation) : end],
            examples.label[fold.validation],
            None if examples.weight is None else examples.weight[fold.validation],
        )
        for fold, end in zip(split.folds, ends, strict=True)
    ]
