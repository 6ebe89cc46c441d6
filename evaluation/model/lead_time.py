"""How long before the end a leaver was on the list: a warning that comes too late saves nobody.

A customer is flagged on a day when the newest score made until then flagged them. The same functions judge a model, a
rule or a mix of both, as they ask only who was flagged when.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.errors import JudgementError
from evaluation.model.shares import wilson_interval

SECONDS_A_DAY = 86_400


def lead_time_curve(
    scores: pd.DataFrame,
    ended_at: pd.Series,
    *,
    days: Sequence[int] = tuple(range(91)),
    valid_days: float | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Share of leavers who were flagged so many days before their end.

    Parameters
    ----------
    scores
        Columns ``customer``, ``scored_at`` and ``flagged``; one row a score, of leavers and of everyone else.
    ended_at
        When each leaver's relationship ended; index ``customer``.
    days
        Days before the end, at least 0.
    valid_days
        After so many days a score no longer counts; without it until the next one.
    level
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        ``days_before``; ``leavers`` with a score that counts on that day; ``flagged_share`` of them with its Wilson
        interval ``low`` to ``high`` (missing without leavers); ``alert_share`` of all scores that flag, without which
        no such curve can be judged.

    Raises
    ------
    JudgementError
        For missing columns or values, two scores of one customer at one time, a leaver with two ends, days below 0, and
        when no leaver was scored before the end.
    """
    if not len(days) or min(days) < 0:
        raise JudgementError(f"days must be at least one number, none below 0; given {list(days)}.")
    if valid_days is not None and valid_days <= 0:
        raise JudgementError(f"valid_days must be above 0; given {valid_days:g}.")
    made = _scores_of_leavers(scores, ended_at)
    expires = np.maximum(made["replaced_before"], made["days_before"] - (valid_days or np.inf))
    flagged = made["flagged"].to_numpy()
    counts = []
    for day in days:
        in_force = ((made["days_before"] >= day) & (expires < day)).to_numpy()
        counts.append((int(in_force.sum()), int((in_force & flagged).sum())))
    curve = pd.DataFrame(counts, columns=["leavers", "flagged"]).assign(days_before=list(days))
    share = (curve["flagged"] / curve["leavers"].where(curve["leavers"] > 0)).to_numpy()
    low, high = wilson_interval(share, curve["leavers"].clip(lower=1).to_numpy(dtype=np.float64), level)
    curve = curve.assign(flagged_share=share, low=low, high=high, alert_share=scores["flagged"].astype(bool).mean())
    return curve[["days_before", "leavers", "flagged_share", "low", "high", "alert_share"]]


def lead_days(scores: pd.DataFrame, ended_at: pd.Series) -> pd.Series:
    """Days from the first of the flags that lasted until the end, to the end.

    Parameters
    ----------
    scores, ended_at
        As `lead_time_curve`.

    Returns
    -------
    pandas.Series
        Index ``customer``, one for each leaver who was scored; NaN for one whose newest score did not flag.

    Raises
    ------
    JudgementError
        As `lead_time_curve`.
    """
    made = _scores_of_leavers(scores, ended_at)
    quiet = made.loc[~made["flagged"]].groupby("customer")["days_before"].min()
    flags = made.loc[made["flagged"]]
    # Where no score was quiet, the map is empty and pandas gives it the type of its keys.
    first_quiet = flags["customer"].map(quiet).astype("float64").fillna(np.inf)
    lasting = flags[flags["days_before"] < first_quiet]
    found = lasting.groupby("customer")["days_before"].max()
    return found.reindex(pd.Index(made["customer"].unique(), name="customer")).rename("lead_days")


def _scores_of_leavers(scores: pd.DataFrame, ended_at: pd.Series) -> pd.DataFrame:
    """Scores made before their customer's end, oldest first, with their days before it and those of the next score."""
    _check(scores, ended_at)
    made = scores.loc[scores["customer"].isin(ended_at.index), ["customer", "scored_at", "flagged"]]
    before = made["customer"].map(ended_at) - made["scored_at"]
    made = made.assign(flagged=made["flagged"].astype(bool), days_before=before.dt.total_seconds() / SECONDS_A_DAY)
    made = made[made["days_before"] >= 0].sort_values(["customer", "scored_at"], kind="stable", ignore_index=True)
    if made.empty:
        raise JudgementError("No leaver was scored before the end; take scores from before the ends, or later ends.")
    return made.assign(replaced_before=made.groupby("customer")["days_before"].shift(-1).fillna(-np.inf))


def _check(scores: pd.DataFrame, ended_at: pd.Series) -> None:
    needed = ["customer", "scored_at", "flagged"]
    absent = [name for name in needed if name not in scores.columns]
    if absent:
        raise JudgementError(f"scores lack {', '.join(absent)}; they need customer, scored_at and flagged.")
    if scores[needed].isna().any(axis=None) or ended_at.isna().any():
        raise JudgementError("scores and ended_at must not hold missing values; leave out customers who have not left.")
    if scores.duplicated(["customer", "scored_at"]).any():
        raise JudgementError("scores hold two scores of one customer at one time; keep one.")
    if ended_at.index.has_duplicates:
        raise JudgementError("ended_at holds a customer twice; keep one end a customer.")
