"""Make probabilities true: maps from a model's score to the share of customers who in fact leave.

Maps are learnt on predictions for rows that the model has not seen and that lie later than its training rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.scoring import best_shift, clip, expit, logit, row_losses

Floats = npt.NDArray[np.float64]

PARTS = 5
SMALLEST_SLICE = 200
STANDARD_ERRORS_TO_PREFER = 1.0
# How far from 1 a model's slope is expected before any row is seen (standard deviation).
SLOPE_SPREAD = 0.2


@dataclass(frozen=True)
class Calibrator:
    """A monotone map from probability to probability.

    Parameters
    ----------
    kind
        ``identity``, ``slope``, ``platt``, ``beta`` or ``isotonic``.
    parameters
        ``slope`` and ``platt``: slope, intercept on the log odds (Platt 1999). ``beta``: a, b, c of
        ``a log p - b log(1 - p) + c`` (Kull et al. 2017). ``isotonic``: scores and shares at the steps.
    """

    kind: str = "identity"
    parameters: tuple[tuple[float, ...], ...] = ()

    def apply(self, probability: npt.NDArray[Any]) -> Floats:
        """Map raw probabilities of any shape to calibrated ones."""
        raw = clip(probability)
        if self.kind == "identity":
            return raw
        if self.kind == "isotonic":
            scores, shares = self.parameters
            return clip(np.interp(logit(raw), scores, shares))
        weights = np.array(self.parameters[0])
        return clip(expit(_terms(self.kind, raw) @ weights[:-1] + weights[-1]))

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {"kind": self.kind, "parameters": [list(values) for values in self.parameters]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Calibrator:
        """Read back what :meth:`to_json` wrote."""
        return cls(values["kind"], tuple(tuple(numbers) for numbers in values["parameters"]))


def fit_platt(probability: npt.NDArray[Any], label: npt.NDArray[Any], weight: Floats | None = None) -> Calibrator:
    """Straight line on the log odds, slope not negative (Platt 1999, with his softened targets)."""
    return _fit_logistic("platt", probability, label, weight)


def fit_slope(
    probability: npt.NDArray[Any],
    label: npt.NDArray[Any],
    weight: Floats | None = None,
    part: npt.NDArray[np.int64] | None = None,
) -> Calibrator:
    """Spread the log odds, or draw them together, and leave the mean probability as it is.

    The slope is the most likely one when slopes are spread around 1 by :data:`SLOPE_SPREAD` before any row is seen: few
    leavers hardly move it, many leave nothing of the expectation.

    Parameters
    ----------
    probability, label, weight
        As for :func:`choose_calibrator`.
    part
        Cutoff of each row; each has a level of its own while the slope is found, which then belongs to no season.

    Returns
    -------
    Calibrator
        Slope, not negative, and the intercept that keeps the mean probability of these rows.
    """
    score, weights = logit(probability), np.ones(len(label)) if weight is None else weight
    parts = np.zeros(len(label), dtype=np.int64) if part is None else np.unique(part, return_inverse=True)[1]
    levels = np.eye(parts.max() + 1)[parts]
    rows = weights.sum() ** 2 / (weights**2).sum()
    doubt = 1.0 / (SLOPE_SPREAD**2 * rows)
    slope = _most_likely(np.column_stack([score, levels]), 1, label, weights, doubt)[0]
    level = float(np.average(clip(probability), weights=weights))
    return Calibrator("slope", ((float(slope), best_shift(np.full(len(score), level), slope * score, weights)),))


def fit_beta(probability: npt.NDArray[Any], label: npt.NDArray[Any], weight: Floats | None = None) -> Calibrator:
    """Beta calibration: both ends of the scale bend on their own (Kull, Silva Filho and Flach 2017)."""
    return _fit_logistic("beta", probability, label, weight)


def fit_isotonic(probability: npt.NDArray[Any], label: npt.NDArray[Any], weight: Floats | None = None) -> Calibrator:
    """Non-decreasing steps joined by lines, each share drawn towards the middle by half a customer."""
    from sklearn.isotonic import IsotonicRegression

    score = logit(probability)
    order = np.lexsort((label, score))
    weights = None if weight is None else weight[order]
    steps = IsotonicRegression(out_of_bounds="clip").fit(score[order], _soft_targets(label)[order], weights)
    return Calibrator(
        "isotonic", (tuple(map(float, steps.X_thresholds_)), tuple(map(float, clip(steps.y_thresholds_))))
    )


def fit_identity(probability: npt.NDArray[Any], label: npt.NDArray[Any], weight: Floats | None = None) -> Calibrator:
    """No map at all: the score is the probability."""
    return Calibrator()


Fit = Callable[[npt.NDArray[Any], npt.NDArray[Any], Floats | None], Calibrator]

# From the plainest to the freest: a freer map must earn its place.
KINDS: dict[str, Fit] = {
    "identity": fit_identity,
    "slope": fit_slope,
    "platt": fit_platt,
    "beta": fit_beta,
    "isotonic": fit_isotonic,
}


@dataclass(frozen=True)
class Judging:
    """Which rows of the slice fit a map and which judge it.

    Parameters
    ----------
    part
        Part of each row, from 0, shape ``(rows,)``.
    in_time
        Whether parts follow one another in time; a map is then judged only on parts later than those it was fitted on.
    """

    part: npt.NDArray[np.int64]
    in_time: bool

    def rounds(self) -> list[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
        """Pairs of masks: rows to fit on, rows to judge on."""
        numbers = np.unique(self.part)
        if self.in_time:
            return [(self.part < number, self.part == number) for number in numbers[1:]]
        return self.without_each()

    def without_each(self) -> list[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
        """Pairs of masks: all other parts to fit on, one part to judge on."""
        return [(self.part != number, self.part == number) for number in np.unique(self.part)]


def by_shuffle(rows: int, seed: int) -> Judging:
    """Judge on random parts, for a slice without an order in time."""
    part = np.random.default_rng(seed).permutation(np.arange(rows) % PARTS)
    return Judging(part, in_time=False)


def choose_calibrator(
    probability: npt.NDArray[Any],
    label: npt.NDArray[Any],
    judging: Judging,
    *,
    weight: Floats | None = None,
) -> Calibrator:
    """Choose the map by log loss on rows of the slice that did not fit it.

    A freer map replaces a plainer one only where it is better by more than one standard error of the paired
    difference, so that small slices keep strictly monotone maps and with them the model's ranking. Where the slice
    spans several cutoffs, it must also be better at each later one: a level that belongs to one season is not learnt.
    Where no such map is learnt, the slope alone is: how far a model's log odds are drawn together, by shrinkage, by
    stopping early or by averaging, is in every model and does not change with the season.

    Parameters
    ----------
    probability
        Raw probabilities of the slice, shape ``(rows,)``.
    label
        0 or 1, shape ``(rows,)``.
    judging
        Parts of the slice.
    weight
        Weight of each row.

    Returns
    -------
    Calibrator
        The chosen map fitted on the whole slice; the identity where the slice has fewer than 200 rows or one class.
    """
    if len(label) < SMALLEST_SLICE or len(np.unique(label)) < 2:
        return Calibrator()
    weights = np.ones(len(label)) if weight is None else weight
    chosen, best = "identity", row_losses(label, probability)
    for kind in ("platt", "beta", "isotonic"):
        losses = row_losses(label, cross_fitted(kind, probability, label, weights, judging))
        if _clearly_better(best - losses, weights, judging):
            chosen, best = kind, losses
    if chosen == "identity":
        return fit_slope(probability, label, weights, judging.part if judging.in_time else None)
    return KINDS[chosen](probability, label, weight)


def cross_fitted(
    kind: str, probability: npt.NDArray[Any], label: npt.NDArray[Any], weight: Floats | None, judging: Judging
) -> Floats:
    """Calibrated probability of each row by a map that was fitted without it; raw where no part comes before.

    Parameters
    ----------
    kind
        One of ``KINDS``.
    probability, label, weight, judging
        As for :func:`choose_calibrator`.

    Returns
    -------
    numpy.ndarray
        Shape ``(rows,)``.
    """
    weights = np.ones(len(label)) if weight is None else weight
    calibrated = clip(probability)
    if kind == "slope":
        return _cross_fitted_slope(probability, label, weights, judging)
    for fit_on, judge_on in judging.rounds():
        calibrator = KINDS[kind](probability[fit_on], label[fit_on], weights[fit_on])
        calibrated[judge_on] = calibrator.apply(probability[judge_on])
    return calibrated


def _cross_fitted_slope(
    probability: npt.NDArray[Any], label: npt.NDArray[Any], weight: Floats, judging: Judging
) -> Floats:
    calibrated = clip(probability)
    for fit_on, judge_on in judging.without_each():
        calibrator = fit_slope(probability[fit_on], label[fit_on], weight[fit_on], judging.part[fit_on])
        calibrated[judge_on] = calibrator.apply(probability[judge_on])
    return calibrated


def _clearly_better(gain: Floats, weight: Floats, judging: Judging) -> bool:
    judged = np.any([judge_on for _, judge_on in judging.rounds()], axis=0)
    mean = np.average(gain[judged], weights=weight[judged])
    error = np.sqrt(np.average((gain[judged] - mean) ** 2, weights=weight[judged]) / judged.sum())
    everywhere = all(
        np.average(gain[judge_on], weights=weight[judge_on]) > 0 for _, judge_on in judging.rounds() if judging.in_time
    )
    return bool(everywhere and mean > STANDARD_ERRORS_TO_PREFER * error)


def _terms(kind: str, raw: Floats) -> Floats:
    if kind in ("slope", "platt"):
        return logit(raw)[:, None]
    return np.column_stack([np.log(raw), -np.log1p(-raw)])


def _soft_targets(label: npt.NDArray[Any]) -> Floats:
    left = float(np.sum(label))
    stayed = float(len(label) - left)
    return np.where(label == 1, (left + 1) / (left + 2), 1 / (stayed + 2))


def _fit_logistic(
    kind: str, probability: npt.NDArray[Any], label: npt.NDArray[Any], weight: Floats | None
) -> Calibrator:
    """Maximum likelihood with slopes held at zero or above, which keeps the map monotone."""
    terms = np.column_stack([_terms(kind, clip(probability)), np.ones(len(label))])
    weights = np.ones(len(label)) if weight is None else weight
    found = _most_likely(terms, terms.shape[1] - 1, label, weights)
    return Calibrator(kind, (tuple(map(float, found)),))


def _most_likely(terms: Floats, slopes: int, label: npt.NDArray[Any], weight: Floats, doubt: float = 0.0) -> Floats:
    """Coefficients of the terms; the first so many are slopes, held at zero or above and drawn to 1 by the doubt."""
    from scipy.optimize import minimize

    target, weights = _soft_targets(label), weight / weight.sum()
    drawn = np.append(np.full(slopes, doubt), np.zeros(terms.shape[1] - slopes))

    def loss_and_slope(at: Floats) -> tuple[float, Floats]:
        line = terms @ at
        loss = weights @ (np.logaddexp(0.0, line) - target * line)
        slope = terms.T @ (weights * (expit(line) - target)) + drawn * (at - 1.0)
        return float(loss + 0.5 * drawn @ (at - 1.0) ** 2), slope

    levels = terms.shape[1] - slopes
    start = np.append(np.ones(slopes), np.zeros(levels))
    bounds = [(0.0, None)] * slopes + [(None, None)] * levels
    found = minimize(loss_and_slope, start, jac=True, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-14})
    return np.asarray(found.x, dtype=np.float64)
