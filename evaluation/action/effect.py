"""What an action did, against a control group: the difference between those meant to be treated and those held back.

Everyone counts in the arm that was assigned, reached or not (intention to treat): those who can be reached differ from
those who cannot, and only the arms as drawn are alike. What was known before the experiment (the score, the stratum)
takes its part of the noise away: each arm gets its own regression on it, and the arms are compared at the customers'
mean (Lin 2013, which generalises CUPED of Deng et al. 2013 and post-stratification). Intervals are robust to unequal
variances and, where clusters are given, to rows that go together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from evaluation.errors import JudgementError
from evaluation.model.rows import BoolArray, FloatArray, IntArray, numbers, same_length
from evaluation.model.shares import two_sided_z

FEWEST_CUSTOMERS = 50
"""Customers that each arm needs before anything is said of it."""
FEWEST_EVENTS = 10
"""Customers of the rarer outcome, both arms together, before anything is said of a share."""
FEWEST_OF_STRATUM = 10
"""Customers that a stratum needs in each arm to be told apart; smaller ones are compared together."""


@dataclass(frozen=True)
class Effect:
    """What treatment changed, for one customer on average.

    Parameters
    ----------
    estimate, low, high
        Treated less control, in the outcome's unit, with the ends of its interval.
    standard_error, p_value
        Of the estimate; two-sided against no effect.
    treated_mean, control_mean
        Outcome of the two arms as seen, not adjusted.
    treated, control
        Customers in each arm.
    enough
        Whether there are enough customers and events to say anything; without them the figures are no finding.
    """

    estimate: float
    low: float
    high: float
    standard_error: float
    p_value: float
    treated_mean: float
    control_mean: float
    treated: int
    control: int
    enough: bool

    @property
    def verdict(self) -> str:
        """``more``, ``less``, ``no_difference_shown`` or ``too_few``: what happened to the outcome."""
        if not self.enough:
            return "too_few"
        if self.low > 0:
            return "more"
        return "less" if self.high < 0 else "no_difference_shown"


@dataclass(frozen=True)
class _Fit:
    """Estimate, its standard error and the degrees of freedom of the error."""

    estimate: float
    error: float
    freedom: float


def effect(
    outcome: ArrayLike,
    treated: ArrayLike,
    *,
    before: ArrayLike | None = None,
    stratum: Sequence[str] | None = None,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> Effect:
    """Compare the treated with the control group.

    Parameters
    ----------
    outcome
        Shape (rows,): 1 or 0 such as stayed and bought again, or an amount such as revenue.
    treated
        Shape (rows,), whether the row was assigned to treatment.
    before
        Shape (rows,) or (rows, columns): what was known before the assignment, such as the score. Never anything
        that treatment can have changed.
    stratum
        Stratum of each row at the assignment.
    cluster
        Shape (rows,): rows that go together, such as those of one customer or one branch.
    level
        Coverage of the interval, above 0 and below 1.

    Returns
    -------
    Effect
        Difference with its interval.

    Raises
    ------
    JudgementError
        For columns of different lengths, missing values, a level outside (0, 1) or an arm without two rows.

    Examples
    --------
    >>> found = effect([1, 1, 1, 0] * 50, [1, 1, 0, 0] * 50)
    >>> round(found.estimate, 2), found.verdict
    (0.5, 'more')
    """
    outcomes, arm = numbers(outcome, "outcome"), _flags(treated)
    same_length(outcome=outcomes, treated=arm)
    _check_arms(arm)
    known = np.column_stack([_known_before(before, outcomes.size), _stratum_columns(stratum, arm)])
    fit = _fitted(outcomes, arm, known, _clusters(cluster, outcomes.size))
    half = float(-stdtrit(fit.freedom, (1 - _checked(level)) / 2)) * fit.error
    return Effect(
        estimate=fit.estimate,
        low=fit.estimate - half,
        high=fit.estimate + half,
        standard_error=fit.error,
        p_value=_p_value(fit),
        treated_mean=float(outcomes[arm].mean()),
        control_mean=float(outcomes[~arm].mean()),
        treated=int(arm.sum()),
        control=int((~arm).sum()),
        enough=_enough(outcomes, arm),
    )


def effects_by_segment(
    outcome: ArrayLike,
    treated: ArrayLike,
    segment: Sequence[str],
    *,
    before: ArrayLike | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare the arms within each segment, with intervals that hold for all segments together.

    Looking at twenty segments finds one by chance at 95 %; each interval is therefore widened (Bonferroni), so that
    in at most one of twenty experiments any of them leaves out the truth.

    Parameters
    ----------
    outcome, treated, before, level
        As `effect`.
    segment
        Segment of each row, known at the assignment.

    Returns
    -------
    pandas.DataFrame
        One row a segment, the largest first: ``segment``, ``treated``, ``control``, ``estimate``, ``low``, ``high``,
        ``p_value`` (multiplied by the number of segments), ``verdict``. Segments of too few customers have no figures
        and do not widen the others.

    Raises
    ------
    JudgementError
        As `effect`.
    """
    outcomes, arm = numbers(outcome, "outcome"), _flags(treated)
    names = np.asarray(segment, dtype=object)
    same_length(outcome=outcomes, treated=arm, segment=names)
    known = _known_before(before, outcomes.size)
    told = {name: names == name for name in pd.Series(names).value_counts(dropna=True).index}
    enough = [name for name, rows in told.items() if _enough(outcomes[rows], arm[rows])]
    single = 1 - (1 - _checked(level)) / max(len(enough), 1)
    rows = [
        _segment_row(name, outcomes[inside], arm[inside], known[inside], single, name in enough, len(enough))
        for name, inside in told.items()
    ]
    return pd.DataFrame(rows)


