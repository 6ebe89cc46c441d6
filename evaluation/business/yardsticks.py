"""Churn rates that are healthy in an industry, beside one's own."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.business.periods import MONTHS

BETTER, WITHIN, WORSE = "better", "within", "worse"
NOT_SURE = "not sure"


def rate_over(rate: float | NDArray[np.float64], months: float, per_months: float) -> NDArray[np.float64]:
    """Turn a churn rate of one period into that of another, by the customers who stay: (1 - rate) compounds.

    Parameters
    ----------
    rate
        Churn rate of a period, 0 to 1.
    months
        Length of the period asked for.
    per_months
        Length of the period of the rate.

    Examples
    --------
    5 % a month are no 60 % a year:

    >>> rate_over(0.05, months=12, per_months=1).round(3).item()
    0.46
    """
    return 1 - (1 - np.asarray(rate, dtype=np.float64)) ** (months / per_months)


def beside_yardstick(
    rates: pd.DataFrame, low: float, high: float, per: Literal["month", "quarter", "year"], months: float
) -> pd.DataFrame:
    """Set churn rates beside what is healthy.

    Parameters
    ----------
    rates
        Measures, as `evaluation.business.measures.rates` gives them.
    low, high
        Healthy churn from `low` to `high`.
    per
        In each month, quarter or year.
    months
        Length of the periods of the rates.

    Returns
    -------
    pandas.DataFrame
        The churn rates with ``yardstick_low``, ``yardstick_high`` (for a period as long as theirs) and ``standing``:
        ``better`` where even the upper end of the interval is below, ``worse`` where even the lower end is above,
        ``within`` where the whole interval lies inside, else ``not sure``.
    """
    found = rates[rates["measure"] == "churn_rate"].copy()
    ends = [float(rate_over(end, months, MONTHS[per])) for end in (low, high)]
    found["yardstick_low"], found["yardstick_high"] = ends
    inside = (found["low"] >= ends[0]) & (found["high"] <= ends[1])
    standing = np.select([found["high"] < ends[0], found["low"] > ends[1], inside], [BETTER, WORSE, WITHIN], NOT_SURE)
    return found.assign(standing=standing)
