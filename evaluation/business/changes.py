"""Whether the churn of a period differs from before beyond chance, for everybody and segment by segment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.model.segments import MINIMUM_CUSTOMERS, TOO_FEW
from evaluation.model.shares import wilson_interval

FloatArray = NDArray[np.float64]
MORE, LESS, NO_DIFFERENCE = "more", "less", "no difference shown"
COUNTED = ("customers_opening", "customers_lost")


def difference_interval(
    left: FloatArray, count: FloatArray, left_before: FloatArray, count_before: FloatArray, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Interval of the difference of two shares: Newcombe (1998), Statistics in Medicine 17, method 10.

    Parameters
    ----------
    left, count
        Customers who left and all customers, of the period; same shape.
    left_before, count_before
        The same of what it is compared with.
    level
        Coverage.

    Examples
    --------
    The paper's first example, 56 of 70 against 48 of 80:

    >>> ends = difference_interval(*(np.array([n]) for n in (56.0, 70.0, 48.0, 80.0)))
    >>> [round(end.item(), 4) for end in ends]
    [0.0524, 0.3339]
    """
    share, share_before = left / count, left_before / count_before
    low, high = wilson_interval(share, count, level)
    low_before, high_before = wilson_interval(share_before, count_before, level)
    change = share - share_before
    below = np.sqrt((share - low) ** 2 + (high_before - share_before) ** 2)
    above = np.sqrt((high - share) ** 2 + (share_before - low_before) ** 2)
    return change - below, change + above


def churn_changes(
    flows: pd.DataFrame,
    period: str,
    before: Sequence[str],
    *,
    minimum_customers: int = MINIMUM_CUSTOMERS,
    level: float = 0.95,
) -> pd.DataFrame:
    """Set the churn rate of each segment in a period beside its own in the periods before.

    Parameters
    ----------
    flows
        ``period``, ``segmentation``, ``segment``, ``customers_opening``, ``customers_lost``, as
        `evaluation.business.flows.flows` gives them.
    period
        The period that is looked at.
    before
        Those whose churn, taken together, is usual.
    minimum_customers
        With fewer customers, then or before, nothing is said.
    level
        Coverage of all intervals together (Bonferroni), so that looking at many segments finds nothing by chance.

    Returns
    -------
    pandas.DataFrame
        ``segmentation``, ``segment``, ``opening``, ``lost``, ``rate``, ``rate_before`` (of one period), ``change``
        (rate less rate before), ``low``, ``high`` and ``verdict`` (``more``, ``less``, ``no difference shown`` or
        ``too few to say``); the largest change first, whatever its sign.
    """
    keys = ["segmentation", "segment"]
    now = flows[flows["period"] == period].set_index(keys)[list(COUNTED)]
    earlier = flows[flows["period"].isin(list(before))].groupby(keys, observed=True)[list(COUNTED)].sum()
    both = now.join(earlier.add_suffix("_before"), how="left").fillna(0.0)
    count, lost, count_before, lost_before = (
        both[name].to_numpy(dtype=np.float64) for name in (*COUNTED, *(f"{name}_before" for name in COUNTED))
    )
    enough = (count >= minimum_customers) & (count_before >= minimum_customers)
    each = 1 - (1 - level) / max(int(enough.sum()), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate, usual = lost / count, lost_before / count_before
        low, high = difference_interval(lost, count, lost_before, count_before, each)
    told = pd.DataFrame({"opening": count, "lost": lost, "rate": rate, "rate_before": usual}, index=both.index)
    told = told.assign(change=rate - usual, low=low, high=high)
    told.loc[~enough, ["rate", "rate_before", "change", "low", "high"]] = np.nan
    verdict = np.select([~enough, low > 0, high < 0], [TOO_FEW, MORE, LESS], NO_DIFFERENCE)
    told = told.assign(verdict=verdict).reset_index()
    order = told["change"].abs().sort_values(ascending=False, kind="stable", na_position="last").index
    return told.loc[order].reset_index(drop=True)