def explained_share(outcome: ArrayLike, before: ArrayLike) -> float:
    """Give the share of the outcome's variance that what was known before explains: what adjusting saves, 0 to 1.

    Raises
    ------
    JudgementError
        For columns of different lengths or missing values.
    """
    outcomes = numbers(outcome, "outcome")
    known = _known_before(before, outcomes.size)
    rest = outcomes - outcomes.mean()
    if not rest.any():
        return 0.0
    around = known - known.mean(axis=0)
    left = rest - around @ np.linalg.lstsq(around, rest, rcond=None)[0]
    return float(max(1 - left.var() / rest.var(), 0.0))


def _fitted(outcomes: FloatArray, arm: BoolArray, known: FloatArray, cluster: IntArray | None) -> _Fit:
    """Regress on arm, what was known (around its mean) and their products; the arm's coefficient is the effect."""
    around = known - known.mean(axis=0)
    design = np.column_stack([arm, ~arm, around * arm[:, None], around * ~arm[:, None]]).astype(np.float64)
    spread = np.linalg.pinv(design.T @ design)
    left = outcomes - design @ (spread @ (design.T @ outcomes))
    leverage = np.einsum("ij,jk,ik->i", design, spread, design)
    # HC3 (MacKinnon and White 1985): errs to the wide side where few rows carry a coefficient.
    scores = design * (left / np.maximum(1 - leverage, 1e-6))[:, None]
    if cluster is not None:
        scores = np.stack([np.bincount(cluster, column) for column in scores.T], axis=1)
    contrast = spread[0] - spread[1]
    parts = scores @ contrast
    coefficient = contrast @ (design.T @ outcomes)
    freedom = len(parts) - np.linalg.matrix_rank(design) if cluster is None else len(parts) - 1
    return _Fit(float(coefficient), float(np.sqrt((parts**2).sum())), float(max(freedom, 1)))


def _segment_row(
    name: str, outcomes: FloatArray, arm: BoolArray, known: FloatArray, level: float, enough: bool, told: int
) -> dict[str, object]:
    counts = {"segment": name, "treated": int(arm.sum()), "control": int((~arm).sum())}
    if not enough:
        none = float("nan")
        return counts | {"estimate": none, "low": none, "high": none, "p_value": none, "verdict": "too_few"}
    found = effect(outcomes, arm, before=known, level=level)
    return counts | {
        "estimate": found.estimate,
        "low": found.low,
        "high": found.high,
        "p_value": min(found.p_value * told, 1.0),
        "verdict": found.verdict,
    }


def _p_value(fit: _Fit) -> float:
    if fit.error == 0:
        return 1.0 if fit.estimate == 0 else 0.0
    return float(2 * stdtr(fit.freedom, -abs(fit.estimate / fit.error)))


def _enough(outcomes: FloatArray, arm: BoolArray) -> bool:
    """Tell whether both arms are large enough and, for a share, both outcomes happened often enough."""
    if min(int(arm.sum()), int((~arm).sum())) < FEWEST_CUSTOMERS:
        return False
    is_share = bool(np.isin(outcomes, (0.0, 1.0)).all())
    return not is_share or min(outcomes.sum(), (1 - outcomes).sum()) >= FEWEST_EVENTS


def _flags(treated: ArrayLike) -> BoolArray:
    values = numbers(treated, "treated")
    if not np.isin(values, (0.0, 1.0)).all():
        raise JudgementError("treated must be 1 (assigned to treatment) or 0 (control) in every row.")
    return values == 1


def _check_arms(arm: BoolArray) -> None:
    treated, control = int(arm.sum()), int((~arm).sum())
    if min(treated, control) < 2:
        raise JudgementError(
            f"{treated} treated and {control} control rows; an effect needs at least 2 of each, and {FEWEST_CUSTOMERS} "
            "to be told. Keep a control share."
        )


def _known_before(before: ArrayLike | None, rows: int) -> FloatArray:
    if before is None:
        return np.empty((rows, 0))
    columns = np.asarray(before, dtype=np.float64)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if columns.ndim != 2 or len(columns) != rows or not np.isfinite(columns).all():
        raise JudgementError(
            f"before must hold finite numbers for each of {rows} rows; given shape {np.shape(before)}. "
            "Fill what is missing before, such as by the mean."
        )
    return columns


def _stratum_columns(stratum: Sequence[str] | None, arm: BoolArray) -> FloatArray:
    """Give one column for each stratum but the first that has enough rows in both arms."""
    if stratum is None:
        return np.empty((arm.size, 0))
    names = pd.Series(np.asarray(stratum, dtype=object)).fillna("")
    same_length(treated=arm, stratum=names.to_numpy())
    counts = pd.crosstab(names, arm).reindex(columns=[False, True], fill_value=0).min(axis=1)
    told = list(counts.index[counts >= FEWEST_OF_STRATUM])
    if len(told) == len(counts):
        told = told[1:]
    return np.column_stack([np.empty((arm.size, 0)), *((names == name).to_numpy(dtype=np.float64) for name in told)])


def _clusters(cluster: ArrayLike | None, rows: int) -> IntArray | None:
    if cluster is None:
        return None
    values = np.asarray(cluster)
    if len(values) != rows:
        raise JudgementError(f"{rows} rows and {len(values)} clusters; give each row its cluster.")
    codes = pd.factorize(values)[0].astype(np.intp)
    if (codes < 0).any() or codes.max() < 1:
        raise JudgementError("cluster must name at least two groups and may not be missing; leave it out otherwise.")
    return codes


def _checked(level: float) -> float:
    two_sided_z(level)
    return level
